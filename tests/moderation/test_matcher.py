"""The matcher against the naive scan that defines it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import mark

from moderation.matcher import Matcher, nesting
from tests.naive import NaiveMatcher

LETTERS = st.sampled_from("abcab最好好国家𠮷🔞é️1 ")
"""Few letters, so that words overlap, nest and repeat; astral, combining and plain ones."""
ANY = st.characters(exclude_categories=["Cs"])
WORD = st.text(LETTERS, min_size=1, max_size=5) | st.text(ANY, min_size=1, max_size=3)
WORDS = st.lists(WORD, max_size=12, unique=True)
TEXTS = st.text(LETTERS, max_size=60) | st.text(ANY | LETTERS, max_size=40)
QUIET = [HealthCheck.too_slow]


def equals_the_oracle(words: list[str], text: str, matcher: type = Matcher) -> None:
    whole = text + "".join(words)  # what is sought always stands somewhere
    found, defined = matcher(words), NaiveMatcher(words)
    for haystack in (text, whole):
        assert found.find(haystack) == defined.find(haystack)


@settings(max_examples=1_000, deadline=None, suppress_health_check=QUIET)
@given(words=WORDS, text=TEXTS)
def test_the_matcher_equals_the_naive_scan(words: list[str], text: str) -> None:
    equals_the_oracle(words, text)


@mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=QUIET)
@given(words=WORDS, text=TEXTS)
def test_the_matcher_equals_the_naive_scan_ten_thousand_times(words: list[str], text: str) -> None:
    equals_the_oracle(words, text)


def test_a_matcher_that_loses_inner_hits_would_be_noticed() -> None:
    class LongestOnly(Matcher):
        def find(self, text: str) -> list[tuple[int, int, int]]:
            return [hit for hit in super().find(text) if hit[1] - hit[0] == max(map(len, self.words))]

    try:
        equals_the_oracle(["国家", "国家级"], "国家级", LongestOnly)
    except AssertionError:
        return
    raise AssertionError("the comparison cannot fail")


def test_no_words_find_nothing() -> None:
    assert Matcher(()).find("国家级") == []


def test_an_empty_text_holds_nothing() -> None:
    assert Matcher(("国家级",)).find("") == []


def test_hits_at_one_end_come_longest_first() -> None:
    assert Matcher(("级", "家级", "国家级")).find("国家级") == [(0, 3, 2), (1, 3, 1), (2, 3, 0)]


def test_nesting_counts_the_words_that_end_at_one_place() -> None:
    assert nesting(["啊", "啊啊", "啊啊啊", "国家级"]) == (3, "啊啊啊")
    assert nesting(["级", "国家级", "最高级", "史上最高级"]) == (3, "史上最高级")
    assert nesting([]) == (0, "")
