"""From rows of text to results of known compounds; every row that is none says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.assays.times import parse_time
from hitsieve.assays.values import of_another_unit
from hitsieve.errors import DatasetError
from hitsieve.oracles.inbox.asked import LONGEST, Asked, Refusal, unquoted
from hitsieve.oracles.inbox.values import ImpossibleValue, read_signal, read_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hitsieve.oracles.inbox.batch import Batch
    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.layout import Well
    from hitsieve.oracles.inbox.tables import TextRow

_MEASURED: Final = frozenset({"", "ok", "measured", "valid", "done"})
_FAILED: Final = frozenset({"failed", "fail", "invalid", "error"})
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "?"})


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken.

    Parameters
    ----------
    row
        Its number in the file; the header is row 1.
    name
        What it calls its compound or well.
    reason
        What is wrong, naming the value, and what to do.
    """

    row: int
    name: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row} ({self.name}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement of one well.

    Parameters
    ----------
    row
        Its row in the file.
    compound_id
        Structure key; empty for a control.
    replicate
        Which measurement of the compound, from 1; 0 where the row does not say.
    value
        In the asked unit, of a control as told; None for a failure.
    relation
        ``=``, ``<`` or ``>``, of ``value``.
    note
        What the laboratory wrote beside it.
    measured_at
        ISO 8601 time in UTC, or empty.
    control, role
        Name and role of the control in that well, or empty.
    unit
        As told.
    plate, well
        Where it was measured, if known.
    """

    row: int
    compound_id: str
    replicate: int
    value: float | None
    relation: str = "="
    note: str = ""
    measured_at: str = ""
    control: str = ""
    role: str = ""
    unit: str = ""
    plate: str = ""
    well: str = ""

    @property
    def what(self) -> tuple[float | None, str]:
        """What was found: equal for a result that is told twice."""
        return self.value, self.relation


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: results, rows that are refused, and wells still without a result."""

    results: tuple[Result, ...]
    refused: tuple[RefusedRow, ...]
    empty: int


def parse_results(rows: Sequence[TextRow], batches: Sequence[Batch], config: InboxConfig) -> Parsed:
    """Match rows to what was asked and read their values.

    Parameters
    ----------
    rows
        Of a file.
    batches
        Everything that was asked.
    config
        The asked endpoint and unit.
    """
    asked = Asked(batches)
    results: list[Result] = []
    refused: list[RefusedRow] = []
    empty = impossible = 0
    for row in rows:
        try:
            well, compound_id = asked.find(row)
            found = _read(row, well, compound_id, config)
        except Refusal as why:
            impossible += isinstance(why, ImpossibleValue)
            refused.append(RefusedRow(row.number, _name(row), str(why)))
            continue
        if found is None:
            empty += 1
        else:
            results.append(found)
    if config.unit == "pX":
        results, doubted = _set_doubted_apart(results, impossible)
        refused += doubted
    return Parsed(tuple(results), tuple(refused), empty)


def _set_doubted_apart(
    results: list[Result], impossible: int
) -> tuple[list[Result], list[RefusedRow]]:
    """Take apart what can be believed, where many values told as pX were impossible ones."""
    told = [
        one
        for one in results
        if one.value is not None and not one.control and one.unit.casefold() == "px"
    ]
    values = impossible + len(told)
    if not of_another_unit(impossible, values):
        return results, []
    why = (
        f"{impossible} of {values} values told as pX are impossible, so this one is hardly what "
        "it seems: check the unit of all rows"
    )
    doubted = {id(one) for one in told}
    refused = [RefusedRow(one.row, one.compound_id, why) for one in told]
    return [one for one in results if id(one) not in doubted], refused


def _read(row: TextRow, well: Well | None, compound_id: str, config: InboxConfig) -> Result | None:
    """Return the row's result; None if it has none yet."""
    cells = row.cells
    outcome = cells.get("outcome", "").lower()
    text = cells.get("value", "")
    if outcome not in _MEASURED | _FAILED:
        raise Refusal(f"outcome {outcome[:LONGEST]!r} is none of ok, failed")
    if outcome in _FAILED and text.lower() not in _MISSING:
        raise Refusal(f"outcome 'failed' with the value {text[:LONGEST]!r}; leave one of them out")
    _same(cells, "target", config.target)
    _same(cells, "endpoint", config.endpoint)
    value: float | None = None
    relation = "="
    if outcome not in _FAILED:
        if text.lower() in _MISSING:
            return None
        if well is not None and well.control:
            value, relation = read_signal(text, cells)
        else:
            value, relation = read_value(text, cells, config)
    return Result(
        row=row.number,
        compound_id=compound_id,
        replicate=_replicate(cells.get("replicate", ""), well),
        value=value,
        relation=relation,
        note=cells.get("note", ""),
        measured_at=_time(cells.get("measured_at", "")),
        control="" if well is None else well.control,
        role="" if well is None else well.role,
        unit=cells.get("unit", ""),
        plate="" if well is None else well.plate,
        well="" if well is None else well.well,
    )


def _same(cells: dict[str, str], column: str, asked: str) -> None:
    text = unquoted(cells.get(column, ""))
    if text and text.casefold() != asked.casefold():
        raise Refusal(f"{column} {text[:LONGEST]!r} is not the asked {asked!r}")


def _replicate(text: str, well: Well | None) -> int:
    if not text:
        return 0 if well is None else well.replicate
    number = float(text) if text.replace(".", "", 1).isdigit() else 0.0
    if number < 1 or number != int(number) or number > 999:  # noqa: PLR2004 - a sane number
        raise Refusal(f"replicate {text[:LONGEST]!r} is no whole number from 1")
    return int(number)


def _time(text: str) -> str:
    try:
        found = parse_time(text, "result")
    except DatasetError:
        raise Refusal(
            f"measured_at {text[:LONGEST]!r} is no time; write dates as 2026-05-31"
        ) from None
    return "" if found is None else found.isoformat()


def _name(row: TextRow) -> str:
    cells = row.cells
    place = ":".join(part for part in (cells.get("plate", ""), cells.get("well", "")) if part)
    return (cells.get("compound_id") or place or "no name")[:LONGEST]


def torn_results(results: Iterable[Result]) -> set[tuple[str, int]]:
    """Return the measurements that stand in a file more than once with different values."""
    findings = {
        ((result.compound_id, result.replicate), result.what)
        for result in results
        if result.replicate and result.value is not None
    }
    count = Counter(key for key, _ in findings)
    return {key for key in count if count[key] > 1}
