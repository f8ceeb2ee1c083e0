"""What is said behind a claim, and does not take it back, excuses nothing."""

from __future__ import annotations

import pytest

from moderation.types import Action, Scene

CLAIMS = (
    "全网最低价", "全国第一品牌", "国家级配方", "这个茶能治糖尿病", "保证考上公务员", "七天祛斑美白", "稳赚不赔",
    "这款茶降血压降血糖",
)  # fmt: skip
TAILS = (
    "，对不对", "，对不对家长们", "，对不对姐妹们", "，不好意思就是这么狠", "，抱歉让大家久等了", "，尺寸不对免费换",
    "，信息有误以实物为准", "，刚才颜色说错了是蓝色",
    "，说错了别怪我",
    "，不喜欢没关系", "，新手没关系", "，买贵了没关系，差价补你",
    "，过敏者停用", "，孕妇慎用", "，不宜空腹喝", "，请遵医嘱", "，同行别举报",
    "，附赠说明书", "，有员工价", "，签合同", "，编号限量",
    "，要报名吗？", "，心动吗？", "，想试试吗？", "，您家老人需要吗？", "，要不要来一盒？",
)  # fmt: skip


@pytest.fixture(scope="module")
def passes(shipped, content):
    return lambda text: shipped.examine(content(text, scene=Scene.AD)).conclude().action is Action.PASS


@pytest.mark.parametrize("tail", ["", "。", *TAILS])
def test_a_claim_stays_one_whatever_is_said_behind_it(passes, tail) -> None:
    assert [claim for claim in CLAIMS if passes(claim + tail)] == []


@pytest.mark.parametrize(
    "text",
    [
        "全国第一品牌，刚才说错了，收回这句", "刚才那句全网最低价不对，撤回",
        "这个茶不能治糖尿病", "有人问这茶能治糖尿病吗，不能",
        "糖尿病患者慎用", "不保证考上公务员",
    ],
)  # fmt: skip
def test_what_takes_it_back_excuses_it(passes, text) -> None:
    assert passes(text)
