"""Which formula holds for whom: the one that is shipped, those that a tenant adopted, and the trial that runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators import presets
from service.creators.parsing import parse
from service.creators.reads import trial_of
from service.creators.trials import State, chosen
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from service.creators.formula import Formula
    from service.creators.presets import Preset
    from service.creators.reads import CreatorReads
    from service.creators.trials import Trial

FOLDER: Final = Path(__file__).with_name("formulas")
SHIPPED: Final = "2026-11.toml"
PRESETS: Final = "presets.toml"


class Held(NamedTuple):
    """What holds in a tenant: the formula, its id, and a trial with the formula that is tried, if there is one."""

    formula: Formula
    id: str
    trial: Trial | None = None
    tried: Formula | None = None


def shipped(folder: Path = FOLDER) -> Formula:
    """The formula of a folder. Raises ``FormulaError`` and ``OSError``."""
    return parse((folder / SHIPPED).read_text(encoding="utf-8"), str(folder / SHIPPED))


def scales(folder: Path = FOLDER) -> dict[str, Preset]:
    """The presets of a folder. Raises ``PresetError`` and ``OSError``."""
    return presets.parse((folder / PRESETS).read_text(encoding="utf-8"), str(folder / PRESETS))


class Formulas:
    """Keeps what holds in each tenant; ``refresh`` asks the database again."""

    def __init__(self, reads: CreatorReads, folder: Path = FOLDER) -> None:
        self.shipped = shipped(folder)
        self._text = (folder / SHIPPED).read_text(encoding="utf-8")
        self.presets = scales(folder)
        self._reads = reads
        self._held: dict[str, Held] = {}

    async def refresh(self) -> None:
        """Reads the formulas that were adopted and the trials that run."""
        held: dict[str, Held] = {}
        for tenant, *columns, version, body in await self._reads.rows(sql.TRIALS_ACTIVE):
            trial, formula = trial_of(tuple(columns)), parse(body, f"formula {version}", bound=False)
            before = held.get(tenant, Held(self.shipped, ""))
            if trial.state is State.ADOPTED:
                held[tenant] = Held(formula, trial.formula)
            else:
                held[tenant] = before._replace(trial=trial, tried=formula)
        self._held = held

    def held(self, tenant: str) -> Held:
        """What holds in a tenant."""
        return self._held.get(tenant) or Held(self.shipped, "")

    async def text(self, tenant: str, formula: str) -> tuple[str, str]:
        """The version and the TOML of a formula; without an id, of the one that is shipped."""
        return (await self._reads.formula(tenant, formula) if formula else None) or (self.shipped.version, self._text)

    def of(self, tenant: str, creator: str) -> Formula:
        """The formula that holds for a creator, by the id that was made here."""
        held = self.held(tenant)
        if held.tried is not None and chosen(held.trial, creator):
            return held.tried
        return held.formula

    def other(self, tenant: str, creator: str) -> Formula | None:
        """The other formula while one is tried: both scores are shown."""
        held = self.held(tenant)
        if held.tried is None:
            return None
        return held.formula if chosen(held.trial, creator) else held.tried
