"""The best measured compounds of a campaign, ready for its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from hitsieve.chem.depict import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round

_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Best:
    """One of the best measured compounds, ready for the page."""

    rank: int
    compound_id: str
    smiles: str
    picture: Markup
    value: str
    predicted: str
    round: int
    reason: str
    sources: str


def best_measured(campaign: Campaign, rounds: Sequence[Round]) -> list[Best]:
    """Return the best measured compounds of all rounds, best first."""
    sign = -1 if campaign.oracle.higher_is_better else 1
    measured = [
        (sign * value, pick.compound_id, value, pick, one.number)
        for one in rounds
        for pick, value in zip(one.picks, one.values, strict=True)
        if not np.isnan(value)
    ]
    measured.sort(key=lambda row: row[:2])
    top = measured[:_SHOWN]
    columns = ["compound_id", "smiles", "source_ids"]
    rows = campaign.library.lookup([row[1] for row in top], columns).to_pylist()
    known = {row["compound_id"]: row for row in rows}
    return [
        Best(
            rank=rank,
            compound_id=name,
            smiles=known[name]["smiles"],
            picture=Markup(svg(known[name]["smiles"], width=200, height=140)),  # noqa: S704 - depict escapes
            value=f"{value:.4g}",
            predicted="" if pick.predicted is None else f"{pick.predicted:.4g} ± {pick.std:.2g}",
            round=number,
            reason=pick.reason,
            sources=", ".join(known[name]["source_ids"][:3]),
        )
        for rank, (_, name, value, pick, number) in enumerate(top, 1)
    ]
