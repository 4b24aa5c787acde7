from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import Limits, Task
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.errors import ClusterError, UsageError
from hitsieve.testing.executor_kit import by_key, tasks
from hitsieve.testing.executor_work import double, hanging

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.engine import Executor

pytestmark = pytest.mark.ray


def test_a_foreign_cluster_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(ClusterError, match=r"192\.0\.2\.1:6379 is not on this machine"):
        RayExecutor(1).__enter__()


def test_impossible_workers_are_refused() -> None:
    with pytest.raises(UsageError, match="workers = 0"):
        RayExecutor(0)


def test_more_workers_than_cores_are_lowered_with_a_warning(
    ray_executor: Executor, caplog: pytest.LogCaptureFixture
) -> None:
    assert ray_executor.workers == 2
    with caplog.at_level(logging.WARNING), RayExecutor(64) as many:
        assert len(by_key(many.map(double, tasks(3)))) == 3
    assert "64 workers asked" in caplog.text


def test_a_worker_larger_than_the_machine_is_refused(ray_executor: Executor) -> None:
    with pytest.raises(ClusterError, match="a worker needs 4096 CPUs"):
        list(ray_executor.map(double, tasks(1), Limits(cpus=4096)))


def test_an_executor_that_joined_does_not_stop_the_cluster(ray_executor: Executor) -> None:
    with RayExecutor(1) as second:
        assert by_key(second.map(double, tasks(2)))["t1"].value == 2
    assert by_key(ray_executor.map(double, tasks(2)))["t1"].value == 2


def test_workers_have_one_thread_and_send_nothing(ray_executor: Executor) -> None:
    names = ["OMP_NUM_THREADS", "RAY_USAGE_STATS_ENABLED"]
    found = by_key(ray_executor.map(environment, [Task(name, name) for name in names]))
    assert {key: outcome.value for key, outcome in found.items()} == dict(
        zip(names, ["1", "0"], strict=True)
    )


def environment() -> object:
    return os.environ.get


def test_a_broken_input_leaves_the_executor_usable(ray_executor: Executor) -> None:
    def stream() -> object:
        yield Task("t0", 0)
        raise ValueError("the library is gone")

    with pytest.raises(ValueError, match="library is gone"):
        list(ray_executor.map(double, stream()))  # type: ignore[arg-type]
    assert len(by_key(ray_executor.map(double, tasks(3)))) == 3


DRIVER = """
import sys, pathlib
from functools import partial
from hitsieve.engine import open_executor
from hitsieve.testing.executor_kit import tasks
from hitsieve.testing.executor_work import hanging
folder = pathlib.Path(sys.argv[1])
with open_executor("ray", 1) as executor:
    for outcome in executor.map(partial(hanging, folder, 99), tasks(6)):
        print(outcome.key, flush=True)
"""


@pytest.mark.slow
def test_an_interrupt_leaves_no_process_behind(tmp_path: Path) -> None:
    environment = os.environ | {"HITSIEVE_ORPHAN_MARK": str(tmp_path)}
    environment.pop("RAY_ADDRESS", None)
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not list(tmp_path.glob("3-*")):
        assert driver.poll() is None
        time.sleep(0.1)
    assert marked(tmp_path)
    driver.send_signal(signal.SIGINT)
    _, noise = driver.communicate(timeout=60)
    assert driver.returncode != 0
    assert b"KeyboardInterrupt" in noise
    for _ in range(100):
        if not marked(tmp_path):
            break
        time.sleep(0.1)
    assert marked(tmp_path) == []


def marked(folder: Path) -> list[int]:
    """Return the processes that inherited the driver's environment."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("HITSIEVE_ORPHAN_MARK") == str(folder):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return [pid for pid in found if pid != os.getpid()]


def test_the_mark_of_orphans_is_seen(tmp_path: Path) -> None:
    environment = os.environ | {"HITSIEVE_ORPHAN_MARK": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=environment, stdin=-1) as child:
        time.sleep(0.3)
        assert marked(tmp_path) == [child.pid]
        child.communicate(b"\n")


def test_stopping_at_a_hung_task_does_not_wait_for_it(
    ray_executor: Executor, tmp_path: Path
) -> None:
    outcomes = ray_executor.map(partial(hanging, tmp_path, 99), tasks(4))
    for outcome in outcomes:
        if outcome.key == "t2":
            break
    outcomes.close()  # type: ignore[attr-defined]
    assert len(by_key(ray_executor.map(double, tasks(3)))) == 3


LOSING = """
import json, sys, threading
from functools import partial
from pathlib import Path
from hitsieve.engine import open_executor
from hitsieve.testing.executor_kit import tasks
from hitsieve.testing.executor_work import dying

noticed = threading.Event()

class Listener:
    def write(self, text):
        sys.__stderr__.write(text)
        if "worker died" in text:
            noticed.set()
    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)

sys.stderr = Listener()
with open_executor("ray", 1) as executor:
    done = [o.value for o in executor.map(partial(dying, Path(sys.argv[1]), 1), tasks(5))]
    noticed.wait(30)
print(json.dumps(sorted(done)))
"""


def test_notices_of_lost_workers_keep_off_stdout(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    command = [sys.executable, "-c", LOSING, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0, 2, 4, 6, 8]
    assert "worker died" in done.stderr


def test_a_program_may_import_ray_by_itself_first() -> None:
    code = (
        "import ray\n"
        "from hitsieve.engine.ray_executor import RayExecutor\n"
        "with RayExecutor(1) as executor:\n    print(len(executor.nodes()))\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "RAY_AUTH_MODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
