"""A formula from its TOML text: every number of its sort and within its bounds. Pure: whoever opens files hands it in.

FormulaError   a number that is missing, of the wrong sort or out of its bounds; it names file and key
"""

from __future__ import annotations

import tomllib
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.told import Told
from service.creators.formula import FULL, POINT, SEVERITIES, WHOLE, Formula, FormulaError, Part, Signal, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 3650
"""Days."""


def parse(text: str, file: str, *, bound: bool = True) -> Formula:
    """A formula from its TOML. Raises ``FormulaError``.

    Not ``bound`` is one that was accepted before: whatever could be counted by then counts on as it did.
    """
    try:
        made = _made(Table("", tomllib.loads(text), bound), sha256(text.encode()).hexdigest())
        wrong = [told for told, holds in (_checks(made) if bound else {}).items() if not holds]
    except FormulaError as error:
        raise FormulaError(*error.within(file)) from None
    except tomllib.TOMLDecodeError as error:
        raise FormulaError(f"{file}：不是合法的 TOML：{error}", f"{file}: {error}") from None
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise FormulaError(f"{file}：读不懂：{error}", f"{file}: {error}") from None
    for told in wrong:
        raise FormulaError(f"{file}：{told.zh}", f"{file}: {told.en}")
    return made


class Table(NamedTuple):
    """A table and its dotted name. ``bound`` is whether numbers have to be of their sort and within their bounds."""

    name: str
    raw: Any
    bound: bool

    def table(self, key: str) -> Table:
        """A table in it."""
        return Table(self._key(key), self._found(key), self.bound)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """The tables in it by their names."""
        return ((key, self.table(key)) for key in self._has())

    def rows(self, key: str) -> list[Table]:
        """What an array holds."""
        found = self._found(key)
        if self.bound and not isinstance(found, list):
            raise FormulaError(f"{self._key(key)}：须为数组", f"{self._key(key)}: has to be an array")
        return [Table(self._key(key), one, self.bound) for one in found]

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number."""
        return self._whole(key, self._found(key) if default is None else self._has().get(key, default), least, most)

    def wholes(self, key: str, least: int, most: int) -> tuple[int, ...]:
        """Whole numbers, ten at most."""
        return tuple(self._whole(key, one, least, most) for one in self._few(key))

    def days(self, key: str, least: int = 0) -> int:
        """A term."""
        return self.whole(key, least, LONGEST)

    def milli(self, key: str, most: int = 100) -> int:
        """Points as milli-points."""
        return self._milli(key, self._found(key), most)

    def millis(self, key: str) -> tuple[int, ...]:
        """Several of them, ten at most."""
        return tuple(self._milli(key, one, 100) for one in self._few(key))

    def text(self, key: str) -> str:
        """A text."""
        found = self._found(key)
        if self.bound and not (isinstance(found, str) and found):
            raise FormulaError(
                f"{self._key(key)}：须为非空文本", f"{self._key(key)}: has to be a text that is not empty"
            )
        return found  # type: ignore[no-any-return]

    def texts(self) -> frozenset[str]:
        """The texts of an array that is held in place of a table."""
        if self.bound and not (isinstance(self.raw, list) and all(isinstance(one, str) and one for one in self.raw)):
            raise FormulaError(f"{self.name}：须为文本的数组", f"{self.name}: has to be an array of texts")
        return frozenset(self.raw)

    def millis_by_name(self) -> dict[str, int]:
        """Points of all its keys as milli-points."""
        return {key: self.milli(key) for key in self._has()}

    def _few(self, key: str) -> list[Any]:
        found = self._found(key)
        if self.bound and not (isinstance(found, list) and 0 < len(found) <= 10):  # noqa: PLR2004
            raise FormulaError(f"{self._key(key)}：须为 1 到 10 个数", f"{self._key(key)}: has to be 1 to 10 numbers")
        return list(found)

    def _whole(self, key: str, found: Any, least: int, most: int) -> int:
        if self.bound and not (type(found) is int and least <= found <= most):
            name = self._key(key)
            raise FormulaError(
                f"{name}：须为 {least} 到 {most} 的整数", f"{name}: has to be a whole number from {least} to {most}"
            )
        return found  # type: ignore[no-any-return]

    def _milli(self, key: str, found: Any, most: int) -> int:
        if self.bound and not (type(found) in {int, float} and 0 <= found <= most):
            name = self._key(key)
            raise FormulaError(f"{name}：须为 0 到 {most} 的数", f"{name}: has to be a number from 0 to {most}")
        points: float = found
        return round(points * POINT)

    def _has(self) -> dict[str, Any]:
        if not isinstance(self.raw, dict):
            raise FormulaError(f"{self.name}：须为表", f"{self.name}: has to be a table")
        return self.raw

    def _found(self, key: str) -> Any:
        if key not in self._has():
            raise FormulaError(f"缺少 {self._key(key)}", f"the number {self._key(key)} is missing")
        return self._has()[key]

    def _key(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _made(top: Table, digest: str) -> Formula:
    blend, lost, age, back = (top.table(name) for name in ("blend", "violations", "decay", "recovery"))
    quality, gates = top.table("quality"), top.table("gates")
    parts, names = _parts(quality.table("parts")), [name for name, _ in quality.table("parts").tables()]
    tenure, habit, severe, surge = (gates.table(name) for name in ("tenure", "habit", "severe", "surge"))
    return Formula(
        version=str(top.text("version")),
        digest=digest,
        verified=top.raw.get("verified") is True,
        source=str(top.text("source")),
        compliance=blend.whole("compliance", 0, WHOLE),
        quality=blend.whole("quality", 0, WHOLE),
        points=lost.millis("points"),
        slow_from=lost.whole("slow_from", 0, SEVERITIES),
        repeat=lost.wholes("repeat", WHOLE, 10 * WHOLE),
        repeat_days=lost.days("repeat_days"),
        corrected=lost.whole("corrected", 0, WHOLE),
        correction_seconds=lost.whole("correction_seconds", 0, 86_400),
        most_event=lost.milli("most_event"),
        most_day=lost.milli("most_day"),
        zero=tuple(group.texts() for group in lost.rows("zero")),
        prereview=lost.table("prereview").texts(),
        half=age.days("half", 1),
        half_slow=age.days("half_slow", 1),
        half_quality=age.days("half_quality", 1),
        life=age.days("life", 1),
        fade=age.days("fade", 1),
        dropped=age.milli("dropped"),
        week=back.milli("week"),
        training=back.milli("training"),
        most_month=back.milli("most_month"),
        prior=quality.whole("prior", 1, 10_000),
        parts=parts,
        signals={name: _signal(one, names) for name, one in top.table("signals").tables()},
        refused={name: (one.text("zh"), one.text("en")) for name, one in top.table("refused").tables()},
        tiers=_tiers(top),
        tenure_days=tenure.days("days"),
        tenure_items=tenure.whole("items", 0, 10_000),
        tenure_tier=tenure.text("tier"),
        habit_leak=habit.milli("leak"),
        habit_most=habit.milli("most", 10_000),
        habit_tier=habit.text("tier"),
        unverified_tier=gates.table("unverified").text("tier"),
        severe=severe.whole("severity", 0, SEVERITIES),
        severe_days=severe.days("days"),
        surge=surge.whole("complaints", 1, 10_000),
        surge_days=surge.days("days"),
        most_boost=gates.whole("most_boost", WHOLE, 10 * WHOLE),
        raw=top.raw,
    )


def _parts(raw: Table) -> tuple[Part, ...]:
    return tuple(
        Part(
            name,
            one.whole("share", 0, WHOLE),
            one.table("means").millis_by_name(),
            one.text("zh"),
            one.text("en"),
        )
        for name, one in raw.tables()
    )


def _signal(raw: Table, parts: list[str]) -> Signal:
    part = raw.text("part")
    if part not in parts:
        raise FormulaError(
            f"{raw.name}.part：须为 {'、'.join(parts)} 之一", f"{raw.name}.part: not one of {', '.join(parts)}"
        )
    return Signal(
        parts.index(part),
        raw.whole("weight", 1, WHOLE),
        raw.whole("per_day", 1, 100, 1),
        raw.whole("fixed", 0, 100) if "fixed" in raw.raw else None,
        raw.text("by"),
        raw.text("zh"),
        raw.text("en"),
    )


def _tiers(top: Table) -> tuple[Tier, ...]:
    made = (
        Tier(
            one.text("name"),
            one.milli("least"),
            one.whole("low", WHOLE, 10 * WHOLE),
            one.whole("high", WHOLE, 10 * WHOLE),
        )
        for one in top.rows("tiers")
    )
    return tuple(sorted(made, key=lambda tier: -tier.least))


def _checks(made: Formula) -> dict[Told, bool]:
    """What has to be so of numbers together, whatever they are good for."""
    names = [tier.name for tier in made.tiers]
    published = made.signals.get("published")
    return {
        Told("blend：两项权重之和须为 1000‰", "blend: the shares must be 1000 permille together"): made.compliance
        + made.quality
        == WHOLE,
        Told("quality.parts：各项权重之和须为 1000‰", "quality.parts: the shares must be 1000 permille together"): sum(
            part.share for part in made.parts
        )
        == WHOLE,
        Told(
            "quality.parts：每项须有 default 群体的均值", "quality.parts: each needs a mean of the cohort default"
        ): all("default" in part.means for part in made.parts),
        Told("violations.points：须为五个不递减的数", "violations.points: five numbers that never fall"): len(
            made.points
        )
        == SEVERITIES
        and list(made.points) == sorted(made.points),
        Told("violations.zero：每组至少一个类别", "violations.zero: a group has at least one category"): all(made.zero),
        Told(
            "violations.repeat：须从 1000‰ 起且不递减",
            "violations.repeat: factors from 1000 permille on that never fall",
        ): made.repeat[:1] == (WHOLE,) and list(made.repeat) == sorted(made.repeat),
        Told("decay.half：不得长于 half_slow", "decay.half: what is severe is forgotten last"): made.half
        <= made.half_slow,
        Told("decay.fade：不得超过 life", "decay.fade: no longer than the whole life"): made.fade <= made.life,
        Told(
            "tiers：最低一档须从 0 起，名称和起点各不相同且低于 100，分数越高乘数不得越低",
            "tiers: the lowest begins at 0, each has its own name and beginning below 100, no multiplier falls",
        ): made.tiers[-1].least == 0
        and made.tiers[0].least < FULL
        and len(made.tiers) == len(set(names)) == len({tier.least for tier in made.tiers})
        and all(tier.low <= tier.high for tier in made.tiers)
        and all(low.high <= high.low for high, low in zip(made.tiers, made.tiers[1:], strict=False)),
        Told(f"gates：档次须为 {'、'.join(names)} 之一", f"gates: a tier is one of {', '.join(names)}"): {
            made.tenure_tier,
            made.habit_tier,
            made.unverified_tier,
        }
        <= set(names),
        Told("gates.habit.leak：须大于 0", "gates.habit.leak: something has to leak"): made.habit_leak > 0,
        Told(
            "signals.published：不可缺少，且须有固定值（fixed）", "signals.published: is needed, and has a fixed value"
        ): published is not None and published.fixed is not None,
    }
