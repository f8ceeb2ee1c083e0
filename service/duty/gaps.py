"""What a show lacks of what Order 117 asks for. Nothing is forbidden here: it is told, and stays on record."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from service.duty.shows import CHECK_HOLDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.duty.products import Product
    from service.duty.proofs import OnFile
    from service.duty.scripts import Version
    from service.duty.shows import Show


class Gap(NamedTuple):
    """A code, and the id of what it is about."""

    code: str
    subject: str


class Filed(NamedTuple):
    """What is on file for a show: its products and proofs as they are now, the approved version of its script."""

    products: Sequence[Product]
    proofs: Sequence[OnFile]
    script: Version | None


def gaps(show: Show, filed: Filed, day: date) -> list[Gap]:
    """The gaps of a show on a day in China."""
    return [*_hosts(show, day), *_script(show, filed), *_papers(filed, day)]


def _hosts(show: Show, day: date) -> Iterator[Gap]:
    """Each host's identity is checked before the show, and anew every half year (8, 28)."""
    if not show.hosts:
        yield Gap("host_unchecked", show.room)
    for host in dict.fromkeys(one.host for one in show.hosts):
        days = [date.fromisoformat(one.checked_on) for one in show.hosts if one.host == host]
        done = [one for one in days if one <= day]
        if not done:
            yield Gap("host_unchecked", host)
        elif day - max(done) > CHECK_HOLDS:
            yield Gap("host_check_old", host)


def _script(show: Show, filed: Filed) -> Iterator[Gap]:
    """What will be said is reviewed before the show (30)."""
    if show.script is None:
        yield Gap("script_missing", show.room)
    elif filed.script is None:
        yield Gap("script_unapproved", show.script)


def _papers(filed: Filed, day: date) -> Iterator[Gap]:
    """Certificates of what is sold are checked and hold (27)."""
    for product in filed.products:
        if not product.papers:
            yield Gap("certificate_missing", product.id)
        elif any(paper.state(day) == "expired" for paper in product.papers):
            yield Gap("certificate_expired", product.id)
    for proof in filed.proofs:
        if proof.state(day) != "valid":
            yield Gap("proof_invalid", proof.value.id)
