"""Screens on a cluster whose nodes and actors come and go; slow, and all on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine.cluster import prepare_environment, protect_local_cluster
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.errors import IncompleteError
from hitsieve.screen import Progress, run_screen, screen_status
from hitsieve.screen.verify import verify_screen
from hitsieve.testing.crash_runs import contents
from hitsieve.testing.fakes import FakeSources, write_fake_library
from hitsieve.testing.screen_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hitsieve.screen import ScreenConfig

    Configure = Callable[..., ScreenConfig]

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    # a node started in this process looks for free ports with sockets that Ray never closes
    pytest.mark.filterwarnings(
        "ignore:unclosed <socket:ResourceWarning",
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
    ),
]

SHARDS = 24
DRIVER = """
import sys
from pathlib import Path
from hitsieve.screen import ScreenConfig, run_screen
from hitsieve.testing.fakes import FakeSources
config = ScreenConfig.model_validate_json(sys.argv[1])
summary = run_screen(config, sources=FakeSources(calls=Path(sys.argv[2]), seconds=0.2))
assert summary.complete
print(summary.scored, summary.found)
"""


@pytest.fixture
def big(tmp_path: Path) -> Path:
    return write_fake_library(tmp_path / "big", [30] * SHARDS)


@pytest.fixture
def slow(sources: FakeSources) -> FakeSources:
    return replace(sources, seconds=0.3)


@pytest.fixture
def clean(configure: Configure, big: Path, sources: FakeSources) -> dict[str, bytes]:
    return contents(run_screen(configure("clean", library=big), sources=sources).folder)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a cluster of three nodes with one core each; the head works too."""
    prepare_environment()
    protect_local_cluster()
    for name, value in {"initial_delay_ms": "0", "period_ms": "500", "timeout_ms": "500",
                        "failure_threshold": "3"}.items():  # fmt: skip
        monkeypatch.setenv(f"RAY_health_check_{name}", value)
    import ray
    from ray.cluster_utils import Cluster

    if ray.is_initialized():  # another test's private cluster
        ray.shutdown()
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made
    ray.shutdown()
    made.shutdown()


def disturbed(
    config: ScreenConfig, sources: FakeSources, at: set[int], disturb: Callable[[], object]
) -> list[str]:
    """Run a screen that is disturbed at some numbers of shards; return what was seen torn."""
    waiting = set(at)

    def look(state: Progress) -> None:
        if state.done in waiting:
            waiting.discard(state.done)
            disturb()

    with Reader(Path(config.output)) as reader, RayExecutor(3) as executor:
        summary = run_screen(config, executor, look, sources=sources)
    assert waiting == set()
    assert summary.complete
    return reader.torn


def test_a_node_is_lost_and_another_one_joins(
    cluster: Any, configure: Configure, big: Path, slow: FakeSources, clean: dict[str, bytes]
) -> None:
    def lose_and_add() -> None:
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        cluster.add_node(num_cpus=1)

    config = configure(library=big, executor="ray", attempts=5)
    assert disturbed(config, slow, {4}, lose_and_add) == []
    assert contents(config.output) == clean


def test_actors_are_killed_again_and_again(
    cluster: Any, configure: Configure, big: Path, slow: FakeSources, clean: dict[str, bytes]
) -> None:
    assert cluster.address
    killed: list[int] = []

    def kill_one() -> None:
        for pid in workers()[:1]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    config = configure(library=big, executor="ray", attempts=20)
    assert disturbed(config, slow, {1, 5, 9, 13, 17}, kill_one) == []
    assert len(set(killed)) >= 4
    assert contents(config.output) == clean


