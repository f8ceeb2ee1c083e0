"""What packs hold, read from ``packs.toml``: tables of acts by kind, counted figures, the checklist. Pure but for that.

Nothing here names an act of another part: a table takes acts by their kinds, so that new ones join by name.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language

ANY: Final = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a pack: which acts it tells of, and what it tells. ``counts`` names what is counted instead."""

    name: str
    title: tuple[str, str]
    element: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    scenes: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    with_: str = ""
    counts: str = ""

    def takes(self, kind: str) -> bool:
        """Whether it may tell of acts of this kind."""
        return _fits(kind, self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One sort of pack. ``needs`` is a filter.

    ``scenes`` are those of whose contents it tells; none says all. ``rooms``: of other scenes those that have a room.
    """

    code: str
    name: tuple[str, str]
    law: tuple[str, str]
    tables: tuple[Table, ...]
    scenes: frozenset[str] = frozenset()
    rooms: bool = False
    needs: str = ""

    def tells(self, scene: str, room: str) -> bool:
        """Whether it tells of a content."""
        return not self.scenes or scene in self.scenes or (self.rooms and bool(room))

    def takes(self, kind: str) -> bool:
        """Whether an act of this kind is one of its records."""
        counts = any(table.counts for table in self.tables)
        return any(table.takes(kind) for table in self.tables) or (counts and bool(figures_of(kind)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that is counted over acts, or the ratio of two others in thousandths."""

    name: str
    title: tuple[str, str]
    kinds: tuple[str, ...] = ()
    where: tuple[tuple[str, object], ...] = ()
    ratio: tuple[str, str] | None = None

    def takes(self, kind: str) -> bool:
        """Whether it counts acts of this kind."""
        return _fits(kind, self.kinds)

    def counts(self, kind: str, facts: Mapping[str, Any]) -> bool:
        """Whether it counts this act."""
        return self.takes(kind) and all(facts.get(name) == value for name, value in self.where)

    def query(self) -> str:
        """By what anybody can count again: over the records of the pack."""
        if self.ratio is not None:
            return f"1000 * {self.ratio[0]} / {self.ratio[1]}"
        conditions = [f"facts.{name} = {_told(value)}" for name, value in self.where]
        return " and ".join([f"kind in ({', '.join(self.kinds)})", *conditions])


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _fits(kind: str, patterns: tuple[str, ...]) -> bool:
    return any(
        pattern in {ANY, kind} or (pattern.endswith(".*") and kind.startswith(pattern[:-1])) for pattern in patterns
    )


@cache
def figures_of(kind: str) -> tuple[Figure, ...]:
    """The figures that count acts of this kind."""
    return tuple(figure for figure in FIGURES if figure.takes(kind))


def _read() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("packs.toml").read_text(encoding="utf-8"))


def _table(name: str, told: Mapping[str, Any]) -> Table:
    sets = {key: frozenset(told.get(key, ())) for key in ("scenes", "actions")}
    return Table(
        name=name,
        title=tuple(told["title"]),
        element=told["element"],
        columns=tuple(told["columns"]),
        kinds=tuple(told.get("kinds", ())),
        with_=told.get("with", ""),
        counts=told.get("counts", ""),
        **sets,
    )


def _figure(name: str, told: Mapping[str, Any]) -> Figure:
    ratio = told.get("ratio")
    return Figure(
        name=name,
        title=tuple(told["title"]),
        kinds=tuple(told.get("kinds", ())),
        where=tuple(sorted(told.get("where", {}).items())),
        ratio=tuple(ratio) if ratio else None,
    )


_TOLD: Final = _read()
TABLES: Final = {name: _table(name, told) for name, told in _TOLD["tables"].items()}
FIGURES: Final = tuple(_figure(name, told) for name, told in _TOLD["figures"].items())
HEADS: Final[dict[str, tuple[str, str]]] = {name: tuple(pair) for name, pair in _TOLD["heads"].items()}
CHECKLIST: Final[dict[str, tuple[str, str]]] = {name: tuple(pair) for name, pair in _TOLD["checklist"].items()}
PACKS: Final = {
    code: Pack(
        code=code,
        name=tuple(told["name"]),
        law=tuple(told["law"]),
        tables=tuple(TABLES[name] for name in told["tables"]),
        scenes=frozenset(told.get("scenes", ())),
        rooms=told.get("rooms", False),
        needs=told.get("needs", ""),
    )
    for code, told in _TOLD["packs"].items()
}


def said(pair: tuple[str, str], lang: Language) -> str:
    """The words in the reader's language."""
    return pair[lang == "en"]
