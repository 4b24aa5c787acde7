"""How two models rank the same compounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.errors import InputError
from hitsieve.metrics.regression import spearman
from hitsieve.scoring.batch import CompoundBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.scoring.load import BundleScorer

TOP: Final = 0.1
LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class RankShift:
    """A compound whose place in the ranking changed; rank 1 is best."""

    smiles: str
    before: int
    after: int
    score_before: float
    score_after: float


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """How a target's ranking differs between two models.

    Parameters
    ----------
    target
        What both predict.
    compounds
        In the reference set.
    correlation
        Spearman's, of the two scores.
    mean_shift
        Mean of score after minus score before.
    top_kept
        Share of the best 10 % before that is among the best 10 % after.
    shifts
        The ten largest changes of rank.
    """

    target: str
    compounds: int
    correlation: float
    mean_shift: float
    top_kept: float
    shifts: tuple[RankShift, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def diff_models(
    before: BundleScorer, after: BundleScorer, smiles: Sequence[str]
) -> tuple[ModelDiff, ...]:
    """Compare two models on a reference set, target by target.

    Parameters
    ----------
    before, after
        The models.
    smiles
        Standardized SMILES of the reference set, at least two.

    Raises
    ------
    InputError
        If the models share no target, or the set is too small.
    """
    shared = [name for name in before.targets if name in after.targets]
    unique = list(dict.fromkeys(smiles))
    if not shared:
        raise InputError(f"{before.name} and {after.name} have no target in common")
    if len(unique) < 2:  # noqa: PLR2004 - one compound has no order
        raise InputError(
            f"a reference set of {len(unique)} compounds has no ranking",
            cure="name a file of at least two compounds (models diff --on)",
        )
    batch = CompoundBatch.from_smiles(unique)
    first, second = before.score(batch).mean, after.score(batch).mean
    return tuple(
        _diff(
            name,
            unique,
            first[:, before.targets.index(name)].astype(np.float64),
            second[:, after.targets.index(name)].astype(np.float64),
            sign=1.0 if _higher(before, name) else -1.0,
        )
        for name in shared
    )


def _higher(scorer: BundleScorer, name: str) -> bool:
    return scorer.config.targets[scorer.targets.index(name)].direction == "higher"


def _diff(
    name: str, smiles: list[str], first: np.ndarray, second: np.ndarray, *, sign: float
) -> ModelDiff:
    before, after = _ranks(sign * first), _ranks(sign * second)
    top = max(1, round(TOP * len(smiles)))
    kept = float(np.mean(after[before <= top] <= top))
    order = np.argsort(-np.abs(after - before), kind="stable")[:LISTED]
    shifts = tuple(
        RankShift(smiles[i], int(before[i]), int(after[i]), float(first[i]), float(second[i]))
        for i in order
        if before[i] != after[i]
    )
    shift = float(np.mean(second - first))
    return ModelDiff(name, len(smiles), spearman(first, second), shift, kept, shifts)


def _ranks(values: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return ranks
