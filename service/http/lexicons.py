"""The routes of lexicons: browse the files of terms, search the terms, have one's own looked through."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from moderation.lexicon import ALLOW
from moderation.lint import EXPLAINED
from service.http.answer import Answer, tell
from service.http.asking import check_category, cursor_of, mark_of, read_as, read_query
from service.http.lexicon import ruleset_of
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.rule_answers import done, draft_of, term_told
from service.http.rule_wire import DraftRequest, Lexicons, Lint, LintRequest, Terms, TermsQuery
from service.rights import Right
from service.rulebook.catalogue import Sought
from service.rulebook.linting import linted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.http.serving import Asked

_MOST_DOUBTS: Final = 200


@route("GET", "/v1/lexicons", policy=Right.READ, gives=Lexicons, problems=CALLED)
async def lexicon_files(asked: Asked) -> Answer:
    """List the files of terms, the tenant's own first."""
    ruleset = ruleset_of(asked)
    counted: Counter[tuple[str, bool, str]] = Counter()
    for term in (*ruleset.own, *ruleset.terms):
        counted[term.file, term.own, term.category] += 1
    listed = [
        {"name": name, "own": own, "category": category, "terms": count}
        for (name, own, category), count in counted.items()
    ]
    return tell({"files": listed})


@route(
    "GET",
    "/v1/lexicons/terms",
    policy=Right.READ,
    query=TermsQuery,
    gives=Terms,
    problems=("invalid-query", *CALLED),
)
async def lexicon_terms(asked: Asked) -> Answer:
    """Search the terms by which contents are judged."""
    query, ruleset = read_query(asked, TermsQuery), ruleset_of(asked)
    if query.category != ALLOW:
        check_category(asked, query.category)
    after = mark_of(query.cursor, 0)
    index = await asked.serving.service.rulebook.catalogue.of(ruleset)
    whose = {"own": True, "shared": False}.get(query.whose)
    sought = Sought(
        text=query.text, category=query.category, file=query.file, own=whose, adjusted=query.whose == "adjusted"
    )
    found, more = await asyncio.to_thread(index.find, sought, ruleset, after=after, limit=query.limit)
    if query.file and not found and all(one.term.file != query.file for one in index.listed):
        raise Problem("invalid-query", faults=[Fault(("file",), "unknown_file")])
    listed = [term_told(one, ruleset) for one in found]
    return tell({"terms": listed, "next": cursor_of(more) if more is not None else None})


@route(
    "POST",
    "/v1/lexicons/lint",
    policy=Right.LEXICON,
    takes=LintRequest,
    gives=Lint,
    problems=(*BODY, "rules-refused", "csrf", *CALLED),
)
async def lint_own(asked: Asked) -> Answer:
    """Look through own terms before they go live: too short, too common, repeated, a false alarm on clean texts.

    What could not go live, as where an example contradicts its line, is refused with all that is wrong.
    """
    sent = await read_as(asked, LintRequest)
    files = await _files(asked, sent)
    ruleset = await done(asked.serving.service.lexicons.tried(files))
    report = await asyncio.to_thread(linted, ruleset)
    doubts = [
        {
            "kind": one.kind.value,
            "told": EXPLAINED[one.kind].in_(asked.lang),
            "refuses": one.kind.refuses,
            "file": one.file,
            "line": one.line,
            "term": one.term,
            "detail": one.detail.in_(asked.lang),
            "rate": one.rate,
            "texts": list(one.texts),
        }
        for one in report.found[:_MOST_DOUBTS]
    ]
    return tell({"terms": report.terms, "texts": report.texts, "doubts": doubts})


ROUTES: Final = (lexicon_files, lexicon_terms, lint_own)


async def _files(asked: Asked, sent: LintRequest) -> Mapping[str, str]:
    service, caller = asked.serving.service, asked.who
    if sent.changes:
        draft = draft_of(DraftRequest(changes=sent.changes))
        return (await done(service.rulebook.proposals.worked_out(caller.tenant, draft))).files
    version = sent.version or (await service.lexicons.of(caller.tenant)).active
    return await done(service.lexicons.files(caller.tenant, version))
