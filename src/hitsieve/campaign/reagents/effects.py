"""What each reagent, and each pair of kinds of reagents, brings to a product's value.

A product's value is modelled as a sum over its reagents and over pairs of them,

    y = m + sum_r (e_r . a + o_r) + sum_{r<s} f_r B f_s + noise,

where ``e`` and ``f`` are coordinates of a reagent (:mod:`hitsieve.campaign.reagents.features`,
``f`` the first few), ``o`` what a reagent has of its own, and all coefficients are normal a
priori. So every reagent has a normal posterior, joint with all others, and one that was never
tried borrows from similar ones. The variances of the groups of coefficients and of the noise
maximize the evidence (MacKay, Neural Computation 4 (1992) 415).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Choices = NDArray[np.int64]

PAIR_WIDTH: Final = 12
_MOST_OWN: Final = 400
_STEPS: Final = 4
_LEAST_NOISE: Final = 1e-4
_BOUNDS: Final = (1e-2, 1e6)


@dataclass(frozen=True, slots=True)
class Tables:
    """One set of coefficients, as what each reagent and each pair brings.

    Attributes
    ----------
    single
        For each role, float64 (n_r,): what each of its reagents adds.
    left, right
        For each pair of roles r < s, in the order of ``itertools.combinations``, float64
        (n_r, p) and (n_s, p): the inner product of two rows is what the pair adds.
    """

    single: tuple[Floats, ...]
    left: tuple[Floats, ...]
    right: tuple[Floats, ...]

    def pair(self, role: int, other: int, rows: Choices, columns: Choices) -> Floats:
        """Return what reagents of two roles add together: (len(rows), len(columns))."""
        low, high = min(role, other), max(role, other)
        place = list(itertools.combinations(range(len(self.single)), 2)).index((low, high))
        if role == low:
            return self.left[place][rows] @ self.right[place][columns].T
        return self.right[place][rows] @ self.left[place][columns].T

    def of(self, choices: Choices) -> Floats:
        """Return the values (n,) of products; choices (n, roles) are places of reagents."""
        total = np.zeros(len(choices))
        for role, single in enumerate(self.single):
            total += single[choices[:, role]]
        pairs = itertools.combinations(range(len(self.single)), 2)
        for (r, s), left, right in zip(pairs, self.left, self.right, strict=True):
            total += (left[choices[:, r]] * right[choices[:, s]]).sum(axis=1)
        return total


class Effects:
    """The posterior of all effects, given measured products.

    Parameters
    ----------
    coordinates
        For each role, (n_r, w) coordinates of its reagents.
    choices
        int64 (n, roles): places of the reagents of the measured products.
    values
        float64 (n,): what was measured; higher is better.
    """

    def __init__(self, coordinates: Sequence[Floats], choices: Choices, values: Floats) -> None:
        self._coordinates = coordinates
        self._own = [_tried(choices[:, role], len(part)) for role, part in enumerate(coordinates)]
        design, groups = self._design(choices)
        self.center, self.width = float(values.mean()), float(values.std()) or 1.0
        y = (values - self.center) / self.width
        gram, moment = design.T @ design, design.T @ y
        self.noise = 0.2
        precision = np.ones(groups.max() + 1)
        for step in range(_STEPS + 1):
            matrix = gram / self.noise
            matrix[np.diag_indices(len(matrix))] += precision[groups]
            self._factor = cho_factor(matrix, lower=True)
            self._mean = cho_solve(self._factor, moment / self.noise)
            if step == _STEPS:
                break
            half = solve_triangular(self._factor[0], np.eye(len(matrix)), lower=True)
            spread = (half**2).sum(axis=0)
            settled = 1 - precision[groups] * spread
            precision = np.array(
                [
                    settled[groups == g].sum() / max(1e-9, (self._mean[groups == g] ** 2).sum())
                    for g in range(len(precision))
                ]
            ).clip(*_BOUNDS)
            error = float(((y - design @ self._mean) ** 2).sum())
            self.noise = max(_LEAST_NOISE, error / max(1.0, len(y) - settled.sum()))

    def expected(self) -> Tables:
        """Return the posterior mean."""
        return self._tables(self._mean)

    def draw(self, rng: np.random.Generator) -> Tables:
        """Return one draw of the posterior."""
        noise = rng.standard_normal(len(self._mean))
        return self._tables(
            self._mean + solve_triangular(self._factor[0], noise, lower=True, trans="T")
        )

    def foretell(self, choices: Choices) -> tuple[Floats, Floats]:
        """Return the expected values (n,) of products, and how far measured ones may be off (n,).

        The second is the standard deviation of effects and noise together.
        """
        design, _ = self._design(choices)
        mean = design @ self._mean * self.width + self.center
        return mean, np.sqrt(self._variance(design) + self.noise) * self.width

    def left_out(self, choices: Choices, values: Floats) -> Floats:
        """Return what each of some learned products would be foretold without itself: (n,).

        Exact for the variances that were found with it (Cook and Weisberg, Residuals and
        Influence in Regression, 1982, ch. 2).
        """
        design, _ = self._design(choices)
        fitted = design @ self._mean * self.width + self.center
        leverage = np.minimum(self._variance(design) / self.noise, 1 - 1e-6)
        found: Floats = values - (values - fitted) / (1 - leverage)
        return found

    def _variance(self, design: Floats) -> Floats:
        half = solve_triangular(self._factor[0], design.T, lower=True)
        found: Floats = (half**2).sum(axis=0)
        return found

    def _design(self, choices: Choices) -> tuple[Floats, NDArray[np.int64]]:
        parts: list[Floats] = []
        for role, (coordinates, own) in enumerate(zip(self._coordinates, self._own, strict=True)):
            parts.append(coordinates[choices[:, role]])
            parts.append((choices[:, role, None] == own[None, :]).astype(np.float64))
        for r, s in itertools.combinations(range(len(self._coordinates)), 2):
            left = self._coordinates[r][choices[:, r], :PAIR_WIDTH]
            right = self._coordinates[s][choices[:, s], :PAIR_WIDTH]
            parts.append((left[:, :, None] * right[:, None, :]).reshape(len(choices), -1))
        groups = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
        return np.concatenate(parts, axis=1), groups

    def _tables(self, coefficients: Floats) -> Tables:
        rest = coefficients * self.width
        single, left, right = [], [], []
        for role, (coordinates, own) in enumerate(zip(self._coordinates, self._own, strict=True)):
            width = coordinates.shape[1]
            effect = coordinates @ rest[:width]
            effect[own] += rest[width : width + len(own)]
            rest = rest[width + len(own) :]
            single.append(effect + (self.center if role == 0 else 0.0))
        for r, s in itertools.combinations(range(len(self._coordinates)), 2):
            f, g = self._coordinates[r][:, :PAIR_WIDTH], self._coordinates[s][:, :PAIR_WIDTH]
            size = f.shape[1] * g.shape[1]
            left.append(f @ rest[:size].reshape(f.shape[1], g.shape[1]))
            right.append(g)
            rest = rest[size:]
        return Tables(tuple(single), tuple(left), tuple(right))


def _tried(places: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return the reagents tried most often, as far as one of their own effect is afforded."""
    counts = np.bincount(places, minlength=n)
    order = np.argsort(-counts, kind="stable")[:_MOST_OWN]
    return np.sort(order[counts[order] > 0])
