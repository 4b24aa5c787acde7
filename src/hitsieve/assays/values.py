"""From cell texts to numbers with a relation; every cell that is no number says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from hitsieve.assays.columns import class_key
from hitsieve.assays.units import MOLAR, negative_log10, to_px, unit_name

if TYPE_CHECKING:
    from hitsieve.assays.columns import ColumnCard
    from hitsieve.metrics.arrays import Floats

LARGEST: Final = 1e9
PX_RANGE: Final = (-2.0, 16.0)
SLIPS: Final = 0.05
"""Share of a column's values that may be slips; more of one kind were meant."""
MISSING: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "?"})
_RELATIONS: Final = {"": 0, "=": 0, "==": 0, "~": 0, "<": -1, "<=": -1, "<<": -1, "\u2264": -1,
                     ">": 1, ">=": 1, ">>": 1, "\u2265": 1}  # fmt: skip
_CENSORED: Final = re.compile(r"^\s*(<<|>>|<=|>=|==|[<>=~\u2264\u2265])?\s*(\S+)\s*$")
_CLASSES: Final = {
    "1.0": 1.0, "0.0": 0.0, "true": 1.0, "false": 0.0, "active": 1.0, "inactive": 0.0,
}  # fmt: skip
_COMMA: Final = re.compile(r"^\s*[<>=~\u2264\u2265]*\s*[+-]?\d+(,\d+)+(\.\d+)?\s*$")


class Refusal(StrEnum):
    """Why a measured cell gives no label."""

    TEXT = "text"
    DECIMAL_COMMA = "decimal_comma"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    NOT_POSITIVE = "not_positive"
    NO_CLASS = "no_class"
    NO_UNIT = "no_unit"
    BAD_RELATION = "bad_relation"


CURES: Final = {
    Refusal.TEXT: (
        "choose the column that holds the measured numbers, and write them without unit or words"
    ),
    Refusal.DECIMAL_COMMA: (
        "write a decimal point and no comma: 1.31, not 1,31; a comma is not guessed, because it "
        "may also part thousands"
    ),
    Refusal.NOT_FINITE: "leave unmeasured cells empty",
    Refusal.OUT_OF_RANGE: "check the unit: the column's transform in the dataset card may be wrong",
    Refusal.NOT_POSITIVE: "a concentration is above 0; values in pX already need no transform",
    Refusal.NO_CLASS: (
        "a classification needs 0 and 1, or the values that mean them (active and inactive of the "
        "column in the dataset card); use task: regression for measured numbers"
    ),
    Refusal.NO_UNIT: f"fill the unit column with one of {', '.join(MOLAR)}",
    Refusal.BAD_RELATION: "a relation is =, < or >",
}


@dataclass(frozen=True, slots=True)
class ParsedColumn:
    """The measured cells of one column.

    Parameters
    ----------
    record
        (m,) positions of the measured cells among the records.
    value
        (m,) numbers in the endpoint's unit; NaN where refused.
    relation
        (m,) -1 the true value is below, 0 equal, 1 above; in the endpoint's unit.
    refusal
        Position among the m cells -> why it is refused.
    """

    record: npt.NDArray[np.int64]
    value: Floats
    relation: npt.NDArray[np.int8]
    refusal: dict[int, Refusal]


def parse_column(
    cells: list[str], relations: list[str], units: list[str], meaning: ColumnCard
) -> ParsedColumn:
    """Parse one column.

    Parameters
    ----------
    cells, relations, units
        (n,) texts of all records.
    meaning
        The column's card: its task, unit and transform.

    Returns
    -------
    ParsedColumn
        Cells that are empty or say NA are not measured and left out.
    """
    record = np.array(
        [i for i, cell in enumerate(cells) if cell.strip().lower() not in MISSING], dtype=np.int64
    )
    refusal: dict[int, Refusal] = {}
    value = np.full(len(record), np.nan)
    relation = np.zeros(len(record), dtype=np.int8)
    classes = _classes(meaning) if meaning.task == "classification" else None
    for place, i in enumerate(record):
        number, sign, why = _read(cells[i], relations[i], classes)
        value[place], relation[place] = number, sign
        if why is not None:
            refusal[place] = why
    value, turned = _transform(value, [units[i] for i in record], meaning, refusal)
    if turned:
        relation = (-relation).astype(np.int8)
    _check_range(value, meaning, refusal)
    value[list(refusal)] = np.nan
    return ParsedColumn(record, value, relation, refusal)


