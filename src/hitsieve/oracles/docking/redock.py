"""Redocking: whether a known pose is found again, the first check of any docking setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.poses import pose_smiles, symmetric_rmsd
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol
    from hitsieve.oracles.docking.config import BoxConfig
    from hitsieve.oracles.docking.oracle import DockingOracle


@dataclass(frozen=True, slots=True)
class Redocked:
    """What came of redocking.

    Parameters
    ----------
    smiles
        The ligand.
    affinity
        Best affinity in kcal/mol.
    rmsd
        For each pose, the best first, its deviation from the known one in Å.
    """

    smiles: str
    affinity: float
    rmsd: tuple[float, ...]


def redock(oracle: DockingOracle, known: Mol) -> Redocked:
    """Dock a ligand from its SMILES and compare its poses with a known one.

    The conformer is made anew, so nothing of the known pose but its chemistry enters. Up to
    2 Å the pose is commonly taken as found.

    Parameters
    ----------
    oracle
        Receptor and settings.
    known
        The ligand with the coordinates of, for instance, a crystal structure, in the
        receptor's frame.

    Raises
    ------
    LigandRefusedError
        If it cannot be docked.
    InputError
        If the middle of the known pose is outside of the box: it cannot be found again there.
    """
    _refuse_elsewhere(known, oracle.config.search_box())
    smiles = pose_smiles(known)
    found = oracle.dock(smiles)
    rmsd = [symmetric_rmsd(pose.mol, known, conformer=pose.conformer) for _, pose in found]
    return Redocked(smiles, found[0][1].affinity, tuple(rmsd))


def _refuse_elsewhere(known: Mol, box: BoxConfig) -> None:
    middle = np.asarray(known.GetConformer().GetPositions()).mean(axis=0)
    away = np.abs(middle - box.center) - np.asarray(box.size) / 2
    if (away > 0).any():
        place = ", ".join(f"{value:.1f}" for value in middle)
        raise InputError(
            f"the known pose is around ({place}), {away.max():.1f} Å outside of the box",
            cure="give its coordinates in the receptor's frame (lay the structures over each "
            "other first), or correct the box",
        )
