"""Numbers and addresses: telephone, messenger, link and mail, identity and bank card; and what only looks like them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from moderation.detect.codes import ENOUGH, is_bank_card, is_id_number
from moderation.text.reading import CODES
from moderation.types import Action, Author, Effect, Role, Scene, Span

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "codes.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_codes_are_found_and_what_looks_like_them_is_not(case, court, judge) -> None:
    found: dict[str, list[str]] = {}
    for item in judge(court(), case["text"], scene="ugc").evidence:
        assert item.source == "codes"
        found.setdefault(item.rule, []).append(case["text"][item.span.start : item.span.end])
    wanted = {rule: [quote] if isinstance(quote, str) else quote for rule, quote in case["found"].items()}
    assert found == wanted


def test_a_number_that_nobody_explains_is_reviewed_and_masked_not_blocked(court, judge) -> None:
    verdict = judge(court(), "13800138000 是他的")
    assert (verdict.action, verdict.effects) == (Action.REVIEW, (Effect.MASK,))
    assert [item.weight for item in verdict.evidence] == [60]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("打我13812345678，版本最新", "13812345678"),
        ("需要的打+86-138-1234-5678", "138-1234-5678"),
        ("需要的打008613812345678", "13812345678"),
        ("v：abc12345 密码", "abc12345"),
        ("转账到 4111111111111111 货号", "4111111111111111"),
        ("http://gov.cn/@evil88.top", "http://gov.cn/@evil88.top"),
        ("https://gov.cn/?https://evil.top/x", "https://gov.cn/?https://evil.top/x"),
    ],
)
def test_a_word_beside_a_code_hides_nothing(shipped, judge, text, quote) -> None:
    found = judge(shipped, text, scene="ugc").evidence
    assert quote in [text[item.span.start : item.span.end] for item in found if item.source == "codes"]


@pytest.mark.parametrize(
    "text", ["快递单号13812345678到了", "订单13812345678请联系我", "https://www.gov.cn/zhengce/?id=1"]
)
def test_a_number_that_says_what_it_is_passes(shipped, judge, text) -> None:
    assert judge(shipped, text, scene="ugc").action is Action.PASS


@pytest.mark.parametrize("cut", range(8, 18))
def test_a_number_torn_between_two_parts_is_found(shipped, judge, cut) -> None:
    text = "想赚钱的打电话13812345678联系我"
    (item,) = [one for one in judge(shipped, text[:cut], text[cut:], scene="ugc").evidence if one.source == "codes"]
    assert (item.rule, item.span, item.folds) == ("contact_diversion.mobile", Span("part0", 7, cut), ("parts",))


def test_a_number_torn_between_two_parts_may_say_what_it_is(shipped, judge) -> None:
    assert judge(shipped, "订单号1381", "2345678已经发货", scene="ugc").action is Action.PASS


def test_a_card_that_a_word_explains_weighs_more(court, judge) -> None:
    engine = court()
    (bare,) = judge(engine, "4111111111111111").evidence
    (named,) = judge(engine, "转账4111111111111111").evidence
    assert (bare.weight, named.weight) == (60, 100)


def test_a_link_or_an_address_for_mail_is_reviewed_not_blocked(court, judge) -> None:
    for text in ("官网taobao88.com下单", "发到zhang.san@mail.example.cn谢谢"):
        assert judge(court(), text).action is Action.REVIEW
    assert judge(court(), "加我13800138000").action is Action.BLOCK


def test_of_one_kind_so_many_codes_are_listed_and_no_more(court, quotes) -> None:
    numbers = [f"1380013{number}" for number in range(8000, 8020)]
    assert quotes(court(), "，".join(f"加{number}" for number in numbers)) == numbers[:ENOUGH]


def test_codes_cite_the_laws_of_their_category(court, judge) -> None:
    (item,) = judge(court(), "加我13800138000").evidence
    assert item.laws == ("平台规则",)
    assert (item.category, item.severity) == ("contact_diversion", 2)


def test_a_disguised_code_names_its_folds(court, judge) -> None:
    (item,) = judge(court(), "打开ｔａｏ\u200bｂａｏ．ｃｏｍ").evidence
    assert item.folds == ("width", "invisible")


def test_an_official_account_may_give_its_own_contacts_and_nobody_elses_data(court, judge) -> None:
    engine, official = court(), Author(role=Role.OFFICIAL)
    text = "客服电话13800138000，官网taobao88.com，微信shop88888，qq 123456789，mail@shop.com.cn"
    assert len(judge(engine, text).evidence) == 5
    assert judge(engine, text, author=official).evidence == ()
    verdict = judge(engine, "身份证110101199003071233", author=official)
    assert verdict.categories == ("privacy_leak",)


def test_codes_are_found_in_every_part_and_scene(court, judge) -> None:
    for scene in Scene:
        verdict = judge(court(), "面霜", "加我13800138000", "taobao88.com", scene=scene)
        assert {item.span.part for item in verdict.evidence} == {"part1", "part2"}


def test_codes_and_terms_are_weighed_together(court, judge) -> None:
    verdict = judge(court("国家级"), "国家级，加我13800138000")
    assert verdict.categories == ("absolute_claim", "contact_diversion")


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010119900309008X", True),
        ("11010119900309008x", True),
        ("110101199003071233", True),
        ("110101199003071232", False),
        ("110101199002301233", False),
        ("11010119900307123", False),
        ("1101011990X3071233", False),
    ],
)
def test_an_identity_number_has_a_day_and_a_check_character(number, valid) -> None:
    assert is_id_number(number) is valid


@pytest.mark.parametrize(
    ("number", "valid"),
    [("6222021000112230", True), ("6222021000112231", False), ("3512345678901236", False), ("622202100011223x", False)],
)
def test_a_bank_card_has_an_issuer_and_a_luhn_sum(number, valid) -> None:
    assert is_bank_card(number) is valid


def test_one_wrong_digit_of_a_valid_number_is_always_noticed() -> None:
    for number, valid in (("110101199003071233", is_id_number), ("6222021000112230", is_bank_card)):
        for place, digit in enumerate(number):
            for other in set("0123456789") - {digit}:
                changed = number[:place] + other + number[place + 1 :]
                assert not valid(changed)


def test_a_cheap_look_misses_no_run_of_letters_and_digits_wherever_it_begins(court) -> None:
    reader = court().reader
    for before in range(12):
        for run in ("1z2z3", "12345", "一二三四五"):
            assert reader.read("text", "的" * before + run + "的的").look & CODES
            assert not reader.read("text", "的" * before + run[:4] + "的的").look & CODES


TOLD = (
    "wei xin：abc_9527", "wei❤️xin：abc_9527，可以+", "wei-xin：lulu_520", "W·X：lulu520a", "v x lulu520a",
    "q q：123456789", "Q-Q：987654321 看图", "qq：1234OO56l", "t g：abc_9527", "扣号：一二三四五六七八",
    "电话 1380OOl38OO", "tel 1380OOl38OO", "l38OOl38OOO", "138-OOl3-8OOO", "前七位1380013，后四位8000",
    "前三位是一三八，后八位是零零一三八零零零",
)  # fmt: skip
NOT_TOLD = (
    "配件 I30-1100-1100", "配件I3011001100到货", "SUS316，OL1380OO13800", "OL1380OOl38OO 有货",
    "玻璃化温度 T g：105度", "DNA:A-T G-C 配对，T-G：abc", "书号 ISBN 978-7-111-64123-O", "订单号 1380OOl38OO 已发",
    "卡号前四位6222，后四位8888", "快递单号前七位1380013，后四位8000", "we chat tonight about business",
    "q q 是两个字母，共12个", "lol2013年有13800人玩oil", "前7位宝宝里抽三位，后4位没有",
    "机油 10W-40 oil 1380 公里",
)  # fmt: skip
LINKS = (
    "ABC点com 点进去就有", "www点abc点com", "yyds888点top 上去看", "yyds888点vip", "abc点cn", "yyds888 点 com",
    "t.me斜杠abc123", "t点me斜杠abcd", "abc.c0m 有货", "yyds666点inf0", "登录 bank-jf点top 填卡号", "yyds点vip",
    "moyu99点live/abc", "补缴关税：hk-post16點cc", "交易去 db600.cc",
)  # fmt: skip
NO_LINKS = (
    "8点live", "下午3点work", "今晚8点club", "晚上8点vip专享", "今晚NBA8点live直播", "vivo12点live", "PM10点live",
    "12点net课开始", "打开iPhone点app", "iPhone15点app store下载", "OPPO点live就能看", "用Steam点store买",
    "打开APP点vip", "排量150cc，2.0cc", "访问12306点cn", "A点到B点，C点work不work", "日期写成年斜杠月斜杠日",
    "到账78.10元",
)  # fmt: skip
SPECS = (
    "厂号SIF337", "牌号：SUS316，表面处理：PVD2023", "牌号：sus316", "摄像头：IMX766", "摄像头：imx766",
    "品种：ZHENGDAN958", "玉米品种：xianyu335，抗倒伏", "处理器：SM8650", "主控：SM2263XT", "涂层：DLC2024",
    "加工：SUS316，约300件", "配件号HDX6620", "料号：abcd10086", "型号：KFR35GW", "配置：i7，加RTX4090",
    "面霜里加DHA2000", "V、hx2020都有货", "V领针织衫，hello2024款",
)  # fmt: skip
NAMES = (
    "加ABC9527", "加 LULU520，私发", "V：LULU520", "VX：LULU520", "联系我：LULU520", "微信同号：LULU520",
    "暗号：LULU520，私聊", "看货：lulu520", "看货：Ⓥ2078008",
    "丨V丨 tudou9981", "丨丶V丶丨 lure1977 要的自己来", "报名戳→ “V” “我” ：xuexi2020",
)  # fmt: skip
WORDS = (
    "看个微信pengyou圈都要卡",
    "听不到微信shangmian的语音",
    "微信openapi文档在哪",
    "现在微信dexiao程序流行吗",
    "酒店叫lvxingzhijia",
    "装了navxscroll",
)
PEOPLE = (
    "想买的微信xiaohua找我",
    "加微信xiaohua看款",
    "微信xiaohua",
    "微信：xiaohua了解",
    "微信xiaohua88了解",
    "要货jiavxlulu520",
)


@pytest.mark.parametrize("text", WORDS)
def test_letters_that_run_on_from_the_messengers_name_are_a_word(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text) == []


@pytest.mark.parametrize("text", PEOPLE)
def test_letters_behind_the_messengers_name_are_a_person_where_somebody_invites(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text)


@pytest.mark.parametrize("text", TOLD)
def test_a_cue_pulled_apart_and_letters_among_digits_hide_no_number(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text)


@pytest.mark.parametrize("text", NOT_TOLD)
def test_parts_orders_and_chemistry_are_no_contact(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text) == []


@pytest.mark.parametrize("text", LINKS)
def test_a_link_whose_dot_or_slash_is_told_or_disguised_is_one(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text)


@pytest.mark.parametrize("text", NO_LINKS)
def test_an_hour_a_tap_and_a_price_are_no_link(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text) == []


@pytest.mark.parametrize("text", SPECS)
def test_a_name_in_capitals_that_nobody_invites_to_is_a_part_or_a_material(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text) == []


@pytest.mark.parametrize("text", NAMES)
def test_a_name_that_somebody_invites_to_is_a_handle_in_capitals_too(text, shipped, judge) -> None:
    assert _codes(shipped, judge, text)


def _codes(engine, judge, text: str) -> list[str]:
    """What the numbers and addresses of a comment are quoted as."""
    found = judge(engine, text, scene="ugc").evidence
    return [text[item.span.start : item.span.end] for item in found if item.source == "codes"]


@pytest.mark.parametrize(
    "text", ["联系我医伞爸医尔伞思吾流妻爸拿货", "加我 伊叁捌依尔散肆伍陆漆扒", "联系我138依尔散肆5678拿货"]
)
def test_a_number_in_characters_that_sound_like_it_is_found(shipped, judge, text) -> None:
    assert "contact_diversion.mobile" in {item.rule for item in judge(shipped, text, scene="ugc").evidence}


@pytest.mark.parametrize(
    "text", ["加我1380013800就行", "一二三四五六七八九就要吧，加我", "联系我，起舞吧起舞吧起舞吧起舞"]
)
def test_words_beside_digits_and_other_words_that_sound_so_are_no_number(shipped, judge, text) -> None:
    assert "contact_diversion.mobile" not in {item.rule for item in judge(shipped, text, scene="ugc").evidence}
