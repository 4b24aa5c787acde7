"""The row contract of a SCORES file: every compound once, best first, no score that is no number.

Checks run over whole columns. A table may give its ids as a dictionary array over the batch's
own ids: then a permutation of places says as much as a sort of the ids, at a tenth of the cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import SchemaError
from hitsieve.schema import SCORES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.screen.plan import Output

_ID = "compound_id"


def best_first(direction: str) -> list[tuple[str, str]]:
    """Return the sort keys of a SCORES table: best score first, ties by id.

    Arrow puts nulls last in either order, so failed rows end a table.
    """
    order = "descending" if direction == "higher" else "ascending"
    return [("score", order), (_ID, "ascending")]


def checked(table: pa.Table | None, output: Output, compound_ids: pa.StringArray) -> pa.Table:
    """Hold the row contract: every compound once, sorted, and no score that is not a number.

    Parameters
    ----------
    table
        What a model returned for the output's target: columns of SCORES, its ids as text or as
        a dictionary of texts.
    output
        What it is for.
    compound_ids
        The ids (n,) it must account for.

    Returns
    -------
    pa.Table
        The columns of SCORES, in order, ids as text.

    Raises
    ------
    SchemaError
        Names the output and what is wrong.
    """
    where = f"{output.key}, as scored by {output.model}"
    if table is None:
        raise SchemaError(f"{where}: the model returned no table for target {output.target!r}")
    encoded, table = _decoded(table)
    SCORES.check(table.schema, where=where)
    table = table.select(SCORES.names)
    if table.num_rows != len(compound_ids):
        raise SchemaError(f"{where}: {table.num_rows} rows for {len(compound_ids)} compounds")
    chunks = table.column(_ID).chunks
    ids = chunks[0] if len(chunks) == 1 else pa.concat_arrays([pa.array([], pa.string()), *chunks])
    if not (_permutes(encoded, compound_ids) or _same_ids(ids, compound_ids)):
        raise SchemaError(f"{where}: its compounds are not those of the shard")
    score = table.column("score")
    if not pc.all(pc.is_finite(score), min_count=0).as_py():
        raise SchemaError(f"{where}: a score is not a finite number; a failed row has null")
    agree = pc.equal(pc.is_null(score), pc.not_equal(table["status"], "ok"))
    if not pc.all(agree, min_count=0).as_py():
        raise SchemaError(f"{where}: a score is null where status is ok, or the reverse")
    if not _is_best_first(score, ids, higher=output.direction == "higher"):
        raise SchemaError(f"{where}: rows are not sorted best first ({output.direction} is better)")
    return table


def _decoded(table: pa.Table) -> tuple[pa.DictionaryArray | None, pa.Table]:
    """Return the encoded ids, if they are, and the table with ids as text."""
    place = table.schema.get_field_index(_ID)
    if place < 0 or not pa.types.is_dictionary(table.schema.field(place).type):
        return None, table
    encoded = table.column(place).combine_chunks()
    field = SCORES.schema.field(_ID).with_type(encoded.type.value_type)
    return encoded, table.set_column(place, field, encoded.dictionary_decode())


def _permutes(encoded: pa.DictionaryArray | None, compound_ids: pa.StringArray) -> bool:
    """Tell whether encoded ids are the given ones, in any order, each once."""
    n = len(compound_ids)
    if encoded is None or len(encoded) != n or encoded.null_count or len(encoded.dictionary) < n:
        return False
    # controls may stand behind the shard's own compounds in the batch
    if not encoded.dictionary.slice(0, n).equals(compound_ids):
        return False
    return bool((np.bincount(encoded.indices.to_numpy(), minlength=n) == 1).all())


def _same_ids(ids: pa.StringArray, compound_ids: pa.StringArray) -> bool:
    expected = compound_ids.take(pc.sort_indices(compound_ids))
    return bool(ids.take(pc.sort_indices(ids)).equals(expected))


def _is_best_first(score: pa.ChunkedArray, ids: pa.StringArray, *, higher: bool) -> bool:
    """Tell whether scores get no better from row to row, with ties, and failed rows, by id."""
    scored = len(score) - score.null_count
    if score.slice(0, scored).null_count:
        return False
    values: NDArray[np.float32] = score.slice(0, scored).to_numpy()
    before, after = values[:-1], values[1:]
    open_pairs = np.flatnonzero(~(before > after if higher else before < after))
    if not (values[open_pairs] == values[open_pairs + 1]).all():
        return False
    pairs = np.concatenate([open_pairs, np.arange(scored, len(score) - 1)])
    rising = pc.less(ids.take(pa.array(pairs)), ids.take(pa.array(pairs + 1)))
    return bool(pc.all(rising, min_count=0).as_py())
