"""The surrogate that reads graphs: a small ensemble of networks, one for each fold left out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hitsieve.campaign.quick.said import Fit, Said
from hitsieve.errors import ChecksumError, DatasetError
from hitsieve.networks.config import NetworkConfig
from hitsieve.scoring.fold_networks import FoldNetworks, fit_fold_networks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.training.config import TrainingConfig

    Floats = NDArray[np.float64]
    Folds = Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class GraphEnsemble:
    """Graph networks as a surrogate; the spread is between them.

    Attributes
    ----------
    networks
        One for each fold it left out.
    """

    networks: FoldNetworks
    needs: ClassVar[Need] = "graphs"

    def predict(self, compounds: Compounds) -> Said:
        """Return mean and spread over members."""
        if not len(compounds):
            return Said(np.empty(0), np.empty(0))
        values = self.networks.member_values(_batch(compounds))
        return Said(values.mean(axis=0), values.std(axis=0))

    def vectors(self, compounds: Compounds) -> NDArray[np.float32]:
        """Return what the first network hands to its head, float32 (n, hidden)."""
        return self.networks.vectors(_batch(compounds))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return shape, scale and all parameters."""
        shape = self.networks.network.model_dump_json().encode()
        arrays: dict[str, NDArray[Any]] = {
            "network": np.frombuffer(shape, np.uint8),
            "scalars": np.array([self.networks.shift, self.networks.scale]),
        }
        for number, state in enumerate(self.networks.states):
            arrays |= {f"{number}/{name}": values for name, values in state.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GraphEnsemble:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If there is no member.
        """
        states: dict[int, dict[str, NDArray[Any]]] = {}
        for name, values in arrays.items():
            number, found, parameter = name.partition("/")
            if found:
                states.setdefault(int(number), {})[parameter] = values
        if not states:
            raise ChecksumError("graph networks: no member")
        network = NetworkConfig.model_validate(json.loads(arrays["network"].tobytes()))
        shift, scale = (float(v) for v in arrays["scalars"])
        members = tuple(states[number] for number in sorted(states))
        return cls(FoldNetworks(network, members, shift, scale))


def fit_graph_ensemble(
    compounds: Compounds,
    y: Floats,
    folds: Folds,
    network: NetworkConfig,
    training: TrainingConfig,
    seed: int,
    former: GraphEnsemble | None = None,
) -> Fit:
    """Fit a graph network without each fold.

    Parameters
    ----------
    compounds, y
        n compounds with graphs, and their values, float64 (n,), not all the same.
    folds
        Places, each in one fold.
    network, training
        Of each member.
    seed
        Of everything random.
    former
        Members of the round before, one a fold, to go on from for half the epochs.
    """
    batch = _batch(compounds)
    before = None if former is None else former.networks
    if before is not None and len(before.states) == len(folds):
        fewer = max(training.warmup + 1, training.epochs // 2)
        training = training.model_copy(update={"epochs": fewer})
    fitted = fit_fold_networks(batch, y, folds, network, training, seed, before)
    values = fitted.member_values(batch)
    mean = np.empty(len(y))
    for number, fold in enumerate(folds):
        mean[fold] = values[number, fold]
    return Fit(GraphEnsemble(fitted), Said(mean, values.std(axis=0)))


def _batch(compounds: Compounds) -> CompoundBatch:
    if compounds.batch is None:
        raise DatasetError("compounds without graphs", cure="read them as needed")
    return compounds.batch
