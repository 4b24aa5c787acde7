"""The best compounds of a screen, merged from its sorted shards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import UsageError
from hitsieve.schema import SCORES
from hitsieve.screen.contract import best_first
from hitsieve.screen.plan import load_plan, output_of
from hitsieve.store import Ledger, open_parquet
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_BATCH: Final = 4096


def top_hits(
    folder: Path | str,
    target: str,
    model: str | None = None,
    k: int = 100,
    *,
    in_domain: bool = False,
) -> pa.Table:
    """Return the best ``k`` compounds of a target, from all shards finished so far.

    Equal to sorting all scores, at the memory of about ``k`` rows: each shard is sorted best
    first, so it is read only as long as it still improves the list.

    Parameters
    ----------
    folder
        The screen.
    target
        Name of the target.
    model
        ``name@version``; may be left out if one model scores the target.
    k
        How many, at least 0.
    in_domain
        Whether only compounds inside the model's domain count.

    Returns
    -------
    pa.Table
        SCORES columns, best first, ties by id, failed rows last; fewer than ``k`` rows if
        the finished shards hold fewer.

    Raises
    ------
    UsageError
        If ``k`` is negative, or the model must be named.
    NotFoundError
        If there is no such screen, target or model.
    """
    if k < 0:
        raise UsageError(f"k = {k}: must not be negative")
    folder = place(folder)
    plan = load_plan(folder)
    wanted, by = output_of(plan, target, model)
    ledger = Ledger(folder)
    paths = [
        folder / output.path
        for unit in plan.units
        for output in unit.outputs
        if (output.target, output.model) == (wanted.name, by.reference)
        and (commit := ledger.get(output.key)) is not None
        and commit.fingerprint == output.fingerprint
    ]
    return merge_top(paths, wanted.direction, k, in_domain=in_domain)


def merge_top(
    paths: Iterable[Path],
    direction: str,
    k: int,
    start: pa.Table | None = None,
    *,
    in_domain: bool = False,
) -> pa.Table:
    """Merge SCORES files, each sorted best first, into their best ``k`` rows.

    Parameters
    ----------
    paths
        The files.
    direction
        ``higher`` or ``lower`` is better.
    k
        How many rows.
    start
        Best rows of files merged before.
    in_domain
        Whether rows outside the model's domain are left out.

    Raises
    ------
    NotFoundError, InputError, SchemaError
        If a file is absent, damaged, or no SCORES file.
    """
    top = SCORES.empty() if start is None else start.slice(0, k)
    if k == 0:
        return top
    for path in paths:
        with open_parquet(path, SCORES) as opened:
            for batch in opened.iter_batches(batch_size=min(k, _BATCH), columns=SCORES.names):
                more = pa.Table.from_batches([batch]).cast(SCORES.schema)
                last = more.slice(more.num_rows - 1)
                taken = more.filter(more.column("in_domain")) if in_domain else more
                top = best_of([top, taken], direction, k)
                # Rows below one that does not beat the worst of the list do not either.
                if top.num_rows == k and not _beats_worst(last, top, direction):
                    break
    return top.combine_chunks()


def best_of(tables: Sequence[pa.Table], direction: str, k: int) -> pa.Table:
    """Return the best ``k`` rows of some SCORES tables, best first."""
    table = pa.concat_tables(tables)
    order = pc.sort_indices(table, best_first(direction))
    return table.take(order[:k])


def _beats_worst(row: pa.Table, top: pa.Table, direction: str) -> bool:
    worst = top.slice(top.num_rows - 1)
    # The sort is stable: a row that equals the worst stays behind it.
    order = pc.sort_indices(pa.concat_tables([worst, row]), best_first(direction))
    return bool(order[0].as_py() == 1)
