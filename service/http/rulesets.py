"""The routes of rulesets: what is active, proposals and their steps, rehearsals, the way back, shadows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.http.answer import Answer, confide
from service.http.asking import ListQuery, cursor_of, cut, place_of, read_as, read_query
from service.http.lexicon import MOST_BODY, ruleset_of, texts_told
from service.http.problems import Problem
from service.http.routes import BODY, CALLED, route
from service.http.rule_answers import done, draft_of, lines_changed, proposal_told, report_told
from service.http.rule_wire import (
    Activated,
    BytesRequest,
    DraftRequest,
    NothingRequest,
    PeriodRequest,
    ProposalRead,
    Proposals,
    RehearsalRequest,
    Rehearsing,
    RollbackRequest,
    RulesetsShown,
    ShadowRequest,
    Shadows,
    VersionRead,
)
from service.ids import stamp
from service.rights import Right
from service.rulebook.rehearsal import Period
from service.rulebook.rows import ROLLBACK
from service.store.rule_reads import LAST

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from service.http.serving import Asked
    from service.rulebook.rehearsal import Rehearsal
    from service.store.rule_reads import Proposed

_SHOWN: Final = 50
_DIGITS: Final = 10
_REFUSED: Final = ("rules-refused", "csrf")
_STEPS: Final = ("not-found", *_REFUSED, *BODY, *CALLED)


@route("GET", "/v1/rulesets", policy=Right.READ, gives=RulesetsShown, problems=CALLED)
async def rulesets(asked: Asked) -> Answer:
    """Tell what contents are judged by, and how that came to be."""
    tenant, book = asked.who.tenant, asked.serving.service.rulebook
    history = await book.reads.history(tenant, limit=_SHOWN)
    running = [one.id for one in await book.reads.running() if one.tenant == tenant]
    told = {
        "active": history[0].version if history else 0,
        "ruleset": ruleset_of(asked).fingerprint,
        "four_eyes": book.four_eyes,
        "can_roll_back": bool(history) and history[0].ground != ROLLBACK,
        "history": [
            {
                "version": one.version,
                "at": one.at,
                "by": {"id": one.by, "name": one.name or one.by},
                "ground": one.ground,
                "proposal": one.proposal or None,
            }
            for one in history
        ],
        "shadow": running[0] if running else None,
    }
    return confide(told)


@route("GET", "/v1/rulesets/versions/{version}", policy=Right.READ, gives=VersionRead, problems=("not-found", *CALLED))
async def ruleset_version(asked: Asked) -> Answer:
    """Read the texts of one version."""
    name = asked.found["version"]
    if not (name.isascii() and name.isdigit()) or len(name) > _DIGITS:
        raise Problem("not-found")
    return confide(await texts_told(asked, int(name)))


@route(
    "GET",
    "/v1/rulesets/proposals",
    policy=Right.READ,
    query=ListQuery,
    gives=Proposals,
    problems=("invalid-query", *CALLED),
)
async def proposals(asked: Asked) -> Answer:
    """List proposals, newest first."""
    query, caller, book = read_query(asked, ListQuery), asked.who, asked.serving.service.rulebook
    found = await book.reads.proposals(caller.tenant, after=place_of(query.cursor, LAST), limit=query.limit + 1)
    page, last = cut(found, query.limit)
    active = await book.reads.history(caller.tenant, limit=1)
    shared = asked.serving.service.rules.engine.ruleset.fingerprint
    listed = [proposal_told(one, caller, active[0] if active else None, shared) for one in page]
    going_on = cursor_of(last.row.proposed_at, last.row.id) if last else None
    return confide({"proposals": listed, "next": going_on})


@route(
    "POST",
    "/v1/rulesets/proposals",
    policy=Right.RULES,
    takes=DraftRequest,
    gives=ProposalRead,
    problems=(*_REFUSED, *BODY, *CALLED),
)
async def propose(asked: Asked) -> Answer:
    """Propose a change of the tenant's rules; another person approves it."""
    sent = await read_as(asked, DraftRequest, limit=MOST_BODY)
    made = await done(asked.serving.service.rulebook.proposals.propose(asked.who, draft_of(sent)))
    return await _read(asked, made)


