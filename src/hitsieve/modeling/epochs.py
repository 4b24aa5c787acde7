"""Progress by epochs, read from the curves that members write wherever they run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_SECONDS = 0.5


class EpochWatch:
    """Counts lines of loss curves while its block runs, and tells how many there are.

    Members run in other processes, maybe on other machines; the files they write are what all
    executors have in common. A member that stops early leaves its last epochs out.

    Parameters
    ----------
    folder
        Of the curves, a line an epoch.
    total
        Epochs of all members together, at most.
    tell
        Called with epochs done and ``total``, from a thread, whenever there are more.
    """

    def __init__(self, folder: Path, total: int, tell: Callable[[int, int], None]) -> None:
        self.folder, self.total, self.tell = folder, total, tell
        self.told = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.tell(0, self.total)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended.set()
        self.thread.join()
        if kind is None:
            self.tell(self.total, self.total)

    def _watch(self) -> None:
        while not self.ended.wait(_SECONDS):
            found = sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*.jsonl"))
            if found > self.told:
                self.told = found
                self.tell(found, self.total)
