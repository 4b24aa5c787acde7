"""Which compound stands in which well."""

from __future__ import annotations

import random
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.oracles.inbox.config import PLATE_SHAPES
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hitsieve.oracles.inbox.config import InboxConfig

_WELL = re.compile(r"\s*([A-Pa-p])\s*0*([1-9][0-9]?)\s*")


@dataclass(frozen=True, slots=True)
class Well:
    """One filled well.

    Parameters
    ----------
    plate
        Name of the plate, unique in an inbox.
    well
        Row letter and two digits, such as ``A01``.
    compound_id
        What stands in it; empty for a control.
    replicate
        Which measurement of the compound this is, from 1; 0 for a control.
    control, role
        Name and role of a control; empty for a compound.
    """

    plate: str
    well: str
    compound_id: str = ""
    replicate: int = 0
    control: str = ""
    role: str = ""


def well_name(text: str) -> str | None:
    """Return a well as ``A01``, or None if the text is no well of a plate.

    Examples
    --------
    >>> well_name("a1"), well_name("P24"), well_name("Q1")
    ('A01', 'P24', None)
    """
    found = _WELL.fullmatch(text)
    if found is None or int(found[2]) > PLATE_SHAPES[384][1]:
        return None
    return f"{found[1].upper()}{int(found[2]):02d}"


def lay_out(
    compounds: Sequence[str], config: InboxConfig, *, batch: str, done: Mapping[str, int]
) -> list[Well]:
    """Place compounds and controls on as many plates as they need.

    Parameters
    ----------
    compounds
        Structure keys in the order of the picks.
    config
        Plate size, replicates, controls, and whether places are drawn at random.
    batch
        Name of the batch; plates are ``<batch>-P1``, ``<batch>-P2``, and places are drawn from it.
    done
        Wells earlier batches gave a compound; its replicates are numbered on from there.

    Returns
    -------
    list of Well
        Plate by plate, row by row.
    """
    todo = [
        (name, done.get(name, 0) + n + 1) for n in range(config.replicates) for name in compounds
    ]
    if config.shuffle:
        random.Random(child_seed(0, "plate", batch)).shuffle(todo)  # noqa: S311 - places, not secrets
    rows, columns = PLATE_SHAPES[config.plate_wells]
    every = [f"{string.ascii_uppercase[r]}{c + 1:02d}" for r in range(rows) for c in range(columns)]
    controls = _control_wells(config, rows, columns)
    free = [well for well in every if well not in controls]
    wells: list[Well] = []
    for number, start in enumerate(range(0, len(todo), len(free)), start=1):
        plate = f"{batch}-P{number}"
        placed = dict(zip(free, todo[start : start + len(free)], strict=False))
        for well in every:
            if well in controls:
                name, role = controls[well]
                wells.append(Well(plate, well, control=name, role=role))
            elif well in placed:
                compound, replicate = placed[well]
                wells.append(Well(plate, well, compound, replicate))
    return wells


def wells_of(wells: Iterable[Well]) -> dict[str, int]:
    """Return how many wells each compound has."""
    count: dict[str, int] = {}
    for well in wells:
        if well.compound_id:
            count[well.compound_id] = count.get(well.compound_id, 0) + 1
    return count


def _control_wells(config: InboxConfig, rows: int, columns: int) -> dict[str, tuple[str, str]]:
    """Return name and role by well: down the first column and up the last one, in turn."""
    letters = string.ascii_uppercase[:rows]
    pairs = [(f"{letters[i]}01", f"{letters[rows - 1 - i]}{columns:02d}") for i in range(rows)]
    outer = [well for pair in pairs for well in pair]
    names = [(c.name, c.role) for c in config.controls for _ in range(c.wells)]
    return dict(zip(outer, names, strict=False))
