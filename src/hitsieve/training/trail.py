"""What a fit leaves behind while it runs: a line an epoch, and a state to go on from."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from hitsieve.store.files import make_folder
from hitsieve.training.checkpoint import read_snapshot, write_snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.training.checkpoint import Snapshot
    from hitsieve.training.fitted import Epoch


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a fit writes while it runs.

    Attributes
    ----------
    curves
        Folder for loss curves: ``<name>.jsonl``, a line an epoch, written as epochs end.
    checkpoints
        Folder for states: ``<name>-<identity of the fit>.safetensors``. Nodes of a cluster
        must share it for a fit to go on elsewhere.
    seconds
        Least time between two states.
    name
        Of the fit; members of an ensemble have names of their own.
    writes
        Whether this process writes; one that shares a fit with others may only read.
    """

    curves: Path | None = None
    checkpoints: Path | None = None
    seconds: float = 10.0
    name: str = "network"
    writes: bool = True

    def of(self, name: str) -> Trail:
        """Return the trail of a fit with another name, in the same folders."""
        return replace(self, name=name)

    def start(self, digest: str) -> Steps:
        """Return the trail of one fit, known by its identity."""
        curve = path = None
        if self.curves is not None and self.writes:
            curve = make_folder(self.curves) / f"{self.name}.jsonl"
        if self.checkpoints is not None:
            path = self.checkpoints / f"{self.name}-{digest[:16]}.safetensors"
        return Steps(digest, curve, path, self.seconds, self.writes)


@dataclass(slots=True)
class Steps:
    """The trail of one fit under way; see :class:`Trail`."""

    digest: str
    curve: Path | None
    path: Path | None
    seconds: float
    writes: bool
    _saved: float = field(default_factory=time.monotonic)

    def resume(self) -> Snapshot | None:
        """Return where the fit was interrupted, and write its curve up to there; None if new."""
        found = None if self.path is None else read_snapshot(self.path, self.digest)
        if self.curve is not None:
            self.curve.write_text("".join(map(_line, found.history if found else ())))
        return found

    def epoch(self, epoch: Epoch) -> None:
        """Add an epoch to the curve."""
        if self.curve is not None:
            with self.curve.open("a") as stream:
                stream.write(_line(epoch))

    def due(self, *, ended: bool) -> bool:
        """Tell whether a state is to be written: at the end, or when time has passed."""
        late = time.monotonic() - self._saved >= self.seconds
        return self.writes and self.path is not None and (ended or late)

    def save(self, snapshot: Snapshot) -> None:
        """Write a state."""
        if self.writes and self.path is not None:
            make_folder(self.path.parent)
            write_snapshot(self.path, snapshot, self.digest)
            self._saved = time.monotonic()


def _line(epoch: Epoch) -> str:
    return json.dumps(asdict(epoch)) + "\n"


def read_curve(path: Path) -> list[Epoch]:
    """Return the epochs of a curve; a line that is being written is left out."""
    from hitsieve.training.fitted import Epoch

    lines = path.read_text().split("\n")[:-1]
    return [Epoch(**json.loads(line)) for line in lines]
