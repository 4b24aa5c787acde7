"""What differs between two libraries, shard by shard."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hitsieve.store.layout import shard_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.library.library import Library

CHANGES: Final = ("added", "removed", "sources", "withdrawn", "returned")
"""``sources``: the compound is in both, with other identifiers."""


@dataclass(frozen=True, slots=True)
class Change:
    """One compound that differs.

    Parameters
    ----------
    change
        One of :data:`CHANGES`.
    compound_id, smiles
        The compound.
    source_ids
        Its identifiers: all of an added or removed compound, else those that make the
        difference (``-`` before one that was lost).
    """

    change: str
    compound_id: str
    smiles: str
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    rows: dict[str, tuple[str, tuple[str, ...]]]
    marks: dict[str, set[str]]


def diff_libraries(old: Library, new: Library) -> Iterator[Change]:
    """Yield every compound that differs, sorted within each shard; two shards are in memory.

    Numbers of shards are powers of two, so a shard of the library with fewer holds what some
    shards of the other hold together.
    """
    shards = min(len(old.shards), len(new.shards))
    for index in range(shards):
        yield from _changes(_side(old, index, shards), _side(new, index, shards))


def summarize(old: Library, new: Library) -> dict[str, Any]:
    """Return the numbers of a comparison as plain JSON values."""
    found = Counter(change.change for change in diff_libraries(old, new))
    compounds = {"old": len(old), "new": len(new)}
    same = {
        name: getattr(old.manifest, name) == getattr(new.manifest, name)
        for name in ("standardizer", "featurizer")
    }
    shared = {shard.sha256 for shard in old.shards} & {shard.sha256 for shard in new.shards}
    return {
        "compounds": compounds,
        "kept": len(old) - found["removed"],
        **{name: found[name] for name in CHANGES},
        "equal_shards": len(shared),
        "same_chemistry": all(same.values()),
    }


def _side(library: Library, index: int, shards: int) -> _Side:
    names = [shard_name(number) for number in range(index, len(library.shards), shards)]
    columns = ["compound_id", "smiles", "source_ids"]
    rows = pa.concat_tables([library.read_shard(name, columns) for name in names]).to_pydict()
    marks: dict[str, set[str]] = {}
    for name in names:
        for row in library.withdrawn_of(name).to_pylist():
            marks.setdefault(row["compound_id"], set()).add(row["source_id"])
    return _Side(
        {
            key: (smiles, tuple(ids))
            for key, smiles, ids in zip(*(rows[name] for name in columns), strict=True)
        },
        marks,
    )


def _changes(old: _Side, new: _Side) -> Iterator[Change]:
    for key in sorted({*old.rows, *new.rows}):
        if key not in new.rows:
            yield Change("removed", key, *old.rows[key])
        elif key not in old.rows:
            yield Change("added", key, *new.rows[key])
        else:
            yield from _differing(key, old, new)


def _differing(key: str, old: _Side, new: _Side) -> Iterator[Change]:
    smiles, ids = new.rows[key]
    before, after = Counter(old.rows[key][1]), Counter(ids)
    gained = sorted((after - before).elements())
    lost = [f"-{name}" for name in sorted((before - after).elements())]
    if gained or lost:
        yield Change("sources", key, smiles, (*gained, *lost))
    marked, marked_now = old.marks.get(key, set()), new.marks.get(key, set())
    if marked_now - marked:
        yield Change("withdrawn", key, smiles, tuple(sorted(marked_now - marked)))
    if marked - marked_now:
        yield Change("returned", key, smiles, tuple(sorted(marked - marked_now)))
