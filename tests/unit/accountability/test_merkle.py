"""Facts of the trees: the published vectors, and what must hold of every tree."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.accountability.merkle import (
    EMPTY,
    Frontier,
    Kept,
    Tree,
    consistency_path,
    consistent,
    included,
    inclusion_path,
    leaf_hash,
    node_hash,
    ranges,
    root_of,
)

# The leaves, roots and proofs that Certificate Transparency's implementations test themselves with.
INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PUBLISHED = [leaf_hash(bytes.fromhex(one)) for one in INPUTS]
MOST = 600
LEAVES = [leaf_hash(str(number).encode()) for number in range(MOST)]
ROOT = [Frontier().grown(LEAVES[:size]).root for size in range(MOST + 1)]
KEPT: list[Kept] = []
Frontier().grown(LEAVES, KEPT)


class Store:
    """What a tree is read from; it counts what was read."""

    def __init__(self, leaves=LEAVES, kept=KEPT):
        self.levels = {0: leaves}
        for one in kept:
            self.levels.setdefault(one.level, []).append(one.hash)
        self.asked = []

    def __call__(self, level, place, count):
        found = self.levels.get(level, [])[place : place + count]
        self.asked.append(len(found))
        return found


sizes = st.integers(1, MOST)


# The published vectors


def test_the_empty_tree_has_the_published_root():
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == Frontier().root == EMPTY


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_are_found(size):
    assert root_of(PUBLISHED[:size]).hex() == ROOTS[size - 1]
    assert Frontier().grown(PUBLISHED[:size]).root.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), INCLUSIONS)
def test_the_published_proofs_of_inclusion_are_found_and_hold(index, size):
    proof = Tree(Store(PUBLISHED, [])).inclusion(index, size)
    assert [one.hex() for one in proof] == INCLUSIONS[index, size]
    assert included(PUBLISHED[index], index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new"), CONSISTENCIES)
def test_the_published_proofs_of_consistency_are_found_and_hold(old, new):
    proof = Tree(Store(PUBLISHED, [])).consistency(old, new)
    assert [one.hex() for one in proof] == CONSISTENCIES[old, new]
    assert consistent(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), proof)


# Every tree


@pytest.mark.parametrize("size", [*range(20), 255, 256, 257, 511, 512, 513, 600])
def test_adding_leaf_by_leaf_gives_the_root_of_the_definition(size):
    assert ROOT[size] == root_of(LEAVES[:size])
    assert len(ranges(size)) == size.bit_count()


@given(sizes, sizes)
def test_a_tree_grown_in_two_steps_is_the_one_grown_in_one(first, second):
    first, second = sorted((first, second))
    kept = []
    grown = Frontier().grown(LEAVES[:first], kept).grown(LEAVES[first:second], kept)
    assert grown == Frontier().grown(LEAVES[:second])
    assert kept == [one for one in KEPT if (one.place + 1) << 8 * one.level <= second]


def test_roots_of_complete_subtrees_are_kept_when_they_are_complete():
    many = [leaf_hash(number.to_bytes(3, "big")) for number in range(1 << 16)]
    kept = []
    Frontier().grown(many[:-1], kept)
    assert [(one.level, one.place) for one in kept] == [(1, place) for place in range(255)]
    Frontier().grown(many[:-1]).grown(many[-1:], kept)
    assert [(one.level, one.place) for one in kept[255:]] == [(1, 255), (2, 0)]
    assert kept[-1].hash == root_of([one.hash for one in kept[:-1]]) == root_of(many)


@given(st.data(), sizes)
def test_every_leaf_is_proved_in_every_tree_that_has_it_and_in_no_other_place(data, size):
    index = data.draw(st.integers(0, size - 1))
    proof = Tree(Store()).inclusion(index, size)
    assert included(LEAVES[index], index, size, proof, ROOT[size])
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index)) if size > 1 else size
    assert not included(LEAVES[index], other, size, proof, ROOT[size])
    assert not included(LEAVES[(index + 1) % MOST], index, size, proof, ROOT[size])
    assert not included(LEAVES[index], index, size, proof, ROOT[size - 1])
    assert not included(LEAVES[index], index, size, [*proof, EMPTY], ROOT[size])


@given(sizes, sizes)
def test_every_tree_is_proved_to_begin_every_later_one(old, new):
    old, new = sorted((old, new))
    proof = Tree(Store()).consistency(old, new)
    assert consistent(old, ROOT[old], new, ROOT[new], proof)
    assert not consistent(old, ROOT[old - 1], new, ROOT[new], proof)
    assert not consistent(old, ROOT[old], new, ROOT[new - 1], proof)
    assert not consistent(old, ROOT[old], new, ROOT[new], [*proof, EMPTY])


@given(st.data(), sizes, sizes)
def test_a_proof_with_one_bit_changed_one_hash_less_or_two_exchanged_proves_nothing(data, old, new):
    old, new = sorted((old, new))
    proof = Tree(Store()).consistency(old, new)
    inclusion = Tree(Store()).inclusion(old - 1, new)
    for hashes, holds in (
        (proof, lambda it: consistent(old, ROOT[old], new, ROOT[new], it)),
        (inclusion, lambda it: included(LEAVES[old - 1], old - 1, new, it, ROOT[new])),
    ):
        if not hashes:
            continue
        place, bit = data.draw(st.integers(0, len(hashes) - 1)), data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(hashes[place], "big") ^ 1 << bit).to_bytes(32, "big")
        assert not holds([*hashes[:place], flipped, *hashes[place + 1 :]])
        assert not holds([*hashes[:place], *hashes[place + 1 :]])
        if len(hashes) > 1:
            assert not holds(hashes[::-1])


def test_all_pairs_of_small_trees_are_proved():
    tree = Tree(Store())
    for new in range(1, 65):
        for old in range(1, new + 1):
            assert consistent(old, ROOT[old], new, ROOT[new], tree.consistency(old, new))
        for index in range(new):
            assert included(LEAVES[index], index, new, tree.inclusion(index, new), ROOT[new])


def test_a_tree_knows_what_it_was_with_fewer_leaves():
    for size in (0, 1, 255, 256, 300, 512, MOST):
        assert Tree(Store()).frontier(size) == Frontier().grown(LEAVES[:size])


def test_a_proof_reads_few_hashes():
    leaves = [leaf_hash(number.to_bytes(3, "big")) for number in range(100_000)]
    kept = []
    grown = Frontier().grown(leaves, kept)
    store = Store(leaves, kept)
    assert included(leaves[77_777], 77_777, 100_000, Tree(store).inclusion(77_777, 100_000), grown.root)
    assert max(store.asked) <= 256
    assert len(store.asked) <= 2 * 3


# What is no proof, and no tree


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (7, -1)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_path(index, size)
    assert not included(LEAVES[0], index, size, [], ROOT[1])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_a_tree_has_not_grown_from_a_larger_one_nor_from_nothing(old, new):
    with pytest.raises(ValueError, match="cannot have grown"):
        consistency_path(old, new)


def test_nothing_is_the_beginning_of_every_tree_and_takes_no_proof():
    assert consistent(0, EMPTY, 5, ROOT[5], [])
    assert consistent(0, EMPTY, 0, EMPTY, [])
    assert not consistent(0, ROOT[1], 5, ROOT[5], [])
    assert not consistent(0, EMPTY, 5, ROOT[5], [EMPTY])
    assert not consistent(5, ROOT[5], 5, ROOT[5], [EMPTY])
    assert not consistent(5, ROOT[5], 5, ROOT[6], [])
    assert not consistent(6, ROOT[6], 5, ROOT[5], [])
    assert not consistent(3, ROOT[3], 5, ROOT[5], [])
    assert not consistent(-1, ROOT[3], 5, ROOT[5], [])


@pytest.mark.parametrize("wrong", [b"", b"short", b"x" * 33])
def test_what_is_no_hash_proves_nothing(wrong):
    assert not included(LEAVES[0], 0, 2, [wrong], node_hash(LEAVES[0], wrong))
    assert not included(wrong, 0, 1, [], wrong)
    assert not consistent(1, LEAVES[0], 2, node_hash(LEAVES[0], wrong), [wrong])


@pytest.mark.parametrize(("size", "count"), [(-1, 0), (0, 1), (3, 1), (4, 2)])
def test_a_frontier_has_a_hash_for_each_bit_of_its_size(size, count):
    with pytest.raises(ValueError, match="are no tree of"):
        Frontier(size, (EMPTY,) * count)


def test_a_frontier_holds_whole_hashes():
    with pytest.raises(ValueError, match="are no tree of"):
        Frontier(1, (b"short",))


def test_hashes_that_are_missing_are_told():
    with pytest.raises(ValueError, match="of level 0, place 4 and 1 on, 0 hashes are kept"):
        Tree(Store(LEAVES[:4], [])).frontier(5)


def test_a_leaf_cannot_be_taken_for_a_node():
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()
