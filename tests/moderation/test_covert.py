"""Claims in disguise where nobody said that anything is sold."""

from __future__ import annotations

import pytest

from moderation.detect.covert import COVERT, SELLING
from moderation.own import engine_with, read_own
from moderation.reasons import Reasons
from moderation.trace import Tracer
from moderation.types import Action

HIDDEN = (
    "洗头水sheng发防tuo，用一个月发际线长回来了",
    "我婆婆的糖鸟病喝这个茶喝好了，药都停了",
    "这个霜三天祛dou消yan，比药膏灵",
    "甲壮月泉结节三十天给你贴没",
    "全国di①的羽绒被就是咱家，家人们放心冲",
)
PLAIN = (
    "洗头水生发防脱，用一个月发际线长回来了",
    "我婆婆的糖尿病喝这个茶喝好了，药都停了",
    "这个霜三天祛痘消炎，比药膏灵",
    "甲状腺结节三十天给你贴没",
    "全国第一的羽绒被就是咱家，家人们放心冲",
)
SOLD = (
    "自家熬的秋梨膏，咳嗽三天就好，孩子不用打针，五十一瓶，全国包邮",
    "我家的膏药专治腰椎间盘突出，贴好了再付款，想要的评论区说一声",
    "帮我妈卖点土蜂蜜，治胃病特别好，喝一个月幽门都转阴了，90一斤",
    "店里新进的眼霜，七天淡化黑眼圈，全网第一，库存二十瓶",
    "出一个课，跟着学三个月包你考上公务员，要的说一声",
)
OFFERED = (
    "自家种的枸杞，晒得很干，四十一斤包邮，要的说一声",
    "39一盒还包邮，挺值的，喝了感觉睡得好一点",
    "我们店今天进了现货，想要的评论区扣1",
    "我家的猫最近不爱吃饭，去医院看了说是口炎",
)
SLIPS = ("下次在也不买了", "主播家的坚果全网🥇没有之一", "娃听写得了💯，奖励一根糖葫芦", "森海塞尔是大品牌，音质没得挑")
LIGHT = (
    "反正就是个入门级，比不上顶ji的",
    "在他家买了四箱苹果，第一箱zui好，后面一箱不如一箱",
    "说实话我都怀疑这手机是二手fan新，客服也不理人",
    "世jie上独一无二的一件婚纱，只为让爱的人穿上",
    "速度真快，20fen钟就到了，味道也不错",
    "孩子发烧38度5，吃咗布洛芬退下嚟了",
)


@pytest.mark.parametrize("scene", ["ugc", "live_chat"])
@pytest.mark.parametrize("text", HIDDEN)
def test_who_hides_a_claim_is_taken_for_a_seller_by_a_person(shipped, judge, text, scene):
    verdict = judge(shipped, text, scene=scene)
    assert verdict.action is Action.REVIEW
    covert = [item for item in verdict.evidence if COVERT in dict(item.facts)]
    assert covert and all(item.folds for item in covert)


@pytest.mark.parametrize("text", PLAIN)
def test_what_a_user_says_openly_is_no_advertisement(shipped, judge, text):
    assert judge(shipped, text, scene="ugc").action is Action.PASS


@pytest.mark.parametrize("text", HIDDEN)
def test_a_tenant_with_terms_of_its_own_is_judged_alike(shipped, judge, text):
    own = engine_with(read_own({}, shipped.ruleset), shipped)
    assert judge(own, text, scene="ugc").evidence == judge(shipped, text, scene="ugc").evidence


@pytest.mark.parametrize("text", HIDDEN)
def test_who_says_that_nothing_is_sold_is_believed(shipped, judge, text):
    assert judge(shipped, text, scene="ugc", commercial=False).action is Action.PASS


@pytest.mark.parametrize("text", HIDDEN)
def test_what_is_declared_is_judged_as_an_advertisement(shipped, judge, text):
    verdict = judge(shipped, text, scene="ugc", commercial=True)
    assert verdict.action is Action.BLOCK
    assert not any(COVERT in dict(item.facts) for item in verdict.evidence)


@pytest.mark.parametrize("text", SLIPS)
def test_slips_and_ornaments_are_no_disguise(shipped, judge, text):
    assert judge(shipped, text, scene="ugc").action is Action.PASS


@pytest.mark.parametrize("text", LIGHT)
def test_a_light_word_in_disguise_sells_nothing_by_itself(shipped, judge, text):
    assert judge(shipped, text, scene="ugc").action is Action.PASS


def test_reasons_and_steps_tell_why_it_is_judged_as_an_advertisement(shipped, judge, content):
    sold = content(HIDDEN[1], scene="ugc")
    item = next(item for item in shipped.examine(sold).conclude().evidence if COVERT in dict(item.facts))
    assert "未声明为广告" in Reasons(shipped.ruleset, sold, "zh").why(item)
    assert "not declared" in Reasons(shipped.ruleset, sold, "en").why(item)
    assert "未声明为广告" in Tracer(shipped.ruleset, sold, "zh").of_evidence(item)[0].text


@pytest.mark.parametrize("scene", ["ugc", "live_chat"])
@pytest.mark.parametrize("text", SOLD)
def test_who_offers_his_own_goods_makes_an_advertisement(shipped, judge, text, scene):
    verdict = judge(shipped, text, scene=scene)
    assert verdict.action is Action.REVIEW
    assert any(SELLING in dict(item.facts) for item in verdict.evidence)
    assert judge(shipped, text, scene=scene, commercial=False).action is Action.PASS


@pytest.mark.parametrize("text", OFFERED)
def test_an_offer_that_claims_nothing_passes(shipped, judge, text):
    assert judge(shipped, text, scene="ugc").action is Action.PASS
