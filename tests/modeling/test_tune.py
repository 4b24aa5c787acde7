"""What is searched, on which compounds, and what comes of it; the search itself is replaced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.engine.search import Tried
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import UsageError
from hitsieve.modeling import tune
from hitsieve.modeling.config import CardData, SplitConfig, load_recipe
from hitsieve.modeling.division import division
from hitsieve.modeling.labels import load_labels
from hitsieve.modeling.train import train_model
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.testing.cards import write_card
from hitsieve.training.fitted import Epoch

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.modeling.config import TrainConfig

TRIED = [
    {"network.hidden": 8, "training.learning_rate": 5e-3},
    {"network.hidden": 64, "training.learning_rate": 5e-3},
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Search in this process: two settings, as far as they go."""
    heard: dict[str, Any] = {}

    def search(_executor: Any, trial: Any, space: Any, **how: Any) -> list[Tried]:
        heard.update(how, space=space, losses=[])
        found = []
        for settings in TRIED:
            losses: list[float] = []
            trial(settings, losses.append)
            heard["losses"].append(losses)
            found.append(Tried(how["start"] | settings, min(losses), len(losses)))
        return sorted(found, key=lambda one: one.loss)

    monkeypatch.setattr(tune, "require_ray", lambda _: None)
    monkeypatch.setattr(tune, "search", search)
    return heard


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Values that networks learn from and are judged by, in turn; nothing is fitted."""
    values: list[np.ndarray] = []

    def watched(
        _n: Any, _c: Any, learn: Any, judge: Any, *_: Any, progress: Any, **__: Any
    ) -> None:
        values.extend([learn.y, judge.y])
        progress(Epoch(1, 1.0, 1.0, 1.0))

    monkeypatch.setattr(tune, "fit", watched)
    return values


def test_the_best_settings_become_a_recipe(config: TrainConfig, asked: dict[str, Any]) -> None:
    tuned = tune.tune_recipe(config, 90, SerialExecutor())
    assert asked["seconds"] == 90
    assert asked["steps"] == 4
    assert asked["start"]["network.hidden"] == 16, "the recipe as given is tried first"
    assert all(len(losses) == 4 for losses in asked["losses"])
    best = load_recipe(str(tuned.recipe))
    assert best.network.hidden == tuned.tried[0].settings["network.hidden"]
    assert tuned.changed == {"network.hidden": best.network.hidden}
    assert best.baseline == config.load_recipe().baseline, "the rest is the recipe's"
    told = json.loads((tuned.recipe.parent / "trials.json").read_text())
    assert set(told["space"]) == set(tune.SPACE)
    assert [one["loss"] for one in told["trials"]] == [one.loss for one in tuned.tried]
    again = config.model_copy(update={"recipe": str(tuned.recipe), "overrides": {}})
    assert train_model(again, SerialExecutor()).entry.version == 1


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("kind", ["random", "scaffold", "cluster"])
def test_only_the_training_part_is_looked_at(
    kind: str, config: TrainConfig, seen: list[np.ndarray]
) -> None:
    fractions = (0.6, 0.2, 0.2)
    split = config.split.model_copy(update={"kind": kind, "fractions": fractions})
    config = config.model_copy(update={"split": split})
    labels = load_labels(config.data, config.policy, folder=config.data_folder)
    batch = CompoundBatch.from_smiles(labels.matrix.smiles, labels.matrix.compound_ids)
    train = division(config, labels, batch.morgan).train
    tune.tune_recipe(config, 1, SerialExecutor())
    learn, judge = seen[:2]
    assert min(len(learn), len(judge)) > 0
    found = np.concatenate([learn, judge])
    expected = labels.matrix.y[train]
    order = [np.lexsort(np.nan_to_num(y, nan=-1).T) for y in (found, expected)]
    np.testing.assert_array_equal(found[order[0]], expected[order[1]])


SMILES = [
    tail + link + ring
    for ring in ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
    for link in ("C", "CC", "C(=O)N", "OC", "CN", "S(=O)(=O)N", "CCO")
    for tail in ("F", "Cl", "Br", "O=C", "N#C")
]


def _numbered(folder: Path, smiles: list[str], extra: list[str], **card: Any) -> Path:
    """Write a set in which each compound is known by its value; ``extra`` is a column ``x``."""
    rows = [
        f"{text},{number},{more}"
        for number, (text, more) in enumerate(zip(smiles, extra, strict=True))
    ]
    column = {"endpoint": "y", "unit": "units", "direction": "higher", "task": "regression"}
    return write_card(folder, "numbered", ["smiles,y,x", *rows], {"y": column}, **card)


def _learned_and_judged(
    config: TrainConfig, card: Path, seen: list[np.ndarray], **split: Any
) -> tuple[set[int], set[int]]:
    changes = {"data": (CardData(card=str(card)),), "split": SplitConfig.model_validate(split)}
    tune.tune_recipe(config.model_copy(update=changes), 1, SerialExecutor())
    learned, judged = ({int(value) for value in y[:, 0]} for y in seen[:2])
    return learned, judged


@pytest.mark.usefixtures("asked")
def test_a_split_by_time_judges_on_the_newest_of_the_training_part(
    tmp_path: Path, config: TrainConfig, seen: list[np.ndarray]
) -> None:
    years = [str(1700 + number) for number in range(len(SMILES))]
    card = _numbered(tmp_path, SMILES, years, time_column="x")
    learned, judged = _learned_and_judged(config, card, seen, kind="time")
    last = round(0.8 * len(SMILES))
    assert learned | judged == set(range(last)), "the training part alone"
    assert max(learned) < min(judged)
    assert len(judged) == pytest.approx(0.2 * last, abs=1)


@pytest.mark.usefixtures("asked")
def test_a_given_split_is_followed_by_a_random_one_that_keeps_twins(
    tmp_path: Path, config: TrainConfig, seen: list[np.ndarray]
) -> None:
    pairs = [text + hand for text in SMILES[:100] for hand in ("[C@H](C)O", "[C@@H](C)O")]
    parts = ["test" if number >= 160 else "train" for number in range(len(pairs))]
    card = _numbered(tmp_path, pairs, parts, split_column="x")
    learned, judged = _learned_and_judged(config, card, seen, kind="column", twins="apart")
    assert max(learned | judged) < 160
    assert not {number // 2 for number in learned} & {number // 2 for number in judged}
    assert judged != set(range(min(judged), max(judged) + 1)), "at random"


def test_every_searched_setting_is_one_of_a_recipe(config: TrainConfig) -> None:
    recipe = config.load_recipe()
    start = tune._values(recipe, tune.SPACE)
    assert tune._with(recipe, start) == recipe
    for name, values in tune.SPACE.items():
        for value in getattr(values, "values", None) or (values.low, values.high):
            changed = tune._with(recipe, {name: value})
            assert tune._values(changed, tune.SPACE)[name] == value


def test_it_needs_ray(config: TrainConfig) -> None:
    with pytest.raises(UsageError, match="serial executor"):
        tune.tune_recipe(config, 60, SerialExecutor())


def test_a_pretrained_encoder_keeps_its_shape(config: TrainConfig) -> None:
    recipe = config.load_recipe()
    assert tune.space_of(recipe) == tune.SPACE
    left = tune.space_of(recipe.model_copy(update={"encoder": "some"}))
    assert "network.hidden" not in left
    assert "training.learning_rate" in left
