"""Several kinds of models as one scorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field, field_validator
from scipy.special import expit

from hitsieve.config import StrictConfig
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.prepared import BLOCK, Prepared
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.stacking import draw_to_process, log_odds
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.prepared import FingerprintMember
    from hitsieve.scoring.stacking import Stack
    from hitsieve.scoring.trees import Task

    Floats = NDArray[np.float64]

Kind = Literal["network", "gaussian_process", "support_vectors", "extra_trees"]
KERNEL_KINDS: Final = ("gaussian_process", "support_vectors")


class BlendConfig(StrictConfig):
    """Which models stand beside the graph networks, and how they are fitted."""

    members: tuple[Literal["gaussian_process", "support_vectors", "extra_trees"], ...] = Field(
        default=(), description="kinds beside the networks; none leaves the networks alone"
    )
    folds: int = Field(
        5, ge=2, le=20, description="parts left out in turn to learn what each member is worth"
    )
    penalties: tuple[float, ...] = Field(
        (1.0, 3.0, 10.0), min_length=1, description="C of the support vectors, chosen on the folds"
    )
    trees: ForestConfig = Field(
        default_factory=lambda: ForestConfig(trees=150, class_features=0.04),
        description="the extra trees",
    )
    plain_trees: float = Field(
        0.5,
        ge=0.0,
        le=1.0,
        description="share of extra trees of classes that look at reduced graphs and descriptors "
        "alone",
    )
    class_ratio: float | None = Field(
        3.0,
        gt=0.0,
        description="compounds of the commoner class that a tree learns from, for each of the "
        "rarer one; null: all",
    )
    max_compounds: int = Field(
        8000, ge=10, description="most compounds that kernel members learn from; of more, a part"
    )
    borrow: int = Field(
        4000,
        ge=0,
        description="most measurements of related targets that kernel members of one learn from",
    )

    @field_validator("members")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError(f"members are named twice: {value}")
        return value


class BlendScorer:
    """Weighted members: an ensemble of graph networks, kernel models, trees.

    The spread between networks of one ensemble is not counted: of a compound that is left out to
    calibrate intervals, only one network has a word, and both must be measured alike.

    Parameters
    ----------
    members
        By kind; at least one.
    stacks
        One per target, weights in the order of ``members``.

    Raises
    ------
    ValueError
        If there is no member, or members, stacks and targets do not fit each other.
    """

    def __init__(
        self, members: Mapping[str, GnnScorer | FingerprintMember], stacks: Sequence[Stack]
    ) -> None:
        self.members, self.stacks = dict(members), list(stacks)
        names = {member.targets for member in self.members.values()}
        if len(names) != 1:
            raise ValueError(f"members of a blend predict different targets: {sorted(names)}")
        self._names = names.pop()
        widths = {len(stack.weights) for stack in self.stacks}
        if len(self.stacks) != len(self._names) or widths != {len(self.members)}:
            raise ValueError(
                f"{len(self.stacks)} stacks of {sorted(widths)} weights for {len(self._names)} "
                f"targets and {len(self.members)} members"
            )

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        idle = [
            kind
            for place, (kind, member) in enumerate(self.members.items())
            if isinstance(member, GnnScorer)
            and not any(stack.weights[place] for stack in self.stacks)
        ]
        return self.combine(self.member_predictions(batch, Inputs.of(batch), idle))

    def member_predictions(
        self, batch: CompoundBatch, inputs: Inputs, idle: Collection[str] = ()
    ) -> list[Prediction]:
        """Return what each member says; ``inputs`` are those of the batch.

        Networks among ``idle`` kinds, which weigh nothing, are not asked: they say 0.
        """
        beside = {k: m for k, m in self.members.items() if not isinstance(m, GnnScorer)}
        silent = np.zeros((len(inputs), len(self._names)), np.float32)
        found = {
            kind: Prediction(silent, silent)
            if kind in idle
            else _without_spread(member.score(batch, inputs))
            for kind, member in self.members.items()
            if isinstance(member, GnnScorer)
        }
        found |= _in_blocks(beside, inputs, len(self._names)) if beside else {}
        return [found[kind] for kind in self.members]

    def left_out(self, said: Mapping[str, Prediction]) -> Prediction:
        """Blend what each kind said of compounds it had not seen."""
        return self.combine([said[kind] for kind in self.members])

    def combine(self, predictions: Sequence[Prediction]) -> Prediction:
        """Blend what the members say, given in their order."""
        values = np.stack([p.mean for p in predictions], axis=2).astype(np.float64)
        spreads = np.stack([p.std for p in predictions], axis=2).astype(np.float64)
        mean, std = np.empty(values.shape[:2], np.float32), np.empty(values.shape[:2], np.float32)
        for column, stack in enumerate(self.stacks):
            said = as_weighed(
                values[:, column], spreads[:, column], list(self.members), stack.task, stack.typical
            )
            mean[:, column] = stack.mean(said)
            std[:, column] = stack.std(said, spreads[:, column])
        return Prediction(mean, std)


def as_weighed(
    values: Floats, spreads: Floats, kinds: Sequence[str], task: Task, typical: float
) -> Floats:
    """Return what members say of one target, float64 (n, M), as a stack weighs it.

    See :func:`~.stacking.draw_to_process`; probabilities are drawn by their log odds. Without a
    Gaussian process among the kinds, or a typical spread of it, nothing changes.

    Parameters
    ----------
    values, spreads
        float64 (n, M): what members say, and their own spreads.
    kinds
        Of the M members.
    task, typical
        Of the target's :class:`~.stacking.Stack`.
    """
    if "gaussian_process" not in kinds or not typical > 0:
        return values
    process = kinds.index("gaussian_process")
    others = [place for place, kind in enumerate(kinds) if kind not in KERNEL_KINDS]
    classes = task == "classification"
    said = log_odds(values) if classes else values
    drawn = draw_to_process(said, process, others, spreads[:, process], typical)
    return expit(drawn) if classes else drawn


def _without_spread(prediction: Prediction) -> Prediction:
    return Prediction(prediction.mean, np.zeros_like(prediction.std))


def _in_blocks(
    members: Mapping[str, FingerprintMember], inputs: Inputs, targets: int
) -> dict[str, Prediction]:
    shape = (len(inputs), targets)
    found = {
        kind: Prediction(np.empty(shape, np.float32), np.empty(shape, np.float32))
        for kind in members
    }
    for start in range(0, len(inputs), BLOCK):
        rows: NDArray[np.int64] = np.arange(start, min(start + BLOCK, len(inputs)))
        block = Prepared(inputs.take(rows))
        for kind, member in members.items():
            part = member.score_prepared(block)
            found[kind].mean[rows], found[kind].std[rows] = part.mean, part.std
    return found
