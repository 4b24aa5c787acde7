"""How long to fuzz, and a watchdog that names the input a crash or hang happened on."""

from __future__ import annotations

import faulthandler
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HANG_S = 300.0


class Campaign:
    """Rounds of hypothesis until the time is up, each from a seed of its own.

    Parameters
    ----------
    folder
        Where the input at work is kept, for a crash that takes the process along.
    seconds
        Time of the whole campaign.
    first_seed
        Seed of the first round; the next ones count up.
    """

    def __init__(self, folder: Path, seconds: float, first_seed: int) -> None:
        self._current = (folder / "current-input").open("wb")
        self._end = time.monotonic() + seconds
        self.seed = first_seed
        self.inputs = 0

    def rounds(self) -> Iterator[int]:
        """Yield seeds, at least one."""
        while True:
            yield self.seed
            self.seed += 1
            if self.over:
                return

    @property
    def over(self) -> bool:
        """Whether the time is up: a round then ends without trying its other inputs."""
        return time.monotonic() > self._end

    def note(self, data: bytes) -> None:
        """Keep the input that comes next, and arm the watchdog."""
        self._current.seek(0)
        self._current.truncate()
        self._current.write(data)
        self._current.flush()
        self.inputs += 1
        faulthandler.dump_traceback_later(HANG_S, exit=True)

    def close(self) -> None:
        """Disarm the watchdog and tell how far it went."""
        faulthandler.cancel_dump_traceback_later()
        self._current.close()
        print(f"\nfuzzed {self.inputs:,} inputs, seeds up to {self.seed}")  # noqa: T201 - shown by -s


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    """Half of HITSIEVE_FUZZ_SECONDS (20 s by default), from HITSIEVE_FUZZ_SEED (1)."""
    seconds = float(os.environ.get("HITSIEVE_FUZZ_SECONDS", "20")) / 2
    folder = Path(os.environ.get("HITSIEVE_FUZZ_FOLDER", str(tmp_path)))
    folder.mkdir(parents=True, exist_ok=True)
    running = Campaign(folder, seconds, int(os.environ.get("HITSIEVE_FUZZ_SEED", "1")))
    yield running
    running.close()
