"""What a program wrote, accepted only as far as it is sound."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hitsieve.oracles.protocol import RELATIONS, Measurement
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

MAX_BYTES: Final = 256 << 20
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class OutputRules:
    """What a program's CSV must look like.

    Parameters
    ----------
    id_column, value_column
        Columns that must be there.
    relation_column
        Column of ``=``, ``<`` and ``>``; empty for none.
    several
        What several rows of one compound are: ``refuse`` them unless all are equal, or take the
        ``best`` one.
    higher_is_better
        Which one is best.
    minimum, maximum
        Values outside are failures.
    """

    id_column: str
    value_column: str
    relation_column: str
    several: Literal["refuse", "best"]
    higher_is_better: bool
    minimum: float | None
    maximum: float | None


class UnsoundOutputError(Exception):
    """The output as a whole cannot be trusted; says why."""


def read_output(
    path: Path, asked: Collection[str], rules: OutputRules, *, whole: bool
) -> dict[str, Measurement]:
    """Return what a program found, by compound id; compounds without a row are left out.

    Parameters
    ----------
    path
        The CSV.
    asked
        Compound ids the program was given.
    rules
        What it must look like.
    whole
        False if the program was killed or failed: a last line without line break is then
        left out, as it may be cut inside a number.

    Raises
    ------
    UnsoundOutputError
        If there is no output, a column is missing or twice, a row is ragged, or a row speaks
        of a compound the program was not given: then no row of it can be trusted.
    """
    rows = _rows(path, whole=whole)
    header = next(rows, [])
    for name in filter(None, (rules.id_column, rules.value_column, rules.relation_column)):
        if header.count(name) != 1:
            raise UnsoundOutputError(
                f"its output has {header.count(name)} columns {name!r} among "
                f"{', '.join(header)[:_LONGEST]!r}"
            )
    found: dict[str, list[Measurement]] = {}
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise UnsoundOutputError(
                f"line {number} of its output has {len(row)} cells, the header {len(header)}"
            )
        cells = dict(zip(header, row, strict=True))
        name = cells[rules.id_column].strip()
        if name not in asked:
            raise UnsoundOutputError(
                f"line {number} of its output speaks of {name[:_LONGEST]!r}, which it was not given"
            )
        found.setdefault(name, []).append(_measurement(cells, rules))
    return {name: _one(several, rules) for name, several in found.items()}


def unsound(message: str) -> Measurement:
    """Return a failure for a value that cannot be accepted."""
    return Measurement(None, code=Code.MEASUREMENT_FAILED, message=message)


def _rows(path: Path, *, whole: bool) -> Iterator[list[str]]:
    if not path.is_file():
        raise UnsoundOutputError("it wrote no output")
    if path.stat().st_size > MAX_BYTES:
        raise UnsoundOutputError(f"its output is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnsoundOutputError("its output is not UTF-8 text") from None
    if not whole:
        text = text[: text.rfind("\n") + 1]
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise UnsoundOutputError(f"its output is no CSV: {error}") from None
    if not rows:
        raise UnsoundOutputError("its output is empty")
    return iter(rows)


def _measurement(cells: Mapping[str, str], rules: OutputRules) -> Measurement:
    text = cells[rules.value_column].strip()
    relation = cells[rules.relation_column].strip() if rules.relation_column else "="
    try:
        value = float(text)
    except ValueError:
        return unsound(f"its value is {text[:_LONGEST]!r}" if text else "its value is empty")
    if not math.isfinite(value):
        return unsound(f"its value {text[:_LONGEST]!r} is not finite")
    low = -math.inf if rules.minimum is None else rules.minimum
    high = math.inf if rules.maximum is None else rules.maximum
    if not low <= value <= high:
        return unsound(f"its value {value:g} is outside {low:g} to {high:g}")
    if (relation or "=") not in RELATIONS:
        return unsound(f"its relation {relation[:_LONGEST]!r} is none of {', '.join(RELATIONS)}")
    return Measurement(value, relation or "=")


def _one(several: list[Measurement], rules: OutputRules) -> Measurement:
    valued = [one for one in several if one.value is not None]
    if len(several) == 1 or not valued:
        return several[0]
    if rules.several == "refuse":
        if all(one == several[0] for one in several):
            return several[0]
        texts = ", ".join(f"{one.value:g}" for one in valued[:5] if one.value is not None)
        return unsound(f"{len(several)} rows that differ: {texts}")
    sign = 1 if rules.higher_is_better else -1
    return max(valued, key=lambda one: sign * (one.value or 0.0))
