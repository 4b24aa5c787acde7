"""Gates of promotion that ask what a version says of its test set: calibration, and its rival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.calibration.frequency import compare_frequency
from hitsieve.errors import InputError, ModelRefusedError
from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.calibration import coverage
from hitsieve.metrics.classification import brier
from hitsieve.metrics.regression import rmse
from hitsieve.modeling.frozen import own_test_part
from hitsieve.modeling.gates import Gate
from hitsieve.provenance import child_seed
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.modeling.frozen import FrozenSet
    from hitsieve.registry.card import Metric
    from hitsieve.registry.config import TargetConfig
    from hitsieve.registry.registry import Entry
    from hitsieve.scoring.load import BundleScorer
    from hitsieve.scoring.protocol import Prediction

SLACK: Final = 0.07
"""Difference between promised and found coverage that is always allowed."""
_DEVIATIONS: Final = 2.6
_LEVEL: Final = 0.9
_MEASURES: Final = {"regression": ("rmse", rmse), "classification": ("brier", brier)}
_BETTER: Final = "train a better version, or keep the champion"
_RECALIBRATE: Final = (
    "train it again with more measurements to calibrate on (its card says which), where "
    "intervals and probabilities are fitted"
)


def calibration_gate(scorer: BundleScorer, judged: FrozenSet, prediction: Prediction) -> Gate:
    """Ask that intervals hold the share they promise, and that probabilities come true.

    Parameters
    ----------
    scorer
        The version.
    judged
        k compounds it did not learn from.
    prediction
        What it says of them.
    """
    lower, upper = scorer.bounds(prediction)
    wrong: list[str] = []
    for place, target in enumerate(scorer.config.targets):
        truth = judged.truth(target.name)
        rows = np.flatnonzero(~np.isnan(truth) & np.isfinite(prediction.mean[:, place]))
        if not len(rows):
            wrong.append(f"{target.name}: there is nothing to judge it by.")
        elif target.task == "regression":
            ends = lower[rows, place], upper[rows, place]
            wrong += _off_coverage(target.name, scorer.config.level, truth[rows], *ends)
        else:
            wrong += _off_frequency(target.name, truth[rows], prediction.mean[rows, place])
    if wrong:
        return Gate("calibration", passed=False, finding=" ".join(wrong), cure=_RECALIBRATE)
    found = "intervals and probabilities hold what they promise"
    return Gate("calibration", passed=True, finding=found)


def _off_coverage(
    name: str, level: float, truth: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> list[str]:
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        return [f"{name}: it has no calibrated intervals."]
    held = coverage(truth, lower, upper)
    slack = max(SLACK, _DEVIATIONS * float(np.sqrt(level * (1 - level) / len(truth))))
    if abs(held - level) <= slack:
        return []
    return [f"{name}: intervals hold {held:.0%} of {len(truth)} values, {level:.0%} is promised."]


def _off_frequency(name: str, truth: np.ndarray, probability: np.ndarray) -> list[str]:
    found = compare_frequency(truth, probability)
    if not found.off:
        return []
    told = f"calibration error {found.error:.3f}, at most {found.allowed:.3f} is due to chance."
    return [f"{name}: {told}"]


def champion_gate(
    champion: Entry | None, scorer: BundleScorer, judged: FrozenSet, prediction: Prediction
) -> Gate:
    """Ask that no target is predicted worse than by the champion, beyond chance.

    A champion that cannot score any more, as one of a former version of hitsieve, is spoken for by
    its card, if that was written on the same compounds.

    Parameters
    ----------
    champion
        Another version; None if there is none to compare with.
    scorer, judged, prediction
        The version, k compounds that neither learned from, and what the version says of them.
    """
    if champion is None:
        return Gate("champion", passed=True, finding="there is no other champion to compare with")
    if champion.block:
        return Gate("champion", passed=True, finding=f"{champion.reference} is quarantined")
    try:
        former = load_scorer(champion.folder)
    except ModelRefusedError as error:
        return _against_card(champion, scorer, judged, prediction, error)
    theirs = former.score(CompoundBatch.from_smiles(judged.smiles)).mean
    worse: list[str] = []
    told: list[str] = []
    for place, target in enumerate(former.config.targets):
        if target.name not in scorer.targets:
            worse.append(f"it does not predict {target.name}.")
            continue
        truth = judged.truth(target.name)
        rows = np.flatnonzero(~np.isnan(truth))
        own = prediction.mean[rows, scorer.targets.index(target.name)].astype(np.float64)
        text, is_worse = _compare(
            target.task, truth[rows], own, theirs[rows, place].astype(np.float64)
        )
        (worse if is_worse else told).append(f"{target.name}: {text}")
    if worse:
        finding = f"{' '.join(worse)} Champion: {champion.reference}."
        return Gate("champion", passed=False, finding=finding, cure=_BETTER)
    return Gate("champion", passed=True, finding=" ".join(told))


def _against_card(
    champion: Entry,
    scorer: BundleScorer,
    judged: FrozenSet,
    prediction: Prediction,
    refused: ModelRefusedError,
) -> Gate:
    """Ask that no error is above the upper end that the champion's card gives for its own."""
    cure = (
        f"where it shall be replaced all the same, `hitsieve models quarantine "
        f"{champion.reference} --reason …`: a blocked champion is not compared with"
    )
    start = f"{champion.reference} cannot score here ({refused.message})"
    try:
        contents = read_bundle(champion.folder, check_chemistry=False).contents
    except ModelRefusedError:
        return Gate("champion", passed=False, finding=f"{start}.", cure=cure)
    if set(own_test_part(contents).compound_ids) != set(judged.compound_ids):
        finding = f"{start}, and its card was written on other compounds than are judged by."
        return Gate("champion", passed=False, finding=finding, cure=cure)
    told, worse = [f"{start}; by its card:"], False
    for target in contents.config.targets:
        text, is_worse = _beside_card(target, contents.card.metrics, scorer, judged, prediction)
        told.append(f"{target.name}: {text}")
        worse |= is_worse
    return Gate("champion", passed=not worse, finding=" ".join(told), cure=cure if worse else "")


