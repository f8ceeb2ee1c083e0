"""What a pack counts while its records go by: coverage by day and scene, and figures. It can be noted and taken up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.audit.columns import local
from service.audit.packs import FIGURES, figures_of, said
from service.audit.records import DECIDED, categories_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.reasons import Language
    from service.audit.columns import Cell
    from service.audit.records import Told

_DAY: Final = 10
_BY: Final = {"decision.auto": "machine", "decision.followed": "followed", "decision.human": "human"}
_MOST: Final = 1000
"""So many categories are told apart; what comes then is counted as one."""


class Counting:
    """Keeps a bounded number of counts: days times scenes, figures, categories."""

    def __init__(self, told: dict[str, Any] | None = None) -> None:
        told = told or {}
        self.coverage: dict[str, dict[str, int]] = told.get("coverage", {})
        """By day and scene, ``2026-11-26 ad``."""
        self.figures: dict[str, list[int]] = told.get("figures", {})
        """How many, the first and the last number in the log."""
        self.categories: dict[str, int] = told.get("categories", {})
        self.kinds: dict[str, int] = told.get("kinds", {})

    def told(self) -> dict[str, Any]:
        """As it can be noted."""
        return {
            "coverage": self.coverage,
            "figures": self.figures,
            "categories": self.categories,
            "kinds": self.kinds,
        }

    def add(self, told: Told) -> None:
        """Counts an act."""
        kind, seq = told.record.kind, told.record.seq
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        for figure in figures_of(kind):
            if figure.counts(kind, told.facts):
                counted = self.figures.setdefault(figure.name, [0, seq, seq])
                counted[0], counted[2] = counted[0] + 1, seq
        if kind in DECIDED:
            self._cover(told)
            for code in categories_of(told.facts):
                key = code if code in self.categories or len(self.categories) < _MOST else "…"
                self.categories[key] = self.categories.get(key, 0) + 1

    def rows(self, counts: str, lang: Language) -> Iterator[list[Cell]]:
        """The rows of a table that is counted."""
        return self._coverage_rows() if counts == "coverage" else self._figure_rows(lang)

    def value(self, name: str) -> int | None:
        """A figure; a ratio of nothing is none."""
        figure = next(one for one in FIGURES if one.name == name)
        if figure.ratio is None:
            return self.figures.get(name, [0])[0]
        over, under = (self.figures.get(part, [0])[0] for part in figure.ratio)
        return 1000 * over // under if under else None

    def _cover(self, told: Told) -> None:
        facts, seq = told.facts, told.record.seq
        scene = told.about.scene or str(facts.get("scene", ""))
        day = self.coverage.setdefault(f"{local(told.record.at)[:_DAY]} {scene}", {"first": seq})
        day["last"] = seq
        by = _BY.get(told.record.kind, "timeout")
        names = [by, str(facts.get("action", ""))]
        if by == "machine" and not facts.get("supersedes"):
            names.append("received")
        if facts.get("degraded"):
            names.append("degraded")
        for name in names:
            day[name] = day.get(name, 0) + 1

    def _coverage_rows(self) -> Iterator[list[Cell]]:
        for key in sorted(self.coverage):
            day, _, scene = key.partition(" ")
            counts = self.coverage[key]
            names = ("received", "machine", "human", "pass", "review", "block", "degraded")
            yield [day, scene, *(counts.get(name, 0) for name in names), counts["first"], counts["last"]]

    def _figure_rows(self, lang: Language) -> Iterator[list[Cell]]:
        for figure in FIGURES:
            counted = self.figures.get(figure.name, [0, None, None])
            value = self.value(figure.name)
            yield [figure.name, value, said(figure.title, lang), figure.query(), counted[1], counted[2]]
