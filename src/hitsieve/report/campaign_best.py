"""The best measured compounds of a campaign, ready for its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from hitsieve.campaign.reasons import reason_words
from hitsieve.chem.depict import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round

_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Best:
    """One of the best measured compounds, ready for the page.

    A bound that its true value is poorer than has no rank.
    """

    rank: int | None
    compound_id: str
    smiles: str
    picture: Markup
    value: str
    predicted: str
    round: int
    reason: str
    sources: str


def best_measured(campaign: Campaign, rounds: Sequence[Round]) -> list[Best]:
    """Return the best measured compounds of all rounds, best first.

    What was surely found comes first; bounds on the poorer side, of which nobody knows how good
    they are, fill up what is left.
    """
    higher = campaign.oracle.higher_is_better
    sign = -1 if higher else 1
    measured = [
        (bool(np.isnan(sure)), sign * value, pick.compound_id, pick, one.number, relation)
        for one in rounds
        for pick, value, relation, sure in zip(
            one.picks, one.values, one.relations, one.counted(higher_is_better=higher), strict=True
        )
        if not np.isnan(value)
    ]
    measured.sort(key=lambda row: row[:3])
    top = measured[:_SHOWN]
    columns = ["compound_id", "smiles", "source_ids"]
    rows = campaign.library.lookup([row[2] for row in top], columns).to_pylist()
    known = {row["compound_id"]: row for row in rows}
    return [
        Best(
            rank=None if unsure else rank,
            compound_id=name,
            smiles=known[name]["smiles"],
            picture=Markup(svg(known[name]["smiles"], width=200, height=140)),  # noqa: S704 - depict escapes
            value=value_words(sign * value, relation),
            predicted="" if pick.predicted is None else f"{pick.predicted:.4g} ± {pick.std:.2g}",
            round=number,
            reason=reason_words(pick, audit=True),
            sources=", ".join(known[name]["source_ids"][:3]),
        )
        for rank, (unsure, value, name, pick, number, relation) in enumerate(top, 1)
    ]


def value_words(value: float, relation: str) -> str:
    """Return a value as it is shown: a bound with its sign.

    Examples
    --------
    >>> value_words(6.5, "="), value_words(9.0, "<")
    ('6.5', '< 9')
    """
    return f"{value:.4g}" if relation == "=" else f"{relation} {value:.4g}"
