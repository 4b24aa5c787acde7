from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign import CampaignConfig, CampaignSummary, Workplace, run_campaign
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ChecksumError, DatasetError, IncompleteError, UsageError
from hitsieve.library import Library
from hitsieve.schema import SCORES
from hitsieve.testing.crash_campaigns import contents as state
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hitsieve.testing.oracle_kit import Behavior


class LengthSurrogate:
    """Predicts the length of a SMILES from its heavy atoms; remembers what it was trained on."""

    settings: dict[str, Any] = {"kind": "length"}  # noqa: RUF012 - a fake

    def __init__(self) -> None:
        self.trained: list[list[str]] = []

    def train(self, labels: Path, work: Workplace) -> str:
        work.progress("train", 1, 1)
        self.trained.append(pq.read_table(labels)["compound_id"].to_pylist())
        return f"{work.name}@1"

    def score(self, model: str, work: Workplace) -> Iterable[pa.Table]:
        assert model == f"{work.name}@1"
        work.progress("screen", 1, 1)
        tables = []
        for table in Library.open(work.library).iter_tables(["compound_id", "heavy_atoms"]):
            n = table.num_rows
            tables.append(
                SCORES.build(
                    {
                        "compound_id": table["compound_id"],
                        "score": table["heavy_atoms"].cast(pa.float32()),
                        "std": [0.5] * n,
                        "lower": [0.0] * n,
                        "upper": [99.0] * n,
                        "in_domain": [True] * n,
                        "status": ["ok"] * n,
                    }
                )
            )
        return tables

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        return {"model": model, "scored": str(work.screen.name)}


def config(library: Path, folder: Path, **changes: object) -> CampaignConfig:
    values: dict[str, object] = {"initial": 12, "batch": 6, "rounds": 2, "seed": 5}
    values["measure"] = {"pause_s": 0}
    return CampaignConfig.model_validate({"library": library, "folder": folder} | values | changes)


def run(settings: CampaignConfig, oracle: FakeOracle | None = None, **more: Any) -> CampaignSummary:
    with SerialExecutor() as executor:
        return run_campaign(settings, oracle or FakeOracle(), LengthSurrogate(), executor, **more)


