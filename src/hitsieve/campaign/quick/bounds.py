"""Bounds among the labels of a quick surrogate: what they teach, and what they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.quick.bits import fit_bit_forest
from hitsieve.campaign.quick.kinds import deal
from hitsieve.campaign.quick.said import skill_of, stretched
from hitsieve.provenance import child_seed
from hitsieve.scoring.bounded import KEPT, expected_beyond

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds
    from hitsieve.campaign.quick.config import QuickConfig

    Floats = NDArray[np.float64]
    Signs = NDArray[np.int64]
    Mask = NDArray[np.bool_]

FEWEST: Final = 10
"""Exact values with which bounds can be completed and surrogates judged."""
_SIGNS: Final = {"<": -1, "=": 0, ">": 1}


@dataclass(frozen=True, slots=True)
class Labels:
    """What a quick surrogate learns from.

    Attributes
    ----------
    y
        float64 (n,): values, the wanted end high; for a bound its limit, or once completed the
        value that is expected beyond it.
    sign
        int64 (n,): 0 for an exact value, -1 where the true one is below, 1 where it is above.
    """

    y: Floats
    sign: Signs

    @classmethod
    def of(cls, values: Floats, relations: list[str], sign: float) -> Labels:
        """Take values with their relations; ``sign`` turns the wanted end up."""
        signs = np.array([_SIGNS[relation] for relation in relations], dtype=np.int64)
        return cls(sign * values, signs * int(sign))

    def __len__(self) -> int:
        return len(self.y)

    @property
    def bounds(self) -> int:
        """How many are bounds."""
        return int((self.sign != 0).sum())

    @property
    def judged(self) -> Mask:
        """Which predictions can be judged by: exact ones; all where hardly any are."""
        exact = self.sign == 0
        return exact if exact.sum() >= FEWEST else np.ones(len(self), bool)

    def reached(self) -> Floats:
        """Return what was surely reached, best first: exact values and limits of lower bounds."""
        found: Floats = np.sort(self.y[self.sign >= 0])[::-1]
        return found


def complete(
    labels: Labels, compounds: Compounds, config: QuickConfig, seed: int
) -> tuple[Labels, NDArray[np.int64]]:
    r"""Give upper and lower bounds the values that are expected beyond them.

    A forest learns from the exact values and foretells a mean and a spread for each compound with
    a bound; the value expected beyond the bound (:mod:`hitsieve.scoring.bounded`) takes its place.
    A bound that is kept with a probability of 0.9 or more by what exact values say teaches
    nothing, and is left out. With fewer than ten exact values, or all of them equal, bounds count
    with their limits: a campaign has to begin somewhere.

    Parameters
    ----------
    labels, compounds
        n values and bounds, and the compounds they are of.
    config
        Folds and trees of the forest.
    seed
        Of the forest.

    Returns
    -------
    Labels, int64 (m,)
        Of the compounds that teach something, and their places.
    """
    exact, bound = np.flatnonzero(labels.sign == 0), np.flatnonzero(labels.sign)
    every = np.arange(len(labels))
    if not len(bound) or len(exact) < FEWEST or np.ptp(labels.y[exact]) == 0:
        return labels, every
    chosen, known = child_seed(seed, "bounds"), labels.y[exact]
    folds = deal(len(exact), config.folds, chosen)
    fit = fit_bit_forest(compounds.take(exact), known, folds, config.forest, chosen)
    skill = skill_of(fit.left_out, known, higher_is_better=True)
    said = stretched(fit.model.predict(compounds.take(bound)), skill)
    spread = np.maximum(said.std, np.finfo(float).tiny)
    value, kept = expected_beyond(said.mean, spread, labels.y[bound], labels.sign[bound])
    y = labels.y.copy()
    y[bound] = value
    teaching = np.setdiff1d(every, bound[kept >= KEPT])
    return Labels(y[teaching], labels.sign[teaching]), teaching
