from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator

from hitsieve.chem.fingerprints import (
    MORGAN_BITS,
    morgan_bytes,
    morgan_from_smiles,
    nearest_tanimoto,
    tanimoto_matrix,
    unpack_bits,
)
from hitsieve.chem.molecule import parse

SMILES = [
    "CCO",
    "CCN",
    "c1ccccc1",
    "c1ccccc1O",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "CCO",
    "O=C(O)c1ccccc1",
]


def test_bits_are_rdkit_s_in_order() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=MORGAN_BITS)
    mol = parse(SMILES[4])
    bits = unpack_bits(np.frombuffer(morgan_bytes(mol), np.uint8)[None])[0]
    assert np.flatnonzero(bits).tolist() == list(generator.GetFingerprint(mol).GetOnBits())


def test_many_smiles_at_once() -> None:
    packed = morgan_from_smiles(SMILES)
    assert packed.shape == (len(SMILES), 256)
    assert [row.tobytes() for row in packed] == [morgan_bytes(parse(s)) for s in SMILES]
    assert morgan_from_smiles([]).shape == (0, 256)
    with pytest.raises(ValueError, match="SMILES 1 cannot be read"):
        morgan_from_smiles(["CCO", "CC(C"])


@pytest.mark.parametrize("block", [1, 3, 1024])
def test_similarities_are_rdkit_s(block: int) -> None:
    packed = morgan_from_smiles(SMILES)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=MORGAN_BITS)
    prints = [generator.GetFingerprint(parse(s)) for s in SMILES]
    expected = np.array([DataStructs.BulkTanimotoSimilarity(p, prints) for p in prints], np.float32)
    assert np.array_equal(tanimoto_matrix(packed, packed), expected)
    similarity, index = nearest_tanimoto(packed, packed[2:], block=block)
    assert np.array_equal(similarity, expected[:, 2:].max(axis=1))
    assert np.array_equal(index, expected[:, 2:].argmax(axis=1))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_any_block_gives_the_first_best(seed: int, n: int, m: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    query = rng.integers(0, 2, (n, 256), np.uint8)
    reference = rng.integers(0, 2, (m, 256), np.uint8)
    whole = tanimoto_matrix(query, reference)
    similarity, index = nearest_tanimoto(query, reference, block=block)
    assert np.array_equal(similarity, whole.max(axis=1))
    assert np.array_equal(index, whole.argmax(axis=1))


def test_edges() -> None:
    empty = np.zeros((2, 256), np.uint8)
    assert nearest_tanimoto(empty, empty)[0].tolist() == [0.0, 0.0]
    similarity, index = nearest_tanimoto(empty, empty[:0])
    assert similarity.tolist() == [0.0, 0.0]
    assert index.tolist() == [-1, -1]
    with pytest.raises(ValueError, match="uint8"):
        nearest_tanimoto(np.zeros((2, 2048), np.uint8), empty)
    with pytest.raises(ValueError, match="uint8"):
        unpack_bits(np.zeros((2, 256), np.float32))  # type: ignore[arg-type]
