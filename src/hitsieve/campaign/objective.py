"""What several targets are wished to be together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, model_validator

from hitsieve.acquisition.desirability import TransformConfig, aggregate, chebyshev
from hitsieve.config import StrictConfig
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

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
        from another direction each round, so that the whole Pareto front is reached (labels
        then count by the geometric mean).
    """

    components: tuple[ComponentConfig, ...] = Field(min_length=1)
    aggregate: Literal["geometric_mean", "mean", "worst", "pareto"] = "geometric_mean"

    @property
    def targets(self) -> list[str]:
        """Targets that are measured, each once."""
        return list(dict.fromkeys(one.target for one in self.components if one.target))

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
