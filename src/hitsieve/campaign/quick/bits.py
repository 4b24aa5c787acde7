"""Surrogates that read packed library columns alone: a forest and a Gaussian process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.campaign.quick.said import Fit, Said
from hitsieve.errors import ChecksumError
from hitsieve.provenance import child_seed
from hitsieve.scoring.gaussian_process import GaussianProcess, fit_process
from hitsieve.scoring.shared_bits import SharedBits
from hitsieve.scoring.trees import Forest, check_nodes, fit_forest, join_forests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need
    from hitsieve.scoring.trees import ForestConfig

    Floats = NDArray[np.float64]
    Folds = Sequence[NDArray[np.int64]]

_BITS: Final = 2048
_BLOCK: Final = 1024
_SPREAD_FROM: Final = 1000
_FIELDS: Final = ("roots", "left", "right", "feature", "threshold", "value")


@dataclass(frozen=True, slots=True)
class BitForest:
    """A random forest on Morgan bits and the library's descriptors.

    Attributes
    ----------
    forest
        Its trees.
    """

    forest: Forest
    needs: ClassVar[Need] = "bits"

    def predict(self, compounds: Compounds) -> Said:
        """Return mean and spread over trees."""
        mean, std = np.empty(len(compounds)), np.empty(len(compounds))
        for start in range(0, len(compounds), _BLOCK):
            rows = slice(start, start + _BLOCK)
            values = self.forest.tree_values(_table(compounds, rows))
            mean[rows], std[rows] = values.mean(axis=1), values.std(axis=1)
        return Said(mean, std)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the trees."""
        return {name: getattr(self.forest, name) for name in _FIELDS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BitForest:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If they are no trees.
        """
        forest = Forest(**{name: arrays[name] for name in _FIELDS})
        check_nodes(forest, "surrogate", _BITS + 64)
        return cls(forest)


def fit_bit_forest(
    compounds: Compounds, y: Floats, folds: Folds, config: ForestConfig, seed: int
) -> Fit:
    """Grow a share of the trees without each fold; together they have seen all compounds.

    Parameters
    ----------
    compounds, y
        n compounds and their values, float64 (n,).
    folds
        Places, each in one fold.
    config
        Settings of the trees.
    seed
        Of everything random.
    """
    table = _table(compounds, slice(None)).astype(np.float32)
    share = -(-config.trees // len(folds))
    settings = config.model_copy(update={"trees": share})
    said = Said(np.empty(len(y)), np.empty(len(y)))
    grown = []
    for number, fold in enumerate(folds):
        kept = np.setdiff1d(np.arange(len(y)), fold)
        chosen = child_seed(seed, "bit forest", number)
        grown.append(fit_forest(table[kept], y[kept], "regression", chosen, settings))
        values = grown[-1].tree_values(table[fold])
        said.mean[fold], said.std[fold] = values.mean(axis=1), values.std(axis=1)
    return Fit(BitForest(join_forests(grown)), said)


def _table(compounds: Compounds, rows: slice) -> NDArray[np.float32]:
    bits = np.unpackbits(compounds.morgan[rows], axis=1).astype(np.float32)
    return np.concatenate([bits, compounds.properties[rows]], axis=1)


@dataclass(frozen=True)
class BitReference:
    """m compounds that others are compared with: Tanimoto of bits, a Gaussian of descriptors.

    Attributes
    ----------
    morgan
        uint8 (m, 256).
    scaled
        float32 (m, D): descriptors, centered and divided by their standard deviation.
    center, width
        float32 (D,): what they were scaled by.
    """

    morgan: NDArray[np.uint8]
    scaled: NDArray[np.float32]
    center: NDArray[np.float32]
    width: NDArray[np.float32]
    _counter: list[SharedBits] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, compounds: Compounds) -> BitReference:
        """Take compounds as the reference, and scale descriptors by them."""
        center = compounds.properties.mean(axis=0)
        width = np.maximum(compounds.properties.std(axis=0), np.float32(1e-6))
        scaled = np.clip((compounds.properties - center) / width, -5, 5)
        return cls(compounds.morgan, scaled.astype(np.float32), center, width)

    def __len__(self) -> int:
        return len(self.morgan)

    def at(self, rows: NDArray[np.int32]) -> BitReference:
        """Return some of them as a reference, scaled alike."""
        return BitReference(self.morgan[rows], self.scaled[rows], self.center, self.width)

    def components(
        self, morgan: NDArray[np.uint8], properties: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the two kernels of n compounds with the reference: float32 (2, n, m)."""
        scaled = np.clip((properties - self.center) / self.width, -5, 5)
        return self._kernels(morgan, scaled)

    def own(self) -> NDArray[np.float32]:
        """Return the kernels of the reference with itself: float32 (2, m, m)."""
        return self._kernels(self.morgan, self.scaled)

    def _kernels(
        self, morgan: NDArray[np.uint8], scaled: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        if not self._counter:
            self._counter.append(SharedBits(self.morgan))
        found = np.empty((2, len(morgan), len(self)), np.float32)
        shared = self._counter[0](morgan)
        on = np.bitwise_count(morgan).sum(axis=1, dtype=np.int64).astype(np.float32)
        either = on[:, None] + self._counter[0].totals - shared
        np.divide(shared, np.maximum(either, 1), out=found[0])
        # Of like compounds little is left of large numbers: in float32 it would depend on how many
        # compounds are asked for at a time, since products of other shapes are summed otherwise.
        here, there = scaled.astype(np.float64), self.scaled.astype(np.float64)
        distance = (-2 * here) @ there.T
        distance += (here**2).sum(axis=1)[:, None]
        distance += (there**2).sum(axis=1)
        np.maximum(distance, 0, out=distance)
        distance /= -2 * scaled.shape[1]
        np.exp(distance.astype(np.float32), out=found[1])
        return found


@dataclass(frozen=True)
class BitProcess:
    """A Gaussian process on packed columns.

    The mean comes from all its compounds, the spread from at most a thousand of them: it can
    only be too large, and costs a fraction.

    Attributes
    ----------
    reference
        The measured compounds.
    process
        Conditioned on all of them.
    spread
        The same process conditioned on the first of them.
    """

    reference: BitReference
    process: GaussianProcess
    spread: GaussianProcess
    needs: ClassVar[Need] = "bits"

    def predict(self, compounds: Compounds) -> Said:
        """Return the expected values and the spreads of new measurements."""
        mean, std = np.empty(len(compounds)), np.empty(len(compounds))
        near = self.reference.at(self.spread.rows)
        for start in range(0, len(compounds), _BLOCK):
            rows = slice(start, start + _BLOCK)
            found = self.reference.components(compounds.morgan[rows], compounds.properties[rows])
            mean[rows] = self._mean(found)
            std[rows] = self.spread.std(found[:, :, : len(self.spread.rows)], near)
        return Said(mean, std)

    def _mean(self, found: NDArray[np.float32]) -> Floats:
        # Two products of float32 instead of a weighted sum of kernels in float64: a third of
        # the time, and errors far below the noise of any measurement.
        process = self.process
        total = np.zeros(found.shape[1], np.float32)
        for weight, part in zip(process.weights, found, strict=True):
            total += part @ (weight * process.alpha).astype(np.float32)
        values: Floats = total.astype(np.float64) * process.scale + process.shift
        return values

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return reference, weights and coefficients."""
        process = self.process
        return {
            **{name: getattr(self.reference, name) for name in _REFERENCE},
            "weights": process.weights,
            "alpha": process.alpha,
            "scalars": np.array([process.noise, process.shift, process.scale]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BitProcess:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If they do not fit each other.
        """
        morgan, scaled, center, width = (arrays[name] for name in _REFERENCE)
        reference = BitReference(morgan, scaled, center, width)
        if not len(reference) == len(reference.scaled) == len(arrays["alpha"]):
            raise ChecksumError("bit process: its arrays do not fit each other")
        noise, shift, scale = (float(v) for v in arrays["scalars"])
        rows = np.arange(len(reference), dtype=np.int32)
        process = GaussianProcess(rows, arrays["weights"], noise, arrays["alpha"], shift, scale)
        return cls(reference, process, _fewer(process))


_REFERENCE: Final = ("morgan", "scaled", "center", "width")


def _fewer(process: GaussianProcess) -> GaussianProcess:
    few = process.rows[:_SPREAD_FROM]
    return GaussianProcess(
        few, process.weights, process.noise, process.alpha[: len(few)], process.shift, process.scale
    )


def fit_bit_process(compounds: Compounds, y: Floats, folds: Folds, most: int, seed: int) -> Fit:
    """Condition a process on measurements, at most ``most`` of them.

    Parameters
    ----------
    compounds, y
        n compounds and their values, float64 (n,), not all the same; the wanted end is high.
    folds
        Places, each in one fold.
    most
        Compounds it is conditioned on at most.
    seed
        Of the order of the compounds and of the sample.
    """
    rng = np.random.default_rng(child_seed(seed, "bit process"))
    # In random order, so that the first thousand are a fair sample of all.
    kept = rng.permutation(fewest(y, most, rng))
    place = np.full(len(y), -1)
    place[kept] = np.arange(len(kept))
    inside = [place[fold][place[fold] >= 0] for fold in folds]
    reference = BitReference.of(compounds.take(kept))
    rows = np.arange(len(kept), dtype=np.int32)
    parts = [fold for fold in inside if len(fold)]
    process, told = fit_process(reference.own(), rows, y[kept], parts, rng)
    model = BitProcess(reference, process, _fewer(process))
    said = Said(np.empty(len(y)), np.empty(len(y)))
    said.mean[kept], said.std[kept] = told.mean, told.std
    left = np.flatnonzero(place < 0)
    if len(left):
        rest = model.predict(compounds.take(left))
        said.mean[left], said.std[left] = rest.mean, rest.std
    return Fit(model, said)


def fewest(y: Floats, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most ``most`` places of ``y``: the best half, and a sample of the rest; sorted."""
    if len(y) <= most:
        return np.arange(len(y))
    order = np.argsort(-y, kind="stable")
    half = most // 2
    rest = rng.choice(order[half:], most - half, replace=False)
    return np.sort(np.concatenate([order[:half], rest]))
