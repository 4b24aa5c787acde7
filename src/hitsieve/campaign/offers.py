"""What a compound costs and how long it takes, as vendors say in their columns."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.campaign.vendors import read_days, read_price, says_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.library import Library


@dataclass(frozen=True, slots=True)
class Offer:
    """The cheapest way to a compound: its price and days to delivery, None if nobody says."""

    price: float | None
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Texts of one vendor column that are no price, or no time of delivery.

    Parameters
    ----------
    column
        Name of the vendor column.
    read, unread
        Texts that were understood, and those that were not; empty ones are in neither.
    examples
        Compound and text of the first few that were not.
    """

    column: str
    read: int
    unread: int
    examples: tuple[tuple[str, str], ...]

    def sentence(self) -> str:
        """Say how many and which."""
        some = "; ".join(f"{text!r} of {name}" for name, text in self.examples)
        return (
            f"vendor column {self.column!r}: {self.unread:,} of {self.read + self.unread:,} texts "
            f"are not understood and count as no offer, such as {some}"
        )


def offers(library: Library, ids: Collection[str], budget: BudgetConfig) -> dict[str, Offer | None]:
    """Return the best offer of each compound; None where it cannot be had.

    The cheapest offer that comes in time counts. A compound without a price has
    ``budget.unpriced``; where that is None and money is limited, it cannot be had. An offer whose
    price or time is said in a way that is not understood is none.

    Parameters
    ----------
    library
        With vendor columns, as JSON in ``vendor``.
    ids
        Compounds asked for.
    budget
        Names of the columns, and limits.
    """
    if budget.price is None and budget.lead_time is None:
        return {name: Offer(None) for name in ids}
    rows = library.lookup(ids, ["compound_id", "vendor"]).to_pylist()
    return {row["compound_id"]: _best(row["vendor"], budget) for row in rows}


def cost_of(offer: Offer, budget: BudgetConfig, replicates: int = 1) -> float | None:
    """Return what compound and measurements cost; None if no price is asked for.

    Parameters
    ----------
    offer
        Of the compound, which is bought once.
    budget
        With the price of one measurement.
    replicates
        Measurements of the compound.
    """
    if budget.price is None and not budget.measuring:
        return None
    return (offer.price or 0.0) + budget.measuring * replicates


def unread_offers(library: Library, budget: BudgetConfig, *, examples: int = 5) -> list[Unread]:
    """Return what is not understood of a library's prices and times of delivery, by column.

    All of the library is read. A column of which everything is understood is left out.
    """
    columns = {budget.price: read_price, budget.lead_time: read_days}
    found = [
        _unread(library, name, read, examples) for name, read in columns.items() if name is not None
    ]
    return [one for one in found if one.unread]


def _unread(
    library: Library, column: str, read: Callable[[object], float | None], examples: int
) -> Unread:
    known = unread = 0
    some: list[tuple[str, str]] = []
    for compound_id, columns in _vendors(library):
        text = columns.get(column)
        if says_nothing(text):
            continue
        if read(text) is not None:
            known += 1
            continue
        unread += 1
        if len(some) < examples:
            some.append((compound_id, str(text)))
    return Unread(column, known, unread, tuple(some))


def _vendors(library: Library) -> Iterator[tuple[str, Mapping[str, object]]]:
    for table in library.iter_tables(["compound_id", "vendor"]):
        for row in table.to_pylist():
            for text in row["vendor"]:
                yield row["compound_id"], json.loads(text) if text else {}


def _best(vendor: Sequence[str], budget: BudgetConfig) -> Offer | None:
    found = [offer_of(json.loads(text) if text else {}, budget) for text in vendor]
    known = [one for one in found if one is not None]
    priced = [one for one in known if one.price is not None]
    if priced:
        return min(priced, key=lambda one: (one.price, math.inf if one.days is None else one.days))
    needed = budget.price is not None and budget.money is not None
    return None if needed or not known else known[0]


def offer_of(columns: Mapping[str, object], budget: BudgetConfig) -> Offer | None:
    """Return one vendor's offer; None if it comes too late, or is not understood."""
    price = days = None
    if budget.price is not None:
        said = columns.get(budget.price)
        price = budget.unpriced if says_nothing(said) else read_price(said)
        if price is None and not says_nothing(said):
            return None
    if budget.lead_time is not None:
        said = columns.get(budget.lead_time)
        days = read_days(said)
        if days is None and not says_nothing(said):
            return None
    if budget.max_lead_time is not None and (days is None or days > budget.max_lead_time):
        return None
    return Offer(price, days)
