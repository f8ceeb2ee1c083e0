"""How people work, in a visit: how long each decision took, how much severe content somebody saw, and what is twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from service.acts import HANDLING_TIMED, Act
from service.ids import from_stamp
from service.ports import Write
from service.review.checks import HOUR, SEVERE
from service.review.quality import PAUSE
from service.review.seeing import texts_in
from service.review.states import later
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.ports import Visit
    from service.review.checks import Checks
    from service.review.rows import Row
    from service.review.states import Person

ANY_SEVERITY: Final = 99
_FOLDED: Final = 2000
"""Texts longer than this are the same only letter by letter."""


def timed(visit: Visit, row: Row, who: Person) -> None:
    """Keeps how long a decision took: since the person's last one, where that was of another item and not long ago."""
    ((letters,),) = visit.rows(quality.LETTERS, row.content)
    millis = None
    for at, review in visit.rows(quality.LAST_HANDLING, who.id):
        gone = (from_stamp(visit.at) - from_stamp(at)).total_seconds()
        millis = round(gone * 1000) if review != row.id and gone <= PAUSE else None
    values = (row.tenant, who.id, row.id, row.severity, letters, millis, visit.at)
    visit.record(Act(HANDLING_TIMED, who.id, row.tenant, {"review": row.id}), Write(quality.INSERT_HANDLING, values))


def below(visit: Visit, who: Person, checks: Checks) -> int:
    """Items under this severity may be given to somebody: all, until they have seen an hour's fill of severe ones."""
    since = later(visit.at, -HOUR)
    ((seen,),) = visit.rows(quality.SEVERE_SINCE, who.id, since, SEVERE)
    return SEVERE if seen >= checks.severe_per_hour else ANY_SEVERITY


def once(visit: Visit, rows: Sequence[Row], plain: Callable[[str], str]) -> list[Row]:
    """Of items that say the same, whatever their letters look like, the most urgent alone."""
    if len(rows) < 2:  # noqa: PLR2004 - one is not twice
        return list(rows)
    bodies = dict(visit.rows(quality.BODIES, orjson.dumps([row.content for row in rows]).decode()))
    seen: dict[str, Row] = {}
    for row in rows:
        text = "\n".join(text for _, text in texts_in(bodies[row.content])) if bodies[row.content] else row.id
        seen.setdefault(plain(text) if len(text) <= _FOLDED else text, row)
    return list(seen.values())
