"""The files a laboratory gets: a form with one line a well, and the structures.

The form is what comes back: its columns from ``value`` on are filled in by the laboratory. Where
several targets are measured on the same plates, each has columns of its own, ``<target>: value``.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from hitsieve.chem.records import sdf_record
from hitsieve.store.spreadsheet import neutralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hitsieve.oracles.inbox.batch import Batch
    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.layout import Well

FORM: Final = (
    "plate", "well", "compound_id", "replicate", "control", "reason", "smiles", "target",
    "endpoint", "value", "unit", "relation", "outcome", "measured_at", "note",
)  # fmt: skip
"""Columns of the form, in order; the picks' further columns follow them."""
SIGN: Final = ": "
"""Between a target and its column, where there are several."""
_PLACE: Final = FORM[:7]
_OWN: Final = ("endpoint", "value", "unit", "outcome")
_SHARED: Final = ("measured_at", "note")

Cell = str | int | float
SEPARATOR: Final = "; "


def own_column(target: str, name: str) -> str:
    """Return the name of a column that speaks of one of several targets.

    Examples
    --------
    >>> own_column("ABL1", "value")
    'ABL1: value'
    """
    return f"{target}{SIGN}{name}"


def form_columns(measured: Sequence[InboxConfig]) -> tuple[str, ...]:
    """Return the columns of a form for what is measured, without the picks' further ones."""
    if len(measured) == 1:
        return FORM
    own = (own_column(one.target, name) for one in measured for name in _OWN)
    return (*_PLACE, *own, *_SHARED)


def form_header(batch: Batch, measured: Sequence[InboxConfig]) -> list[str]:
    """Return the columns of a batch's form."""
    return [*form_columns(measured), *_further(batch)]


def form_rows(batch: Batch, measured: Sequence[InboxConfig]) -> Iterator[list[Cell]]:
    """Yield one row a well; text is made harmless for spreadsheets, numbers stay numbers."""
    by_id = {row["compound_id"]: row for row in batch.compounds}
    further = _further(batch)
    header = form_header(batch, measured)
    for well in batch.wells:
        pick = by_id.get(well.compound_id, {})
        cells = _place(well) | _known(well, measured)
        cells |= {"reason": pick.get("reason", ""), "smiles": pick.get("smiles", "")}
        cells |= {name: pick.get(name) for name in further}
        yield [_cell(cells.get(name)) for name in header]


def batch_csv(batch: Batch, measured: Sequence[InboxConfig]) -> bytes:
    """Return the form as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([neutralize(name) for name in form_header(batch, measured)])
    writer.writerows(form_rows(batch, measured))
    return out.getvalue().encode()


def batch_sdf(batch: Batch) -> bytes:
    """Return the structures as SDF: one record a compound, with its wells and reason."""
    places: dict[str, list[str]] = {}
    for well in batch.wells:
        places.setdefault(well.compound_id, []).append(f"{well.plate}:{well.well}")
    parts = []
    for row in batch.compounds:
        further = {name: _text(row.get(name)) for name in _further(batch)}
        why = {"reason": row["reason"]} if row["reason"] else {}
        fields = {"wells": places[row["compound_id"]], **why, **further}
        fields["smiles"] = row["smiles"]
        parts.append(sdf_record(row["smiles"], row["compound_id"], fields))
    return "".join(parts).encode()


def _place(well: Well) -> dict[str, object]:
    return {
        "plate": well.plate,
        "well": well.well,
        "compound_id": well.compound_id,
        "replicate": well.replicate or "",
        "control": f"{well.control} ({well.role})" if well.control else "",
    }


def _known(well: Well, measured: Sequence[InboxConfig]) -> dict[str, object]:
    """Return what is asked in a well; a control may be told as its raw signal, without a unit."""
    found: dict[str, object] = {}
    for one in measured:
        told = {"endpoint": one.endpoint, "unit": "" if well.control else one.unit}
        if len(measured) == 1:
            return {"target": one.target, **told}
        found |= {own_column(one.target, name): text for name, text in told.items()}
    return found


def _further(batch: Batch) -> list[str]:
    names: dict[str, None] = {}
    for row in batch.compounds:
        names |= dict.fromkeys(name for name in row if name not in FORM)
    return list(names)


def _cell(value: object) -> Cell:
    # A number is written by this program, so its minus sign is no formula.
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return neutralize(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return SEPARATOR.join(str(item) for item in value)
    return str(value)
