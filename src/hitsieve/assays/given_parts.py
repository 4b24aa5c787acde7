"""Parts that a data set comes with: one for each compound, whatever its records say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Collection

PART: Final = "part"
_ORDER: Final = ("train", "valid", "test")


def first_part(names: Collection[str]) -> str:
    """Return the part of a compound that stands in several: the earliest; empty if in none.

    What a model may have learned from is no test of it, so learning comes first.

    Examples
    --------
    >>> first_part({"test", "", "train"})
    'train'
    """
    known = [name for name in _ORDER if name in names]
    return known[0] if known else next((name for name in sorted(names) if name), "")


def one_part_each(labels: pa.Table) -> tuple[pa.Table, list[str]]:
    """Give all labels of a compound its one part, whichever sets or targets they are of.

    Parameters
    ----------
    labels
        LABELS, with a column ``part`` of texts or without.

    Returns
    -------
    pa.Table, list of str
        The table, and the compounds that stood in several parts, sorted.
    """
    if PART not in labels.column_names:
        return labels, []
    ids, parts = (labels[name].to_pylist() for name in ("compound_id", PART))
    seen: dict[str, set[str]] = {}
    for compound, part in zip(ids, parts, strict=True):
        seen.setdefault(compound, set()).add(part)
    chosen = {compound: first_part(names) for compound, names in seen.items()}
    place = labels.column_names.index(PART)
    column = pa.array([chosen[compound] for compound in ids], pa.string())
    torn = sorted(compound for compound, names in seen.items() if len(names - {""}) > 1)
    return labels.set_column(place, labels.schema.field(place), column), torn
