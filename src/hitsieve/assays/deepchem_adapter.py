"""The one door to DeepChem: its splitters, datasets, metrics and networks over plain arrays.

Importing DeepChem prints what it could not load and warns about its own dependencies; both are
silenced here and nowhere else.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from hitsieve.errors import DatasetError, InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Arrays = dict[str, npt.NDArray[np.float32]]

METRICS = (
    "accuracy_score",
    "balanced_accuracy_score",
    "bedroc_score",
    "f1_score",
    "mae_score",
    "matthews_corrcoef",
    "mean_squared_error",
    "pearson_r2_score",
    "prc_auc_score",
    "r2_score",
    "rms_score",
    "roc_auc_score",
)
"""DeepChem's metrics that :func:`measure` knows."""
SPLITTERS = {
    "random": "RandomSplitter",
    "scaffold": "ScaffoldSplitter",
    "molecular_weight": "MolecularWeightSplitter",
    "max_min": "MaxMinSplitter",
    "butina": "ButinaSplitter",
    "fingerprint": "FingerprintSplitter",
}
"""DeepChem's splitters that ask for nothing but structures."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings, log records below errors, and prints."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stdout(StringIO()),
            redirect_stderr(StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


@contextmanager
def _numpy_state() -> Iterator[None]:
    """Give NumPy's global generator back as it was: DeepChem seeds and draws from it."""
    state = np.random.get_state()  # noqa: NPY002 - as DeepChem does
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002 - as above


def split(
    name: str, smiles: Sequence[str], fractions: Sequence[float], *, seed: int = 0
) -> tuple[npt.NDArray[np.int64], ...]:
    """Return train, valid and test indices of one of DeepChem's splitters, each increasing.

    Parameters
    ----------
    name
        A key of :data:`SPLITTERS`.
    smiles
        (n,) readable SMILES.
    fractions
        Shares of train, valid and test.
    seed
        Of those that draw.
    """
    with quiet(), _numpy_state():
        import deepchem.splits

        train, valid, test = (float(share) for share in fractions)
        data = to_dataset(smiles, np.zeros((len(smiles), 1)), np.zeros((len(smiles), 1)))
        parts = getattr(deepchem.splits, SPLITTERS[name])().split(
            data, frac_train=train, frac_valid=valid, frac_test=test, seed=seed % 2**30
        )
    return tuple(np.sort(np.asarray(part, dtype=np.int64)) for part in parts)


