"""Whether a model may be scored in bfloat16: its ranks must stay, and it must be faster.

A bundle's golden molecules are scored in both precisions. The Spearman correlation of each
target must be at least 0.9999 and no prediction may move by more than a fiftieth of the spread
of all, or bfloat16 is refused, on this machine and at every load: a fast wrong answer is the worst
of all.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from hitsieve.errors import GoldenMismatchError
from hitsieve.metrics.regression import spearman
from hitsieve.scoring.gnn import one_thread

if TYPE_CHECKING:
    from hitsieve.scoring.protocol import Prediction

Precision = Literal["fp32", "bf16"]

LEAST_SPEARMAN: Final = 0.9999
LARGEST_SHIFT: Final = 0.02
"""Of a prediction, in standard deviations of the golden predictions."""
IN_FLOAT: Final = "score it in fp32, or with --precision auto"
LEAST_GAIN: Final = 1.3
"""Ratio of matrix rates from which bfloat16 is worth it."""
_SIZE: Final = (2048, 512, 512)


def check_agreement(
    name: str, targets: tuple[str, ...], exact: Prediction, reduced: Prediction
) -> None:
    """Refuse a reduced precision that changes predictions of the golden molecules.

    Parameters
    ----------
    name
        Of the model.
    targets
        Of the T columns.
    exact, reduced
        Predictions of the same n molecules in single and in reduced precision.

    Raises
    ------
    GoldenMismatchError
        Names the target, what was found and what is needed.
    """
    for column, target in enumerate(targets):
        ours = reduced.mean[:, column].astype(np.float64)
        theirs = exact.mean[:, column].astype(np.float64)
        spread = float(theirs.std())
        shift = float(np.abs(ours - theirs).max()) / spread if spread > 0 else np.inf
        rank = spearman(theirs, ours) if np.isfinite(ours).all() else np.nan
        # written so that a NaN refuses too
        if not (rank >= LEAST_SPEARMAN and shift <= LARGEST_SHIFT):
            raise GoldenMismatchError(
                f"{name}: in bf16, {target} of the golden molecules has rank correlation "
                f"{rank:.6f} with fp32 ({LEAST_SPEARMAN} is needed) and moves by up to "
                f"{shift:.4f} standard deviations ({LARGEST_SHIFT} is allowed)",
                cure=IN_FLOAT,
            )


def matrix_gain() -> float:
    """Measure how many times as fast bfloat16 products are as single ones, on one thread."""
    rows, inner, columns = _SIZE
    seconds = {}
    with torch.inference_mode(), one_thread():
        for kind in (torch.float32, torch.bfloat16):
            left = torch.ones(rows, inner, dtype=kind)
            right = torch.ones(inner, columns, dtype=kind)
            seconds[kind] = min(_seconds(left, right) for _ in range(5))
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    started = time.perf_counter()
    torch.mm(left, right)
    return time.perf_counter() - started
