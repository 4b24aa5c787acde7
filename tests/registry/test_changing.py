"""One process at a time changes a model."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import IncompleteError
from hitsieve.registry.changing import Changing
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def _count_on(model: Path, times: int) -> None:
    """Read a number, add one, write it: what two at once would spoil."""
    changing, file = Changing(model), model / "number"
    for _ in range(times):
        with changing.alone(60.0):
            write_atomic(file, str(int(file.read_text()) + 1).encode())


def test_processes_take_turns(tmp_path: Path) -> None:
    model = tmp_path / "demo"
    model.mkdir()
    (model / "number").write_text("0")
    # spawned: a forked process would take the lease of this one for its own
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_on, args=(model, 10)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (model / "number").read_text() == "30"


def test_threads_take_turns(tmp_path: Path) -> None:
    model = tmp_path / "demo"
    model.mkdir()
    (model / "number").write_text("0")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _count_on(model, 5), range(4)))
    assert (model / "number").read_text() == "20"


def test_it_may_be_entered_inside_itself_and_is_free_afterwards(tmp_path: Path) -> None:
    changing, other = Changing(tmp_path / "demo"), Changing(tmp_path / "demo")
    with changing.alone(), changing.alone():
        pass
    with (
        changing.alone(),
        pytest.raises(IncompleteError, match="model 'demo' is being worked on"),
        other.alone(0.2),
    ):
        pytest.fail("two at a time")
    with Changing(tmp_path / "demo").alone(0.0):
        pass


def test_an_error_gives_it_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), Changing(tmp_path / "demo").alone():
        raise ValueError("inside")
    with Changing(tmp_path / "demo").alone(0.0):
        pass
