"""Libraries of any size, made of the shards of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from _chemprop import MCULE, mirror_file

from hitsieve.engine import open_executor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.library.manifest import FileEntry
from hitsieve.store import shard_name, write_parquet_atomic

if TYPE_CHECKING:
    from pathlib import Path


def stretched(source: Path, target: Path, compounds: int) -> Path:
    """Make a library of about so many compounds from the shards of another; return its folder.

    Shards are taken in order, each as often as needed; a repeated compound gets a new id. The
    manifest is whole: a screen checks every shard. A library that is there is left alone.

    Parameters
    ----------
    source
        A built library.
    target
        Folder of the new one.
    compounds
        At least so many, rounded up to whole shards.
    """
    if (target / "manifest.json").is_file():
        return target
    opened = Library.open(source)
    entries: list[FileEntry] = []
    while sum(entry.rows for entry in entries) < compounds:
        number = len(entries)
        repeat, place = divmod(number, len(opened.shards))
        name = shard_name(number)
        table = opened.read_shard(opened.shards[place].name)
        if repeat:
            column = table.schema.get_field_index("compound_id")
            ids = pc.binary_join_element_wise(
                table.column("compound_id"), pa.scalar(f"{repeat}"), pa.scalar("r")
            )
            table = table.set_column(column, table.schema.field(column), ids)
        written = write_parquet_atomic(target / "shards" / f"{name}.parquet", table)
        entries.append(FileEntry(name=name, rows=written.rows, sha256=written.sha256))
    manifest = opened.manifest.model_copy(update={"shards": entries, "rejects": []})
    manifest.write(target)
    return target


def library_at(given: Path | None, work: Path, compounds: int) -> Path:
    """Return the library that was given, or one of the Mcule sample, built in ``work``."""
    if given is not None:
        return given.resolve()
    target = work / f"library-{compounds}"
    if not (target / "manifest.json").is_file():
        source = mirror_file(MCULE)
        if source is None:
            raise FileNotFoundError(MCULE)
        config = LibraryConfig(inputs=[str(source)], output=target, limit=compounds)
        with open_executor("auto") as executor:
            build_library(config, executor)
    return target
