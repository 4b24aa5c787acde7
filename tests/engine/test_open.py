from __future__ import annotations

import os

import pytest

from hitsieve.engine import open as opening
from hitsieve.engine import open_executor
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import UsageError

CORES = opening.cores()


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "cores", lambda: 4)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_kinds_are_taken_by_name() -> None:
    assert isinstance(open_executor("serial"), SerialExecutor)
    assert isinstance(open_executor("serial", 1), SerialExecutor)
    ray = open_executor("ray", 3)
    assert isinstance(ray, RayExecutor)
    assert ray.workers == 3


def test_auto_starts_no_cluster_where_it_cannot_help() -> None:
    assert open_executor("auto").name == "ray"
    assert open_executor("auto", 2).name == "ray"
    assert open_executor("auto", 1).name == "serial"
    assert open_executor("auto", tasks=1).name == "serial"
    assert open_executor("auto", 8, tasks=0).name == "serial"
    assert open_executor("auto", tasks=2).name == "ray"


def test_auto_joins_a_named_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    assert open_executor("auto", 1).name == "ray"


@pytest.mark.parametrize(
    ("kind", "workers", "message"),
    [
        ("rey", None, r"'rey' is unknown \(did you mean 'ray'\?\)"),
        ("ray", 0, "workers = 0"),
        ("auto", -1, "workers = -1"),
        ("serial", 2, "one worker, not 2"),
    ],
)
def test_wrong_requests_are_explained(kind: str, workers: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        open_executor(kind, workers)  # type: ignore[arg-type]


def test_cores_are_counted() -> None:
    assert 1 <= CORES <= (os.cpu_count() or 1)
