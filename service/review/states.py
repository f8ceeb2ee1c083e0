"""The life of a review item, pure: which step leads from which state to which, and who may take it. No clock, no rows.

A step that is not in ``TABLE`` cannot happen. Times are stamps (RFC 3339 UTC text of fixed width), which sort as text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, NamedTuple

from service.ids import later
from service.rights import Right

UNDO_SECONDS: Final = 10
"""So long the one who decided may take it back; notices of a decision wait for it."""
FIRST, SENIOR = 0, 1
"""The levels of an item: for every reviewer, and for seniors."""


class State(StrEnum):
    """Where an item is."""

    WAITING = "waiting"
    HELD = "held"
    CLOSED = "closed"


class Step(StrEnum):
    """What can be done with an item; ``review.`` and this is the kind of the act that tells of it."""

    CLAIM = "claimed"
    HEARTBEAT = "extended"
    RELEASE = "released"
    SKIP = "skipped"
    ESCALATE = "escalated"
    DECIDE = "decided"
    UNDO = "undone"
    LAPSE = "lapsed"
    BREACH = "breached"
    REOPEN = "reopened"
    WITHDRAW = "withdrawn"

    @property
    def act(self) -> str:
        """The kind of the act."""
        return f"review.{self.value}"


class Who(StrEnum):
    """Whom a step is for."""

    REVIEWER = "reviewer"
    """Anybody with the right for the item's level."""
    HOLDER = "holder"
    HOLDER_OR_SENIOR = "holder_or_senior"
    DECIDER = "decider"
    """Who closed it, while it may be undone."""
    HOUSE = "house"
    """The service itself: nobody asks for it."""


class Rule(NamedTuple):
    """A step from ``of`` to ``to``, for ``who``."""

    step: Step
    of: frozenset[State]
    to: State
    who: Who


_OPEN: Final = frozenset({State.WAITING, State.HELD})
_HELD: Final = frozenset({State.HELD})

TABLE: Final = {
    rule.step: rule
    for rule in (
        Rule(Step.CLAIM, frozenset({State.WAITING}), State.HELD, Who.REVIEWER),
        Rule(Step.HEARTBEAT, _HELD, State.HELD, Who.HOLDER),
        Rule(Step.RELEASE, _HELD, State.WAITING, Who.HOLDER_OR_SENIOR),
        Rule(Step.SKIP, _HELD, State.WAITING, Who.HOLDER),
        Rule(Step.ESCALATE, _HELD, State.WAITING, Who.HOLDER),
        Rule(Step.DECIDE, _HELD, State.CLOSED, Who.HOLDER),
        Rule(Step.UNDO, frozenset({State.CLOSED}), State.HELD, Who.DECIDER),
        Rule(Step.LAPSE, _HELD, State.WAITING, Who.HOUSE),
        Rule(Step.BREACH, _OPEN, State.WAITING, Who.HOUSE),
        Rule(Step.REOPEN, frozenset(State), State.WAITING, Who.HOUSE),
        Rule(Step.WITHDRAW, _OPEN, State.CLOSED, Who.HOUSE),
    )
}


_JUDGES: Final = frozenset({Step.CLAIM, Step.DECIDE})
"""What nobody may do with an appeal against their own decision."""


class Item(NamedTuple):
    """What of a review item its life depends on. Named tuples are made in a fifth of a dataclass's time.

    ``token`` grows with every step but a heartbeat: who comes with an old one held the item in another life.
    """

    id: str
    state: State = State.WAITING
    level: int = FIRST
    round: int = 1
    token: int = 1
    holder: str | None = None
    lease_until: str | None = None
    due_at: str | None = None
    breached_at: str | None = None
    closed_at: str | None = None
    closed_by: str | None = None


class Person(NamedTuple):
    """Who takes a step."""

    id: str
    rights: frozenset[Right]


HOUSE: Final = Person("", frozenset())
"""The service itself."""


