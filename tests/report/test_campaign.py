from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.front import front_of
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.run import Campaign
from hitsieve.errors import InputError
from hitsieve.report.campaign import campaign_report, render_campaign, write_campaign_report
from hitsieve.report.scoreboard import update_scoreboard

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_tells_rounds_skills_and_findings(campaign: Campaign) -> None:
    page = render_campaign(campaign_report(campaign, title="Lengths <1>"))
    for text in (
        "Lengths &lt;1&gt;",
        "What was learned",
        "How well surrogates foretold",
        "What it cost",
        "Foretold and measured",
        "Chemical space",
        "of the true top",
        "all 2 rounds after the first are done",
        "&lt;b&gt;",
    ):
        assert text in page, text
    assert page.count("<svg") > 10
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_equal_campaigns_make_equal_pages(campaign: Campaign, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_campaign_report(campaign_report(campaign), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_scoreboard_holds_every_model_against_what_came(campaign: Campaign) -> None:
    found = update_scoreboard(campaign)
    assert [entry["round"] for entry in found] == [1, 2]
    rounds = campaign.folder.rounds()
    # Controls count as well: the model had scored them too.
    assert found[0]["compared"] == len(rounds[1].picks)
    assert found[0]["advice"] == "wait"
    kept = json.loads((campaign.folder.root / "scoreboard.json").read_text())
    assert kept == found


def test_nothing_to_report_is_said(campaign: Campaign, tmp_path: Path) -> None:
    config = campaign.config.model_copy(update={"folder": tmp_path})
    empty = Campaign(config, campaign.oracle, campaign.surrogate, campaign.executor)
    with pytest.raises(InputError, match="no round is finished"):
        campaign_report(empty)


def test_a_panel_shows_its_front_and_what_was_foretold_on_the_scale_of_what_came(
    several: Campaign,
) -> None:
    panel = several.oracle
    assert isinstance(panel, Panel)
    report = campaign_report(several)
    assert report.wishes == ("<size>", "nitrogen")
    assert report.front == tuple(front_of(panel, several.folder.rounds()))
    page = render_campaign(report)
    assert "The Pareto front" in page
    assert '<th class="num">&lt;size&gt;</th>' in page
    assert report.front[0].compound_id in page
    foretold = [float(one.predicted.split()[0]) for one in report.best if one.predicted]
    assert foretold
    assert 0 <= min(foretold) <= max(foretold) <= 1
