"""``hitsieve doctor`` and ``hitsieve version`` speak to people and machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve import __version__
from hitsieve.cli.cluster import address_problems, token_problems
from hitsieve.engine import cluster
from hitsieve.engine.survey import Node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def test_doctor_for_people_and_machines(hitsieve: Run) -> None:
    text = hitsieve("doctor")
    assert text.exit_code == 0
    assert "cores\t" in text.stdout
    found = json.loads(hitsieve("doctor", "--json", "--workers", "3").stdout)
    assert found["use"]["workers"] == 3
    assert {"rdkit", "torch", "ray"} <= set(found["versions"])


def test_doctor_tells_a_wrong_setting(hitsieve: Run) -> None:
    result = hitsieve("doctor", "--executor", "slurm")
    assert result.exit_code == 2
    assert "executor = 'slurm'" in result.stderr


@pytest.mark.ray
def test_doctor_asks_every_node_of_a_cluster(
    hitsieve: Run, ray_executor: object, tmp_path: Path
) -> None:
    assert ray_executor
    text = hitsieve("doctor", "--cluster", "--shared", str(tmp_path))
    assert text.exit_code == 0, text.stderr
    assert "ready" in text.stdout
    found = json.loads(hitsieve("doctor", "--cluster", "--json").stdout)
    (node,) = found["cluster"]["nodes"]
    assert node["state"] == "ready"
    assert node["hitsieve"] == __version__
    assert found["cluster"]["problems"] == []
    refused = hitsieve("doctor", "--cluster", "--shared", str(tmp_path / "absent"))
    assert "cannot use the shared folder" in refused.stderr


def test_doctor_refuses_an_unsafe_cluster(hitsieve: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.77:6379")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    result = hitsieve("doctor", "--cluster")
    assert result.exit_code == 7
    assert "RAY_AUTH_MODE=token" in result.stderr


def test_a_token_others_can_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    assert token_problems() == []
    token.write_text("t")
    token.chmod(0o644)
    (problem,) = token_problems()
    assert "0644" in problem
    token.chmod(0o600)
    assert token_problems() == []


def test_a_dashboard_on_every_interface_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    head = Node("127.0.0.1", "a", alive=True, resources={"node:__internal_head__": 1})
    monkeypatch.setattr(cluster, "is_exposed", lambda: True)
    assert "--dashboard-host=127.0.0.1" in address_problems((head,))[0]
    elsewhere = Node("192.0.2.9", "b", alive=True, resources=head.resources)
    assert address_problems((elsewhere,)) == []


def test_version(hitsieve: Run) -> None:
    assert hitsieve("version").stdout == f"hitsieve {__version__}\n"
    assert "python" in json.loads(hitsieve("version", "--json").stdout)
