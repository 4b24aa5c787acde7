"""A screen on three hosts of one network, one of whose links is cut and healed; slow, as root.

Each host is a network namespace of this machine with a host name of its own; a bridge in a
fourth one connects them. Nothing outside of these namespaces is touched.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine.cluster import prepare_environment
from hitsieve.screen import run_screen, screen_status
from hitsieve.screen.verify import verify_screen
from hitsieve.testing.crash_runs import contents
from hitsieve.testing.fakes import FakeSources, write_fake_library
from hitsieve.testing.screen_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hitsieve.screen import ScreenConfig

    Configure = Callable[..., ScreenConfig]

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]

IP, UNSHARE = shutil.which("ip") or "", shutil.which("unshare") or ""
SHARDS = 150
PATIENCE_S = 180.0
DRIVER = """
import sys
import time
from pathlib import Path
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.screen import ScreenConfig, run_screen
from hitsieve.testing.fakes import FakeSources
config = ScreenConfig.model_validate_json(sys.argv[1])
with RayExecutor(3) as executor:
    while sum(node.alive for node in executor.nodes()) < 3:
        time.sleep(0.2)
    summary = run_screen(config, executor, sources=FakeSources(Path(sys.argv[2]), seconds=0.4))
assert summary.complete
"""


class Hosts:
    """Three hosts, 1 to 3, at 10.99.0.1 to 10.99.0.3."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"hs{secrets.token_hex(3)}"
        self.started: list[subprocess.Popen[bytes]] = []
        self.environment = dict(os.environ)

    def build(self) -> None:
        """Make namespaces and links; raise CalledProcessError where that is not allowed."""
        for part in ("hub", "1", "2", "3"):
            ip("netns", "add", f"{self.name}-{part}")
        hub = f"{self.name}-hub"
        ip("-n", hub, "link", "add", "bridge", "type", "bridge")
        ip("-n", hub, "link", "set", "bridge", "up")
        for host in (1, 2, 3):
            own = f"{self.name}-{host}"
            ends = (f"port{host}", "type", "veth", "peer", "name", "eth0", "netns", own)
            ip("-n", hub, "link", "add", *ends)
            ip("-n", hub, "link", "set", f"port{host}", "master", "bridge", "up")
            ip("-n", own, "link", "set", "lo", "up")
            ip("-n", own, "address", "add", f"10.99.0.{host}/24", "dev", "eth0")
            ip("-n", own, "link", "set", "eth0", "up")

    def link(self, host: int, state: str) -> None:
        """Cut (``down``) or heal (``up``) the link of a host."""
        ip("-n", f"{self.name}-hub", "link", "set", f"port{host}", state)

    def start(self, host: int, *command: str) -> subprocess.Popen[bytes]:
        """Start a command on a host; what it says goes to a file."""
        inside = f'hostname host-{host}; exec "$@"'
        full = [IP, "netns", "exec", f"{self.name}-{host}", UNSHARE, "--uts", "sh", "-c", inside]
        log = self.log(host, len(self.started))
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*full, "sh", *command],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def start_node(self, host: int) -> None:
        """Start Ray on a host, the head on host 1, with one core; wait until it runs."""
        where = ["--head", "--port=6379"] if host == 1 else ["--address=10.99.0.1:6379"]
        small = ["--num-cpus=1", "--object-store-memory=80000000", "--include-dashboard=false"]
        ray = Path(sys.executable).with_name("ray")
        options = [*where, *(small if host == 1 else small[:2]), "--disable-usage-stats", "--block"]
        number = len(self.started)
        process = self.start(host, str(ray), "start", f"--node-ip-address=10.99.0.{host}", *options)

        def runs() -> bool:
            text = self.log(host, number).read_text(errors="replace")
            assert process.poll() is None, text
            return "Ray runtime started" in text

        wait_for(runs)

    def processes(self, host: str) -> list[int]:
        """Return what runs on a host."""
        return [int(pid) for pid in ip("netns", "pids", f"{self.name}-{host}").split()]

    def log(self, host: int, number: int) -> Path:
        """Return the file of what a command said."""
        return self.folder / f"host-{host}-{number}.log"

    def destroy(self) -> None:
        """End all that runs on the hosts, and take the network down."""
        for part in ("1", "2", "3", "hub"):
            with suppress(subprocess.CalledProcessError):
                for pid in self.processes(part):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                ip("netns", "delete", f"{self.name}-{part}")
        for process in self.started:
            process.wait()


