"""The best measured compounds of a campaign: as rows, and ready for its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from hitsieve.campaign.panel import Panel
from hitsieve.campaign.reagents.run import ReagentCampaign
from hitsieve.campaign.reasons import reason_words
from hitsieve.chem.depict import svg
from hitsieve.report.source import sources_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hitsieve.campaign.picks import Pick
    from hitsieve.campaign.state import Round
    from hitsieve.report.source import AnyCampaign

_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured compound.

    Attributes
    ----------
    rank
        From 1, the best first; None for a bound that its true value is poorer than.
    smiles, value, relation
        Of its label; of a panel the value is the utility.
    round, pick
        When it was picked, and why.
    sources
        What people call it.
    targets
        Of a panel, value and relation of each target; None where it was not measured.
    reaction, reagents
        Of a product of reagents: its reaction, and for each role the reagent's identifier and
        SMILES.
    """

    rank: int | None
    smiles: str
    value: float
    relation: str
    round: int
    pick: Pick
    sources: tuple[str, ...]
    targets: Mapping[str, tuple[float, str] | None]
    reaction: str = ""
    reagents: tuple[tuple[str, str, str], ...] = ()

    @property
    def compound_id(self) -> str:
        """Structure key."""
        return self.pick.compound_id


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
    targets: tuple[tuple[str, str], ...] = ()


def rank_measured(
    campaign: AnyCampaign, rounds: Sequence[Round], n: int | None = None
) -> list[Measured]:
    """Return the ``n`` best measured compounds of some rounds, or all of them, best first.

    What was surely found comes first; bounds on the poorer side, of which nobody knows how good
    they are, fill up what is left.
    """
    higher = campaign.oracle.higher_is_better
    sign = -1 if higher else 1
    measured = [
        (bool(np.isnan(sure)), sign * value, pick.compound_id, one, place)
        for one in rounds
        for place, (pick, value, sure) in enumerate(
            zip(one.picks, one.values, one.counted(higher_is_better=higher), strict=True)
        )
        if not np.isnan(value)
    ]
    top = sorted(measured, key=lambda row: row[:3])[:n]
    known = sources_of(campaign, rounds, [row[2] for row in top])
    return [
        _measured(campaign, one, place, None if unsure else rank, tuple(known[name]))
        for rank, (unsure, _, name, one, place) in enumerate(top, 1)
    ]


def best_measured(campaign: AnyCampaign, rounds: Sequence[Round]) -> list[Best]:
    """Return the best measured compounds of all rounds, ready for the page."""
    return [
        Best(
            rank=one.rank,
            compound_id=one.compound_id,
            smiles=one.smiles,
            picture=Markup(svg(one.smiles, width=200, height=140)),  # noqa: S704 - depict escapes
            value=value_words(one.value, one.relation),
            predicted=_predicted(one.pick),
            round=one.round,
            reason=reason_words(one.pick, audit=True),
            sources=", ".join(one.sources[:3]),
            targets=tuple(
                (target, "not measured" if found is None else value_words(*found))
                for target, found in one.targets.items()
            ),
        )
        for one in rank_measured(campaign, rounds, _SHOWN)
    ]


def value_words(value: float, relation: str) -> str:
    """Return a value as it is shown: a bound with its sign.

    Examples
    --------
    >>> value_words(6.5, "="), value_words(9.0, "<")
    ('6.5', '< 9')
    """
    return f"{value:.4g}" if relation == "=" else f"{relation} {value:.4g}"


def _measured(
    campaign: AnyCampaign, one: Round, place: int, rank: int | None, sources: tuple[str, ...]
) -> Measured:
    pick = one.picks[place]
    reaction = ""
    reagents: tuple[tuple[str, str, str], ...] = ()
    if isinstance(campaign, ReagentCampaign):
        choice = tuple(one.surrogate["choices"][place])
        plan = campaign.space.plans[choice[0]].reaction
        entries = campaign.space.chosen(choice)
        reaction = plan.name
        reagents = tuple(
            (role.name, entry.reagent.reagent_id, entry.reagent.smiles)
            for role, entry in zip(plan.roles, entries, strict=True)
        )
    return Measured(
        rank=rank,
        smiles=one.labels["smiles"][place].as_py(),
        value=one.values[place],
        relation=one.relations[place],
        round=one.number,
        pick=pick,
        sources=sources,
        targets=_targets(campaign, one, pick.compound_id),
        reaction=reaction,
        reagents=reagents,
    )


def _targets(
    campaign: AnyCampaign, one: Round, compound_id: str
) -> dict[str, tuple[float, str] | None]:
    if not isinstance(campaign.oracle, Panel):
        return {}
    columns = ("compound_id", "target", "value", "relation")
    rows = zip(*(one.labels[name].to_pylist() for name in columns), strict=True)
    found = {
        target: (value, relation)
        for name, target, value, relation in rows
        if name == compound_id and value is not None
    }
    return {target: found.get(target) for target in campaign.oracle.oracles}


def _predicted(pick: Pick) -> str:
    if pick.predicted is None:
        return ""
    spread = "" if pick.std is None else f" ± {pick.std:.2g}"
    return f"{pick.predicted:.4g}{spread}"
