"""What a surrogate says of compounds, and how good it is at ranking them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import numpy as np
from scipy.stats import t as student

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
    freedom
        Degrees of freedom of Student's t that fits the standardized errors best: few for heavy
        tails.
    """

    spearman: float
    recall: float
    rmse: float
    stretch: float
    freedom: float = 5.0

    @property
    def score(self) -> float:
        """What surrogates are chosen by: mean of rank correlation and recall."""
        return (self.spearman + self.recall) / 2


def skill_of(said: Said, y: Floats, *, higher_is_better: bool) -> Skill:
    """Judge left-out predictions of n compounds against measured values ``y`` (n,)."""
    ranks = spearman(y, said.mean) if np.ptp(said.mean) > 0 else 0.0
    k = max(1, round(TOP_SHARE * len(y)))
    recall = top_k_recall(y, said.mean, k, higher_is_better=higher_is_better)
    error = y - said.mean
    known = said.std > 0
    squared = (error[known] / said.std[known]) ** 2
    stretch = float(np.sqrt(squared.mean())) if known.any() else 1.0
    spreads = np.where(known, said.std * max(stretch, _LEAST), max(rmse(y, said.mean), _LEAST))
    return Skill(
        float(ranks),
        float(recall),
        rmse(y, said.mean),
        max(stretch, _LEAST),
        freedom_of(error / spreads),
    )


_LEAST: Final = 1e-3
_FREEDOMS: Final = (3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 50.0, 1000.0)
_FEWEST: Final = 30


def freedom_of(standardized: Floats) -> float:
    """Return the degrees of freedom of Student's t, of unit variance, that fit errors best.

    By likelihood, from 3 to 1,000 (all but normal); 5 with fewer than 30 errors to judge by.
    """
    if len(standardized) < _FEWEST:
        return 5.0
    scales = {nu: np.sqrt((nu - 2) / nu) for nu in _FREEDOMS}
    likely = {
        nu: float(
            student.logpdf(standardized / scale, nu).sum() - len(standardized) * np.log(scale)
        )
        for nu, scale in scales.items()
    }
    return max(likely, key=lambda nu: likely[nu])


def stretched(said: Said, skill: Skill) -> Said:
    """Return predictions whose spreads fit the errors; one without a spread gets the rmse."""
    return Said(said.mean, np.where(said.std > 0, said.std * skill.stretch, skill.rmse))
