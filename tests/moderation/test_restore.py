"""Disguises: what is seen through, what it costs, and what is left alone because it is a word of its own."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.disguise import MARKS, Disguiser
from moderation.text.line import Line, Replaced
from moderation.text.sound import Sounds, fuzzy
from moderation.text.variants import DISGUISES
from moderation.types import Action, Author, Content, Part, Role, Scene
from tests.moderation.conftest import NOON

SEEN = [
    ("蕞好的面霜", "蕞好", "shape"),
    ("这是鼎级的护肤品", "鼎级", "homophone"),
    ("国jia级的品质", "国jia级", "mixed"),
    ("guojiaji的品质", "guojiaji", "pinyin"),
    ("这款是丁页级燕窝", "丁页级", "split"),
    ("顶ji品质", "顶ji", "mixed"),
    ("行业第1", "第1", "digit"),
    ("级家国的品质", "级家国", "reverse"),
    ("销量第—的面霜", "第—", "sign"),
    ("销量第☝️的面霜", "第☝", "sign"),
    ("全球wei yi一款面霜", "wei yi", "slang"),
    ("专治zhi chuang的坐垫", "专治", "pinyin"),
    ("我家全网Z便宜", "Z便宜", "slang"),
    ("先加崴❤再下单", "崴❤", "sign"),
    ("包1治2百3病的茶", "包1治2百3病", "filler"),
    ("根啊治啊糖啊尿啊病的饼", "根啊治啊", "filler"),
    ("国a家b级c品质", "国a家b级c", "filler"),
    ("史上最d价的面霜", "d", "mixed"),
    ("这家全网z低价", "z低价", "mixed"),
    ("招人，刷d单日结", "刷d单日结", "filler"),
    ("主播是个傻1逼", "傻1逼", "filler"),
    ("出枪x支，私聊", "枪x支", "filler"),
    ("冰〇毒有货", "冰〇毒", "filler"),
    ("包治*病的茶", "包治*病", "mask"),
    ("史上最×价的面霜", "×价", "mask"),
    ("想要的加我w3ix1n", "加我w3ix1n", "slang"),
    ("行业冖元寸郡的面霜", "行业冖元寸郡", "split"),
    ("专治糖尸水病的茶", "糖尸水病", "split"),
    ("史尚最亻氐价的面霜", "史尚最亻氐价", "homophone"),
    ("包氵台百bing的茶", "包氵台百bing", "mixed"),
    ("全国最亻氐介的面霜", "亻氐介", "shape"),
    ("欣业冠jun的面霜", "欣业冠jun", "fuzzy"),
    ("包|治|*|病的茶", "包|治|*|病", "mask"),
    ("包_治_█_病的茶", "包_治_█_病", "mask"),
    ("减肥pill，lose 20斤", "减肥pill", "slang"),
    ("史上lowest，今晚截止", "史上lowest", "slang"),
    ("全國ㄗㄨㄟˋ便宜的吸塵器", "ㄗㄨㄟˋ便宜", "mixed"),
    ("你這ㄕㄚˇ逼，會不會做生意", "ㄕㄚˇ逼", "mixed"),
    ("加我的ㄨㄟ ㄒㄧㄣˋ，拿货便宜", "ㄨㄟ ㄒㄧㄣˋ", "mixed"),
    ("最呢低呢价，全呢网就这一家", "最呢低呢价", "filler"),
    ("加那个微那个信，价格美丽", "加那个微那个信", "filler"),
    ("想约个炮的联系我", "约个炮", "filler"),
    ("世界一の美白精华，涂上立刻白", "世界一の", "slang"),
    ("バカ野郎，货都发错了还敢播", "バカ野郎", "slang"),
    ("傻×主播，货真烂", "傻×", "sign"),
    ("约(づ｡◕‿‿◕｡)づ炮的小姐姐看过来", "约(づ｡◕‿‿◕｡)づ炮", "sign"),
    ("搵快錢就嚟刷單，一日賺成千蚊", "刷單", "slang"),
    ("ㄉㄞˋ款免審核，當天撥款", "免審核", "mixed"),
    ("全🔥网✨最👍，品😂质💯好", "最👍", "sign"),
    ("🔥鲜✨果💯，现货💯", "💯", "sign"),
    ("💳借💰秒到，🈚征信，🆔就行", "🆔就", "sign"),
    ("办…证…刻…章，联系我", "办…证", "punctuation"),
    ("国口家口级的品质", "国口家口级", "filler"),
    ("顶呀级的燕窝", "顶呀级", "filler"),
    ("你这个shabi会不会说话", "shabi", "pinyin"),
    ("国█级的品质", "国█级", "mask"),
    ("包治啦百病的茶", "包治啦百病", "filler"),
    ("出售冰ж毒", "冰ж毒", "filler"),
    ("出售冰 ж 毒", "冰 ж 毒", "filler"),
    ("这个傻ノ逼", "傻ノ逼", "filler"),
    ("国아家아级的品质", "国아家아级", "filler"),
    ("顶丿级的燕窝", "顶丿级", "filler"),
    ("国ア家ノ级的品质", "国ア家ノ级", "filler"),
    ("包呀治嘛百呢病的茶", "包呀治嘛百呢病", "filler"),
    ("包治█病的茶", "包治█病", "mask"),
    ("全网x低价的面霜", "全网x低价", "mask"),
    ("包治某病的茶", "包治某病", "mask"),
    ("我家zui4hao3的面霜", "zui4hao3", "pinyin"),
    ("国jia1级的品质", "国jia1级", "mixed"),
    ("想要的jia1kou3kou312345678", "kou3kou3", "pinyin"),
    ("想要的jia1wo2wei4xin4：zhuan8888", "jia1wo2wei4xin4", "pinyin"),
    ("想要的jia wei xinabc12345", "jia wei xin", "pinyin"),
    ("想要的ㄐㄧㄚㄨㄟㄒㄧㄣabc12345", "ㄐㄧㄚㄨㄟㄒㄧㄣ", "mixed"),
    ("出售b i n g d u，本地面交", "b i n g d u", "pinyin"),
    ("a.o.m.e.n.d.u.c.h.a.n.g线上开户", "d.u.c.h.a.n.g", "pinyin"),
    ("想要的加🇻🇽", "加🇻🇽", "sign"),
    ("这是🔝级的燕窝", "🔝级", "sign"),
    ("这款面霜是\u202e好最\u202c的", "好最", "reverse"),
    ("降xue糖、稳xue压的枕头", "降xue糖", "mixed"),
    ("全网蕞d价的面霜", "全网蕞d价", "shape"),
    ("包治百b的茶", "包治百b", "mixed"),
    ("wei 信 搜 dd_9988", "wei 信", "mixed"),
    ("这是最好de面霜", "最好", "slang"),
    ("这是最好の面霜", "最好", "slang"),
]
INNOCENT = [
    "小嘴好甜的姑娘",
    "喝醉好难受",
    "我们只聊天",
    "弓长岭滑雪场",
    "made in china",
    "中国佳丽齐聚一堂",
    "王建金说他明天来",
    "第1次用，第2天才到",
    "大1比大2个头高",
    "主场1比0赢了，打1场算1场",
    "高1班的同学代3课",
    "3x5寸的卡，黑o型血",
    "全场满💯减20",
    "病治好了，谢谢大夫",
    "他说第——算了，改天再讲",
    "全_国_唯_一的面霜",
    "杜佳wan neng赶到",
    "3月5日11点30分开播",
    "国产的好的贵的都有",
    "这款v领最低88元，b站有测评，a股收盘",
    "长120*宽60，春季*新款*外套",
    "小伙伴有没有b车可推荐",
    "平时穿M的最好拍L，第一时间没抢到的找客服",
    "女子学校的好老师，木奉和棒球都教",
    "孙俪演戏吼到眼睛血管破裂",
    "什么垃圾袋钢珠，播一晚的电影",
    "天|地|*|人四个字",
    "天然橡胶手套 家务清洗 M码",
    "女生都说手工做的不正宗，人为的",
    "公安局门口那家早餐店每天排队",
    "ㄅㄆㄇ我女儿全会背了，好ㄚ",
    "バカンス是假期的意思，法语来的",
    "好(づ｡◕‿‿◕｡)づ抱抱你，别难过啦",
    "(づ｡◕‿‿◕｡)づ",
    "哈哈哈哈，网上那个帮你砍价的，有个人真信了",
    "约、定、好、了，不许反悔",
    "约。炮",
    "每碗加五毛，豆子涨了",
    "服务一般，条jianbi较差",
    "兰州zaizhong国算几线城市",
    "分配事xiangtou资者说明会",
    "同事一口一个活珠子，没一点口感",
    "请你请他都行，口味口感都好",
    "哎呀最好呀，真呀真高兴",
    "医生让我多**喝**水多休息，考了二*十*九分",
    "这家吧不太行，那一家吧不错，真好呀看着舒服",
    "张某平说x轴和y轴都画反了",
    "mp3和ai4都下了，song5你一个",
    "型号zui4hao3abc，驱动guojiajiab12，用户名zuihaoabc123",
    "🇫🇷进口红酒，🇯🇵直邮",
    "我最好de朋友来了，d杯的裙子没货",
    "看呀\n奶茶来了",
    "新🔥鲜✨采💯摘💯的😂丑😂橘",
    "现🔥货👍现💯发，坏🔥果✨包👍赔",
    "不💯锈💯钢💯保💯温💯杯",
    "卖家说最快，ж，好快",
    "补β胡萝卜素，α波，пр票",
]


def judged(shipped, *texts: str, scene: Scene = Scene.AD):
    parts = tuple(Part(f"part{number}", text) for number, text in enumerate(texts))
    return shipped.examine(Content(scene=scene, parts=parts, at=NOON, author=Author(role=Role.SELLER))).conclude()


@pytest.mark.parametrize(("text", "quote", "disguise"), SEEN)
def test_a_disguise_is_seen_through_and_named(text, quote, disguise, shipped) -> None:
    verdict = judged(shipped, text)
    assert verdict.action is not Action.PASS
    item = next(item for item in verdict.evidence if quote in text[item.span.start : item.span.end])
    assert disguise in item.folds


@pytest.mark.parametrize("text", INNOCENT)
def test_a_word_of_its_own_is_left_alone(text, shipped) -> None:
    assert not [item for item in judged(shipped, text).evidence if set(item.folds) & DISGUISES.keys()]


def test_a_letter_behind_a_sign_is_no_initial(shipped) -> None:
    """💯x is no word of four characters; in what nobody sells 💯 says nothing."""
    content = Content(scene=Scene.UGC, parts=(Part("text", "最是书香能💯x💯致💯x远"),), at=NOON)
    assert shipped.examine(content).conclude().action is Action.PASS


@pytest.mark.parametrize("text", ["主播就是个傻*逼", "高血*压都好了"])
def test_a_mask_before_the_last_character_leaves_none_out(text, shipped) -> None:
    assert [item.folds for item in judged(shipped, text).evidence if "*" in text[item.span.start : item.span.end]] == [
        ("punctuation",)
    ]


def test_a_disguise_costs_weight_and_two_cost_more(court) -> None:
    engine = court("@disguise all\n国家级标准")
    plain, one, two = (
        judged(engine, text).evidence[0].weight for text in ("国家级标准", "国jia级标准", "国jia级标zhun")
    )
    assert plain > one
    assert one >= two


def test_a_wide_ornament_costs_half_unless_it_is_the_same_all_through(court) -> None:
    engine = court("国家级标准")
    even, uneven = (judged(engine, text).evidence[0].weight for text in ("国~.~家~.~级~.~标~.~准", "国~.~家级标准"))
    assert uneven == even // 2


def test_two_disguises_are_seen_through_only_where_both_are_allowed(court) -> None:
    assert judged(court("国家级标准 | disguise: mixed, split"), "国jia糸及标准").evidence
    assert not judged(court("国家级标准 | disguise: mixed"), "国jia糸及标准").evidence


def test_a_term_says_which_disguises_it_allows(court) -> None:
    engine = court("国家级标准 | disguise: mixed")
    assert judged(engine, "国jia级标准").evidence
    assert not judged(engine, "国佳级标准").evidence


def test_a_word_torn_between_two_parts_is_found_with_a_span_in_the_first(shipped) -> None:
    verdict = judged(shipped, "想要的加微", "信聊价格", scene=Scene.UGC)
    item = next(item for item in verdict.evidence if "parts" in item.folds)
    assert item.span.part == "part0"
    assert "想要的加微"[item.span.start : item.span.end] == "加微"


def test_a_sound_is_the_same_for_who_does_not_tell_them_apart() -> None:
    assert fuzzy("zhang") == fuzzy("zan")
    assert fuzzy("nin") == fuzzy("ling")
    assert fuzzy("hua") == fuzzy("fa")
    assert fuzzy("mao") == "mao"


def test_a_character_sounds_by_its_first_reading() -> None:
    sounds = Sounds([("chong", "虫", "重"), ("zhong", "中重", "")])
    assert sounds.readings["重"] == ("zhong", "chong")
    assert "重x".translate(sounds.exact) == "中x".translate(sounds.exact)


LINE = Line("甲乙丙丁", [0, 1, 2, 3], [0, 1, 2, 3], [])


def test_a_line_keeps_its_places_when_a_stretch_grows_or_shrinks() -> None:
    longer = LINE.with_([Replaced(1, 2, "一二", ("slang",))])
    assert (longer.text, longer.starts, longer.lasts) == ("甲一二丙丁", [0, 1, 1, 2, 3], [0, 1, 1, 2, 3])
    shorter = longer.with_([Replaced(3, 5, "三", ("split",))])
    assert (shorter.text, shorter.starts, shorter.lasts) == ("甲一二三", [0, 1, 1, 2], [0, 1, 1, 3])
    assert shorter.disguises(0, 4) == ("slang", "split")
    assert shorter.disguises(0, 1) == ()


def test_of_overlapping_stretches_the_longest_is_taken_then_the_first() -> None:
    line = LINE.with_([Replaced(0, 2, "短", ("a",)), Replaced(1, 4, "长", ("b",)), Replaced(1, 4, "后", ("c",))])
    assert line.text == "甲长"
    assert LINE.with_([]) is LINE


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.text("词语", max_size=5)), max_size=6))
def test_a_line_is_as_long_as_its_places_whatever_is_replaced(stretches) -> None:
    line = Line("零一二三四五六七八九", list(range(10)), list(range(10)), [])
    for start, length, word in stretches:
        end = min(len(line.text), start + length)
        if start < end and word:
            line = line.with_([Replaced(start, end, word, ("slang",))])
    assert len(line.text) == len(line.starts) == len(line.lasts)
    assert line.starts == sorted(line.starts)
    assert all(line.text[mark.start : mark.end] == mark.word for mark in line.marks)


def test_every_maker_gives_another_writing_or_none(shipped) -> None:
    makers = Disguiser(shipped.ruleset.folding, shipped.ruleset.variants)
    chance = random.Random(7)
    made = {kind: {makers.make(kind, word, chance) for word in ("国家级第一", "加微信现金")} for kind in makers.kinds}
    for kind, writings in made.items():
        assert not writings & {"国家级第一", "加微信现金"}, kind
    assert made["pinyin"] == {"guojiajidiyi", "jiaweixinxianjin"}
    assert made["reverse"] == {"一第级家国", "金现信微加"}


def test_a_whole_text_is_disguised_stretch_by_stretch(shipped) -> None:
    makers = Disguiser(shipped.ruleset.folding, shipped.ruleset.variants)
    text = "国家级第一，加微信领现金 ABC"
    assert makers.text(("symbols",), text, random.Random(1), share=0) == text
    full = makers.text(("symbols",), text, random.Random(1), share=1)
    assert full != text and "".join(char for char in full if char not in MARKS) == text
    some = [makers.text(("homophone", "reverse"), text, random.Random(seed)) for seed in range(50)]
    changed = [sum(one != other for one, other in zip(made, text, strict=True)) for made in some]
    assert 0 < sum(changed) / len(changed) < len(text) / 2
    assert makers.text((), text, random.Random(1)) == text


def test_what_looks_for_its_own_place_is_asked_once_for_the_whole_text(shipped) -> None:
    makers = Disguiser(shipped.ruleset.folding, shipped.ruleset.variants)
    assert makers.text(("vertical",), "好用", random.Random(1)) == "好\n用"
    assert makers.text(("fullwidth",), "加a1", random.Random(1)) == "加ａ１"
    both = {makers.text(("vertical", "pinyin"), "面霜", random.Random(seed), share=1) for seed in range(20)}
    assert {"mianshuang", "面\n霜"} <= both
    assert makers.text(("slang",), "面霜", random.Random(1)) == "面霜"


def test_a_sign_between_disguised_characters_may_be_an_ornament(shipped) -> None:
    for text in ("招床💯绊", "收冻🌟喀🌟赔"):
        (item, *_) = judged(shipped, text).evidence
        assert set(item.folds) >= {"homophone", "emoji"}
    spans = [item.span for item in judged(shipped, "加💯薇💯信💯").evidence]
    assert len(spans) == len(set(spans))


@pytest.mark.parametrize(
    ("text", "passes"), [("jing椎病克xing", False), ("颈椎病克xing", False), ("jing椎病的由来", True)]
)
def test_a_guard_hears_what_is_disguised_beside_a_disguised_claim(text, passes, shipped) -> None:
    verdict = shipped.examine(Content(scene=Scene.TITLE, parts=(Part("text", text),), at=NOON)).conclude()
    assert (verdict.action is Action.PASS) is passes
