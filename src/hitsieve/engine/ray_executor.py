"""The executor on a Ray cluster: a pool of actors, one task in flight on each.

The only file that imports Ray. What it guards against was found by killing things:

- a lost actor answers every call at once with ``ActorUnavailableError`` while it restarts, so
  it is marked down, its task goes to another one, and it gets work again only after a ping;
- a hung call never returns, so past its deadline the actor is killed and replaced;
- an actor after a CUDA error lives on and fails every call, so it is killed too.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from hitsieve.engine import cluster
from hitsieve.engine.driver import end_helpers, heed_environment, join, notices_to_stderr
from hitsieve.engine.executor import Limits, Outcome, P, R, Task, Work
from hitsieve.engine.open import cores
from hitsieve.engine.pool import CallFailedError, Pool, WorkerLostError
from hitsieve.engine.room import needs_of
from hitsieve.engine.room import room as room_on
from hitsieve.engine.serial import describe
from hitsieve.engine.survey import Node
from hitsieve.engine.worker import Worker
from hitsieve.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

_LOG = logging.getLogger(__name__)
_DEFAULT = Limits()


class RayExecutor:
    """Runs tasks on actors of a Ray cluster.

    Joins a cluster that this process already joined, else the one named by ``RAY_ADDRESS``,
    else starts a private one without dashboard. Connects when entered or first used.

    Parameters
    ----------
    workers
        How many actors; None for one a core. On a private cluster lowered, with a warning, to
        what the cores allow.
    address
        Of the cluster, over ``RAY_ADDRESS``; ``local`` for a private one.
    include_dashboard
        Whether a private cluster serves Ray's dashboard, on this machine only.

    Raises
    ------
    UsageError
        If ``workers`` is below 1.
    """

    name = "ray"

    def __init__(
        self,
        workers: int | None = None,
        *,
        address: str | None = None,
        include_dashboard: bool = False,
    ) -> None:
        if workers is not None and workers < 1:
            raise UsageError(f"workers = {workers}: at least 1 is needed")
        self._asked = workers
        self._address = address or os.environ.get("RAY_ADDRESS") or "local"
        self._dashboard = include_dashboard
        self._connected = False
        self._owns_connection = False
        self._private = False

    @property
    def workers(self) -> int:
        """How many tasks run at a time, before a task's own needs are looked at.

        Without a number asked for, the cores of the cluster once it is joined.
        """
        if self._asked is not None or not self._connected:
            return self._asked or cores()
        return self._seats(_DEFAULT)

    def map(
        self,
        setup: Callable[[], Work[P, R]],
        tasks: Iterable[Task[P]],
        limits: Limits = _DEFAULT,
    ) -> Iterator[Outcome[R]]:
        """Run all tasks; see :meth:`hitsieve.engine.executor.Executor.map`.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached, is unsafe, or cannot hold a single worker.
        """
        self._connect()
        pool = Pool[P, R](_Actors(setup, limits), iter(tasks), limits, self._seats(limits))
        yield from pool.outcomes()

    def nodes(self) -> list[Node]:
        """Return the nodes of the cluster, those that are gone included.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached or is unsafe.
        """
        self._connect()
        import ray

        return [
            Node(
                str(node["NodeManagerAddress"]),
                str(node["NodeManagerHostname"]),
                bool(node["Alive"]),
                {str(name): float(amount) for name, amount in node["Resources"].items()},
                {str(name): str(value) for name, value in node["Labels"].items()},
            )
            for node in ray.nodes()
        ]

    def close(self) -> None:
        """Leave the cluster, and stop it if this executor started it."""
        if self._owns_connection:
            import ray

            ray.shutdown()
        self._connected = self._owns_connection = False

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self) -> None:
        if self._connected:
            return
        cluster.prepare_environment()
        cluster.refuse_unsafe(self._address)
        self._private = self._address == "local"
        if self._private:
            cluster.protect_local_cluster()
        cluster.protect_token()
        import ray
        from ray._private import worker

        notices_to_stderr(worker)
        if not ray.is_initialized():
            cluster.refuse_unreachable(self._address)
            heed_environment()
            local = {
                "num_cpus": cores(),
                "include_dashboard": self._dashboard,
                "dashboard_host": "127.0.0.1",
            }
            join(self._address, **(local if self._private else {}))
            if self._private:
                end_helpers(dashboard=self._dashboard)
            self._owns_connection = True
        self._connected = True
        try:
            for node in ray.nodes():
                cluster.refuse_unsafe(str(node["NodeManagerAddress"]))
        except ClusterError:
            self.close()
            raise

    def check_room(self, processes: int, limits: Limits) -> None:
        """Refuse processes that must run at once where there will never be room for all.

        Raises
        ------
        ClusterError
            If this machine has too few processors or GPUs; a cluster may grow.
        """
        self._connect()
        room = self._room(limits)
        if self._private and room < processes:
            raise ClusterError(
                f"{processes} processes that each need {needs_of(limits)} must run at once, and "
                f"this machine has room for {room}",
                cure=f"ask for {max(1, room)} at most, or join a cluster through RAY_ADDRESS",
            )

    def _room(self, limits: Limits) -> int:
        import ray

        nodes = [n for n in ray.nodes() if n["Alive"]]
        return sum(room_on(node["Resources"], node["Labels"], limits) for node in nodes)

    def _seats(self, limits: Limits) -> int:
        room = self._room(limits)
        wanted = self._asked or max(1, room)
        if not self._private:
            return wanted  # a cluster may grow
        if room < 1:
            raise ClusterError(
                f"a worker needs {needs_of(limits)}, more than this machine has ({cores()} CPUs)",
                cure="ask for fewer, or join a larger cluster through RAY_ADDRESS",
            )
        if room < wanted:
            _LOG.warning("%d workers asked, this machine has room for %d", wanted, room)
        return min(room, wanted)


def dask_on_ray() -> Callable[..., Any]:
    """Return a scheduler for Dask that runs on the cluster this process has joined.

    Raises
    ------
    ClusterError
        If it has joined none: enter a :class:`RayExecutor` first.
    """
    import ray

    if not ray.is_initialized():
        raise ClusterError(
            "this process has joined no Ray cluster", cure="enter a RayExecutor, or use threads"
        )
    from ray.util.dask import ray_dask_get

    scheduler: Callable[..., Any] = ray_dask_get
    return scheduler


class _Actors:
    """A :class:`~hitsieve.engine.pool.Crew` of Ray actors."""

    def __init__(self, setup: Callable[[], Work[Any, Any]], limits: Limits) -> None:
        import ray

        self._setup = setup
        self._stored: Any = None
        self._class = ray.remote(Worker).options(
            num_cpus=limits.cpus,
            num_gpus=limits.gpus,
            resources=dict(limits.resources),
            label_selector=dict(limits.labels),
            # A lost actor is replaced, not restarted: Ray does not keep a large argument for that.
            max_restarts=0,
            max_task_retries=0,
            runtime_env={"env_vars": cluster.worker_environment(limits.cpus)},
        )

    def now(self) -> float:
        return time.monotonic()

    def open(self) -> Any:  # noqa: ANN401 - Ray's handles carry no types
        import ray

        if self._stored is None:
            self._stored = ray.put(self._setup)
        return self._class.remote(self._stored)

    def ping(self, worker: Any) -> Hashable:  # noqa: ANN401 - Ray's handles carry no types
        call: Hashable = worker.ready.remote()
        return call

    def run(self, worker: Any, payload: object) -> Hashable:  # noqa: ANN401 - as above
        call: Hashable = worker.run.remote(payload)
        return call

    def wait(self, calls: Sequence[Hashable], seconds: float) -> Sequence[Hashable]:
        import ray

        if not calls:
            time.sleep(seconds)
            return []
        ready: list[Hashable] = ray.wait(list(calls), num_returns=1, timeout=seconds)[0]
        return ready

    def answer(self, call: Hashable) -> Any:  # noqa: ANN401 - what the worker returned
        import ray

        try:
            return ray.get(call)
        except ray.exceptions.RayTaskError as error:
            cause = error.cause or error
            raise CallFailedError(type(cause).__name__, describe(cause)) from error
        except ray.exceptions.RayError as error:
            self._stored = None  # its copy may be lost too, and Ray rebuilds none that was put
            for_good = isinstance(error, ray.exceptions.ActorDiedError)
            raise WorkerLostError(_first_line(error), for_good=for_good) from error

    def kill(self, worker: Any, *, restart: bool) -> None:  # noqa: ANN401 - as above
        import ray

        ray.kill(worker, no_restart=not restart)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "lost")
