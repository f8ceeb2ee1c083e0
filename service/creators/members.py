"""What changes creators: enrolling, accounts linked and unlinked, signals and findings. Each is a visit with its acts.

NotThere    the tenant has no such creator, account or finding
Refused     what cannot be done; it says which field and why
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import ACCOUNT_LINKED, ACCOUNT_UNLINKED, CREATOR_CHANGED, Act
from service.creators.book import NotThere
from service.creators.entries import DAY, Entry, Kind, day_of
from service.creators.posting import Cause, Member, member, numbered, post, seconds, version_mark
from service.creators.reads import Measured
from service.ids import new_id
from service.ports import Write
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.creators.book import Book
    from service.creators.formula import Formula
    from service.ledger import Ledger
    from service.ports import Visit

TRAINING: Final = "training_passed"
CORRECTION: Final = "self_correction"
LATE_DAYS: Final = 30
"""A signal may be told so many days later."""
AHEAD_SECONDS: Final = 300
"""A clock may be ahead by so much; what is of tomorrow is told tomorrow."""


class Refused(ValueError):
    """``place`` is the field, ``why`` a machine code; ``gaps`` is what its sentence needs."""

    def __init__(self, place: tuple[str | int, ...], why: str, **gaps: str) -> None:
        super().__init__(why)
        self.place, self.why, self.gaps = place, why, gaps


class Profile(NamedTuple):
    """What a pipeline tells of a creator. ``verified_until`` are seconds by the name of what was verified."""

    role: str = "user"
    cohort: str = "default"
    mcn: str | None = None
    entity: str | None = None
    verified_until: Mapping[str, int] = {}


class Signal(NamedTuple):
    """Something measured or done. ``at`` is seconds since 1970; ``decision`` and ``seconds`` are of a correction."""

    name: str
    at: int
    value: int | None = None
    decision: str = ""
    seconds: int | None = None


class Members:
    """Keeps nothing but its way to the ledger. ``mark`` turns what was verified into a keyed hash."""

    def __init__(self, ledger: Ledger, book: Book, mark: Callable[[bytes], bytes]) -> None:
        self._ledger, self._book, self._formulas, self._mark = ledger, book, book.formulas, mark

    async def put(self, tenant: str, name: str, profile: Profile) -> None:
        """Enrols a creator, or changes what is known of it. Accounts of one verified entity become one creator's."""
        entity = self._mark(profile.entity.encode("utf-8", "replace")).hex() if profile.entity else None

        def work(visit: Visit) -> None:
            one = member(visit, tenant, name)
            verified = orjson.dumps(dict(profile.verified_until), option=orjson.OPT_SORT_KEYS).decode()
            known = entity or one.entity
            row = (profile.role, profile.cohort, profile.mcn, known, verified, visit.at, one.id)
            facts: dict[str, object] = {
                "cohort": profile.cohort,
                "entity": bool(known),
                "role": profile.role,
                "verified": len(profile.verified_until),
            }
            visit.record(Act(CREATOR_CHANGED, one.id, tenant, facts), Write(sql.SET_CREATOR, row))
            if known and not visit.rows(sql.LINK_OF, one.id):
                now = one._replace(
                    role=profile.role, cohort=profile.cohort, mcn=profile.mcn, entity=known, valid_until=verified
                )
                for oldest, _ in visit.rows(sql.SAME_ENTITY, tenant, known, one.id)[:1]:
                    _merged(visit, tenant, oldest, now)

        await self._ledger.visit(work)
        await self._book.refresh()

    async def link(self, tenant: str, name: str, channel: str, account: str) -> None:
        """Makes an account a creator's; what was found against it comes along. Raises ``NotThere``, ``Refused``."""

        def work(visit: Visit) -> None:
            owner = _known(visit, tenant, name)
            one = member(visit, tenant, account)
            if one.id == owner.id:
                raise Refused(("account_id",), "own_account")
            if links := visit.rows(sql.LINK_OF, one.id):
                if links[0][1] == owner.id:
                    return
                raise Refused(("account_id",), "linked_elsewhere")
            if visit.rows(sql.LINK_OF, owner.id) or visit.rows(sql.LINKS, one.id):
                raise Refused(("account_id",), "linked_in_turn")
            _free(visit, owner, one, "account_id")
            _linked(visit, tenant, owner.id, one, channel)

        await self._ledger.visit(work)
        await self._book.refresh()

    async def unlink(self, tenant: str, name: str, account: str) -> None:
        """Ends a link; what happened until now stays with both. Raises ``NotThere``, ``Refused``."""

        def work(visit: Visit) -> None:
            owner, one = _known(visit, tenant, name), _known(visit, tenant, account)
            for id_, creator in visit.rows(sql.LINK_OF, one.id):
                if creator == owner.id:
                    _free(visit, owner, one, "account")
                    _unlinked(visit, tenant, owner.id, one.id, id_)
                    return
            raise NotThere(account)

        await self._ledger.visit(work)

    async def signal(self, tenant: str, name: str, signals: Sequence[Signal]) -> list[bool]:
        """Enters signals, all or none; for each whether it was new. Raises ``NotThere`` and ``Refused``."""
        formula = self._formulas.held(tenant).formula
        for place, one in enumerate(signals):
            _check(one, formula, ("signals", place))

        def work(visit: Visit) -> list[bool]:
            owner = _known(visit, tenant, name)
            now = seconds(visit.at)
            return [_signalled(visit, owner, one, now, ("signals", place)) for place, one in enumerate(signals)]

        return await self._ledger.visit(work)

    async def find(self, tenant: str, name: str, finding: str, by: str) -> str:
        """A person finds something that is for people to find, once a day; gives the entry.

        Raises ``NotThere`` and ``Refused``.
        """
        known = self._formulas.held(tenant).formula.signals.get(finding)
        if known is None or known.by != "person":
            raise Refused(("name",), "unknown_finding")

        def work(visit: Visit) -> str:
            owner, id_ = _known(visit, tenant, name), new_id()
            held, cause = numbered(visit, owner.id, f"{finding}:{by}:{day_of(seconds(visit.at))}")
            if held:
                return held
            post(visit, tenant, owner.id, Entry(id_, Kind.OBSERVATION, cause, 0, 0, name=finding))
            return id_

        return await self._ledger.visit(work)

    async def withdraw(self, tenant: str, name: str, entry: str) -> None:
        """Takes a finding back. Raises ``NotThere``."""

        def work(visit: Visit) -> None:
            owner = _known(visit, tenant, name)
            found = [Entry(*row) for row in visit.rows(sql.ENTRIES_OF, owner.id)]
            known = self._formulas.held(tenant).formula.signals
            if not any(one.id == entry and one.name in known and known[one.name].by == "person" for one in found):
                raise NotThere(entry)
            post(visit, tenant, owner.id, Entry(new_id(), Kind.REVERSAL, f"reversal:{entry}", 0, 0, ref=entry))

        await self._ledger.visit(work)


