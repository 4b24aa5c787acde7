"""Networks on a GPU: one thread packs the next batches while the device computes.

Nothing here needs a GPU: on the processor the same code gives the same values, which is how it
is tested. Speed on a GPU is what ``benchmarks/gpu.py`` measures.
"""

from __future__ import annotations

import copy
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from hitsieve.errors import GoldenMismatchError, UsageError
from hitsieve.graphs.batch import batches_in_order
from hitsieve.graphs.expand import CodeTensors, Expander
from hitsieve.networks.reduced import in_bfloat16
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.scoring.gnn import OutputScale, one_thread
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.registry.config import TargetConfig
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.precision import Precision

Device = Literal["cpu", "cuda"]

DEVICE_ATOMS: Final = 131_072
"""Atoms in one pass: some 170 MB for each table of hidden states in bf16."""

AHEAD: Final = 3
"""Batches packed and on their way while one is computed."""

ON_CPU: Final = "score it with --device cpu"


def scoring_device(wanted: Device | Literal["auto"]) -> Device:
    """Return the kind of device to score on; ``auto`` is a GPU where this process sees one.

    Raises
    ------
    UsageError
        If a GPU is asked for and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise UsageError(
            "device is cuda, and this process sees no GPU that torch can use",
            cure="choose --device cpu or auto; on a cluster give workers a GPU with --gpus; "
            "`hitsieve doctor` shows what a machine has",
        )
    return "cuda"


class DeviceScorer:
    """An ensemble of networks on one device, as :class:`~hitsieve.scoring.gnn.GnnScorer` scores.

    Parameters
    ----------
    members
        Directed message-passing networks that read graphs alone; copied to the device.
    targets
        Names, tasks and scales of the outputs.
    device
        Any device of torch.
    precision
        ``bf16`` computes in bfloat16, all but the last layer.
    max_atoms
        Most atoms in one pass.
    compiled
        Whether torch compiles the networks first; takes minutes, for long runs.

    Raises
    ------
    ValueError
        If a network is of another kind.
    """

    def __init__(
        self,
        members: Sequence[GraphNetwork],
        targets: Sequence[TargetConfig],
        *,
        device: torch.device | str,
        precision: Precision = "fp32",
        max_atoms: int = DEVICE_ATOMS,
        compiled: bool = False,
    ) -> None:
        if not all(can_share(member) and member.side is None for member in members):
            raise ValueError("only D-MPNNs that read graphs alone have a form for devices")
        if any(member.config.spread for member in members):
            raise ValueError("networks that learned variances have no form for devices")
        self.device, self.precision, self.max_atoms = torch.device(device), precision, max_atoms
        made = [in_bfloat16(m) if precision == "bf16" else copy.deepcopy(m) for m in members]
        self.members = [m.eval().requires_grad_(requires_grad=False).to(self.device) for m in made]
        self.scale = OutputScale.of(targets)
        self._names = tuple(target.name for target in targets)
        self._predict = torch.compile(predict_shared, dynamic=True) if compiled else predict_shared
        depths = {member.config.depth for member in members}
        vocabulary = members[0].vocabulary
        self._expanders = {depth: Expander(vocabulary, depth, self.device) for depth in depths}

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        values = self.member_values(batch.graphs)
        return Prediction(
            values.mean(axis=0, dtype=np.float64).astype(np.float32),
            values.std(axis=0, dtype=np.float64).astype(np.float32),
        )

    def member_values(self, graphs: PackedGraphs) -> NDArray[np.float32]:
        """Return every member's values: float32 (members, n, T).

        Results stay on the device until all batches are on their way, so that it never waits
        for this process to look at one.
        """
        groups = batches_in_order(graphs, self.max_atoms)
        found: list[list[torch.Tensor]] = []
        with torch.inference_mode(), one_thread():
            for codes in self._ahead(graphs, groups):
                expanded = {depth: expand(codes) for depth, expand in self._expanders.items()}
                found.append(
                    [self._predict(m, expanded[m.config.depth]).float() for m in self.members]
                )
        raw = np.empty((len(self.members), len(graphs), len(self._names)), dtype=np.float32)
        for places, outputs in zip(groups, found, strict=True):
            for number, output in enumerate(outputs):
                raw[number, places] = output.cpu().numpy()
        return self.scale.apply(raw)

    def _ahead(
        self, graphs: PackedGraphs, groups: list[NDArray[np.int64]]
    ) -> Iterator[CodeTensors]:
        """Give the batches on the device; a thread packs those that follow."""
        pack = partial(_packed, graphs, pinned=self.device.type == "cuda")
        with ThreadPoolExecutor(1, "packing") as thread:
            waiting = deque(thread.submit(pack, places) for places in groups[:AHEAD])
            following = iter(groups[AHEAD:])
            while waiting:
                codes = waiting.popleft().result().to(self.device)
                waiting.extend(thread.submit(pack, places) for places in _next(following))
                yield codes


def check_parity(
    name: str,
    targets: Sequence[TargetConfig],
    here: Prediction,
    there: Prediction,
    tolerance: float,
) -> None:
    """Refuse a device that does not give the processor's values on the golden molecules.

    Parameters
    ----------
    name
        Of the model.
    targets
        Of the T columns.
    here, there
        Predictions of the same n molecules by the processor and by the device, in fp32.
    tolerance
        Largest difference, relative to a value's size plus its target's scale.

    Raises
    ------
    GoldenMismatchError
        Names the target and values that differ most.
    """
    scales = np.array([t.std if t.task == "regression" else 1.0 for t in targets])
    for quantity in ("mean", "std"):
        expected, found = getattr(here, quantity), getattr(there, quantity)
        excess = np.abs(found - expected) / (tolerance * (np.abs(expected) + scales))
        excess = np.nan_to_num(excess, nan=np.inf)
        row, column = divmod(int(np.argmax(excess)), excess.shape[1])
        if excess[row, column] > 1:
            raise GoldenMismatchError(
                f"{name}: {quantity} of {targets[column].name} is {found[row, column]:.6g} on the "
                f"device and {expected[row, column]:.6g} on the processor for golden molecule "
                f"{row}; {int((excess > 1).sum())} of {excess.size} values differ",
                cure=ON_CPU,
            )


def _packed(graphs: PackedGraphs, places: NDArray[np.int64], *, pinned: bool) -> CodeTensors:
    return CodeTensors.of(graphs.take(places), pinned=pinned)


def _next(following: Iterator[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    place = next(following, None)
    return [] if place is None else [place]
