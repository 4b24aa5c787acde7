"""What the members of a blend are worth, for the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.metrics.classification import roc_auc
from hitsieve.metrics.regression import rmse
from hitsieve.registry.card_sections import MemberWorth
from hitsieve.scoring.blend import BlendScorer

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split
    from hitsieve.modeling.blend import FittedModel
    from hitsieve.modeling.labels import Labels
    from hitsieve.registry.config import TargetConfig

_NAMES: Final = {
    "network": "graph networks",
    "gaussian_process": "a Gaussian process",
    "support_vectors": "support vectors",
    "extra_trees": "extra trees",
}


def members_worth(fitted: FittedModel, labels: Labels, split: Split) -> tuple[MemberWorth, ...]:
    """Return what each member says of left-out compounds, and its weight; six digits each.

    Of measured values alone, not of bounds, and of compounds that every member left out which left
    any out: errors on other compounds could not be compared. Of networks alone nothing is told.
    """
    if not isinstance(fitted.scorer, BlendScorer):
        return ()
    matrix = labels.matrix
    y = np.where(matrix.relation == 0, matrix.y, np.nan)[split.train]
    kinds = list(fitted.scorer.members)
    said = {kind: fitted.left_out[kind].mean for kind in kinds}
    spoken = np.isfinite(np.stack([said[kind] for kind in kinds]))  # (M, n, T)
    silent = ~spoken.any(axis=1, keepdims=True)
    everybody = np.all(spoken | silent, axis=0)
    blended = fitted.scorer.left_out(fitted.left_out).mean
    found = []
    for column, target in enumerate(fitted.targets):
        truth = np.where(everybody[:, column], y[:, column], np.nan)
        for place, kind in enumerate(kinds):
            weight = float(f"{fitted.scorer.stacks[column].weights[place]:.6g}")
            found.append(_worth(target, _NAMES[kind], truth, said[kind][:, column], weight))
        found.append(_worth(target, "all of them", truth, blended[:, column], None))
    return tuple(found)


def _worth(
    target: TargetConfig, member: str, y: np.ndarray, said: np.ndarray, weight: float | None
) -> MemberWorth:
    known = np.isfinite(y) & np.isfinite(said)
    truth, values = y[known].astype(np.float64), said[known].astype(np.float64)
    classes = target.task == "classification"
    found = None
    if len(truth) and not (classes and len(np.unique(truth)) == 1):
        found = float(f"{(roc_auc if classes else rmse)(truth, values):.6g}")
    return MemberWorth(
        target=target.name,
        member=member,
        measure="ROC AUC" if classes else "RMSE",
        left_out=found,
        weight=weight,
    )
