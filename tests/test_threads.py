"""Linear algebra on one thread: the same bits whatever a process may use."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import scipy.linalg
from threadpoolctl import ThreadpoolController

from hitsieve.engine.executor import Task
from hitsieve.engine.serial import SerialExecutor
from hitsieve.threads import one_thread_algebra

assert scipy.linalg


def _threads() -> set[int]:
    return {
        lib["num_threads"] for lib in ThreadpoolController().info() if lib["user_api"] == "blas"
    }


def test_nested_blocks_restore_what_was() -> None:
    with ThreadpoolController().limit(limits=3, user_api="blas"):
        with one_thread_algebra():
            assert _threads() == {1}
            with one_thread_algebra():
                assert _threads() == {1}
            assert _threads() == {1}
        assert _threads() == {3}


def test_an_error_restores_too() -> None:
    before = _threads()
    with pytest.raises(ValueError, match="inside"), one_thread_algebra():
        raise ValueError("inside")
    assert _threads() == before


def test_threads_of_a_process_may_enter_at_once() -> None:
    @one_thread_algebra()
    def inside(_: int) -> set[int]:
        return _threads()

    with ThreadPoolExecutor(4) as pool:
        assert set.union(*pool.map(inside, range(200))) == {1}


def test_an_executor_works_on_one_thread() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):

        def setup() -> object:
            assert _threads() == {1}
            return lambda _: _threads()

        with SerialExecutor() as executor:
            (found,) = executor.map(setup, [Task("a", None)])  # type: ignore[arg-type,var-annotated]
    assert found.value == {1}


_PROGRAM = """
import hashlib, sys
import numpy as np
from hitsieve.scoring.gaussian_process import fit_process
from hitsieve.threads import one_thread_algebra
rng = np.random.default_rng(0)
points = rng.normal(size=(700, 6))
kernel = np.exp(-((points[:, None] - points) ** 2).sum(axis=2) / 8).astype(np.float32)[None]
y = points[:, 0] + 0.3 * rng.normal(size=700)
folds = [np.arange(start, 700, 5) for start in range(5)]
with one_thread_algebra():
    process, told = fit_process(kernel, np.arange(700, dtype=np.int32), y, folds, rng)
print(hashlib.sha256(process.alpha.tobytes() + told.mean.tobytes()).hexdigest())
"""


def test_a_process_is_the_same_to_the_last_bit_on_one_thread_and_on_more() -> None:
    found = set()
    for count in ("1", "2", "4"):
        variables = {"OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count}
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1
