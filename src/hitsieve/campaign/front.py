"""The Pareto front of a campaign: measured compounds that none beats in every wish."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.pareto import crowding, fronts
from hitsieve.store.files import write_atomic
from hitsieve.store.spreadsheet import neutralize

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.panel import Panel
    from hitsieve.campaign.state import Round

FRONT: Final = "pareto.csv"
"""File in the folder of a campaign that holds its front."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A compound of the front: no other is as good in all wishes and better in one.

    Parameters
    ----------
    compound_id, smiles
        Which.
    round
        That measured it.
    utility
        What its wishes come to, 0 to 1.
    values
        What each wish is about, in its own unit.
    desirabilities
        How far each is met, 0 to 1.
    crowding
        How far its neighbors on the front are, from 0 on; infinite for the best in a wish. Where
        it is large, the front is sparse.
    """

    compound_id: str
    smiles: str
    round: int
    utility: float
    values: tuple[float, ...]
    desirabilities: tuple[float, ...]
    crowding: float


def front_of(panel: Panel, rounds: Sequence[Round]) -> list[Trade]:
    """Return the front of everything some rounds have measured, the highest utility first.

    Compounds of which a wish was not measured are on no front.
    """
    picks = [(pick.compound_id, one.number) for one in rounds for pick in one.picks]
    ids = [name for name, _ in picks]
    if not ids:
        return []
    labels = pa.concat_tables([one.labels for one in rounds])
    parts = panel.desirabilities(labels, ids)
    best = np.flatnonzero((fronts(parts) == 1) & ~np.isnan(parts).any(axis=1))
    values, lonely = panel.values(labels, ids), crowding(parts[best])
    utility = panel.objective.join(parts)
    smiles = dict(
        zip(*(labels[name].to_pylist() for name in ("compound_id", "smiles")), strict=True)
    )
    found = [
        Trade(
            ids[place],
            smiles[ids[place]],
            picks[place][1],
            float(utility[place]),
            tuple(values[place].tolist()),
            tuple(parts[place].tolist()),
            float(far),
        )
        for place, far in zip(best.tolist(), lonely, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.utility, one.compound_id))


def write_front(path: Path, panel: Panel, rounds: Sequence[Round]) -> list[Trade]:
    """Write the front as CSV, one compound a line, and return it.

    Equal rounds make equal bytes. Columns: ``compound_id``, ``smiles``, ``round``, ``utility``,
    ``crowding``, and for each wish its value under its name and ``<name>: desirability``.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    found = front_of(panel, rounds)
    names = panel.objective.names
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["compound_id", "smiles", "round", "utility", "crowding"]
    for name in names:
        head += [neutralize(name), neutralize(f"{name}: desirability")]
    writer.writerow(head)
    for one in found:
        parts = zip(one.values, one.desirabilities, strict=True)
        numbers = [number for value, part in parts for number in (f"{value:.6g}", f"{part:.4f}")]
        told = [one.round, f"{one.utility:.4f}", f"{one.crowding:.4g}"]
        writer.writerow([neutralize(one.compound_id), neutralize(one.smiles), *told, *numbers])
    write_atomic(path, out.getvalue().encode())
    return found
