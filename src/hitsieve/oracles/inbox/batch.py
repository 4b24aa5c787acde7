"""Asking: a batch is a folder of files for the laboratory and one record of what was asked.

::

    <inbox>/inbox.json                    target, endpoint, unit and direction; others are refused
    <inbox>/batches/<batch>/batch.json    what was asked, and which well holds what
    <inbox>/batches/<batch>/batch.csv     one line a well; also the form to fill in
    <inbox>/batches/<batch>/batch.sdf     the structures
    <inbox>/batches/<batch>/plates.xlsx   the form and a map of each plate
    <inbox>/batches/<batch>/closed.json   what is still missing will not come

``batch.json`` is created last and by one writer only: a batch that has none was never asked.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import ChecksumError, InputError, UsageError
from hitsieve.oracles.inbox.forms import FORM, batch_csv, batch_sdf
from hitsieve.oracles.inbox.layout import Well, lay_out, wells_of
from hitsieve.oracles.inbox.purpose import claim_purpose
from hitsieve.oracles.inbox.workbook import batch_xlsx
from hitsieve.store.files import create_exclusive, json_bytes, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox.config import InboxConfig

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}")
_NEEDED: Final = ("compound_id", "smiles", "reason")
_FORETOLD: Final = ("predicted", "std")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was asked.

    Parameters
    ----------
    name
        Its name.
    compounds
        One mapping a pick: ``compound_id``, ``smiles``, ``reason`` and the picks' other columns.
    wells
        What stands where.
    closed
        Why no further results are awaited; None while they are.
    """

    name: str
    compounds: tuple[Row, ...]
    wells: tuple[Well, ...]
    closed: str | None = None


def write_batch(
    folder: Path,
    picks: pa.Table,
    config: InboxConfig,
    *,
    batch: str,
    beside: Sequence[InboxConfig] = (),
) -> list[Path]:
    """Write what the laboratory needs to measure a batch.

    Asking the same batch again writes the same files; wells never move, and what the forms tell
    of a compound stays as it was asked first.

    Parameters
    ----------
    folder
        The inbox.
    picks
        One row a compound: ``compound_id``, ``smiles``, ``reason``; further columns (supplier's
        ids, price) are carried into the files, ``predicted`` and ``std`` only if the settings say
        so.
    config
        Plates, replicates, controls, and what the bench may know.
    batch
        Name of the batch: letters, digits, ``_`` and ``-``.
    beside
        What else is measured of the same wells; forms have columns for each.

    Returns
    -------
    list of Path
        The CSV, SDF and XLSX file.

    Raises
    ------
    InputError
        If a column is missing, a compound stands twice, or there is none.
    UsageError
        If the name cannot be used, another batch has it, or the inbox is of another target,
        endpoint or unit.
    StorageError
        If the files cannot be written.
    """
    if not _NAME.fullmatch(batch):
        raise UsageError(
            f"batch name {batch!r}", cure="use letters, digits, _ and -, at most 41 of them"
        )
    rows = _shown(_checked(picks), config)
    measured = (config, *beside)
    claim_purpose(folder, *measured)
    root = folder / "batches" / batch
    standing = read_batch(root)
    if standing is None:
        done = wells_of(well for one in read_batches(folder) for well in one.wells)
        names = [row["compound_id"] for row in rows]
        wells = tuple(lay_out(names, config, batch=batch, done=done))
    elif [one["compound_id"] for one in standing.compounds] == [one["compound_id"] for one in rows]:
        rows, wells = list(standing.compounds), standing.wells
    else:
        raise UsageError(
            f"batch {batch!r} was asked with other compounds, in {root}",
            cure="give the new batch another name",
        )
    asked = Batch(batch, tuple(rows), wells)
    files = _write_files(root, asked, measured, rewrite=standing is None)
    record = {"batch": batch, "compounds": rows, "wells": [asdict(well) for well in wells]}
    if not create_exclusive(root / "batch.json", json_bytes(record)):
        now = read_batch(root)
        if now is None or (now.compounds, now.wells) != (asked.compounds, asked.wells):
            raise UsageError(
                f"batch {batch!r} was asked at the same time with other compounds, in {root}",
                cure="give the new batch another name",
            )
    return files


def _write_files(
    root: Path, asked: Batch, measured: Sequence[InboxConfig], *, rewrite: bool
) -> list[Path]:
    makers: dict[str, Callable[[], bytes]] = {
        "batch.csv": lambda: batch_csv(asked, measured),
        "batch.sdf": lambda: batch_sdf(asked),
        "plates.xlsx": lambda: batch_xlsx(asked, measured),
    }
    for name, make in makers.items():
        # People fill in the form where it lies: a file of a batch that was asked stays theirs.
        if rewrite or not (root / name).is_file():
            write_atomic(root / name, make())
    return [root / name for name in makers]


def read_batch(root: Path) -> Batch | None:
    """Read the record of a batch; None if it was never asked.

    Raises
    ------
    ChecksumError
        If the record is damaged.
    """
    path = root / "batch.json"
    closed = root / "closed.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        wells = tuple(Well(**well) for well in found["wells"])
        reason = None
        if closed.is_file():
            reason = str(json.loads(closed.read_text(encoding="utf-8"))["reason"])
        return Batch(found["batch"], tuple(found["compounds"]), wells, reason)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ChecksumError(
            f"{path} is damaged: {error}", cure="restore the file; results are matched by it"
        ) from error


def read_batches(folder: Path) -> list[Batch]:
    """Read all batches that were asked, by name."""
    roots = sorted((folder / "batches").glob("*"))
    return [batch for root in roots if (batch := read_batch(root)) is not None]


def close_batch(folder: Path, name: str, reason: str) -> None:
    """Give up what a batch is still waiting for; results that come later still count.

    Raises
    ------
    UsageError
        If no such batch was asked.
    """
    root = folder / "batches" / name
    if not _NAME.fullmatch(name) or read_batch(root) is None:
        known = ", ".join(batch.name for batch in read_batches(folder)) or "none"
        raise UsageError(f"no batch {name!r} was asked", cure=f"asked so far: {known}")
    create_exclusive(root / "closed.json", json_bytes({"reason": reason}))


def _checked(picks: pa.Table) -> list[Row]:
    missing = [name for name in _NEEDED if name not in picks.column_names]
    if missing:
        raise InputError(
            f"picks lack {', '.join(missing)}", cure=f"picks have the columns {', '.join(_NEEDED)}"
        )
    taken = [name for name in picks.column_names if name in FORM and name not in _NEEDED]
    if taken:
        raise InputError(
            f"picks have a column {taken[0]!r}, which the form to fill in has too",
            cure="rename it",
        )
    rows: list[Row] = picks.to_pylist()
    if not rows:
        raise InputError("a batch of no compounds", cure="pick at least one")
    names = [row["compound_id"] for row in rows]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"{len(twice)} compounds stand twice in the picks, such as {twice[0]}",
            cure="pick each once; `replicates` gives it more wells",
        )
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _shown(rows: list[Row], config: InboxConfig) -> list[Row]:
    """Leave out what the bench is not to know; numbers of a model get four digits."""
    found = []
    for row in rows:
        told = {name: value for name, value in row.items() if name not in _FORETOLD}
        if not config.show_reasons:
            told["reason"] = ""
        if config.show_predicted:
            told |= {name: _rounded(row[name]) for name in _FORETOLD if name in row}
        found.append(told)
    return found


def _rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _plain(value: object) -> object:
    """Return a value that comes back from JSON as itself."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
