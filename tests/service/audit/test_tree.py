"""The Merkle tree is that of RFC 9162: reference vectors, every size, and proofs that must not pass."""

from __future__ import annotations

import random

import pytest

from service.audit import tree
from service.audit.tree import (
    EMPTY,
    Frontier,
    ProofRefused,
    consistency,
    inclusion,
    leaf_hash,
    node_hash,
    range_proof,
    root_of,
    split,
    verify_consistency,
)
from tests.service.audit.proved import range_root, verify_inclusion

# The reference vectors of Certificate Transparency: eight leaves, and the roots of the trees of the first n.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION_0_OF_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
CONSISTENCY_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def naive(leaves):
    """The definition of RFC 9162, section 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    left = split(len(leaves))
    return node_hash(naive(leaves[:left]), naive(leaves[left:]))


class Tree:
    """Leaves with the roots of all that was asked."""

    def __init__(self, size):
        self.leaves = [leaf_hash(b"%d" % number) for number in range(size)]
        self.known = {}
        frontier, self.roots = Frontier(), [EMPTY]
        for leaf in self.leaves:
            frontier.append(leaf)
            self.roots.append(frontier.root())

    def __call__(self, first, leaves):
        if (first, leaves) not in self.known:
            self.known[first, leaves] = naive(self.leaves[first : first + leaves])
        return self.known[first, leaves]


@pytest.fixture(scope="module")
def grown():
    return Tree(300)


def test_roots_and_proofs_are_those_of_the_reference():
    hashed = [leaf_hash(leaf) for leaf in LEAVES]
    assert [root_of(hashed[:size]).hex() for size in range(9)] == ROOTS

    def subtrees(first, leaves):
        return naive(hashed[first : first + leaves])

    assert [one.hex() for one in inclusion(subtrees, 0, 8)] == INCLUSION_0_OF_8
    assert [one.hex() for one in consistency(subtrees, 6, 8)] == CONSISTENCY_6_TO_8


def test_every_size_to_300_has_the_root_of_the_definition(grown):
    assert all(grown.roots[size] == naive(grown.leaves[:size]) for size in range(0, 301, 30))
    assert grown.roots[300] == root_of(grown.leaves)


@pytest.mark.parametrize("sizes", [range(1, 21), pytest.param(range(21, 301), marks=pytest.mark.slow)])
def test_every_leaf_of_every_size_is_proved(grown, sizes):
    for size in sizes:
        for index in range(size):
            verify_inclusion(grown.leaves[index], index, size, inclusion(grown, index, size), grown.roots[size])


@pytest.mark.parametrize("sizes", [range(1, 21), pytest.param(range(21, 301), marks=pytest.mark.slow)])
def test_every_size_is_proved_to_go_on_from_every_smaller_one(grown, sizes):
    for new in sizes:
        for old in range(new + 1):
            verify_consistency(old, grown.roots[old], new, grown.roots[new], consistency(grown, old, new))


@pytest.mark.parametrize("sizes", [(1, 2, 7, 64, 100), pytest.param(range(1, 301), marks=pytest.mark.slow)])
def test_every_range_with_its_proof_leads_to_the_root(grown, sizes):
    for size in sizes:
        for first in range(0, size + 1, 13):
            for end in range(first, size + 1, 11):
                proof = range_proof(grown, first, end, size)
                assert range_root(grown.leaves[first:end], first, end, size, proof) == grown.roots[size]


def test_the_largest_trees_are_proved_at_their_edges(grown):
    for size in (255, 256, 257, 299, 300):
        for index in (0, 1, size // 2, size - 1):
            verify_inclusion(grown.leaves[index], index, size, inclusion(grown, index, size), grown.roots[size])
        for old in (1, 2, 128, size - 1):
            verify_consistency(old, grown.roots[old], size, grown.roots[size], consistency(grown, old, size))


def spoilt(proof, chance):
    """A proof with one thing wrong."""
    how = chance.choice(["flip", "drop", "add", "swap"]) if proof else "add"
    proof = list(proof)
    place = chance.randrange(len(proof)) if proof else 0
    if how == "flip":
        proof[place] = bytes([proof[place][0] ^ 1]) + proof[place][1:]
    elif how == "drop":
        del proof[place]
    elif how == "add" or len(set(proof)) < 2:
        proof.insert(place, b"\0" * 32)
    else:
        other = chance.choice([each for each in range(len(proof)) if proof[each] != proof[place]])
        proof[place], proof[other] = proof[other], proof[place]
    return proof


def test_no_spoilt_proof_passes(grown):
    chance = random.Random(9)
    for _ in range(150):
        size = chance.randrange(1, 301)
        index, old = chance.randrange(size), chance.randrange(size + 1)
        with pytest.raises(ProofRefused):
            proof = spoilt(inclusion(grown, index, size), chance)
            verify_inclusion(grown.leaves[index], index, size, proof, grown.roots[size])
        with pytest.raises(ProofRefused):
            proof = spoilt(consistency(grown, old, size), chance)
            verify_consistency(old, grown.roots[old], size, grown.roots[size], proof)


def test_no_proof_passes_for_another_leaf_place_size_or_root(grown):
    chance = random.Random(10)
    for _ in range(80):
        size = chance.randrange(2, 301)
        index = chance.randrange(size)
        proof = inclusion(grown, index, size)
        other = (index + chance.randrange(1, size)) % size
        for leaf, place, root in (
            (grown.leaves[other], index, grown.roots[size]),
            (grown.leaves[index], index, grown.roots[size - 1]),
        ):
            with pytest.raises(ProofRefused):
                verify_inclusion(leaf, place, size, proof, root)
        old = chance.randrange(1, size)
        with pytest.raises(ProofRefused):
            verify_consistency(old, grown.roots[old - 1], size, grown.roots[size], consistency(grown, old, size))


def test_what_cannot_be_is_refused(grown):
    for proof, *asked in ((inclusion, 3, 3), (consistency, 4, 3), (range_proof, 2, 1, 3)):
        with pytest.raises(ValueError, match="lea"):
            proof(grown, *asked)
    with pytest.raises(ProofRefused):
        verify_inclusion(grown.leaves[0], 5, 3, [], grown.roots[3])
    with pytest.raises(ProofRefused):
        verify_consistency(5, grown.roots[5], 3, grown.roots[3], [])
    with pytest.raises(ProofRefused):
        verify_consistency(3, grown.roots[3], 3, grown.roots[4], [])
    with pytest.raises(ValueError, match="subtrees"):
        Frontier(3, [b""])


def test_a_tree_that_hashes_leaves_like_nodes_can_be_fooled(grown, monkeypatch):
    """The sabotage twin: without the prefixes two leaves pass for the node over them."""
    left, right = grown.leaves[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    monkeypatch.setattr(tree, "leaf_hash", lambda leaf: tree.sha256(leaf).digest())
    monkeypatch.setattr(tree, "node_hash", lambda left, right: tree.sha256(left + right).digest())
    assert tree.leaf_hash(left + right) == tree.node_hash(left, right)
