"""The value of one row: a number with its relation in the asked unit, or why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.assays.columns import ColumnCard
from hitsieve.assays.units import MOLAR, unit_name
from hitsieve.assays.values import CURES, parse_column
from hitsieve.assays.values import Refusal as Unread
from hitsieve.oracles.inbox.asked import LONGEST, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.oracles.inbox.config import InboxConfig

_SIGNS: Final = {-1: "<", 0: "=", 1: ">"}
_CURES: Final = {
    "text": "use a decimal point, no unit, no words",
    "not_finite": "leave wells without a result empty",
    "out_of_range": "check the value and its unit in this row",
    "not_positive": "a concentration is above 0; for pX values the unit is pX",
    "no_class": "the asked unit is class: write 0 or 1, inactive or active",
}
"""What somebody at the bench can do; where it is not here, the words for data sets fit."""


class ImpossibleValue(Refusal):
    """A number told as pX that no pX can be."""


def read_value(text: str, cells: Mapping[str, str], config: InboxConfig) -> tuple[float, str]:
    """Return the value of a compound in the asked unit, and its relation.

    Raises
    ------
    Refusal
        If unit, number or relation cannot be used.
    """
    unit = cells.get("unit", "")
    if not unit:
        raise Refusal(f"has no unit; the asked one is {config.unit}")
    convert = config.unit == "pX" and unit_name(unit) is not None
    if not convert and unit.casefold() != config.unit.casefold():
        allowed = (
            f"{config.unit} or one of {', '.join(MOLAR)}" if config.unit == "pX" else config.unit
        )
        raise Refusal(f"unit {unit[:LONGEST]!r} is not the asked {allowed}")
    meaning = ColumnCard(
        endpoint=config.endpoint,
        unit=config.unit,
        direction="higher" if config.higher_is_better else "lower",
        task=config.task,
        transform="unit_column_to_pX" if convert else "none",
    )
    return _parsed(text, cells, unit, meaning)


def read_signal(text: str, cells: Mapping[str, str]) -> tuple[float, str]:
    """Return the value of a control as it was told: any unit, for it is compared with its likes.

    Raises
    ------
    Refusal
        If it is no number.
    """
    meaning = ColumnCard(endpoint="signal", unit="1", direction="higher", task="regression")
    return _parsed(text, cells, "", meaning)


def _parsed(
    text: str, cells: Mapping[str, str], unit: str, meaning: ColumnCard
) -> tuple[float, str]:
    parsed = parse_column([text], [cells.get("relation", "")], [unit], meaning)
    if parsed.refusal:
        why = parsed.refusal[0]
        relation = f" with relation {cells['relation']!r}" if cells.get("relation") else ""
        cure = _CURES.get(str(why), CURES[why])
        as_told = meaning.unit == "pX" and meaning.transform == "none"
        refusal = ImpossibleValue if as_told and why == Unread.OUT_OF_RANGE else Refusal
        raise refusal(f"value {text[:LONGEST]!r}{relation} is refused as {why}: {cure}")
    return float(parsed.value[0]), _SIGNS[int(parsed.relation[0])]
