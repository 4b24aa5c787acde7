"""A blend from measurements to a bundle and back."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import ChecksumError, DatasetError
from hitsieve.modeling import train
from hitsieve.modeling.blend import (
    FittedModel,
    TrainingPart,
    blend,
    fit_fingerprint_members,
    fit_model,
)
from hitsieve.modeling.config import Recipe, TrainConfig, load_recipe
from hitsieve.modeling.labels import TargetFacts
from hitsieve.modeling.train import train_model
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.load import load_scorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.training.ensemble import rebuild

KINDS = ("network", "gaussian_process", "support_vectors", "extra_trees")
TINY = {
    "network": {"hidden": 8, "head_hidden": 8, "side_hidden": 8},
    "training": {"members": 5, "refit": 2, "epochs": 3, "warmup": 1},
    "blend": {"folds": 3, "trees": {"trees": 9}},
    "baseline": {"trees": 10},
}
SMILES = [f"{'C' * n}{tail}" for n in range(1, 13) for tail in ("O", "N", "c1ccccc1", "C(=O)O")]


def _part(smiles: list[str] = SMILES, *, inputs: bool = True) -> TrainingPart:
    batch = CompoundBatch.from_smiles(smiles)
    y = np.array([[len(s) / 3 + ("N" in s)] for s in smiles], dtype=np.float32)
    facts = (TargetFacts("size", "length", "", "higher", "regression"),)
    relation = np.zeros(y.shape, np.int8)
    return TrainingPart(batch, y, relation, facts, Inputs.of(batch) if inputs else None)


def _said_by_members(fitted: FittedModel, part: TrainingPart, recipe: Recipe) -> np.ndarray:
    networks = GnnScorer(rebuild(fitted.members, recipe.network), fitted.targets)
    return networks.member_values(part.batch, part.inputs)


def test_every_member_speaks_of_compounds_it_has_not_seen() -> None:
    part, recipe = _part(), load_recipe("default", TINY)
    fitted = fit_model(part, recipe, SerialExecutor(), 4, lambda *_: None)
    assert isinstance(fitted.scorer, BlendScorer)
    assert tuple(fitted.left_out) == KINDS
    assert fitted.scorer.stacks[0].weights.sum() == pytest.approx(1, abs=1e-6)
    assert all(np.isfinite(said.mean).all() for said in fitted.left_out.values())
    # what networks say, in the mean, of the compounds they left out
    values = _said_by_members(fitted, part, recipe).astype(np.float64)
    for member in fitted.plan:
        same = [other.number for other in fitted.plan if np.array_equal(other.stop, member.stop)]
        expected = values[same][:, member.stop].mean(axis=0).astype(np.float32)
        assert_array_equal(fitted.left_out["network"].mean[member.stop], expected)


def test_networks_leave_out_what_the_others_do() -> None:
    """Else each would know neighbors that the other lacks, and both seem to know more together."""
    part, recipe = _part(), load_recipe("default", TINY)
    fitted = fit_model(part, recipe, SerialExecutor(), 4, lambda *_: None)
    fold = np.full(len(SMILES), -1)
    for member in fitted.plan[: recipe.blend.folds]:
        fold[member.stop] = member.number
    # other labels are news to all trees but those that left their compounds out
    left = fold == fold[0]
    y = part.y + np.where(left, np.arange(len(fold)) % 3, 0)[:, None].astype(np.float32)
    others = fit_fingerprint_members(replace(part, y=y), recipe, 4)["extra_trees"]
    same = (others.left_out.mean == fitted.left_out["extra_trees"].mean)[:, 0]
    assert same[left].all()
    assert same[~left].mean() < 0.3


def test_networks_that_know_no_more_weigh_nothing_and_are_not_asked() -> None:
    part = _part()
    members = fit_fingerprint_members(part, load_recipe("default", TINY), 4)
    rng = np.random.default_rng(0)
    shape = part.y.shape
    config = NetworkConfig(hidden=8, head_hidden=8, side_hidden=8)
    target = TargetConfig(
        name="size", endpoint="length", unit="", direction="higher", task="regression"
    )
    ensemble = GnnScorer([build_network(config, 1)], [target])
    for scale, weighs in ((0.1, True), (30.0, False)):
        said = (part.y + scale * rng.normal(size=shape)).astype(np.float32)
        left_out = {kind: member.left_out for kind, member in members.items()}
        left_out = {"network": Prediction(said, np.zeros_like(said)), **left_out}
        found = blend(ensemble, members, left_out, part)
        assert bool(found.stacks[0].weights[0] > 0) is weighs
        assert found.stacks[0].weights.sum() == pytest.approx(1, abs=1e-6)
        without = blend(None, members, {k: left_out[k] for k in members}, part)
        if not weighs:
            scored = found.score(part.batch)
            with patch.object(GnnScorer, "score", side_effect=AssertionError):
                assert_array_equal(found.score(part.batch).mean, scored.mean)
            assert_array_equal(scored.mean, without.score(part.batch).mean)
            assert_array_equal(scored.std, without.score(part.batch).std)


def test_networks_that_learned_from_all_compounds_score() -> None:
    part, recipe = _part(), load_recipe("default", TINY)
    fitted = fit_model(part, recipe, SerialExecutor(), 4, lambda *_: None)
    without = recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"refit": 0})}
    )
    plain = fit_model(part, without, SerialExecutor(), 4, lambda *_: None)
    assert (len(fitted.networks), len(fitted.members)) == (2, 5)
    assert plain.networks == plain.members
    assert isinstance(fitted.scorer, BlendScorer)
    assert isinstance(plain.scorer, BlendScorer)
    # weights come from the members that left compounds out, whoever scores
    assert_array_equal(fitted.scorer.stacks[0].weights, plain.scorer.stacks[0].weights)
    scored = fitted.scorer.members["network"].score(part.batch).mean
    refitted = GnnScorer(rebuild(fitted.networks, recipe.network), fitted.targets)
    assert_array_equal(scored, refitted.score(part.batch).mean)
    assert not np.array_equal(scored, plain.scorer.members["network"].score(part.batch).mean)


def test_families_are_left_out_together() -> None:
    recipe = load_recipe("default", TINY)
    groups = np.arange(len(SMILES)) // 4
    kept = replace(_part(), groups=groups)
    fitted = fit_model(kept, recipe, SerialExecutor(), 4, lambda *_: None)
    assert isinstance(fitted.scorer, BlendScorer)
    values = _said_by_members(fitted, kept, recipe)
    for member in fitted.plan:
        same = [other.number for other in fitted.plan if np.array_equal(other.stop, member.stop)]
        expected = values[same][:, member.stop].astype(np.float64).mean(axis=0)
        said = fitted.left_out["network"].mean[member.stop]
        assert_array_equal(said, expected.astype(np.float32))
        assert not np.isin(groups[member.stop], groups[member.learn]).any()


def test_members_do_not_see_the_family_of_what_they_are_asked_for() -> None:
    recipe = load_recipe("default", TINY)
    alone = _part(SMILES * 2)
    twins = replace(alone, groups=np.arange(len(alone.y)) % len(SMILES))
    error = {}
    for name, part in (("alone", alone), ("twins", twins)):
        for kind, member in fit_fingerprint_members(part, recipe, 4).items():
            error[kind, name] = float(np.mean((member.left_out.mean - part.y) ** 2))
    for kind in KINDS[1:]:
        # two of three twins stand in another fold if each is dealt alone
        assert error[kind, "twins"] > 1.5 * error[kind, "alone"], kind


def test_bounds_do_not_weigh_members() -> None:
    part, recipe = _part(), load_recipe("default", TINY)
    relation = np.where(np.arange(len(SMILES)) % 2 == 0, 1, 0)[:, None].astype(np.int8)
    bounded = replace(part, relation=relation)
    members = fit_fingerprint_members(bounded, recipe, 4)
    noise = np.random.default_rng(1).normal(size=(len(members), *part.y.shape)).astype(np.float32)
    left_out = {
        kind: Prediction(part.y + scale * noise[place], np.zeros_like(part.y))
        for place, (kind, scale) in enumerate(zip(members, (1.0, 1.5, 2.0), strict=True))
    }

    def weights(moved: np.ndarray) -> list[float]:
        other = replace(bounded, y=np.where(moved, part.y + 9, part.y).astype(np.float32))
        return [float(w) for w in blend(None, members, left_out, other).stacks[0].weights]

    plain = weights(np.zeros(part.y.shape, bool))
    assert min(plain) > 0
    assert weights(relation != 0) == plain
    assert weights(relation == 0) != plain


def _half_bounded() -> tuple[TrainingPart, np.ndarray, CompoundBatch, np.ndarray]:
    """Log P of drugs, half of it as upper bounds three above the truth, and drugs to ask for."""
    with (Path(__file__).parents[1] / "data" / "drugs.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    batch = CompoundBatch.from_smiles([row["smiles"] for row in rows])
    truth = np.array([float(row["clogp"]) for row in rows], np.float32)
    order = np.random.default_rng(2).permutation(len(truth))
    train, test = np.sort(order[:96]), order[96:]
    relation = np.where(np.arange(96) % 2 == 0, -1, 0)[:, None].astype(np.int8)
    y = truth[train][:, None] + np.where(relation < 0, 3, 0).astype(np.float32)
    learned = batch.take(train)
    facts = (TargetFacts("logP", "clogp", "log units", "higher", "regression"),)
    part = TrainingPart(learned, y, relation, facts, Inputs.of(learned))
    return part, truth[train], batch.take(test), truth[test]


def test_bounds_far_above_the_truth_bias_neither_members_nor_blend() -> None:
    part, truth, asked, unseen = _half_bounded()
    recipe = load_recipe("default", TINY | {
        "network": {"hidden": 16, "head_hidden": 32, "side_hidden": 32},
        "training": {"members": 5, "refit": 2, "epochs": 25, "warmup": 1},
    })  # fmt: skip
    fitted = fit_model(part, recipe, SerialExecutor(), 4, lambda *_: None)
    assert isinstance(fitted.scorer, BlendScorer)
    assert (fitted.completed.bounds.tolist(), fitted.completed.used[0] < 5) == ([48], True)
    exact = part.relation[:, 0] == 0
    left_out = fitted.left_out | {"blend": fitted.scorer.left_out(fitted.left_out)}
    said = {kind: member.score(asked) for kind, member in fitted.scorer.members.items()}
    said["blend"] = fitted.scorer.score(asked)
    for kind in (*KINDS, "blend"):
        known = left_out[kind].mean[exact, 0]
        assert abs(np.mean(known - truth[exact])) < 0.35, kind
        assert abs(np.mean(said[kind].mean[:, 0] - unseen)) < 0.35, kind


def test_bounds_with_too_few_values_beside_them_are_refused_before_anything_is_fitted() -> None:
    part = _part()
    relation = np.ones(part.y.shape, np.int8)
    relation[:5] = 0
    done: list[int] = []
    with pytest.raises(DatasetError, match="43 bounds and 5 exact values"):
        fit_model(
            replace(part, relation=relation, inputs=None),
            load_recipe("fast", {"training": {"epochs": 2, "warmup": 1}}),
            SerialExecutor(),
            4,
            lambda number, _: done.append(number),
        )
    assert not done


def test_members_without_fingerprints_are_refused() -> None:
    with pytest.raises(ValueError, match="fingerprints"):
        fit_fingerprint_members(_part(inputs=False), load_recipe("default", TINY), 0)


@pytest.mark.parametrize(("kind", "leave_out", "families"), [
    ("scaffold", "as_divided", 6),
    ("random", "as_divided", None),
    ("random", "scaffold", 6),
    ("scaffold", "random", None),
])  # fmt: skip
def test_what_is_left_out_together_follows_split_and_recipe(
    settings: dict[str, Any],
    kind: str,
    leave_out: str,
    families: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look(part: TrainingPart, *_: object) -> None:
        raise _SeenError(None if part.groups is None else len(np.unique(part.groups)))

    monkeypatch.setattr(train, "fit_model", look)
    asked = {"recipe": "default", "split": {"kind": kind}, "overrides": {"leave_out": leave_out}}
    with pytest.raises(_SeenError) as seen:
        train_model(parse_config(TrainConfig, settings | asked), SerialExecutor())
    found = seen.value.args[0]
    assert (found is None) == (families is None)
    assert families is None or 2 <= found <= families


class _SeenError(Exception):
    """Carries what a training hands over."""


def test_a_blend_is_registered_and_gives_the_same_when_loaded(settings: dict[str, Any]) -> None:
    config = parse_config(TrainConfig, settings | {"recipe": "default", "overrides": TINY})
    folder = train_model(config, SerialExecutor()).entry.folder
    contents = read_bundle(folder).contents
    assert contents.config.blend == KINDS
    assert contents.config.reads_inputs
    scorer = load_scorer(folder)
    golden = contents.golden
    smiles = golden["smiles"].to_pylist()[::2]
    again = scorer.model.score(CompoundBatch.from_smiles(smiles))
    np.testing.assert_allclose(golden["mean"].to_numpy(), again.mean.reshape(-1), rtol=1e-5)
    assert (again.std[:, 0] > 0).all()
    path = folder / "blend.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ChecksumError, match=r"blend\.safetensors was changed"):
        load_scorer(folder)
