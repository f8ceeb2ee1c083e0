"""The line grammar: what each line means, and that no text at all makes the parser fail."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.lexicon import ALLOW, Condition, parse
from moderation.types import Scene

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "lines.toml").read_text(encoding="utf-8"))["case"]
HEADER = "@category absolute_claim\n@owner tests\n@source tests\n@licence Apache-2.0\n@reviewed 2026-11-22\n"
PIECES = [
    "@category x",
    "@",
    "[a",
    "]",
    "{",
    "}",
    ",",
    "|",
    "\\",
    "/",
    ":",
    "#",
    "｜",
    "＠",
    " ",
    "\n",
    "\ufeff",
    "\u2028",
    "最",
]


def terms_of(lines: str, header: str = HEADER):
    terms, errors = parse("file.txt", header + lines)
    assert [str(error) for error in errors] == []
    return terms


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["line"])
def test_a_line_means_its_terms(case) -> None:
    terms = terms_of(case["line"])
    assert [term.text for term in terms] == case["texts"]
    for term in terms:
        held = term._asdict()
        for key, value in case.get("has", {}).items():
            assert held[key] == (tuple(value) if isinstance(value, list) else value)
        wanted = {key: tuple(words) for key, words in case.get("condition", {}).items()}
        assert term.condition == Condition(**wanted)
        assert term.scenes == (frozenset(map(Scene, case["scenes"])) if "scenes" in case else None)


def test_a_term_knows_its_file_and_line() -> None:
    assert [(term.file, term.line) for term in terms_of("\n# why\n国家级")] == [("file.txt", 8)]


def test_a_section_gives_its_lines_a_family_and_defaults_that_a_line_may_replace() -> None:
    first, second, third = terms_of("[zui 最高级] severity: 2 | unless: 哪\n最佳\n最好 | severity: 1\n[plain]\n首选")
    assert (first.family, first.severity, first.condition.unless) == ("zui", 2, ("哪",))
    assert (second.family, second.severity, second.condition.unless) == ("zui", 1, ("哪",))
    assert (third.family, third.severity, third.condition.unless) == ("plain", None, ())


def test_a_line_can_add_to_what_its_section_lists() -> None:
    (term,) = terms_of("[zui] unless: 哪, 想\n最佳 | unless: @section, 评")
    assert term.condition.unless == ("哪", "想", "评")


def test_the_file_says_whether_its_terms_are_verified_and_a_line_may_differ() -> None:
    terms = terms_of("国家级\n最佳 | verified: false", HEADER + "@verified true\n")
    assert [term.verified for term in terms] == [True, False]


def test_allow_terms_protect_from_what_their_line_or_file_says() -> None:
    header = HEADER.replace("@category absolute_claim", "@allow absolute_claim, gambling")
    file_wide, line_wide = terms_of("最后\n国家级湿地 | for: *", header)
    assert file_wide.category == line_wide.category == ALLOW
    assert file_wide.protects == {"absolute_claim", "gambling"}
    assert line_wide.protects == {"*"}


def test_a_byte_order_mark_is_no_text() -> None:
    assert [term.text for term in terms_of("国家级", "\ufeff" + HEADER)] == ["国家级"]


def test_a_rule_id_names_category_and_family_and_does_not_spell_the_term() -> None:
    (term,) = terms_of("[zui]\n国家级")
    assert term.id.startswith("absolute_claim.zui.")
    assert len(term.id.rpartition(".")[2]) == 8
    assert term.id.isascii()
    assert terms_of("国家级")[0].id.count(".") == 1


def test_one_bad_line_hides_no_other() -> None:
    terms, errors = parse("file.txt", HEADER + "国家级 | sverity: 2\n最佳\n史上最{低")
    assert [term.text for term in terms] == ["最佳"]
    assert [error.line for error in errors] == [6, 8]
    assert str(errors[0]).startswith("file.txt:6: unknown option 'sverity'")


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("国家级 ｜ severity: 3", "｜"),
        ("国家级 # 注释", "#"),
        ("国家级\t#注释 | severity: 3", "#"),
        ("最｛佳，好｝", "｛"),
        ("＠最佳", "＠"),
        ("［最佳］", "［"),
        ("＃注释", "＃"),
    ],
)
def test_grammar_in_full_width_and_comments_behind_terms_are_refused(line, mark) -> None:
    terms, errors = parse("file.txt", f"{HEADER}{line}\n最好")
    assert [term.text for term in terms] == ["最好"]
    assert [(error.line, mark in error.told.zh, mark in error.told.en) for error in errors] == [(6, True, True)]


def test_marks_behind_a_backslash_and_inside_options_are_meant() -> None:
    lines = "a\\｜b\n\\＠c\n\\［d］\n\\＃e\nf \\#g\n\\｛h\\｝\ni#j\n k＠［＃l | near: ｜, #m | note: n #o"
    terms = terms_of(lines)
    assert [term.text for term in terms] == ["a｜b", "＠c", "［d］", "＃e", "f #g", "｛h｝", "i#j", "k＠［＃l"]
    assert terms[-1].condition.near == ("｜", "#m")


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join))
def test_any_file_gives_terms_or_errors_and_never_fails(text) -> None:
    terms, errors = parse("file.txt", text)
    assert all(term.text.strip() for term in terms)
    assert all(error.file == "file.txt" and error.line >= 1 and error.reason for error in errors)
    assert errors  # none of these has all its headers
