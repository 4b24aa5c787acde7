from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError
from hitsieve.oracles.bench import Bench
from hitsieve.oracles.store import LabelStore
from hitsieve.oracles.trouble import Trouble
from hitsieve.oracles.work import Labeled, Measuring, measuring
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.protocol import Oracle

GOOD = ("GOOD", "CCCC")


def _store(tmp_path: Path) -> LabelStore:
    return LabelStore.of(tmp_path / "labels", FakeOracle())


def test_a_label_is_kept_before_it_is_told(tmp_path: Path) -> None:
    store = _store(tmp_path)
    found = measuring(FakeOracle(), store, None)(GOOD)
    assert isinstance(found, Labeled)
    assert store.get("GOOD") == found.row


def test_what_stands_is_not_measured_again(tmp_path: Path) -> None:
    store, log = _store(tmp_path), tmp_path / "log"
    work = measuring(FakeOracle(log=log), store, None)
    first, again = work(GOOD), work(GOOD)
    assert isinstance(first, Labeled)
    assert again == Labeled(first.row)
    assert log.read_text().split() == ["GOOD"]


def test_time_is_told_under_a_limit_and_only_of_what_was_measured_now(tmp_path: Path) -> None:
    store = _store(tmp_path)
    work = measuring(FakeOracle(seconds=0.2), store, 60.0)
    assert isinstance(work.bench, Bench)
    found = work(GOOD)
    assert isinstance(found, Labeled)
    assert found.seconds is not None
    assert 0.2 <= found.seconds < 60
    again = work(GOOD)
    assert isinstance(again, Labeled)
    assert again.seconds is None
    work.bench.close()
    without = measuring(FakeOracle(seconds=0.2), None, None)(GOOD)
    assert isinstance(without, Labeled)
    assert without.seconds is None


def test_a_control_is_measured_though_its_label_stands_and_kept_nowhere(tmp_path: Path) -> None:
    log = tmp_path / "log"
    work = measuring(FakeOracle(log=log), None, None)
    assert isinstance(work(GOOD), Labeled)
    assert isinstance(work(GOOD), Labeled)
    assert log.read_text().split() == ["GOOD", "GOOD"]
    assert not (tmp_path / "labels").exists()


def test_trouble_is_no_label(tmp_path: Path) -> None:
    store = _store(tmp_path)
    found = measuring(FakeOracle({"GOOD": "raise"}), store, None)(GOOD)
    assert isinstance(found, Trouble)
    assert not found.machine
    assert store.get("GOOD") is None


def test_what_breaks_outside_of_the_oracle_is_the_machines_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _store(tmp_path)

    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(LabelStore, "put", broken)
    found = measuring(FakeOracle(), store, None)(GOOD)
    assert isinstance(found, Trouble)
    assert found.machine


def test_a_damaged_record_ends_the_run(tmp_path: Path) -> None:
    store = _store(tmp_path)
    measuring(FakeOracle(), store, None)(GOOD)
    (path,) = store.folder.rglob("*.json")
    path.write_text("{")
    with pytest.raises(ChecksumError, match="no whole label record"):
        measuring(FakeOracle(), store, None)(GOOD)


def test_an_oracle_that_limits_itself_needs_no_process(tmp_path: Path) -> None:
    given: list[float | None] = []

    class Limiting(FakeOracle):
        def limited(self, limit_s: float | None) -> Oracle:
            given.append(limit_s)
            return FakeOracle()

    work = measuring(Limiting(), _store(tmp_path), 7.0)
    assert given == [7.0]
    assert isinstance(work, Measuring)
    found = work(GOOD)
    assert isinstance(found, Labeled)
    assert found.seconds is not None
