from __future__ import annotations

import multiprocessing
import os
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.networks.config import NetworkConfig
from hitsieve.training.config import TrainingConfig
from hitsieve.training.loop import fit
from hitsieve.training.trail import Trail, read_curve

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.training.data import TrainingSet
    from hitsieve.training.fitted import Epoch, FittedNetwork

# Dropout and shuffling draw from both generators, and patience looks back at the best epoch.
NETWORK = NetworkConfig(hidden=16, head_hidden=16, readout="sum", dropout=0.2)
CONFIG = TrainingConfig(members=1, epochs=9, warmup=1, batch_size=16, learning_rate=5e-3)


class _InterruptedError(Exception):
    pass


def _fit(data: TrainingSet, trail: Trail, *, end: int = 0, seed: int = 1) -> FittedNetwork:
    def stop(epoch: Epoch) -> None:
        if epoch.number == end:
            raise _InterruptedError

    learn, keep = data.take(np.arange(80)), data.take(np.arange(80, 96))
    return fit(NETWORK, CONFIG, learn, keep, seed, trail=trail, progress=stop)


def _same(first: FittedNetwork, second: FittedNetwork) -> bool:
    return (first.history, first.best) == (second.history, second.best) and all(
        value.numpy().tobytes() == second.state[name].numpy().tobytes()
        for name, value in first.state.items()
    )


@pytest.fixture(scope="module")
def undisturbed(data: TrainingSet) -> FittedNetwork:
    return _fit(data, Trail())


@pytest.mark.parametrize("end", [1, 2, 5, 9])
def test_an_interrupted_fit_ends_with_the_same_bytes(
    end: int, data: TrainingSet, undisturbed: FittedNetwork, tmp_path: Path
) -> None:
    trail = Trail(tmp_path / "curves", tmp_path / "states", seconds=0)
    with pytest.raises(_InterruptedError):
        _fit(data, trail, end=end)
    heard: list[int] = []
    learn, keep = data.take(np.arange(80)), data.take(np.arange(80, 96))
    again = fit(
        NETWORK, CONFIG, learn, keep, 1, trail=trail, progress=lambda e: heard.append(e.number)
    )
    assert _same(again, undisturbed)
    # the state of the last epoch before the interruption was not written any more
    assert heard == list(range(end, 10))
    assert tuple(read_curve(tmp_path / "curves" / "network.jsonl")) == undisturbed.history


def test_a_finished_fit_is_not_repeated(
    data: TrainingSet, undisturbed: FittedNetwork, tmp_path: Path
) -> None:
    trail = Trail(None, tmp_path, seconds=3600)  # a state at the end, whatever the time
    _fit(data, trail)
    assert _same(_fit(data, trail, end=1), undisturbed)


def test_another_seed_starts_anew(data: TrainingSet, tmp_path: Path) -> None:
    trail = Trail(None, tmp_path, seconds=0)
    _fit(data, trail)
    other = _fit(data, trail, seed=2)
    assert len(list(tmp_path.iterdir())) == 2
    assert _same(other, _fit(data, Trail(), seed=2))


def test_who_may_not_write_leaves_nothing(data: TrainingSet, tmp_path: Path) -> None:
    _fit(data, Trail(tmp_path / "curves", tmp_path / "states", seconds=0, writes=False))
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = '{"number": 1, "train_loss": 0.5, "stopping_loss": 0.25, "rate": 0.001}\n'
    path.write_text(line + line[:20])
    assert [epoch.number for epoch in read_curve(path)] == [1]


def test_a_killed_process_is_gone_on_from(
    data: TrainingSet, undisturbed: FittedNetwork, tmp_path: Path
) -> None:
    trail = Trail(tmp_path / "curves", tmp_path / "states", seconds=0)
    child = multiprocessing.get_context("fork").Process(target=_slow, args=(data, trail))
    child.start()
    curve = tmp_path / "curves" / "network.jsonl"
    deadline = time.monotonic() + 120
    while not (curve.is_file() and len(read_curve(curve)) >= 3):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert _same(_fit(data, trail), undisturbed)


def _slow(data: TrainingSet, trail: Trail) -> None:
    learn, keep = data.take(np.arange(80)), data.take(np.arange(80, 96))
    fit(NETWORK, CONFIG, learn, keep, 1, trail=trail, progress=lambda _: time.sleep(0.2))
