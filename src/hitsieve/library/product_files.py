"""Writing enumerated products as they come: flat in memory, whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hitsieve.errors import InputError
from hitsieve.store.files import ROW_GROUP, atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

Row = tuple[str, str, str, tuple[str, ...]]
"""SMILES, product id, reaction, labels of the reagents."""

_SCHEMA: Final = pa.schema(
    [
        ("smiles", pa.string()),
        ("id", pa.string()),
        ("reaction", pa.string()),
        ("reagents", pa.string()),
    ]
)
_COMPRESSION: Final = 4


@contextmanager
def open_writer(path: Path) -> Iterator[Callable[[Row], None]]:
    """Yield a function that writes one product; the file appears when the block ends.

    Raises
    ------
    InputError
        If the suffix is none of ``.smi``, ``.csv``, ``.smi.gz``, ``.csv.gz``, ``.parquet``.
    StorageError
        If the storage refuses.
    """
    name = path.name.removesuffix(".gz")
    if path.suffix == ".parquet":
        with atomic_path(path) as temporary, _parquet(temporary) as write:
            yield write
        return
    if not name.endswith((".smi", ".csv")):
        raise InputError(
            f"cannot write products to {path.name!r}",
            cure="end the name in .smi, .csv, .smi.gz, .csv.gz or .parquet",
        )
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        _compressed(raw, wanted=path.suffix == ".gz") as stream,
    ):
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        yield _csv(text) if name.endswith(".csv") else _smi(text)
        text.flush()
        text.detach()


@contextmanager
def _compressed(raw: BinaryIO, *, wanted: bool) -> Iterator[BinaryIO]:
    if not wanted:
        yield raw
        return
    # Neither name nor time in the header: equal products make equal bytes.
    with gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as stream:
        buffered = io.BufferedWriter(stream)
        yield buffered
        buffered.flush()


def _smi(text: io.TextIOWrapper) -> Callable[[Row], None]:
    def write(row: Row) -> None:
        text.write(f"{row[0]}\t{row[1]}\n")

    return write


def _csv(text: io.TextIOWrapper) -> Callable[[Row], None]:
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_SCHEMA.names)

    def write(row: Row) -> None:
        table.writerow((row[0], row[1], row[2], ".".join(row[3])))

    return write


@contextmanager
def _parquet(path: Path) -> Iterator[Callable[[Row], None]]:
    rows: list[tuple[str, str, str, str]] = []
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:

        def flush() -> None:
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
            rows.clear()

        def write(row: Row) -> None:
            rows.append((row[0], row[1], row[2], ".".join(row[3])))
            if len(rows) == ROW_GROUP:
                flush()

        yield write
        if rows:
            flush()
