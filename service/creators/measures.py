"""Measures against creators: proposed by a rule or a person, decided by a person, ended by term or relief. In visits.

What a rule proposed on nothing but violations that were overturned ends with them; what a person proposed, by a person.

NotThere    the tenant has no such creator or measure
Refused     what cannot be done; it says which field and why
"""

from __future__ import annotations

from functools import partial
from time import time
from typing import TYPE_CHECKING, Final

import orjson

from service.acts import MEASURE_DECIDED, MEASURE_ENDED, MEASURE_PROPOSED, Act
from service.creators.amends import Past
from service.creators.book import NotThere, aside
from service.creators.entries import DAY
from service.creators.ladder import BASIS, LADDER, NOTICE, proposals
from service.creators.members import Refused
from service.creators.reads import Measured, facts_of
from service.creators.score import reckon
from service.creators.standing import placed
from service.ids import from_stamp, later, new_id
from service.ports import Write
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.creators.book import Book
    from service.creators.ladder import Proposal
    from service.creators.posting import Member
    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

PROPOSED, IN_FORCE, DECLINED, LIFTED, EXPIRED = "proposed", "in_force", "declined", "lifted", "expired"
RULE: Final = "rule"
TERM: Final = "term"
OVERTURNED: Final = "overturned"
"""The relief of what stood on nothing else."""
AT_ONCE: Final = 50


class Measures:
    """Keeps nothing but its way to the ledger."""

    def __init__(self, ledger: Ledger, book: Book) -> None:
        self._ledger, self._book = ledger, book
        self._looked: int | None = None
        """The newest entry by which measures were looked through."""

    async def propose(self, caller: Caller, name: str, kind: str, rule: str, days: int | None) -> str:
        """Proposes a measure; gives its id. Raises ``NotThere`` and ``Refused``."""
        if kind not in LADDER:
            raise Refused(("kind",), "unknown_measure", known=", ".join(LADDER))
        _check_term(kind, days)
        seen = await self._book.seen(caller.tenant, name)
        facts = {"score": seen.standing.score, "violations": len(seen.derived.deductions)}

        def work(visit: Visit) -> str:
            if _open(_measures(visit, seen.member.id), kind):
                raise Refused(("kind",), "measure_open")
            return _proposed(visit, seen.member, caller.id, kind, rule, days, facts)

        return await self._ledger.visit(work)

    async def ruled(self, tenant: str, name: str) -> list[str]:
        """Proposes what the rules want for a creator as it stands, where nothing of the kind is open; gives ids."""
        seen = await self._book.seen(tenant, name)
        tiers = [tier.name for tier in seen.formula.tiers]
        due = proposals(seen.derived, seen.standing, tiers[-1], tiers[-2])

        def work(visit: Visit) -> list[str]:
            known = _measures(visit, seen.member.id)
            return [
                _proposed(visit, seen.member, RULE, one.kind, one.rule, one.days, one.facts)
                for one in due
                if not _open(known, one.kind) and not _settled(known, one)
            ]

        return await self._ledger.visit(work) if due else []

    async def decide(self, caller: Caller, measure: str, *, agrees: bool, days: int | None = None) -> None:
        """A person puts a measure into force or declines it. Whoever proposed cannot decide.

        Raises ``NotThere`` and ``Refused``.
        """

        def work(visit: Visit) -> None:
            found = _found(visit, caller.tenant, measure)
            if found.state != PROPOSED:
                raise Refused(("state",), "measure_state")
            if found.proposed_by == caller.id:
                raise Refused(("by",), "same_person")
            term = _term(found, days) if agrees else None
            _decided(visit, caller.tenant, found, caller.id, term, agrees=agrees)

        await self._ledger.visit(work)

    async def lift(self, caller: Caller, measure: str, why: str) -> None:
        """Relief: a person ends a measure before its term. Raises ``NotThere`` and ``Refused``."""

        def work(visit: Visit) -> None:
            found = _found(visit, caller.tenant, measure)
            if found.state != IN_FORCE:
                raise Refused(("state",), "measure_state")
            _ended(visit, caller.tenant, found, LIFTED, caller.id, why)

        await self._ledger.visit(work)

    async def sweep(self) -> int:
        """Ends what has come to its term, a bounded number at a time; gives how many."""

        def work(visit: Visit) -> int:
            rows = visit.rows(sql.MEASURES_DUE, visit.at, AT_ONCE)
            for *columns, tenant in rows:
                _ended(visit, tenant, Measured(*columns), EXPIRED, TERM, "")
            return len(rows)

        return await self._ledger.visit(work)

    async def relieve(self) -> None:
        """Ends what a rule proposed that it would not have proposed by what is known now, and does not propose now."""
        reads, looked = self._book.reads, self._looked
        ((last,),) = await reads.rows(sql.LAST_ENTRY)
        if last == looked:
            return
        after = "" if looked is None or await reads.rows(sql.REVERSED_BETWEEN, looked, last) else None
        while after is not None:
            rows = await reads.rows(sql.MEASURES_IN_DOUBT, after, looked or 0, AT_ONCE)
            for *columns, tenant in rows:
                measure = Measured(*columns)
                if not await self._rests(tenant, measure):
                    await self._ledger.visit(partial(_relieved, tenant=tenant, measure=measure.id))
            after = rows[-1][0] if len(rows) == AT_ONCE else None
        self._looked = last

    async def _rests(self, tenant: str, measure: Measured) -> bool:
        """Whether a measure's rule proposes it: when it did by what is known now, or now."""
        reads, formula = self._book.reads, self._book.formulas.of(tenant, measure.creator)
        member = await reads.known_as(tenant, measure.creator)
        if member is None:
            return True
        entries = (await reads.entries_of({member.id: await reads.links(member.id)}))[member.id]
        facts, now, then = facts_of(member), int(time()), int(from_stamp(measure.proposed_at).timestamp())
        lowest, watched = formula.tiers[-1].name, formula.tiers[-2].name

        def rests() -> bool:
            past = Past(entries, formula, now)
            for at in (then, now):
                derived = reckon(past.known(at, now), formula, at, cohort=facts.cohort)
                due = proposals(derived, placed(derived, formula, facts), lowest, watched)
                if any((one.kind, one.rule) == (measure.kind, measure.rule) for one in due):
                    return True
            return False

        return await aside([entries], rests)


