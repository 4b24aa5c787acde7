"""The blocked kernel against its definition, pair by pair."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hitsieve.chem.counts import CountFingerprints, count_fingerprints
from hitsieve.scoring.minmax import BLOCK, MinMaxReference

Rows = list[dict[int, int]]
ROWS = st.lists(st.dictionaries(st.integers(0, 40), st.integers(1, 6), max_size=12), max_size=12)


def _fingerprints(rows: Rows) -> CountFingerprints:
    pairs = [sorted(row.items()) for row in rows]
    return CountFingerprints(
        np.cumsum([0, *(len(row) for row in pairs)], dtype=np.int64),
        np.array([feature for row in pairs for feature, _ in row], dtype=np.uint32),
        np.array([count for row in pairs for _, count in row], dtype=np.uint16),
    )


def _expected(queries: Rows, references: Rows) -> np.ndarray:
    found = np.zeros((len(queries), len(references)), np.float32)
    for i, query in enumerate(queries):
        for j, other in enumerate(references):
            keys = set(query) | set(other)
            least = sum(min(query.get(k, 0), other.get(k, 0)) for k in keys)
            most = sum(max(query.get(k, 0), other.get(k, 0)) for k in keys)
            found[i, j] = np.float32(least) / np.float32(most) if most else 1
    return found


@given(queries=ROWS, references=ROWS)
@settings(deadline=None, max_examples=60)
def test_equals_the_definition(queries: Rows, references: Rows) -> None:
    reference = MinMaxReference(_fingerprints(references))
    found = reference.similarity(_fingerprints(queries))
    assert_array_equal(found, _expected(queries, references))


def test_a_value_does_not_depend_on_the_block_to_the_last_bit() -> None:
    smiles = ["c1ccccc1C(=O)O", "CCO", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "OCC1CCCCN1"] * 200
    counts = count_fingerprints(smiles, "atom_pairs")
    assert len(counts) > BLOCK
    reference = MinMaxReference(counts.take(np.arange(40)))
    whole = reference.similarity(counts)
    assert_array_equal(whole[-3:], reference.similarity(counts.take(np.arange(len(counts))[-3:])))
    assert (np.diag(whole) == 1).all()


def test_frequent_and_rare_levels_both_count() -> None:
    rows: Rows = [{0: 3, 1: 1} for _ in range(300)] + [{0: 2, 7: 1}]
    reference = MinMaxReference(_fingerprints(rows))
    assert_array_equal(
        reference.similarity(_fingerprints([{0: 2, 7: 1}])), _expected([{0: 2, 7: 1}], rows)
    )
