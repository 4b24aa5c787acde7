"""What Ray does to the program that joins it, and how that is undone."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_LOG: Final = logging.getLogger(__name__)
_SLOW: Final = "timed out during startup"
"""What Ray says, with no exception type of its own, when a node was not up within 30 s."""
_STARTS: Final = 3


def join(address: str, **options: Any) -> None:  # noqa: ANN401 - Ray's own
    """Join the cluster at an address, or start a private one at ``local``.

    On a busy machine the parts of a private cluster may take longer to start than Ray waits;
    it is started again then, twice at most.

    Raises
    ------
    ClusterError
        If there is no cluster, or it did not start.
    """
    import ray

    for left in reversed(range(_STARTS)):
        try:
            with keep_sigterm():
                ray.init(
                    address=address, log_to_driver=False, logging_level=logging.ERROR, **options
                )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise ClusterError(
                f"no Ray cluster at {address}: {error}",
                cure="check RAY_ADDRESS and that the cluster runs; unset it to work locally",
            ) from error
        except Exception as error:
            if _SLOW not in str(error):
                raise
            if not left:
                raise ClusterError(
                    f"Ray did not start on this machine in {_STARTS} attempts of 30 s",
                    cure="try again when the machine is less busy, or use --executor serial",
                ) from error
            _LOG.warning("Ray was slow to start; starting it again")
        else:
            return


def heed_environment() -> None:
    """Let Ray read its environment again.

    It does so when it is first imported, and a program that imports it by itself would start a
    private cluster that asks for a token, without sending one.
    """
    with suppress(ImportError, AttributeError):
        from ray._raylet import Config

        Config.initialize("")


def end_helpers(*, dashboard: bool) -> None:
    """End what Ray starts beside the private cluster of this process and nothing here asks.

    The autoscaler's monitor adds no machine to one machine; nobody reads what the log monitor
    gathers, nor the dashboard unless it was asked for. They would take memory, and processor time
    from the workers, and Ray would wait a second for the monitor when the cluster stops.
    """
    from ray._private import worker

    kinds = ("monitor",) if dashboard else ("monitor", "log_monitor", "dashboard")
    started = getattr(getattr(worker, "_global_node", None), "all_processes", {})
    helpers = [helper.process for kind in kinds for helper in started.get(kind, ())]
    for helper in helpers:
        helper.kill()
    for helper in helpers:
        helper.wait()


@contextmanager
def keep_sigterm() -> Iterator[None]:
    """Put back, behind the block, what this program does at SIGTERM.

    Ray makes it an exit with code 15, and a screen that a scheduler stops would not end as
    resumable. A program without a handler of its own keeps Ray's, which stops a private cluster.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def notices_to_stderr(worker: Any) -> None:  # noqa: ANN401 - a module of Ray
    """Send Ray's notices about lost workers and nodes to stderr.

    It prints them on stdout, where they would stand among a command's data.

    Parameters
    ----------
    worker
        Ray's module ``ray._private.worker``; one that prints in another way is left alone.
    """
    original = getattr(worker, "print_to_stdstream", None)
    if original is not None and getattr(original, "func", None) is not _tell:
        worker.print_to_stdstream = partial(_tell, original)


def _tell(
    original: Callable[..., None],
    data: dict[str, Any],
    *arguments: Any,  # noqa: ANN401 - Ray's own
    **options: Any,  # noqa: ANN401 - Ray's own
) -> None:
    original({**data, "is_err": True}, *arguments, **options)
