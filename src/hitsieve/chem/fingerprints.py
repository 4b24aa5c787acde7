"""Morgan fingerprints as packed bits, and the nearest neighbor by Tanimoto similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from rdkit import DataStructs
from rdkit.Chem import rdFingerprintGenerator

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.chem.molecule import Mol

MORGAN_RADIUS: Final = 2
MORGAN_BITS: Final = 2048
MORGAN_BYTES: Final = MORGAN_BITS // 8

# RDKit writes bit 0 as the lowest of a byte.
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_generator = rdFingerprintGenerator.GetMorganGenerator(radius=MORGAN_RADIUS, fpSize=MORGAN_BITS)


def morgan_bytes(mol: Mol) -> bytes:
    """Return the Morgan fingerprint in 256 bytes, bit 0 first (highest bit of byte 0)."""
    text: bytes = DataStructs.BitVectToBinaryText(_generator.GetFingerprint(mol))
    return text.translate(_REVERSED)


def morgan_from_smiles(smiles: Sequence[str]) -> NDArray[np.uint8]:
    """Return the fingerprints of many SMILES, uint8 (n, 256).

    Raises
    ------
    ValueError
        Names the first SMILES that cannot be read.
    """
    packed = np.empty((len(smiles), MORGAN_BYTES), np.uint8)
    for row, text in enumerate(smiles):
        mol = parse(text)
        if mol is None:
            raise ValueError(f"SMILES {row} cannot be read: {text!r}")
        packed[row] = np.frombuffer(morgan_bytes(mol), np.uint8)
    return packed


def unpack_bits(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return single bits, uint8 (n, 2048) of 0 and 1, from packed ones, uint8 (n, 256)."""
    return np.unpackbits(_checked(packed), axis=1)


def nearest_tanimoto(
    query: NDArray[np.uint8], reference: NDArray[np.uint8], *, block: int = 1024
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the most similar reference of every query.

    Tanimoto similarity is shared bits over bits of either. Two empty fingerprints have 0, as
    in RDKit. Shared bits are counted by a matrix product of 0/1 floats, which is exact.

    Parameters
    ----------
    query, reference
        Packed fingerprints, uint8 (n, 256) and (m, 256).
    block
        Rows compared at once; memory is about ``12 * block**2 + 16384 * block`` bytes.

    Returns
    -------
    Similarity, float32 (n,), and row of the reference, int64 (n,); the first of equal ones.
    Without references the similarity is 0 and the row -1.
    """
    query, reference = _checked(query), _checked(reference)
    best = np.zeros(len(query), np.float32)
    where = np.full(len(query), -1, np.int64)
    if len(reference):
        where[:] = 0
    for start in range(0, len(query), block):
        rows = slice(start, start + block)
        bits = unpack_bits(query[rows]).astype(np.float32)
        for base in range(0, len(reference), block):
            _improve(best[rows], where[rows], bits, reference[base : base + block], base)
    return best, where


def tanimoto_matrix(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return all similarities, float32 (n, m), of packed fingerprints (n, 256) and (m, 256)."""
    return _similarities(
        unpack_bits(first).astype(np.float32), unpack_bits(second).astype(np.float32)
    )


def _improve(
    best: NDArray[np.float32],
    where: NDArray[np.int64],
    bits: NDArray[np.float32],
    reference: NDArray[np.uint8],
    base: int,
) -> None:
    similarity = _similarities(bits, unpack_bits(reference).astype(np.float32))
    column = similarity.argmax(axis=1)
    value = similarity[np.arange(len(bits)), column]
    better = value > best
    best[better] = value[better]
    where[better] = column[better] + base


def _similarities(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    shared = first @ second.T
    either = first.sum(axis=1)[:, None] + second.sum(axis=1)[None, :] - shared
    result: NDArray[np.float32] = shared / np.maximum(either, np.float32(1))
    return result


def _checked(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    array = np.asarray(packed)
    if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != MORGAN_BYTES:  # noqa: PLR2004 - a matrix
        raise ValueError(
            f"fingerprints are uint8 (n, {MORGAN_BYTES}), not {array.dtype} {array.shape}"
        )
    return array
