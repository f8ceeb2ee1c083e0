"""Texts that say how they are to be read: backwards, or down the first characters of their lines."""

from __future__ import annotations

import pytest

from moderation.text.direction import directed

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


def test_an_acrostic_of_one_line_goes_down_its_clauses(engine, judge) -> None:
    (item,) = judge(engine, "加班回来吃面，我把灯点上，微风吹过小巷，信步走到家。藏头").evidence
    assert "acrostic" in item.folds


@pytest.mark.parametrize(
    "text",
    [
        "加油打工人\n我在等风来\n微光照进窗\n信步走到家",
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
