"""How long a content is kept: classes as data, the longest that applies wins. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from service.ids import from_stamp, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREVER: Final = "9999-12-31T00:00:00.000000Z"
"""Until when a content is kept while its show lasts."""
LASTING: Final = "9"
"""When a show ended that has not ended."""
SHORTEST: Final = 30
"""So many days old a content is when its class is worked out: no class is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class. ``when``: what must be so besides the scene; ``or_commercial``: commercial contents of any scene."""

    code: str
    name: tuple[str, str]
    law: tuple[str, str]
    days: int
    since: Literal["published", "received", "show"]
    scenes: frozenset[str]
    when: str = ""
    or_commercial: bool = False

    def applies(self, kept: Kept) -> bool:
        """Whether a content is of this class."""
        if self.when:
            return {"restricted": kept.restricted, "undecided": not kept.scene}.get(self.when, False)
        return kept.scene in self.scenes or (self.or_commercial and kept.commercial)

    def until(self, kept: Kept) -> str:
        """When it ends for a content; never while the show lasts."""
        told = {"published": kept.published, "received": kept.received, "show": kept.show or kept.published}
        since = told[self.since]
        if since == LASTING:
            return FOREVER
        return stamp(from_stamp(max(since, kept.received)) + timedelta(days=self.days))


class Kept(NamedTuple):
    """What is known of a content. ``show`` is when its show ended: empty for none, ``9`` while it lasts.

    ``scene`` is empty for words that nobody judged: notes, grounds, reasons. Times are RFC 3339 UTC.
    """

    scene: str
    published: str
    received: str
    show: str = ""
    restricted: bool = False
    commercial: bool = False


def longest(kept: Kept) -> tuple[str, str]:
    """The class that keeps a content longest, and until when."""
    found = [(one.until(kept), one.code) for one in CLASSES if one.applies(kept)]
    until, code = max(found)
    return code, until


def looked_at(until: str, at: str) -> str:
    """When a content is looked at again: half a day later where nobody knows yet until when it is kept."""
    return stamp(from_stamp(at) + timedelta(hours=12)) if until == FOREVER else until


def _read() -> Mapping[str, Mapping[str, Any]]:
    told: Mapping[str, Mapping[str, Any]] = tomllib.loads(
        Path(__file__).with_name("retention.toml").read_text(encoding="utf-8")
    )["class"]
    return told


CLASSES: Final = tuple(
    Class(
        code=code,
        name=tuple(told["name"]),
        law=tuple(told["law"]),
        days=told["days"],
        since=told["from"],
        scenes=frozenset(told["scenes"]),
        when=told.get("when", ""),
        or_commercial=told.get("or_commercial", False),
    )
    for code, told in _read().items()
)
