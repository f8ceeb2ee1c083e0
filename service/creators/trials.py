"""Trials of a formula: stages by hash, one variable, four eyes, an effect that is tested, rollback. Pure.

NotAllowed    a step that a trial does not take now; its ``why`` is a machine code
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from math import erfc, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

STAGES: Final = (5, 20, 100)
"""Shares of the creators, percent."""
MOST_P: Final = 0.05


class State(StrEnum):
    """Where a trial stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    ADOPTED = "adopted"
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"

    __hash__ = str.__hash__


class Trial(NamedTuple):
    """A trial of ``formula`` against ``base``. ``share`` is 0 until it runs; times are seconds since 1970."""

    id: str
    formula: str
    base: str
    variable: str
    state: State
    share: int
    proposed_by: str
    since: int
    staged_at: int


class Terms(NamedTuple):
    """What a stage has to last and to show before the next one: days with both scores shown, creators on each side."""

    days: int = 7
    sample: int = 100


class NotAllowed(Exception):
    """``why`` it is not: a machine code.

    ``state``, ``same_person``, ``too_early``, ``too_few``, ``no_effect``, ``worse``, ``variables``, ``followed``.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Effect(NamedTuple):
    """Two groups and an outcome that nobody wants: their creators, how many had it, how likely it is mere chance."""

    treated: int
    treated_hits: int
    control: int
    control_hits: int
    p: float

    @property
    def difference(self) -> float:
        """The treated share less the control's."""
        return self.treated_hits / max(1, self.treated) - self.control_hits / max(1, self.control)


def bucket(trial: str, creator: str) -> int:
    """A creator's place in a trial, 0 to 99, the same for ever and another one in every trial."""
    return int.from_bytes(sha256(f"{trial}\0{creator}".encode("utf-8", "surrogatepass")).digest()[:8]) % 100


def chosen(trial: Trial | None, creator: str) -> bool:
    """Whether the trial's formula moves this creator."""
    return trial is not None and trial.state is State.RUNNING and bucket(trial.id, creator) < trial.share


def proposed(differing: Sequence[str]) -> str:
    """The one variable of a trial. Raises ``NotAllowed``."""
    if len(differing) != 1:
        raise NotAllowed("variables")
    return differing[0]


def advanced(trial: Trial, by: str, at: int, effect: Effect, terms: Terms) -> Trial:
    """The next stage; after the last one the formula is adopted. Raises ``NotAllowed``.

    Whoever proposed cannot be the one who lets it run. A stage lasts ``terms.days``, in which both scores are shown;
    before the last stage, that for everybody, the effect must be tested on enough creators.
    """
    if trial.state not in {State.PROPOSED, State.RUNNING}:
        raise NotAllowed("state")
    if by == trial.proposed_by:
        raise NotAllowed("same_person")
    if at - trial.staged_at < terms.days * DAY:
        raise NotAllowed("too_early")
    if trial.share == STAGES[-1]:
        return trial._replace(state=State.ADOPTED, staged_at=at)
    share = next(stage for stage in STAGES if stage > trial.share)
    if share == STAGES[-1]:
        if min(effect.treated, effect.control) < terms.sample:
            raise NotAllowed("too_few")
        if effect.p >= MOST_P:
            raise NotAllowed("no_effect")
        if effect.difference > 0:
            raise NotAllowed("worse")
    return trial._replace(state=State.RUNNING, share=share, staged_at=at)


def rolled_back(trial: Trial, at: int, *, followed: bool = False) -> Trial:
    """The end of a trial: everybody's score is the former formula's again. Raises ``NotAllowed``.

    ``followed`` says that another formula, which is tried or was adopted, was tried against this one: it ends first.
    """
    if trial.state not in {State.PROPOSED, State.RUNNING, State.ADOPTED}:
        raise NotAllowed("state")
    if followed:
        raise NotAllowed("followed")
    state = State.REFUSED if trial.state is State.PROPOSED else State.ROLLED_BACK
    return trial._replace(state=state, share=0, staged_at=at)


def tested(treated: Sequence[bool], control: Sequence[bool]) -> Effect:
    """The two-sided test of two proportions (pooled normal approximation); 1 where either side is empty."""
    n, m, a, b = len(treated), len(control), sum(treated), sum(control)
    pooled = (a + b) / max(1, n + m)
    error = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)) if n and m else 0.0
    p = erfc(abs(a / n - b / m) / error / sqrt(2)) if error else 1.0
    return Effect(n, a, m, b, p)
