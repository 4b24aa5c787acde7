"""Surrogates that are small ensembles of networks, one for each fold that it left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.campaign.quick.said import Fit, Said
from hitsieve.errors import ChecksumError
from hitsieve.provenance import child_seed
from hitsieve.scoring.perceptron import Perceptron, fit_perceptron

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need
    from hitsieve.scoring.perceptron import PerceptronConfig

    Floats = NDArray[np.float64]
    Folds = Sequence[NDArray[np.int64]]

_BLOCK: Final = 4096


@dataclass(frozen=True, slots=True)
class PerceptronEnsemble:
    """Perceptrons on Morgan bits and the library's descriptors; the spread is between them.

    Attributes
    ----------
    members
        One for each fold it left out.
    center, width
        float32 (D,): what descriptors are scaled by.
    """

    members: tuple[Perceptron, ...]
    center: NDArray[np.float32]
    width: NDArray[np.float32]
    needs: ClassVar[Need] = "bits"

    def predict(self, compounds: Compounds) -> Said:
        """Return mean and spread over members."""
        mean, std = np.empty(len(compounds)), np.empty(len(compounds))
        for start in range(0, len(compounds), _BLOCK):
            rows = slice(start, start + _BLOCK)
            table = bit_table(
                compounds.morgan[rows], compounds.properties[rows], self.center, self.width
            )
            values = np.stack([member(table) for member in self.members])
            mean[rows], std[rows] = values.mean(axis=0), values.std(axis=0)
        return Said(mean, std)

    def vectors(self, compounds: Compounds) -> NDArray[np.float32]:
        """Return the last hidden layers of all members side by side, float32 (n, p)."""
        table = bit_table(compounds.morgan, compounds.properties, self.center, self.width)
        return np.concatenate([member.hidden(table) for member in self.members], axis=1)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return scale, and layers of all members."""
        arrays: dict[str, NDArray[Any]] = {"center": self.center, "width": self.width}
        for number, member in enumerate(self.members):
            arrays[f"{number}.scalars"] = np.array([member.shift, member.scale])
            for layer, (weight, bias) in enumerate(zip(member.weights, member.biases, strict=True)):
                arrays[f"{number}.{layer}.weight"] = weight
                arrays[f"{number}.{layer}.bias"] = bias
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PerceptronEnsemble:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If there is no member.
        """
        members: list[Perceptron] = []
        while f"{len(members)}.scalars" in arrays:
            own = f"{len(members)}."
            layers = sum(name.startswith(own) and name.endswith(".bias") for name in arrays)
            shift, scale = (float(v) for v in arrays[f"{own}scalars"])
            members.append(
                Perceptron(
                    tuple(arrays[f"{own}{layer}.weight"] for layer in range(layers)),
                    tuple(arrays[f"{own}{layer}.bias"] for layer in range(layers)),
                    shift,
                    scale,
                )
            )
        if not members:
            raise ChecksumError("perceptrons: no member")
        return cls(tuple(members), arrays["center"], arrays["width"])


def fit_perceptrons(
    compounds: Compounds,
    y: Floats,
    folds: Folds,
    config: PerceptronConfig,
    seed: int,
    former: PerceptronEnsemble | None = None,
) -> Fit:
    """Fit a perceptron without each fold.

    Parameters
    ----------
    compounds, y
        n compounds and their values, float64 (n,).
    folds
        Places, each in one fold.
    config
        Of each member.
    seed
        Of everything random.
    former
        Members of the round before, one a fold, to go on from for half the epochs; they keep
        their scale.
    """
    if former is not None and len(former.members) != len(folds):
        former = None
    center = compounds.properties.mean(axis=0)
    width = np.maximum(compounds.properties.std(axis=0), np.float32(1e-6))
    if former is not None:
        center, width = former.center, former.width
        half = {name: max(1, getattr(config, name) // 2) for name in ("epochs", "least_steps")}
        config = config.model_copy(update=half)
    table = bit_table(compounds.morgan, compounds.properties, center, width)
    mean = np.empty(len(y))
    members = []
    for number, fold in enumerate(folds):
        kept = np.setdiff1d(np.arange(len(y)), fold)
        own = child_seed(seed, "member", number)
        begin = None if former is None else former.members[number]
        member = fit_perceptron(table[kept], y[kept], config, own, begin)
        mean[fold] = member(table[fold])
        members.append(member)
    model = PerceptronEnsemble(tuple(members), center, width)
    # One network has a word on a left-out compound; the others' spread stands for its own.
    return Fit(model, Said(mean, model.predict(compounds).std))


def bit_table(
    morgan: NDArray[np.uint8],
    properties: NDArray[np.float32],
    center: NDArray[np.float32],
    width: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return bits and scaled descriptors side by side, float32 (n, 2048 + D)."""
    scaled = np.clip((properties - center) / width, -5, 5)
    bits = np.unpackbits(morgan, axis=1).astype(np.float32)
    return np.concatenate([bits, scaled.astype(np.float32)], axis=1)
