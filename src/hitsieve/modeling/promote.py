"""Promotion: the gates a version passes before it becomes champion."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.calibration.frequency import compare_frequency
from hitsieve.errors import InputError, ModelRefusedError, NotFoundError
from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.calibration import coverage
from hitsieve.metrics.classification import brier
from hitsieve.metrics.regression import rmse
from hitsieve.modeling.audits import TWINS
from hitsieve.modeling.frozen import FrozenSet, freeze, load_frozen
from hitsieve.provenance import child_seed
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.registry import Entry, Registry
    from hitsieve.scoring.load import BundleScorer

SLACK: Final = 0.07
"""Difference between promised and found coverage that is always allowed."""
_DEVIATIONS: Final = 2.6
_LEVEL: Final = 0.9


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of promotion, and how it was met or missed."""

    name: str
    passed: bool
    finding: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def examine(registry: Registry, reference: str) -> tuple[Gate, ...]:
    """Put a version before all gates.

    Parameters
    ----------
    registry
        Where it and its champion are.
    reference
        ``name@version``.

    Returns
    -------
    tuple of Gate
        bundle (every byte and the golden molecules), card, leaks, calibration, and champion: on
        the frozen test set, no target may be predicted worse than by the present champion with
        95 % confidence.

    Raises
    ------
    NotFoundError, QuarantinedError
        If there is no such version, or it is blocked.
    """
    entry = registry.resolve(reference)
    try:
        scorer = load_scorer(entry.folder)
    except (ModelRefusedError, NotFoundError) as error:
        return (Gate("bundle", passed=False, finding=error.message),)
    contents = read_bundle(entry.folder).contents
    frozen = load_frozen(registry.root / entry.name)
    judged = frozen or _test_part(contents)
    golden = len(contents.golden)
    return (
        Gate("bundle", passed=True, finding=f"every byte and {golden} golden values reproduced"),
        _card_gate(contents),
        _leak_gate(contents, frozen),
        _calibration_gate(scorer, judged),
        _champion_gate(registry, entry, scorer, judged),
    )


def promote(registry: Registry, reference: str) -> tuple[Entry, tuple[Gate, ...]]:
    """Make a version champion if it passes all gates.

    The test part of the first champion becomes the model's frozen test set.

    Raises
    ------
    ModelRefusedError
        Names the gates that were not passed.
    """
    gates = examine(registry, reference)
    failed = [f"{gate.name}: {gate.finding}" for gate in gates if not gate.passed]
    if failed:
        raise ModelRefusedError(
            f"{reference} is not promoted. " + " ".join(failed),
            cure="train a better version, or keep the champion; `--dry-run` shows all gates",
        )
    entry = registry.resolve(reference)
    if load_frozen(registry.root / entry.name) is None:
        freeze(registry.root / entry.name, read_bundle(entry.folder).contents)
    return registry.set_alias(entry.name, "champion", entry.version, event="promoted"), gates


def _test_part(contents: BundleContents) -> FrozenSet:
    rows = [row for row in contents.training.to_pylist() if row["part"] == "test"]
    targets = tuple(contents.config.target_names)
    y = np.full((len(rows), len(targets)), np.nan)
    for place, row in enumerate(rows):
        for column, (value, sign) in enumerate(zip(row["values"], row["relations"], strict=True)):
            if value is not None and sign == "=":
                y[place, column] = value
    return FrozenSet(
        tuple(row["compound_id"] for row in rows), tuple(row["smiles"] for row in rows), targets, y
    )


def _card_gate(contents: BundleContents) -> Gate:
    card = contents.card
    lacking = [
        what
        for what, there in (
            ("data sources", card.data),
            ("a license for each", all(source.license.strip() for source in card.data)),
            ("measures on held-out compounds", card.metrics),
            ("limits of use", card.limits),
        )
        if not there
    ]
    told = f"it lacks {', '.join(lacking)}." if lacking else "complete"
    return Gate("card", passed=not lacking, finding=told)


