"""An ensemble of graph networks as a scorer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from hitsieve.graphs.batch import batches_by_size, batches_in_order, make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.networks.memory import keep_freed_memory
from hitsieve.networks.reduced import in_bfloat16
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.protocol import Prediction
from hitsieve.training.losses import LOG_VARIANCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hitsieve.graphs.environments import Environments
    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.registry.config import TargetConfig
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.precision import Precision

MAX_ATOMS: Final = 131_072
"""Atoms numbered together where equal environments are shared: more share more, up to here."""

CACHED_ATOMS: Final = 4096
"""Atoms in one pass where nothing is shared: hidden states then stay in the cache."""


@dataclass(frozen=True, slots=True)
class OutputScale:
    """From a network's raw outputs to values: ``output * std + mean``, per target.

    Attributes
    ----------
    mean, std
        float32 (T,).
    logistic
        bool (T,): whether the logistic function follows (classification).
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    logistic: NDArray[np.bool_]

    @classmethod
    def of(cls, targets: Sequence[TargetConfig]) -> OutputScale:
        """Collect the scales of a bundle's targets."""
        return cls(
            np.array([t.mean for t in targets], dtype=np.float32),
            np.array([t.std for t in targets], dtype=np.float32),
            np.array([t.task == "classification" for t in targets], dtype=bool),
        )

    def apply(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return values for raw outputs (..., T)."""
        scaled: NDArray[np.float32] = raw * self.std + self.mean
        if not self.logistic.any():
            return scaled
        with np.errstate(over="ignore"):  # exp of a large negative logit is inf, 1 / inf is 0
            probability = np.float32(1) / (np.float32(1) + np.exp(-scaled))
        values: NDArray[np.float32] = np.where(self.logistic, probability, scaled)
        return values


class GnnScorer:
    """Mean and spread over an ensemble of graph networks.

    Each member's raw output is brought to the endpoint's unit (regression) or to a probability
    (classification) first; mean and standard deviation (``ddof=0``) are over members. One
    member has spread 0. Networks that learned a variance add its mean over members to theirs
    (Lakshminarayanan et al., NeurIPS 2017).

    Molecules are cut into passes by the content of the batch alone, so the same batch gives the
    same bits wherever it is scored. One thread is used: workers share a machine.

    Parameters
    ----------
    members
        At least one network; all with the same vocabulary and as many outputs as targets.
    targets
        Names, tasks and scales of the outputs.
    max_atoms
        Most atoms in one pass; chosen by the kind of network if not given.
    precision
        ``bf16`` computes in bfloat16, all but the last layer; for networks that share equal
        environments and read nothing beside graphs. Whether a model allows it is for
        :func:`hitsieve.scoring.precision.check_agreement` to say.

    Raises
    ------
    ValueError
        If there is no member, members do not fit the targets or each other, or they have no form
        in that precision.
    """

    def __init__(
        self,
        members: Sequence[GraphNetwork],
        targets: Sequence[TargetConfig],
        *,
        max_atoms: int | None = None,
        precision: Precision = "fp32",
    ) -> None:
        _check_members(members, len(targets))
        keep_freed_memory()
        self.members = [member.eval().requires_grad_(requires_grad=False) for member in members]
        self.vocabulary = members[0].vocabulary
        self.scale = OutputScale.of(targets)
        self.shared = all(can_share(member) for member in members)
        self.max_atoms = max_atoms or (MAX_ATOMS if self.shared else CACHED_ATOMS)
        self._names = tuple(target.name for target in targets)
        self.precision = precision
        if precision == "bf16" and not (self.shared and all(m.side is None for m in self.members)):
            raise ValueError(
                "only networks that share environments and read graphs alone have bf16"
            )
        self._computing = (
            self.members if precision == "fp32" else [in_bfloat16(m) for m in self.members]
        )

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch, inputs: Inputs | None = None) -> Prediction:
        """Predict all targets of all compounds of a batch.

        Fingerprints and descriptors are computed from its SMILES where the networks read them,
        unless ``inputs`` has them already.
        """
        outputs = self._outputs(batch, inputs)
        values = self.scale.apply(outputs[..., : len(self._names)])
        if any(member.config.spread for member in self.members):
            return _with_noise(values, outputs[..., len(self._names) :], self.scale)
        if len(values) == 1:
            none = np.where(np.isfinite(values[0]), np.float32(0), np.float32(np.nan))
            return Prediction(values[0], none)
        return Prediction(
            values.mean(axis=0, dtype=np.float64).astype(np.float32),
            values.std(axis=0, dtype=np.float64).astype(np.float32),
        )

    def member_values(
        self, batch: CompoundBatch, inputs: Inputs | None = None
    ) -> NDArray[np.float32]:
        """Return every member's values: float32 (members, n, T)."""
        return self.scale.apply(self._outputs(batch, inputs)[..., : len(self._names)])

    def _outputs(self, batch: CompoundBatch, inputs: Inputs | None) -> NDArray[np.float32]:
        """Return every member's raw outputs: values, and log variances where they are learned."""
        beside = any(member.side is not None for member in self.members)
        read = (inputs or Inputs.of(batch)) if beside else None
        width = len(self._names) * (2 if self.members[0].config.spread else 1)
        raw = np.empty((len(self.members), len(batch), width), dtype=np.float32)
        with torch.inference_mode(), one_thread():
            for group, places in enumerate(self._groups(batch.graphs)):
                side = None if read is None else torch.from_numpy(read.take(places).side())
                for number, outputs in enumerate(self._pass(batch, group, places, side)):
                    raw[number, places] = outputs.numpy()
        return raw

    def _groups(self, graphs: PackedGraphs) -> list[NDArray[np.int64]]:
        if self.shared:
            return batches_in_order(graphs, self.max_atoms)
        return batches_by_size(graphs, self.max_atoms, self.max_atoms)

    def _pass(
        self, batch: CompoundBatch, group: int, places: NDArray[np.int64], side: torch.Tensor | None
    ) -> Iterator[torch.Tensor]:
        """Give each member's raw outputs; what members and models have in common is made once."""
        if not self.shared:
            tensors = make_batch(batch.graphs, places, self.vocabulary)
            yield from (member(tensors, side) for member in self._computing)
            return
        for member in self._computing:
            depth = member.config.depth
            found = batch.once(
                ("environments", self.vocabulary.fingerprint, depth, self.max_atoms, group),
                partial(_numbered, batch.graphs, places, self.vocabulary, depth),
            )
            yield predict_shared(member, found, side)


def _numbered(
    graphs: PackedGraphs, places: NDArray[np.int64], vocabulary: Vocabulary, depth: int
) -> Environments:
    return find_environments(graphs.take(places), vocabulary, depth)


def _with_noise(
    values: NDArray[np.float32], log_variance: NDArray[np.float32], scale: OutputScale
) -> Prediction:
    """Join the variance between members (members, n, T) with the mean of those they learned."""
    noise = np.exp(np.clip(log_variance, *LOG_VARIANCE).astype(np.float64)).mean(axis=0)
    noise = np.where(scale.logistic, 0.0, noise * scale.std.astype(np.float64) ** 2)
    between = values.var(axis=0, dtype=np.float64)
    return Prediction(
        values.mean(axis=0, dtype=np.float64).astype(np.float32),
        np.sqrt(between + noise).astype(np.float32),
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread inside the block; then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check_members(members: Sequence[GraphNetwork], n_targets: int) -> None:
    if not members:
        raise ValueError("an ensemble needs at least one member")
    for number, member in enumerate(members):
        if member.n_targets != n_targets:
            raise ValueError(
                f"member {number} has {member.n_targets} outputs for {n_targets} targets"
            )
        if member.config.spread != members[0].config.spread:
            raise ValueError(f"member {number} learns variances, or does not, unlike member 0")
        if member.vocabulary.fingerprint != members[0].vocabulary.fingerprint:
            raise ValueError(f"member {number} has another vocabulary than member 0")
