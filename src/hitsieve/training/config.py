"""Settings of the training loop."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from hitsieve.config import StrictConfig


class TrainingConfig(StrictConfig):
    """How networks are fitted.

    Parameters
    ----------
    members
        Networks in the ensemble; their spread is the model's uncertainty.
    epochs
        Passes over the data at most.
    batch_size
        Molecules a step; more where an epoch would have more than ``most_steps``.
    most_steps
        Steps an epoch at most. Larger sets take larger batches, in which gradients of many targets
        with gaps are less noisy, and which cost less. None: every batch is of ``batch_size``.
    learning_rate
        Peak of the schedule: a linear rise over ``warmup`` epochs, then half a cosine down
        to ``final_rate * learning_rate``.
    warmup
        Epochs of rise.
    final_rate
        Share of the peak rate at the last epoch.
    weight_decay
        Of AdamW; biases and scalars are spared.
    clip
        Largest norm of a step's gradient.
    patience
        Epochs without a better stopping loss after which a member ends.
    keep
        ``best`` keeps the weights of the epoch with the best stopping loss; ``last`` those of the
        last epoch, where the rate has come down and the stopping loss of a few dozen compounds
        is no good judge.
    holdout
        Share of the training part a member keeps for early stopping. Members keep
        different shares, so each compound teaches most members, and the validation part
        stays untouched for calibration. In a blend they leave out what the other members do
        (``blend.folds``).
    refit
        Networks that learn from the whole training part once members have told what networks
        are worth; they score in the members' place, as fingerprint models fitted to all
        compounds do. None: the members score. Needs ``keep: last``, since nothing is left to
        choose an epoch by.
    balance
        ``weighted`` lets both classes weigh alike, the rarer one at most ``max_class_weight`` times
        as much, and takes the shift out of the predicted log odds again; ``none`` leaves classes
        as they are.
    max_class_weight
        Upper limit of that weight.
    loss
        What an error of a regression target costs: ``square``, or ``huber``, which grows linearly
        beyond half a standard deviation of the labels, so that wrong labels pull less. Of networks
        alone: support vectors pay linearly anyway, and other members take squares.
    ranking
        Share of a regression target's loss that asks for the right order of pairs instead of
        right values, for docking scores and the like; the rest keeps the endpoint's unit.
    device
        Where networks are fitted: ``cpu``, ``cuda``, or ``auto`` for cuda where there is one. The
        same bytes for the same seed are promised on the processor only.
    processes
        Processes that share the batches of one network, through Ray Train; on GPUs one each.
        Members are then fitted one after the other.
    """

    members: int = Field(default=3, ge=1, le=100)
    epochs: int = Field(default=60, ge=1)
    batch_size: int = Field(default=32, ge=2)
    most_steps: int | None = Field(default=None, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    warmup: int = Field(default=2, ge=0)
    final_rate: float = Field(default=0.02, ge=0, le=1)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip: float = Field(default=5.0, gt=0)
    patience: int = Field(default=15, ge=1)
    keep: Literal["best", "last"] = "best"
    holdout: float = Field(default=0.1, gt=0, lt=0.5)
    refit: int = Field(default=0, ge=0, le=100)
    balance: Literal["weighted", "none"] = "weighted"
    max_class_weight: float = Field(default=20.0, ge=1)
    loss: Literal["square", "huber"] = "square"
    ranking: float = Field(default=0.0, ge=0, lt=1)
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    processes: int = Field(default=1, ge=1, le=1024)

    def steps(self, compounds: int) -> int:
        """Return how many steps an epoch over so many compounds has.

        Examples
        --------
        >>> [TrainingConfig(batch_size=32, most_steps=50).steps(n) for n in (20, 640, 64_000)]
        [1, 20, 50]
        """
        steps = max(1, compounds // self.batch_size)
        return steps if self.most_steps is None else min(steps, self.most_steps)

    @model_validator(mode="after")
    def _warmup_ends(self) -> Self:
        if self.warmup >= self.epochs:
            raise ValueError(f"warmup ({self.warmup}) must be below epochs ({self.epochs})")
        return self

    @model_validator(mode="after")
    def _refit_needs_no_stopping(self) -> Self:
        if self.refit and self.keep != "last":
            raise ValueError(
                f"refit ({self.refit}) learns from all compounds, and needs keep: last, "
                f"not {self.keep}"
            )
        return self
