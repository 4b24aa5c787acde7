"""What several targets are wished to be together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from hitsieve.acquisition.desirability import TransformConfig, aggregate, chebyshev
from hitsieve.config import StrictConfig
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEAST: Final = 1e-6
_PROPERTIES: Final = tuple(column.name for column in DESCRIPTORS)


class ComponentConfig(StrictConfig):
    """One wish.

    Parameters
    ----------
    target
        Target of one of the oracles; either this or ``property``.
    property
        Descriptor of the library, such as ``clogp``: known without a measurement.
    transform
        From its value to a desirability.
    weight
        How much it counts.
    """

    target: str = ""
    property: str = ""
    transform: TransformConfig
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.target) == bool(self.property):
            raise ValueError("a component has either `target` or `property`")
        if self.property and self.property not in _PROPERTIES:
            raise ValueError(f"property {self.property!r} is none of {', '.join(_PROPERTIES)}")
        return self


class ObjectiveConfig(StrictConfig):
    """What several wishes come to.

    Parameters
    ----------
    components
        The wishes, at least one of them measured.
    aggregate
        ``geometric_mean``, ``mean`` or ``worst`` of the desirabilities; ``pareto`` looks at them
        from several directions in each round, so that the whole Pareto front is reached. The
        utility that is told, foretold and measured, is then the geometric mean.
    directions
        From how many directions a round of ``pareto`` looks; each chooses its share of the batch.
    """

    components: tuple[ComponentConfig, ...] = Field(min_length=1)
    aggregate: Literal["geometric_mean", "mean", "worst", "pareto"] = "geometric_mean"
    directions: int = Field(default=16, ge=1)

    @property
    def targets(self) -> list[str]:
        """Targets that are measured, each once."""
        return list(dict.fromkeys(one.target for one in self.components if one.target))

    @property
    def names(self) -> list[str]:
        """What each wish is about, once each: two wishes for one value are numbered."""
        found = [one.target or one.property for one in self.components]
        return [
            name if found.count(name) == 1 else f"{name} {found[:place].count(name) + 1}"
            for place, name in enumerate(found)
        ]

    @property
    def looks_around(self) -> bool:
        """Whether a round looks from several directions."""
        return self.aggregate == "pareto"

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of what decides picks; how often one looks around only where one does."""
        left_out = set() if self.looks_around else {"directions"}
        return self.model_dump(mode="json", exclude=left_out)

    @property
    def wishes(self) -> dict[str, Any]:
        """JSON values of what decides the utility of measured values."""
        return self.model_dump(mode="json", exclude={"directions"})

    def drawn(self, seed: int) -> tuple[tuple[float, ...], ...]:
        """Draw the directions of a round, each uniform among all; none but for ``pareto``."""
        if not self.looks_around:
            return ()
        rng = np.random.default_rng(seed)
        drawn = rng.dirichlet(np.ones(len(self.components)), self.directions)
        return tuple(tuple(one) for one in np.maximum(drawn, _LEAST).tolist())

    @model_validator(mode="after")
    def _measures(self) -> Self:
        if not self.targets:
            raise ValueError("no component has a `target`: nothing would be measured")
        return self

    def join(self, parts: Floats, direction: Sequence[float] | None = None) -> Floats:
        """Return the utility of desirabilities (..., C), looked at from a direction if given."""
        weights = [one.weight for one in self.components]
        if direction is not None:
            return chebyshev(parts, [w * d for w, d in zip(weights, direction, strict=True)])
        kind = "geometric_mean" if self.aggregate == "pareto" else self.aggregate
        return aggregate(kind, parts, weights)
