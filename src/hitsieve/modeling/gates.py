"""Gates of promotion that ask what a version rests on: its card, its leaks, its test set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.modeling.audits import TWINS
from hitsieve.modeling.evaluate import PRIMARY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.modeling.config import PromotionConfig
    from hitsieve.modeling.frozen import FrozenSet
    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.config import TargetConfig
    from hitsieve.registry.contents import BundleContents

_LEARNED: Final = {"train": "training", "valid": "validation"}


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of promotion, how it was met or missed, and what to do where it was missed."""

    name: str
    passed: bool
    finding: str
    cure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def card_gate(contents: BundleContents) -> Gate:
    """Ask for a whole card, with the measure that counts for each target."""
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
    if lacking:
        told, cure = f"it lacks {', '.join(lacking)}.", "train it with `hitsieve train`"
        return Gate("card", passed=False, finding=told, cure=cure)
    undefined = _undefined(card, contents.config.targets)
    if undefined:
        cure = (
            "train it again with a test part that holds each class and different values: another "
            "split, a larger test part, or more measurements"
        )
        return Gate("card", passed=False, finding=" ".join(undefined), cure=cure)
    return Gate("card", passed=True, finding="complete")


def _undefined(card: ModelCard, targets: Sequence[TargetConfig]) -> list[str]:
    found = {(m.target, m.metric): m.network.value for m in card.metrics}
    wanted = [(target.name, PRIMARY[target.task]) for target in targets]
    return [
        f"{name}: its {metric} on held-out compounds is not defined."
        for name, metric in wanted
        if found.get((name, metric)) is None
    ]


def leak_gate(contents: BundleContents, frozen: FrozenSet | None) -> Gate:
    """Ask that nothing it is judged on, in any form, was learned from or calibrated on."""
    leaks = contents.card.leaks
    if not set(TWINS) <= set(leaks):
        told, cure = "the card holds no leak audit.", "train it with `hitsieve train`"
        return Gate("leaks", passed=False, finding=told, cure=cure)
    twins = max(leaks[kind] for kind in TWINS)
    if twins:
        cure = (
            "train it again with --twins together, or with --twins drop for splits by time and "
            "by column"
        )
        told = f"{twins} held-out compounds have a twin in another part."
        return Gate("leaks", passed=False, finding=told, cure=cure)
    rows = [row for row in contents.training.to_pylist() if row["part"] in _LEARNED]
    if frozen is not None:
        known = frozen.holds([r["compound_id"] for r in rows], [r["smiles"] for r in rows])
        if known.any():
            parts = {row["part"] for row, held in zip(rows, known, strict=True) if held}
            names = " and ".join(_LEARNED[part] for part in sorted(parts))
            told = (
                f"its {names} part holds {int(known.sum())} compounds of the frozen test set, or "
                "forms of them."
            )
            cure = "train it again under this name, where they are held out"
            return Gate("leaks", passed=False, finding=told, cure=cure)
    return Gate("leaks", passed=True, finding="no twin across the parts, none in the frozen set")


def evidence_gate(
    targets: Sequence[TargetConfig],
    judged: FrozenSet,
    mean: np.ndarray,
    asked: PromotionConfig,
    *,
    frozen: bool,
) -> Gate:
    """Ask for enough to judge by: compounds, and compounds of each class, for every target.

    Parameters
    ----------
    targets
        The T targets of the version.
    judged
        Its k test compounds.
    mean
        float (k, T): their predictions; NaN where there is none.
    asked
        How much is enough.
    frozen
        Whether they are the frozen set of the model, and not the version's own test part.
    """
    found = [
        _lacking(target, judged.truth(target.name), mean[:, place], asked)
        for place, target in enumerate(targets)
    ]
    wrong = [text for text in found if text]
    if not wrong:
        return Gate("test set", passed=True, finding=f"{len(judged)} compounds")
    more = (
        "the frozen test set of a name does not grow: train under another name with a larger test "
        "part or more measurements of the target"
        if frozen
        else "train it again with a larger test part (split: {fractions: [0.6, 0.2, 0.2]}), "
        "another split, or more measurements"
    )
    cure = f"{more}; or ask for less with --min-test and --min-class"
    return Gate("test set", passed=False, finding=" ".join(wrong), cure=cure)


def _lacking(
    target: TargetConfig, truth: np.ndarray, mean: np.ndarray, asked: PromotionConfig
) -> str:
    """Return what a target lacks to be judged; empty if nothing."""
    name, measured = target.name, int((~np.isnan(truth)).sum())
    known = truth[~np.isnan(truth) & np.isfinite(mean)]
    if not measured:
        return f"{name}: no compound of the test set is measured on it."
    if len(known) < asked.min_test:
        some = f"{measured} measured test compounds"
        if len(known) < measured:
            some = f"{len(known)} of {some} with a prediction"
        return f"{name}: {some}, at least {asked.min_test} are needed."
    if target.task == "regression":
        same = len(np.unique(known)) == 1
        told = f"{name}: all {len(known)} measured test compounds have the value {known[0]:.6g}."
        return told if same else ""
    for kind in (1, 0):
        found = int((known == kind).sum())
        if found < asked.min_class:
            return (
                f"{name}: {found} of {len(known)} measured test compounds are of class {kind}, at "
                f"least {asked.min_class} of each class are needed."
            )
    return ""
