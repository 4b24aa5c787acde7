"""How far a build is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["standardize", "featurize", "select", "write", "enumerate"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One message of a running build.

    Parameters
    ----------
    stage
        What is being done.
    done, total
        Records, products of an enumeration, or shards while a subset is cut; the total is an
        estimate in the first stage of a build.
    refused
        Records rejected or failed so far.
    seconds
        Since this stage started in this run.
    fresh
        Records done in this run; the others were done before it.
    """

    stage: Stage
    done: int
    total: int
    refused: int
    seconds: float
    fresh: int

    @property
    def rate(self) -> float:
        """Records a second in this run."""
        return self.fresh / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate of the time left in this stage; None before there is a rate."""
        return max(self.total - self.done, 0) / self.rate if self.rate > 0 else None


OnProgress = Callable[[Progress], None]
