"""Questions over many files: SQL with DuckDB, wide data frames with Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hitsieve.errors import InputError, UsageError
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import dask.dataframe as dd
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds


P = TypeVar("P")
T = TypeVar("T")


def sql(query: str, **tables: pa.Table | ds.Dataset) -> pa.Table:
    """Answer an SQL query over named tables or committed datasets.

    The query sees the given tables only: it can neither open files nor load extensions.

    Parameters
    ----------
    query
        SQL as DuckDB speaks it.
    tables
        Arrow tables, or datasets of :func:`hitsieve.store.reader.dataset`, by name.

    Raises
    ------
    UsageError
        If DuckDB refuses the query; its message says where.

    Examples
    --------
    >>> import pyarrow as pa
    >>> sql("select max(x) as top from t", t=pa.table({"x": [1, 3, 2]})).to_pylist()
    [{'top': 3}]
    """
    import duckdb

    closed = {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    with duckdb.connect(":memory:", config=closed) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        try:
            kinds = [statement.type for statement in connection.extract_statements(query)]
            if kinds != [duckdb.StatementType.SELECT]:
                raise UsageError(f"query refused: {query!r} is no single SELECT", cure="write one")
            return connection.sql(query).to_arrow_table()
        except duckdb.Error as error:
            known = ", ".join(sorted(tables)) or "none"
            raise UsageError(f"query refused: {error}", cure=f"tables given: {known}") from None


def dask_frame(paths: Iterable[Path], columns: Sequence[str] | None = None) -> dd.DataFrame:
    """Return Parquet files as one lazy Dask data frame, one partition for each file.

    Parameters
    ----------
    paths
        Committed files, as of :func:`hitsieve.store.reader.committed_files`.
    columns
        Columns to read; None for all.

    Raises
    ------
    InputError
        If no path is given, or a file is no whole Parquet file.
    SchemaError
        If a column is of an extension type.
    """
    import dask.dataframe as dd

    found = list(paths)
    if not found:
        raise InputError("no files were given", cure="run or resume what writes them first")
    schemas = []
    for path in found:
        with open_parquet(path) as opened:
            schemas.append(opened.schema_arrow)
    names = list(columns) if columns is not None else schemas[0].names
    meta = schemas[0].empty_table().select(names).to_pandas()
    frame: dd.DataFrame = dd.from_map(_read_frame, found, names=names, meta=meta)
    return frame


def fold(
    items: Sequence[P],
    measure: Callable[[P], T],
    merge: Callable[[T, T], T],
    scheduler: Callable[..., Any] | str = "threads",
) -> T:
    """Measure pieces of a data set with Dask and merge the answers pairwise.

    A piece is in memory only while it is measured.

    Parameters
    ----------
    items
        At least one name or path of a piece.
    measure
        What one piece answers.
    merge
        Puts two answers together; must not depend on how pieces are paired.
    scheduler
        Of Dask: ``threads`` of this process, or the function that
        :func:`hitsieve.engine.ray_executor.dask_on_ray` returns.

    Examples
    --------
    >>> fold([1, 2, 3], lambda n: n * n, lambda a, b: a + b)
    14
    """
    import dask

    answers = [dask.delayed(measure)(item) for item in items]
    while len(answers) > 1:
        pairs = zip(answers[::2], answers[1::2], strict=False)
        odd = answers[len(answers) & ~1 :]
        answers = [*(dask.delayed(merge)(*pair) for pair in pairs), *odd]
    (found,) = dask.compute(answers[0], scheduler=scheduler)
    answer: T = found
    return answer


def _read_frame(path: Path, names: list[str]) -> pd.DataFrame:
    with open_parquet(path) as opened:
        frame: pd.DataFrame = opened.read(columns=names).to_pandas()
    return frame
