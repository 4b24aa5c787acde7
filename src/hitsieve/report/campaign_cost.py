"""What a campaign cost: measurements, time and money, in all and for each hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.campaign.panel import Panel
from hitsieve.campaign.timing import noted_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.compare import Comparison
    from hitsieve.campaign.state import Round
    from hitsieve.report.source import AnyCampaign

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Cost:
    """One line: what, how much, and what it means."""

    name: str
    value: str
    note: str = ""


def costs_of(
    campaign: AnyCampaign, rounds: Sequence[Round], found: Comparison | None
) -> list[Cost]:
    """Return what finished rounds cost, as far as it is known.

    Parameters
    ----------
    campaign
        With its budget.
    rounds
        Finished rounds.
    found
        Picks against a random sample, which says what a hit is; None where too few of either
        were measured.
    """
    budget = campaign.config.budget
    measured = sum(len(one.picks) for one in rounds)
    lines = [Cost("measurements", f"{measured:,}", _left(measured, budget.measurements))]
    seconds = noted_seconds(campaign.folder.root)
    if seconds:
        total = sum(seconds)
        known = f"of {len(seconds):,} labels whose time is known, whichever worker measured them"
        lines += [
            Cost("time in all", duration(total), known),
            Cost("time a label", duration(total / len(seconds)), "mean"),
        ]
    costs = [pick.cost for one in rounds for pick in one.picks if pick.cost is not None]
    money = sum(costs)
    if costs:
        lines += [
            Cost("money", f"{money:,.2f}", _left(money, budget.money)),
            Cost("money a measurement", f"{money / len(costs):,.2f}", "mean"),
        ]
    if found is None:
        return lines
    return lines + _each_hit(campaign, rounds, found, money if costs else None, seconds)


def duration(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> [duration(t) for t in (0.0123, 119.0, 600.0, 10_000.0, 400_000.0)]
    ['0.0123 s', '119 s', '10 min', '2.78 h', '4.63 d']
    """
    units = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (1.0, "s"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= _least(size)), units[-1])
    return f"{seconds / size:.3g} {unit}"


def _least(unit: float) -> float:
    """Return from how many seconds on a unit is used: two of it, so that none is a fraction."""
    return 0.0 if unit == 1.0 else 2 * unit


def _each_hit(
    campaign: AnyCampaign,
    rounds: Sequence[Round],
    found: Comparison,
    money: float | None,
    seconds: Sequence[float],
) -> list[Cost]:
    higher = campaign.oracle.higher_is_better
    sign = 1 if higher else -1
    sure = [value for one in rounds for value in one.counted(higher_is_better=higher)]
    measured, hits = len(sure), sum(sign * value >= sign * found.threshold for value in sure)
    share = 100 * (1 - found.quantile)
    words = f"at least as good as the best {share:.0f} % drawn at random ({found.threshold:.4g})"
    lines = [Cost("hits", f"{hits:,}", words)]
    if not hits:
        return lines
    alone = ""
    if found.random_hits:
        alone = f"{found.random / found.random_hits:,.3g} where drawn at random"
    lines.append(Cost("measurements a hit", f"{measured / hits:,.3g}", alone))
    if seconds:
        targets = len(campaign.oracle.oracles) if isinstance(campaign.oracle, Panel) else 1
        each = sum(seconds) / len(seconds) * targets * measured / hits
        lines.append(Cost("time a hit", duration(each), "at the mean time of a label"))
    if money is not None:
        lines.append(Cost("money a hit", f"{money / hits:,.2f}"))
    return lines


def _left(spent: float, budget: float | None) -> str:
    if budget is None:
        return ""
    number = f"{budget - spent:,.2f}" if isinstance(budget, float) else f"{budget - spent:,.0f}"
    return f"{number} of {budget:,.10g} left"
