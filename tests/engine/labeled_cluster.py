"""Script of a test: a cluster of three nodes with labels and fake GPUs, and who runs where.

Runs in a process of its own, because a process joins one cluster only. Prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.engine import Limits, Task
from hitsieve.engine.cluster import prepare_environment, protect_local_cluster
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.survey import survey

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = {
    "a share of a GPU": Limits(cpus=0.25, gpus=0.5),
    "a label": Limits(labels={"hitsieve.role": "featurize"}),
    "not a label": Limits(cpus=0.1, labels={"hitsieve.role": "!featurize"}),
    "a custom resource": Limits(cpus=0.1, resources={"licence": 1}),
}


def where(folder: Path, together: int) -> Callable[[object], tuple[str, str]]:
    """Set up a worker that says on which node it is and which GPU it was given.

    It answers when ``together`` tasks are under way, so as many workers live at one time.
    """
    import ray

    def answer(task: object) -> tuple[str, str]:
        (folder / f"task-{task}").touch()
        while len(list(folder.iterdir())) < together:
            time.sleep(0.1)
        node = ray.get_runtime_context().get_node_id()
        return node, os.environ.get("CUDA_VISIBLE_DEVICES", "")

    return answer


def main() -> None:
    """Start the cluster, run four tasks with each limit, and survey it."""
    prepare_environment()
    protect_local_cluster()  # before the first import of ray, which reads the environment
    import ray
    from ray.cluster_utils import Cluster

    ray.cloudpickle.register_pickle_by_value(sys.modules["__main__"])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    featurize = cluster.add_node(num_cpus=2, labels={"hitsieve.role": "featurize"})
    score = cluster.add_node(
        num_cpus=2, num_gpus=2, resources={"licence": 1}, labels={"hitsieve.role": "score"}
    )
    names = {featurize.node_id: "featurize", score.node_id: "score"}
    cluster.wait_for_nodes()
    found = {}
    with RayExecutor(4, address=cluster.address) as executor:
        for name, limits in LIMITS.items():
            tasks = [Task(f"t{i}", i) for i in range(4)]
            with tempfile.TemporaryDirectory() as folder:
                setup = partial(where, Path(folder), 4 if limits.gpus else 1)
                outcomes = list(executor.map(setup, tasks, limits))
            found[name] = [
                [names.get(o.value[0], "head"), o.value[1]] if o.value else o.error
                for o in outcomes
            ]
        nodes = executor.nodes()
        sys.stdout.write(json.dumps([found, list(survey(executor, nodes).problems)]))
    cluster.shutdown()


if __name__ == "__main__":
    main()
