"""Compounds that must not be picked, from lists of identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.library import Library

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Excluded:
    """What lists of identifiers keep out of a campaign.

    Parameters
    ----------
    ids
        Compounds of the library.
    named
        Identifiers that were given.
    unknown
        Those of them that name no compound of the library, and so keep nothing out.
    """

    ids: frozenset[str]
    named: int
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say what was named in vain; empty if nothing was."""
        if not self.unknown:
            return ""
        some = ", ".join(self.unknown[:_SHOWN])
        more = ", …" if len(self.unknown) > _SHOWN else ""
        return (
            f"`exclude`: {len(self.unknown):,} of {self.named:,} names are of no compound in the "
            f"library and keep nothing out: {some}{more}"
        )


def read_excluded(library: Library, paths: Sequence[Path]) -> frozenset[str]:
    """Return the compounds of a library that text files name; see :func:`find_excluded`."""
    return find_excluded(library, paths).ids


def find_excluded(library: Library, paths: Sequence[Path]) -> Excluded:
    """Find the compounds of a library that text files name.

    A file holds a compound id or a supplier's id at the start of each line; what follows a
    blank, and lines that begin with ``#``, are remarks.

    Raises
    ------
    NotFoundError
        If a file is not there.
    """
    names = sorted(read_names(paths))
    if not names:
        return Excluded(frozenset(), 0, ())
    wanted = pa.array(names, pa.string())
    found: set[str] = set()
    matched: set[str] = set()
    for table in library.iter_tables(["compound_id", "source_ids"]):
        ids = table.column("compound_id")
        own = set(ids.filter(pc.is_in(ids, value_set=wanted)).to_pylist())
        sources = table.column("source_ids").combine_chunks()
        owner, given = pc.list_parent_indices(sources), pc.list_flatten(sources)
        named = pc.is_in(given, value_set=wanted)
        found |= own | set(ids.take(owner.filter(named)).to_pylist())
        matched |= own | set(given.filter(named).to_pylist())
    return Excluded(frozenset(found), len(names), tuple(n for n in names if n not in matched))


def read_names(paths: Sequence[Path]) -> set[str]:
    """Return what text files name at the start of each line; see :func:`read_excluded`.

    Raises
    ------
    NotFoundError
        If a file is not there.
    """
    return {name for path in paths for name in _names(path)}


def _names(path: Path) -> set[str]:
    if not path.is_file():
        raise NotFoundError(f"no exclusion list {path}", cure="check the path in `exclude`")
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}
