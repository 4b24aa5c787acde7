from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.engine import SerialExecutor
from hitsieve.errors import HitsieveError, IncompleteError
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash_campaigns import contents
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

FORK = multiprocessing.get_context("fork")
QUICK = QuickConfig(kinds=("forest",), folds=2, forest=ForestConfig(trees=4))


def config(library: Path, folder: Path) -> CampaignConfig:
    return CampaignConfig(
        library=library, folder=folder / "c", initial=12, batch=4, rounds=1, seed=4
    )


def drive(library: Path, folder: Path, seconds: float) -> None:
    """Run the campaign; each measurement takes a while."""
    oracle = FakeOracle(log=folder / "log", seconds=seconds)
    try:
        with SerialExecutor() as executor:
            surrogate = QuickSurrogate(oracle.target, config=QUICK)
            run_campaign(config(library, folder), oracle, surrogate, executor)
    except HitsieveError as error:
        (folder / "words").write_text(str(error))
        sys.exit(error.exit_code)


def begin(library: Path, folder: Path, seconds: float = 0.0) -> Any:
    process = FORK.Process(target=drive, args=(library, folder, seconds))
    process.start()
    return process


def measured(folder: Path) -> Counter[str]:
    return Counter((folder / "log").read_text().split()) if (folder / "log").exists() else Counter()


def when_measuring(folder: Path) -> None:
    while measured(folder).total() < 3:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    drive(library, folder, 0.0)
    return contents(folder / "c")


def test_two_drivers_measure_nothing_twice(
    library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    first = begin(library, tmp_path, seconds=0.5)
    when_measuring(tmp_path)
    second = begin(library, tmp_path)
    second.join()
    assert second.exitcode == IncompleteError.exit_code == 5
    words = (tmp_path / "words").read_text()
    assert f"{tmp_path / 'c'} is being worked on by another process: {first.pid} on" in words
    assert f"kill {first.pid}" in words
    first.join()
    assert first.exitcode == 0
    assert sorted(measured(tmp_path).values()) == [1] * 16
    assert contents(tmp_path / "c") == whole


def test_a_killed_driver_lets_the_next_one_go_on(
    library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    first = begin(library, tmp_path, seconds=0.1)
    when_measuring(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    second = begin(library, tmp_path)
    second.join()
    first.join()
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)
    # What was being measured when it was killed had no label yet.
    assert sorted(measured(tmp_path).values())[:-1] == [1] * 15
    assert contents(tmp_path / "c") == whole


def test_who_lost_the_campaign_stops_at_the_next_sign(library: Path, tmp_path: Path) -> None:
    oracle = FakeOracle(log=tmp_path / "log")
    with SerialExecutor() as executor:
        surrogate = QuickSurrogate(oracle.target, config=QUICK)
        campaign = Campaign(config(library, tmp_path), oracle, surrogate, executor)
        with campaign.alone(), campaign.alone():
            campaign._lease._lost = True
            with pytest.raises(IncompleteError, match="was taken over by another process"):
                campaign.run()
    assert measured(tmp_path).total() == 0
    with SerialExecutor() as executor:
        again = Campaign(config(library, tmp_path), oracle, surrogate, executor)
        assert again.run().measured == 16
