"""The whole log against the acts: what in it does not follow from them. Reads all of both, and what else there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.audit.note import opened, verifier_from
from service.audit.reads import WIDTH
from service.audit.tree import Frontier, leaf_hash
from service.store import audit_statements as sql

if TYPE_CHECKING:
    from service.audit.note import Verifier
    from service.audit.reads import LogReads, Signed

_CHUNK: Final = 4096
_DATABASE: Final = "qingliu.db"


def wrong_in(reads: LogReads) -> list[str]:
    """What in the log does not follow from the acts: tiles, checkpoints, signatures; first, what the database broke."""
    if broken := reads.damage():
        return [f"{_DATABASE}: {one}" for one in broken]
    keys = [verifier_from(one) for one, _, _ in reads.signers()]
    points = {one.size: one for one in reads.checkpoints(below=1 << 62, limit=1 << 40)}
    frontier, wrong, size = Frontier(), [], reads.size()
    leaves: list[bytes] = []
    for start in range(0, size, _CHUNK):
        for (body,) in reads.rows(sql.LEAVES, start, min(start + _CHUNK, size)):
            leaf = leaf_hash(body)
            frontier.append(leaf)
            leaves.append(leaf)
            if (point := points.pop(frontier.size, None)) is not None:
                wrong += _wrong_point(point, frontier.root(), keys)
        wrong += _wrong_tiles(reads, start, leaves)
        leaves = leaves[len(leaves) // WIDTH * WIDTH :]
    return wrong + [f"checkpoint {point}: there are only {size} acts" for point in sorted(points)]


def _wrong_point(point: Signed, root: bytes, keys: list[Verifier]) -> list[str]:
    if point.root != root:
        return [f"checkpoint {point.size}: another root"]
    for one in keys:
        try:
            told = opened(point.note, one)
        except ValueError:
            continue
        if (told.size, told.root, told.at) == (point.size, root, point.at):
            return []
    return [f"checkpoint {point.size}: no known key signed it"]


def _wrong_tiles(reads: LogReads, start: int, leaves: list[bytes]) -> list[str]:
    first = start // WIDTH
    rows = reads.rows(sql.TILE_HASHES, first, first + len(leaves) // WIDTH)
    return [
        f"tile {first + number}: not the hashes of its acts"
        for number, (hashes,) in enumerate(rows)
        if hashes != b"".join(leaves[number * WIDTH : (number + 1) * WIDTH])
    ]
