"""Run a screen that is killed at a chosen storage operation; prints how many there were."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from hitsieve.screen import ScreenConfig, live, run_screen
from hitsieve.testing.fakes import FakeSources

operations = 0
lock = threading.Lock()


def counted(function: Any, last: int) -> Any:
    """Wrap a storage function so that its process dies before call number ``last``."""

    def call(*arguments: Any, **options: Any) -> Any:
        global operations  # noqa: PLW0603 - one counter for all wrapped functions
        with lock:  # files are flushed by several threads
            if operations == last:
                os.kill(os.getpid(), signal.SIGKILL)
            operations += 1
        return function(*arguments, **options)

    return call


def main() -> None:
    config = ScreenConfig.model_validate_json(sys.argv[1])
    last = int(sys.argv[3])
    live._PAUSE_S = 0.0  # else the number of operations would depend on how fast this machine is
    os.fsync = counted(os.fsync, last)
    for name in ("replace", "hardlink_to", "unlink"):
        setattr(Path, name, counted(getattr(Path, name), last))
    run_screen(config, sources=FakeSources(calls=Path(sys.argv[2])))
    sys.stdout.write(f"{operations}\n")


if __name__ == "__main__":
    main()
