"""Data sets written on the spot: a CSV file, and the card that says what its columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def write_card(
    folder: Path,
    name: str,
    lines: Iterable[str],
    columns: Mapping[str, Mapping[str, Any]],
    **changes: object,
) -> Path:
    """Write ``<name>.csv`` and its card; return the path of the card.

    Parameters
    ----------
    folder
        Where both go.
    name
        Of the set.
    lines
        Of the CSV file, the header first; SMILES are in its column ``smiles``.
    columns
        What is said of each column that is learned.
    **changes
        Fields of the card laid over the usual ones.
    """
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = {
        "name": name,
        "title": "made for tests",
        "source": "these tests",
        "license": "CC0",
        "files": [{"path": f"{name}.csv"}],
        "smiles_column": "smiles",
        "columns": {column: dict(meaning) for column, meaning in columns.items()},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(card | changes, sort_keys=False), encoding="utf-8")
    return path
