"""Choosing an executor by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, get_args

from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import UsageError, nearest

if TYPE_CHECKING:
    from hitsieve.engine.executor import Executor

Kind = Literal["serial", "ray", "auto"]


def cores() -> int:
    """Return how many processor cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS knows no affinity
        return os.cpu_count() or 1


def open_executor(
    kind: Kind = "auto", workers: int | None = None, *, tasks: int | None = None
) -> Executor:
    """Return an executor; use it as a context manager.

    Parameters
    ----------
    kind
        ``serial`` runs in this process, ``ray`` on the cluster named by ``RAY_ADDRESS`` or a
        private local one. ``auto`` takes ray where it can help: ``RAY_ADDRESS`` is set, or
        more than one worker may run and more than one task is there.
    workers
        How many tasks run at a time; None for as many as there are cores.
    tasks
        How many tasks are coming, if known; keeps ``auto`` from starting a cluster for one.

    Raises
    ------
    UsageError
        If the kind is unknown, or ``workers`` below 1 or above 1 for ``serial``.
    """
    if kind not in get_args(Kind):
        raise UsageError(
            f"executor {kind!r} is unknown{nearest(kind, get_args(Kind))}",
            cure=f"choose one of {', '.join(get_args(Kind))}",
        )
    if workers is not None and workers < 1:
        raise UsageError(f"workers = {workers}: at least 1 is needed")
    if kind == "serial" and workers is not None and workers > 1:
        raise UsageError(
            f"the serial executor has one worker, not {workers}", cure="choose executor ray"
        )
    if kind == "serial" or (kind == "auto" and not _ray_helps(workers, tasks)):
        return SerialExecutor()
    from hitsieve.engine.ray_executor import RayExecutor

    return RayExecutor(workers)


def _ray_helps(workers: int | None, tasks: int | None) -> bool:
    if tasks == 0:
        return False
    if os.environ.get("RAY_ADDRESS"):
        return True
    return min(workers or cores(), tasks if tasks is not None else cores()) > 1
