"""What fingerprint models read of a compound: counts of features, and descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from hitsieve.chem.counts import CountFingerprints, CountKind, counts_of
from hitsieve.chem.molecule import parse
from hitsieve.chem.physchem import physchem_of
from hitsieve.networks.side import SIDE_FOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch

COUNT_KINDS: Final[tuple[CountKind, ...]] = get_args(CountKind)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Count fingerprints and descriptors of n compounds.

    Attributes
    ----------
    counts
        One set of fingerprints for each of :data:`COUNT_KINDS`, in that order.
    physchem
        float64 (n, D): descriptors, NaN where not defined.
    """

    counts: tuple[CountFingerprints, ...]
    physchem: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.physchem)

    @classmethod
    def of(cls, batch: CompoundBatch) -> Inputs:
        """Compute the inputs of a batch from its SMILES."""
        return cls.from_smiles(batch.smiles.to_pylist())

    @classmethod
    def from_smiles(cls, smiles: Sequence[str]) -> Inputs:
        """Compute the inputs of standardized SMILES, each parsed once.

        Raises
        ------
        ValueError
            If a SMILES cannot be read; the message holds it.
        """
        mols = [parse(text) for text in smiles]
        for text, mol in zip(smiles, mols, strict=True):
            if mol is None:
                raise ValueError(f"SMILES cannot be read: {text!r}; standardize it first")
        return cls(tuple(counts_of(mols, kind) for kind in COUNT_KINDS), physchem_of(mols))

    def side(self) -> NDArray[np.float32]:
        """Return the table that networks read beside graphs: float32 (n, SIDE_COLUMNS)."""
        folds = [
            np.log1p(counts.folded(SIDE_FOLDS[kind]))
            for kind, counts in zip(COUNT_KINDS, self.counts, strict=True)
            if kind in SIDE_FOLDS
        ]
        return np.concatenate([*folds, _compressed(self.physchem).astype(np.float32)], axis=1)

    def take(self, rows: NDArray[np.integer[Any]]) -> Inputs:
        """Return the compounds at ``rows`` (k,), in that order."""
        return Inputs(tuple(counts.take(rows) for counts in self.counts), self.physchem[rows])


@dataclass(frozen=True, slots=True)
class DescriptorScale:
    """From descriptors to numbers of like size.

    Each is compressed to ``sign(x) * log(1 + |x|)``, centered, divided by its standard deviation
    and cut at five of them: a kernel over distances and a new chemistry would otherwise be ruled
    by one count of one rare group. What is not defined becomes the mean.

    Attributes
    ----------
    used
        int32 (d,): columns that vary among the compounds the scale was made from.
    mean, std
        float64 (d,): of those columns.
    """

    used: NDArray[np.int32]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    @classmethod
    def fit(cls, physchem: NDArray[np.float64]) -> DescriptorScale:
        """Derive the scale from descriptors of the training compounds, float64 (m, D)."""
        values = _compressed(physchem)
        known = np.isfinite(values)
        filled = np.where(known, values, 0.0)
        n = np.maximum(known.sum(axis=0), 1)
        mean = filled.sum(axis=0) / n
        std = np.sqrt(np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / n)
        used = np.flatnonzero(std > _SMALLEST_STD)
        return cls(used.astype(np.int32), mean[used], std[used])

    def apply(self, physchem: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scaled descriptors, float64 (n, d), between -5 and 5."""
        values = (_compressed(physchem[:, self.used]) - self.mean) / self.std
        return np.clip(np.nan_to_num(values, nan=0.0), -_CUT, _CUT)


_SMALLEST_STD: Final = 1e-6
_CUT: Final = 5.0


def _compressed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    compressed: NDArray[np.float64] = np.sign(values) * np.log1p(np.abs(values))
    return compressed
