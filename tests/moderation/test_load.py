"""Loading: a valid folder becomes a ruleset; every broken one is refused with file, line and reason."""

from __future__ import annotations

import gc
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from moderation.errors import GrammarError, LawError, LoadErrors, PolicyError, TermError
from moderation.load import MANY, load_ruleset
from moderation.types import Action, Scene

TESTS = Path(__file__).parents[1]
CASES = tomllib.loads((TESTS / "cases" / "broken_lexicons.toml").read_text(encoding="utf-8"))["case"]
HEADER = "@{}\n@owner tests\n@source tests\n@licence Apache-2.0\n@reviewed 2026-11-22\n"
FILES = {
    "ad_law/absolute_claim.txt": HEADER.format("category absolute_claim") + "国家级\n",
    "allow/words.txt": HEADER.format("allow *") + "国家级湿地\n",
}


@pytest.fixture
def folder(tmp_path, write_rules) -> Path:
    return write_rules(tmp_path / "lexicons", FILES)


def load(folder: Path):
    return load_ruleset(folder, folder / "scenes")


def break_it(folder: Path, case: dict) -> None:
    path = folder / case["file"]
    path.parent.mkdir(exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if "replace" in case:
        old, new = case["replace"]
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    elif "append" in case:
        path.write_text(text + case["append"] + "\n", encoding="utf-8")
    elif "bytes" in case:
        path.write_bytes(path.read_bytes() + bytes(case["bytes"]))
    elif "copy" in case:
        shutil.copy(folder / case["copy"], path)
    elif "remove" in case:
        path.unlink()
    else:
        path.write_text(case["write"], encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_broken_folder_is_refused_with_file_line_and_reason(case, folder) -> None:
    break_it(folder, case)
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    said = [(error.file, error.line) for error in caught.value.errors if case["reason"] in error.reason]
    assert said == [(case["file"], case.get("at", 7))], str(caught.value)


def test_a_list_stands_in_one_file_only(folder) -> None:
    break_it(folder, {"file": "words/one.toml", "write": 'mates = ["朋友"]\n'})
    break_it(folder, {"file": "words/two.toml", "write": 'units = ["米"]\nmates = ["老师"]\n'})
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    (error,) = caught.value.errors
    assert (error.file, error.line) == ("words/two.toml", 2)
    assert error.reason == "the list mates stands in another file too"


def test_at_least_twenty_kinds_of_broken_folders_are_known() -> None:
    assert len({case["reason"] for case in CASES}) >= 20


def test_the_folder_that_the_broken_ones_come_from_is_valid(folder) -> None:
    assert {term.text for term in load(folder).terms} == {"国家级", "国家级湿地"}


def test_all_errors_are_reported_at_once_and_in_order(folder) -> None:
    for case in CASES:
        if case["name"] in {"an unknown option", "a scene without a policy", "a misspelt key of an article"}:
            break_it(folder, case)
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    errors = caught.value.errors
    assert [type(error) for error in errors][:1] == [GrammarError]
    assert {type(error) for error in errors} >= {GrammarError, LawError, PolicyError}
    assert [(error.file, error.line) for error in errors] == sorted((error.file, error.line) for error in errors)
    assert str(caught.value).splitlines() == [f"{error.file}:{error.line}: {error.reason}" for error in errors]


@pytest.mark.parametrize("table", ["categories.toml", "laws.toml"])
def test_what_follows_of_a_broken_table_is_not_told(table, folder) -> None:
    break_it(folder, {"file": table, "append": "["})
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    assert [error.file for error in caught.value.errors] == [table]


@pytest.mark.parametrize("file", ["ad_law/absolute_claim.txt", "categories.toml", "claims.toml", "words/some.toml"])
def test_what_follows_of_an_unreadable_file_is_not_told(file, folder) -> None:
    break_it(folder, {"file": "words/some.toml", "write": 'mates = ["朋友"]\n'})
    path = folder / file
    path.write_bytes("# 国家级\n".encode("gbk") + path.read_bytes())
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    assert str(caught.value) == f"{file}:1: is not UTF-8"


def test_a_term_error_is_told_from_a_grammar_error(folder) -> None:
    break_it(folder, {"file": "ad_law/absolute_claim.txt", "append": "最"})
    with pytest.raises(LoadErrors) as caught:
        load(folder)
    assert [type(error) for error in caught.value.errors] == [TermError]


def test_the_fingerprint_names_the_exact_bytes(folder) -> None:
    first, again = load(folder), load(folder)
    break_it(folder, {"file": "ad_law/absolute_claim.txt", "append": "# a comment"})
    assert first.fingerprint == again.fingerprint != load(folder).fingerprint
    assert len(first.fingerprint) == 16 and int(first.fingerprint, 16) >= 0
    assert {"categories.toml", "scenes/ad.toml", "variants/lookalikes.tsv", "allow/words.txt"} <= first.files.keys()


def test_a_policy_is_part_of_the_fingerprint(folder) -> None:
    before = load(folder).fingerprint
    break_it(folder, {"file": "scenes/ugc.toml", "append": '[actions]\ngambling = "review"'})
    ruleset = load(folder)
    assert ruleset.fingerprint != before
    assert ruleset.policies[Scene.UGC].actions == {"gambling": Action.REVIEW}


def test_an_article_has_the_dates_of_its_law_unless_it_has_its_own(folder) -> None:
    laws = load(folder).laws
    assert laws["广告法 9(3)"].effective_from == date(2015, 9, 1)
    assert laws["广告法 9(3)"].effective_until is None
    assert laws["广告法 99"].effective_until == date(2027, 12, 31)
    assert laws["平台规则"].effective_from is None
    assert laws["广告法 9(3)"].version == "2021-04-29"


@pytest.mark.parametrize(
    ("made", "aside", "done"), [(MANY + 1, 0, ["freeze", "unfreeze"]), (MANY + 1, 1, []), (MANY, 0, [])]
)
def test_what_a_large_load_made_counts_as_old(made, aside, done, folder, monkeypatch) -> None:
    said = []
    monkeypatch.setattr(gc, "get_count", lambda: (made, 0, 0))
    monkeypatch.setattr(gc, "get_freeze_count", lambda: aside)
    monkeypatch.setattr(gc, "freeze", lambda: said.append("freeze"))
    monkeypatch.setattr(gc, "unfreeze", lambda: said.append("unfreeze"))
    load_ruleset(folder, folder / "scenes", examples=False)
    assert said == done and gc.isenabled()


def test_a_ruleset_cannot_be_edited(folder) -> None:
    with pytest.raises(AttributeError):
        load(folder).fingerprint = "0" * 16


def test_the_shipped_laws_are_cited_by_english_names_in_english(shipped_ruleset) -> None:
    cited = [shipped_ruleset.cited(ref, "en") for ref in shipped_ruleset.laws]
    assert all(one.isascii() for one in cited) and len(set(cited)) == len(cited)
    assert shipped_ruleset.cited("广告法 9(3)", "zh") == "广告法 9(3)"
    assert shipped_ruleset.cited("a law of old rules", "en") == "a law of old rules"


def test_the_shipped_rules_load_with_all_categories_and_scenes(shipped_ruleset) -> None:
    assert len(shipped_ruleset.categories) == 35
    assert set(shipped_ruleset.policies) == set(Scene)
    assert all(ref in shipped_ruleset.laws for term in shipped_ruleset.terms for ref in term.laws or ())
