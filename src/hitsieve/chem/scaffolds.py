"""Bemis-Murcko scaffolds."""

from __future__ import annotations

from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from hitsieve.chem.molecule import canonical_smiles, parse


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
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)
    Chem.RemoveStereochemistry(scaffold)
    return canonical_smiles(scaffold)
