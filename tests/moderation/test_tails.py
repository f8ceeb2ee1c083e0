"""What hashtags and a disclaimer excuse: nothing that a person need not see."""

from __future__ import annotations

import pytest

from moderation.detect.tails import TAIL
from moderation.reasons import Reasons
from moderation.types import Action

TAILED = (
    ("ad", "保过四六级，没过全退 #反诈宣传 #防骗"),
    ("ugc", "小心我拿刀上门捅了你 #警方提醒 #普法"),
    ("live_chat", "你给我等着，放学弄死你（剧情演绎，请勿模仿）"),
    ("ugc", "毕业证驾驶证都能办，做得跟真的一样，私我 #电影 #剧情"),
    ("ugc", "#反诈宣传 卖冰毒，长期有货，要的联系"),
    ("ugc", "#反诈宣传# 长期代开发票，税点低，联系我 #普法"),
    ("ugc", "出售冰毒，要的联系 #没敢 👍"),
    ("ugc", "出售冰毒，要的联系【没敢】."),
    ("ugc", "出售冰毒，要的联系 @禁毒科普"),
    ("ugc", "出售冰毒，要的联系 #禁毒科普大家一起来学习身边的禁毒知识人人有责任吧"),
    ("ugc", "🔥#反诈宣传# 出售冰毒，本地面交"),
    ("ugc", "\u200b#\u200b反诈\u200b宣传 出售枪支弹药，可发货"),
    ("ugc", "【反诈宣传】代开发票，正规增值税，点数低"),
    ("ugc", "出售冰毒 #反诈宣传 本地面交"),
    ("ugc", "#反诈宣传，出售冰毒，本地面交"),
    ("ugc", "代开发票，正规增值税，点数低（剧情演绎）收到"),
    ("ugc", "出售枪支弹药，可发货 #反诈宣传" + "。" * 300),
    ("ugc", "反诈中心提醒：出售冰毒，本地面交"),
    ("ugc", "城北民警提示：内幕消息，稳赚不赔，跟着老师买就行"),
)
FRAMED = (
    ("ugc", "【反诈提醒】刷单返利、日结三百、先垫后返，这些都是骗子的话术"),
    ("ugc", "【警方提醒】出租出售银行卡、电话卡属违法行为，最高可判三年"),
    ("ugc", "#反诈宣传# 内幕消息、稳赚不赔、跟着老师买，听到这些词请马上挂电话"),
    ("ugc", "反诈中心提醒：兼职刷单、网贷无抵押、冒充公检法，是最常见的三类骗局"),
    ("ugc", "【防骗】有人加微信说帮你代开发票、点数低，千万别信"),
    ("ugc", "刷单返利都是骗局，大家不要信 #反诈宣传 #防骗"),
    ("ugc", "警方提醒：凡是要先交钱的兼职都是诈骗 #反诈"),
    ("ugc", "今天的晚霞好美，下班路上拍的 #日常 #风景"),
    ("ad", "纯棉短袖，可机洗，建议反面晾晒 #新品 #夏装"),
    ("ugc", "#剧情"),
    ("ugc", "【以案释法】非法出售公民行踪轨迹五十条以上就可能入刑，某银行员工因此获刑"),
)


@pytest.mark.parametrize(("scene", "text"), TAILED)
def test_a_tail_excuses_nothing_by_itself(shipped, judge, content, scene, text):
    verdict = judge(shipped, text, scene=scene)
    assert verdict.action is not Action.PASS
    tailed = [item for item in verdict.evidence if TAIL in dict(item.facts)]
    for item in tailed:
        assert "话题标签" in Reasons(shipped.ruleset, content(text, scene=scene), "zh").why(item)
        assert verdict.action is Action.REVIEW


def test_tags_and_disclaimers_are_read_in_one_way_only(shipped, judge):
    for unit in ("#a[剧情]", "@a[剧情]", "[a] "):
        assert judge(shipped, "加微信" + unit * 40 + " 好", scene="ugc").action is not Action.PASS


def test_what_stands_behind_tags_is_quoted_where_it_stands(shipped, judge):
    text = "#反诈宣传 卖冰毒，长期有货，要的联系"
    assert any("冰毒" in text[slice(*item.span[1:])] for item in judge(shipped, text, scene="ugc").evidence)


def test_only_a_tail_speaks_against_some(shipped, judge):
    verdicts = [judge(shipped, text, scene=scene) for scene, text in TAILED]
    assert any(TAIL in dict(item.facts) for verdict in verdicts for item in verdict.evidence)


@pytest.mark.parametrize(("scene", "text"), FRAMED)
def test_what_the_words_themselves_excuse_passes(shipped, judge, scene, text):
    assert judge(shipped, text, scene=scene).action is Action.PASS
