"""The reference featurizer: raw atom and bond properties, one byte each.

The codes are properties and not rows of a vocabulary, so one library serves every model;
a model brings the look-up table that turns codes into its own features. Chemprop v2's atom
and bond features follow from them exactly (atomic number, total degree, formal charge, chiral
tag, total hydrogens, hybridization, aromaticity, mass by atomic number; bond order,
conjugation, ring membership, stereo).

Numbers of the enumerations, as RDKit defines them:

chirality
    0 unspecified, 1 clockwise, 2 counter-clockwise, 3 other, 4 tetrahedral, 5 allene,
    6 square planar, 7 trigonal bipyramidal, 8 octahedral
hybridization
    0 unspecified, 1 s, 2 sp, 3 sp2, 4 sp3, 5 sp2d, 6 sp3d, 7 sp3d2, 8 other
order
    0 unspecified, 1 single, 2 double, 3 triple, 4 quadruple, 5 quintuple, 6 hextuple,
    7 to 11 one and a half to five and a half, 12 aromatic, 13 ionic, 14 hydrogen,
    15 three-center, 16 to 19 dative kinds, 20 other, 21 zero
stereo
    0 none, 1 any, 2 Z, 3 E, 4 cis, 5 trans, 6 and 7 atropisomers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rdkit import Chem

from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hitsieve.chem.molecule import Mol

FEATURIZER_VERSION: Final = 1
"""Raised with every change of the fields or their meaning."""

CHARGE_OFFSET: Final = 128
"""Added to a formal charge, so that one byte holds -128 to 127."""

MAX_ATOMS: Final = 255
"""Of one molecule: its bonds name their atoms in one byte."""


@dataclass(frozen=True, slots=True)
class CodeField:
    """One byte of an atom or a bond.

    Parameters
    ----------
    name
        Name of the field.
    meaning
        What the byte says.
    size
        The byte is at least 0 and less than this.
    """

    name: str
    meaning: str
    size: int


ATOM_FIELDS: Final = (
    CodeField("atomic_number", "Atomic number; 0 is a dummy atom.", 119),
    CodeField("degree", "Neighbors, hydrogens included (RDKit total degree).", 256),
    CodeField("charge", "Formal charge plus 128.", 256),
    CodeField("chirality", "Chiral tag, RDKit's ChiralType.", 9),
    CodeField("hydrogens", "Hydrogens merged into the atom (RDKit total hydrogens).", 256),
    CodeField("hybridization", "RDKit's HybridizationType.", 9),
    CodeField("aromatic", "1 if aromatic.", 2),
    CodeField("ring", "1 if in a ring.", 2),
)

BOND_FIELDS: Final = (
    CodeField("order", "RDKit's BondType; 12 is aromatic.", 22),
    CodeField("conjugated", "1 if conjugated.", 2),
    CodeField("ring", "1 if in a ring.", 2),
    CodeField("stereo", "RDKit's BondStereo.", 8),
)


@dataclass(frozen=True, slots=True)
class MolCodes:
    """A molecular graph as small integers.

    Parameters
    ----------
    n_atoms, n_bonds
        Numbers of atoms and bonds.
    atom_codes
        uint8 (n_atoms, 8), columns as in :data:`ATOM_FIELDS`.
    bond_index
        uint8 (n_bonds, 2), the begin and end atom of each bond, in RDKit's order.
    bond_codes
        uint8 (n_bonds, 4), columns as in :data:`BOND_FIELDS`.
    """

    n_atoms: int
    n_bonds: int
    atom_codes: NDArray[np.uint8]
    bond_index: NDArray[np.uint8]
    bond_codes: NDArray[np.uint8]


def mol_codes(mol: Mol) -> MolCodes:
    """Read the raw properties of every atom and bond of a sanitized molecule.

    Raises
    ------
    ValueError
        If the molecule has more than 255 atoms, which one-byte indices cannot name.
    """
    n_atoms, n_bonds = mol.GetNumAtoms(), mol.GetNumBonds()
    if n_atoms > MAX_ATOMS:
        raise ValueError(f"{n_atoms} atoms; graphs are packed with at most {MAX_ATOMS}")
    # By index: RDKit's own sequences go through Python for every item, and take twice as long.
    atoms = [mol.GetAtomWithIdx(i) for i in range(n_atoms)]
    bonds = [mol.GetBondWithIdx(i) for i in range(n_bonds)]
    return MolCodes(
        n_atoms,
        n_bonds,
        _columns(atoms, _ATOM_GETTERS),
        _columns(bonds, (Chem.Bond.GetBeginAtomIdx, Chem.Bond.GetEndAtomIdx)),
        _columns(bonds, _BOND_GETTERS),
    )


def featurizer_fingerprint() -> str:
    """Return 16 hexadecimal digits for the version and the fields of the featurizer."""
    return fingerprint(
        {
            "version": FEATURIZER_VERSION,
            "atom": [[f.name, f.meaning, f.size] for f in ATOM_FIELDS],
            "bond": [[f.name, f.meaning, f.size] for f in BOND_FIELDS],
        }
    )


def _shifted_charge(atom: Chem.Atom) -> int:
    charge: int = atom.GetFormalCharge()
    return charge + CHARGE_OFFSET


_ATOM_GETTERS: Final[tuple[Callable[[Any], int], ...]] = (
    Chem.Atom.GetAtomicNum,
    Chem.Atom.GetTotalDegree,
    _shifted_charge,
    Chem.Atom.GetChiralTag,
    Chem.Atom.GetTotalNumHs,
    Chem.Atom.GetHybridization,
    Chem.Atom.GetIsAromatic,
    Chem.Atom.IsInRing,
)
_BOND_GETTERS: Final[tuple[Callable[[Any], int], ...]] = (
    Chem.Bond.GetBondType,
    Chem.Bond.GetIsConjugated,
    Chem.Bond.IsInRing,
    Chem.Bond.GetStereo,
)


def _columns(items: list[Any], getters: tuple[Callable[[Any], int], ...]) -> NDArray[np.uint8]:
    """Call each getter on each item; uint8 (items, getters)."""
    width = len(getters)
    flat = bytearray(width * len(items))
    for column, getter in enumerate(getters):
        flat[column::width] = bytes(map(getter, items))
    return np.frombuffer(bytes(flat), np.uint8).reshape(len(items), width)
