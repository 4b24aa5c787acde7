"""Reading finished pieces: committed files only, each checked before its data is touched."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from hitsieve.errors import ChecksumError, InputError, NotFoundError, SchemaError
from hitsieve.store.ledger import Ledger
from hitsieve.store.place import RemotePath, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow.dataset as ds

    from hitsieve.schema import Table

FINGERPRINT_TAG = "hitsieve.fingerprint"
"""Footer key that repeats the commit record's fingerprint."""

_EXTENSION_KEY = b"ARROW:extension:name"
_ARROW_SCHEMA = re.compile(rb"ARROW:schema.{1,16}?([A-Za-z0-9+/]{8,}={0,2})", re.DOTALL)
_HIVE = re.compile(r"([^/=]+)=[^/]*")


def open_parquet(path: Path, table: Table | None = None) -> pq.ParquetFile:
    """Open a Parquet file with plain pyarrow, its schema checked and its data untouched.

    Parameters
    ----------
    path
        The file.
    table
        Declared table whose columns it must have; None accepts any plain columns.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it is no whole Parquet file.
    SchemaError
        If a column is missing, of another type, or of an extension type.
    """
    if not path.is_file():
        raise NotFoundError(f"no file {path}", cure="check the path")
    refuse_extension_types(path)
    try:
        if isinstance(path, RemotePath):
            opened = pq.ParquetFile(path.storage.open(path.key))
        else:
            opened = pq.ParquetFile(path, memory_map=True)
        schema = opened.schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path} is no whole Parquet file: {error}", cure="write or fetch it again"
        ) from error
    for column in schema:
        _refuse_extensions(column.type, f"{path}: column {column.name!r}")
    if table is not None:
        table.check(schema, where=str(path))
    return opened


def refuse_extension_types(path: Path) -> None:
    """Refuse a file that names an extension type, before pyarrow reads its schema.

    Opening a file makes pyarrow rebuild every extension type registered in the process, and
    some registered by other libraries run code found in the file (CVE-2026-41486). So the
    bytes of the footer are searched first; what is no Parquet file is left to the reader.

    Raises
    ------
    SchemaError
        If the footer names an extension type.
    InputError
        If the file cannot be read.
    """
    try:
        footer = _footer(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}", cure="check its rights") from error
    for found in _ARROW_SCHEMA.finditer(footer):
        text = found[1].rstrip(b"=")
        try:
            schema = base64.b64decode(text + b"=" * (-len(text) % 4))
        except ValueError:
            schema = b""  # pyarrow will refuse it too
        if _EXTENSION_KEY in schema:
            raise SchemaError(
                f"{path} has a column of an extension type; its bytes were not read further",
                cure="store it as a plain Arrow type",
            )


def _footer(path: Path) -> bytes:
    # The end of a Parquet file: metadata, its length in 4 bytes, and the word PAR1.
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
        if len(tail) < 8 or tail[4:] != b"PAR1":  # noqa: PLR2004 - as above
            return b""
        length = int.from_bytes(tail[:4], "little")
        stream.seek(max(0, size - 8 - length))
        return stream.read(min(length, size))


def committed_files(
    root: Path, keys: Iterable[str] | None = None, *, suffix: str = ".parquet"
) -> dict[str, Path]:
    """Return the committed file of each key, in order of the keys; other pieces are left out.

    Raises
    ------
    NotFoundError
        If a key was asked for that is not committed.
    """
    commits = Ledger(root).committed()
    if keys is not None:
        wanted = list(keys)
        missing = [key for key in wanted if key not in commits]
        if missing:
            raise NotFoundError(
                f"{root}: {len(missing)} pieces are not committed, first {missing[0]!r}",
                cure="resume the run that writes them",
            )
        commits = {key: commits[key] for key in wanted}
    return {
        key: place(root) / name
        for key, commit in commits.items()
        for name in commit.files
        if name.endswith(suffix)
    }


def read_committed(
    root: Path,
    table: Table,
    keys: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Iterator[pa.Table]:
    """Read committed files one after the other, in order of their keys.

    Parameters
    ----------
    root
        Folder with a ledger.
    table
        Declared table the files must hold; its columns are returned first, others after.
    keys
        Pieces to read; None for all.
    columns
        Columns to read; None for all.

    Yields
    ------
    pa.Table
        One table per file, never two in memory.

    Raises
    ------
    NotFoundError
        If a key was asked for that is not committed.
    SchemaError
        If a file is not of the declared table.
    ChecksumError
        If a file's footer or row count contradicts its commit record.
    """
    ledger = Ledger(root)
    for key, path in committed_files(root, keys).items():
        with open_parquet(path, table) as opened:
            commit = ledger.get(key)
            tags = opened.schema_arrow.metadata or {}
            found = tags.get(FINGERPRINT_TAG.encode(), b"").decode()
            if commit is not None and found and found != commit.fingerprint:
                raise ChecksumError(
                    f"{path} bears fingerprint {found}, its commit record {commit.fingerprint}",
                    cure="another run wrote into this folder; delete the record and resume",
                )
            yield opened.read(columns=list(columns) if columns is not None else None)


def dataset(root: Path, keys: Iterable[str] | None = None) -> ds.Dataset:
    """Return all committed Parquet files as one lazy Arrow dataset.

    Folders named ``name=value`` become text columns.

    Raises
    ------
    NotFoundError
        If nothing is committed, or a key is not.
    """
    import pyarrow.dataset as ds

    files = list(committed_files(root, keys).values())
    if not files:
        raise NotFoundError(f"{root}: nothing is committed yet", cure="run or resume it first")
    for path in files:
        open_parquet(path).close()
    names = dict.fromkeys(
        match[1]
        for part in files[0].relative_to(place(root)).parent.parts
        if (match := _HIVE.fullmatch(part))
    )
    hive = ds.partitioning(pa.schema([(name, pa.string()) for name in names]), flavor="hive")
    base, filesystem = place(root), None
    if isinstance(base, RemotePath):
        filesystem = base.storage.filesystem
    return ds.dataset(
        [_name(path) for path in files],
        format="parquet",
        partitioning=hive,
        partition_base_dir=_name(base),
        filesystem=filesystem,
    )


def _name(path: Path) -> str:
    return path.key if isinstance(path, RemotePath) else str(path)


def _refuse_extensions(kind: pa.DataType, where: str) -> None:
    if isinstance(kind, pa.BaseExtensionType):
        raise SchemaError(
            f"{where} is of extension type {kind}", cure="store it as a plain Arrow type"
        )
    for index in range(kind.num_fields):
        _refuse_extensions(kind.field(index).type, where)
