"""Cheap whole-molecule properties, named as the library's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdkit.Chem import rdMolDescriptors, rdmolops

from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol


def descriptors(mol: Mol) -> dict[str, float | int]:
    """Return the columns of :data:`hitsieve.schema.tables.DESCRIPTORS` for a molecule.

    Those of :func:`quick_descriptors`, and log P (Wildman and Crippen, 10.1021/ci990307l) and
    rotatable bonds (strict: no amides, no ring bonds).
    """
    clogp, _ = rdMolDescriptors.CalcCrippenDescriptors(mol)
    rotatable = rdMolDescriptors.CalcNumRotatableBonds(mol)
    found = {**quick_descriptors(mol), "clogp": clogp, "rotatable_bonds": rotatable}
    return {column.name: found[column.name] for column in DESCRIPTORS}


def quick_descriptors(mol: Mol) -> dict[str, float | int]:
    """Return the columns that RDKit has in a few microseconds.

    Average molecular weight (g/mol), heavy atoms, polar surface area in Å² (Ertl and others,
    10.1021/jm000942e), hydrogen-bond donors and acceptors (NH and OH, N and O, as Lipinski
    counts them), rings, share of sp3 carbons, charge.
    """
    return {
        "mw": rdMolDescriptors._CalcMolWt(mol),  # noqa: SLF001 - RDKit has no public name for it in C++
        "heavy_atoms": mol.GetNumHeavyAtoms(),
        "tpsa": rdMolDescriptors.CalcTPSA(mol),
        "hbd": rdMolDescriptors.CalcNumLipinskiHBD(mol),
        "hba": rdMolDescriptors.CalcNumLipinskiHBA(mol),
        "rings": rdMolDescriptors.CalcNumRings(mol),
        "fsp3": rdMolDescriptors.CalcFractionCSP3(mol),
        "charge": rdmolops.GetFormalCharge(mol),
    }
