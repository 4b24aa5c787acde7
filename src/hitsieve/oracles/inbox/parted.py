"""From rows that may speak of several targets to the rows of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError, nearest
from hitsieve.oracles.inbox.asked import LONGEST, unquoted
from hitsieve.oracles.inbox.forms import SIGN, own_column
from hitsieve.oracles.inbox.parse import RefusedRow
from hitsieve.oracles.inbox.tables import TextRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_OWN_ONLY: Final = ("unit", "relation", "endpoint", "target")
"""Columns that say nothing without a target where each target has a column of values."""


def rows_of_targets(
    path: Path, rows: Sequence[TextRow], targets: Sequence[str]
) -> tuple[dict[str, list[TextRow]], list[RefusedRow]]:
    """Return the rows of each target, and rows of which nobody knows what they speak of.

    Either each target has a column ``<target>: value``, or a column ``target`` says of which one
    a row is. Columns like ``outcome`` and ``note`` without a target are of all of them.

    Parameters
    ----------
    path
        The file, for errors.
    rows
        Its rows.
    targets
        What is measured; a single one needs no word of it.

    Raises
    ------
    InputError
        If the file has values with and without a target, or a column must name its target.
    """
    names = {name for row in rows for name, text in row.cells.items() if text}
    header = {name for row in rows for name in row.cells}
    wide = [target for target in targets if own_column(target, "value") in header]
    if not wide:
        return _by_word(rows, targets)
    if "value" in header:
        raise InputError(
            f"{path} has a column 'value' beside {own_column(wide[0], 'value')!r}",
            cure="name each column of values after its target, or give each row its `target`",
        )
    unsaid = [name for name in _OWN_ONLY if name in names]
    if unsaid:
        raise InputError(
            f"{path} has a column {unsaid[0]!r} that does not say of which target",
            cure=f"call it {own_column(wide[0], unsaid[0])!r}, or leave it empty",
        )
    return {target: [_of(row, target) for row in rows] for target in wide}, []


def _of(row: TextRow, target: str) -> TextRow:
    own = {
        name.removeprefix(f"{target}{SIGN}"): text
        for name, text in row.cells.items()
        if name.startswith(f"{target}{SIGN}") and text
    }
    shared = {name: text for name, text in row.cells.items() if SIGN not in name}
    return TextRow(row.number, {**shared, **own})


def _by_word(
    rows: Sequence[TextRow], targets: Sequence[str]
) -> tuple[dict[str, list[TextRow]], list[RefusedRow]]:
    if len(targets) == 1:
        return {targets[0]: list(rows)}, []
    found: dict[str, list[TextRow]] = {target: [] for target in targets}
    by_name = {target.casefold(): target for target in targets}
    refused = []
    for row in rows:
        named = unquoted(row.cells.get("target", ""))
        target = by_name.get(named.casefold())
        if target is None:
            refused.append(RefusedRow(row.number, _name(row.cells), _why(named, targets)))
        else:
            found[target].append(row)
    return found, refused


def _name(cells: Mapping[str, str]) -> str:
    return (cells.get("compound_id") or cells.get("well") or "no name")[:LONGEST]


def _why(named: str, targets: Sequence[str]) -> str:
    several = ", ".join(targets)
    if not named:
        return f"names no target; fill the column 'target' with one of {several}"
    return f"target {named[:LONGEST]!r} is none of {several}{nearest(named, targets)}"