@route("GET", "/v1/rulesets/proposals/{id}", policy=Right.READ, gives=ProposalRead, problems=("not-found", *CALLED))
async def one_proposal(asked: Asked) -> Answer:
    """Read a proposal: its difference line by line, and what it would change, once that was tried."""
    return await _read(asked, asked.found["id"])


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/revision",
    policy=Right.RULES,
    takes=DraftRequest,
    gives=ProposalRead,
    problems=_STEPS,
)
async def revise(asked: Asked) -> Answer:
    """Put another draft in the place of one's own proposal; an approval of the old one ends."""
    sent, id_ = await read_as(asked, DraftRequest, limit=MOST_BODY), asked.found["id"]
    await _proposed(asked, id_)
    return await _stepped(asked, asked.serving.service.rulebook.proposals.revise(asked.who, id_, draft_of(sent)))


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/approval",
    policy=Right.RULES,
    takes=BytesRequest,
    gives=ProposalRead,
    problems=_STEPS,
)
async def approve(asked: Asked) -> Answer:
    """Approve exactly these bytes, as the second person."""
    sent, id_ = await read_as(asked, BytesRequest), asked.found["id"]
    return await _stepped(asked, asked.serving.service.rulebook.proposals.approve(asked.who, id_, sent.sha256))


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/rejection",
    policy=Right.RULES,
    takes=NothingRequest,
    gives=ProposalRead,
    problems=_STEPS,
)
async def reject(asked: Asked) -> Answer:
    """Reject somebody else's proposal."""
    await read_as(asked, NothingRequest)
    return await _stepped(asked, asked.serving.service.rulebook.proposals.reject(asked.who, asked.found["id"]))


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/withdrawal",
    policy=Right.RULES,
    takes=NothingRequest,
    gives=ProposalRead,
    problems=_STEPS,
)
async def withdraw(asked: Asked) -> Answer:
    """Withdraw one's own proposal."""
    await read_as(asked, NothingRequest)
    return await _stepped(asked, asked.serving.service.rulebook.proposals.withdraw(asked.who, asked.found["id"]))


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/activation",
    policy=Right.RULES,
    takes=BytesRequest,
    gives=ProposalRead,
    problems=_STEPS,
)
async def activate_proposal(asked: Asked) -> Answer:
    """Judge by an approved proposal from now on. It holds once this is answered."""
    sent, id_ = await read_as(asked, BytesRequest), asked.found["id"]
    return await _stepped(asked, asked.serving.service.rulebook.proposals.activate(asked.who, id_, sent.sha256))


@route(
    "POST",
    "/v1/rulesets/rollback",
    policy=Right.RULES,
    takes=RollbackRequest,
    gives=Activated,
    problems=(*_REFUSED, *BODY, *CALLED),
)
async def roll_back(asked: Asked) -> Answer:
    """Go back to what was active before, alone and at once; on again takes two people."""
    sent = await read_as(asked, RollbackRequest)
    version = await done(asked.serving.service.rulebook.proposals.roll_back(asked.who, sent.active))
    return confide({"active": version, "ruleset": ruleset_of(asked).fingerprint})


@route(
    "POST",
    "/v1/rulesets/proposals/{id}/rehearsal",
    policy=Right.RULES,
    takes=PeriodRequest,
    gives=Rehearsing,
    problems=_STEPS,
)
async def rehearse_proposal(asked: Asked) -> Answer:
    """Try a proposal on what was judged before; what comes of it is kept with the proposal."""
    sent, caller, service = await read_as(asked, PeriodRequest), asked.who, asked.serving.service
    row = (await _proposed(asked, asked.found["id"])).row
    book = service.rulebook
    cast = await done(book.cast(caller.tenant, await service.lexicons.files(caller.tenant, row.version)))

    async def keep(report: dict[str, Any]) -> None:
        await book.proposals.keep_report(caller, row.id, row.sha256, report)

    return confide(_rehearsing(book.rehearsals.start(caller.tenant, cast, _period(sent), then=keep)))