def _relieved(visit: Visit, tenant: str, measure: str) -> None:
    """What a rule proposed is at an end by rule, whether or not a person put it into force."""
    found = _found(visit, tenant, measure)
    if found.state == IN_FORCE:
        _ended(visit, tenant, found, LIFTED, RULE, OVERTURNED)
    elif found.state == PROPOSED:
        _decided(visit, tenant, found, RULE, None, agrees=False)


def _found(visit: Visit, tenant: str, measure: str) -> Measured:
    rows = visit.rows(sql.MEASURE_AS, tenant, measure)
    if not rows:
        raise NotThere(measure)
    return Measured(*rows[0])


def _term(found: Measured, days: int | None) -> int | None:
    """The days for which a proposed measure holds: as proposed, or fewer. One person alone never lengthens it."""
    if days is not None and found.days is not None and days > found.days:
        raise Refused(("days",), "measure_term", most=str(found.days))
    term = found.days if days is None else days
    _check_term(found.kind, term)
    return term


def _check_term(kind: str, days: int | None) -> None:
    most = LADDER[kind].most_days
    if most is not None and (days is None or days > most):
        raise Refused(("days",), "measure_term", most=str(most))


def _measures(visit: Visit, creator: str) -> list[Measured]:
    return [Measured(*row) for row in visit.rows(sql.MEASURES_OF, creator)]


def _open(known: Sequence[Measured], kind: str) -> bool:
    return any(one.kind == kind and one.state in {PROPOSED, IN_FORCE} for one in known)


def _settled(known: Sequence[Measured], due: Proposal) -> bool:
    """Whether the same numbers led to the same proposal before: what a person declined or ended is not pressed."""
    violations = due.facts["violations"]
    return any(
        (one.kind, one.rule) == (due.kind, due.rule) and orjson.loads(one.facts).get("violations", 0) >= violations
        for one in known
        if (one.state, one.ended_by or one.decided_by) not in {(LIFTED, RULE), (DECLINED, RULE)}
    )


def _proposed(  # noqa: PLR0913, PLR0917 - the columns of a measure
    visit: Visit, member: Member, by: str, kind: str, rule: str, days: int | None, facts: dict[str, int]
) -> str:
    id_, rung = new_id(), LADDER[kind]
    at_once = by == RULE and not rung.by_person
    ends = later(visit.at, days * DAY) if at_once and days is not None else None
    told = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()
    basis = orjson.dumps([BASIS, NOTICE] if kind == "blacklist" else [BASIS], option=0).decode()
    state, decided = (IN_FORCE, (RULE, visit.at)) if at_once else (PROPOSED, (None, None))
    row = (id_, member.tenant, member.id, kind, state, rule, basis, told, days, by, visit.at, *decided, ends)
    act_facts: dict[str, object] = {"by": by, "creator": member.id, "kind": kind, "rule": rule, "state": state, **facts}
    if days is not None:
        act_facts["days"] = days
    visit.record(Act(MEASURE_PROPOSED, id_, member.tenant, act_facts), Write(sql.INSERT_MEASURE, row))
    return id_


def _decided(  # noqa: PLR0913 - a measure and what a person says of it
    visit: Visit, tenant: str, found: Measured, by: str, days: int | None, *, agrees: bool
) -> None:
    state = IN_FORCE if agrees else DECLINED
    ends = later(visit.at, days * DAY) if days is not None else None
    facts: dict[str, object] = {"by": by, "creator": found.creator, "kind": found.kind, "state": state}
    if ends is not None:
        facts["ends_at"] = ends
    row = (state, by, visit.at, ends, found.id)
    visit.record(Act(MEASURE_DECIDED, found.id, tenant, facts), Write(sql.DECIDE_MEASURE, row))


def _ended(  # noqa: PLR0913, PLR0917 - a measure and how it ends
    visit: Visit, tenant: str, found: Measured, state: str, by: str, why: str
) -> None:
    facts: dict[str, object] = {"by": by, "creator": found.creator, "kind": found.kind, "state": state}
    row = (state, by, visit.at, why, found.id)
    visit.record(Act(MEASURE_ENDED, found.id, tenant, facts), Write(sql.END_MEASURE, row))