def _known(visit: Visit, tenant: str, name: str) -> Member:
    rows = visit.rows(sql.CREATOR_NAMED, tenant, name)
    if not rows:
        raise NotThere(name)
    return Member(*rows[0])


def _linked(visit: Visit, tenant: str, owner: str, one: Member, channel: str) -> None:
    """Links an account, which is enrolled with it: what it does counts from now on."""
    id_ = new_id()
    row = (one.role, one.cohort, one.mcn, one.entity, one.valid_until, visit.at, one.id)
    visit.record(Act(CREATOR_CHANGED, one.id, tenant, {"enrolled": True}), Write(sql.SET_CREATOR, row))
    facts = {"account": one.id, "channel": channel, "creator": owner}
    link: tuple[Any, ...] = (id_, tenant, owner, one.id, channel, seconds(visit.at))
    visit.record(Act(ACCOUNT_LINKED, id_, tenant, facts), Write(sql.INSERT_LINK, link))


def _unlinked(visit: Visit, tenant: str, owner: str, account: str, link: str) -> None:
    facts: dict[str, object] = {"account": account, "creator": owner}
    visit.record(Act(ACCOUNT_UNLINKED, link, tenant, facts), Write(sql.END_LINK, (seconds(visit.at), link)))


def _merged(visit: Visit, tenant: str, oldest: str, one: Member) -> None:
    """Makes one of a creator and whoever the oldest other one of its entity belongs to: the older keeps what it is."""
    links = visit.rows(sql.LINK_OF, oldest)
    first, other = (
        Member(*visit.rows(sql.CREATOR_AS, tenant, id_)[0]) for id_ in (oldest, links[0][1] if links else oldest)
    )
    if other.id != one.id:
        older = one.created_at < min(first.created_at, other.created_at)
        _joined(visit, tenant, *((one, other) if older else (other, one)))


