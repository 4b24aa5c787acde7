"""The report of a campaign: what was measured, what was found, what was learned, what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup

from hitsieve import __version__
from hitsieve.campaign.compare import compare
from hitsieve.campaign.front import front_of
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.status import campaign_status
from hitsieve.errors import InputError
from hitsieve.report.campaign_best import Best, best_measured
from hitsieve.report.campaign_figures import found_curve, round_values, space_map
from hitsieve.report.content import Check
from hitsieve.report.html import environment
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.report.space import Space, chemical_space
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.front import Trade
    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round
    from hitsieve.campaign.status import CampaignStatus

_FEWEST: Final = 5
_MARKS: Final = (
    "Each mark is a measured compound, an arrowhead a bound: it points to the true value. "
    "The line is the best surely reached so far."
)


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """What the page says.

    Attributes
    ----------
    title
        Heading.
    status
        Rounds in numbers.
    facts
        Name and value of what stands at the top.
    checks
        Findings in words.
    figures
        Heading, words and drawing of each figure.
    skills
        For each round: number, model, and skill of each surrogate.
    kinds
        Surrogates that were ever judged: the columns of ``skills``.
    scoreboard
        What models foretold and what was measured then, by round.
    best
        The best measured compounds.
    wishes, front
        Of a panel: what each wish is about, and the compounds that none beats in all of them.
    provenance
        Where every number came from.
    """

    title: str
    status: CampaignStatus
    facts: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    figures: tuple[tuple[str, str, Markup], ...]
    skills: tuple[dict[str, Any], ...]
    kinds: tuple[str, ...]
    scoreboard: tuple[dict[str, Any], ...]
    best: tuple[Best, ...]
    provenance: dict[str, str]
    wishes: tuple[str, ...] = ()
    front: tuple[Trade, ...] = ()


def campaign_report(campaign: Campaign, *, title: str = "") -> CampaignReport:
    """Gather the report of a campaign, finished or not; its scoreboard is brought up to date.

    Raises
    ------
    InputError
        If no round is finished.
    """
    rounds = campaign.rounds()
    if not rounds:
        raise InputError(
            f"{campaign.folder.root}: no round is finished", cure="run the campaign first"
        )
    status = campaign_status(campaign)
    skills, kinds = _skills(rounds)
    panel = campaign.oracle if isinstance(campaign.oracle, Panel) else None
    return CampaignReport(
        title=title or f"Campaign {campaign.config.name}",
        status=status,
        facts=_facts(campaign, status),
        checks=tuple(_checks(campaign, rounds, status)),
        figures=tuple(_figures(campaign, rounds)),
        skills=skills,
        kinds=kinds,
        scoreboard=tuple(update_scoreboard(campaign)),
        best=tuple(best_measured(campaign, rounds)),
        provenance=_provenance(campaign),
        wishes=tuple(panel.objective.names) if panel else (),
        front=tuple(front_of(panel, rounds)) if panel else (),
    )


def render_campaign(report: CampaignReport) -> str:
    """Return the report as a complete HTML page without foreign assets."""
    return environment().get_template("campaign.html.j2").render(report=report, home="")


def write_campaign_report(report: CampaignReport, path: Path) -> None:
    """Write the page as one file, all of it or nothing.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    write_atomic(path, render_campaign(report).encode())


def _facts(campaign: Campaign, status: CampaignStatus) -> tuple[tuple[str, str], ...]:
    done = [one for one in status.rounds if one.state == "done"]
    best = done[-1].best_so_far
    costs = [one.cost for one in done if one.cost is not None]
    share = status.measured / max(status.pool, 1)
    facts = [
        ("pool", f"{status.pool:,}"),
        ("measured", f"{status.measured:,}"),
        ("share of the pool", f"{100 * share:.2g} %"),
        ("rounds", str(len(done))),
        ("best value", "none" if best is None else f"{best:.4g}"),
        ("failed", f"{sum(one.failed for one in done):,}"),
    ]
    bounds = sum(one.bounds for one in done)
    if bounds:
        facts.append(("bounds", f"{bounds:,}"))
    if costs:
        facts.append(("spent", f"{sum(costs):,.2f}"))
    if campaign.config.controls:
        facts.append(("audited", f"{sum(one.controls for one in done):,}"))
    return tuple(facts)


