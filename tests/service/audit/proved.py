"""What whoever is given a proof of the log does with it, by RFC 9162 and by the exports' own verifier."""

from __future__ import annotations

from service.audit.tree import ProofRefused, node_hash, parts
from service.audit.verify_export import rooted


def verify_inclusion(leaf, index, size, proof, root):
    """RFC 9162, section 2.1.3.2. ``leaf`` is its hash. Raises ``ProofRefused``."""
    if not 0 <= index < size:
        raise ProofRefused(f"no leaf {index} in a tree of {size}")
    number, last, made = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise ProofRefused("the proof is too long")
        if number & 1 or number == last:
            made = node_hash(beside, made)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            made = node_hash(made, beside)
        number, last = number >> 1, last >> 1
    if last != 0:
        raise ProofRefused("the proof is too short")
    if made != root:
        raise ProofRefused("the proof leads to another root")


def range_root(leaves, first, end, size, proof):
    """The root of the whole tree from the leaves of a range and its proof, as ``verify_export`` makes it."""
    left, right = list(parts(0, first)), list(parts(end, size))
    beside = [(wide, root) for (_, wide), root in zip((*left, *right), proof, strict=True)]
    return rooted([*beside[: len(left)], *((1, leaf) for leaf in leaves), *beside[len(left) :]])
