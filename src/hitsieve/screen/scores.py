"""The committed scores of one target by one model of a screen, ready for questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hitsieve.errors import NotFoundError
from hitsieve.schema import SCORES
from hitsieve.screen.plan import load_plan, output_of
from hitsieve.screen.top import merge_top
from hitsieve.store import Ledger, dataset, open_parquet
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow.dataset as ds
    from numpy.typing import NDArray

    from hitsieve.screen.sources import Model, Target


@dataclass(frozen=True, slots=True)
class Scores:
    """All committed scores of a target by a model; holds names, reads when asked.

    Parameters
    ----------
    folder
        The screen.
    target, model
        What was scored, and by which model.
    files
        Committed file of each ledger key, in order of the shards.
    """

    folder: Path
    target: Target
    model: Model
    files: dict[str, Path]

    @classmethod
    def open(cls, folder: Path, target: str, model: str | None = None) -> Scores:
        """Find the scores of a target; the model may be left out if it is the only one.

        Raises
        ------
        NotFoundError
            If there is no such screen, target or model, or nothing is committed yet.
        UsageError
            If the model must be named.
        """
        folder = place(folder)
        plan = load_plan(folder)
        wanted, by = output_of(plan, target, model)
        commits = Ledger(folder).committed()
        files = {
            output.key: folder / output.path
            for unit in plan.units
            for output in unit.outputs
            if (output.target, output.model) == (wanted.name, by.reference)
            and output.key in commits
            and commits[output.key].fingerprint == output.fingerprint
        }
        if not files:
            raise NotFoundError(
                f"{folder}: no scores of {wanted.name} by {by.reference} yet",
                cure="run or resume the screen",
            )
        return cls(folder, wanted, by, files)

    @property
    def name(self) -> str:
        """``screen/target by model``, for tables and errors."""
        return f"{self.folder.resolve().name}/{self.target.name} by {self.model.reference}"

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher score is better."""
        return self.target.direction == "higher"

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read one shard after the other."""
        for path in self.files.values():
            with open_parquet(path, SCORES) as opened:
                yield opened.read(columns=list(columns) if columns is not None else None)

    def dataset(self) -> ds.Dataset:
        """Return all files as one lazy Arrow dataset."""
        return dataset(self.folder, self.files)

    def top(self, k: int) -> pa.Table:
        """Return the best ``k`` rows."""
        return merge_top(self.files.values(), self.target.direction, k)

    def ranks(self, compound_ids: Sequence[str]) -> dict[str, tuple[int, float]]:
        """Return rank (from 1) and score of some compounds, exact over the whole screen.

        Two passes over the sorted shards, one in memory at a time. Ties are broken by id, as
        in every list; compounds without a score are left out.
        """
        asked = pa.array(list(dict.fromkeys(compound_ids)), pa.string())
        found: dict[str, float] = {}
        for table in self.tables(["compound_id", "score"]):
            here = table.filter(pa.compute.is_in(table.column("compound_id"), asked))
            here = here.filter(pa.compute.is_valid(here.column("score")))
            found |= dict(zip(*(here.column(i).to_pylist() for i in range(2)), strict=True))
        names = np.array(list(found), dtype=object)
        sign = -1.0 if self.higher_is_better else 1.0
        keys = sign * np.array(list(found.values()), dtype=np.float64)
        better = np.zeros(len(names), dtype=np.int64)
        for table in self.tables(["compound_id", "score"]):
            better += _before(table, sign, keys, names)
        return {name: (int(b) + 1, found[name]) for name, b in zip(names, better, strict=True)}


def _before(
    table: pa.Table, sign: float, keys: NDArray[np.float64], names: NDArray[np.object_]
) -> NDArray[np.int64]:
    """Count the rows of a sorted shard that stand before each key."""
    scored = table.filter(pa.compute.is_valid(table.column("score")))
    values = sign * scored.column("score").to_numpy().astype(np.float64)
    low = np.searchsorted(values, keys, side="left")
    high = np.searchsorted(values, keys, side="right")
    count = low.astype(np.int64)
    ids = scored.column("compound_id")
    for row in np.flatnonzero(high > low):  # rows of equal score: the smaller ids stand before
        tied = ids.slice(low[row], high[row] - low[row]).to_pylist()
        count[row] += sum(name < names[row] for name in tied)
    return count
