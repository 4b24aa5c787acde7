"""Which compounds of a shard a model scores: all, or those that another model's scores choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import InputError
from hitsieve.schema import SCORES
from hitsieve.screen.cascade import CASCADE_FILE, reaches, read_cuts
from hitsieve.screen.plan import scores_file
from hitsieve.store import open_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.metrics.retrieval import Cut
    from hitsieve.screen.plan import Output
    from hitsieve.screen.sources import Loaded, Sources
    from hitsieve.store import Ledger


@dataclass(frozen=True, slots=True)
class Part:
    """What a model is given of a shard.

    Parameters
    ----------
    loaded
        The compounds.
    all_ids
        Ids of the whole shard, chosen or not.
    ids
        By target, the ids that its file must hold; absent where it holds the whole shard.
    """

    loaded: Loaded
    all_ids: pa.StringArray
    ids: dict[str, pa.StringArray] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was chosen."""
        return bool(self.ids) and not len(self.loaded.compound_ids)

    def rows(
        self, output: Output, table: pa.Table | None, told: dict[str, Any]
    ) -> tuple[pa.StringArray, pa.Table | None, dict[str, Any]]:
        """Return the ids that an output owes, its rows of a table, and what its record tells.

        Where rows were chosen, known actives stand among the best of the shard only, so the
        record tells nothing of their places.
        """
        if output.target not in self.ids:
            return self.all_ids, table, told
        ids = self.ids[output.target]
        told = {"of": len(self.all_ids), "chosen_by": output.chosen_by}
        if self.empty:
            return ids, SCORES.empty(), told
        if table is None:
            return ids, None, told
        given = table.column("compound_id").cast(pa.string())  # a model may give a dictionary
        return ids, table.filter(pc.is_in(given, ids)), told


def chosen(sources: Sources, ledger: Ledger, loaded: Loaded, outputs: Sequence[Output]) -> Part:
    """Return what a model is to score of a shard for its outputs.

    One batch serves all targets: what any of them needs. It depends on all outputs of the model,
    finished or not, so that a resumed shard is scored in the same batch.

    Raises
    ------
    InputError
        If the cuts are not settled.
    ChecksumError
        If a file that chooses was changed since it was committed.
    """
    if not any(output.chosen_by for output in outputs):
        return Part(loaded, loaded.compound_ids)
    cuts = read_cuts(ledger.root)
    ids = {output.target: choose(ledger, output, cuts) for output in outputs}
    wanted = pa.concat_arrays(list(ids.values()))
    places = np.flatnonzero(pc.is_in(loaded.compound_ids, wanted).to_numpy(zero_copy_only=False))
    return Part(sources.taken(loaded, places), loaded.compound_ids, ids)


def choose(ledger: Ledger, output: Output, cuts: dict[str, Cut]) -> pa.StringArray:
    """Return the ids an output holds: those whose committed score reaches the cut.

    Raises
    ------
    InputError
        If the cut of the target is not settled.
    NotFoundError, ChecksumError
        If the file that chooses is not committed, or was changed since.
    """
    cut = cuts.get(output.target)
    if cut is None:
        raise InputError(
            f"{ledger.root / CASCADE_FILE} holds no cut for {output.target!r}",
            cure="delete it and run the screen again: it is written anew",
        )
    ledger.verify(output.chosen_by)
    with open_parquet(ledger.root / scores_file(output.chosen_by), SCORES) as opened:
        table = opened.read(columns=["compound_id", "score"])
    score = table.column("score").to_numpy().astype(np.float64)
    kept = table.filter(pa.array(reaches(score, cut, output.direction)))
    return kept.column("compound_id").combine_chunks()
