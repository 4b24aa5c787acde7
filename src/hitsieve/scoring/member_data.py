"""What members of a blend learn from, and what fitting one gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.inputs import Inputs
    from hitsieve.scoring.prepared import FingerprintMember
    from hitsieve.scoring.trees import Task

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedMember:
    """A member and its word on compounds it had not seen.

    Attributes
    ----------
    scorer
        Fitted to all training compounds.
    left_out
        Predictions of the n training compounds when their fold is left out; NaN where not
        measured.
    """

    scorer: FingerprintMember
    left_out: Prediction


@dataclass(frozen=True, slots=True)
class MemberData:
    """Training compounds with their labels.

    Attributes
    ----------
    inputs
        Of n compounds.
    y
        float64 (n, T): values, or 0 and 1; NaN where not measured.
    targets, tasks
        Name and task of each column.
    groups
        int64 (n,): compounds of one family are left out together; each alone if None.
    """

    inputs: Inputs
    y: Floats
    targets: tuple[str, ...]
    tasks: tuple[Task, ...]
    groups: NDArray[np.int64] | None = None

    def unsaid(self) -> Prediction:
        """Return predictions of the n compounds that are all missing."""
        return Prediction(*(np.full(self.y.shape, np.nan, np.float32) for _ in range(2)))
