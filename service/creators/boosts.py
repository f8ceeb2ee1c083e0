"""Rankings within a day's budget, each a visit: what was spent is read, shared and written in one transaction."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.acts import BOOST_RANKED, Act
from service.creators.book import boost_of
from service.creators.entries import day_of
from service.creators.formula import WHOLE
from service.creators.members import Refused
from service.creators.posting import seconds
from service.creators.ranking import Bounds, Candidate, Granted, gini, ranked
from service.ids import new_id
from service.ledger import IdempotencyConflict
from service.plan import Conflict, again
from service.ports import Used, Write
from service.store import creator_statements as sql
from service.store.statements import insert, used_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.creators.book import Book, Held
    from service.filing import Seal
    from service.ledger import Ledger
    from service.ports import Visit


class Limits(NamedTuple):
    """What a tenant gives in extra impressions a day: in all, to one creator, to one category; and exploration."""

    day: int = 1_000_000
    creator: int = 20_000
    category: int = 500_000
    exploration: int = 80


class Entrant(NamedTuple):
    """One candidate of a list, as the pipeline names it."""

    creator: str
    expected: int
    category: str = ""


class Listing(NamedTuple):
    """What a pipeline asks: to rank candidates of a scene, sharing out at most ``budget`` extra impressions.

    Without a ``seed`` one comes of the ranking's id. What a ``seal`` was used for is not shared out again.
    """

    tenant: str
    scene: str
    asked: Sequence[Entrant]
    budget: int
    seed: int | None = None
    seal: Seal | None = None


class Ranking(NamedTuple):
    """What came of a list: its id, the seed, the order, and what was granted of which budget."""

    id: str
    seed: int
    granted: list[Granted]
    budget: int
    explored: int
    replayed: bool = False
    """Whether it is what a repeated request came to before."""


class Boosts:
    """Keeps nothing but its way to the ledger and to the standings."""

    def __init__(self, ledger: Ledger, book: Book, limits: Limits) -> None:
        self._ledger, self._book, self.limits = ledger, book, limits

    async def rank(self, listing: Listing) -> Ranking:
        """Shares the budget of a list among its candidates, within what the day has left. Names come once each.

        Who is unknown is a newcomer. Raises ``Refused`` where two names are accounts of one creator,
        ``IdempotencyConflict`` where the seal is another list's.
        """
        held = await self._book.standings(listing.tenant, [one.creator for one in listing.asked])

        def work(visit: Visit) -> Ranking:
            seal = listing.seal
            if seal is not None and (used := visit.rows(used_keys(1), *seal[:2])):
                return _again(visit, seal, Used(*used[0][2:]), listing.asked)
            return rank_in(visit, listing, held, self.limits)

        return await self._ledger.visit(work)


def _again(visit: Visit, seal: Seal, used: Used, asked: Sequence[Entrant]) -> Ranking:
    """The ranking that a list came to before, which is made known once more."""
    before = again(seal, used)
    if isinstance(before, Conflict):
        raise IdempotencyConflict("the idempotency key was used with another body")
    ((id_, seed, budget, explored, told),) = visit.rows(sql.RANKING, before.decisions[0])
    granted = [
        Granted(Candidate(asked[place].creator, expected, WHOLE), extra, why)
        for _, expected, extra, why, place in orjson.loads(told)
    ]
    return Ranking(id_, seed, granted, budget, explored, replayed=True)


def rank_in(visit: Visit, listing: Listing, held: Mapping[str, Held], limits: Limits) -> Ranking:
    """The same inside a visit, with the standings that are ``held``. Raises ``Refused``."""
    ids = {name: one.id for name, one in held.items()}
    if len(set(ids.values())) < len(ids):
        raise Refused(("candidates",), "same_creator")
    id_, day, seed = new_id(), day_of(seconds(visit.at)), listing.seed
    if seed is None:
        seed = int.from_bytes(blake2b(id_.encode(), digest_size=6).digest())
    bounds = _bounds(visit, listing, limits, ids, day)
    candidates = [_candidate(one, held.get(one.creator), listing.scene) for one in listing.asked]
    granted = ranked(candidates, bounds, seed)
    explored = sum(one.extra for one in granted if one.why == "exploration")
    ranking = Ranking(id_, seed, granted, bounds.budget, explored)
    _write(visit, listing, ranking, ids, day)
    return ranking


def _candidate(one: Entrant, held: Held | None, scene: str) -> Candidate:
    if held is None:
        return Candidate(one.creator, one.expected, WHOLE, one.category, newcomer=True)
    boost = boost_of(held, scene)
    newcomer = boost.standing.newcomer and boost.multiplier == WHOLE
    return Candidate(one.creator, one.expected, boost.multiplier, one.category, held.cohort, newcomer)


def _bounds(visit: Visit, listing: Listing, limits: Limits, ids: Mapping[str, str], day: int) -> Bounds:
    """What the day has left: in all, to each creator and to each category of the list."""
    owners = {one.creator: ids.get(one.creator, one.creator) for one in listing.asked}
    categories = {one.category for one in listing.asked if one.category}
    told = orjson.dumps(list({"", *owners.values(), *categories})).decode()
    spent = {(sort, key): amount for sort, key, amount in visit.rows(sql.SPENT, listing.tenant, day, told)}
    return Bounds(
        max(0, min(listing.budget, limits.day - spent.get(("all", ""), 0))),
        limits.creator,
        limits.category,
        limits.exploration,
        {name: max(0, limits.creator - spent.get(("creator", owner), 0)) for name, owner in owners.items()},
        {key: max(0, limits.category - spent.get(("category", key), 0)) for key in categories},
    )


def _spent(granted: Sequence[Granted], ids: Mapping[str, str]) -> Counter[tuple[str, str]]:
    """What is spent in all, on exploration, and on each category and creator."""
    spent: Counter[tuple[str, str]] = Counter()
    for one in granted:
        if one.extra > 0:
            spent["all", ""] += one.extra
            spent["creator", ids.get(one.candidate.creator, one.candidate.creator)] += one.extra
            if one.why == "exploration":
                spent["explored", ""] += one.extra
            if one.candidate.category:
                spent["category", one.candidate.category] += one.extra
    return spent


def _unequal(granted: Sequence[Granted]) -> tuple[int, int]:
    """How unequal traffic is with what was granted, and without."""
    shown, expected = [max(0, one.shown) for one in granted], [one.candidate.expected for one in granted]
    return round(gini(shown) * WHOLE), round(gini(expected) * WHOLE)


def _told(listing: Listing, granted: Sequence[Granted], ids: Mapping[str, str]) -> bytes:
    """The order, each candidate with its place in what was asked."""
    places = {one.creator: place for place, one in enumerate(listing.asked)}
    return orjson.dumps(
        [
            [ids.get(name := one.candidate.creator, ""), one.candidate.expected, one.extra, one.why, places[name]]
            for one in granted
        ]
    )


def _write(visit: Visit, listing: Listing, ranking: Ranking, ids: Mapping[str, str], day: int) -> None:
    id_, seed, granted, budget, explored, _ = ranking
    tenant, scene, seal, spent = listing.tenant, listing.scene, listing.seal, _spent(granted, ids)
    told: dict[str, Any] = {
        "budget": budget,
        "candidates": len(granted),
        "day": day,
        "explored": explored,
        "granted": spent["all", ""],
        "scene": scene,
        "seed": seed,
    }
    row = (id_, tenant, day, visit.at, scene, seed, budget, told["granted"], explored, len(granted))
    key = [Write(insert("idempotency", 1), (visit.at, *seal[:4], orjson.dumps([id_]).decode()))] if seal else []
    visit.record(
        Act(BOOST_RANKED, id_, tenant, told),
        Write(sql.INSERT_RANKING, (*row, *_unequal(granted), _told(listing, granted, ids))),
        *(Write(sql.ADD_SPEND, (tenant, day, *of, amount)) for of, amount in spent.items()),
        *key,
    )
