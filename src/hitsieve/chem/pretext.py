"""What an encoder learns to predict of compounds that nobody has measured.

Descriptors and folded counts can be computed for any compound, so there is no end of labels. An
encoder that predicts them has learned which groups, rings, charges and shapes a graph holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rdkit.Chem import Descriptors, rdFingerprintGenerator

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.chem.molecule import Mol

PRETEXT_VERSION: Final = 1
"""Raised with every change that can change a value."""

# Slow for what they tell: eigenvalues, and sums over all pairs of atoms in Python.
_LEFT_OUT: Final = {"qed", "SPS", "Ipc", "AvgIpc", "BertzCT", "BalabanJ"}
_FUNCTIONS: Final[tuple[tuple[str, Callable[[Mol], float]], ...]] = tuple(
    (name, function)
    for name, function in Descriptors.descList
    if name not in _LEFT_OUT and not name.startswith("BCUT2D")
)
PRETEXT_DESCRIPTORS: Final = tuple(name for name, _ in _FUNCTIONS)
"""Names of the descriptors, as RDKit calls them."""

PRETEXT_FOLDS: Final = {"morgan3": 1024, "atom_pairs": 512, "feature_morgan2": 512, "torsions": 256}
"""Columns that the counts of each kind are folded to."""

_GENERATORS: Final[tuple[Any, ...]] = (
    rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=PRETEXT_FOLDS["morgan3"]),
    rdFingerprintGenerator.GetAtomPairGenerator(fpSize=PRETEXT_FOLDS["atom_pairs"]),
    rdFingerprintGenerator.GetMorganGenerator(
        radius=2,
        fpSize=PRETEXT_FOLDS["feature_morgan2"],
        atomInvariantsGenerator=rdFingerprintGenerator.GetMorganFeatureAtomInvGen(),
    ),
    rdFingerprintGenerator.GetTopologicalTorsionGenerator(fpSize=PRETEXT_FOLDS["torsions"]),
)
_MOST: Final = np.iinfo(np.uint8).max


@dataclass(frozen=True, slots=True)
class Pretext:
    """Computed labels of n compounds.

    Attributes
    ----------
    descriptors
        float32 (n, D): :data:`PRETEXT_DESCRIPTORS`, NaN where not defined.
    counts
        uint8 (n, C): folded counts in the order of :data:`PRETEXT_FOLDS`; 255 stands for more.
    """

    descriptors: NDArray[np.float32]
    counts: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.descriptors)

    def take(self, rows: NDArray[np.integer[Any]]) -> Pretext:
        """Return the compounds at ``rows`` (k,), in that order."""
        return Pretext(self.descriptors[rows], self.counts[rows])


def pretext(smiles: Sequence[str]) -> Pretext:
    """Compute the labels of standardized SMILES; about 2 ms a compound.

    Raises
    ------
    ValueError
        If a SMILES cannot be read; the message holds it.
    """
    descriptors = np.empty((len(smiles), len(_FUNCTIONS)), np.float32)
    counts = np.empty((len(smiles), sum(PRETEXT_FOLDS.values())), np.uint8)
    for row, text in enumerate(smiles):
        mol = parse(text)
        if mol is None:
            raise ValueError(f"SMILES cannot be read: {text!r}; standardize it first")
        descriptors[row] = [_value(function, mol) for _, function in _FUNCTIONS]
        found = [generator.GetCountFingerprintAsNumPy(mol) for generator in _GENERATORS]
        counts[row] = np.minimum(np.concatenate(found), _MOST)
    descriptors[~np.isfinite(descriptors)] = np.nan
    return Pretext(descriptors, counts)


def _value(function: Callable[[Mol], float], mol: Mol) -> float:
    try:
        return float(function(mol))
    except (ValueError, ZeroDivisionError, RuntimeError):  # not defined for this molecule
        return float("nan")
