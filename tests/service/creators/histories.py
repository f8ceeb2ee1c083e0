"""Random histories of creators, made to hit what is rare: equal times, full days, reversals of reversals, old ages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from service.creators.entries import DAY, Entry, Kind, day_of, start_of
from service.creators.parsing import parse

if TYPE_CHECKING:
    from random import Random

    from service.creators.formula import Formula

FORMULA = Path(__file__).parents[3] / "service/creators/formulas/2026-11.toml"
CATEGORIES = ("absolute_claim", "absolute_claim", "price_deception", "spam_flood", "absolute_claim,medical_claim")
SIGNALS = ("engagement", "after_sales", "chat_hygiene", "disclosure", "authenticity", "complaint_verified")
NOW = 1_790_000_000


class History(NamedTuple):
    """Entries in the order in which they were recorded, and a time at or after the last one."""

    entries: tuple[Entry, ...]
    at: int


def shipped() -> Formula:
    """The formula that the product ships."""
    return parse(FORMULA.read_text(encoding="utf-8"), FORMULA.name)


def history(rng: Random, *, days: int = 500, most: int = 24) -> History:
    """One creator's life."""
    entries: list[Entry] = []
    started = NOW - rng.randrange(20, days) * DAY - rng.randrange(DAY)
    hot = [started + rng.randrange(max(1, NOW - started)) for _ in range(2)]
    for number in range(rng.randrange(1, most)):
        at = rng.choice((started + rng.randrange(NOW - started), rng.choice(hot), start_of(day_of(rng.choice(hot)))))
        entries.append(_entry(rng, number, min(at, NOW), entries))
    entries += _spoken_of(rng, entries)
    entries.sort(key=lambda one: one.recorded)
    return History(tuple(entries), NOW + rng.choice((0, 1, rng.randrange(90 * DAY), rng.randrange(500 * DAY))))


def violated(rng: Random) -> History:
    """The life of one who violated something: a law about violations says nothing of the others."""
    told = history(rng)
    while all(entry.kind != Kind.VIOLATION for entry in told.entries):
        told = history(rng)
    return told


def violation(rng: Random, id_: str, at: int, **more: object) -> Entry:
    """A final violation that is recorded at a time."""
    occurred = at - rng.choice((0, rng.randrange(20 * DAY)))
    scene = "live_script" if rng.random() < 0.06 else rng.choice(("ugc", "ad", "live_speech"))
    name = "fraud_scam" if rng.random() < 0.02 else rng.choice(CATEGORIES)
    found = Entry(id_, Kind.VIOLATION, f"v{id_}", at, at, occurred, name, rng.choice((1, 2, 2, 3, 3, 4, 4)), "", scene)
    return found._replace(**more)


def published(rng: Random, id_: str, at: int, mark: str = "") -> Entry:
    """A clean item that is recorded at a time."""
    return Entry(id_, Kind.OBSERVATION, f"p{id_}", at, at, at, "published", 100, "", "ugc", mark or f"m{id_}")


def _entry(rng: Random, number: int, at: int, known: list[Entry]) -> Entry:
    id_, sort = f"{rng.getrandbits(40):010x}", rng.random()
    if sort < 0.35:
        return violation(rng, id_, at)
    if sort < 0.70:
        return published(rng, id_, at, f"m{rng.randrange(12)}" if rng.random() < 0.5 else "")
    if sort < 0.92:
        name = rng.choice(SIGNALS)
        value = 0 if name == "complaint_verified" else rng.randrange(101)
        since = at - rng.choice((0, rng.randrange(5 * DAY)))
        return Entry(id_, Kind.OBSERVATION, f"{name}:{id_}", at, since, since, name, value)
    return Entry(id_, Kind.TRAINING, f"t{id_}", at, at, at)


def _spoken_of(rng: Random, entries: list[Entry]) -> list[Entry]:
    """Corrections and reversals of some, and reversals of some of those."""
    found: list[Entry] = []
    for entry in entries:
        later = entry.recorded + rng.choice((0, rng.randrange(60 * DAY)))
        id_ = f"{rng.getrandbits(40):010x}"
        if later > NOW:
            continue
        if entry.kind == Kind.VIOLATION and rng.random() < 0.15:
            seconds = rng.choice((5, 60, 61, 500))
            found.append(Entry(id_, Kind.CORRECTION, f"c{id_}", later, later, later, "", seconds, entry.id))
        elif entry.kind == Kind.VIOLATION and rng.random() < 0.25:
            found.append(Entry(id_, Kind.REVERSAL, f"r{id_}", later, later, later, "", 0, entry.id))
            if rng.random() < 0.2 and later + DAY <= NOW:
                again = f"{rng.getrandbits(40):010x}"
                found.append(
                    Entry(again, Kind.REVERSAL, f"r{again}", later + DAY, later + DAY, later + DAY, "", 0, id_)
                )
    return found
