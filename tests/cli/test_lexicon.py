"""``qingliu lexicon check`` from the outside."""

from __future__ import annotations

import shutil

import orjson
import pytest

from moderation.load import load_ruleset
from tests.cli.conftest import write_terms


@pytest.fixture
def broken(rules, tmp_path):
    folder = tmp_path / "lexicons"
    shutil.copytree(rules, folder)
    write_terms(folder / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级", "最", "国家级")
    return folder


def test_good_rules_give_a_summary(inside, rules):
    done = inside("lexicon", "check", rules)
    shown = done.stdout.decode()
    assert done.returncode == 0
    assert "词条：4" in shown and "允许词：1" in shown and load_ruleset(rules).fingerprint in shown


def test_good_rules_give_their_numbers_as_json(inside, rules):
    done = inside("lexicon", "check", rules, "--json")
    told = orjson.loads(done.stdout)
    ruleset = load_ruleset(rules)
    assert done.returncode == 0
    assert (told["ok"], told["terms"], told["allow"], told["fingerprint"]) == (True, 4, 1, ruleset.fingerprint)
    assert told["categories"]["absolute_claim"]["terms"] == told["categories"]["absolute_claim"]["verified"] == 2
    assert len(told["categories"]) == len(ruleset.categories)
    assert told["laws"]["verified"] + told["laws"]["unverified"] == len(ruleset.laws)


def test_every_error_is_named_with_file_and_line(inside, broken):
    for lang, told, count in (("en", "has no guard", "2 errors"), ("zh", "没有限定条件", "共 2 处错误")):
        done = inside("lexicon", "check", broken, "--lang", lang)
        assert done.returncode == 1
        places = [line.split(": ")[0] for line in done.stdout.decode().splitlines()]
        assert places == ["ad_law/absolute_claim.txt:9", "ad_law/absolute_claim.txt:10"]
        assert told in done.stdout.decode() and count in done.stderr.decode()


def test_every_error_is_there_as_json(inside, broken):
    done = inside("lexicon", "check", broken, "--json")
    told = orjson.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    assert [(error["file"], error["line"]) for error in told["errors"]] == [
        ("ad_law/absolute_claim.txt", 9),
        ("ad_law/absolute_claim.txt", 10),
    ]


def test_a_folder_that_is_not_there_is_a_wrong_command_line(inside, tmp_path):
    assert inside("lexicon", "check", tmp_path / "nowhere").returncode == 2
