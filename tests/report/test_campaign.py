from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.acquisition.desirability import TransformConfig
from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.front import front_of
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.engine import SerialExecutor
from hitsieve.errors import InputError
from hitsieve.library import LibraryConfig, build_library
from hitsieve.oracles import LookupOracle
from hitsieve.report.campaign import campaign_report, render_campaign, write_campaign_report
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.report.space import chemical_space
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    root = tmp_path_factory.mktemp("reported")
    lines = [f"{'C' * n}{end} <b>{n}{end}" for n in range(2, 32) for end in ("O", "N")]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    made = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    executor = SerialExecutor()
    build_library(made, executor)
    config = CampaignConfig(
        library=made.output, folder=root / "c", initial=20, batch=6, rounds=2, controls=0.3, seed=3
    )
    oracle = FakeOracle()
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9))
    found = Campaign(config, oracle, QuickSurrogate(oracle.target, config=quick), executor)
    found.run()
    return found


def test_the_page_tells_rounds_skills_and_findings(campaign: Campaign) -> None:
    page = render_campaign(campaign_report(campaign, title="Lengths <1>"))
    for text in (
        "Lengths &lt;1&gt;",
        "What was learned",
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


def test_measured_compounds_do_not_bend_the_axes(campaign: Campaign) -> None:
    rounds = campaign.folder.rounds()
    early, late = chemical_space(campaign, rounds[:1]), chemical_space(campaign, rounds)
    assert (early.pool == late.pool).all()
    assert len(late.measured) == sum(len(one.picks) for one in rounds)
    assert set(late.rounds.tolist()) == {0, 1, 2}


def test_nothing_to_report_is_said(campaign: Campaign, tmp_path: Path) -> None:
    config = campaign.config.model_copy(update={"folder": tmp_path})
    empty = Campaign(config, campaign.oracle, campaign.surrogate, campaign.executor)
    with pytest.raises(InputError, match="no round is finished"):
        campaign_report(empty)


def test_a_panel_shows_its_front_and_what_was_foretold_on_the_scale_of_what_came(
    campaign: Campaign, tmp_path: Path
) -> None:
    rows = [
        row
        for table in campaign.library.iter_tables(["compound_id", "heavy_atoms", "smiles"])
        for row in table.to_pylist()
    ]
    tables = {
        "<size>": {row["compound_id"]: (float(row["heavy_atoms"]), "=") for row in rows},
        "nitrogen": {row["compound_id"]: (float("N" in row["smiles"]), "=") for row in rows},
    }
    oracles = {
        name: LookupOracle(values, target=name, endpoint="e", unit="1")
        for name, values in tables.items()
    }
    objective = ObjectiveConfig(
        components=(
            ComponentConfig(target="<size>", transform=TransformConfig(low=5.0, high=25.0)),
            ComponentConfig(
                target="nitrogen", transform=TransformConfig(kind="falling", low=0.0, high=1.0)
            ),
        ),
        aggregate="pareto",
    )
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9))
    parts = {name: QuickSurrogate(name, config=quick) for name in oracles}
    root = campaign.library.root
    config = CampaignConfig(library=root, folder=tmp_path / "p", initial=20, batch=6, rounds=1)
    panel = Panel(objective, dict(oracles), root)
    surrogate = PanelSurrogate(objective, dict(parts))
    several = Campaign(config, panel, surrogate, SerialExecutor())
    several.run()
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
