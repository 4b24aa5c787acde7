"""Everything a library stores about a compound's structure, from one parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.chem.codes import MAX_ATOMS, mol_codes
from hitsieve.chem.descriptors import descriptors, quick_descriptors
from hitsieve.chem.fingerprints import morgan_bytes
from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from hitsieve.chem.codes import MolCodes
    from hitsieve.chem.molecule import Mol


@dataclass(frozen=True, slots=True)
class Features:
    """Graph, fingerprint and descriptors of one compound.

    Parameters
    ----------
    codes
        The molecular graph as raw integer properties.
    morgan
        Morgan fingerprint, radius 2, 2048 bits in 256 bytes.
    descriptors
        Values of the columns :data:`hitsieve.schema.tables.DESCRIPTORS`.
    """

    codes: MolCodes
    morgan: bytes
    descriptors: dict[str, float | int]


@dataclass(frozen=True, slots=True)
class QuickFeatures:
    """What is had quickly of one compound; its graph is had quickly for many at once.

    Parameters
    ----------
    n_atoms
        Number of atoms.
    morgan
        As in :class:`Features`.
    descriptors
        Those of :func:`hitsieve.chem.descriptors.quick_descriptors`.
    """

    n_atoms: int
    morgan: bytes
    descriptors: dict[str, float | int]


def featurize(smiles: str) -> Features:
    """Featurize a standardized SMILES.

    Raises
    ------
    ValueError
        If the SMILES cannot be read, or has more than 255 atoms.
    """
    mol = parse_known(smiles)
    return Features(mol_codes(mol), morgan_bytes(mol), descriptors(mol))


def featurize_quickly(smiles: str) -> QuickFeatures:
    """Featurize a standardized SMILES but for what is faster in bulk.

    Raises
    ------
    ValueError
        If the SMILES cannot be read, or has more than 255 atoms.
    """
    mol = parse_known(smiles)
    n_atoms = mol.GetNumAtoms()
    if n_atoms > MAX_ATOMS:
        raise ValueError(f"{n_atoms} atoms; graphs are packed with at most {MAX_ATOMS}")
    return QuickFeatures(n_atoms, morgan_bytes(mol), quick_descriptors(mol))


def parse_known(smiles: str) -> Mol:
    """Parse a standardized SMILES.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    return mol
