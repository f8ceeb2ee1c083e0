"""Simulated rooms: repeatable, true to their kind, found by detectors built on other sentences, replayable."""

from __future__ import annotations

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bench.rooms import EVALUATION, figures, played
from moderation.room import RoomState, recall
from service.cli.simulate import GRAMMAR
from service.simulate.court import Court, content_of, message_of
from service.simulate.grammar import read_grammar
from service.simulate.rooms import Kind, play
from service.store.codec import verdict_blob, verdict_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from moderation.engine import Engine
    from moderation.types import Content, Verdict
    from service.simulate.grammar import Grammar

CHANT = 4
"""What everybody chants is no sentence: so many characters or fewer, in the lists that are chanted."""
CHANTED = {"chat.chants", "split.fillers", "raid.tails", "gift.names"}


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return read_grammar(GRAMMAR)


def frames(of: Grammar) -> set[str]:
    """The sentence frames of a grammar, slots and signs left out."""
    lists = {name: listed for name, listed in of.frames.items() if name not in CHANTED}
    listed = [*[frame for frames in lists.values() for frame in frames], *["".join(bit) for bit in of.bits]]
    bare = (re.sub(r"\{\w+\}|\W", "", frame) for frame in listed)
    return {frame for frame in bare if frame}


def shared(one: Iterable[str], other: Iterable[str]) -> set[str]:
    """Frames of one grammar that are one of the other, or hold one, or stand in one."""
    known = [frame for frame in other if len(frame) > CHANT]
    return {
        frame
        for frame in one
        for there in known
        if frame == there or there in frame or (len(frame) > CHANT and frame in there)
    }


@pytest.mark.parametrize("evaluation", sorted(EVALUATION.parent.glob("eval_grammar*.toml")), ids=lambda path: path.stem)
def test_evaluation_shares_no_sentence_frame(grammar: Grammar, evaluation: Path) -> None:
    assert shared(frames(read_grammar(evaluation)), frames(grammar)) == set()


def test_a_shared_sentence_is_noticed(grammar: Grammar) -> None:
    taken = {"这个是什么材质的呀", *frames(read_grammar(EVALUATION))}
    assert shared(taken, frames(grammar)) == {"这个是什么材质的呀"}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_room_is_repeatable_and_in_the_order_of_time(grammar: Grammar, kind: Kind) -> None:
    lines = play(grammar, kind, seed=3, minutes=2)
    assert lines == play(grammar, kind, seed=3, minutes=2)
    assert lines != play(grammar, kind, seed=4, minutes=2)
    assert all(before.at <= after.at for before, after in pairwise(lines))
    assert {line.kind for line in lines} == {"chat", "host_speech", "gift"}
    assert all("{" not in line.text for line in lines)


def test_rooms_hold_what_their_kind_says(grammar: Grammar) -> None:
    held = {kind: {line.truth.what for line in play(grammar, kind, seed=1, minutes=8) if line.truth} for kind in Kind}
    assert held[Kind.ORDINARY] == set()
    assert held[Kind.DIVERSION] >= {"split"}
    assert held[Kind.RAID] == {"raid", "flood"}
    assert held[Kind.OVERCLAIM] == {"claim", "correction"}
    assert held[Kind.COMPLAINTS] == {"complaint", "praise"}


def test_a_message_tells_what_the_api_takes(grammar: Grammar) -> None:
    lines = play(grammar, Kind.ORDINARY, seed=1, minutes=1)
    speech = next(line for line in lines if line.kind == "host_speech")
    told = message_of(speech, "room", 7)
    assert told["id"] == "room-7"
    assert told["offset_ms"] == int(speech.at * 1000)
    assert told["at"].endswith("Z")


def test_what_is_promised_holds_on_other_sentences(shipped: Engine) -> None:
    found = figures(played(shipped, read_grammar(EVALUATION), rooms=1, minutes=4, seed=100))
    shares = {figure.name: figure.share for figure in found if figure.promised}
    alarms = shares.pop("false alarms in ordinary rooms")
    assert alarms <= 0.1
    assert min(shares.values()) >= 95


@pytest.mark.slow
def test_what_is_promised_holds_in_many_rooms(shipped: Engine) -> None:
    found = figures(played(shipped, read_grammar(EVALUATION), rooms=12, minutes=10, seed=0))
    shares = {figure.name: figure.share for figure in found if figure.promised}
    assert shares.pop("false alarms in ordinary rooms") <= 0.02
    assert shares.pop("corrections recorded") == 100
    assert shares.pop("raids, within 5 messages") >= 98
    assert shares.pop("floods, within 5 messages") >= 98
    assert min(shares.values()) >= 95


def recorded(shipped: Engine, grammar: Grammar) -> list[tuple[Content, Verdict]]:
    """Two rooms as their decisions tell them: content and verdict, written down and read again."""
    told = []
    for kind in (Kind.DIVERSION, Kind.RAID):
        lines = play(grammar, kind, seed=5, minutes=2)
        contents = [content_of(line, "room", number) for number, line in enumerate(lines)]
        for case in shipped.hear(RoomState(), contents)[1]:
            verdict, content = case.conclude(), case.content
            blob = verdict_blob(verdict, content)
            read = verdict_from(
                blob,
                content,
                action=verdict.action.code,
                severity=verdict.severity,
                degraded=verdict.degraded,
                ruleset=verdict.ruleset,
            )
            told.append((content, read))
    return told


def test_a_replay_from_decisions_alone_gives_the_same_verdicts(shipped: Engine, grammar: Grammar) -> None:
    decisions = recorded(shipped, grammar)
    assert any(item.source == "room" for _, verdict in decisions for item in verdict.evidence)
    for content, verdict in decisions:
        assert shipped.examine(content, room=recall(verdict.evidence)).conclude() == verdict


def test_a_replay_without_the_numbers_is_noticed(shipped: Engine, grammar: Grammar) -> None:
    decisions = recorded(shipped, grammar)
    assert any(shipped.examine(content).conclude() != verdict for content, verdict in decisions)


def test_every_line_is_judged_and_completed_pieces_are_retracted(shipped: Engine, grammar: Grammar) -> None:
    lines = play(grammar, Kind.DIVERSION, seed=3, minutes=4)
    judged = list(Court(shipped).judged(lines, "room"))
    assert [one.line for one in judged] == lines
    assert any(one.retracts for one in judged)


def test_rules_that_say_nothing_of_rooms_are_refused() -> None:
    silent: Any = SimpleNamespace(ruleset=SimpleNamespace(live=None))
    with pytest.raises(ValueError, match=r"live\.toml"):
        Court(silent)


WRONG = [
    ("[slots]\n", "chat.talk is a list of at least one sentence"),
    ("[slots\n", "Expected ']'"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_a_wrong_grammar_says_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "grammar.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(why)) as told:
        read_grammar(path)
    assert str(path) in str(told.value)


def test_a_slot_that_nothing_fills_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "grammar.toml"
    path.write_text(
        GRAMMAR.read_text(encoding="utf-8").replace("[slots]", "[slots]\nodd = ['{nowhere}']"), encoding="utf-8"
    )
    with pytest.raises(ValueError, match="nowhere"):
        read_grammar(path)
