"""The second stage of a cascade: better surrogates score again what the fast one puts on top."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.campaign.quick.pool import RESCORED, PoolScores, numbers, scores_table
from hitsieve.campaign.quick.prune import chances
from hitsieve.engine.executor import Limits, Task
from hitsieve.errors import IncompleteError
from hitsieve.library import Library
from hitsieve.provenance import fingerprint
from hitsieve.schema import SCORES
from hitsieve.store.files import write_parquet_atomic
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.pool import Predicts
    from hitsieve.campaign.quick.spread import Tail
    from hitsieve.campaign.surrogate import Workplace
    from hitsieve.library.library import Shard

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Depth:
    """How deep the fast ranking is read.

    Attributes
    ----------
    border
        Mean plus spread, high is good, from which on compounds are scored again.
    compounds
        How many those are.
    expected_loss
        Expected share of the wanted top among those that are not.
    """

    border: float
    compounds: int
    expected_loss: float


def depth_of(
    pieces: Iterable[tuple[Floats, Floats]], n: int, threshold: float, *, top: int, tail: Tail
) -> Depth:
    """Choose the border so that about ``n`` compounds lie above it.

    Parameters
    ----------
    pieces
        Mean and spread of the pool, piece by piece, high is good; iterable twice.
    n
        How many are scored again; all that tie at the border.
    threshold
        Value that the wanted top reaches.
    top
        How many compounds the top holds.
    tail
        Of the errors.
    """
    best = np.empty(0)
    for mean, std in pieces:
        upper = mean + std
        best = np.sort(np.concatenate([best, upper[~np.isnan(upper)]]))[::-1][:n]
    border = float(best[-1]) if len(best) else np.inf
    count, missed = 0, 0.0
    for mean, std in pieces:
        inside = mean + std >= border
        count += int(inside.sum())
        missed += float(chances(mean[~inside], std[~inside], threshold, tail).sum())
    return Depth(border, count, missed / top)


def rescore(
    predictor: Predicts, work: Workplace, border: float, sign: float, *, target: str
) -> PoolScores:
    """Score again what lies above a border; committed shards are not scored again.

    Raises
    ------
    IncompleteError
        If a shard could not be scored.
    """
    library = Library.open(work.library)
    folder = work.screen / RESCORED
    done = Ledger(folder).committed()
    tasks = [Task(shard.name, shard) for shard in library.shards if shard.name not in done]
    setup = partial(_rescorer, predictor, work.library, work.screen, border, sign)
    work.progress("rescore", len(done), len(library.shards))
    for number, outcome in enumerate(work.executor.map(setup, tasks, Limits(attempts=2)), 1):
        if not outcome.ok:
            raise IncompleteError(
                f"shard {outcome.key} of {target!r} was not scored again: {outcome.error}",
                cure="remove the cause and run the same command again",
            )
        work.progress("rescore", len(done) + number, len(library.shards))
    return PoolScores(work.screen)


def _rescorer(
    predictor: Predicts, library_folder: Path, screen: Path, border: float, sign: float
) -> Callable[[Shard], int]:
    library = Library.open(library_folder)
    ledger = Ledger(screen / RESCORED)
    columns = columns_for(predictor.needs)

    def score(shard: Shard) -> int:
        with open_parquet(screen / "scores" / f"{shard.name}.parquet", SCORES) as opened:
            fast = opened.read(columns=["compound_id", "score", "std"])
        mean, std = numbers(fast, sign)
        kept = fast.column("compound_id").combine_chunks().filter(pa.array(mean + std >= border))
        table = library.read_shard(shard.name, columns)
        table = table.filter(pc.is_in(table.column("compound_id"), value_set=kept))
        compounds = Compounds.of(table, predictor.needs, where=shard.name)
        relative = f"scores/{shard.name}.parquet"
        place = screen / RESCORED / relative
        written = write_parquet_atomic(place, scores_table(predictor, compounds))
        key = fingerprint([predictor.name, shard.sha256, border])
        ledger.commit(Commit(shard.name, {relative: written.sha256}, written.rows, key))
        return written.rows

    return score