def to_dataset(smiles: Sequence[str], x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - DeepChem carries no types
    """Return a DeepChem ``NumpyDataset``.

    Parameters
    ----------
    smiles
        (n,) become its ids.
    x
        (n, ...) features.
    y
        (n, T) values; what is NaN gets weight 0.
    """
    with quiet():
        from deepchem.data import NumpyDataset

        known = ~np.isnan(y)
        return NumpyDataset(
            X=x,
            y=np.where(known, y, 0.0),
            w=known.astype(np.float64),
            ids=np.array(list(smiles), dtype=object),
        )


def from_dataset(dataset: Any) -> tuple[list[str], npt.NDArray[np.float64]]:  # noqa: ANN401 - as above
    """Return SMILES and values (n, T) of a DeepChem dataset; NaN where the weight is 0.

    Raises
    ------
    DatasetError
        If its ids are no texts.
    """
    ids = list(dataset.ids)
    if not all(isinstance(name, str) for name in ids):
        raise DatasetError(
            "the ids of the DeepChem dataset are no SMILES",
            cure="load it with the SMILES column as ids, as DeepChem's MoleculeNet loaders do",
        )
    y = np.asarray(dataset.y, dtype=np.float64).reshape(len(ids), -1)
    weight = np.asarray(dataset.w, dtype=np.float64).reshape(len(ids), -1)
    return ids, np.where(np.broadcast_to(weight, y.shape) > 0, y, np.nan)


def measure(
    name: str, truth: npt.NDArray[Any], said: npt.NDArray[Any], *, classification: bool
) -> list[float]:
    """Return a metric of DeepChem for each target, over its measured compounds.

    Parameters
    ----------
    name
        One of :data:`METRICS`.
    truth, said
        (n, T); NaN in ``truth`` where not measured. Probabilities of class 1 for classification.
    classification
        Kind of the targets.

    Raises
    ------
    InputError
        If the metric is unknown.
    """
    if name not in METRICS:
        raise InputError(
            f"DeepChem metric {name!r} is unknown{nearest(name, METRICS)}",
            cure=f"choose one of {', '.join(METRICS)}",
        )
    with quiet():
        import deepchem.metrics

        mode = "classification" if classification else "regression"
        metric = deepchem.metrics.Metric(getattr(deepchem.metrics, name), mode=mode)
        found = []
        for column in range(truth.shape[1]):
            known = ~np.isnan(truth[:, column])
            y, p = truth[known, column], said[known, column]
            if classification:
                y, p = y.astype(int), np.stack([1 - p, p], axis=1)
            found.append(float(metric.compute_metric(y, p, n_tasks=1, n_classes=2)))
        return found


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Shape of DeepChem's ``MultitaskRegressor`` or ``MultitaskClassifier``.

    Parameters
    ----------
    features, targets
        Width of its input and output.
    task
        Kind of all targets.
    layers
        Widths of the hidden layers.
    dropout
        Share dropped behind each while fitting.
    """

    features: int
    targets: int
    task: Literal["regression", "classification"]
    layers: tuple[int, ...] = (256,)
    dropout: float = 0.25

    def build(self, **settings: Any) -> Any:  # noqa: ANN401 - DeepChem carries no types
        """Return DeepChem's untrained model; call it inside :func:`quiet`."""
        import deepchem.models
        import torch

        kind = "MultitaskRegressor" if self.task == "regression" else "MultitaskClassifier"
        return getattr(deepchem.models, kind)(
            self.targets,
            self.features,
            layer_sizes=list(self.layers),
            dropouts=self.dropout,
            device=torch.device("cpu"),
            **settings,
        )


def fit_network(
    settings: NetworkSettings,
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
    *,
    seed: int,
    epochs: int = 30,
    rate: float = 1e-3,
) -> Arrays:
    """Fit DeepChem's network and return its weights; equal seeds give equal weights.

    Parameters
    ----------
    settings
        Its shape.
    x
        (n, features).
    y
        (n, targets): NaN where not measured; standardize values of a regression.
    seed
        Of weights, dropout and order.
    epochs, rate
        Passes over the data, and the learning rate.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with quiet(), _numpy_state(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002 - DeepChem shuffles with this generator
            model = settings.build(learning_rate=rate, batch_size=64)
            dataset = to_dataset([""] * len(x), x, y)
            model.fit(dataset, nb_epoch=epochs, checkpoint_interval=0)
    finally:
        torch.set_num_threads(threads)
    return {name: value.detach().numpy().copy() for name, value in model.model.state_dict().items()}


def load_network(settings: NetworkSettings, weights: Mapping[str, npt.NDArray[np.float32]]) -> Any:  # noqa: ANN401 - as above
    """Return DeepChem's model with given weights, for :func:`network_values`."""
    import torch

    with quiet():
        model = settings.build(batch_size=256)
    model.model.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    return model


def network_values(
    settings: NetworkSettings,
    model: Any,  # noqa: ANN401 - as above
    x: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Return predictions (n, targets): values, or probabilities of class 1."""
    with quiet():
        from deepchem.data import NumpyDataset

        # labels are not used, but DeepChem codes them, and fails where their shape is another
        unused = np.zeros((len(x), settings.targets))
        found = np.asarray(model.predict(NumpyDataset(X=x, y=unused)), dtype=np.float32)
    if settings.task == "classification":
        return found.reshape(len(x), settings.targets, 2)[..., 1]
    return found.reshape(len(x), settings.targets)
