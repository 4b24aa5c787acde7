"""What a surrogate says of compounds, and how good it is at ranking them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import numpy as np

from hitsieve.campaign.quick.spread import Tail, local_stretch, stretch_at
from hitsieve.metrics.ranking import top_k_recall
from hitsieve.metrics.regression import rmse, spearman

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need

    Floats = NDArray[np.float64]

TOP_SHARE: Final = 0.1
"""Share of the measured compounds whose recall among the predicted best counts as skill."""


@dataclass(frozen=True, slots=True)
class Said:
    """Expected values and their spreads, float64 (n,) each, in the endpoint's unit."""

    mean: Floats
    std: Floats

    def __len__(self) -> int:
        return len(self.mean)

    def take(self, rows: NDArray[Any]) -> Said:
        """Return what is said of some compounds: places, or a mask (n,)."""
        return Said(self.mean[rows], self.std[rows])


class Fitted(Protocol):
    """A fitted surrogate; survives a round trip through plain arrays bit for bit."""

    needs: ClassVar[Need]

    def predict(self, compounds: Compounds) -> Said:
        """Predict compounds; a prediction does not depend on the others beside it."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything it is, as plain arrays."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted surrogate, and what it said of compounds it had not seen.

    Attributes
    ----------
    model
        Fitted to all n training compounds.
    left_out
        Predictions of the same compounds when their fold was left out.
    """

    model: Fitted
    left_out: Said


@dataclass(frozen=True, slots=True)
class Skill:
    """How well left-out compounds were ranked.

    Attributes
    ----------
    spearman
        Rank correlation with the measured values.
    recall
        Share of the best measured tenth among the best predicted tenth.
    rmse
        In the endpoint's unit.
    stretch
        Spreads times this fit the errors: root of the mean squared standardized error.
    freedom, upward
        Tail of errors towards the wanted end, see :class:`~.spread.Tail`.
    marks, stretches
        The stretch where predictions are about so high; none where spreads are not known.
    """

    spearman: float
    recall: float
    rmse: float
    stretch: float
    freedom: float = 5.0
    upward: float = 1.0
    marks: tuple[float, ...] = ()
    stretches: tuple[float, ...] = ()

    @property
    def score(self) -> float:
        """What surrogates are chosen by: mean of rank correlation and recall."""
        return (self.spearman + self.recall) / 2

    @property
    def tail(self) -> Tail:
        """Of errors towards the wanted end."""
        return Tail(self.freedom, self.upward)


def skill_of(said: Said, y: Floats, *, higher_is_better: bool) -> Skill:
    """Judge left-out predictions of n compounds against measured values ``y`` (n,)."""
    ranks = spearman(y, said.mean) if np.ptp(said.mean) > 0 else 0.0
    k = max(1, round(TOP_SHARE * len(y)))
    recall = top_k_recall(y, said.mean, k, higher_is_better=higher_is_better)
    error = y - said.mean
    known = said.std > 0
    ratio = error[known] / said.std[known]
    stretch = float(np.sqrt((ratio**2).mean())) if known.any() else 1.0
    found = Skill(float(ranks), float(recall), rmse(y, said.mean), max(stretch, _LEAST))
    if known.any():
        marks, stretches = local_stretch(said.mean[known], ratio)
        found = replace(found, marks=marks, stretches=stretches)
    upwards = error if higher_is_better else -error
    tail = Tail.of(upwards / np.maximum(stretched(said, found).std, np.finfo(float).tiny))
    return replace(found, freedom=tail.freedom, upward=tail.width)


_LEAST: Final = 1e-3


def stretched(said: Said, skill: Skill) -> Said:
    """Return predictions whose spreads fit the errors; one without a spread gets the rmse."""
    factor = stretch_at(said.mean, skill.marks, skill.stretches) if skill.marks else skill.stretch
    return Said(said.mean, np.where(said.std > 0, said.std * factor, skill.rmse))
