from __future__ import annotations

import sys
from typing import Any

import pytest

from hitsieve.engine.executor import WORKER_LOST
from hitsieve.engine.worker import Worker
from hitsieve.errors import InputError


def raising(error: BaseException) -> Any:
    def work(_: object) -> None:
        raise error

    return lambda: work


def run(error: BaseException) -> Any:
    worker = Worker(raising(error))
    assert worker.ready() is None
    return worker.run(1)


def test_setup_runs_once() -> None:
    calls: list[int] = []

    def setup() -> Any:
        calls.append(1)
        return abs

    worker = Worker(setup)
    assert worker.ready() is None
    assert worker.ready() is None
    assert worker.run(-2).value == 2
    assert calls == [1]


def test_a_restarted_worker_asks_to_be_set_up() -> None:
    assert Worker(lambda: abs).run(1).error_type == WORKER_LOST


@pytest.mark.parametrize(
    ("error", "kind", "final", "broken"),
    [
        (InputError("no"), "InputError", True, False),
        (ValueError("no"), "ValueError", False, False),
        (SystemExit("no"), "SystemExit", False, False),
        (RuntimeError("CUDA error: an illegal memory access"), "RuntimeError", False, True),
        (RuntimeError("CUDA out of memory"), "RuntimeError", False, False),
    ],
)
def test_errors_are_reported_with_what_they_mean(
    error: BaseException, kind: str, *, final: bool, broken: bool
) -> None:
    report = run(error)
    assert (report.error_type, report.final, report.broken) == (kind, final, broken)
    assert report.error


def test_a_setup_error_comes_back_even_if_it_cannot_travel() -> None:
    def refuse() -> Any:
        raise InputError("no model", cure="name one")

    def strange() -> Any:
        error = ValueError("odd")
        error.module = sys  # type: ignore[attr-defined]
        raise error

    found = Worker(refuse).ready()
    assert isinstance(found, InputError)
    assert found.cure == "name one"
    assert str(Worker(strange).ready()) == "ValueError: odd"
