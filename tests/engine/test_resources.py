"""Workers get the resources they ask for, on the nodes that bear the labels they ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import Limits
from hitsieve.engine.room import room
from hitsieve.errors import ClusterError, UsageError
from hitsieve.testing.executor_kit import tasks
from hitsieve.testing.executor_work import double

if TYPE_CHECKING:
    from hitsieve.engine import Executor


def test_room_counts_custom_resources_and_labels() -> None:
    node, labels = {"CPU": 8.0, "GPU": 1.0, "fpga": 2.0}, {"role": "score"}
    assert room(node, labels, Limits(cpus=1, gpus=0.25)) == 4
    assert room(node, labels, Limits(cpus=1, resources={"fpga": 1})) == 2
    assert room(node, labels, Limits(cpus=1, labels={"role": "score"})) == 8
    assert room(node, labels, Limits(cpus=1, labels={"role": "featurize"})) == 0


@pytest.mark.parametrize("resources", [{"CPU": 1.0}, {"GPU": 1.0}, {"fpga": 0.0}, {"fpga": -1.0}])
def test_impossible_resources_are_refused(resources: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="resources"):
        Limits(resources=resources)


@pytest.mark.ray
def test_what_this_machine_lacks_is_named(ray_executor: Executor) -> None:
    with pytest.raises(ClusterError, match=r"2 fpga, a node labeled role=score"):
        list(
            ray_executor.map(
                double, tasks(1), Limits(resources={"fpga": 2}, labels={"role": "score"})
            )
        )


@pytest.mark.ray
@pytest.mark.slow
def test_fractional_gpus_resources_and_labels_decide_the_node() -> None:
    script = Path(__file__).with_name("labeled_cluster.py")
    # Paths of Ray's sockets are limited to 107 bytes, so pytest's own folder is too deep.
    with tempfile.TemporaryDirectory(prefix="hs") as short:
        (Path(short) / "ray").mkdir()
        environment = os.environ | {"RAY_TMPDIR": short}
        environment.pop("RAY_ADDRESS", None)
        done = subprocess.run(
            [sys.executable, str(script)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    found, problems = json.loads(done.stdout)
    nodes = {name: [node for node, _ in answers] for name, answers in found.items()}
    assert nodes["a share of a GPU"] == ["score"] * 4
    assert sorted(gpu for _, gpu in found["a share of a GPU"]) == ["0", "0", "1", "1"]
    assert nodes["a label"] == ["featurize"] * 4
    assert nodes["a custom resource"] == ["score"] * 4
    assert set(nodes["not a label"]) == {"score"}  # the head has no cores
    assert problems == []