def _leak_gate(contents: BundleContents, frozen: FrozenSet | None) -> Gate:
    leaks = contents.card.leaks
    if not set(TWINS) <= set(leaks):
        return Gate("leaks", passed=False, finding="the card holds no leak audit.")
    twins = max(leaks[kind] for kind in TWINS)
    if twins:
        told = f"{twins} held-out compounds have a twin in another part."
        return Gate("leaks", passed=False, finding=told)
    rows = [row for row in contents.training.to_pylist() if row["part"] != "test"]
    if frozen is not None:
        known = frozen.holds([r["compound_id"] for r in rows], [r["smiles"] for r in rows])
        if known.any():
            told = f"it learned from {int(known.sum())} compounds of the frozen test set."
            return Gate("leaks", passed=False, finding=told)
    return Gate("leaks", passed=True, finding="no twin across the parts, none in the frozen set")


def _calibration_gate(scorer: BundleScorer, judged: FrozenSet) -> Gate:
    prediction = scorer.score(CompoundBatch.from_smiles(judged.smiles))
    lower, upper = scorer.bounds(prediction)
    wrong: list[str] = []
    for place, target in enumerate(scorer.config.targets):
        if target.name not in judged.targets:
            continue
        truth = judged.y[:, judged.targets.index(target.name)]
        rows = np.flatnonzero(~np.isnan(truth) & np.isfinite(prediction.mean[:, place]))
        if not len(rows):
            continue
        if target.task == "regression":
            ends = lower[rows, place], upper[rows, place]
            wrong += _off_coverage(target.name, scorer.config.level, truth[rows], *ends)
        else:
            wrong += _off_frequency(target.name, truth[rows], prediction.mean[rows, place])
    found = " ".join(wrong) or "intervals and probabilities hold what they promise"
    return Gate("calibration", passed=not wrong, finding=found)


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


def _champion_gate(
    registry: Registry, entry: Entry, scorer: BundleScorer, judged: FrozenSet
) -> Gate:
    champion = registry.champion(entry.name)
    if champion is None or champion.version == entry.version:
        return Gate("champion", passed=True, finding="there is no other champion to compare with")
    if champion.quarantine:
        return Gate("champion", passed=True, finding=f"{champion.reference} is quarantined")
    former = load_scorer(champion.folder)
    batch = CompoundBatch.from_smiles(judged.smiles)
    ours, theirs = scorer.score(batch).mean, former.score(batch).mean
    worse: list[str] = []
    told: list[str] = []
    for place, target in enumerate(former.config.targets):
        if target.name not in scorer.targets:
            worse.append(f"it does not predict {target.name}.")
            continue
        if target.name not in judged.targets:
            continue
        truth = judged.y[:, judged.targets.index(target.name)]
        rows = np.flatnonzero(~np.isnan(truth))
        own = ours[rows, scorer.targets.index(target.name)].astype(np.float64)
        text, is_worse = _compare(
            target.task, truth[rows], own, theirs[rows, place].astype(np.float64)
        )
        (worse if is_worse else told).append(f"{target.name}: {text}")
    finding = f"{' '.join(worse)} Champion: {champion.reference}." if worse else " ".join(told)
    return Gate("champion", passed=not worse, finding=finding)


def _compare(
    task: str, truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray
) -> tuple[str, bool]:
    name, measure = ("rmse", rmse) if task == "regression" else ("brier", brier)

    def difference(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
        return measure(y, a) - measure(y, b)

    seed = child_seed(0, "promotion")
    try:
        low, value, high = interval(difference, truth, ours, theirs, seed=seed, level=_LEVEL)
    except InputError as error:
        return f"cannot be compared on {len(truth)} compounds: {error.message}.", True
    text = f"{name} {measure(truth, ours):.3f} against {measure(truth, theirs):.3f}"
    return f"{text}, difference {value:+.3f} ({low:+.3f} to {high:+.3f}).", bool(low > 0)
