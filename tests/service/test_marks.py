"""A text is shown in pieces: nothing is lost, marks stand on the right characters, and what hides is named."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.review.marks import Mark, Piece, pieces, visible

RARE = "𠮷𪚥😀👨‍👩‍👧国家级"


def covered(text, marks, key):
    return "".join(piece.text for piece in pieces(text, marks) if key in piece.marks)


@given(
    st.text(st.characters(), max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=8),
)
def test_nothing_is_lost_and_every_mark_covers_its_own_code_points(text, spans):
    marks = [Mark(start, end, key) for key, (start, end) in enumerate(spans)]
    assert "".join(piece.text for piece in pieces(text, marks)) == text
    for start, end, key in marks:
        expected = text[max(start, 0) : max(end, 0)]
        assert covered(text, marks, key) == expected
        assert sum(key in piece.opens for piece in pieces(text, marks)) == (1 if expected else 0)


def test_rare_han_and_emoji_count_one_where_javascript_counts_two():
    start = RARE.index("国")
    assert covered(RARE, [Mark(start, start + 3, 0)], 0) == "国家级"
    assert len(RARE.encode("utf-16-le")) // 2 > len(RARE)


def test_marks_may_overlap():
    assert pieces("全网最低价", [Mark(0, 4, 1), Mark(2, 5, 2)]) == [
        Piece("全网", (1,), (1,)),
        Piece("最低", (1, 2), (2,)),
        Piece("价", (2,)),
    ]


@pytest.mark.parametrize(
    "sign",
    (
        *("\u202e", "\u2066", "\u200b", "\u200d", "\u00ad", "\ufeff", "\x00", "\x1b", "\r", "\u2028", "\u3164"),
        *("\u00a0", "\u2003", "\ue000", "\uffff", "\u034f", "\u2800", "\u180e", "\ufe0f"),
        *("\U000e0041", "\U000e0100", "\U0010ffff"),
    ),
)
def test_what_hides_is_named(sign):
    piece = pieces(f"甲{sign}{sign}乙")[1]
    assert (piece.sign, piece.run) == (f"U+{ord(sign):04X}", 2)
    assert sign not in visible(f"甲{sign}乙")


@pytest.mark.parametrize(
    "text", ["👨‍👩‍👧", "❤️", "1️⃣", "👍🏽", "甲\n乙\t丙　丁 e\u0301", "ｱＡ！", "한국어", "ไทย", "①㈱"]
)
def test_what_is_seen_stays_whole(text):
    assert pieces(text) == [Piece(text)]


def test_no_character_that_hides_is_left_out_of_the_quick_search():
    """The pattern that finds candidates must hold for every character that Unicode calls invisible."""
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        if unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp", "Zs"} and sign not in "\n\t \u3000":
            assert pieces(f"甲{sign}乙")[1].sign == f"U+{code:04X}"
