"""The Merkle tree of RFC 9162 (hashing of RFC 6962): roots, inclusion, consistency and ranges. Pure; hashes are bytes.

A tree is known by ``Subtrees``, which gives the root of any whole subtree (``2**k`` leaves, aligned) below its size.
Proofs are lists of such roots in the order of the RFCs; what verifies them needs nothing but hashes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Subtrees = Callable[[int, int], bytes]
    """``subtrees(first, leaves)``: the root of the leaves from ``first`` on, ``leaves`` of them, a whole subtree."""

EMPTY: Final = sha256(b"").digest()
"""The root of no leaves."""
HASH_BYTES: Final = 32


class ProofRefused(ValueError):
    """A proof that does not lead where it should."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def split(leaves: int) -> int:
    """How many leaves the left half of a tree has: the largest power of two below ``leaves``, which is 2 at least."""
    return 1 << (leaves - 1).bit_length() - 1


class Frontier:
    """The roots of the whole subtrees that a growing tree is made of, the largest first."""

    __slots__ = ("size", "stack")

    def __init__(self, size: int = 0, stack: Iterable[bytes] = ()) -> None:
        self.size, self.stack = size, list(stack)
        if len(self.stack) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} whole subtrees, not {len(self.stack)}")

    def append(self, leaf: bytes) -> None:
        """Adds the hash of a leaf."""
        size, stack = self.size, self.stack
        while size & 1:
            leaf = sha256(b"\x01" + stack.pop() + leaf).digest()
            size >>= 1
        stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves."""
        return folded(self.stack)


def folded(stack: Sequence[bytes]) -> bytes:
    """The root over roots of whole subtrees, the largest first."""
    if not stack:
        return EMPTY
    root = stack[-1]
    for left in reversed(stack[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of some leaves, given their hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def parts(first: int, end: int) -> Iterator[tuple[int, int]]:
    """The whole subtrees that make up ``[first, end)``, from left to right: where each begins, how many leaves."""
    while first < end:
        aligned = first & -first or 1 << (end - first).bit_length()
        leaves = min(aligned, 1 << (end - first).bit_length() - 1)
        yield first, leaves
        first += leaves


def subroot(subtrees: Subtrees, first: int, end: int) -> bytes:
    """The root over ``[first, end)``, which has to be a node of some tree: aligned at its left."""
    return folded([subtrees(*part) for part in parts(first, end)])


def inclusion(subtrees: Subtrees, index: int, size: int) -> list[bytes]:
    """The proof that leaf ``index`` is in the tree of ``size`` leaves. Raises ``ValueError`` for one outside."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    first, end = 0, size
    path: list[bytes] = []
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            path.append(subroot(subtrees, middle, end))
            end = middle
        else:
            path.append(subroot(subtrees, first, middle))
            first = middle
    return path[::-1]


def consistency(subtrees: Subtrees, old: int, new: int) -> list[bytes]:
    """The proof that the tree of ``new`` leaves begins as the one of ``old``. Raises ``ValueError`` for old > new."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot go on from {old}")
    if old in {0, new}:
        return []
    first, end, whole = 0, new, True
    path: list[bytes] = []
    while old != end:
        middle = first + split(end - first)
        if old <= middle:
            path.append(subroot(subtrees, middle, end))
            end = middle
        else:
            path.append(subroot(subtrees, first, middle))
            first, whole = middle, False
    if not whole:
        path.append(subroot(subtrees, first, end))
    return path[::-1]


def verify_consistency(  # noqa: C901, PLR0912 - step by step as the RFC has it
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """RFC 9162, section 2.1.4.2. Raises ``ProofRefused``."""
    if not 0 <= old <= new:
        raise ProofRefused(f"a tree of {new} leaves cannot go on from {old}")
    if old in {0, new}:
        if proof:
            raise ProofRefused("the proof is too long")
        if old_root != (EMPTY if old == 0 else new_root):
            raise ProofRefused("two roots of one tree")
        return
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        raise ProofRefused("the proof is too short")
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    was = now = path[0]
    for beside in path[1:]:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if number & 1 or number == last:
            was, now = node_hash(beside, was), node_hash(beside, now)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            now = node_hash(now, beside)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise ProofRefused("the proof is too short")
    if was != old_root or now != new_root:
        raise ProofRefused("the proof leads to another root")


def range_proof(subtrees: Subtrees, first: int, end: int, size: int) -> list[bytes]:
    """The roots of the subtrees of a tree of ``size`` leaves that lie outside ``[first, end)``, from left to right.

    With them, and the leaves between, the root of the whole can be made. Raises ``ValueError`` for no such range.
    """
    if not 0 <= first <= end <= size:
        raise ValueError(f"no leaves {first} to {end} in a tree of {size}")
    return [subtrees(*part) for part in (*parts(0, first), *parts(end, size))]
