"""What the entries of one version have to become, given what is final about it. Pure; it never looks at reports.

A version counts once, by the newest decision on it, and only while a block of it is final and stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class FinalBlock(NamedTuple):
    """A block of a version that is final and stands, by the newest decision: its severity and its categories."""

    decision: str
    since: int
    occurred: int
    scene: str
    severity: int
    categories: str


class BlockFacts(NamedTuple):
    """What is known of a block: when it became final, if it did, and whether it stands."""

    decision: str
    final_at: int | None
    stands: bool


class Known(NamedTuple):
    """A violation entry of the version that counts, with the newest reversal of an earlier one, if any."""

    id: str
    decision: str
    severity: int
    categories: str


class Wanted(NamedTuple):
    """What has to be appended: reversals of these entries, then this violation."""

    reverse: tuple[str, ...] = ()
    violation: FinalBlock | None = None


def final_of(blocks: Sequence[BlockFacts], newest: FinalBlock) -> FinalBlock | None:
    """What counts of a version: nothing unless a block is final and stands. ``newest`` is of the newest decision."""
    ends = [(block.final_at, block.decision) for block in blocks if block.final_at is not None and block.stands]
    if not ends:
        return None
    since, decision = min(ends)
    return newest._replace(decision=decision, since=since)


def wanted(final: FinalBlock | None, known: Sequence[Known]) -> Wanted:
    """What makes the entries say what is final: at most one violation, with the right severity and categories."""
    fitting = [one for one in known if final and (one.severity, one.categories) == (final.severity, final.categories)]
    keep = fitting[:1]
    reverse = tuple(one.id for one in known if one not in keep)
    return Wanted(reverse, None if keep else final)
