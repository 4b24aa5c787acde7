"""A head of Ray of its own for tests of jobs: private, with a token, and ended by its process."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = (
    "--port",
    "--ray-client-server-port",
    "--dashboard-port",
    "--dashboard-agent-listen-port",
    "--dashboard-agent-grpc-port",
    "--metrics-export-port",
)


@dataclass(frozen=True)
class Head:
    """A running head: address of its job server, and the environment that may talk to it."""

    address: str
    environment: dict[str, str]


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens at now."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """Start a head as `ray start` does on a cluster, with token authentication."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    with tempfile.TemporaryDirectory(prefix="hs", ignore_cleanup_errors=True) as short:
        token = Path(short) / "token"
        token.touch(mode=0o600)
        token.write_text(secrets.token_hex(16))
        bin_folder = str(Path(sys.executable).parent)
        environment = os.environ | {
            # A job runs the `python` that the node finds: on a cluster the one of its image.
            "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", os.defpath)]),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_USAGE_STATS_ENABLED": "0",
            "HITSIEVE_WORKERS": "1",
        }
        environment.pop("RAY_ADDRESS", None)
        command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"]
        command += ["--num-cpus=2", "--dashboard-host=127.0.0.1", f"--temp-dir={short}/ray"]
        command += [f"{name}={port}" for name, port in ports.items()]
        with (Path(short) / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_for(ports["--dashboard-port"], process, Path(short) / "log")
            yield Head(f"http://127.0.0.1:{ports['--dashboard-port']}", environment)
            assert process.poll() is None, "the head died: " + (Path(short) / "log").read_text()
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until somebody listens at a port, for at most two minutes."""
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