def _beside_card(
    target: TargetConfig,
    metrics: Sequence[Metric],
    scorer: BundleScorer,
    judged: FrozenSet,
    prediction: Prediction,
) -> tuple[str, bool]:
    if target.name not in scorer.targets:
        return "it is not predicted.", True
    name, measure = _MEASURES[target.task]
    promised = next((m for m in metrics if (m.target, m.metric) == (target.name, name)), None)
    if promised is None or promised.network.value is None or promised.network.high is None:
        return f"the card gives no {name}.", True
    truth = judged.truth(target.name)
    rows = np.flatnonzero(~np.isnan(truth))
    own = prediction.mean[rows, scorer.targets.index(target.name)].astype(np.float64)
    value, high = measure(truth[rows], own), promised.network.high
    text = f"{name} {value:.3f} against {promised.network.value:.3f}, at most {high:.3f}."
    return text, not value <= high


def _compare(
    task: str, truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray
) -> tuple[str, bool]:
    """Return the difference in words, and whether it, or not knowing it, forbids promotion."""
    name, measure = _MEASURES[task]

    def difference(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
        return measure(y, a) - measure(y, b)

    seed = child_seed(0, "promotion")
    try:
        low, value, high = interval(difference, truth, ours, theirs, seed=seed, level=_LEVEL)
    except InputError as error:
        return f"cannot be compared on {len(truth)} compounds: {error.message}.", True
    if not np.isfinite([low, high]).all():
        return f"cannot be compared on {len(truth)} compounds: no interval is defined.", True
    text = f"{name} {measure(truth, ours):.3f} against {measure(truth, theirs):.3f}"
    return f"{text}, difference {value:+.3f} ({low:+.3f} to {high:+.3f}).", bool(low > 0)
