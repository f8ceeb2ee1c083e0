"""The invariants of the creator score as functions that raise for a history that breaks one.

Each takes chance and a system, the product's own functions by default, so that a planted defect can take one's place.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from moderation.types import Action, Scene
from service.creators import belonging, lines, posting, score, settling, standing, trials, watching
from service.creators.belonging import Link
from service.creators.entries import DAY, Entry, Kind, day_of, start_of
from service.creators.formula import FULL
from service.creators.settling import BlockFacts, FinalBlock
from service.creators.trials import NotAllowed, State, Terms, Trial
from service.ids import stamp
from service.store import creator_statements
from tests.service.creators.histories import NOW, History, history, published, shipped, violated, violation
from tests.small import migrated

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

SHIPPED = shipped()


@dataclass(frozen=True)
class System:
    """What the laws are about."""

    derive: Callable = score.reckon
    post: Callable = posting.post
    explained: Callable = lines.explained
    placed: Callable = standing.placed
    counting: Callable = belonging.counting
    final_of: Callable = settling.final_of
    wanted: Callable = settling.wanted
    watched: Callable = watching.watched
    advanced: Callable = trials.advanced
    chosen: Callable = trials.chosen
    rolled_back: Callable = trials.rolled_back


@cache
def _table() -> list[str]:
    """What makes the table of entries, without the triggers: a defect is to be found by the law."""
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'score_entries' AND type <> 'trigger' AND sql IS NOT NULL"
    with TemporaryDirectory() as folder, closing(sqlite3.connect(migrated(Path(folder) / "q.db"))) as database:
        return [sql for (sql,) in database.execute(made)]


class Kept:
    """The entries of one account in a database, which is a visit to what appends them."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        for sql in _table():
            self.database.execute(sql)
        self.at = ""

    def append(self, system: System, entry: Entry) -> None:
        self.at = stamp(datetime.fromtimestamp(entry.recorded, UTC))
        system.post(self, "t", "c", entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        rows = self.rows(f"{creator_statements.ENTRIES_OF} ORDER BY e.number", "c")
        return tuple(Entry(*row) for row in rows)

    def rows(self, sql, *values):
        return self.database.execute(sql, values).fetchall()

    def record(self, act, *writes):
        for write in writes:
            self.database.execute(write.sql, write.row)


def _scored(system: System, found, at) -> int:
    return system.derive(found, SHIPPED, at).score


def append_only(rng: Random, system: System) -> None:
    """1. What was appended stays as it is, whatever is appended after it."""
    kept = Kept()
    for entry in history(rng).entries:
        before = kept.entries
        kept.append(system, entry)
        assert kept.entries[: len(before)] == before


def recomputed(rng: Random, system: System) -> None:
    """2. What was reckoned live is what is reckoned from all entries for that time, at any past time."""
    told = history(rng)
    times = [entry.recorded for entry in told.entries] + [told.at]
    for at in rng.sample(times, min(3, len(times))):
        live = [entry for entry in told.entries if entry.recorded <= at]
        assert _scored(system, live, at) == _scored(system, told.entries, at)


def bounded(rng: Random, system: System) -> None:
    """3. From 0 to 100 points; no event and no day costs more than its cap, and a clean day gains no more than one."""
    told = history(rng)
    day = told.at - rng.randrange(30 * DAY)
    flood = [violation(rng, f"f{n}", day, occurred=day) for n in range(rng.randrange(14))]
    found = system.derive((*told.entries, *flood), SHIPPED, told.at)
    assert 0 <= found.score <= FULL
    assert 0 <= found.compliance <= FULL * SHIPPED.compliance // 1000
    days: dict[int, int] = {}
    for one in found.deductions:
        assert one.weight <= one.capped <= SHIPPED.most_event
        days[one.day] = days.get(one.day, 0) + score.share_of(SHIPPED, one.weight)
    lost = sum(min(day, score.share_of(SHIPPED, SHIPPED.most_day)) for day in days.values())
    base = score.share_of(SHIPPED, FULL)
    assert found.compliance == max(0, base - lost)
    assert sum(one.used for one in found.credits) <= sum(one.points for one in found.deductions)


def idempotent(rng: Random, system: System) -> None:
    """4. A cause that comes twice leaves one entry."""
    told = history(rng)
    kept = Kept()
    for entry in told.entries:
        kept.append(system, entry)
        if rng.random() < 0.5:
            kept.append(system, entry._replace(id=f"{entry.id}x", recorded=told.at))
    assert kept.entries == told.entries


def _without(entries: list[Entry], gone: str) -> list[Entry]:
    """The entries as they would be had one of them never happened: without it, and without what speaks of it."""
    lost = {gone}
    kept = [entry for entry in entries if entry.id != gone]
    while more := {entry.id for entry in kept if entry.ref in lost}:
        lost |= more
        kept = [entry for entry in kept if entry.id not in more]
    return kept


def overturned(rng: Random, system: System) -> None:
    """5. After an overturn the score is what it would be had the violation never happened, now and later."""
    told = violated(rng)
    violations = [entry for entry in told.entries if entry.kind == Kind.VIOLATION]
    gone = rng.choice(violations)
    reversal = Entry("zz", Kind.REVERSAL, "zz", told.at, told.at, told.at, "", 0, gone.id)
    # Other reversals of it fall away with it: this one alone decides.
    rest = [one for one in told.entries if not (one.kind == Kind.REVERSAL and one.ref == gone.id)]
    never = _without(rest, gone.id)
    for at in (told.at, told.at + 1, told.at + rng.randrange(200 * DAY)):
        after, due = (system.derive(found, SHIPPED, at) for found in ((*rest, reversal), never))
        assert after == due
        assert system.placed(after, SHIPPED) == system.placed(due, SHIPPED)


def orderless(rng: Random, system: System) -> None:
    """6. Neither the order of the rows nor that of what happened at one time decides anything."""
    told = history(rng)
    shuffled = list(told.entries)
    rng.shuffle(shuffled)
    assert system.derive(shuffled, SHIPPED, told.at) == system.derive(told.entries, SHIPPED, told.at)


def monotone(rng: Random, system: System) -> None:
    """7. One violation more never raises a score, one clean item more never lowers it, worse never costs less."""
    told = history(rng)
    at = rng.choice((told.at, min(told.at, NOW)))
    when = rng.choice([entry.recorded for entry in told.entries])
    had = _scored(system, told.entries, told.at)
    more = violation(rng, f"{rng.getrandbits(40):010x}", rng.choice((when, min(at, NOW))))
    assert _scored(system, (*told.entries, more), told.at) <= had
    clean = published(rng, "zc", told.at - rng.choice((0, rng.randrange(DAY))))
    assert _scored(system, (*told.entries, clean), told.at) >= had
    worse = [
        one._replace(value=one.value + 1)
        if one.kind == Kind.VIOLATION and one.value < 4 and rng.random() < 0.5
        else one
        for one in told.entries
    ]
    assert _scored(system, worse, told.at) <= had
    was, now = (system.derive(found, SHIPPED, told.at) for found in (told.entries, (*told.entries, more)))
    assert now.habit >= was.habit
    stood, stands = (system.placed(found, SHIPPED, standing.VERIFIED) for found in (was, now))
    assert stands.multiplier <= stood.multiplier


def without_cliffs(rng: Random, system: System) -> None:
    """8. What decays moves toward the base, never past it, and never by more than a milli-point a second and line."""
    told = violated(rng)
    violations = [entry for entry in told.entries if entry.kind == Kind.VIOLATION]
    one = rng.choice(violations)
    age = rng.choice((rng.randrange(366), 335, 364, 365, 45, 330 + rng.randrange(36)))
    at = max(told.at, start_of(day_of(one.since) + age)) - rng.randrange(2)
    early, late = (system.derive(told.entries, SHIPPED, time) for time in (at, at + 1))
    if day_of(at) == day_of(at + 1):
        assert late.compliance >= early.compliance
    before = {one.entry.id: one for one in early.deductions}
    for now in late.deductions:
        was = before[now.entry.id]
        # A week that closes restores at once: what decays by itself must not.
        if was.left == now.left:
            assert 0 <= was.weight - now.weight <= 1
            assert 0 <= was.gross - now.gross <= 1
    _crosses_slowly(rng, system, one._replace(recorded=one.since, occurred=one.since))
    for was_part, now_part in zip(early.parts, late.parts, strict=True):
        assert abs(now_part.value - was_part.value) <= 2
        assert abs(now_part.value - now_part.mean) <= abs(was_part.value - was_part.mean) + 1


def _crosses_slowly(rng: Random, system: System, one: Entry) -> None:
    """Wherever the weight of a violation falls below a level, it does so by one milli-point."""

    def weight(at):
        found = system.derive((one,), SHIPPED, at).deductions
        return found[0].weight if found else 0

    early, late = one.since, one.since + 370 * DAY
    level = rng.choice((1, 1 + rng.randrange(100), 1 + rng.randrange(weight(early) or 1)))
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (middle, late) if weight(middle) >= level else (early, middle)
    assert weight(early) - weight(late) <= 1


def adds_up(rng: Random, system: System) -> None:
    """9. The lines of the explanation are the score, and each violation that costs something has one."""
    told = history(rng)
    found = system.derive(told.entries, SHIPPED, told.at)
    shown = system.explained(found, SHIPPED)
    assert sum(line.amount for line in shown) == found.score
    named = {line.entry.id for line in shown if line.code == "violation"}
    assert named >= {one.entry.id for one in found.deductions if one.weight * SHIPPED.compliance >= 1000}
    assert all(line.entry is not None and line.until for line in shown if line.code in {"violation", "cap", "restored"})


def not_silent(rng: Random, system: System) -> None:
    """10. A new formula moves nobody before two people, seven days with both scores, and an effect that is shown."""
    trial = Trial("t", "new", "old", "violations.repeat_days", State.PROPOSED, 0, "proposer", NOW, NOW)
    at, last, moved = NOW, NOW, dict.fromkeys(("a", "b", "c"), False)
    for _ in range(12):
        at += rng.randrange(9 * DAY)
        by = rng.choice(("proposer", "other"))
        hits = [rng.random() < 0.2 for _ in range(120)]
        effect = trials.tested(hits, [rng.random() < rng.choice((0.2, 0.6)) for _ in range(120)])
        try:
            after = system.advanced(trial, by, at, effect, Terms())
        except NotAllowed:
            continue
        assert by != trial.proposed_by
        assert at - last >= 7 * DAY
        if after.share == 100 > trial.share:
            assert effect.p < 0.05
            assert effect.difference < 0
        for creator, was in moved.items():
            now = system.chosen(after, creator)
            assert now or not was or after.state is State.ADOPTED
            moved[creator] = now
        trial, last = after, at
    ended = system.rolled_back(trial, at)
    assert ended.state in {State.REFUSED, State.ROLLED_BACK}
    assert not any(system.chosen(ended, creator) for creator in moved)


def apart(rng: Random, system: System) -> None:
    """11. What happens on an account moves nobody but those to whom it is or was linked."""
    ours, theirs = history(rng), history(rng)
    at = max(ours.at, theirs.at)
    found = system.counting("x", {"x": ours.entries, "y": theirs.entries}, [Link("x", 0)])
    assert _scored(system, found, at) == _scored(system, ours.entries, at)


def only_final(rng: Random, system: System) -> None:
    """12. Only what is final and stands counts, once, and with the severity of the newest decision."""
    known: list[settling.Known] = []
    counted = 0
    for step in range(6):
        blocks = [BlockFacts(f"d{n}", rng.choice((None, NOW + n)), rng.random() < 0.6) for n in range(rng.randrange(3))]
        newest = FinalBlock("", 0, NOW, "ugc", rng.choice((2, 3)), "absolute_claim")
        final = system.final_of(blocks, newest)
        due = any(block.final_at is not None and block.stands for block in blocks)
        assert (final is not None) == due
        wanted = system.wanted(final, known)
        known = [one for one in known if one.id not in wanted.reverse]
        if wanted.violation is not None:
            counted += 1
            known.append(settling.Known(f"e{step}-{counted}", "", newest.severity, newest.categories))
        assert len(known) == due
        if due:
            assert known[0].severity == newest.severity


def never_a_pass(rng: Random, system: System) -> None:
    """13. Whatever the tier, what is stopped stays stopped, and what goes to people goes to people."""
    for lowest in (False, True):
        for action in Action:
            scene = rng.choice(tuple(Scene))
            after = system.watched(action, scene, lowest=lowest)
            assert after >= action
            assert after == action or (action, after) == (Action.PASS, Action.REVIEW)


def splitting(rng: Random, system: System) -> None:
    """14. One post split in many, or posted many times, never gains more than one post."""
    told = history(rng)
    at = told.at - rng.randrange(40 * DAY)
    at = max(at, told.entries[-1].recorded)
    one = (*told.entries, published(rng, "s0", at))
    many = [published(rng, f"s{n}", min(at + n, start_of(day_of(at) + 1) - 1)) for n in range(rng.randrange(1, 51))]
    copies = [published(rng, f"k{n}", min(at + n * DAY, told.at), "ms0") for n in range(rng.randrange(1, 20))]
    later = max(told.at, at + DAY)
    had = _scored(system, one, later)
    assert _scored(system, (*told.entries, *many), later) <= had
    assert _scored(system, (*one, *copies), later) <= had


def staying(rng: Random, system: System) -> None:
    """15. To unlink an account, leave and come back, or start anew never beats staying."""
    told = history(rng)
    since = told.entries[0].since
    left = rng.choice([entry.recorded for entry in told.entries]) + 1
    back = left + rng.randrange(100 * DAY)
    idle = [one for one in told.entries if not left <= one.since < back or one.kind in {"violation", "reversal"}]
    stayed = system.counting("c", {"acc": idle}, [Link("acc", since - 99 * DAY)])
    returned = system.counting("c", {"acc": idle}, [Link("acc", since - 99 * DAY, left), Link("acc", back)])
    assert _scored(system, returned, told.at) <= _scored(system, stayed, told.at)
    violations = [one for one in told.entries if one.kind == "violation"]
    apart_now = system.counting("acc", {"acc": [one for one in told.entries if one.recorded < left]}, [])
    assert {one.id for one in apart_now if one.kind == "violation"} == {
        one.id for one in violations if one.recorded < left
    }
    kept = system.counting("c", {"acc": told.entries}, [Link("acc", since - 99 * DAY, left)])
    assert {one.id for one in kept if one.kind == "violation" and one.occurred < left} == {
        one.id for one in violations if one.occurred < left
    }
    known = standing.VERIFIED
    new = system.placed(system.derive((), SHIPPED, told.at), SHIPPED, known)
    items = [published(rng, f"n{n}", told.at - n * DAY) for n in range(60)]
    veteran = system.placed(system.derive(items, SHIPPED, told.at), SHIPPED, known)
    assert new.multiplier <= veteran.multiplier
    assert new.score <= veteran.score
    assert new.tier not in {"S", "A"}


def brigading(rng: Random, system: System) -> None:
    """16. Ten thousand reports that nobody upheld move nothing."""
    told = history(rng)
    had = _scored(system, told.entries, told.at)
    ledger = list(told.entries)
    block = BlockFacts("d", None, stands=True)
    for number in range(0, 10_000, 250):
        newest = FinalBlock("", 0, told.at, "ugc", 3, "absolute_claim")
        wanted = system.wanted(system.final_of([block] if number % 500 else [], newest), [])
        if wanted.violation is not None:
            ledger.append(violation(rng, f"b{number}", told.at))
    refused = [
        Entry(f"q{n}", Kind.OBSERVATION, f"q{n}", told.at, told.at, told.at, "report", 0)
        for n in range(rng.randrange(50))
    ]
    assert _scored(system, (*ledger, *refused), told.at) == had


LAWS = (
    append_only,
    recomputed,
    bounded,
    idempotent,
    overturned,
    orderless,
    monotone,
    without_cliffs,
    adds_up,
    not_silent,
    apart,
    only_final,
    never_a_pass,
    splitting,
    staying,
    brigading,
)
__all__ = ["LAWS", "History", "System"]