def test_rounds_grow_and_never_measure_a_compound_twice(library: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    summary = run(config(library, tmp_path / "c"), FakeOracle(log=log))
    assert [len(one.picks) for one in summary.rounds] == [12, 6, 6]
    assert summary.measured == 24
    measured = Counter(log.read_text().split())
    assert set(measured.values()) == {1}
    assert [one.model for one in summary.rounds] == ["", "campaign-r1@1", "campaign-r2@1"]
    assert {pick.reason for pick in summary.rounds[0].picks} == {"random"}
    assert {pick.reason for pick in summary.rounds[2].picks} == {"gain"}


@pytest.mark.parametrize("kind", ["gain", "greedy"])
def test_picks_are_the_best_of_what_is_left(library: Path, tmp_path: Path, kind: str) -> None:
    # all spreads are alike, so that a gain goes by the prediction alone
    rounds = run(config(library, tmp_path, acquisition={"kind": kind})).rounds
    pool = {
        row["compound_id"]: row["heavy_atoms"]
        for table in Library.open(library).iter_tables(["compound_id", "heavy_atoms"])
        for row in table.to_pylist()
    }
    for one in rounds:
        if one.number:
            wanted = sorted(pool, key=lambda name: (-pool[name], name))[: len(one.picks)]
            assert [pick.compound_id for pick in one.picks] == wanted
        for pick in one.picks:
            del pool[pick.compound_id]


def test_each_surrogate_learns_from_all_rounds_before_it(library: Path, tmp_path: Path) -> None:
    surrogate = LengthSurrogate()
    oracle = FakeOracle()
    with SerialExecutor() as executor:
        summary = run_campaign(config(library, tmp_path), oracle, surrogate, executor)
    first, second = (sorted(p.compound_id for p in one.picks) for one in summary.rounds[:2])
    assert surrogate.trained == [first, sorted(first + second)]


def test_failures_are_kept_out_of_training_but_not_measured_again(
    library: Path, tmp_path: Path
) -> None:
    settings = config(library, tmp_path / "a")
    bad = run(settings).rounds[1].picks[0].compound_id
    settings = config(library, tmp_path / "b")
    surrogate = LengthSurrogate()
    with SerialExecutor() as executor:
        rounds = run_campaign(settings, FakeOracle({bad: "raise"}), surrogate, executor).rounds
    assert bad not in surrogate.trained[1]
    assert bad not in {pick.compound_id for pick in rounds[2].picks}
    assert rounds[1].values[0] != rounds[1].values[0]  # NaN


TROUBLES = ("raise", "no memory", "full disk")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_machine_in_trouble_once_leaves_no_trace(
    library: Path, tmp_path: Path, trouble: Behavior
) -> None:
    names = [
        pick.compound_id
        for one in run(config(library, tmp_path / "a")).rounds
        for pick in one.picks
    ]
    oracle = FakeOracle(dict.fromkeys(names[3:15:4], trouble), once=tmp_path / "once")
    run(config(library, tmp_path / "b"), oracle)
    assert len(list((tmp_path / "once").iterdir())) == 3
    assert state(tmp_path / "b") == state(tmp_path / "a")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_machine_in_trouble_for_long_stops_the_round_which_goes_on_later(
    library: Path, tmp_path: Path, trouble: Behavior
) -> None:
    rounds = run(config(library, tmp_path / "a")).rounds
    names = [pick.compound_id for one in rounds for pick in one.picks]
    settings = config(library, tmp_path / "b", rounds=0)
    run(settings)
    settings = config(library, tmp_path / "b")
    for _ in range(3):
        with pytest.raises(IncompleteError, match=r"'fake': [16] compounds? could not be measured"):
            run(settings, FakeOracle(dict.fromkeys(names, trouble)))
    run(settings)
    assert state(tmp_path / "b") == state(tmp_path / "a")


@pytest.mark.parametrize("stage", ["measure", "train", "screen"])
@pytest.mark.parametrize("visit", [1, 2, 9])
def test_killed_anywhere_and_resumed_gives_the_same_files(
    library: Path, tmp_path: Path, stage: str, visit: int
) -> None:
    run(config(library, tmp_path / "whole"))
    seen = 0

    def stop(found: str, _done: int, _total: int) -> None:
        nonlocal seen
        seen += found == stage
        if seen == visit:
            seen += 1
            raise KeyboardInterrupt

    log = tmp_path / "log"
    settings = config(library, tmp_path / "cut")
    try:
        run(settings, FakeOracle(log=log), progress=stop)
        assert visit == 9  # so often only measurements are told
    except KeyboardInterrupt:
        run(settings, FakeOracle(log=log))
    assert state(tmp_path / "cut") == state(tmp_path / "whole")
    assert set(Counter(log.read_text().split()).values()) == {1}


def test_a_campaign_may_be_prolonged(library: Path, tmp_path: Path) -> None:
    short = run(config(library, tmp_path, rounds=1))
    longer = run(config(library, tmp_path, rounds=2))
    assert longer.rounds[:2][1].picks == short.rounds[1].picks
    assert len(longer.rounds) == 3


def test_more_money_prolongs_a_campaign_that_was_short_of_it(library: Path, tmp_path: Path) -> None:
    poor = run(config(library, tmp_path, budget={"money": 70, "measuring": 5}))
    assert [len(one.picks) for one in poor.rounds] == [12, 2]
    assert (poor.ending.why, poor.rounds[-1].short) == ("budget", 70.0)
    rich = run(config(library, tmp_path, budget={"money": 99, "measuring": 5}))
    assert [len(one.picks) for one in rich.rounds] == [12, 2, 5]
    assert rich.rounds[1].picks == poor.rounds[1].picks


def test_another_campaign_in_the_folder_is_refused(library: Path, tmp_path: Path) -> None:
    run(config(library, tmp_path, rounds=0))
    with pytest.raises(UsageError, match=r"config\.seed was 5 and is 6"):
        run(config(library, tmp_path, rounds=0, seed=6))


def test_a_changed_file_is_noticed(library: Path, tmp_path: Path) -> None:
    run(config(library, tmp_path, rounds=0))
    picks = tmp_path / "rounds" / "round-000.picks.json"
    picks.write_bytes(picks.read_bytes().replace(b"random", b"chosen"))
    with pytest.raises(ChecksumError, match="picks"):
        run(config(library, tmp_path, rounds=1))


def test_impossible_campaigns_are_named(library: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has 60 compounds, round 0 measures 61"):
        run(config(library, tmp_path / "a", initial=61))
    everything = {
        name: "fail"
        for table in Library.open(library).iter_tables(["compound_id"])
        for name in table["compound_id"].to_pylist()
    }
    with pytest.raises(DatasetError, match="measured none of 12"):
        run(config(library, tmp_path / "b"), FakeOracle(everything))


def test_a_share_of_random_picks(library: Path, tmp_path: Path) -> None:
    mixed = AcquisitionConfig(epsilon=0.5)
    rounds = run(config(library, tmp_path, acquisition=mixed, rounds=1)).rounds
    reasons = [pick.reason for pick in rounds[1].picks]
    assert reasons == ["gain"] * 3 + ["random"] * 3
    assert len({pick.compound_id for one in rounds for pick in one.picks}) == 18
