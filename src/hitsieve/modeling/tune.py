"""Searching a recipe's settings within a time budget, judged on a part of the training part."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.config import dump_config, parse_config
from hitsieve.engine.search import Choice, LogRange, require_ray, search
from hitsieve.modeling.blend import needs_inputs
from hitsieve.modeling.config import Recipe
from hitsieve.modeling.division import division
from hitsieve.modeling.labels import load_labels
from hitsieve.modeling.parts import divide
from hitsieve.modeling.run_folder import new_folder
from hitsieve.modeling.start import pretrained
from hitsieve.provenance import child_seed
from hitsieve.registry.encoders import SHAPE
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.inputs import Inputs
from hitsieve.store.files import write_atomic, write_json_atomic
from hitsieve.training.data import TrainingSet
from hitsieve.training.loop import fit
from hitsieve.training.scaling import target_scaling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from hitsieve.assays.splits import Split
    from hitsieve.engine.executor import Executor
    from hitsieve.engine.search import Tried
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels
    from hitsieve.training.fitted import Epoch

SPACE: Final[dict[str, Choice | LogRange]] = {
    "network.hidden": Choice((32, 64, 96, 128, 256, 300)),
    "network.depth": Choice((2, 3, 4, 5)),
    "network.dropout": Choice((0.0, 0.1, 0.2, 0.3)),
    "network.readout": Choice(("mean", "sum", "norm")),
    "network.head_hidden": Choice((64, 96, 128, 256, 300)),
    "network.head_layers": Choice((1, 2)),
    "training.batch_size": Choice((16, 32, 64)),
    "training.most_steps": Choice((25, 50, 100, None)),
    "training.learning_rate": LogRange(3e-4, 5e-3),
    "training.weight_decay": LogRange(1e-6, 1e-1),
}
"""What is searched. Everything else, the encoder and the losses above all, stays the recipe's:
losses of different kinds cannot be compared."""

_SHARES: Final = (0.8, 0.1, 0.1)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    recipe
        YAML file of the recipe with the best settings.
    tried
        All trials, best first.
    changed
        Settings in which the best differs from the recipe that was given.
    """

    recipe: Path
    tried: list[Tried]
    changed: dict[str, Any]


def tune_recipe(config: TrainConfig, seconds: float, executor: Executor) -> Tuned:
    """Search the settings of a recipe's networks for a data set.

    The training part is divided once more, in the way that the whole set is (by time, the newest of
    it are judged on; a split that the data came with is followed by a random one that keeps twins
    together); networks learn from one side and are judged on the other. Neither the validation nor
    the test part is looked at, so intervals and measures of the model that is trained afterwards
    mean what they say.

    Parameters
    ----------
    config
        The training that the recipe is for.
    seconds
        Time for the search; reading and dividing the data come on top.
    executor
        On Ray.

    Raises
    ------
    UsageError
        If the executor is not on Ray.
    DatasetError
        If there is nothing to learn or to judge by.
    IncompleteError
        If no settings could be judged in that time.
    """
    require_ray(executor)
    recipe = config.load_recipe()
    learn, judge = _parts(config, recipe, executor)
    scaling = target_scaling(learn, recipe.training)
    trial = functools.partial(_trial, recipe, learn, judge, scaling, config.seed)
    space = space_of(recipe)
    tried = search(
        executor,
        trial,
        space,
        seconds=seconds,
        steps=recipe.training.epochs,
        start=_values(recipe, space),
        seed=child_seed(config.seed, "search") % 2**32,
        # as a training keeps them: an epoch that is not kept promises nothing
        last_counts=recipe.training.keep == "last",
    )
    best = _with(recipe, tried[0].settings)
    folder = new_folder(config, "tune")
    write_atomic(folder / "recipe.yaml", dump_config(best).encode())
    write_json_atomic(
        folder / "trials.json",
        {
            "space": {name: asdict(values) for name, values in space.items()},
            "compounds": {"learned_from": len(learn), "judged_on": len(judge)},
            "trials": [asdict(one) for one in tried],
        },
    )
    before, after = _values(recipe, space), _values(best, space)
    changed = {name: value for name, value in after.items() if value != before[name]}
    return Tuned(folder / "recipe.yaml", tried, changed)


def _parts(
    config: TrainConfig, recipe: Recipe, executor: Executor
) -> tuple[TrainingSet, TrainingSet]:
    labels = load_labels(
        config.data,
        config.policy,
        folder=config.data_folder,
        curation=config.curation_for(recipe),
        executor=executor,
    )
    batch = CompoundBatch.from_smiles(labels.matrix.smiles, labels.matrix.compound_ids)
    train = division(config, labels, batch.morgan).train
    part = batch.take(train)
    split = _divide_again(config, labels, train, part.morgan)
    reads = needs_inputs(recipe) and recipe.network.side_hidden > 0
    data = TrainingSet(
        part.graphs,
        labels.matrix.y[train],
        labels.matrix.relation[train],
        tuple(facts.task for facts in labels.facts),
        Inputs.of(part).side() if reads else None,
    )
    return data.take(split.train), data.take(np.concatenate([split.valid, split.test]))


def _divide_again(
    config: TrainConfig, labels: Labels, train: np.ndarray, morgan: np.ndarray
) -> Split:
    """Divide the training part as the whole set is divided.

    By time, the newest of it are judged on. A split that the data came with says nothing of its
    training part, so that is divided at random, and twins are kept together whatever the set does.
    """
    inner = replace(labels, matrix=labels.matrix.take(train))
    changes: dict[str, Any] = {"fractions": _SHARES}
    if config.split.kind == "column":
        changes |= {"kind": "random", "twins": "together"}
    return divide(
        inner,
        config.split.model_copy(update=changes),
        morgan,
        child_seed(config.seed, "search", "split"),
    )


def _trial(
    recipe: Recipe,
    learn: TrainingSet,
    judge: TrainingSet,
    scaling: Any,  # noqa: ANN401 - a Scaling; spelled out where it is made
    seed: int,
    settings: Mapping[str, Any],
    report: Callable[[float], None],
) -> None:
    chosen = _with(recipe, settings)

    def tell(epoch: Epoch) -> None:
        report(epoch.stopping_loss)

    encoder = pretrained(chosen)
    fit(
        chosen.network,
        chosen.training,
        learn,
        judge,
        seed,
        scaling=scaling,
        encoder=None if encoder is None else encoder.state,
        progress=tell,
    )


def space_of(recipe: Recipe) -> dict[str, Choice | LogRange]:
    """Return what is searched for a recipe: a pretrained encoder keeps its shape."""
    fixed = {f"network.{name}" for name in SHAPE} if recipe.encoder else set()
    return {name: values for name, values in SPACE.items() if name not in fixed}


def _values(recipe: Recipe, names: Iterable[str]) -> dict[str, Any]:
    """Return what a recipe has for the settings that are searched."""
    written = recipe.model_dump(mode="json")
    return {name: written[name.split(".")[0]][name.split(".")[1]] for name in names}


def _with(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    written = recipe.model_dump(mode="json")
    for name, value in settings.items():
        section, key = name.split(".")
        written[section][key] = value
    return parse_config(Recipe, written, where="settings of a trial")
