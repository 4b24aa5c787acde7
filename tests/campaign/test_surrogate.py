from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from hitsieve.campaign import CampaignConfig, GraphSurrogate
from hitsieve.campaign.config import DiversityConfig
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.surrogate import Embeds, GraphSurrogateConfig, ScoredPool
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library
from hitsieve.modeling.config import SplitConfig
from hitsieve.registry.registry import Registry
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.schema import SCORES
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

SMALL = GraphSurrogateConfig(
    recipe="fast",
    split=SplitConfig(kind="random", fractions=(0.6, 0.2, 0.2)),  # chains have no scaffolds
    overrides={
        "network": {"hidden": 16, "depth": 2, "head_hidden": 16},
        "training": {"epochs": 3, "members": 2, "warmup": 1, "holdout": 0.3},
    },
)


def begun(library: Path, folder: Path, log: Path) -> Campaign:
    oracle = FakeOracle(log=log)
    surrogate = GraphSurrogate(oracle.target, config=SMALL)
    diversity = DiversityConfig(how="maxmin", space="embedding", weight=0.5, candidates=3)
    config = CampaignConfig(
        library=library,
        folder=folder,
        initial=40,
        batch=5,
        rounds=2,
        controls=0.1,
        diversity=diversity,
        seed=3,
    )
    return Campaign(config, oracle, surrogate, SerialExecutor())


@pytest.fixture(scope="module")
def campaign(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    folder = tmp_path_factory.mktemp("graphs")
    found = begun(library, folder / "c", folder / "log")
    found.run()
    return found


def test_graph_networks_carry_a_campaign(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    assert [len(one.picks) for one in rounds] == [40, 5, 5]
    assert [one.model for one in rounds] == ["", "campaign-r1@1", "campaign-r2@1"]
    picks = [pick.compound_id for one in rounds for pick in one.picks]
    assert len(set(picks)) == 50
    chosen = [pick for one in rounds[1:] for pick in one.picks if pick.reason == "gain"]
    assert all(np.isfinite([pick.predicted, pick.std]).all() for pick in chosen)
    told = rounds[2].surrogate["metrics"]
    assert {row["metric"] for row in told} >= {"rmse", "spearman"}


def test_it_says_how_much_it_needs() -> None:
    assert GraphSurrogate("length", config=SMALL).fewest == 34
    assert GraphSurrogate("length").fewest == 50
    column = SMALL.model_copy(update={"split": SplitConfig(kind="column")})
    assert GraphSurrogate("length", config=column).fewest == 1


def test_each_round_has_a_registered_model_that_learned_from_no_control(
    campaign: Campaign,
) -> None:
    registry = Registry(campaign.folder.registry)
    assert [entry.reference for entry in registry.versions("campaign-r2")] == ["campaign-r2@1"]
    learned = pq.read_table(campaign.folder.root / "training" / "round-002.parquet")
    audit = {name for one in campaign.rounds()[:2] for name in one.audit}
    assert audit
    assert not audit & set(learned["compound_id"].to_pylist())


def test_the_whole_pool_is_scored_each_round(campaign: Campaign, library: Path) -> None:
    for number in (1, 2):
        pool = ScoredPool(campaign.folder.screen(number), "length")
        tables = list(pool)
        assert sum(table.num_rows for table in tables) == len(Library.open(library)) == 60
        assert tables[0].column_names == SCORES.names
        assert [table.num_rows for table in pool] == [table.num_rows for table in tables]


def test_it_shows_compounds_as_its_network_sees_them(campaign: Campaign) -> None:
    surrogate, work = campaign.surrogate, campaign._workplace(2)
    assert isinstance(surrogate, Embeds)
    ids = [name for t in campaign.library.iter_tables(["compound_id"]) for name in t[0].to_pylist()]
    path = campaign.folder.training_path(2)
    vectors = surrogate.embed("campaign-r2@1", path, ids, work)
    assert vectors.shape == (60, 16)
    again = surrogate.embed("campaign-r2@1", path, ids[:3][::-1], work)
    assert again == pytest.approx(vectors[:3][::-1], abs=1e-4)


def test_what_it_foretold_is_held_against_what_came(campaign: Campaign) -> None:
    found = update_scoreboard(campaign)
    assert [entry["round"] for entry in found] == [1, 2]
    assert all(entry["compared"] == 5 for entry in found)


def test_a_campaign_that_stands_is_not_trained_or_measured_again(
    campaign: Campaign, library: Path
) -> None:
    root = campaign.folder.root
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.safetensors")}
    assert before
    again = begun(library, root, root.parent / "log")
    assert [one.picks for one in again.run().rounds] == [one.picks for one in campaign.rounds()]
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.safetensors")} == before
    assert len((root.parent / "log").read_text().split()) == 50