def _checks(campaign: Campaign, rounds: Sequence[Round], status: CampaignStatus) -> list[Check]:
    checks = []
    estimate = campaign.folder.estimate(len(rounds) - 1)
    if estimate is not None:
        sure = (
            "the audit's random draw alone"
            if estimate.method == "design"
            else ("the audit and what the surrogate foretold of it")
        )
        level = campaign.config.stop.level
        checks.append(
            Check(
                title="How much of the best has been found?",
                finding=estimate.sentence(campaign.config.stop.words),
                detail=f"A {100 * level:g} % interval from {sure}: compounds drawn at random, "
                "measured, and never learned from.",
            )
        )
    chosen, drawn = _groups(rounds, higher_is_better=campaign.oracle.higher_is_better)
    if min(np.isfinite(chosen).sum(), np.isfinite(drawn).sum()) >= _FEWEST:
        found = compare(
            chosen,
            drawn,
            seed=campaign.config.seed,
            higher_is_better=campaign.oracle.higher_is_better,
        )
        checks.append(
            Check("Are the picks better than chance?", found.sentence(), _difference(found))
        )
    if status.ending is not None:
        checks.append(Check("Why did it end?", status.ending.words))
    return checks


def _difference(found: Any) -> str:  # noqa: ANN401 - Comparison
    low, gain, high = found.difference
    return (
        f"The mean differs by {gain:+.3g} (95 % interval {low:+.3g} to {high:+.3g}); in "
        f"{100 * found.share_better:.0f} % of all pairs the pick is better (50 % is chance)."
    )


def _groups(rounds: Sequence[Round], *, higher_is_better: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return what was surely found of what surrogates picked, and of what was drawn at random."""
    chosen: list[float] = []
    drawn: list[float] = []
    for one in rounds:
        counted = one.counted(higher_is_better=higher_is_better)
        for pick, value in zip(one.picks, counted, strict=True):
            (drawn if pick.reason in {CONTROL, "random"} else chosen).append(value)
    return np.array(chosen, dtype=np.float64), np.array(drawn, dtype=np.float64)


def _figures(campaign: Campaign, rounds: Sequence[Round]) -> list[tuple[str, str, Markup]]:
    unit = campaign.oracle.unit
    endpoint = campaign.oracle.endpoint + (f" ({unit})" if unit not in {"", "1"} else "")
    higher = campaign.oracle.higher_is_better
    drawn = [
        (
            "Values round by round",
            _MARKS,
            round_values(rounds, endpoint, higher_is_better=higher),
        )
    ]
    estimates = [campaign.folder.estimate(one.number) for one in rounds]
    if any(estimate is not None for estimate in estimates):
        words = "Estimated share of the true top, with its interval, over what was measured."
        drawn.append(
            (
                f"Found of the {campaign.config.stop.words}",
                words,
                found_curve(rounds, estimates),
            )
        )
    space: Space = chemical_space(campaign, rounds)
    words = (
        "Morgan fingerprints of a random part of the pool and of everything measured, in "
        f"their first two principal components ({100 * space.explained:.0f} % of the "
        "variance). Near each other means alike; far apart in this picture does not have to "
        "mean unlike."
    )
    drawn.append(
        (
            "Chemical space",
            words,
            space_map(space),
        )
    )
    # Figures escape their text in matplotlib; nothing else enters them.
    return [(title, words, Markup(picture)) for title, words, picture in drawn]  # noqa: S704


def _skills(rounds: Sequence[Round]) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    rows: list[dict[str, Any]] = []
    kinds: dict[str, None] = {}
    for one in rounds:
        told = one.surrogate.get("skills")
        if not told:
            continue
        kinds |= dict.fromkeys(told)
        pruned = one.surrogate.get("pruned", {})
        rows.append(
            {
                "round": one.number,
                "labels": one.surrogate["labels"],
                "chosen": one.surrogate["chosen"],
                "skills": {kind: skill["spearman"] for kind, skill in told.items()},
                "dropped": pruned.get("dropped", 0),
                "loss": pruned.get("expected_loss", 0.0),
            }
        )
    return tuple(rows), tuple(kinds)


def _provenance(campaign: Campaign) -> dict[str, str]:
    return {
        "hitsieve": __version__,
        "campaign": f"{campaign.config.name}, fingerprint {campaign.folder.fingerprint}",
        "library": f"{campaign.library.root.name}, {len(campaign.library):,} compounds",
        "oracle": (
            f"{campaign.oracle.name}, {campaign.oracle.endpoint} of "
            f"{campaign.oracle.target}, fingerprint {campaign.oracle.fingerprint}"
        ),
        "acquisition": campaign.config.acquisition.kind,
        "seed": str(campaign.config.seed),
    }