class Move(NamedTuple):
    """A step by somebody at a time. ``token`` is the one that they have of the item, where they must have one.

    ``lease`` are the seconds for which the item is held then, ``due_at`` the deadline of a new round, ``own`` says that
    it is an appeal against what they decided themselves.
    """

    step: Step
    who: Person
    at: str
    token: int | None = None
    lease: float = 0
    due_at: str | None = None
    own: bool = False


class NotAllowed(Exception):
    """The step cannot be taken. ``why`` is a machine code.

    ``state``, ``token``, ``rights``, ``holder``, ``late`` or ``own``.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def refused(item: Item, move: Move) -> str:
    """Why the step cannot be taken now, as ``NotAllowed`` says it; empty when it can."""
    rule, who = TABLE[move.step], move.who
    if move.token is not None and move.token != item.token:
        return "token"
    if item.state not in rule.of:
        return "state"
    if rule.who is Who.HOUSE:
        return "rights" if who is not HOUSE else "" if _is_time(item, move) else "state"
    if why := _kept_out(item, move):
        return why
    if rule.who is Who.REVIEWER:
        return ""
    return _undo_refused(item, move) if rule.who is Who.DECIDER else _holder_refused(item, move)


def _kept_out(item: Item, move: Move) -> str:
    """Why the item is not for this person, whoever holds it."""
    rights = move.who.rights
    if Right.REVIEW not in rights or (item.level == SENIOR and Right.SENIOR not in rights):
        return "rights"
    return "own" if move.own and move.step in _JUDGES else ""


def _is_time(item: Item, move: Move) -> bool:
    """Whether it is time for what the house does when a time has come."""
    until = {Step.LAPSE: item.lease_until, Step.BREACH: item.due_at}.get(move.step, "")
    return until is not None and until <= move.at


def _undo_refused(item: Item, move: Move) -> str:
    if item.closed_by != move.who.id or item.closed_at is None:
        return "holder"
    return "" if move.at <= later(item.closed_at, UNDO_SECONDS) else "late"


def _holder_refused(item: Item, move: Move) -> str:
    if item.holder != move.who.id:
        senior = TABLE[move.step].who is Who.HOLDER_OR_SENIOR and Right.SENIOR in move.who.rights
        return "" if senior else "holder"
    if (item.lease_until or "") <= move.at:
        return "late"
    return "state" if move.step is Step.ESCALATE and item.level == SENIOR else ""


def offered(item: Item, who: Person, at: str, *, own: bool = False) -> tuple[Step, ...]:
    """The steps that this person could take now; ``own`` as in ``Move``."""
    return tuple(step for step in Step if not refused(item, Move(step, who, at, own=own)))


def after(item: Item, move: Move) -> Item:
    """The item after a step. Raises ``NotAllowed``."""
    if why := refused(item, move):
        raise NotAllowed(why)
    step, at = move.step, move.at
    if step is Step.HEARTBEAT:
        return item._replace(lease_until=later(at, move.lease))
    to, token = TABLE[step].to, item.token + 1
    holder, until = (move.who.id, later(at, move.lease)) if to is State.HELD else (None, None)
    closed, by = (at, move.who.id or None) if to is State.CLOSED else (None, None)
    new = Item(item.id, to, item.level, item.round, token, holder, until, item.due_at, item.breached_at, closed, by)
    return new._replace(**_waiting(item, move)) if to is State.WAITING else new


def _waiting(item: Item, move: Move) -> dict[str, Any]:
    """What else changes for an item that waits again."""
    match move.step:
        case Step.ESCALATE:
            return {"level": SENIOR}
        case Step.BREACH:
            return {"level": SENIOR, "breached_at": move.at, "due_at": None}
        case Step.REOPEN:
            return {"level": FIRST, "round": item.round + 1, "due_at": move.due_at, "breached_at": None}
        case _:
            return {}
