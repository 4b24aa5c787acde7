"""The parts that a training works with: divided as asked, the frozen test set held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.modeling.frozen import hold_out, verified_frozen
from hitsieve.modeling.parts import divide, learned_parts
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    import numpy as np

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels


def division(config: TrainConfig, labels: Labels, morgan: np.ndarray) -> Split:
    """Divide the compounds as a training asks, and refuse parts that are too small.

    Parameters
    ----------
    config
        The training; compounds of its model's frozen test set go to the test part. If its recipe
        needs no validation part, that goes to the training part.
    labels
        n compounds.
    morgan
        uint8 (n, 256): packed fingerprints.

    Raises
    ------
    DatasetError
        If a part has too little to learn from or to judge by.
    ChecksumError
        If the model has a champion, and the frozen test set is missing or was changed.
    """
    split = hold_out(
        divide(labels, config.split, morgan, config.seed),
        labels.matrix.compound_ids,
        labels.matrix.smiles,
        verified_frozen(Registry(config.registry), config.name),
    )
    return learned_parts(labels, split, config.load_recipe())