@route(
    "POST",
    "/v1/rulesets/rehearsals",
    policy=Right.RULES,
    takes=RehearsalRequest,
    gives=Rehearsing,
    problems=(*_REFUSED, *BODY, *CALLED),
)
async def rehearse(asked: Asked) -> Answer:
    """Try a draft on what was judged before, without proposing it: what would one more term find?"""
    sent, caller = await read_as(asked, RehearsalRequest, limit=MOST_BODY), asked.who
    book = asked.serving.service.rulebook
    candidate = await done(book.proposals.worked_out(caller.tenant, draft_of(sent)))
    cast = await done(book.cast(caller.tenant, candidate.files))
    return confide(_rehearsing(book.rehearsals.start(caller.tenant, cast, _period(sent))))


@route("GET", "/v1/rulesets/rehearsals/{id}", policy=Right.READ, gives=Rehearsing, problems=("not-found", *CALLED))
async def one_rehearsal(asked: Asked) -> Answer:
    """See how far a rehearsal is, and what came of it; a running service remembers the last few."""
    found = asked.serving.service.rulebook.rehearsals.one(asked.who.tenant, asked.found["id"])
    if found is None:
        raise Problem("not-found")
    return confide(_rehearsing(found))


@route("GET", "/v1/rulesets/shadows", policy=Right.READ, gives=Shadows, problems=CALLED)
async def shadows(asked: Asked) -> Answer:
    """List what runs, and ran, beside the active ruleset, and what it has counted."""
    return await _shadows(asked)


@route(
    "POST",
    "/v1/rulesets/shadows",
    policy=Right.RULES,
    takes=ShadowRequest,
    gives=Shadows,
    problems=(*_REFUSED, *BODY, *CALLED),
)
async def start_shadow(asked: Asked) -> Answer:
    """Have a version run beside the active one from now on; it only counts."""
    sent = await read_as(asked, ShadowRequest)
    await done(asked.serving.service.rulebook.shadows.start(asked.who, sent.version))
    return await _shadows(asked)


@route("DELETE", "/v1/rulesets/shadows", policy=Right.RULES, gives=Shadows, problems=(*_REFUSED, *CALLED))
async def stop_shadow(asked: Asked) -> Answer:
    """End the shadow that runs, once it has counted what was judged until now."""
    await done(asked.serving.service.rulebook.shadows.stop(asked.who))
    return await _shadows(asked)


ROUTES: Final = (
    rulesets,
    ruleset_version,
    proposals,
    propose,
    one_proposal,
    revise,
    approve,
    reject,
    withdraw,
    activate_proposal,
    roll_back,
    rehearse_proposal,
    rehearse,
    one_rehearsal,
    shadows,
    start_shadow,
    stop_shadow,
)


async def _stepped(asked: Asked, step: Awaitable[object]) -> Answer:
    """The proposal of a path after a step."""
    await done(step)
    return await _read(asked, asked.found["id"])


async def _proposed(asked: Asked, proposal: str) -> Proposed:
    found = await asked.serving.service.rulebook.reads.proposal(asked.who.tenant, proposal)
    if found is None:
        raise Problem("not-found")
    return found


async def _read(asked: Asked, proposal: str) -> Answer:
    caller, service = asked.who, asked.serving.service
    found = await _proposed(asked, proposal)
    history = await service.rulebook.reads.history(caller.tenant, limit=1)
    old, new = [await service.lexicons.files(caller.tenant, version) for version in (found.row.base, found.row.version)]
    told = proposal_told(found, caller, history[0] if history else None, service.rules.engine.ruleset.fingerprint)
    return confide({**told, "diff": lines_changed(old, new), "report": report_told(found.row)})


async def _shadows(asked: Asked) -> Answer:
    return confide({"shadows": await asked.serving.service.rulebook.shadows.listed(asked.who.tenant)})


def _period(sent: PeriodRequest) -> Period:
    return Period(
        last=sent.last,
        since=stamp(sent.since) if sent.since else "",
        until=stamp(sent.until) if sent.until else "",
    )


def _rehearsing(one: Rehearsal) -> dict[str, Any]:
    state = "failed" if one.failed else "done" if one.done.is_set() else "running"
    return {"id": one.id, "state": state, "seen": one.seen, "of": one.of, "report": one.report}
