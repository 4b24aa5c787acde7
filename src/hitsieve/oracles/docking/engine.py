"""AutoDock Vina and meeko, loaded once per process: one receptor, many ligands.

References
----------
Eberhardt, Santos-Martins, Tillack, Forli: AutoDock Vina 1.2.0, J. Chem. Inf. Model. 2021, 61, 3891.
Trott, Olson: AutoDock Vina, J. Comput. Chem. 2010, 31, 455.
"""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ConfigError, InputError, NotFoundError
from hitsieve.schema import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol
    from hitsieve.oracles.docking.config import BoxConfig, DockingConfig

PACKAGES: Final = ("vina", "meeko")
MAX_RECEPTOR: Final = 256 << 20
MOST_POSES: Final = 20
_POSE_RMSD: Final = 1.0  # Å between poses that are kept, Vina's own default


@dataclass(frozen=True, slots=True)
class Pose:
    """One pose: its affinity in kcal/mol, and where it is in a molecule with all poses."""

    affinity: float
    mol: Mol
    conformer: int


class LigandRefusedError(Exception):
    """A ligand cannot be docked; says why.

    Parameters
    ----------
    message
        Why.
    code
        Of the row it becomes.
    """

    def __init__(self, message: str, code: Code = Code.MEASUREMENT_FAILED) -> None:
        super().__init__(message)
        self.code = code


def engine_versions() -> dict[str, str]:
    """Return the versions of what docks.

    Raises
    ------
    ConfigError
        If the extra is not installed.
    """
    try:
        return {name: metadata.version(name) for name in PACKAGES}
    except metadata.PackageNotFoundError as error:
        raise ConfigError(
            f"docking needs the package {error.name}, which is not installed",
            cure="pip install 'hitsieve[docking]', on every machine that docks",
        ) from None


def read_receptor(path: Path) -> bytes:
    """Return a receptor as PDBQT, unpacked.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it is no PDBQT, holds no atom, or is too large.
    """
    if not path.is_file():
        raise NotFoundError(f"no receptor {path}", cure="check the path")
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data: bytes = stream.read(MAX_RECEPTOR + 1)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if len(data) > MAX_RECEPTOR:
        raise InputError(f"{path} is larger than {MAX_RECEPTOR >> 20} MiB")
    lines = [line for line in data.splitlines() if line.startswith((b"ATOM", b"HETATM"))]
    if not lines or any(len(line) < 78 for line in lines):  # noqa: PLR2004 - column of the atom type
        raise InputError(
            f"{path} is no receptor in PDBQT format",
            cure="prepare one with meeko's mk_prepare_receptor",
        )
    return data


class Engine:
    """Docks ligands into one receptor.

    Parameters
    ----------
    config
        Receptor, box and search; making the grid maps takes some seconds.

    Raises
    ------
    ConfigError
        If the extra is not installed.
    InputError
        If Vina refuses the receptor.
    """

    def __init__(self, config: DockingConfig) -> None:
        engine_versions()
        from vina import Vina

        self._config = config
        self._vina = Vina(sf_name=config.scoring, cpu=1, seed=config.seed, verbosity=0)
        self._load(read_receptor(config.receptor), config.search_box())

    def dock(self, mol: Mol) -> list[Pose]:
        """Return the poses of a ligand, the best first.

        Parameters
        ----------
        mol
            With hydrogens and one conformer.

        Raises
        ------
        LigandRefusedError
            If it has an atom Vina knows nothing of, or no pose is found.
        MemoryError
            If there is too little memory.
        """
        text = _pdbqt(mol)
        config = self._config
        try:
            self._vina.set_ligand_from_string(text)
            self._vina.dock(
                exhaustiveness=config.exhaustiveness,
                n_poses=MOST_POSES,
                min_rmsd=_POSE_RMSD,
                max_evals=config.evaluations,
            )
            energies = self._vina.energies(n_poses=MOST_POSES)
            poses = self._vina.poses(n_poses=MOST_POSES)
        except (RuntimeError, TypeError, ValueError) as error:
            raise _refused("Vina", error) from None
        return _poses(poses, [float(row[0]) for row in energies])

    def _load(self, receptor: bytes, box: BoxConfig) -> None:
        with tempfile.TemporaryDirectory(prefix="hitsieve-docking-") as folder:
            path = Path(folder) / "receptor.pdbqt"
            path.write_bytes(receptor)
            try:
                self._vina.set_receptor(str(path))
                self._vina.compute_vina_maps(center=list(box.center), box_size=list(box.size))
            except (RuntimeError, TypeError, ValueError) as error:
                raise InputError(
                    f"Vina refuses receptor {self._config.receptor}: {error}",
                    cure="prepare it with meeko's mk_prepare_receptor, and check the box",
                ) from None


@lru_cache(maxsize=2)
def engine_of(config: DockingConfig) -> Engine:
    """Return the engine of settings, kept for further compounds in this process."""
    return Engine(config)


def _pdbqt(mol: Mol) -> str:
    from meeko import MoleculePreparation, PDBQTWriterLegacy

    try:
        setup, *_ = MoleculePreparation().prepare(mol)
        text, fine, words = PDBQTWriterLegacy.write_string(setup)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise _refused("meeko", error) from None
    if not fine:
        raise LigandRefusedError(f"meeko: {words}")
    return str(text)


def _refused(who: str, error: Exception) -> Exception:
    """Return what an error of a program means; C++ tells of used up memory by a RuntimeError."""
    if "bad_alloc" in str(error):
        return MemoryError(f"{who}: {error}")
    return LigandRefusedError(f"{who}: {error}")


def _poses(text: str, affinities: list[float]) -> list[Pose]:
    from meeko import PDBQTMolecule, RDKitMolCreate

    if not affinities or not text:
        raise LigandRefusedError("no pose fits the box")
    (mol,) = RDKitMolCreate.from_pdbqt_mol(PDBQTMolecule(text, skip_typing=True))
    if mol is None or mol.GetNumConformers() != len(affinities):
        raise LigandRefusedError("its poses cannot be read back")
    numbers = [conformer.GetId() for conformer in mol.GetConformers()]
    return [Pose(affinity, mol, n) for affinity, n in zip(affinities, numbers, strict=True)]
