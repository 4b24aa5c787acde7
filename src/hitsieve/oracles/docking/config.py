"""Settings of a docking oracle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from hitsieve.chem.protonation import ProtonationRule
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError, NotFoundError
from hitsieve.file_kinds import read_text

Triple = tuple[float, float, float]
_LARGEST = 126.0  # Å; beyond it Vina refuses


class BoxConfig(StrictConfig):
    """Where in the receptor poses are searched.

    Parameters
    ----------
    center
        Middle of the box in Å, in the receptor's frame.
    size
        Lengths of its edges in Å.
    """

    center: Triple
    size: Triple

    @model_validator(mode="after")
    def _can_be_searched(self) -> Self:
        if not all(0 < edge <= _LARGEST for edge in self.size):
            raise ValueError(f"edges of a box are above 0 and at most {_LARGEST:g} Å")
        return self


class DockingConfig(StrictConfig):
    """Docking with AutoDock Vina; needs the extra ``docking``.

    Parameters
    ----------
    kind
        Names this oracle in a campaign's file.
    target
        Name of the receptor.
    receptor
        Rigid receptor as PDBQT, or PDBQT packed as ``.gz``.
    box
        Where poses are searched.
    box_file
        Instead of ``box``: a file with lines ``center_x = …`` and ``size_x = …``, as Vina reads.
    scoring
        Vina's own scoring function, or Vinardo.
    protonation
        ``ph``: charged as at that pH, by a short table of groups; ``neutral``; ``as_drawn``.
    ph
        For the protonation ``ph``.
    isomers
        Stereoisomers docked at most where the compound does not say which; the best one counts.
    exhaustiveness
        Independent searches; Vina's own default is 8, and time grows in proportion.
    evaluations
        Evaluations of the scoring function in each search at most; 0 lets Vina choose by the
        ligand's size, as usual.
    seed
        Of the searches and conformers.
    time_limit_s
        Seconds a compound may take, all its isomers together.
    poses
        Folder poses are kept in as SDF, one file a compound; empty for none.
    poses_kept
        Poses of each compound, the best first.
    """

    kind: Literal["docking"] = "docking"
    target: str = Field(min_length=1)
    receptor: Path
    box: BoxConfig | None = None
    box_file: Path | None = None
    scoring: Literal["vina", "vinardo"] = "vina"
    protonation: ProtonationRule = "ph"
    ph: float = Field(default=7.4, ge=0, le=14)
    isomers: int = Field(default=4, ge=1, le=64)
    exhaustiveness: int = Field(default=8, ge=1, le=1024)
    evaluations: int = Field(default=0, ge=0)
    seed: int = Field(default=7, ge=1, le=2**31 - 1)
    time_limit_s: float = Field(default=600.0, gt=0)
    poses: Path | None = None
    poses_kept: int = Field(default=5, ge=1, le=20)

    @model_validator(mode="after")
    def _has_one_box(self) -> Self:
        if (self.box is None) == (self.box_file is None):
            raise ValueError("give either `box` or `box_file`")
        return self

    def search_box(self) -> BoxConfig:
        """Return the box, read from its file if need be.

        Raises
        ------
        NotFoundError
            If there is no such file.
        InputError
            If it does not say center and size.
        """
        if self.box is not None:
            return self.box
        return read_box(Path(str(self.box_file)))


def read_box(path: Path) -> BoxConfig:
    """Read a box from a file of lines ``key = number``; other lines are ignored.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If a key is missing, twice, or no number, or the box is too large.
    """
    if not path.is_file():
        raise NotFoundError(f"no box file {path}", cure="check the path")
    text = read_text(path)
    numbers: dict[str, float] = {}
    for name in (f"{part}_{axis}" for part in ("center", "size") for axis in "xyz"):
        found = re.findall(rf"^\s*{name}\s*=\s*(\S+)\s*$", text, re.MULTILINE)
        try:
            (number,) = found
            numbers[name] = float(number)
        except ValueError:
            raise InputError(
                f"{path} has {found or 'nothing'} for {name}", cure=f"write one line `{name} = 1.0`"
            ) from None
    x, y, z = (numbers[f"center_{axis}"] for axis in "xyz")
    a, b, c = (numbers[f"size_{axis}"] for axis in "xyz")
    try:
        return BoxConfig(center=(x, y, z), size=(a, b, c))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
