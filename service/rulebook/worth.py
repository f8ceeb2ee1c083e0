"""Reads what people decided, and adds it up term by term: in pages, with rests, and once for all who ask."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import orjson

from moderation.types import LEXICON, PERSON
from service.rulebook.economics import REACH, Economics, Hit, Ruled
from service.rulebook.rehearsal import REST_SECONDS
from service.store.codec import told_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.store.rule_reads import RuleReads

MOST: Final = 20_000
"""So many decisions of people are looked at, the newest."""
PAGE: Final = 60
"""Decisions that are read at once: adding them up holds the event loop for about 2 ms."""
KEPT: Final = 8
_REVIEW, _BLOCK = "review", "block"


class Worth:
    """Keeps what was added up last, by tenant, until a person decides again."""

    def __init__(self, reads: RuleReads) -> None:
        self._reads = reads
        self._known: OrderedDict[str, tuple[tuple[int, int], Economics]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, tenant: str) -> Economics:
        """What a tenant's terms are worth by all that its people decided, up to ``MOST`` decisions."""
        async with self._turn:
            last = await self._reads.last_ruled(tenant)
            known = self._known.pop(tenant, None)
            if known is None or known[0] != last:
                known = last, await self._added(tenant, last[0] + 1)
            self._known[tenant] = known
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return known[1]

    async def _added(self, tenant: str, below: int) -> Economics:
        economics = Economics()
        seconds = await self._reads.timed(tenant, limit=MOST)
        left = MOST
        while left > 0:
            page = await self._reads.ruled(tenant, below, limit=min(PAGE, left))
            for row in page:
                if (ruled := ruled_from(row, seconds)) is not None:
                    economics.add(ruled)
            if len(page) < min(PAGE, left):
                break
            left, below = left - len(page), page[-1][0]
            await asyncio.sleep(REST_SECONDS)
        for scene, verdict in await self._reads.upheld(tenant, limit=MOST):
            hits = _hits(orjson.loads(verdict).get("evidence", ()), None, b"")
            economics.add(Ruled(scene, reviewed=False, hits=[hit._replace(upheld=True) for hit in hits]))
        return economics


def ruled_from(row: Sequence[Any], seconds: Mapping[str, float]) -> Ruled | None:
    """What a person's last word says of the engine's findings; nothing where it restored what the engine had said."""
    _, decision, scene, action, blob, engine_action, engine_blob, body = row
    if action == _REVIEW or engine_action not in {_REVIEW, _BLOCK} or (action, blob) == (engine_action, engine_blob):
        return None
    told, before = orjson.loads(blob), orjson.loads(engine_blob)
    set_aside = {(one["rule"], *one["span"]) for one in told.get("exemptions", ()) if one["code"] == PERSON}
    hits = _hits(before.get("evidence", ()), set_aside, body)
    return Ruled(scene, engine_action == _REVIEW, hits, seconds.get(decision, 0.0))


def _hits(evidence: Iterable[Mapping[str, Any]], set_aside: set[tuple[Any, ...]] | None, body: bytes) -> list[Hit]:
    """The findings of terms; those that a person set aside were false."""
    parts = [text for _, text in told_in(body)["parts"]] if body else []
    found = []
    for one in evidence:
        if one["source"] != LEXICON:
            continue
        number, start, end = one["span"]
        text = parts[number] if number < len(parts) and not one.get("folds") else ""
        upheld = set_aside is not None and (one["rule"], number, start, end) not in set_aside
        found.append(
            Hit(
                one["rule"],
                one["category"],
                upheld,
                one["weight"],
                text[max(0, start - REACH) : start],
                text[start:end],
                text[end : end + REACH],
            )
        )
    return found
