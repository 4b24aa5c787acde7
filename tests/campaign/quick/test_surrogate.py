from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.predictor import best_of
from hitsieve.campaign.quick.said import Skill
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError
from hitsieve.library import Library
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

SMALL = QuickConfig(
    kinds=("forest", "bit_process"), folds=3, forest=ForestConfig(trees=12), blend=True
)


def run(library: Path, folder: Path, quick: QuickConfig = SMALL, **changes: Any) -> CampaignSummary:
    values: dict[str, Any] = {"initial": 20, "batch": 6, "rounds": 2, "seed": 3}
    config = CampaignConfig(library=library, folder=folder, **{**values, **changes})
    oracle = FakeOracle()
    surrogate = QuickSurrogate(oracle.target, config=quick)
    with SerialExecutor() as executor:
        return run_campaign(config, oracle, surrogate, executor)


def test_it_finds_the_longest_compounds(library: Path, tmp_path: Path) -> None:
    rounds = run(library, tmp_path).rounds
    found = max(value for one in rounds for value in one.values)
    assert found == 32  # the longest of all has 31 carbons and an oxygen
    assert np.mean(rounds[1].values) > np.mean(rounds[0].values) + 3


def test_all_skills_and_the_choice_are_recorded(library: Path, tmp_path: Path) -> None:
    told = run(library, tmp_path).rounds[1].surrogate
    assert set(told["skills"]) == {"forest", "bit_process", "blend"}
    best = max(
        told["skills"],
        key=lambda kind: sum(told["skills"][kind][n] for n in ("spearman", "recall")),
    )
    assert told["chosen"] in {best, "blend"}
    assert told["model"] == f"campaign-r1:{told['chosen']}"
    assert sum(told["weights"].values()) == pytest.approx(1)
    assert told["labels"] == 20


def test_controls_are_measured_and_never_learned_from(library: Path, tmp_path: Path) -> None:
    rounds = run(library, tmp_path, controls=0.2).rounds
    audit = {name for one in rounds for name in one.audit}
    assert len(audit) == round(0.2 * 32)
    measured = {pick.compound_id for one in rounds for pick in one.picks}
    assert audit <= measured
    import pyarrow.parquet as pq

    learned = pq.read_table(tmp_path / "training" / "round-002.parquet")
    known = {name for one in rounds[:2] for name in one.audit}
    assert not known & set(learned["compound_id"].to_pylist())


def test_pruning_leaves_out_what_is_hopeless_and_finds_the_same(
    library: Path, tmp_path: Path
) -> None:
    whole = run(library, tmp_path / "whole")
    pruning = SMALL.model_copy(update={"prune": PruneConfig(loss=0.02, top=5)})
    pruned = run(library, tmp_path / "pruned", pruning)
    told = pruned.rounds[1].surrogate["pruned"]
    assert told["dropped"] > 0
    assert told["kept"] + told["dropped"] == 60
    assert told["expected_loss"] <= 0.02
    scores = Library.open(library)
    assert len(scores) == 60
    best = [sorted(v for one in s.rounds for v in one.values)[-5:] for s in (whole, pruned)]
    assert best[0] == best[1]


def test_an_interrupted_training_goes_on(library: Path, tmp_path: Path) -> None:
    whole = run(library, tmp_path / "a")
    run(library, tmp_path / "b", rounds=0)
    folder = tmp_path / "b" / "screens" / "round-001"
    made = tmp_path / "a" / "screens" / "round-001"
    folder.mkdir(parents=True)
    (folder / "forest.npz").write_bytes((made / "forest.npz").read_bytes())
    again = run(library, tmp_path / "b")
    assert [one.picks for one in again.rounds] == [one.picks for one in whole.rounds]
    for name in ("surrogate.json", "pruned.json", "bit_process.npz"):
        assert (folder / name).read_bytes() == (made / name).read_bytes()
    assert json.loads((folder / "surrogate.json").read_text())["labels"] == 20


def test_too_few_labels_are_named(library: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="6 compounds of 'length' are measured"):
        run(library, tmp_path, initial=6)


def test_equal_labels_are_learned_by_trees_alone(library: Path, tmp_path: Path) -> None:
    class Constant(FakeOracle):
        def measure(self, compounds: Any) -> pa.Table:
            table = super().measure(compounds)
            place = table.column_names.index("value")
            return table.set_column(place, table.field(place), pa.array([1.0] * len(table)))

    config = CampaignConfig(library=library, folder=tmp_path, initial=20, batch=6, rounds=1)
    oracle = Constant()
    with SerialExecutor() as executor:
        surrogate = QuickSurrogate(oracle.target, config=SMALL)
        found = run_campaign(config, oracle, surrogate, executor)
    assert found.rounds[1].surrogate["chosen"] == "forest"


@pytest.mark.parametrize(
    ("forest", "blend", "wanted"), [(0.6, 0.57, "blend"), (0.6, 0.5, "forest"), (0.6, 0.7, "blend")]
)
def test_a_blend_wins_unless_another_is_clearly_better(
    forest: float, blend: float, wanted: str
) -> None:
    skills = {
        name: Skill(spearman=score, recall=score, rmse=1.0, stretch=1.0)
        for name, score in (("forest", forest), ("blend", blend))
    }
    assert best_of(skills, 100) == wanted
