"""What reagents cost and how long they take, as the columns of their files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.offers import Offer, Unread, offer_of
from hitsieve.campaign.vendors import read_days, read_price, says_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.library.enumerate import ReactionPlan
    from hitsieve.library.roles import Entry


def reagent_offers(entries: Sequence[Entry], budget: BudgetConfig) -> list[Offer | None]:
    """Return the offer of each reagent; None for one that cannot be had.

    Names of columns are read in small letters, as those of reagent files are.
    """
    asked = {name: name.lower() for name in (budget.price, budget.lead_time) if name is not None}
    if not asked:
        return [Offer(None)] * len(entries)
    needed = budget.price is not None and budget.money is not None
    found = []
    for entry in entries:
        columns = {name: entry.reagent.columns.get(low) for name, low in asked.items()}
        offer = offer_of(columns, budget)
        found.append(None if offer is not None and needed and offer.price is None else offer)
    return found


def unread_prices(
    plans: Iterable[ReactionPlan], budget: BudgetConfig, *, examples: int = 5
) -> list[Unread]:
    """Return what is not understood of the prices and times of reagents, by column.

    A column of which everything is understood is left out.
    """
    entries = [entry for plan in plans for role in plan.entries for entry in role]
    columns = {budget.price: read_price, budget.lead_time: read_days}
    found = [
        _unread(entries, name, read, examples) for name, read in columns.items() if name is not None
    ]
    return [one for one in found if one.unread]


def _unread(
    entries: Sequence[Entry],
    column: str,
    read: Callable[[object], float | None],
    examples: int,
) -> Unread:
    told = {
        (entry.reagent.source, entry.reagent.reagent_id): entry.reagent.columns.get(column.lower())
        for entry in entries
    }
    said = {key: text for key, text in told.items() if not says_nothing(text)}
    wrong = [(name, str(text)) for (_, name), text in said.items() if read(text) is None]
    return Unread(column, len(said) - len(wrong), len(wrong), tuple(wrong[:examples]))
