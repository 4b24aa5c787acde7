"""What to do with a model, given how its predictions fared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hitsieve.monitor.scoreboard import ClassScores

if TYPE_CHECKING:
    from hitsieve.monitor.scoreboard import Prospective, ValueScores

Advice = Literal["keep", "retrain", "roll back", "wait"]
ENOUGH: Final = 20
_TWO_ERRORS: Final = 2.0


def advise(
    found: Prospective,
    *,
    expected_rmse: float = float("inf"),
    level: float = 0.9,
    former: tuple[bool, str] = (False, ""),
) -> tuple[Advice, str]:
    """Say what to do with a model, and why.

    Parameters
    ----------
    found
        Its prospective scores.
    expected_rmse
        RMSE its card promises, for values; infinite if it promises none.
    level
        Coverage its intervals promise, for values.
    former
        What :func:`hitsieve.monitor.former.former_is_better` says of the model before, if
        there is one.

    Returns
    -------
    Advice, str
        With the reason in words. ``wait`` below 20 compared labels; ``roll back`` if the former
        model is clearly better on the same compounds. For values ``retrain`` if the error is
        above the promised one beyond its 95 % interval (where a shift that all predictions
        share is the cause, the reason names it), or coverage below the promised one by
        more than two standard errors. For classes ``retrain`` if probabilities are off by more
        than chance explains: Brier score and ROC AUC of even a perfect model change with the
        share of actives among what was measured, so no promise of theirs is held. Else ``keep``.
    """
    if found.counts.compared < ENOUGH:
        return "wait", f"{found.counts.compared} comparisons, {ENOUGH} are needed for a judgment"
    if former[0]:
        return "roll back", former[1]
    if isinstance(found.scores, ClassScores):
        return _of_classes(found.scores)
    return _of_values(found.scores, found.counts.compared, expected_rmse, level)


def _of_classes(scores: ClassScores) -> tuple[Advice, str]:
    error = f"calibration error {scores.ece:.3f}, up to {scores.ece_by_chance:.3f} is due to chance"
    came = f"class 1 came in {scores.share:.0%}, {scores.predicted:.0%} were foretold"
    if scores.ece > scores.ece_by_chance:
        return "retrain", f"probabilities do not come true: {error}; {came}"
    return "keep", f"probabilities come true: {error}; {came}"


def _shared_shift(scores: ValueScores, expected_rmse: float) -> str:
    """Say where the error is one shift of all values: another unit or assay looks like that."""
    rest = float(np.sqrt(max(scores.rmse[1] ** 2 - scores.bias**2, 0.0)))
    if rest > expected_rmse:
        return ""
    return (
        f"; without the shift of {scores.bias:+.3g} that all predictions share it would be "
        f"{rest:.3g}: compare unit and assay of the new values with those it learned from first"
    )


def _of_values(
    scores: ValueScores, compared: int, expected_rmse: float, level: float
) -> tuple[Advice, str]:
    low, value, high = scores.rmse
    found = f"rmse {value:.3g} ({low:.3g} to {high:.3g})"
    if low > expected_rmse:
        above = f"{found} is above the promised {expected_rmse:.3g}"
        return "retrain", above + _shared_shift(scores, expected_rmse)
    error = float(np.sqrt(level * (1 - level) / compared))
    if scores.coverage < level - _TWO_ERRORS * error:
        return "retrain", f"intervals cover {scores.coverage:.0%}, {level:.0%} were promised"
    if np.isinf(expected_rmse) and np.isnan(scores.coverage):
        return "keep", f"{found}; the model promised neither an error nor intervals"
    return "keep", "errors and coverage are as promised"
