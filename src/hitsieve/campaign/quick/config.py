"""Settings of quick surrogates."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, field_validator

from hitsieve.config import StrictConfig
from hitsieve.networks.config import NetworkConfig
from hitsieve.scoring.perceptron import PerceptronConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.training.config import TrainingConfig

Kind = Literal[
    "forest",
    "bit_process",
    "perceptron",
    "network",
    "gaussian_process",
    "support_vectors",
    "extra_trees",
]


_RICH: Final[tuple[Kind, ...]] = (
    "bit_process",
    "gaussian_process",
    "support_vectors",
    "extra_trees",
)
_FAST: Final[tuple[Kind, ...]] = ("bit_process", "perceptron")


class PruneConfig(StrictConfig):
    """Which compounds later rounds need not score any more.

    Parameters
    ----------
    loss
        Expected share of the top that may be given up in all rounds; 0 scores everything. Each
        round may spend half of what is left of it.
    top
        How many best compounds are wanted. Nothing is left out before a measured compound
        reaches the value that so many are expected to reach.
    """

    loss: float = Field(default=0.0, ge=0, lt=1)
    top: int = Field(default=100, ge=1)


class QuickConfig(StrictConfig):
    """Which surrogates are fitted each round, and how.

    Parameters
    ----------
    kind
        ``quick``.
    kinds
        None takes what suits the pool: ``bit_process``, ``gaussian_process``,
        ``support_vectors`` and ``extra_trees`` up to ``rich_pool`` compounds, ``bit_process``
        and ``perceptron`` beyond.
        ``forest``, ``bit_process`` and ``perceptron`` read packed fingerprints and are fast over
        a million compounds; ``gaussian_process``, ``support_vectors`` and ``extra_trees`` read
        count fingerprints and two hundred descriptors, about 4 ms a compound, computed once;
        ``network`` is a small ensemble of graph networks.
    rich_pool
        Most compounds of a pool whose count fingerprints are computed unasked.
    rescore
        So many compounds are scored in two stages: the best surrogate that reads packed columns
        scores the pool, and if one that reads count fingerprints ranks better, it scores the
        best of them again. 0 scores in one stage.
    blend
        Whether the weighted mean of all kinds competes too.
    folds
        Parts left out in turn to judge a surrogate.
    forest
        Trees of ``forest``.
    extra_trees
        Trees of ``extra_trees``.
    perceptron
        Networks of ``perceptron``, one a fold.
    network, training
        Shape and training of the graph networks, one a fold.
    fine_tune
        Whether perceptrons and graph networks go on from those of the round before, for half
        the epochs, instead of being retrained from scratch. A compound keeps its fold from round
        to round, so that no network has ever learned from the fold it is judged on.
    most_compounds
        Kernel models are fitted to so many compounds at most: the best half, and a random
        sample of the rest.
    prune
        What later rounds leave out.
    """

    kind: Literal["quick"] = "quick"
    kinds: tuple[Kind, ...] | None = Field(default=None, min_length=1)
    rich_pool: int = Field(default=200_000, ge=0)
    rescore: int = Field(default=0, ge=0)
    blend: bool = True
    folds: int = Field(default=5, ge=2, le=20)
    forest: ForestConfig = ForestConfig(trees=100)
    extra_trees: ForestConfig = ForestConfig(trees=150)
    perceptron: PerceptronConfig = PerceptronConfig()
    network: NetworkConfig = NetworkConfig(hidden=128, head_hidden=128)
    training: TrainingConfig = TrainingConfig(members=1, epochs=30)
    fine_tune: bool = False
    most_compounds: int = Field(default=4000, ge=50)
    prune: PruneConfig = PruneConfig()

    @field_validator("kinds")
    @classmethod
    def _distinct(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and len(set(value)) != len(value):
            raise ValueError(f"kinds are named twice: {value}")
        return value

    def kinds_for(self, pool: int) -> tuple[Kind, ...]:
        """Return the kinds that are fitted for a pool of so many compounds."""
        if self.kinds is not None:
            return self.kinds
        if pool <= self.rich_pool:
            return _RICH
        return tuple(dict.fromkeys(_FAST + _RICH)) if self.rescore else _FAST
