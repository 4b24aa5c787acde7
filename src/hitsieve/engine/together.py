"""Several processes that work on one thing, with PyTorch's process group between them.

An ensemble's members need nothing of each other and run as plain tasks. This is for one network
whose batches are shared, above all by GPUs: Ray Train starts the processes, on one node or many,
joins them (gloo between processors, NCCL between GPUs), and starts them again when one is lost.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, TypeVar

from hitsieve.engine import cluster
from hitsieve.engine.executor import Limits
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.serial import describe
from hitsieve.errors import HitsieveError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine.executor import Executor

R = TypeVar("R")
_FAILURES = 2


def run_together(
    executor: Executor, work: Callable[[int, int], R], processes: int, *, gpus: bool = False
) -> R:
    """Run a function in several processes at once and return what the first one returns.

    Parameters
    ----------
    executor
        An open executor on Ray.
    work
        Called with the process's rank and their number, inside a PyTorch process group.
        Picklable. It is called anew in all processes after one was lost, twice at most, and had
        better go on from where it was.
    processes
        How many.
    gpus
        Whether each gets a GPU of its own.

    Raises
    ------
    UsageError
        If the executor is not on Ray.
    ClusterError
        If this machine alone has no room for so many at once.
    HitsieveError
        What ``work`` raised.
    IncompleteError
        If processes were lost more often, or another error ended them.
    """
    if not isinstance(executor, RayExecutor):
        raise UsageError(
            f"{processes} processes cannot share a network on the {executor.name} executor",
            cure="choose executor ray, or one process",
        )
    executor.check_room(processes, Limits(gpus=float(gpus)))
    import ray
    from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    with tempfile.TemporaryDirectory(prefix="hitsieve-together-") as folder:
        trainer = TorchTrainer(
            _run,
            train_loop_config={"work": ray.put(work)},
            torch_config=TorchConfig(backend="nccl" if gpus else "gloo"),
            scaling_config=ScalingConfig(num_workers=processes, use_gpu=gpus),
            run_config=RunConfig(
                storage_path=folder,
                failure_config=FailureConfig(max_failures=_FAILURES),
                logging_config=LoggingConfig(log_level="ERROR"),
                worker_runtime_env={"env_vars": cluster.worker_environment(1)},
            ),
        )
        try:
            value: R | HitsieveError = trainer.fit().return_value
        except (ray.exceptions.RayError, ray.train.TrainingFailedError) as error:
            raise IncompleteError(
                f"{processes} processes that share a network failed: {describe(error)}",
                cure="run it again: it goes on from its last state",
            ) from error
    if isinstance(value, HitsieveError):
        raise value
    return value


def _run(settings: dict[str, Any]) -> object:
    import ray.train.torch

    device = ray.train.torch.get_device()
    if device.type == "cuda":
        import torch

        torch.cuda.set_device(device)
    context = ray.train.get_context()
    work = ray.get(settings["work"])
    try:
        return work(context.get_world_rank(), context.get_world_size())
    except HitsieveError as error:
        # An error of the data is the same in all processes and would be the same again.
        return error
