"""One identifier of one file naming two structures: found exactly, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.errors import InputError
from hitsieve.library.layout import staged_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ROWS_A_PASS: Final = 2_000_000
_SHOWN: Final = 3


def conflicting_hashes(root: Path, chunks: int, rows: int) -> NDArray[np.uint64]:
    """Return the sorted hashes of all identifiers that name more than one structure.

    Each pass looks at the identifiers of one residue class, so memory does not grow with the
    library.
    """
    passes = -(-max(rows, 1) // ROWS_A_PASS)
    found = [_conflicts(*_residue(root, chunks, passes, number)) for number in range(passes)]
    return np.sort(np.concatenate(found))


def _residue(
    root: Path, chunks: int, passes: int, number: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    ids, compounds = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for table in _tables(root, chunks):
        id_hash = table.column("id_hash").to_numpy()
        # The lowest bit marks a present identifier: leave it out of the residue.
        mask = (id_hash != 0) & ((id_hash >> np.uint64(1)) % np.uint64(passes) == number)
        ids.append(id_hash[mask])
        compounds.append(table.column("compound_hash").to_numpy()[mask])
    return np.concatenate(ids), np.concatenate(compounds)


def _conflicts(ids: NDArray[np.uint64], compounds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    order = np.lexsort((compounds, ids))
    ids, compounds = ids[order], compounds[order]
    differs = (ids[1:] == ids[:-1]) & (compounds[1:] != compounds[:-1])
    conflicts: NDArray[np.uint64] = np.unique(ids[1:][differs])
    return conflicts


def refuse(root: Path, chunks: int, conflicts: NDArray[np.uint64]) -> None:
    """Refuse the input, showing the first conflicts.

    Raises
    ------
    InputError
        Names identifiers, records, and the two ways out.
    """
    rows = _rows(root, chunks, conflicts[:_SHOWN])
    shown: dict[tuple[str, str], list[int]] = {}
    for file, record, source_id, _ in rows:
        shown.setdefault((file, source_id), []).append(record)
    places = "; ".join(
        f"{source_id!r} in {file}: records {', '.join(map(str, records[:_SHOWN]))}"
        for (file, source_id), records in shown.items()
    )
    raise InputError(
        f"{len(conflicts):,} identifiers name more than one structure, such as {places}",
        cure="set duplicate_ids: suffix and run again (finished pieces are kept); or choose "
        "another id_column or correct the file, and build into another folder",
    )


def suffixes(root: Path, chunks: int, conflicts: NDArray[np.uint64]) -> dict[tuple[str, int], str]:
    """Return what to add to the identifiers of records, by ``(file, record)``.

    The first structure under an identifier keeps it; records of the second get ``~2``, of the
    third ``~3``.
    """
    found: dict[tuple[str, int], str] = {}
    seen: dict[tuple[str, str], dict[str, int]] = {}
    for file, record, source_id, compound_id in _rows(root, chunks, conflicts):
        numbers = seen.setdefault((file, source_id), {})
        number = numbers.setdefault(compound_id, len(numbers) + 1)
        if number > 1:
            found[file, record] = f"~{number}"
    return found


def _rows(
    root: Path, chunks: int, conflicts: NDArray[np.uint64]
) -> list[tuple[str, int, str, str]]:
    """Return file, record, identifier and compound of all conflicting records, in order."""
    rows: list[tuple[str, int, str, str]] = []
    names = ["file", "record", "source_id", "compound_id"]
    for table in _tables(root, chunks):
        mask = np.isin(table.column("id_hash").to_numpy(), conflicts)
        if mask.any():
            columns = table.select(names).filter(pa.array(mask)).to_pydict()
            chunk = zip(*(columns[name] for name in names), strict=True)
            rows += sorted(chunk, key=lambda row: row[1])
    return rows


def _tables(root: Path, chunks: int) -> Iterator[pa.Table]:
    for index in range(chunks):
        with pa.memory_map(str(root / staged_path(index))) as source:
            yield pa.ipc.open_file(source).read_all()