def _classes(meaning: ColumnCard) -> dict[str, float]:
    """Return what a cell's key is worth."""
    if not meaning.active:
        return _CLASSES
    inactive = {class_key(one): 0.0 for one in meaning.inactive}
    return inactive | {class_key(one): 1.0 for one in meaning.active}


def _read(
    cell: str, relation: str, classes: dict[str, float] | None
) -> tuple[float, int, Refusal | None]:
    sign = _RELATIONS.get(relation)
    if sign is None:
        return np.nan, 0, Refusal.BAD_RELATION
    if classes is not None:
        worth = classes.get(class_key(cell))
        return (np.nan, 0, Refusal.NO_CLASS) if worth is None else (worth, 0, None)
    try:
        number = _number(cell)
    except ValueError:
        number, sign, why = _unusual(cell, sign)
        if why is not None:
            return number, sign, why
    if not np.isfinite(number):
        return np.nan, 0, Refusal.NOT_FINITE
    return number, sign, None


def _number(text: str) -> float:
    """Return a number as data sets write it; Python would read ``1_5`` as 15."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _unusual(cell: str, sign: int) -> tuple[float, int, Refusal | None]:
    """Read a cell that is no plain number, such as ``>10``."""
    if _COMMA.match(cell):
        return np.nan, 0, Refusal.DECIMAL_COMMA
    found = _CENSORED.match(cell)
    try:
        number = _number(found.group(2)) if found else np.nan
    except ValueError:
        return np.nan, 0, Refusal.TEXT
    if found is None or not found.group(1):
        return np.nan, 0, Refusal.TEXT
    written = _RELATIONS[found.group(1)]
    if sign and written and written != sign:
        return np.nan, 0, Refusal.BAD_RELATION
    return number, written or sign, None


def _transform(
    value: Floats, units: list[str], meaning: ColumnCard, refusal: dict[int, Refusal]
) -> tuple[Floats, bool]:
    """Apply the column's transform; says whether it turns bounds around."""
    kind = meaning.transform
    if kind == "none":
        return value, False
    if kind == "unit_column_to_pX":
        changed = np.full(len(value), np.nan)
        names = [unit_name(unit) for unit in units]
        for place, name in enumerate(names):
            if name is None:
                refusal.setdefault(place, Refusal.NO_UNIT)
        for name in {n for n in names if n is not None}:
            at = np.array([n == name for n in names])
            changed[at] = to_px(value[at], name)
    elif kind.endswith("_to_pX"):
        changed = to_px(value, kind.removesuffix("_to_pX"))
    else:
        changed = negative_log10(value) * (-1.0 if kind == "log10" else 1.0)
    for at_nan in np.flatnonzero(np.isnan(changed)):
        refusal.setdefault(int(at_nan), Refusal.NOT_POSITIVE)
    return changed, kind != "log10"


def of_another_unit(impossible: int, values: int) -> bool:
    """Tell whether so many values told as pX are none that the others are hardly any either.

    One is a slip. Where many are, the rest is of the same other unit, and only happens to fall
    among numbers that a pX may be: in nM the strongest, which then pass for the weakest.
    """
    return impossible > max(1, SLIPS * values)


def _check_range(value: Floats, meaning: ColumnCard, refusal: dict[int, Refusal]) -> None:
    low, high = PX_RANGE if meaning.unit == "pX" else (-LARGEST, LARGEST)
    for place in np.flatnonzero((value < low) | (value > high)):
        refusal.setdefault(int(place), Refusal.OUT_OF_RANGE)
