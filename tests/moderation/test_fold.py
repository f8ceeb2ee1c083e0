"""Folding: every disguise that it sees through, with exact spans and trails, and what it must leave alone."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.reasons import FOLD_NAMES
from moderation.text.fold import FOLDS, origins, skipped
from moderation.text.view import View

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "folds.toml").read_text(encoding="utf-8"))["case"]
TERMS = "\n".join(sorted({case["term"] for case in CASES}))
NASTY = st.text(st.sampled_from("國级㍿㎉A１★\u0301\u200b🔥\ud800\ufdfa\U000f0000\U00020000 。，？！"), max_size=40)


@pytest.fixture(scope="module")
def folding(court):
    return court().ruleset.folding


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['fold']}: {case['text']!a}")
def test_a_fold_sees_through_its_disguise_and_nothing_else(case, court, judge) -> None:
    found = [
        ((item.span.start, item.span.end), list(item.folds), item.weight)
        for item in judge(court(TERMS), case["text"]).evidence
    ]
    if "quote" not in case:
        assert found == []
        return
    start = case["text"].index(case["quote"])
    assert found == [((start, start + len(case["quote"])), case["folds"], case.get("weight", 100))]


def test_every_fold_that_a_trail_can_name_has_a_case_and_a_name_for_readers() -> None:
    named = {fold for case in CASES for fold in case.get("folds", ())}
    assert named == set(FOLDS) == set(FOLD_NAMES)


def test_every_fold_has_a_hit_and_a_miss() -> None:
    hits = {case["fold"] for case in CASES if "quote" in case} - {"mixed"}
    misses = {case["fold"] for case in CASES if "quote" not in case}
    assert hits == misses


def test_folded_text_is_letters_digits_and_han(folding) -> None:
    assert folding.plain("國 A１-★🔥级\u0301。") == "国a1级"


def test_the_visible_text_keeps_symbols_and_loses_what_cannot_be_seen(folding) -> None:
    assert folding.visible("薇\u200b💗\ufe0f１００％\n") == "薇❤100%\n"


def test_letters_that_show_nothing_are_deleted(folding) -> None:
    assert folding.plain("国\u115f\u1160\u3164\uffa0\u17b4家") == "国家"


def test_a_lone_surrogate_becomes_a_replacement_character_that_no_word_holds(folding) -> None:
    assert folding.visible("国\ud800家") == "国\ufffd家"
    assert folding.plain("国\ud800家") == "国家"


def test_a_character_that_would_become_a_sentence_stays_itself(folding) -> None:
    assert folding.plain("\ufdfa") == "\ufdfa"
    assert len(folding.plain("\ufdfa" * 3_000)) == 3_000


def test_accents_of_latin_letters_go(folding) -> None:
    assert folding.plain("éÅşk") == "eask"


@pytest.mark.parametrize(
    ("gap", "things"),
    [
        ("", 0),
        ("-----", 1),
        ("-+-", 3),
        ("\u200b\u0301", 0),
        ("👨‍👩‍👧❤\ufe0f", 1),
        ("👍🏽", 1),
        ("🇨🇳", 1),
        ("1️⃣", 1),
        ("+🔥+", 3),
    ],
)
def test_what_a_reader_sees_between_two_characters_is_counted(gap, things) -> None:
    assert skipped(gap) == things


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=80) | NASTY)
def test_origins_point_at_the_character_that_each_folded_one_came_from(text, folding) -> None:
    for table, folded in ((folding.fold, folding.plain(text)), (folding.keep, folding.visible(text))):
        places = origins(text, table, len(folded))
        assert len(places) == len(folded)
        assert places == sorted(places)
        for place, char in zip(places, folded, strict=True):
            assert char in text[place].translate(table)


def test_every_character_folds_to_letters_that_fold_no_further(folding) -> None:
    for table, kinds in ((folding.fold, "LN"), (folding.keep, "LNPSZCM")):
        reached = {char for code in range(0x20000) for char in chr(code).translate(table)}
        assert {unicodedata.category(char)[0] for char in reached} <= set(kinds)
        assert {char for char in reached if char.translate(table) != char} == set()


def test_what_cannot_be_seen_is_in_no_view(folding) -> None:
    shown = {unicodedata.category(char) for code in range(0x20000) for char in chr(code).translate(folding.keep)}
    assert shown.isdisjoint({"Mn", "Me", "Cf", "Cs"})


@given(text=NASTY)
@example(text="？A？")
@example(text="A？級？")
@settings(deadline=None)
def test_a_view_laid_out_by_its_gaps_equals_one_placed_letter_by_letter(text, folding) -> None:
    folded = text.translate(folding.fold)
    quick, slow = View("folded", text, folded, []), View("folded", text, folded, [])
    places = origins(text, folding.fold, len(folded))
    slow.place(places, places)
    if not quick.lay_out(folding.gaps):
        assert any(isinstance(folding.fold[ord(char)], str) or ord(char) > 0xFFFF for char in text)
        return
    for start in range(len(folded)):
        for end in range(start + 1, len(folded) + 1):
            assert quick.span(start, end) == slow.span(start, end)
            assert quick.gaps(start, end) == slow.gaps(start, end)
            assert quick.widen(start, end) == slow.widen(start, end)
            assert quick.clause(start, end, reach=3) == slow.clause(start, end, reach=3)
            assert quick.sentence(start, end) == slow.sentence(start, end)
