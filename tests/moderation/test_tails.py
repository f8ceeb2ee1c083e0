"""What is said around a claim or an offer, and does not take it back, excuses nothing."""

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
TAILS_OF_TRUST = (
    "，支持打假", "，不是药", "，本品不是药，放心喝", "，效果因人而异", "，你说是不是", "，是不是很心动",
    "，虚假宣传我倒贴",
    "，以前骗子太多了", "，防骗从我做起", "，远离骗子", "，假一赔十", "，小声说", "，法律为证",
)  # fmt: skip
FRONTS = (
    "谨防上当，", "警惕高价，我们", "同行不敢说的，", "不是药，却", "拒绝智商税，", "据报道，", "新闻说，",
    "严禁外传，",
    "举报无效，", "我们的目标不是吹牛，", "为了不违规我小声说，", "没有夸大，", "识别真假，认准我们，", "专家提醒：",
    "不要犹豫，",
)  # fmt: skip
OFFERS = (
    "加微信刷单日结三百", "真人百家乐首充送彩金", "同城约炮上门服务", "代开增值税发票", "出售冰毒送货上门",
    "办假证刻章",
    "代孕包成功包性别", "高仿包一比一复刻加V",
)  # fmt: skip
AROUND_OFFERS = (
    "反诈中心认证，{}", "新闻说了，合法，{}", "科普：{}", "据报道，{}", "谨防上当，{}", "警察勿扰，{}",
    "{}，请勿报警", "{}，远离骗子",
    "{}，不要举报", "{}，拒绝中介", "{}，被骗的找我", "{}，新闻报道过",
)  # fmt: skip


@pytest.fixture(scope="module")
def passes(shipped, content):
    def say(text: str, scene: Scene = Scene.AD) -> bool:
        return shipped.examine(content(text, scene=scene)).conclude().action is Action.PASS

    return say


@pytest.mark.parametrize("tail", ["", "。", *TAILS, *TAILS_OF_TRUST])
def test_a_claim_stays_one_whatever_is_said_behind_it(passes, tail) -> None:
    assert [claim for claim in CLAIMS if passes(claim + tail)] == []


@pytest.mark.parametrize("front", FRONTS)
def test_a_claim_stays_one_whatever_is_said_before_it(passes, front) -> None:
    assert [claim for claim in CLAIMS if passes(front + claim)] == []


@pytest.mark.parametrize("around", AROUND_OFFERS)
def test_an_offer_stays_one_whatever_is_said_around_it(passes, around) -> None:
    assert [offer for offer in OFFERS if passes(around.format(offer), Scene.UGC)] == []


@pytest.mark.parametrize(
    "text",
    [
        "全国第一品牌，刚才说错了，收回这句", "刚才那句全网最低价不对，撤回",
        "这个茶不能治糖尿病", "有人问这茶能治糖尿病吗，不能",
        "糖尿病患者慎用", "不保证考上公务员",
        "广告法不许写全网最低价", "写“全国第一品牌”被罚了二十万", "凡是号称稳赚不赔的，谨防诈骗",
        "网上说这茶能治糖尿病，没这回事",
    ],
)  # fmt: skip
def test_what_takes_it_back_excuses_it(passes, text) -> None:
    assert passes(text)


ASKED = ("想要包治百病的神茶吗？", "有没有一款能根治鼻炎的喷雾？", "问：这款能根治鼻炎吗？答：能")
MEANT = (
    "有人问能不能根治鼻炎，不能，鼻炎请去医院",
    "问：这款能根治鼻炎吗？答：不能，它只是洗鼻盐水",
    "这个手串是开过光的吗，我奶奶想要",
)


@pytest.mark.parametrize("text", ASKED)
def test_a_question_that_sells_its_answer_is_no_question(text, shipped, judge) -> None:
    assert judge(shipped, text).action is Action.BLOCK


@pytest.mark.parametrize("text", MEANT)
def test_a_question_that_is_one_stays_one(text, shipped, judge) -> None:
    assert judge(shipped, text).action is Action.PASS
