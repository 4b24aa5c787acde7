"""The report of a campaign: what was measured, what was found, what was learned, what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hitsieve import __version__
from hitsieve.campaign.front import front_of
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.status import campaign_status
from hitsieve.errors import InputError
from hitsieve.report.campaign_best import Best, best_measured
from hitsieve.report.campaign_cost import Cost, costs_of
from hitsieve.report.campaign_figures import Figure, endpoint_words, figures_of
from hitsieve.report.campaign_findings import against_chance, checks_of, facts_of
from hitsieve.report.campaign_learned import Chemistry, chemistry
from hitsieve.report.campaign_plates import Plate, plates_check, plates_of
from hitsieve.report.campaign_reagents import Role, reagent_effects
from hitsieve.report.campaign_skills import Skill, skills_of
from hitsieve.report.html import environment
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.report.source import acquisition_words, pool_words
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.front import Trade
    from hitsieve.campaign.status import CampaignStatus
    from hitsieve.report.content import Check
    from hitsieve.report.source import AnyCampaign


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
    costs
        What it cost, line by line.
    unit
        Endpoint and unit of its values.
    chemistry
        Kinds of compounds that turned out good.
    reagents
        Of a campaign over reagents, those that add most, by reaction and role.
    skills
        How well surrogates foretold what they had not seen, by round and target.
    kinds
        Surrogates that were ever judged: the columns of ``skills``.
    scoreboard
        What models foretold and what was measured then, by round.
    best
        The best measured compounds.
    wishes, front
        Of a panel: what each wish is about, and the compounds that none beats in all of them.
    plates
        Of a laboratory: the plates with a positive and a negative control.
    provenance
        Where every number came from.
    """

    title: str
    status: CampaignStatus
    facts: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    costs: tuple[Cost, ...]
    unit: str
    chemistry: Chemistry
    reagents: tuple[Role, ...]
    skills: tuple[Skill, ...]
    kinds: tuple[str, ...]
    scoreboard: tuple[dict[str, Any], ...]
    best: tuple[Best, ...]
    provenance: dict[str, str]
    wishes: tuple[str, ...] = ()
    front: tuple[Trade, ...] = ()
    plates: tuple[Plate, ...] = ()


def campaign_report(campaign: AnyCampaign, *, title: str = "") -> CampaignReport:
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
    skills, kinds = skills_of(rounds)
    found = against_chance(campaign, rounds)
    panel = campaign.oracle if isinstance(campaign.oracle, Panel) else None
    plates = plates_of(campaign)
    doubt = plates_check(plates)
    return CampaignReport(
        title=title or f"Campaign {campaign.config.name}",
        status=status,
        facts=facts_of(campaign, status),
        checks=(*([doubt] if doubt else []), *checks_of(campaign, rounds, status, found)),
        figures=tuple(figures_of(campaign, rounds)),
        costs=tuple(costs_of(campaign, rounds, found)),
        unit=endpoint_words(campaign.oracle),
        chemistry=chemistry(campaign, rounds),
        reagents=tuple(reagent_effects(campaign, rounds)),
        skills=tuple(skills),
        kinds=tuple(kinds),
        scoreboard=tuple(update_scoreboard(campaign)),
        best=tuple(best_measured(campaign, rounds)),
        provenance=_provenance(campaign),
        wishes=tuple(panel.objective.names) if panel else (),
        front=tuple(front_of(panel, rounds)) if panel else (),
        plates=tuple(plates),
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


def _provenance(campaign: AnyCampaign) -> dict[str, str]:
    source, words = pool_words(campaign)
    return {
        "hitsieve": __version__,
        "campaign": f"{campaign.config.name}, fingerprint {campaign.folder.fingerprint}",
        source: words,
        "oracle": (
            f"{campaign.oracle.name}, {campaign.oracle.endpoint} of "
            f"{campaign.oracle.target}, fingerprint {campaign.oracle.fingerprint}"
        ),
        "acquisition": acquisition_words(campaign),
        "seed": str(campaign.config.seed),
    }
