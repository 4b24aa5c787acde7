"""Compounds that must not be picked, from lists of identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.library import Library


def read_excluded(library: Library, paths: Sequence[Path]) -> frozenset[str]:
    """Return the compounds of a library that text files name.

    A file holds a compound id or a supplier's id at the start of each line; what follows a
    blank, and lines that begin with ``#``, are remarks.

    Raises
    ------
    NotFoundError
        If a file is not there.
    """
    names = sorted({name for path in paths for name in _names(path)})
    if not names:
        return frozenset()
    wanted = pa.array(names, pa.string())
    found: set[str] = set()
    for table in library.iter_tables(["compound_id", "source_ids"]):
        ids = table.column("compound_id")
        found |= set(ids.filter(pc.is_in(ids, value_set=wanted)).to_pylist())
        sources = table.column("source_ids").combine_chunks()
        owner = pc.list_parent_indices(sources)
        named = pc.is_in(pc.list_flatten(sources), value_set=wanted)
        found |= set(ids.take(owner.filter(named)).to_pylist())
    return frozenset(found)


def _names(path: Path) -> set[str]:
    if not path.is_file():
        raise NotFoundError(f"no exclusion list {path}", cure="check the path in `exclude`")
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