def ip(*arguments: str) -> str:
    return subprocess.run([IP, *arguments], check=True, capture_output=True, text=True).stdout


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.1)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    if os.geteuid() != 0 or not (IP and UNSHARE):
        pytest.skip("network namespaces need root and the commands ip and unshare")
    prepare_environment()
    made = Hosts(tmp_path)
    quick = {"initial_delay_ms": 0, "period_ms": 500, "timeout_ms": 500, "failure_threshold": 3}
    made.environment |= {f"RAY_health_check_{name}": str(value) for name, value in quick.items()}
    made.environment |= {
        "RAY_ADDRESS": "10.99.0.1:6379",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
    }
    with tempfile.TemporaryDirectory(prefix="hs") as sessions:  # names of sockets must be short
        Path(sessions, "ray").mkdir()
        made.environment["RAY_TMPDIR"] = sessions
        try:
            made.build()
        except subprocess.CalledProcessError as error:
            made.destroy()
            pytest.skip(f"this system lets nobody make network namespaces: {error.stderr.strip()}")
        yield made
        made.destroy()


def test_a_link_is_cut_and_healed(
    hosts: Hosts, configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    library = write_fake_library(tmp_path / "wide", [30] * SHARDS)
    clean = run_screen(configure("clean", library=library), sources=sources)
    assert sources.calls is not None
    for path in sources.calls.iterdir():
        path.unlink()
    for host in (1, 2, 3):
        hosts.start_node(host)
    config = configure(library=library, executor="ray", attempts=5)
    folder = Path(config.output)
    with Reader(folder) as reader:
        command = [sys.executable, "-c", DRIVER, config.model_dump_json(), str(sources.calls)]
        driver = hosts.start(1, *command)
        log = hosts.log(1, len(hosts.started) - 1)

        def more(count: int, node: str = "") -> None:
            before = len(finished(folder, node))

            def enough() -> bool:
                assert driver.poll() is None, log.read_text()
                return len(finished(folder, node)) >= before + count

            wait_for(enough)

        for host in (1, 2, 3):
            more(1, f"host-{host}")
        # A short cut, which nobody takes for a death: all goes on where it was.
        hosts.link(3, "down")
        time.sleep(0.7)
        hosts.link(3, "up")
        more(2, "host-3")
        # A long one: the node is given up, and its shard goes to another host.
        hosts.link(3, "down")
        wait_for(lambda: any(line["attempts"] > 1 for line in finished(folder)))
        more(4)
        hosts.link(3, "up")
        # A node that learns it was given up ends itself; whoever runs it starts it again.
        wait_for(lambda: not hosts.processes("3"))
        hosts.start_node(3)
        more(2, "host-3")
        assert driver.wait(PATIENCE_S) == 0, log.read_text()
    assert reader.torn == []
    assert contents(folder) == contents(clean.folder)
    assert verify_screen(folder).problems == ()
    status = screen_status(folder)
    assert status.live is not None
    assert [node["node"] for node in status.live["nodes"]] == ["host-1", "host-2", "host-3"]
    # What the lost host had begun is scored once more; nothing else is.
    scored = len(list(sources.calls.iterdir()))
    assert 2 * SHARDS <= scored <= 2 * (SHARDS + 2)


def finished(folder: Path, node: str = "") -> list[dict[str, Any]]:
    """Return the journal's lines of tasks that a node, or any, has finished."""
    lines = [
        json.loads(line)
        for path in folder.glob("runs/*/tasks.jsonl")
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if node in ("", line["node"])]
