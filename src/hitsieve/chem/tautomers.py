"""A name that all tautomers of a compound share, whatever their stereochemistry."""

from __future__ import annotations

from rdkit import Chem
from rdkit.Chem import rdMolHash

from hitsieve.chem.molecule import parse


def tautomer_free_key(smiles: str) -> str:
    """Return a text that tautomers and stereoisomers of a compound have in common.

    RDKit's ``HetAtomTautomerv2`` hash: bonds that a moving hydrogen could change lose their
    order. It joins more than the InChIKey does, keto and enol for example, and may join
    compounds that do not interconvert in practice, such as phenol and its ring ketone: right for
    an audit, which would rather name one pair too many.

    Parameters
    ----------
    smiles
        A standardized SMILES.

    Raises
    ------
    ValueError
        If the SMILES cannot be read.

    Examples
    --------
    >>> tautomer_free_key("CC(=O)CC(C)=O") == tautomer_free_key("CC(O)=CC(C)=O")
    True
    >>> tautomer_free_key("CCO") == tautomer_free_key("COC")
    False
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    key: str = rdMolHash.MolHash(flat, rdMolHash.HashFunction.HetAtomTautomerv2)
    return key
