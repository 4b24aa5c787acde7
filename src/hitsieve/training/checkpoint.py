"""A fit's state between two epochs, on disk: what a killed training goes on from.

A file holds every number that the rest of the fit depends on, so that the fit which goes on ends
with the same bytes as one that was never disturbed. Plain arrays and JSON: nothing in it runs.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from hitsieve.networks.config import NETWORK_VERSION
from hitsieve.provenance import fingerprint
from hitsieve.store.files import write_atomic
from hitsieve.training.fitted import Epoch

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.scaling import Scaling

_LOG = logging.getLogger(__name__)
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a fit stands after an epoch.

    Attributes
    ----------
    history
        The epochs so far.
    best, best_loss
        Number of the epoch whose weights would be kept, and its stopping loss.
    model, kept
        Weights now, and of that epoch.
    optimizer
        What the optimizer remembers of each parameter, as ``<parameter>.<name>``.
    order
        State of the generator that shuffles.
    noise
        uint8: state of the generator that dropout draws from.
    """

    history: tuple[Epoch, ...]
    best: int
    best_loss: float
    model: dict[str, Tensor]
    kept: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    order: dict[str, Any]
    noise: Tensor


def fit_digest(
    network: NetworkConfig,
    config: TrainingConfig,
    data: tuple[TrainingSet, TrainingSet],
    scaling: Scaling,
    start: dict[str, Tensor],
    seed: int,
) -> str:
    """Return the identity of a fit: a hash of all that its result depends on on one machine.

    Parameters
    ----------
    network, config
        Settings.
    data
        What the weights learn from, and what chooses the epoch.
    scaling
        Of the targets.
    start
        Weights before the first step.
    seed
        Of everything random.
    """
    settings = {
        "format": _FORMAT,
        "code": NETWORK_VERSION,
        "torch": torch.__version__,
        "network": network.model_dump(mode="json"),
        "training": config.model_dump(mode="json"),
        "tasks": data[0].tasks,
        "seed": seed,
    }
    digest = hashlib.sha256(fingerprint(settings, length=64).encode())
    for array in (scaling.mean, scaling.std, scaling.positive_weight):
        _add(digest, array)
    for name, tensor in start.items():
        digest.update(name.encode())
        _add(digest, tensor.detach().cpu().numpy())
    for part in data:
        graphs = part.graphs
        for array in (graphs.n_atoms, graphs.n_bonds, graphs.atom_codes, graphs.bond_index):
            _add(digest, array)
        for extra in (graphs.bond_codes, part.y, part.relation, part.side):
            if extra is not None:
                _add(digest, extra)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, array: np.ndarray) -> None:
    digest.update(f"{array.dtype}{array.shape}".encode())
    digest.update(array.tobytes())


def write_snapshot(path: Path, snapshot: Snapshot, digest: str) -> None:
    """Write a fit's state, all at once: a kill leaves the file before or the file after.

    Raises
    ------
    StorageError
        If the disk does not take it.
    """
    tensors = {"noise": snapshot.noise}
    for group in ("model", "kept", "optimizer"):
        for name, value in getattr(snapshot, group).items():
            tensors[f"{group}.{name}"] = value.detach().cpu().contiguous()
    facts = {
        "history": [asdict(epoch) for epoch in snapshot.history],
        "best": snapshot.best,
        "best_loss": snapshot.best_loss,
        "order": snapshot.order,
    }
    metadata = {"digest": digest, "state": json.dumps(facts)}
    write_atomic(path, save(tensors, metadata))


def read_snapshot(path: Path, digest: str) -> Snapshot | None:
    """Return where a fit stands; None if there is no file, or it belongs to another fit.

    A file that cannot be read is told in the log, and the fit starts anew.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("digest") != digest:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        facts = json.loads(metadata["state"])
        return Snapshot(
            history=tuple(Epoch(**epoch) for epoch in facts["history"]),
            best=facts["best"],
            best_loss=facts["best_loss"],
            model=_group(tensors, "model"),
            kept=_group(tensors, "kept"),
            optimizer=_group(tensors, "optimizer"),
            order=facts["order"],
            noise=tensors["noise"],
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        _LOG.warning("%s is no readable checkpoint and is not used: %s", path, error)
        return None


def _group(tensors: dict[str, Tensor], group: str) -> dict[str, Tensor]:
    start = f"{group}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
