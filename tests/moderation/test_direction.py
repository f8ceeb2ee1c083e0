"""Texts that are read backwards, or down the first characters of their lines: where they say so, or plainly must be."""

from __future__ import annotations

import pytest

from moderation.text.direction import LONGEST, directed, turned

RULES = "@disguise all\n加我微信\n添加我的微信\n国家级标准 | disguise: -reverse, -acrostic"


@pytest.fixture(scope="module")
def engine(court):
    return court(RULES)


def test_a_text_that_says_so_is_read_backwards(engine, judge) -> None:
    verdict = judge(engine, "今天到货了，信微的我加添领券，倒着看")
    (item,) = verdict.evidence
    assert (item.span.start, item.span.end) == (6, 14)  # the clause that hides it
    assert item.folds[0] == "reverse"
    assert item.weight == 80


def test_a_text_that_says_so_is_read_down_its_lines(engine, judge) -> None:
    (item,) = judge(engine, "加油打工人\n我在等风来\n微光照进窗\n信步走到家\n（竖着看）").evidence
    assert "acrostic" in item.folds


@pytest.mark.parametrize("told", ["（首字）", "（看头）", "看每句开头"])
def test_where_to_look_is_said_in_many_ways(engine, judge, told) -> None:
    (item,) = judge(engine, f"加班回来吃面，我把灯点上，微风吹过小巷，信步走到家。{told}").evidence
    assert "acrostic" in item.folds


def test_what_first_characters_spell_is_one_clause(court, judge) -> None:
    beside = court("@disguise all\n赌博 | next: 网站\n秒批 | near: 贷款 | weight: 70")
    lines = "赌书消得泼茶香\n博览群书细思量\n网中自有黄金屋\n站在高处望远方（藏头诗）"
    assert judge(beside, lines).evidence
    lines = "贷来的不是幸福\n款款深情都是真\n秒懂的朋友\n批评指正（每行第一个字）"
    (item,) = judge(beside, lines).evidence
    assert item.weight == 60  # as much as a person is asked about is left of what nobody writes by accident


def test_an_acrostic_of_one_line_goes_down_its_clauses(engine, judge) -> None:
    (item,) = judge(engine, "加班回来吃面，我把灯点上，微风吹过小巷，信步走到家。藏头").evidence
    assert "acrostic" in item.folds


def test_first_characters_of_lines_that_spell_a_long_word_say_so_themselves(engine, judge) -> None:
    (item,) = judge(engine, "加油打工人\n我在等风来\n微光照进窗\n信步走到家").evidence
    assert item.folds[0] == "acrostic"
    assert item.weight == 80


@pytest.mark.parametrize(
    "text",
    [
        "打工人要加\n风吹麦浪等我\n书桌边有微\n走到家门口信",
        "今加\n天我\n上微\n新信",
        "加今\n我天\n微上\n信新",
        "我 今\n微 天\n信 加",
        "要加\n我微\n信吗",
    ],
)
def test_last_characters_and_columns_that_spell_a_long_word_say_so_too(court, judge, text) -> None:
    evidence = judge(court("@disguise all\n加我微信"), text).evidence
    item = next(item for item in evidence if "acrostic" in item.folds)
    assert 0 <= item.span.start < item.span.end <= len(text)


@pytest.mark.parametrize("text", ["今加天我\n上微新信", "今加\n天我上\n微新信好呀", "想要加\n我微笑\n信不信由你"])
def test_few_lines_and_lines_of_many_lengths_have_no_columns(court, judge, text) -> None:
    assert not judge(court("@disguise all\n加我微信"), text).evidence


@pytest.mark.parametrize(
    "text", ["加大我小微多信少，隔一个字看", "今加天我上微新信，跳着读", "加大我小微多信少（隔字看）"]
)
def test_a_text_that_says_so_is_read_by_every_other_character(engine, judge, text) -> None:
    (item,) = judge(engine, text).evidence
    assert item.weight == 80


@pytest.mark.parametrize("text", ["加大我小微多信少，跳绳要跳着练", "隔壁的字真好看，加大我小微多信少"])
def test_what_skips_something_else_is_read_as_it_stands(engine, judge, text) -> None:
    assert not judge(engine, text).evidence


def test_what_an_override_turns_round_reads_as_it_shows(engine, judge) -> None:
    text = "需要的\u202e信微我加\u202c领券，字大"
    found = [text[item.span.start : item.span.end] for item in judge(engine, text).evidence if "reverse" in item.folds]
    assert "\u202e信微我加" in found


@pytest.mark.parametrize(
    "text", ["倒着也美\n卖个关子", "倒着也美\n卖个关子\n明天再说", "加油打工人。我在等风来。微光照进窗。信步走到家"]
)
def test_first_characters_of_few_lines_or_of_sentences_and_short_words_say_nothing(court, judge, text) -> None:
    assert not judge(court("@disguise all\n加我微信\n倒卖"), text).evidence


@pytest.mark.parametrize(
    "text",
    [
        "这件毛衣反着看也好看，倒过来穿不行",
        "准标级家国，倒着看",
        "竖着看是一朵花，横着看是一片海",
    ],
)
def test_what_says_nothing_or_hides_nothing_is_left_alone(engine, judge, text) -> None:
    assert not judge(engine, text).evidence


def test_marks_and_blanks_are_no_first_characters() -> None:
    assert directed("“早\n 安，\n！\n你\n竖着看") == (
        "acrostic",
        [("早", 1, 2), ("安", 4, 5), ("你", 9, 10), ("竖", 11, 12)],
    )


@pytest.mark.parametrize("text", ["员人聘招薪高，班上天明", "今天上新，员人聘招薪高，晚上见"])
def test_what_is_much_likelier_backwards_is_read_so(court, judge, text) -> None:
    (item,) = judge(court("@disguise all\n招聘 | near: 日结\n高薪招聘人员"), text).evidence
    assert text[item.span.start : item.span.end] == "员人聘招薪高"
    assert "reverse" in item.folds


def test_only_clauses_that_are_likelier_so_are_turned(engine) -> None:
    name, pieces = turned("今天上新，员人聘招薪高，晚上见")
    assert name == "reverse"
    assert "".join(char for char, _, _ in pieces) == "今天上新高薪招聘人员晚上见"
    assert pieces[4] == ("高", 5, 11)


@pytest.mark.parametrize("text", ["今天上新，晚上八点见", "上海自来水来自海上", "", "员人聘招薪高" + "，好" * LONGEST])
def test_what_reads_well_as_it_stands_is_not_turned(engine, text) -> None:
    assert turned(text) is None
