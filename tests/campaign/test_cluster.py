"""Campaigns whose measurements and surrogates are Ray tasks: the same bytes as without."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.oracles import MeasureConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash_campaigns import contents
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.engine import Executor
    from hitsieve.oracles.protocol import Compound

pytestmark = pytest.mark.ray

QUICK = QuickConfig(
    kinds=("forest",), folds=2, forest=ForestConfig(trees=4), prune=PruneConfig(loss=0.02, top=3)
)


def run(library: Path, folder: Path, oracle: FakeOracle, executor: Executor) -> dict[str, bytes]:
    config = CampaignConfig(
        library=library,
        folder=folder,
        initial=16,
        batch=4,
        rounds=2,
        controls=0.25,
        seed=4,
        measure=MeasureConfig(pause_s=0),
    )
    run_campaign(config, oracle, QuickSurrogate(oracle.target, config=QUICK), executor)
    return contents(folder)


@pytest.fixture(scope="module")
def whole(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with SerialExecutor() as executor:
        return run(library, tmp_path_factory.mktemp("whole") / "c", FakeOracle(), executor)


def deadly(log: Path, at: int) -> FakeOracle:
    """Return an oracle that kills the worker it runs in, once, at some measurement."""

    class Deadly(FakeOracle):
        def measure(self, compounds: Sequence[Compound]) -> pa.Table:
            table = super().measure(compounds)
            fired = log.with_name("fired")
            if not fired.exists() and len(log.read_text().split()) >= at:
                fired.write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGKILL)
            return table

    return Deadly(log=log)


def test_the_folder_is_the_same_as_without_a_cluster(
    library: Path, tmp_path: Path, whole: dict[str, bytes], ray_executor: Executor
) -> None:
    log = tmp_path / "log"
    assert run(library, tmp_path / "c", FakeOracle(log=log), ray_executor) == whole
    assert set(Counter(log.read_text().split()).values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("at", [3, 17, 22])
def test_a_worker_killed_while_it_measures_changes_nothing(
    at: int, library: Path, tmp_path: Path, whole: dict[str, bytes], ray_executor: Executor
) -> None:
    log = tmp_path / "log"
    assert run(library, tmp_path / "c", deadly(log, at), ray_executor) == whole
    assert int((tmp_path / "fired").read_text()) != os.getpid()
    # Only what had no label yet was measured again: one compound in the killed worker.
    assert sorted(Counter(log.read_text().split()).values())[-2:] == [1, 2]
