"""Trials of formulas in use: proposed, staged and rolled back in visits, with the effect as the ledger shows it.

NotThere      the tenant has no such trial
FormulaError  a formula that cannot be used
NotAllowed    a step that a trial does not take now
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from service.acts import FORMULA_ADDED, TRIAL_PROPOSED, TRIAL_STAGED, Act
from service.creators.book import NotThere
from service.creators.entries import Entry, Kind
from service.creators.formula import SEVERITIES, FormulaError, differs
from service.creators.lines import explained
from service.creators.parsing import parse
from service.creators.posting import seconds
from service.creators.reads import trial_of
from service.creators.score import reckon
from service.creators.standing import VERIFIED, placed
from service.creators.trials import (
    Effect,
    NotAllowed,
    State,
    Terms,
    Trial,
    advanced,
    bucket,
    proposed,
    rolled_back,
    tested,
)
from service.ids import new_id
from service.ports import Write
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from service.creators.formula import Formula
    from service.creators.formulas import Formulas
    from service.creators.reads import CreatorReads
    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

MOST_TESTED = 100_000
_SOME_TIME: Final = 1_790_000_000


def counted(text: str) -> Formula:
    """A formula by which both a life without anything and one with everything can be counted. Raises ``FormulaError``.

    It takes a while: not for the event loop.
    """
    formula = parse(text, "formula")
    for entries in ((), _everything(formula)):
        try:
            derived = reckon(entries, formula, _SOME_TIME)
            placed(derived, formula, VERIFIED)
            explained(derived, formula)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise FormulaError(f"按此公式无法计分：{error!r}", f"no score can be counted by it: {error!r}") from error
    return formula


def _everything(formula: Formula) -> list[Entry]:
    """Violations of all severities, in the open and in scripts, one put right, a training, and all that is measured."""
    made = Entry("", Kind.VIOLATION, "", _SOME_TIME, _SOME_TIME, _SOME_TIME, "any")
    found = [
        made._replace(id=f"{scene}{value}", value=value, scene=scene)
        for value in range(SEVERITIES)
        for scene in ("ugc", *formula.prereview)
    ]
    found += [
        made._replace(id="corrected", kind=Kind.CORRECTION, ref="ugc1"),
        made._replace(id="trained", kind=Kind.TRAINING),
    ]
    return [*found, *[made._replace(id=name, kind=Kind.OBSERVATION, name=name, mark=name) for name in formula.signals]]


class Trials:
    """Keeps nothing but its way to the ledger. ``terms`` is what a stage has to last and show."""

    def __init__(self, ledger: Ledger, reads: CreatorReads, formulas: Formulas, terms: Terms) -> None:
        self._ledger, self._reads, self._formulas, self.terms = ledger, reads, formulas, terms

    async def propose(self, caller: Caller, text: str) -> str:
        """Proposes a formula that differs from the one that holds in one number; gives the trial's id.

        Raises ``FormulaError`` and ``NotAllowed``.
        """
        held = self._formulas.held(caller.tenant)
        if held.trial is not None:
            raise NotAllowed("state")
        formula = await asyncio.to_thread(counted, text)
        variable = proposed(differs(held.formula.raw, formula.raw))

        def work(visit: Visit) -> str:
            # Another may have proposed, or what it differs from may have gone, since that was looked up.
            known = visit.rows(sql.TRIALS_HELD, caller.tenant)
            base = next((id_ for state, id_ in reversed(known) if state == State.ADOPTED), "")
            if base != held.id or any(state != State.ADOPTED for state, _ in known):
                raise NotAllowed("state")
            if visit.rows(sql.FORMULA_NAMED, caller.tenant, formula.version) or formula.version == held.formula.version:
                raise FormulaError(
                    f"版本 {formula.version} 已存在，请另取名称",
                    f"the version {formula.version} is known: name another",
                )
            id_, text_id, now = new_id(), new_id(), seconds(visit.at)
            digest = {"digest": formula.digest, "version": formula.version}
            row = (text_id, caller.tenant, formula.version, formula.digest, text, caller.id, visit.at)
            visit.record(
                Act(FORMULA_ADDED, text_id, caller.tenant, {"by": caller.id, **digest}), Write(sql.INSERT_FORMULA, row)
            )
            trial = Trial(id_, text_id, held.id, variable, State.PROPOSED, 0, caller.id, now, now)
            columns = (id_, caller.tenant, *trial[1:4], trial.state.value, *trial[5:])
            facts = {"base": held.id, "by": caller.id, "formula": text_id, "variable": variable}
            visit.record(Act(TRIAL_PROPOSED, id_, caller.tenant, facts), Write(sql.INSERT_TRIAL, columns))
            return id_

        return await self._ledger.visit(work)

    async def advance(self, caller: Caller, trial: str) -> Trial:
        """Takes a trial to its next stage. Raises ``NotThere`` and ``NotAllowed``."""
        found = await self.one(caller.tenant, trial)
        effect = await self.effect(caller.tenant, found)
        return await self._step(caller, trial, effect)

    async def roll_back(self, caller: Caller, trial: str) -> Trial:
        """Ends a trial, or what was adopted, in one act; the newest first. Raises ``NotThere`` and ``NotAllowed``."""
        return await self._step(caller, trial, None)

    async def one(self, tenant: str, trial: str) -> Trial:
        """A trial of a tenant. Raises ``NotThere``."""
        rows = await self._reads.rows(sql.TRIAL_AS, tenant, trial)
        if not rows:
            raise NotThere(trial)
        return trial_of(rows[0])

    async def effect(self, tenant: str, trial: Trial) -> Effect:
        """How many of those whom the formula moves, and of the others, got a final violation since the stage began."""
        if trial.state is not State.RUNNING:
            return Effect(0, 0, 0, 0, 1.0)
        hit = {creator for (creator,) in await self._reads.rows(sql.VIOLATED_SINCE, tenant, trial.staged_at)}
        treated: list[bool] = []
        control: list[bool] = []
        for id_, _ in await self._reads.rows(sql.ENROLLED_IN, tenant, MOST_TESTED):
            (treated if bucket(trial.id, id_) < trial.share else control).append(id_ in hit)
        return tested(treated, control)

    async def _step(self, caller: Caller, trial: str, effect: Effect | None) -> Trial:
        def work(visit: Visit) -> Trial:
            rows = visit.rows(sql.TRIAL_AS, caller.tenant, trial)
            if not rows:
                raise NotThere(trial)
            was, now = trial_of(rows[0]), seconds(visit.at)
            if effect is None:
                resting = visit.rows(sql.TRIALS_AGAINST, caller.tenant, was.formula)
                new = rolled_back(was, now, followed=bool(resting))
            else:
                new = advanced(was, caller.id, now, effect, self.terms)
            facts: dict[str, object] = {"by": caller.id, "share": new.share, "state": new.state.value}
            if effect is not None:
                facts["p_millionths"] = round(effect.p * 1_000_000)
            row = (new.state.value, new.share, new.staged_at, trial)
            visit.record(Act(TRIAL_STAGED, trial, caller.tenant, facts), Write(sql.SET_TRIAL, row))
            return new

        return await self._ledger.visit(work)
