"""How people work, in a visit: how long each decision took, how much severe content somebody saw, and what is twice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import orjson

from service.acts import HANDLING_TIMED, Act
from service.ids import from_stamp, later
from service.ports import Write
from service.review.checks import HOUR
from service.review.quality import PAUSE
from service.review.seeing import bigrams, share, texts_in
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.ports import Visit
    from service.review.rows import Row
    from service.review.states import Move, Person

SAME: Final = 0.85
"""Texts that share so many of their pairs of letters say the same."""
_FOLDED: Final = 2000
"""So many letters of a text are compared."""
_RECENT: Final = 50
"""With so many that somebody decided within the hour."""


def timed(visit: Visit, row: Row, move: Move, grim: frozenset[str]) -> None:
    """Keeps how long a step took: since the person's last one, where that was of another item and not long ago."""
    who, step = move.who, move.step
    ((letters,),) = visit.rows(quality.LETTERS, row.content)
    millis = None
    for at, review in visit.rows(quality.LAST_HANDLING, who.id):
        gone = (from_stamp(visit.at) - from_stamp(at)).total_seconds()
        millis = round(gone * 1000) if review != row.id and gone <= PAUSE else None
    values = (row.tenant, who.id, row.id, step.value, int(row.category in grim), letters, millis, visit.at)
    visit.record(
        Act(HANDLING_TIMED, who.id, row.tenant, {"review": row.id, "step": step.value}),
        Write(quality.INSERT_HANDLING, values),
    )


def left(visit: Visit, tenant: str, who: Person, most: int, grim: frozenset[str]) -> int:
    """So many more grim items somebody may be given: those of the last hour count, and those that they hold."""
    told = orjson.dumps(sorted(grim)).decode()
    ((seen,),) = visit.rows(quality.GRIM_SINCE, who.id, later(visit.at, -HOUR), tenant, told)
    return max(0, most - int(seen))


def bearable(rows: Sequence[Row], most: int, grim: frozenset[str]) -> list[Row]:
    """The rows without the grim ones after the first ``most`` of them."""
    found: list[Row] = []
    for row in rows:
        if row.category not in grim or most > 0:
            found.append(row)
        most -= row.category in grim
    return found


def once(visit: Visit, rows: Sequence[Row], plain: Callable[[str], str], who: Person, most: int) -> list[Row]:
    """Of items that say much the same the most urgent alone, and none that says what the person just decided on.

    Where there is nothing else, that is given all the same: somebody has to decide it. Sought until there are ``most``.
    """
    bodies = dict(visit.rows(quality.BODIES, orjson.dumps([row.content for row in rows]).decode()))
    recent = visit.rows(quality.RECENT, who.id, later(visit.at, -HOUR), _RECENT)
    before = [_letters(body, plain) for (body,) in recent]
    letters = cache(lambda content: _letters(bodies[content], plain))
    return _apart(rows, letters, before, most) or _apart(rows, letters, [], most)


def _apart(
    rows: Sequence[Row], letters: Callable[[int], frozenset[str]], before: Sequence[frozenset[str]], most: int
) -> list[Row]:
    found: list[Row] = []
    known = list(before)
    for row in rows:
        if len(found) == most:
            break
        own = letters(row.content)
        if not own or not any(_same(own, one) for one in known):
            found.append(row)
            known.append(own)
    return found


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether they share enough; what is much smaller cannot, which is known before a pair is looked at."""
    less, more = sorted((len(one), len(other)))
    return less / more >= SAME and share(one, other) >= SAME


def _letters(body: bytes, plain: Callable[[str], str]) -> frozenset[str]:
    """Nothing where the text was erased."""
    return bigrams(plain("\n".join(text for _, text in texts_in(body))[:_FOLDED])) if body else frozenset()
