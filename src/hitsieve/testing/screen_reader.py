"""A reader that looks at a screen again and again while others write it."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from hitsieve.errors import NotFoundError
from hitsieve.screen import screen_status
from hitsieve.screen.plan import PLAN_FILE
from hitsieve.store import Ledger
from hitsieve.store.files import temporary_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_LOOK_S: Final = 0.002


class Reader:
    """A thread that reads a screen again and again while others write it.

    Attributes
    ----------
    looks
        How often it has read.
    torn
        What it saw that nobody may see.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looks = 0
        self.torn: list[str] = []
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._look()
            self.looks += 1
            time.sleep(_LOOK_S)

    def _look(self) -> None:
        begun = (self.folder / PLAN_FILE).exists()
        try:
            status = screen_status(self.folder, top=5)
            before, self._seen = self._seen, set(Ledger(self.folder).committed())
            if before - self._seen:
                self.torn.append(f"commits went away: {sorted(before - self._seen)}")
            if any(not table.num_rows for table in status.top.values()) and status.compounds_done:
                self.torn.append(f"no top after {status.compounds_done} compounds")
            for path in list(self.folder.rglob("*")):
                if path.is_file() and temporary_of(path.name) is None:
                    _read_whole(path)
        except NotFoundError as error:
            if begun or "no screen in" not in error.message:
                self.torn.append(repr(error))
        except Exception as error:  # noqa: BLE001 - whatever a reader meets is the finding
            self.torn.append(f"{type(error).__name__}: {error}")


def _read_whole(path: Path) -> None:
    if path.suffix == ".json":
        json.loads(path.read_bytes())
    elif path.suffix == ".parquet":
        pq.ParquetFile(path).read()
