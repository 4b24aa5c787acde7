"""Graph networks that each left out one fold: a small ensemble that can judge itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.registry.config import TargetConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.gnn import GnnScorer
    from hitsieve.training.config import TrainingConfig

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoldNetworks:
    """An ensemble for one regression target.

    Attributes
    ----------
    network
        Shape of all members.
    states
        Parameters of each member, by name.
    shift, scale
        Values are ``output * scale + shift``.
    """

    network: NetworkConfig
    states: tuple[Mapping[str, NDArray[Any]], ...]
    shift: float
    scale: float

    def member_values(self, batch: CompoundBatch) -> Floats:
        """Return every member's values of n compounds, float64 (members, n)."""
        values: Floats = self._scorer(self.states).member_values(batch)[:, :, 0].astype(float)
        return values

    def vectors(self, batch: CompoundBatch) -> NDArray[np.float32]:
        """Return the vectors that the first network hands to its head, float32 (n, hidden)."""
        from hitsieve.scoring.embed import embed

        return embed(self._scorer(self.states[:1]), batch.graphs)

    def _scorer(self, states: Sequence[Mapping[str, NDArray[Any]]]) -> GnnScorer:
        from hitsieve.networks.model import build_network
        from hitsieve.scoring.gnn import GnnScorer

        members = []
        for state in states:
            model = build_network(self.network, 1)
            model.load_state_dict(_tensors(state))
            members.append(model)
        target = TargetConfig(
            name="surrogate",
            endpoint="value",
            unit="1",
            direction="higher",
            task="regression",
            mean=self.shift,
            std=self.scale,
        )
        return GnnScorer(members, [target])


def fit_fold_networks(
    batch: CompoundBatch,
    y: Floats,
    folds: Sequence[NDArray[np.int64]],
    network: NetworkConfig,
    training: TrainingConfig,
    seed: int,
    former: FoldNetworks | None = None,
) -> FoldNetworks:
    """Fit one network without each fold.

    The fold that a network leaves out does not choose its epoch either: the weights of the last
    epoch are kept, so that what it says of the fold is honest.

    Parameters
    ----------
    batch
        n compounds.
    y
        float64 (n,): their values, not all the same.
    folds
        Places, each in one fold.
    network, training
        Settings; ``members``, ``keep`` and ``patience`` of the training do not matter here.
    seed
        Of everything random.
    former
        Members of an earlier fit with the same folds, whose weights these start from.
    """
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.loop import fit
    from hitsieve.training.scaling import target_scaling

    values = y.astype(np.float32)[:, None]
    data = TrainingSet(batch.graphs, values, np.zeros(values.shape, np.int8), ("regression",))
    settings = training.model_copy(update={"keep": "last", "patience": training.epochs})
    scaling = target_scaling(data, settings)
    begin = former if former is not None and len(former.states) == len(folds) else None
    states = []
    for number, fold in enumerate(folds):
        kept = np.setdiff1d(np.arange(len(y)), fold)
        found = fit(
            network,
            settings,
            data.take(kept),
            data.take(fold),
            child_seed(seed, "member", number),
            scaling=scaling,
            encoder=None if begin is None else _tensors(begin.states[number]),
        )
        states.append({name: tensor.numpy() for name, tensor in found.state.items()})
    shift, scale = float(scaling.mean[0]), float(scaling.std[0])
    return FoldNetworks(network, tuple(states), shift, scale)


def _tensors(state: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    import torch

    return {name: torch.from_numpy(values.copy()) for name, values in state.items()}
