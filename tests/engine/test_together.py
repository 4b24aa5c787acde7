from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.serial import SerialExecutor
from hitsieve.engine.together import run_together
from hitsieve.errors import ClusterError, DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _sum(places: Path, rank: int, size: int) -> list[float]:
    """Add up over processes, and lose one of them the first time."""
    import torch
    from torch import distributed

    if rank == 1 and not (places / "lost").exists():
        (places / "lost").touch()
        os._exit(1)
    values = torch.tensor([float(rank + 1)])
    distributed.all_reduce(values)
    return [float(values), float(rank), float(size)]


def _refuse(rank: int, size: int) -> None:
    raise DatasetError(f"rank {rank} of {size} has nothing to learn", cure="give data")


@pytest.fixture(scope="module")
def ray() -> Iterator[RayExecutor]:
    with RayExecutor(2) as executor:
        yield executor


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
class TestOnRay:
    def test_processes_reach_each_other_and_come_back_when_one_is_lost(
        self, ray: RayExecutor, tmp_path: Path
    ) -> None:
        found = run_together(ray, functools.partial(_sum, tmp_path), 2)
        assert found == [3.0, 0.0, 2.0]
        assert (tmp_path / "lost").exists()

    def test_more_than_this_machine_holds_are_refused_at_once(self, ray: RayExecutor) -> None:
        with pytest.raises(ClusterError, match=r"4096 processes .* room for") as caught:
            run_together(ray, _refuse, 4096)
        assert "at most" in caught.value.cure

    def test_an_error_of_the_data_is_told_as_it_is(self, ray: RayExecutor) -> None:
        with pytest.raises(DatasetError, match="nothing to learn") as caught:
            run_together(ray, _refuse, 2)
        assert caught.value.cure == "give data"


def test_one_process_cannot_be_many() -> None:
    with pytest.raises(UsageError, match="serial executor") as caught:
        run_together(SerialExecutor(), _refuse, 2)
    assert "executor ray" in caught.value.cure
