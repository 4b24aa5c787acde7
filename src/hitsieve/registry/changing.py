"""One process at a time changes the aliases and blocks of a model.

Records are read, changed and written as a whole: of two processes at once, one would undo what
the other did, and a version could become champion that was never judged beside the one before.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hitsieve.errors import IncompleteError
from hitsieve.store.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S: Final = 20.0
"""Seconds that a process waits for another one to finish its change."""

_LOOK_S: Final = 0.05


class Changing:
    """The right to change a model's records.

    Parameters
    ----------
    model
        Folder of the model; who changes it now is told in a folder ``changing`` in it.
    """

    def __init__(self, model: Path) -> None:
        self._lease = Lease(model / "changing", f"model {model.name!r}", grace_s=0.0)

    @contextmanager
    def alone(self, patience_s: float | None = None) -> Iterator[None]:
        """Wait until nobody else changes the model, and keep others waiting in the body.

        May be entered again inside itself. ``patience_s`` is :data:`PATIENCE_S` if not given.

        Raises
        ------
        IncompleteError
            If somebody else was at it all the time; names the process.
        StorageError
            If the storage refuses.
        """
        until = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
        while True:
            try:
                self._lease.__enter__()
                break
            except IncompleteError:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_S)
        try:
            yield
        finally:
            self._lease.__exit__(None, None, None)
