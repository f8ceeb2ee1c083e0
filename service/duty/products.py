"""Products and their certificates: what is sold on air, and what must be on file for it (Order 117, 27)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from service.acts import PRODUCT_FILED, Act
from service.duty.words import parts_of, written
from service.ids import new_id
from service.ports import Write
from service.store import duty_statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import aiosqlite

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

WARNED: Final = timedelta(days=30)
"""So long before its end a proof or a certificate is announced."""


class Paper(NamedTuple):
    """A certificate: of what kind, with which number, and the last day on which it holds."""

    kind: str
    number: str
    valid_to: date | None = None

    def state(self, day: date) -> str:
        """``valid``, ``ending`` (within 30 days) or ``expired``."""
        if self.valid_to is None or self.valid_to - day > WARNED:
            return "valid"
        return "expired" if self.valid_to < day else "ending"


class Product(NamedTuple):
    """A product by the tenant's own id, as hosts call it. ``filed_at`` is RFC 3339 UTC."""

    id: str
    name: str
    industry: str | None
    papers: tuple[Paper, ...]
    by: str = ""
    filed_at: str = ""

    def numbers(self, day: date) -> tuple[str, ...]:
        """The numbers of the certificates that hold on a day."""
        return tuple(paper.number for paper in self.papers if paper.state(day) != "expired")


class UnknownProduct(LookupError):
    """A product that the tenant has not filed."""


class Products:
    """Keeps its ways to the database."""

    def __init__(self, ledger: Ledger, connection: aiosqlite.Connection) -> None:
        self._ledger, self._connection = ledger, connection

    async def file(self, caller: Caller, product: Product) -> None:
        """Files a product, or files it anew with other certificates. Raises ``ValueError`` for words not storable."""
        words = [("name", product.name), *((f"number{n}", paper.number) for n, paper in enumerate(product.papers))]

        def work(visit: Visit) -> None:
            known = visit.rows(sql.PRODUCT_ROW, caller.tenant, product.id)
            id_ = known[0][0] if known else new_id()
            text = written(caller, f"product-{new_id()}", words, visit.at)
            papers = [
                (new_id(), id_, place, paper.kind, paper.valid_to.isoformat() if paper.valid_to else None)
                for place, paper in enumerate(product.papers)
            ]
            facts = {
                "by": caller.id,
                "certificates": [row[0] for row in papers],
                "industry": product.industry or "",
                "text": text.facts,
            }
            new = (id_, caller.tenant, product.id, product.industry, caller.id, visit.at)
            again = (product.industry, caller.id, visit.at, id_)
            visit.record(
                Act(PRODUCT_FILED, id_, caller.tenant, facts),
                text.row,
                Write(sql.SET_PRODUCT, again) if known else Write(sql.INSERT_PRODUCT, new),
                Write(sql.END_CERTIFICATES, (visit.at, id_), must_change=False),
                *(Write(sql.INSERT_CERTIFICATE, row) for row in papers),
            )

        await self._ledger.visit(work)

    async def one(self, tenant: str, product: str) -> Product | None:
        """One product of a tenant."""
        rows = await self._connection.execute_fetchall(sql.PRODUCT, (tenant, product))
        return next((_product(*row) for row in rows), None)

    async def listed(self, tenant: str, *, after: str = "", limit: int) -> list[Product]:
        """The products of a tenant by their ids; ``after`` is the last one seen."""
        rows = await self._connection.execute_fetchall(sql.PRODUCTS, (tenant, after, limit))
        return [_product(*row) for row in rows]

    async def named(self, tenant: str, ids: Iterable[str]) -> list[Product]:
        """These products of a tenant, in that order. Raises ``UnknownProduct``."""
        asked = list(dict.fromkeys(ids))
        if not asked:
            return []
        rows = await self._connection.execute_fetchall(sql.PRODUCTS_NAMED, (tenant, orjson.dumps(asked).decode()))
        found = {product.id: product for product in (_product(*row) for row in rows)}
        if missing := next((one for one in asked if one not in found), None):
            raise UnknownProduct(missing)
        return [found[one] for one in asked]


def _product(  # noqa: PLR0913, PLR0917 - the columns of a row
    id_: str, body: bytes, industry: str | None, by: str, filed_at: str, papers: str
) -> Product:
    words = dict(parts_of(body))
    return Product(id_, words.get("name", ""), industry, tuple(_papers(words, orjson.loads(papers))), by, filed_at)


def _papers(words: dict[str, str], told: Sequence[tuple[int, str, str | None]]) -> Iterable[Paper]:
    for place, kind, valid_to in told:
        last = date.fromisoformat(valid_to) if valid_to else None
        yield Paper(kind, words.get(f"number{place}", ""), last)
