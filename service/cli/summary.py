"""Counts what a run of ``qingliu screen`` judged, and tells it as a table. No verdict is made or kept here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table

from moderation.types import Action
from service.cli.words import STYLES, action_name, say

if TYPE_CHECKING:
    from rich.console import Console

    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from moderation.types import Scene, Verdict


@dataclass(slots=True)
class Tally:
    """Counts by scene, action and category; as small for a million lines as for one."""

    actions: Counter[tuple[Scene, Action]] = field(default_factory=Counter)
    categories: Counter[tuple[str, Action]] = field(default_factory=Counter)
    failed: int = 0

    def add(self, scene: Scene, verdict: Verdict) -> None:
        """One more verdict."""
        self.actions[scene, verdict.action] += 1
        for category in verdict.categories:
            self.categories[category, verdict.action] += 1

    @property
    def judged(self) -> int:
        """How many verdicts there are."""
        return self.actions.total()

    @property
    def strictest(self) -> Action:
        """The strictest action of any line."""
        return max((action for _, action in self.actions), default=Action.PASS)


def tell(tally: Tally, ruleset: Ruleset, console: Console, lang: Language, *, seconds: float) -> None:
    """The summary: by scene, by category, and the speed."""
    scenes = {scene: say(lang, policy.zh, policy.en) for scene, policy in ruleset.policies.items()}
    seen = [scene for scene in scenes if any((scene, action) in tally.actions for action in Action)]
    if seen:
        table = _table(say(lang, "场景", "scene"), lang)
        for scene in seen:
            counts = [tally.actions[scene, action] for action in Action]
            table.add_row(f"{scenes[scene]} {scene}", str(sum(counts)), *map(str, counts))
        table.add_section()
        totals = [sum(tally.actions[scene, action] for scene in seen) for action in Action]
        table.add_row(say(lang, "合计", "total"), str(sum(totals)), *map(str, totals))
        console.print(table, soft_wrap=False)
    if tally.categories:
        table = _table(say(lang, "类别（一条可计入多类）", "category (a line may count in several)"), lang)
        by_size = Counter({code: 0 for code, _ in tally.categories})
        for (code, _), count in tally.categories.items():
            by_size[code] += count
        for code, count in by_size.most_common():
            category = ruleset.categories[code]
            counts = [tally.categories[code, action] for action in Action]
            table.add_row(f"{say(lang, category.zh, category.en)} {code}", str(count), *map(str, counts))
        console.print(table, soft_wrap=False)
    console.print(_speed(tally, ruleset, lang, seconds), markup=False)


def _table(title: str, lang: Language) -> Table:
    table = Table(title)
    table.add_column(say(lang, "条数", "lines"), justify="right")
    for action in Action:
        table.add_column(action_name(action, lang), justify="right", style=STYLES[action])
    return table


def _speed(tally: Tally, ruleset: Ruleset, lang: Language, seconds: float) -> str:
    total = tally.judged + tally.failed
    rate = total / seconds if seconds else 0.0
    return say(
        lang,
        f"{total} 条，无法审核 {tally.failed} 条；{seconds:.2f} 秒，每秒 {rate:,.0f} 条；规则 {ruleset.fingerprint}",
        f"{total} lines, {tally.failed} not judged; {seconds:.2f} s, {rate:,.0f} a second; "
        f"ruleset {ruleset.fingerprint}",
    )
