"""The learning rate as a function of the step."""

from __future__ import annotations

import math


def rate(step: int, *, warmup: int, total: int, final: float) -> float:
    """Share of the peak learning rate at a step.

    A linear rise from ``1 / warmup`` to 1, then half a cosine down to ``final``
    (Loshchilov and Hutter 2017, without restarts).

    Parameters
    ----------
    step
        Number of the step, from 0.
    warmup
        Steps of rise.
    total
        Steps in all; later ones stay at ``final``.
    final
        Share at the end, 0 to 1.

    Examples
    --------
    >>> [round(rate(s, warmup=2, total=6, final=0.0), 2) for s in range(7)]
    [0.5, 1.0, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done))
