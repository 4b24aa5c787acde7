"""What a compound costs and how long it takes, as vendors say in their columns."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.library import Library

_NUMBER: Final = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Offer:
    """The cheapest way to a compound: its price, None if nobody says."""

    price: float | None


def offers(library: Library, ids: Collection[str], budget: BudgetConfig) -> dict[str, Offer | None]:
    """Return the best offer of each compound; None where it cannot be had.

    The cheapest offer that comes in time counts. A compound without a price has
    ``budget.unpriced``; where that is None and money is limited, it cannot be had.

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


def cost_of(offer: Offer, budget: BudgetConfig) -> float | None:
    """Return what compound and measurement cost; None if no price is asked for."""
    if budget.price is None and not budget.measuring:
        return None
    return (offer.price or 0.0) + budget.measuring


def _best(vendor: Sequence[str], budget: BudgetConfig) -> Offer | None:
    prices = []
    for text in vendor:
        columns = json.loads(text) if text else {}
        days = number(columns, budget.lead_time)
        late = budget.max_lead_time is not None and (days is None or days > budget.max_lead_time)
        if not late:
            price = number(columns, budget.price)
            prices.append(budget.unpriced if price is None else price)
    known = [price for price in prices if price is not None]
    if known:
        return Offer(min(known))
    needed = budget.price is not None and budget.money is not None
    return None if needed or not prices else Offer(None)


def number(columns: Mapping[str, object], name: str | None) -> float | None:
    """Return the first number in a vendor column, such as 12.5 of ``"$ 12.50"``.

    Examples
    --------
    >>> number({"price": "EUR 1,250.00"}, "price")
    1250.0
    """
    found = _NUMBER.search(str(columns.get(name, ""))) if name else None
    value = float(found[0].replace(",", "")) if found else math.nan
    return value if math.isfinite(value) and value >= 0 else None
