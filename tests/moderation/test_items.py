"""Enumerations: what is denied ahead of the first item or behind the last is denied of all, and of nothing more."""

from __future__ import annotations

import pytest

from moderation.types import Action

DENIED = (
    "我们的详情页不写国家级、顶级。",
    "本品不能降血压、降血糖、治疗失眠。",
    "本品为普通食品，不能预防、治疗疾病，不能降血压、降血糖、降血脂。",
    "我们不承诺保本、保收益、稳赚不赔，盈亏自负。",
    "本课程不提供保过、包过、内部名额。",
    "这款面膜没有祛斑、美白、抗炎的作用，就是补水。",
    "【合规提醒】以下词今天都不能说：最好、第一、国家级。",
    "不许说的：国家级、最高级、最佳，说了扣奖金。",
    "不可以卖食品、药品、活体动物、盗版书和电子烟。",
    "至于说润肺、美容、治便秘，我们一句不讲，它就是甜。",
    "上架前检查标题有无最好、第一、顶级等词，有就删掉。",
    "合规自查：页面出现国家级、最高级、最佳等字样的立即下架修改。",
    "考场纪律提醒：替考、代考将取消成绩并追究责任。",
    "运营说了，首选、领袖、鼻祖这些都不能讲。",
    "禁止将国旗、国徽图案用于商标和广告。",
    "以下说法一律不能上播：史上最低、全网第一、绝对有效。",
    "暖宝宝隔着衣服贴，糖尿病的、腿脚没知觉的别用。",
    "筋膜枪只打大肌肉，骨质疏松、有血栓、孕妇，不要用。",
)
CLAIMED = (
    "本品能降血压、降血糖、治疗失眠。",
    "不能小看它、降血糖效果显著。",
    "不添加蔗糖、降血糖、治疗失眠。",
    "不含激素、祛斑、抗炎。",
    "不伤肤、无刺激、祛斑、抗炎，七天见效。",
    "本产品不能代替药物、降血压、降血糖效果显著。",
    "卖点：国家级、最高级、最佳。",
    "不加香精、色素，温和最好用的洁面。",
    "不承诺别的、全网最低、稳赚不赔就靠它。",
    "全网第一、史上最强、遥遥领先等你来体验。",
    "全网最低、史低、骨折价都在我这儿。",
    "国歌、国徽图案同款纪念杯现货发售。",
    "老寒腿的、关节炎的别犹豫，贴上就好。",
)


@pytest.mark.parametrize("text", DENIED)
def test_a_denial_reaches_every_item(shipped, judge, text):
    assert judge(shipped, text, scene="ad").action is Action.PASS


@pytest.mark.parametrize("text", CLAIMED)
def test_an_item_that_states_more_is_no_part_of_the_denial(shipped, judge, text):
    assert judge(shipped, text, scene="ad").action is not Action.PASS
