"""The routes of what is on file before a show: proofs of claims, products with their certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from moderation.types import SHANGHAI
from service.duty.products import Paper, Product
from service.duty.proofs import LAST, NewProof, UnknownProof
from service.http.answer import Answer, tell
from service.http.asking import cursor_of, cut, mark_of, place_of, read_as, read_query
from service.http.duty_answers import (
    ProductShown,
    ProductsShown,
    ProofShown,
    ProofsShown,
    product_told,
    proof_told,
)
from service.http.duty_wire import FEWEST, PageQuery, ProductRequest, ProofRequest
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.wire import wrong_industry
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked

_WRITES: Final = (*BODY, "csrf", *CALLED)


def today() -> date:
    """The day in China."""
    return datetime.now(UTC).astimezone(SHANGHAI).date()


@route("POST", "/v1/proofs", policy=Right.SCRIPTS, takes=ProofRequest, gives=ProofShown, problems=_WRITES)
async def file_proof(asked: Asked) -> Answer:
    """File a proof: a claim in its exact words is exempt by it in its days, in shows and contents that name it."""
    sent, caller, duties = await read_as(asked, ProofRequest), asked.who, asked.serving.service.duties
    if sent.valid_from and sent.valid_to and sent.valid_from > sent.valid_to:
        raise Problem("invalid-body", faults=[Fault(("valid_to",), "days_reversed")])
    fold, context = asked.serving.service.rules.engine.ruleset.folding.plain, {"min_length": FEWEST}
    short = [place for place, claim in enumerate(sent.claims) if len(fold(claim)) < FEWEST]
    if short:
        raise Problem("invalid-body", faults=[Fault(("claims", place), "string_too_short", context) for place in short])
    new = NewProof(sent.claims, sent.file_sha256, sent.source, sent.period, sent.scope, sent.valid_from, sent.valid_to)
    proof = await duties.proofs.file(caller, new)
    await duties.binding.renew(asked.who.tenant)
    return await _proof(asked, proof)


@route("GET", "/v1/proofs", policy=Right.SHOWS, query=PageQuery, gives=ProofsShown, problems=("invalid-query", *CALLED))
async def proofs(asked: Asked) -> Answer:
    """List proofs, newest first."""
    query, day = read_query(asked, PageQuery), today()
    found = await asked.serving.service.duties.proofs.listed(
        asked.who.tenant, before=place_of(query.cursor, LAST), limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    following = cursor_of(last.filed_at, last.value.id) if last else None
    return tell({"proofs": [proof_told(one, day) for one in page], "next": following})


@route("GET", "/v1/proofs/{id}", policy=Right.SHOWS, gives=ProofShown, problems=("not-found", *CALLED))
async def one_proof(asked: Asked) -> Answer:
    """Read a proof."""
    return await _proof(asked, asked.found["id"])


@route("DELETE", "/v1/proofs/{id}", policy=Right.SCRIPTS, gives=ProofShown, problems=("not-found", "csrf", *CALLED))
async def end_proof(asked: Asked) -> Answer:
    """Withdraw a proof: nothing is exempt by it any more."""
    duties = asked.serving.service.duties
    try:
        await duties.proofs.end(asked.who, asked.found["id"])
    except UnknownProof:
        raise Problem("not-found") from None
    await duties.binding.renew(asked.who.tenant)
    return await _proof(asked, asked.found["id"])


@route("POST", "/v1/products", policy=Right.SCRIPTS, takes=ProductRequest, gives=ProductShown, problems=_WRITES)
async def file_product(asked: Asked) -> Answer:
    """File a product with its certificates; under an id that is there it takes the place of what was."""
    sent, caller = await read_as(asked, ProductRequest), asked.who
    if fault := wrong_industry(sent.industry, asked.serving.limits.industries):
        raise Problem("invalid-body", faults=[fault])
    papers = tuple(Paper(one.kind, one.number, one.valid_to) for one in sent.certificates)
    product = Product(sent.product_id, sent.name, sent.industry, papers)
    await asked.serving.service.duties.products.file(caller, product)
    return await _product(asked, sent.product_id)


@route(
    "GET",
    "/v1/products",
    policy=Right.SHOWS,
    query=PageQuery,
    gives=ProductsShown,
    problems=("invalid-query", *CALLED),
)
async def products(asked: Asked) -> Answer:
    """List products by id."""
    query, day = read_query(asked, PageQuery), today()
    found = await asked.serving.service.duties.products.listed(
        asked.who.tenant, after=mark_of(query.cursor, ""), limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    following = cursor_of(last.id) if last else None
    return tell({"products": [product_told(one, day) for one in page], "next": following})


@route("GET", "/v1/products/{id}", policy=Right.SHOWS, gives=ProductShown, problems=("not-found", *CALLED))
async def one_product(asked: Asked) -> Answer:
    """Read a product."""
    return await _product(asked, asked.found["id"])


ROUTES: Final = (file_proof, proofs, one_proof, end_proof, file_product, products, one_product)


async def _proof(asked: Asked, proof: str) -> Answer:
    found = await asked.serving.service.duties.proofs.one(asked.who.tenant, proof)
    if found is None:
        raise Problem("not-found")
    return tell(proof_told(found, today()))


async def _product(asked: Asked, product: str) -> Answer:
    found = await asked.serving.service.duties.products.one(asked.who.tenant, product)
    if found is None:
        raise Problem("not-found")
    return tell(product_told(found, today()))
