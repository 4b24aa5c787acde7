"""What a campaign over reagents has learned: the effects of reagents, reaction by reaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.campaign.reagents.effects import Effects
from hitsieve.campaign.reagents.features import similarity_coordinates
from hitsieve.metrics.regression import rmse, spearman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.reagents.choices import Choices
    from hitsieve.campaign.reagents.effects import Tables
    from hitsieve.campaign.reagents.space import SynthonSpace

    Floats = NDArray[np.float64]

KIND: Final = "effects"
_WIDTH: Final = 48
_LEAST_LEARNED: Final = 3
_JUDGED: Final = 2000


def coordinates_of(space: SynthonSpace, *, seed: int) -> list[list[Floats]]:
    """Return the coordinates of all reagents, by reaction and role; see :mod:`.features`."""
    return [
        [
            similarity_coordinates(space.reagents(number, role), _WIDTH, seed=seed)
            for role in range(len(plan.entries))
        ]
        for number, plan in enumerate(space.plans)
    ]


class Learned:
    """The posterior of effects of each reaction that was measured often enough.

    Parameters
    ----------
    coordinates
        Of all reagents, by reaction and role.
    choices
        (n, 1 + roles) measured products.
    values
        float64 (n,): what was measured, higher is better; none is NaN.
    """

    def __init__(
        self, coordinates: Sequence[Sequence[Floats]], choices: Choices, values: Floats
    ) -> None:
        self._choices, self._values = choices, values
        self._models: dict[int, Effects] = {}
        for block, parts in enumerate(coordinates):
            rows = np.flatnonzero(choices[:, 0] == block)
            if len(rows) >= _LEAST_LEARNED:
                places = choices[rows, 1 : 1 + len(parts)]
                self._models[block] = Effects(parts, places, values[rows])
        self._roles = {block: len(parts) for block, parts in enumerate(coordinates)}

    def __bool__(self) -> bool:
        return bool(self._models)

    def expected(self) -> dict[int, Tables]:
        """Return the expected effects, by reaction."""
        return {block: model.expected() for block, model in self._models.items()}

    def draw(self, rng: np.random.Generator) -> dict[int, Tables]:
        """Return one draw of all effects, by reaction."""
        return {block: model.draw(rng) for block, model in self._models.items()}

    def foretell(self, choices: Choices) -> tuple[Floats, Floats]:
        """Return expected values (n,) of products and how far measured ones may be off (n,).

        NaN for products of reactions of which nothing is known.
        """
        mean, std = np.full((2, len(choices)), np.nan)
        for block, model in self._models.items():
            rows = np.flatnonzero(choices[:, 0] == block)
            if len(rows):
                places = choices[rows, 1 : 1 + self._roles[block]]
                mean[rows], std[rows] = model.foretell(places)
        return mean, std

    def foretold(self, choices: Choices) -> Floats:
        """Return the expected values (n,) of products; NaN as in :meth:`foretell`, but faster."""
        mean = np.full(len(choices), np.nan)
        for block, tables in self.expected().items():
            rows = np.flatnonzero(choices[:, 0] == block)
            mean[rows] = tables.of(choices[rows, 1 : 1 + self._roles[block]])
        return mean

    def skills(self, *, seed: int) -> dict[str, Any]:
        """Return how well products are foretold by all others, as the surrogates of pools tell it.

        Judged on at most 2,000 of them, drawn at random.
        """
        rng = np.random.default_rng(seed)
        judged = np.sort(rng.permutation(len(self._values))[:_JUDGED])
        foretold = np.full(len(judged), np.nan)
        for block, model in self._models.items():
            here = np.flatnonzero(self._choices[judged, 0] == block)
            rows = judged[here]
            if len(rows):
                places = self._choices[rows, 1 : 1 + self._roles[block]]
                foretold[here] = model.left_out(places, self._values[rows])
        known = np.isfinite(foretold)
        found, real = foretold[known], self._values[judged][known]
        rank = spearman(real, found) if len(real) else 0.0  # NaN where nothing differs
        skill = {"spearman": rank if np.isfinite(rank) else 0.0, "rmse": rmse(real, found)}
        return {"labels": len(self._values), "chosen": KIND, "skills": {KIND: skill}}