def test_the_object_store_is_lost(
    cluster: Any,
    configure: Configure,
    big: Path,
    slow: FakeSources,
    clean: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    class Holder:
        def put(self, value: Any) -> list[Any]:
            return [ray.put(value)]

    node = next(iter(cluster.worker_nodes))
    there = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
    put, stored, calls = ray.put, list[Any](), list[Any]()

    def put_elsewhere(value: Any) -> Any:
        """Put the first object into the store of a node that will be lost, and no other."""
        calls.append(value)
        if stored:
            return put(value)
        holder = ray.remote(Holder).options(num_cpus=0, scheduling_strategy=there).remote()
        stored.extend([*ray.get(holder.put.remote(value)), holder])
        return stored[0]

    def lose_the_store_and_all_workers() -> None:
        cluster.remove_node(node, allow_graceful=False)
        for pid in workers():
            os.kill(pid, signal.SIGKILL)

    monkeypatch.setattr(ray, "put", put_elsewhere)
    config = configure(library=big, executor="ray", attempts=5)
    assert disturbed(config, slow, {4}, lose_the_store_and_all_workers) == []
    assert contents(config.output) == clean
    # All that ever lies in it is how a worker is set up: once, and anew after each loss.
    assert 2 <= len(calls) <= 1 + 5


def workers() -> list[int]:
    """Return the actors of this test's own cluster: descendants of this process, no others."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(part.startswith("ray::Worker") for part in process.cmdline()):
                found.append(process.pid)
    return found


def test_a_deadly_and_a_hanging_shard_are_quarantined_and_retried_alone(
    cluster: Any, configure: Configure, big: Path, slow: FakeSources, clean: dict[str, bytes]
) -> None:
    assert cluster.address
    bad = replace(slow, deadly="shard-00007", hanging="shard-00011", seconds=0.0)
    config = configure(library=big, executor="ray", attempts=2, deadline_s=8.0)
    with RayExecutor(3) as executor, pytest.raises(IncompleteError) as caught:
        run_screen(config, executor, sources=bad)
    assert caught.value.exit_code == 5
    assert "shard-00007 (WorkerLost" in caught.value.message
    assert "shard-00011 (DeadlineExceeded" in caught.value.message
    status = screen_status(config.output)
    assert (status.done, sorted(status.failed)) == (SHARDS - 2, ["shard-00007", "shard-00011"])
    assert slow.calls is not None
    before = {path.name for path in slow.calls.iterdir()}
    with RayExecutor(3) as executor:
        summary = run_screen(config, executor, sources=slow)
    fresh = {
        path.name.rsplit("-", 1)[0] for path in slow.calls.iterdir() if path.name not in before
    }
    assert fresh == {f"{m}-shard-000{n}" for m in ("gnn@1", "forest@2") for n in ("07", "11")}
    assert (summary.scored, summary.found) == (2, SHARDS - 2)
    assert contents(config.output) == clean


def test_two_drivers_in_two_processes_share_one_screen(
    cluster: Any, configure: Configure, big: Path, sources: FakeSources, clean: dict[str, bytes]
) -> None:
    assert cluster.address
    config = configure(library=big, executor="ray", workers=1)
    drivers = [
        subprocess.Popen(
            [sys.executable, "-c", DRIVER, config.model_dump_json(), str(sources.calls)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [driver.communicate(timeout=300) for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], told
    scored = [int(out.split()[0]) for out, _ in told]
    assert min(scored) >= 1, "both took part"
    assert SHARDS <= sum(scored) <= SHARDS + 4, "they met, and hardly twice"
    assert contents(config.output) == clean
    assert verify_screen(config.output).problems == ()


def test_a_killed_driver_is_followed_by_another(
    cluster: Any, configure: Configure, big: Path, sources: FakeSources, clean: dict[str, bytes]
) -> None:
    assert cluster.address
    config = configure(library=big, executor="ray", workers=2)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, config.model_dump_json(), str(sources.calls)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(Path(config.output).glob("_commits/*/*/[!.]*.json")):
        assert driver.poll() is None
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    with RayExecutor(2) as executor:  # while workers of the first may still be writing
        assert run_screen(config, executor, sources=sources).complete
    assert contents(config.output) == clean
