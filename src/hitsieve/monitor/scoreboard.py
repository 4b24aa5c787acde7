"""The prospective scoreboard: how the predictions of a model fared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hitsieve.calibration.frequency import compare_frequency
from hitsieve.metrics.bootstrap import Interval, interval
from hitsieve.metrics.calibration import coverage, interval_width
from hitsieve.metrics.classification import brier, roc_auc
from hitsieve.metrics.regression import mae, rmse, spearman
from hitsieve.monitor.slices import BETWEEN_CLASSES, enrichment

if TYPE_CHECKING:
    from hitsieve.monitor.comparison import Comparison, Counts

Task = Literal["regression", "classification"]


@dataclass(frozen=True, slots=True)
class ValueScores:
    """How predicted values fared.

    Parameters
    ----------
    rmse, mae, spearman
        Of the compared compounds; rmse with its 95 % bootstrap interval.
    bias
        Mean of prediction less measurement.
    coverage, width
        Share of measurements inside their interval and its mean width; NaN without intervals.
    enrichment
        Enrichment factor of actives among the best predicted 10 %; NaN without an activity
        threshold, or if nothing is active.
    """

    rmse: Interval
    mae: float
    spearman: float
    bias: float
    coverage: float
    width: float
    enrichment: float


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How predicted probabilities of class 1 fared.

    A class lies never inside bounds on its probability. What the bounds speak of is the share of
    class 1 among many compounds: it should lie between their means.

    Parameters
    ----------
    brier
        Mean squared distance of probability and class, with its 95 % bootstrap interval.
    roc_auc
        NaN if only one class was measured.
    ece, ece_by_chance
        Mean gap between promised and observed shares, and what is still due to chance;
        :func:`hitsieve.calibration.frequency.compare_frequency`.
    share, predicted
        Observed share of class 1, and the mean predicted probability.
    lower, upper
        Mean bounds on the probability; NaN where the model has none.
    enrichment
        Of the wanted class among the best predicted 10 %; NaN if it was not measured.
    """

    brier: Interval
    roc_auc: float
    ece: float
    ece_by_chance: float
    share: float
    predicted: float
    lower: float
    upper: float
    enrichment: float


@dataclass(frozen=True, slots=True)
class Prospective:
    """How a model's predictions of one target fared."""

    target: str
    task: Task
    counts: Counts
    scores: ValueScores | ClassScores

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, all on one level."""
        return {
            "target": self.target,
            "task": self.task,
            **asdict(self.counts),
            **asdict(self.scores),
        }


def prospective(
    found: Comparison,
    *,
    task: Task = "regression",
    higher_is_better: bool = True,
    active_at: float | None = None,
    seed: int = 0,
) -> Prospective:
    """Measure how predictions fared.

    Parameters
    ----------
    found
        Predictions and measurements.
    task
        Whether values or probabilities were predicted.
    higher_is_better
        Direction of the endpoint.
    active_at
        Value from which a compound counts as active, in the wanted direction; of classes always
        the wanted one.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        If probabilities were predicted, and what was measured are no classes.
    """
    scores = (
        _value_scores(found, active_at, seed, higher_is_better=higher_is_better)
        if task == "regression"
        else _class_scores(found, seed, higher_is_better=higher_is_better)
    )
    return Prospective(found.target, task, found.counts, scores)


def _value_scores(
    found: Comparison, active_at: float | None, seed: int, *, higher_is_better: bool
) -> ValueScores:
    truth, guess = found.column("value"), found.column("score")
    lower, upper = found.column("lower"), found.column("upper")
    bounded = np.isfinite(lower) & np.isfinite(upper)
    ends = truth[bounded], lower[bounded], upper[bounded]
    return ValueScores(
        rmse=interval(rmse, truth, guess, seed=seed),
        mae=mae(truth, guess),
        spearman=spearman(truth, guess),
        bias=float(np.mean(guess - truth)),
        coverage=coverage(*ends) if bounded.any() else np.nan,
        width=interval_width(*ends) if bounded.any() else np.nan,
        enrichment=enrichment(truth, guess, active_at, higher_is_better=higher_is_better),
    )


def _class_scores(found: Comparison, seed: int, *, higher_is_better: bool) -> ClassScores:
    truth, guess = found.column("value"), found.column("score")
    frequency = compare_frequency(truth, guess)
    return ClassScores(
        brier=interval(brier, truth, guess, seed=seed),
        roc_auc=roc_auc(truth, guess),
        ece=frequency.error,
        ece_by_chance=frequency.allowed,
        share=float(truth.mean()),
        predicted=float(guess.mean()),
        lower=float(found.column("lower").mean()),
        upper=float(found.column("upper").mean()),
        enrichment=enrichment(truth, guess, BETWEEN_CLASSES, higher_is_better=higher_is_better),
    )
