"""The body of a worker in another process: sets up once, then answers calls."""

from __future__ import annotations

import pickle
import platform
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hitsieve.engine.executor import WORKER_LOST, Work
from hitsieve.engine.gpus import own_gpus_busy
from hitsieve.engine.serial import describe
from hitsieve.errors import HitsieveError
from hitsieve.logs import start_worker_logging
from hitsieve.threads import one_thread_algebra

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Report:
    """What an actor's call came to; errors travel as text, because not all can be pickled."""

    value: Any = None
    error: str = ""
    error_type: str = ""
    final: bool = False
    broken: bool = False
    seconds: float = 0.0
    node: str = field(default_factory=platform.node)
    gpu_busy: float | None = None


class Worker:
    """The body of an actor."""

    def __init__(self, setup: Callable[[], Work[Any, Any]]) -> None:
        start_worker_logging()
        self._setup = setup
        self._work: Work[Any, Any] | None = None

    def ready(self) -> BaseException | None:
        """Set up once; return what stopped it, or None."""
        if self._work is None:
            try:
                with one_thread_algebra():
                    self._work = self._setup()
            except (Exception, SystemExit) as error:  # noqa: BLE001 - raised again in the driver
                return _portable(error)
        return None

    def run(self, payload: object) -> Report:
        """Work on one payload."""
        if self._work is None:
            return Report(error="the worker was restarted", error_type=WORKER_LOST)
        started = time.perf_counter()
        try:
            with one_thread_algebra():
                value = self._work(payload)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - becomes the task's outcome
            return Report(
                error=describe(error),
                error_type=type(error).__name__,
                final=isinstance(error, HitsieveError),
                broken="CUDA error" in str(error),
                seconds=time.perf_counter() - started,
            )
        seconds = time.perf_counter() - started
        return Report(value, seconds=seconds, gpu_busy=own_gpus_busy())


def _portable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes of a moment ago
    except Exception:  # noqa: BLE001 - user exceptions fail to pickle in any way they like
        return RuntimeError(f"{type(error).__name__}: {describe(error)}")
    return error
