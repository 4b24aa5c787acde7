"""Taking off what is drawn on atoms: map numbers, explicit hydrogens, isotope labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem.normalize import refresh
from hitsieve.chem.outcome import Note
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol

_MAP: Final = "molAtomMapNumber"


def without_maps(mol: Mol) -> list[Note]:
    """Remove atom map numbers in place; stereo that only they made goes with them."""
    # A map number of 0 is none to RDKit, and yet it writes it into SMILES.
    mapped = [atom for atom in mol.GetAtoms() if atom.HasProp(_MAP)]
    for atom in mapped:
        atom.ClearProp(_MAP)
    if not mapped:
        return []
    refresh(mol)
    return [Note(Code.ATOM_MAPS_REMOVED, f"{len(mapped)} atom map number(s) removed")]


def without_hydrogens(mol: Mol) -> Mol:
    """Merge hydrogens that RDKit keeps because E/Z marks hang on them, as in ``[H]/N=C``.

    An imine's proton is lost and regained too easily for its geometry to name a compound.
    """
    if not any(a.GetAtomicNum() == 1 and not a.GetIsotope() for a in mol.GetAtoms()):
        return mol
    parameters = Chem.RemoveHsParameters()
    parameters.removeDefiningBondStereo = True
    parameters.showWarnings = False
    bare = Chem.RemoveHs(mol, parameters)
    refresh(bare)
    return bare


def without_isotopes(mol: Mol) -> Mol:
    """Return a copy without isotope labels; centers that only labels made are gone."""
    bare = Chem.Mol(mol)
    for atom in bare.GetAtoms():
        atom.SetIsotope(0)
    bare = Chem.RemoveHs(bare)
    refresh(bare)
    return without_hydrogens(bare)
