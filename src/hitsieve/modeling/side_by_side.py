"""The same model trained under several ways of dividing the same compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.errors import DatasetError
from hitsieve.modeling.evaluate import compare
from hitsieve.modeling.labels import exact
from hitsieve.modeling.parts import divide, learned_parts
from hitsieve.registry.card import SplitMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels
    from hitsieve.registry.card import Metric
    from hitsieve.scoring.protocol import Prediction

    Train = Callable[[Split], tuple[Prediction, Prediction]]

KINDS: Final = ("random", "scaffold", "cluster")


def compare_splits(
    config: TrainConfig, labels: Labels, morgan: np.ndarray, main: Iterable[Metric], train: Train
) -> tuple[tuple[SplitMetric, ...], tuple[str, ...]]:
    """Train and judge the model under each kind of split that it was not divided by already.

    Parameters
    ----------
    config
        What was asked; its own kind of split is not trained again.
    labels
        n compounds.
    morgan
        uint8 (n, 256): packed fingerprints.
    main
        Measures under the kind of split that was asked for.
    train
        Trains model and baseline on the training part of a split; predicts all n compounds, with
        probabilities calibrated.

    Returns
    -------
    splits
        For the card, by kind: random, scaffold, cluster, and the asked one if it is another.
    warnings
        Why a kind is missing.
    """
    recipe = config.load_recipe()
    found: list[SplitMetric] = []
    missing: list[str] = []
    for kind in dict.fromkeys((*KINDS, config.split.kind)):
        if kind == config.split.kind:
            found += [_named(kind, metric) for metric in main]
            continue
        chosen = config.split.model_copy(update={"kind": kind})
        try:
            divided = divide(labels, chosen, morgan, config.seed)
            split = learned_parts(labels, divided, recipe)
        except DatasetError as error:
            missing.append(f"No {kind} split to compare with: {error.message}.")
            continue
        found += [_named(kind, m) for m in _judge(labels, split, *train(split), config.seed)]
    return tuple(found), tuple(missing)


def _judge(
    labels: Labels, split: Split, network: Prediction, baseline: Prediction, seed: int
) -> list[Metric]:
    mean = network.mean.astype(np.float64)
    metrics: list[Metric] = []
    for column, facts in enumerate(labels.facts):
        rows = split.test[exact(labels.matrix, column)[split.test]]
        values = labels.matrix.y[rows, column].astype(np.float64)
        forest = baseline.mean[rows, column].astype(np.float64)
        metrics += compare(facts, values, mean[rows, column], forest, seed)
    return metrics


def _named(kind: str, metric: Metric) -> SplitMetric:
    return SplitMetric.model_validate({"split": kind, **metric.model_dump(exclude={"difference"})})
