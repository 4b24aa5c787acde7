"""DeepChem's networks on fingerprints as scorers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.assays.deepchem_adapter import (
    NetworkSettings,
    fit_network,
    load_network,
    network_values,
)
from hitsieve.chem.fingerprints import MORGAN_BITS, unpack_bits
from hitsieve.errors import DatasetError
from hitsieve.provenance import child_seed
from hitsieve.scoring.gnn import one_thread
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch

    Weights = dict[str, NDArray[np.float32]]


class DeepChemScorer:
    """DeepChem's ``MultitaskRegressor`` or ``MultitaskClassifier`` on Morgan fingerprints.

    Mean and spread are over members, each fitted from a seed of its own. DeepChem is imported at
    the first prediction; only weights travel to workers.

    Parameters
    ----------
    settings
        Shape of the networks; they read the 2048 bits of a batch's fingerprints.
    members
        Weights of each, by name.
    targets
        Names of the outputs.
    mean, std
        float32 (T,): values are ``output * std + mean``; 0 and 1 for classes.

    Raises
    ------
    ValueError
        If there is no member, or names and outputs differ in number.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        members: Sequence[Weights],
        targets: Sequence[str],
        mean: NDArray[np.float32],
        std: NDArray[np.float32],
    ) -> None:
        if not members:
            raise ValueError("an ensemble needs at least one member")
        if not len(targets) == len(mean) == len(std) == settings.targets:
            raise ValueError(f"{settings.targets} outputs do not fit the targets {list(targets)}")
        self.settings, self.members = settings, list(members)
        self.mean, self.std = mean, std
        self._names = tuple(targets)
        self._models: list[Any] = []

    @classmethod
    def fit(
        cls,
        morgan: NDArray[np.uint8],
        y: NDArray[np.floating[Any]],
        *,
        targets: Sequence[str],
        task: Literal["regression", "classification"],
        seed: int,
        members: int = 3,
        epochs: int = 30,
    ) -> DeepChemScorer:
        """Fit networks to fingerprints and labels.

        Parameters
        ----------
        morgan
            uint8 (n, 256): packed fingerprints.
        y
            (n, T) values, or classes 0 and 1; NaN where not measured.
        targets
            Names of the columns.
        task
            Kind of all of them: DeepChem has a network for each kind.
        seed
            Of everything random.
        members, epochs
            Networks, and passes over the data for each.

        Raises
        ------
        DatasetError
            If a target was never measured.
        """
        for column, name in enumerate(targets):
            if np.isnan(y[:, column]).all():
                raise DatasetError(f"target {name!r} was never measured", cure="leave it out")
        mean, std = np.zeros(len(targets), np.float32), np.ones(len(targets), np.float32)
        if task == "regression":
            mean = np.nanmean(y, axis=0).astype(np.float32)
            spread = np.nanstd(y, axis=0)
            std = np.where(spread > 0, spread, 1.0).astype(np.float32)
        settings = NetworkSettings(MORGAN_BITS, len(targets), task)
        x = unpack_bits(morgan).astype(np.float32)
        scaled = ((y - mean) / std).astype(np.float32)
        weights = [
            fit_network(settings, x, scaled, seed=child_seed(seed, "member", n), epochs=epochs)
            for n in range(members)
        ]
        return cls(settings, weights, targets, mean, std)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        shape = (len(self.members), len(batch), len(self._names))
        values = np.empty(shape, dtype=np.float32)
        if len(batch):
            x = unpack_bits(batch.morgan).astype(np.float32)
            if not self._models:
                self._models = [load_network(self.settings, weights) for weights in self.members]
            with one_thread():
                for number, model in enumerate(self._models):
                    raw = network_values(self.settings, model, x)
                    values[number] = raw * self.std + self.mean
        return Prediction(
            values.mean(axis=0, dtype=np.float64).astype(np.float32),
            values.std(axis=0, dtype=np.float64).astype(np.float32),
        )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_models": []}
