"""How closely a student follows its teacher on compounds it has not learned from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.regression import spearman
from hitsieve.metrics.ties import inclusion
from hitsieve.provenance import child_seed
from hitsieve.registry.card import Estimate, Fidelity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.metrics.arrays import Floats
    from hitsieve.registry.config import TargetConfig

TOP: Final = 0.01
READ: Final = (0.01, 0.02, 0.05)
"""Shares of the student's ranking in which the teacher's best are looked for."""
RESAMPLES: Final = 200


def measure_fidelity(
    targets: Sequence[TargetConfig], student: Floats, teacher: Floats, seed: int
) -> tuple[Fidelity, ...]:
    """Measure rank correlation and recall of the teacher's best 1 %, with 95 % intervals.

    Parameters
    ----------
    targets
        The T targets.
    student, teacher
        (n, T) predictions of the same compounds.
    seed
        Of the bootstrap over compounds.
    """
    found = []
    for column, target in enumerate(targets):
        ours, theirs = student[:, column], teacher[:, column]
        sign = 1.0 if target.direction == "higher" else -1.0
        measures = [("spearman", spearman)]
        measures += [
            (f"recall of the best {TOP:.0%} in the best {share:.0%}", partial(_recall, share, sign))
            for share in READ
        ]
        for name, measure in measures:
            drawn = child_seed(seed, "fidelity", target.name, name)
            low, value, high = interval(measure, theirs, ours, seed=drawn, n=RESAMPLES)
            estimate = Estimate(low=_number(low), value=_number(value), high=_number(high))
            found.append(
                Fidelity(target=target.name, measure=name, compounds=len(student), student=estimate)
            )
    return tuple(found)


def _recall(share: float, sign: float, teacher: Floats, student: Floats) -> float:
    """Return the share of the teacher's best that stand in the best share of the student's."""
    n = len(teacher)
    top, read = (max(1, round(part * n)) for part in (TOP, share))
    wanted = inclusion(sign * teacher, top, higher_is_better=True)
    found = inclusion(sign * student, read, higher_is_better=True)
    return float((wanted * found).sum()) / top


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
