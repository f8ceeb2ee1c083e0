"""The gym: counts what a disguised term comes to, and what the same disguise does to ordinary text."""

from __future__ import annotations

import random

import pytest

from moderation.gym import Gym
from moderation.text.variants import DISGUISES
from moderation.types import Scene

EVERY = 97
ENOUGH = 0.9
ORDINARY = ["今天下午去菜市场买了两斤排骨", "快递已经放在门口的柜子里了", "这双鞋穿着走路不磨脚"]


@pytest.fixture(scope="module")
def gym(shipped) -> Gym:
    return Gym(shipped, random.Random(1))


def test_disguised_terms_are_found_in_every_disguise(gym) -> None:
    *_, scores = gym.recall(gym.terms()[::EVERY])
    assert sum(score.tried for score in scores.values()) > 1000
    for kind, score in scores.items():
        if score.tried >= 30:  # what few words can wear says little here: the command tries them all
            assert score.rate >= ENOUGH, (kind, score.missed[:5])


def test_terms_are_found_in_two_disguises_at_once(gym) -> None:
    *_, scores = gym.recall(gym.terms()[:: 10 * EVERY], gym.pairs)
    assert "homophone+split" in scores
    assert "split+homophone" not in scores
    for pair in ("filler+homophone", "homophone+split", "mask+symbols", "mixed+shape", "symbols+emoji"):
        assert scores[pair].tried > 20
        assert scores[pair].rate >= 0.7, (pair, scores[pair].missed[:5])


def test_ordinary_text_in_disguise_passes(gym) -> None:
    *_, scores = gym.alarms(ORDINARY, Scene.UGC)
    assert sum(score.tried for score in scores.values()) > 10
    assert not any(score.found for score in scores.values())


def test_an_engine_that_restores_nothing_fails_here(court) -> None:
    blind = Gym(court("@disguise all\n国家级标准\n全网最低价"), random.Random(1))
    blind._engine.reader.restorer.restore = lambda *_: None
    *_, scores = blind.recall(blind.terms())
    assert any(scores[kind].tried and not scores[kind].found for kind in DISGUISES)


def test_only_disguises_that_a_term_allows_are_tried(court) -> None:
    narrow = Gym(court("国家级标准 | disguise: mixed"), random.Random(1))
    *_, scores = narrow.recall(narrow.terms())
    assert scores["mixed"].tried == 1
    assert scores["homophone"].tried == scores["reverse"].tried == 0
