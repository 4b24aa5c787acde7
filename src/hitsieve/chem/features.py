"""Everything a library stores about a compound's structure, from one parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.chem.codes import mol_codes
from hitsieve.chem.descriptors import descriptors
from hitsieve.chem.fingerprints import morgan_bytes
from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from hitsieve.chem.codes import MolCodes


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


def featurize(smiles: str) -> Features:
    """Featurize a standardized SMILES.

    Raises
    ------
    ValueError
        If the SMILES cannot be read, or has more than 255 atoms.
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    return Features(mol_codes(mol), morgan_bytes(mol), descriptors(mol))
