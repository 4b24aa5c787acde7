"""Stereo marks that RDKit drops without a word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem.molecule import captured_log, parse_raw
from hitsieve.chem.outcome import Note, Refused
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol

_CENTER: Final = re.compile(r"@+")
_DIRECTIONS: Final = (Chem.BondDir.ENDUPRIGHT, Chem.BondDir.ENDDOWNRIGHT)
_NEEDED_NEIGHBORS: Final = 3


def dropped_marks(structure: str, mol: Mol, canonical: str) -> list[Note]:
    """Note stereo marks of a SMILES that the molecule read from it no longer has.

    Parameters
    ----------
    structure
        SMILES as given.
    mol
        Molecule read from it.
    canonical
        Its canonical SMILES.

    Raises
    ------
    Refused
        If a tetrahedral mark stands on an atom with fewer than three neighbors.
    """
    notes = []
    if "@" in structure:
        lost = len(_CENTER.findall(structure)) - len(_CENTER.findall(canonical))
        if lost > 0:
            _check_neighbors(structure)
            notes.append(Note(Code.STEREO_REMOVED, f"{lost} @ mark(s) without meaning removed"))
    if ("/" in structure or "\\" in structure) and _lost_bonds(structure, mol, canonical):
        notes.append(
            Note(Code.STEREO_REMOVED, "/ and \\ marks that contradict or say nothing removed")
        )
    return notes


def _check_neighbors(structure: str) -> None:
    raw = parse_raw(structure)
    if raw is None:
        return
    for atom in raw.GetAtoms():
        if atom.GetChiralTag() == Chem.ChiralType.CHI_UNSPECIFIED:
            continue
        doubles = sum(b.GetBondType() == Chem.BondType.DOUBLE for b in atom.GetBonds())
        allenic = doubles == atom.GetDegree() == 2  # noqa: PLR2004 - C=C=C
        if atom.GetDegree() + atom.GetNumExplicitHs() < _NEEDED_NEIGHBORS and not allenic:
            raise Refused(
                Code.BAD_STEREO,
                f"the @ mark on atom {atom.GetIdx() + 1} ({atom.GetSymbol()}) needs three or four "
                "neighbors; drop the mark or complete the atom",
            )


def _lost_bonds(structure: str, mol: Mol, canonical: str) -> bool:
    marks = structure.count("/") + structure.count("\\")
    # A bond needs a mark at both ends, and neighboring bonds share at most one of them: two
    # marks make one bond, which is kept if the canonical SMILES has any.
    if marks == 2 and ("/" in canonical or "\\" in canonical):  # noqa: PLR2004 - both ends
        return False
    bonds = (mol.GetBondWithIdx(index) for index in range(mol.GetNumBonds()))
    kept = sum(bond.GetStereo() > Chem.BondStereo.STEREOANY for bond in bonds)
    if kept and marks <= kept + 1:
        return False
    with captured_log():
        raw = parse_raw(structure)
    if raw is None:
        return False
    complete = sum(
        _marked(bond.GetBeginAtom()) and _marked(bond.GetEndAtom())
        for bond in raw.GetBonds()
        if bond.GetBondType() == Chem.BondType.DOUBLE
    )
    return kept < complete or not (kept or complete)


def _marked(atom: Chem.Atom) -> bool:
    return any(bond.GetBondDir() in _DIRECTIONS for bond in atom.GetBonds())
