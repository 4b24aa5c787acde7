from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from hitsieve.acquisition.desirability import TransformConfig
from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.config import DiversityConfig
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError
from hitsieve.library import Library
from hitsieve.oracles import LookupOracle
from hitsieve.scoring.perceptron import PerceptronConfig
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from pathlib import Path

WISHES = ObjectiveConfig(
    components=(
        ComponentConfig(target="size", transform=TransformConfig(low=10.0, high=40.0)),
        ComponentConfig(
            target="bulk", transform=TransformConfig(kind="falling", low=-40.0, high=-5.0)
        ),
    )
)
QUICK = QuickConfig(kinds=("bit_process",), folds=3, forest=ForestConfig(trees=20))


def run(
    library: Path,
    folder: Path,
    prune: PruneConfig | None = None,
    quick: QuickConfig = QUICK,
    **changes: Any,
) -> CampaignSummary:
    """Two targets that go together: the largest compounds are the best in both."""
    rows = [
        row
        for table in Library.open(library).iter_tables(["compound_id", "heavy_atoms"])
        for row in table.to_pylist()
    ]
    size = {row["compound_id"]: (float(row["heavy_atoms"]), "=") for row in rows}
    bulk = {name: (-value, "=") for name, (value, _) in size.items()}
    oracles = {
        "size": LookupOracle(size, target="size", endpoint="e", unit="1"),
        "bulk": LookupOracle(bulk, target="bulk", endpoint="e", unit="1", higher_is_better=False),
    }
    parts = {
        name: QuickSurrogate(name, higher_is_better=one.higher_is_better, config=quick)
        for name, one in oracles.items()
    }
    surrogate = PanelSurrogate(WISHES, dict(parts), prune or PruneConfig())
    values = {"initial": 24, "batch": 4, "rounds": 3, "seed": 2, **changes}
    config = CampaignConfig(library=library, folder=folder, **values)
    panel = Panel(WISHES, dict(oracles), library)
    with SerialExecutor() as executor:
        return run_campaign(config, panel, surrogate, executor)


def scored(folder: Path, number: int, target: int) -> int:
    place = folder / "screens" / f"round-{number:03d}" / f"target-{target}" / "scores"
    return sum(pq.read_metadata(path).num_rows for path in place.glob("*.parquet"))


def test_what_is_hopeless_is_scored_for_no_target(library: Path, tmp_path: Path) -> None:
    whole = run(library, tmp_path / "a")
    assert "pruned" not in whole.rounds[1].surrogate
    pruned = run(library, tmp_path / "b", PruneConfig(loss=0.05, top=4))
    told = [one.surrogate["pruned"] for one in pruned.rounds[1:]]
    assert told[0]["dropped"] > 0
    assert told[0]["kept"] + told[0]["dropped"] == 60
    assert told[0]["kept"] >= 5 * 4
    assert told[-1]["lost"] <= 0.05
    assert told[1]["lost"] >= told[0]["lost"]
    for target in (0, 1):
        assert scored(tmp_path / "b", 1, target) == 60
        assert scored(tmp_path / "b", 2, target) == told[0]["kept"]
        assert scored(tmp_path / "a", 3, target) == 60
    best = [sorted(v for one in s.rounds for v in one.values)[-4:] for s in (whole, pruned)]
    assert best[0] == best[1]


def test_a_panel_that_prunes_makes_the_same_picks_again(library: Path, tmp_path: Path) -> None:
    first = run(library, tmp_path / "a", PruneConfig(loss=0.05, top=4))
    again = run(library, tmp_path / "b", PruneConfig(loss=0.05, top=4))
    assert [one.picks for one in first.rounds] == [one.picks for one in again.rounds]
    for name in ("pruned.json", "kept"):
        paths = [tmp_path / side / "screens" / "round-001" / name for side in "ab"]
        assert all(path.exists() for path in paths)
    kept = [
        {p.name: p.read_bytes() for p in (tmp_path / s / "screens/round-001/kept").iterdir()}
        for s in "ab"
    ]
    assert kept[0] == kept[1]


def test_targets_do_not_leave_out_by_themselves(library: Path, tmp_path: Path) -> None:
    alone = QUICK.model_copy(update={"prune": PruneConfig(loss=0.3, top=2)})
    run(library, tmp_path, quick=alone)
    assert [scored(tmp_path, number, 1) for number in (1, 2, 3)] == [60, 60, 60]


def test_networks_of_a_panel_go_on_from_the_round_before(library: Path, tmp_path: Path) -> None:
    network = QUICK.model_copy(
        update={
            "kinds": ("perceptron",),
            "fine_tune": True,
            "perceptron": PerceptronConfig(hidden=8, epochs=4, least_steps=60),
        }
    )
    run(library, tmp_path, quick=network, rounds=2)
    centers = []
    for number in (1, 2):
        path = tmp_path / "screens" / f"round-{number:03d}" / "target-1" / "perceptron.npz"
        with np.load(path) as stored:
            centers.append(stored["center"].tolist())
    # Networks that go on keep the scale they began with, new ones would not.
    assert centers[0] == centers[1]


def test_all_targets_count_the_same_where_batches_are_unlike(library: Path, tmp_path: Path) -> None:
    diversity = DiversityConfig(how="maxmin", space="embedding", weight=0.6)
    found = run(library, tmp_path, rounds=1, diversity=diversity)
    plain = run(library, tmp_path / "plain", rounds=1)
    assert len(found.rounds[1].picks) == 4
    assert found.rounds[1].picks != plain.rounds[1].picks


def test_from_several_directions_nothing_is_hopeless() -> None:
    around = WISHES.model_copy(update={"aggregate": "pareto"})
    with pytest.raises(ConfigError, match="hopeless from one direction"):
        PanelSurrogate(around, {}, PruneConfig(loss=0.02))
    assert "prune" not in PanelSurrogate(around, {}).settings
    settings = PanelSurrogate(WISHES, {}, PruneConfig(loss=0.02)).settings
    assert json.loads(json.dumps(settings))["prune"]["loss"] == 0.02
