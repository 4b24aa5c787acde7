"""What models say of compounds that they have not learned from, and how those look to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.assays.splits import Split
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.chem.fingerprints import nearest_tanimoto
from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling import unseen
from hitsieve.modeling.blend import TrainingPart, fit_model
from hitsieve.modeling.config import TrainConfig, load_recipe
from hitsieve.modeling.labels import TargetFacts
from hitsieve.modeling.train import train_model
from hitsieve.modeling.unseen import Views, left_out_part, validation_part
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.embed import embed, networks_of
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.protocol import Prediction
from hitsieve.training.ensemble import rebuild

if TYPE_CHECKING:
    from hitsieve.modeling.blend import FittedModel
    from hitsieve.modeling.config import Recipe

TINY = {
    "network": {"hidden": 8, "head_hidden": 8, "side_hidden": 8},
    "training": {"members": 5, "refit": 1, "epochs": 3, "warmup": 1},
    "blend": {"folds": 3, "penalties": [1.0], "trees": {"trees": 9}},
    "baseline": {"trees": 10},
}
SMILES = [f"{'C' * n}{tail}" for n in range(1, 13) for tail in ("O", "N", "c1ccccc1", "C(=O)O")]
SPLIT = Split(np.arange(40), np.arange(0), np.arange(40, 48))


def _fit(recipe: Recipe, groups: np.ndarray | None = None) -> tuple[FittedModel, Views]:
    batch = CompoundBatch.from_smiles(SMILES)
    learned = batch.take(SPLIT.train)
    y = np.array([[len(s) / 3 + ("N" in s)] for s in SMILES], np.float32)[SPLIT.train]
    facts = (TargetFacts("size", "length", "", "higher", "regression"),)
    none = np.zeros(y.shape, np.int8)
    part = TrainingPart(learned, y, none, facts, Inputs.of(learned), groups)
    fitted = fit_model(part, recipe, SerialExecutor(), 4, lambda *_: None)
    vectors = embed(networks_of(fitted.scorer), batch.graphs)
    return fitted, Views(batch.morgan, batch.graphs, vectors)


def test_each_compound_is_seen_as_those_see_it_that_left_it_out() -> None:
    recipe = load_recipe("default", TINY)
    fitted, views = _fit(recipe)
    found = left_out_part(fitted, recipe.network, SPLIT, views)
    assert found.rows.tolist() == SPLIT.train.tolist()
    assert found.distance is not None
    assert np.isfinite(found.distance).all()
    member = fitted.plan[2]
    near, _ = nearest_tanimoto(views.morgan[member.stop], views.morgan[member.learn])
    np.testing.assert_array_equal(found.similarity[member.stop], near)
    assert (found.similarity < 1).any(), "a compound is not its own neighbor"
    # a network that has seen a compound finds it nearer than one that has not
    assert views.vectors is not None
    vectors = views.vectors[SPLIT.train]
    own = EmbeddingDomain.of(vectors, 0.05).distance(vectors)
    assert np.median(found.distance) > np.median(own)
    assert isinstance(fitted.scorer, BlendScorer)
    said = fitted.scorer.left_out(fitted.left_out)
    np.testing.assert_array_equal(found.prediction.mean, said.mean)
    assert (found.prediction.std > 0).all()


def test_compounds_that_nobody_left_out_do_not_calibrate() -> None:
    fewer = {"training": {**TINY["training"], "members": 3}, "blend": {**TINY["blend"], "folds": 5}}
    recipe = load_recipe("default", TINY | fewer)
    fitted, views = _fit(recipe)
    found = left_out_part(fitted, recipe.network, SPLIT, views)
    left_out = np.concatenate([member.stop for member in fitted.plan])
    assert found.rows.tolist() == sorted(left_out.tolist())
    assert len(found.rows) == 24


def test_families_too_large_to_leave_out_do_not_calibrate(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_recipe("default", TINY)
    groups = np.where(np.arange(40) < 24, 0, np.arange(40) // 2)
    fitted, views = _fit(recipe, groups)
    few = left_out_part(fitted, recipe.network, SPLIT, views)
    assert len(few.rows) == 40, "16 others are too few to calibrate on alone"
    assert few.how.endswith("24 of them of families too large to leave out whole")
    monkeypatch.setattr(unseen, "FEWEST", 10)
    found = left_out_part(fitted, recipe.network, SPLIT, views)
    assert found.rows.tolist() == list(range(24, 40))
    assert found.how.endswith("(24 of families too large for that do not calibrate)")
    assert isinstance(fitted.scorer, BlendScorer)
    said = fitted.scorer.left_out(fitted.left_out)
    np.testing.assert_array_equal(found.prediction.mean, said.mean[24:40])
    small, views = _fit(recipe, np.arange(40) // 2)
    whole = left_out_part(small, recipe.network, SPLIT, views)
    assert len(whole.rows) == 40
    assert whole.how.endswith(", with all of its family")


def test_networks_alone_have_no_word_on_left_out_compounds() -> None:
    recipe = load_recipe("fast", {"training": {"members": 2, "epochs": 2, "warmup": 1}})
    fitted, views = _fit(recipe)
    assert rebuild(fitted.members, recipe.network)
    with pytest.raises(TypeError, match="validation part"):
        left_out_part(fitted, recipe.network, SPLIT, views)


def test_the_validation_part_is_compared_with_the_training_part_alone() -> None:
    batch = CompoundBatch.from_smiles(SMILES)
    split = Split(np.arange(20), np.arange(20, 30), np.arange(30, 48))
    said = Prediction(np.arange(48.0, dtype=np.float32)[:, None], np.ones((48, 1), np.float32))
    found = validation_part(split, said, Views(batch.morgan, batch.graphs))
    assert found.prediction.mean[:, 0].tolist() == list(range(20, 30))
    near, _ = nearest_tanimoto(batch.morgan[20:30], batch.morgan[:20])
    assert found.similarity.tolist() == near.tolist()
    assert found.distance is None


@pytest.mark.parametrize("kind", ["random", "scaffold"])
def test_a_blend_learns_from_all_but_the_test_part_and_its_card_says_what_calibrated(
    settings: dict[str, Any], kind: str
) -> None:
    asked = settings | {"recipe": "default", "overrides": TINY, "split": {"kind": kind}}
    config = parse_config(TrainConfig, asked)
    made = train_model(config, SerialExecutor())
    contents = read_bundle(made.entry.folder).contents
    rows = contents.training.to_pylist()
    parts = {row["part"] for row in rows}
    learned = [row for row in rows if row["part"] == "train"]
    assert parts == {"train", "test"}
    measured = sum(row["values"][0] is not None for row in learned)
    assert contents.calibration["intervals"]["count"][0] == measured
    told = made.card.calibrated_on
    assert told.startswith(f"Fitted on {len(learned)} compounds of the training part")
    assert kind == "random" or "of families too large" in told
    assert told.endswith(f"Values that intervals rest on: potency {measured}.")
    assert told in (made.entry.folder / "card.md").read_text()
    again = train_model(config, SerialExecutor())
    assert again.digest == made.digest
    assert made.card.targets[0].valid == 0
    held = next(c for c in made.card.calibration if c.measure.startswith("share of true values"))
    assert held.found is not None
    # by scaffold this set has six families: the test part is one of them, unlike any other
    assert kind == "scaffold" or held.found > 0.75, (
        "0.9 of a tenth of 252 compounds, but for chance"
    )


def test_a_validation_part_calibrates_where_it_is_asked_for(settings: dict[str, Any]) -> None:
    changed = {**TINY, "calibrate": "validation"}
    asked = settings | {"recipe": "default", "overrides": changed}
    made = train_model(parse_config(TrainConfig, asked), SerialExecutor())
    rows = read_bundle(made.entry.folder).contents.training.to_pylist()
    valid = sum(row["part"] == "valid" for row in rows)
    assert valid > 10
    assert made.card.calibrated_on.startswith(
        f"Fitted on {valid} compounds of the validation part, held out for it."
    )
