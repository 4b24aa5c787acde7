"""Ligands in three dimensions: the forms that are docked, and how far a pose is from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolAlign
from rdkit.Chem.EnumerateStereoisomers import (
    EnumerateStereoisomers,
    GetStereoisomerCount,
    StereoEnumerationOptions,
)

from hitsieve.chem.molecule import Mol, parse
from hitsieve.errors import InputError, NotFoundError
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

POSES_VERSION: Final = 1
_SEED_RANGE: Final = 2**31 - 1
_RELAX_STEPS: Final = 500


def stereo_forms(smiles: str, most: int, *, seed: int) -> list[str]:
    """Return the stereoisomers a compound may be, where it does not say.

    Parameters
    ----------
    smiles
        The compound; what it says of its stereo centers and double bonds is kept.
    most
        Isomers at most; of more possible ones, so many are drawn.
    seed
        Of the drawing, with the SMILES.

    Returns
    -------
    list of str
        Canonical isomeric SMILES, sorted; a single one where everything is said.

    Examples
    --------
    >>> stereo_forms("CC(F)Cl", 4, seed=1)
    ['C[C@@H](F)Cl', 'C[C@H](F)Cl']
    """
    mol = parse(smiles)
    if mol is None:
        raise InputError(f"{smiles!r} is no readable SMILES", cure="correct the structure")
    canonical = Chem.MolToSmiles(mol)
    mol = parse(canonical)  # centers are drawn in the order of atoms
    options = StereoEnumerationOptions(
        onlyUnassigned=True,
        unique=True,
        maxIsomers=most,
        rand=child_seed(seed, canonical) % _SEED_RANGE,
    )
    if GetStereoisomerCount(mol, options) <= 1:
        return [str(canonical)]
    return sorted({str(Chem.MolToSmiles(form)) for form in EnumerateStereoisomers(mol, options)})


def relaxed_conformer(smiles: str, *, seed: int, timeout_s: int) -> Mol | None:
    """Return a compound with hydrogens and one conformer, relaxed by MMFF where it has parameters.

    Equal compounds and seeds give equal coordinates. None if no conformer can be made.

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    read = parse(smiles)
    if read is None:
        raise InputError(f"{smiles!r} is no readable SMILES", cure="correct the structure")
    canonical = Chem.MolToSmiles(read)
    mol = Chem.AddHs(parse(canonical))
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = child_seed(seed, canonical) % _SEED_RANGE
    parameters.timeout = timeout_s
    if rdDistGeom.EmbedMolecule(mol, parameters) < 0:
        return None
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        rdForceFieldHelpers.MMFFOptimizeMolecule(mol, maxIters=_RELAX_STEPS)
    return mol


def read_pose(path: Path) -> Mol:
    """Read the first record of an SDF or mol file, with its coordinates.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it holds no molecule with coordinates.
    """
    if not path.is_file():
        raise NotFoundError(f"no file {path}", cure="check the path")
    mol = Chem.MolFromMolFile(str(path))
    if mol is None or not mol.GetNumConformers():
        raise InputError(f"{path} holds no readable molecule with coordinates")
    return mol


def moved(mol: Mol, rotation: NDArray[np.float64], shift: NDArray[np.float64]) -> Mol:
    """Return a molecule with its coordinates ``x`` moved to ``x @ rotation + shift``.

    Parameters
    ----------
    mol
        With coordinates.
    rotation, shift
        (3, 3) and (3,), in Å.
    """
    copy = Chem.Mol(mol)
    for conformer in copy.GetConformers():
        conformer.SetPositions(conformer.GetPositions() @ rotation + shift)
    return copy


def pose_smiles(mol: Mol) -> str:
    """Return the isomeric SMILES of a pose."""
    return str(Chem.MolToSmiles(Chem.RemoveHs(mol)))


def symmetric_rmsd(pose: Mol, reference: Mol, *, conformer: int = -1) -> float:
    """Return the root mean square deviation of heavy atoms in Å, where they are.

    Nothing is laid over anything; of all ways to match equivalent atoms the best one counts.
    Charges and hydrogens are ignored.

    Parameters
    ----------
    pose
        A pose, with one or several conformers.
    reference
        The same compound, such as the ligand of a crystal structure.
    conformer
        Which conformer of the pose; the first one if not given.

    Raises
    ------
    InputError
        If they are not the same compound.
    """
    probe, known = _skeleton(pose), _skeleton(reference)
    if probe.GetNumAtoms() != known.GetNumAtoms() or not probe.HasSubstructMatch(known):
        raise InputError(
            f"{pose_smiles(pose)} and {pose_smiles(reference)} are not the same compound"
        )
    return float(rdMolAlign.CalcRMS(probe, known, prbId=conformer))


def _skeleton(mol: Mol) -> Mol:
    """Return heavy atoms and bonds without charges and hydrogens, so that protonation matches."""
    bare = Chem.RWMol(Chem.RemoveHs(mol))
    for atom in bare.GetAtoms():
        atom.SetFormalCharge(0)
        atom.SetNumExplicitHs(0)
        atom.SetNoImplicit(True)  # noqa: FBT003 - RDKit's signature
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    return bare.GetMol()
