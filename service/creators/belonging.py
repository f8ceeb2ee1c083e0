"""Whose an entry is: entries stand with the account on which they happened, and a creator is the accounts linked to it.

What an account did comes along when it is linked, and stays when it is unlinked: nobody leaves violations behind. What
an account earned before it was linked does not come along: nobody buys merits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.creators.entries import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.creators.entries import Entry


class Link(NamedTuple):
    """An account as a creator's, from and until seconds since 1970; without an end while it lasts."""

    account: str
    since: int
    until: int | None = None


def counting(creator: str, of_account: Mapping[str, Sequence[Entry]], links: Iterable[Link]) -> list[Entry]:
    """The entries that are a creator's: all of its own id, and what accounts bring that are or were linked to it."""
    found = list(of_account.get(creator, ()))
    by_account: dict[str, list[Link]] = {}
    for link in links:
        by_account.setdefault(link.account, []).append(link)
    for account, held in by_account.items():
        if account != creator:
            entries = of_account.get(account, ())
            happened = {
                name: one.occurred
                for one in entries
                if one.kind == Kind.VIOLATION
                for name in (one.id, one.mark)
                if name
            }
            found += [entry for entry in entries if any(brought(entry, link, happened) for link in held)]
    return found


def brought(entry: Entry, link: Link, happened: Mapping[str, int]) -> bool:
    """Whether an entry of a linked account counts for the creator.

    A violation stays with whose account it was when it ``happened``, whenever it became final; its correction with it.
    """
    at = entry.since
    if entry.kind == Kind.VIOLATION:
        at = entry.occurred
    elif entry.kind == Kind.CORRECTION:
        at = happened.get(entry.ref, at)
    if link.until is not None and at > link.until and entry.kind != Kind.REVERSAL:
        return False
    return entry.since >= link.since or entry.kind in {Kind.VIOLATION, Kind.REVERSAL, Kind.CORRECTION}
