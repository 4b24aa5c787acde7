"""Bemis-Murcko scaffolds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from hitsieve.chem.molecule import canonical_smiles, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.chem.molecule import Mol


def murcko_scaffold(smiles: str) -> str:
    """Return rings and their linkers as SMILES without stereo; empty without rings.

    Bemis and Murcko, 10.1021/jm9602928, with double-bonded atoms kept as RDKit does.

    Raises
    ------
    ValueError
        If the SMILES cannot be read.

    Examples
    --------
    >>> murcko_scaffold("C[C@H](N)Cc1ccc(O)cc1")
    'c1ccccc1'
    >>> murcko_scaffold("CCO")
    ''
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    return _scaffold(mol)


def largest_scaffold(smiles: Sequence[str]) -> tuple[str, int]:
    """Return the most frequent scaffold of n SMILES, and how many have it.

    What cannot be read has none. Of two that are as frequent, the first in the alphabet.

    Examples
    --------
    >>> largest_scaffold(["Cc1ccccc1", "Oc1ccccc1", "CCO"])
    ('c1ccccc1', 2)
    """
    mols = (parse(text) for text in smiles)
    counts = Counter(_scaffold(mol) for mol in mols if mol is not None)
    return max(sorted(counts.items()), key=lambda one: one[1], default=("", 0))


def _scaffold(mol: Mol) -> str:
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)
    Chem.RemoveStereochemistry(scaffold)
    return canonical_smiles(scaffold)
