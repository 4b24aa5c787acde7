"""3D shape and pharmacophore overlap of a compound with a reference ligand.

Conformers come from RDKit's ETKDGv3; each is laid over the reference by ``rdShapeAlign``
(RDKit's port of PubChem's shape overlay). The *combo* overlap is the mean of the shape Tanimoto
and the color (pharmacophore) Tanimoto at that overlay: 0 nothing in common, 1 the same. A
compound's overlap is the best one over its conformers and those of the reference.

The reference's conformers are computed from its SMILES, and of those the most extended are
kept: kinase inhibitors such as imatinib bind stretched out. A crystal pose may differ, so read
overlaps as a similarity to a plausible shape of the ligand, not as evidence of binding.

References
----------
Wang, Landrum, Greg: ETKDGv3, J. Chem. Inf. Model. 2020, 60, 2044.
Bolton, Kim, Bryant: PubChem3D, J. Cheminform. 2011, 3, 13 (shape and color Tanimoto).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import Field
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdMolDescriptors, rdShapeAlign

from hitsieve.chem.molecule import Mol, parse
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError
from hitsieve.provenance import child_seed

SHAPE_VERSION: Final = 1
"""Raised when the meaning of an overlap changes; part of a shape oracle's fingerprint."""

IMATINIB: Final = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"

_SEED_RANGE: Final = 2**31 - 1  # RDKit reads a C int
_BALANCE: Final = 0.5  # overlays are optimized for shape and color alike
_PATIENCE: Final = 15
_CHOICE: Final = 10  # reference conformers made for each one kept


class ShapeSettings(StrictConfig):
    """How conformers are made.

    Parameters
    ----------
    conformers
        Conformers of a measured compound.
    reference_conformers
        Most extended conformers kept of the reference.
    seed
        With the compound's canonical SMILES it fixes the conformers.
    embed_timeout_s
        Whole seconds after which embedding of one compound is given up.
    """

    conformers: int = Field(default=10, ge=1, le=1000)
    reference_conformers: int = Field(default=3, ge=1, le=50)
    seed: int = Field(default=7, ge=0)
    embed_timeout_s: int = Field(default=20, ge=1)


@dataclass(frozen=True, slots=True)
class ShapeOverlap:
    """The best overlay found.

    Parameters
    ----------
    combo
        Mean of shape and color, 0 to 1; what is reported as the compound's value.
    shape, color
        Tanimoto overlaps of that overlay, 0 to 1.
    conformers
        Conformers of the compound that were tried.
    """

    combo: float
    shape: float
    color: float
    conformers: int


def embed(smiles: str, conformers: int, *, seed: int, timeout_s: int) -> Mol | None:
    """Make 3D conformers with ETKDGv3; equal molecules and seeds give equal coordinates.

    Parameters
    ----------
    smiles
        Any SMILES of the compound: it is made canonical first.
    conformers
        How many to ask for; fewer may come.
    seed
        Mixed with the canonical SMILES.
    timeout_s
        Seconds after which RDKit gives up.

    Returns
    -------
    A molecule with hydrogens and at least one conformer, or None where there is none.

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
    parameters.numThreads = 1
    # Hydrogens weigh nothing in an overlay; conformers that differ in them alone waste time,
    # but pruning would make their number depend on the compound's flexibility.
    rdDistGeom.EmbedMultipleConfs(mol, conformers, parameters)
    # Out of time, RDKit returns one id of -1, so ids tell nothing.
    return mol if mol.GetNumConformers() else None


class ShapeReference:
    """A reference ligand ready for overlays; built once per worker.

    Parameters
    ----------
    smiles
        The reference ligand.
    settings
        How its conformers, and those of the compounds, are made.

    Raises
    ------
    InputError
        If the ligand cannot be read or has no conformer.

    Examples
    --------
    >>> reference = ShapeReference("CC(=O)Nc1ccccc1", ShapeSettings(conformers=2))
    >>> reference.overlap("c1ccccc1NC(C)=O").shape > reference.overlap("CCO").shape
    True
    """

    def __init__(self, smiles: str, settings: ShapeSettings) -> None:
        self.smiles = smiles
        self.settings = settings
        wanted = settings.reference_conformers
        mol = embed(
            smiles,
            _CHOICE * wanted,
            # Not the compounds' seed: the ligand itself would meet its own coordinates.
            seed=child_seed(settings.seed, "reference"),
            # one ligand on which all else depends: a busy machine must not end a campaign here
            timeout_s=_PATIENCE * settings.embed_timeout_s,
        )
        if mol is None:
            raise InputError(
                f"no 3D conformer of the reference {smiles} could be made",
                cure="take another reference ligand, or a longer `embed_timeout_s`",
            )
        extent = {
            conformer.GetId(): rdMolDescriptors.CalcRadiusOfGyration(mol, confId=conformer.GetId())
            for conformer in mol.GetConformers()
        }
        longest = sorted(extent, key=lambda i: (-extent[i], i))[:wanted]
        self._shapes = [rdShapeAlign.PrepareConformer(mol, i) for i in longest]

    def overlap(self, smiles: str) -> ShapeOverlap | None:
        """Return the best overlap of a compound, or None if it has no conformer.

        Raises
        ------
        InputError
            If the SMILES cannot be read.
        """
        settings = self.settings
        mol = embed(
            smiles,
            settings.conformers,
            seed=settings.seed,
            timeout_s=settings.embed_timeout_s,
        )
        if mol is None:
            return None
        tried = mol.GetNumConformers()
        found = [
            self._overlay(shape, mol, conformer.GetId())
            for shape in self._shapes
            for conformer in mol.GetConformers()
        ]
        shape, color = max(found, key=sum)
        return ShapeOverlap((shape + color) / 2, shape, color, tried)

    def _overlay(
        self, reference: rdShapeAlign.ShapeInput, mol: Mol, conformer: int
    ) -> tuple[float, float]:
        # AlignShapes moves the probe, so each overlay gets a fresh one.
        probe = rdShapeAlign.PrepareConformer(mol, conformer)
        shape, color, _ = rdShapeAlign.AlignShapes(reference, probe, _BALANCE)
        return _unit(shape), _unit(color)


@lru_cache(maxsize=8)
def reference_shape(smiles: str, settings: ShapeSettings) -> ShapeReference:
    """Return the reference of a ligand, kept for further calls in this process."""
    return ShapeReference(smiles, settings)


def _unit(value: float) -> float:
    # Rounding inside the optimizer can leave the ends of the range by a few ulps.
    return min(1.0, max(0.0, float(value)))
