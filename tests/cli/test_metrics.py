"""``hitsieve metrics`` prints, writes and serves the figures of a screen."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hitsieve.screen import load_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def figures(text: str) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_are_printed(hitsieve: Run, tiny: Any) -> None:
    done = hitsieve("metrics", tiny.screen)
    assert done.exit_code == 0
    found = figures(done.stdout)
    compounds = load_plan(tiny.screen).compounds
    assert found["hitsieve_screen_compounds"] == compounds
    assert found["hitsieve_screen_compounds_done"] == compounds
    assert not done.stderr


def test_figures_are_kept_in_a_file(
    hitsieve: Run, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pauses = tmp_path / "screen.prom", list[float]()

    def sleep(seconds: float) -> None:
        assert figures(path.read_text())["hitsieve_screen_compounds"] > 0
        path.unlink()  # so that a file seen later was written later
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    done = hitsieve("metrics", tiny.screen, "--out", path, "--every", "15")
    assert done.exit_code == 130
    assert pauses == [15, 15, 15]
    assert "wrote" in done.stderr
    assert not done.stdout


def test_a_file_is_written_once_unless_asked_otherwise(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    assert hitsieve("metrics", tiny.screen, "--out", tmp_path / "a.prom").exit_code == 0
    assert figures((tmp_path / "a.prom").read_text())["hitsieve_screen_compounds"] > 0


@pytest.mark.parametrize(
    ("arguments", "code"), [(("nowhere",), 3), (("nowhere", "--port", "0"), 2)]
)
def test_what_cannot_be_is_refused(hitsieve: Run, arguments: tuple[str, ...], code: int) -> None:
    assert hitsieve("metrics", *arguments).exit_code == code


def test_a_port_in_use_is_refused(hitsieve: Run, tiny: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = hitsieve("metrics", tiny.screen, "--port", taken.getsockname()[1])
    assert done.exit_code == 2
    assert "choose another port" in done.stderr


def test_figures_are_served_until_interrupted(tiny: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "hitsieve", "metrics", str(tiny.screen), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        text = ""
        while not text:
            assert server.poll() is None
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                    text = answer.read().decode()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        server.send_signal(signal.SIGINT)
        _, told = server.communicate()
    assert figures(text)["hitsieve_screen_compounds"] == load_plan(tiny.screen).compounds
    assert f"serving http://127.0.0.1:{port}/metrics" in told
    assert server.returncode == 130
