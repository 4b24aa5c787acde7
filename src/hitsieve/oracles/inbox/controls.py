"""Control wells: what was told of them, and whether their plates can be trusted.

Files are ``<inbox>/controls/<plate>~<well>~<version>.json``, created whole and by one writer; as
of compounds, a version is added and never overwritten, and the highest one stands.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.errors import ChecksumError, IncompleteError
from hitsieve.metrics.plates import EXCELLENT, z_prime
from hitsieve.oracles.inbox.told import TRIES, highest
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hitsieve.oracles.inbox.parse import Result

Place = tuple[str, str]
"""A plate and a well."""


@dataclass(frozen=True, slots=True)
class Control:
    """A result of a control well that stands.

    Parameters
    ----------
    plate, well
        Where.
    control, role
        Name of the substance, and whether it is the ``positive`` or the ``negative`` one.
    value, relation, unit
        What was found, as told; a failure has no value.
    note, measured_at
        As told.
    file, row
        Where it was told: file name and row.
    version
        How often it was corrected before.
    """

    plate: str
    well: str
    control: str
    role: str
    value: float | None
    relation: str
    unit: str
    note: str
    measured_at: str
    file: str
    row: int
    version: int = field(default=0, compare=False)

    @property
    def what(self) -> tuple[float | None, str]:
        """What was found: equal for a result that is told twice."""
        return self.value, self.relation

    @classmethod
    def of(cls, result: Result, file: str, version: int = 0) -> Control:
        """Return what a row of a file says of a control well."""
        return cls(
            result.plate, result.well, result.control, result.role, result.value, result.relation,
            result.unit, result.note, result.measured_at, file, result.row, version,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlateQuality:
    """How far apart the controls of a plate are.

    Parameters
    ----------
    plate
        Its name.
    positive, negative
        Names of the two controls.
    n_positive, n_negative
        Wells with a value.
    positive_mean, negative_mean
        In the unit they were told in.
    z_prime
        See :func:`hitsieve.metrics.plates.z_prime`; None where there are too few wells, or their
        units differ.
    target
        What was measured.
    """

    plate: str
    positive: str
    negative: str
    n_positive: int
    n_negative: int
    positive_mean: float
    negative_mean: float
    z_prime: float | None
    target: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether Z' is known and below 0.5."""
        return self.z_prime is not None and self.z_prime < EXCELLENT


class ControlStore:
    """The results of control wells of an inbox.

    Parameters
    ----------
    root
        Folder of their files.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def standing(self, plate: str = "*", well: str = "*") -> dict[Place, Control]:
        """Return what stands of all control wells, of a plate, or of one well.

        Raises
        ------
        ChecksumError
            If a record is damaged.
        """
        found = highest(self.root.glob(f"{plate}~{well}~*.json"))
        wells = [_read(path, version) for _, (version, path) in sorted(found.items())]
        return {(one.plate, one.well): one for one in wells}

    def keep(self, result: Result, file: str) -> None:
        """Keep a result above what stood before."""
        for _ in range(TRIES):
            before = self.standing(result.plate, result.well).get((result.plate, result.well))
            if before is not None and before.what == result.what:
                return  # another driver was told the same
            kept = Control.of(result, file, 0 if before is None else before.version + 1)
            name = f"{kept.plate}~{kept.well}~{kept.version}.json"
            if create_exclusive(self.root / name, json_bytes(_record(kept))):
                return
        raise IncompleteError(
            f"{self.root}: others keep correcting {result.plate}:{result.well}",
            cure="tell the file again",
        )


def plate_quality(controls: Iterable[Control], target: str) -> list[PlateQuality]:
    """Compare each positive control of a plate with each negative one; bounds are left out.

    Parameters
    ----------
    controls
        What stands of control wells.
    target
        What was measured.
    """
    wells: dict[tuple[str, str, str], list[Control]] = defaultdict(list)
    for one in controls:
        if one.value is not None and one.relation == "=":
            wells[one.plate, one.role, one.control].append(one)
    return [
        _compared(plate, target, wells[plate, "positive", high], wells[plate, "negative", low])
        for plate, role, high in sorted(wells)
        if role == "positive"
        for other, kind, low in sorted(wells)
        if (other, kind) == (plate, "negative")
    ]


def _compared(
    plate: str, target: str, positive: list[Control], negative: list[Control]
) -> PlateQuality:
    high, low = (
        np.array([one.value for one in wells], dtype=np.float64) for wells in (positive, negative)
    )
    units = {one.unit.casefold() for one in (*positive, *negative)}
    found = z_prime(high, low) if len(units) == 1 else math.nan
    return PlateQuality(
        plate, positive[0].control, negative[0].control, len(high), len(low), float(high.mean()),
        float(low.mean()), None if math.isnan(found) else found, target,
    )  # fmt: skip


def _record(kept: Control) -> dict[str, Any]:
    record = asdict(kept)
    del record["version"]
    return record


def _read(path: Path, version: int) -> Control:
    try:
        kept = Control(**json.loads(path.read_text(encoding="utf-8")), version=version)
    except (ValueError, TypeError) as error:
        raise _damaged(path) from error
    if path.name != f"{kept.plate}~{kept.well}~{version}.json":
        raise _damaged(path)
    return kept


def _damaged(path: Path) -> ChecksumError:
    return ChecksumError(
        f"{path} is no whole result", cure="delete the file and tell its results again"
    )