def _joined(visit: Visit, tenant: str, owner: Member, one: Member) -> None:
    """Makes a creator, and the accounts it has, an owner's."""
    for account, _, until in visit.rows(sql.LINKS, one.id):
        if until is None:
            ((link, _),) = visit.rows(sql.LINK_OF, account)
            _unlinked(visit, tenant, one.id, account, link)
            _linked(visit, tenant, owner.id, Member(*visit.rows(sql.CREATOR_AS, tenant, account)[0]), "entity")
    _linked(visit, tenant, owner.id, one, "entity")


def _free(visit: Visit, owner: Member, one: Member, place: str) -> None:
    """Raises ``Refused`` while a measure is in force against either: nobody escapes it by a link."""
    if any(Measured(*row).state == "in_force" for side in (owner, one) for row in visit.rows(sql.MEASURES_OF, side.id)):
        raise Refused((place,), "measured_link")


def _check(one: Signal, formula: Formula, place: tuple[str | int, ...]) -> None:
    """Raises ``Refused`` for what no pipeline may tell."""
    if one.name in formula.refused:
        zh, en = formula.refused[one.name]
        raise Refused((*place, "name"), "signal_never", zh=zh, en=en)
    known = formula.signals.get(one.name)
    if one.name not in {TRAINING, CORRECTION} and (known is None or known.by != "pipeline"):
        names = [name for name, signal in formula.signals.items() if signal.by == "pipeline"]
        raise Refused((*place, "name"), "unknown_signal", known=", ".join([*names, TRAINING, CORRECTION]))
    if lacking := _lacking(one):
        raise Refused((*place, lacking), "missing")


def _lacking(one: Signal) -> str:
    """The field without which a signal says nothing: what was not measured is no 0, nor a correction without time."""
    if one.name == TRAINING:
        return ""
    if one.name != CORRECTION:
        return "value" if one.value is None else ""
    return "decision_id" if not one.decision else "seconds" if one.seconds is None else ""


def _signalled(visit: Visit, owner: Member, one: Signal, now: int, place: tuple[str | int, ...]) -> bool:
    if not now - LATE_DAYS * DAY <= one.at <= now + AHEAD_SECONDS:
        raise Refused((*place, "at"), "signal_time")
    day = day_of(min(one.at, now))
    if one.name == TRAINING:
        entry = Entry(new_id(), Kind.TRAINING, f"training:{day}", 0, one.at)
    elif one.name == CORRECTION:
        rows = visit.rows(sql.DECIDED_ON, owner.tenant, one.decision)
        if not rows:
            raise Refused((*place, "decision_id"), "unknown_decision")
        ref = version_mark(rows[0][0])
        entry = Entry(new_id(), Kind.CORRECTION, f"correction:{ref}", 0, one.at, value=one.seconds or 0, ref=ref)
    else:
        value = one.value or 0
        entry = Entry(new_id(), Kind.OBSERVATION, f"{one.name}:{day}", 0, one.at, name=one.name, value=value)
    return post(visit, owner.tenant, owner.id, entry, Cause(one.decision or None))
