"""Creators for the demo, with half a year behind them, so that pages have something to show. None of them exists.

What happened before the demo began is entered with the times at which it would have been; the acts that tell of it bear
the time of the demo.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from service.creators.boosts import Entrant, Listing, rank_in
from service.creators.entries import DAY, Entry, Kind
from service.creators.members import Profile
from service.creators.posting import member, post, seconds
from service.ids import later, new_id, now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.acts import Act
    from service.creators.book import Held
    from service.creators.boosts import Limits
    from service.ports import Column, Row, Visit, Words, Write
    from service.wiring import Service

DAYS: Final = 200
_NAMES: Final = (
    *("茶山阿婆", "小满厨房", "老周修表", "青禾童书", "云朵烘焙", "海边的阿杰", "一只豆包", "北街酒铺", "山货铺子"),
    *("果园老陈", "每日一碗面", "木工阿强", "小鹿穿搭", "旧书店长", "周末露营", "花间手作", "阿美护肤", "数码老张"),
    *("甜橙育儿", "骑行南方", "稻田日记", "巷口理发", "拾光相机", "南山健身"),
)
_KINDS: Final = ("absolute_claim", "false_fact_claim", "price_deception", "contact_diversion", "spam_flood")


class _Then:
    """A visit at an earlier time: what it reads and records is the visit's own."""

    def __init__(self, visit: Visit, at: str) -> None:
        self._visit, self.at = visit, at

    def rows(self, sql: str, *values: Column) -> list[tuple[Any, ...]]:
        return self._visit.rows(sql, *values)

    def record(self, act: Act, *writes: Write | Words) -> int:
        return self._visit.record(act, *writes)

    def derive(self, *writes: Write) -> None:
        raise NotImplementedError("the demo writes with acts alone")

    def record_many(self, acts: Sequence[Act], sql: str, rows: Sequence[Row]) -> None:
        self._visit.record_many(acts, sql, rows)


async def created(service: Service, tenant: str) -> None:
    """Enrols the creators of the demo, unless they are there, with what they did, and ranks them for some days."""
    parts, rng = service.creators, Random(117)  # noqa: S311 - the same demo every time
    if await parts.reads.named(tenant, _NAMES[0]) is not None:
        return
    until = seconds(now()) + 365 * DAY
    for number, name in enumerate(_NAMES):
        role = ("host", "seller", "creator")[number % 3]
        verified = {"identity": until} if number % 7 else {}
        await parts.members.put(tenant, name, Profile(role, "default", None, None, verified))
        care = rng.random()
        await service.ledger.visit(partial(_lived, tenant=tenant, name=name, care=care, rng=rng))
    await parts.members.link(tenant, _NAMES[0], "wechat", "chashan-wx")
    await _ranked_for_days(service, tenant, rng)
    for name in _NAMES:
        await parts.measures.ruled(tenant, name)


def _lived(visit: Visit, *, tenant: str, name: str, care: float, rng: Random) -> None:
    """Half a year: clean days, signals, a few violations, one of them overturned, a training."""
    owner = member(visit, tenant, name).id
    began = DAYS if rng.random() < 0.85 else 14  # noqa: PLR2004 - some are new
    for day in range(began, 0, -1):
        then = _Then(visit, later(visit.at, -day * DAY + rng.randrange(30_000)))
        at = seconds(then.at)
        if rng.random() < 0.3 + care * 0.4:
            id_ = new_id()
            item = Entry(id_, Kind.OBSERVATION, f"published:{id_}", 0, at, at, "published", 100, "", "ugc", id_)
            post(then, tenant, owner, item)
        if day % 9 == 0:
            for signal, least in (("engagement", 40), ("after_sales", 55), ("disclosure", 60)):
                value = min(100, least + round(care * 40) + rng.randrange(20))
                entry = Entry(new_id(), Kind.OBSERVATION, f"{signal}:{day}", 0, at, at, signal, value)
                post(then, tenant, owner, entry)
        if rng.random() < (1 - care) ** 2 * 0.08:
            id_, kind = new_id(), rng.choice(_KINDS)
            severity = rng.choice((1, 2, 2, 3))
            post(then, tenant, owner, Entry(id_, Kind.VIOLATION, f"demo:{id_}", 0, at, at, kind, severity, "", "ugc"))
            if rng.random() < 0.2 and day > 6:  # noqa: PLR2004 - some appeals succeed
                back = _Then(visit, later(then.at, 5 * DAY))
                post(back, tenant, owner, Entry(new_id(), Kind.REVERSAL, f"reversal:{id_}", 0, 0, ref=id_))
        if day == 100 and care > 0.5:  # noqa: PLR2004 - who cares learns
            post(then, tenant, owner, Entry(new_id(), Kind.TRAINING, f"training:{day}", 0, at))


async def _ranked_for_days(service: Service, tenant: str, rng: Random) -> None:
    parts = service.creators
    held = await parts.book.standings(tenant, list(_NAMES))
    for day in range(14, -1, -1):
        for scene in ("ugc", "live_speech"):
            asked = [
                Entrant(name, rng.randrange(800, 20_000), rng.choice(("food", "home", "beauty"))) for name in _NAMES
            ]
            listing = Listing(tenant, scene, asked, rng.randrange(8_000, 20_000))
            await service.ledger.visit(
                partial(_ranked, day=day, listing=listing, held=held, limits=parts.boosts.limits)
            )


def _ranked(visit: Visit, *, day: int, listing: Listing, held: Mapping[str, Held], limits: Limits) -> None:
    rank_in(_Then(visit, later(visit.at, -day * DAY)), listing, held, limits)
