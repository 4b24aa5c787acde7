"""RDKit's whole-molecule descriptors as one table for models.

The few properties a library stores beside each compound are in
:mod:`hitsieve.chem.descriptors`; these are computed when a model asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from rdkit.Chem import Descriptors
from rdkit.Chem.EState import EState

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from hitsieve.chem.molecule import Mol

PHYSCHEM_VERSION: Final = 2
"""Raised with every change that can change a value."""

_ESTATE: Final = (
    "MaxAbsEStateIndex",
    "MaxEStateIndex",
    "MinAbsEStateIndex",
    "MinEStateIndex",
)
# A weighted sum of others here (qed), some that take a quarter of the time and tell models nothing
# new (SPS, BertzCT, BalabanJ, eigenvalues of matrices), and two that grow beyond any scale with the
# size of a molecule.
_LEFT_OUT: Final = {"qed", "SPS", "BertzCT", "BalabanJ", "Ipc", "AvgIpc", *_ESTATE}
_SLOW: Final = "BCUT2D"
_FUNCTIONS: Final[tuple[tuple[str, Callable[[Mol], float]], ...]] = tuple(
    (name, function)
    for name, function in Descriptors.descList
    if name not in _LEFT_OUT and not name.startswith(_SLOW)
)
PHYSCHEM_NAMES: Final = (*_ESTATE, *(name for name, _ in _FUNCTIONS))
"""Names of the columns, as RDKit calls its descriptors."""


def physchem(smiles: Sequence[str]) -> NDArray[np.float64]:
    """Return the descriptors of molecules, float64 (n, :data:`PHYSCHEM_NAMES`).

    A descriptor that is not defined for a molecule, such as a partial charge without
    parameters for an atom, is NaN.

    Raises
    ------
    ValueError
        If a SMILES cannot be read; the message holds it.
    """
    mols = []
    for text in smiles:
        mol = parse(text)
        if mol is None:
            raise ValueError(f"SMILES cannot be read: {text!r}; standardize it first")
        mols.append(mol)
    return physchem_of(mols)


def physchem_of(mols: Iterable[Mol]) -> NDArray[np.float64]:
    """Return the descriptors of parsed molecules; see :func:`physchem`."""
    rows = [[*_electrotopological(mol), *(_value(f, mol) for _, f in _FUNCTIONS)] for mol in mols]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(PHYSCHEM_NAMES))
    table[~np.isfinite(table)] = np.nan
    return table


def _electrotopological(mol: Mol) -> tuple[float, float, float, float]:
    # RDKit computes the atoms' indices anew for each of the four.
    indices = np.asarray(EState.EStateIndices(mol))
    if not len(indices):
        return (np.nan,) * 4
    sizes = np.abs(indices)
    return float(sizes.max()), float(indices.max()), float(sizes.min()), float(indices.min())


def _value(function: Callable[[Mol], float], mol: Mol) -> float:
    try:
        return float(function(mol))
    except (ValueError, ZeroDivisionError, RuntimeError):  # not defined for this molecule
        return float("nan")
