"""Kernel models as scorers: Gaussian processes and support vector machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.errors import ChecksumError
from hitsieve.scoring.gaussian_process import GaussianProcess
from hitsieve.scoring.platt import Sigmoid
from hitsieve.scoring.prepared import in_blocks
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.related import Related
from hitsieve.scoring.support_vectors import SupportVectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.kernel import KernelReference
    from hitsieve.scoring.prepared import Prepared


_RELATED: Final = ("owners", "relation", "noises")


class GaussianProcessScorer:
    """A Gaussian process per target (regression on ±1 and a sigmoid for classification).

    The spread of a regression target is the process's own for a new measurement; that of a class
    tells near compounds from far ones (:meth:`GaussianProcess.class_spread`), and no probability.

    Parameters
    ----------
    reference
        The training compounds of all targets.
    processes
        One per target.
    sigmoids
        One per target; None for regression.
    targets
        Their names.
    """

    kind: ClassVar = "gaussian_process"

    def __init__(
        self,
        reference: KernelReference,
        processes: Sequence[GaussianProcess],
        sigmoids: Sequence[Sigmoid | None],
        targets: Sequence[str],
    ) -> None:
        self.reference = reference
        self.processes, self.sigmoids = list(processes), list(sigmoids)
        self._names = tuple(targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        return in_blocks(batch, self.score_prepared, len(self._names))

    def score_prepared(self, block: Prepared) -> Prediction:
        """Predict all targets of a block."""
        mean = np.empty((len(block.inputs), len(self._names)), np.float32)
        std = np.empty_like(mean)
        pairs = zip(self.processes, self.sigmoids, strict=True)
        for column, (process, sigmoid) in enumerate(pairs):
            seen = self.reference.seen_by(column)
            components = block.components(seen)
            value = process.mean(components)
            spread = process.std if sigmoid is None else process.class_spread
            std[:, column] = spread(components, seen)
            mean[:, column] = value if sigmoid is None else sigmoid(value)
        return Prediction(mean, std)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of all targets, without the reference, ready for safetensors."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, process in enumerate(self.processes):
            arrays[f"{number}.rows"] = process.rows
            arrays[f"{number}.weights"] = process.weights
            arrays[f"{number}.alpha"] = process.alpha
            facts = [process.noise, process.shift, process.scale]
            arrays[f"{number}.scalars"] = np.array(facts + _numbers(self.sigmoids[number]))
            if process.related is not None:
                for name in _RELATED:
                    arrays[f"{number}.{name}"] = getattr(process.related, name)
        return arrays

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], reference: KernelReference, targets: Sequence[str]
    ) -> GaussianProcessScorer:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If an array is missing, or names a compound that is not in the reference.
        """
        processes, sigmoids = [], []
        for number, target in enumerate(targets):
            names = ("rows", "weights", "alpha", "scalars")
            rows, weights, alpha, scalars = _fields(arrays, number, names, target)
            _check_rows(rows, alpha, reference, target)
            noise, shift, scale = (float(v) for v in scalars[:3])
            related = _related(arrays, number, target, len(rows))
            processes.append(GaussianProcess(rows, weights, noise, alpha, shift, scale, related))
            sigmoids.append(_sigmoid(scalars[3:]))
        return cls(reference, processes, sigmoids, targets)


class SupportVectorScorer:
    """A support vector machine per target; it has no spread of its own, which is 0.

    Parameters
    ----------
    reference
        The training compounds of all targets.
    machines
        One per target.
    sigmoids
        One per target; None for regression.
    targets
        Their names.
    """

    kind: ClassVar = "support_vectors"

    def __init__(
        self,
        reference: KernelReference,
        machines: Sequence[SupportVectors],
        sigmoids: Sequence[Sigmoid | None],
        targets: Sequence[str],
    ) -> None:
        self.reference = reference
        self.machines, self.sigmoids = list(machines), list(sigmoids)
        self._names = tuple(targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        return in_blocks(batch, self.score_prepared, len(self._names))

    def score_prepared(self, block: Prepared) -> Prediction:
        """Predict all targets of a block."""
        mean = np.empty((len(block.inputs), len(self._names)), np.float32)
        pairs = zip(self.machines, self.sigmoids, strict=True)
        for column, (machine, sigmoid) in enumerate(pairs):
            value = machine.mean(block.components(self.reference.seen_by(column)))
            mean[:, column] = value if sigmoid is None else sigmoid(value)
        return Prediction(mean, np.zeros_like(mean))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of all targets, without the reference, ready for safetensors."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, machine in enumerate(self.machines):
            arrays[f"{number}.rows"] = machine.rows
            arrays[f"{number}.weights"] = machine.weights
            arrays[f"{number}.coefficients"] = machine.coefficients
            numbers = _numbers(self.sigmoids[number])
            arrays[f"{number}.scalars"] = np.array([machine.intercept, *numbers])
        return arrays

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], reference: KernelReference, targets: Sequence[str]
    ) -> SupportVectorScorer:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If an array is missing, or names a compound that is not in the reference.
        """
        machines, sigmoids = [], []
        for number, target in enumerate(targets):
            names = ("rows", "weights", "coefficients", "scalars")
            rows, weights, coefficients, scalars = _fields(arrays, number, names, target)
            _check_rows(rows, coefficients, reference, target)
            machines.append(SupportVectors(rows, weights, coefficients, float(scalars[0])))
            sigmoids.append(_sigmoid(scalars[1:]))
        return cls(reference, machines, sigmoids, targets)


def _related(
    arrays: dict[str, NDArray[Any]], number: int, target: str, count: int
) -> Related | None:
    """Return what a process borrows, if anything, once it has been checked."""
    if f"{number}.owners" not in arrays:
        return None
    related = Related(*_fields(arrays, number, _RELATED, target))
    known = len(related.noises)
    sound = related.relation.shape == (known, known) and len(related.owners) == count
    if not sound or (count and not 0 <= related.owners.min() <= related.owners.max() < known):
        raise ChecksumError(
            f"kernel model of target {target!r}: what it borrows does not fit its compounds"
        )
    return related


def _numbers(sigmoid: Sigmoid | None) -> list[float]:
    return [] if sigmoid is None else [sigmoid.slope, sigmoid.intercept]


def _sigmoid(numbers: NDArray[np.float64]) -> Sigmoid | None:
    return Sigmoid(*(float(v) for v in numbers)) if len(numbers) else None


def _fields(
    arrays: dict[str, NDArray[Any]], number: int, names: Sequence[str], target: str
) -> list[NDArray[Any]]:
    missing = [name for name in names if f"{number}.{name}" not in arrays]
    if missing:
        raise ChecksumError(f"kernel model of target {target!r}: arrays {missing} are missing")
    return [arrays[f"{number}.{name}"] for name in names]


def _check_rows(
    rows: NDArray[Any], values: NDArray[Any], reference: KernelReference, target: str
) -> None:
    inside = not len(rows) or (rows.min() >= 0 and rows.max() < len(reference))
    if not inside or len(rows) != len(values):
        raise ChecksumError(
            f"kernel model of target {target!r}: its rows lead out of its compounds"
        )
