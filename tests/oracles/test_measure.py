from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.engine.open import open_executor
from hitsieve.errors import IncompleteError, InputError
from hitsieve.oracles import LabelStore, MeasureConfig, Measurement, label_rows, measure
from hitsieve.schema import LABELS, Code
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.measure import Progressed

COMPOUNDS = [(f"KEY-{i}", "C" * (i + 1)) for i in range(6)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_row_a_compound_in_the_order_asked(tmp_path: Path) -> None:
    asked = [COMPOUNDS[3], COMPOUNDS[0], COMPOUNDS[3], COMPOUNDS[5]]
    table = measure(FakeOracle(), asked, SerialExecutor(), tmp_path)
    LABELS.check(table.schema, where="test")
    assert table["compound_id"].to_pylist() == ["KEY-3", "KEY-0", "KEY-5"]
    assert table["value"].to_pylist() == [4.0, 1.0, 6.0]


def test_nothing_is_measured_twice(tmp_path: Path) -> None:
    log = tmp_path / "log"
    oracle = FakeOracle(log=log)
    first = measure(oracle, COMPOUNDS[:4], SerialExecutor(), tmp_path / "labels")
    again = measure(oracle, COMPOUNDS, SerialExecutor(), tmp_path / "labels")
    assert Counter(log.read_text().split()) == {name: 1 for name, _ in COMPOUNDS}
    assert again.slice(0, 4).equals(first)


def test_another_setting_is_another_label(tmp_path: Path) -> None:
    class Other(FakeOracle):
        fingerprint = "0123456789abcdef"  # type: ignore[assignment]

    log = tmp_path / "log"
    measure(FakeOracle(log=log), COMPOUNDS[:2], SerialExecutor(), tmp_path / "labels")
    measure(Other(log=log), COMPOUNDS[:2], SerialExecutor(), tmp_path / "labels")
    assert Counter(log.read_text().split()) == {"KEY-0": 2, "KEY-1": 2}


def test_killed_in_the_middle_then_resumed_gives_the_same_files(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    log = tmp_path / "log"
    measure(FakeOracle(), COMPOUNDS, SerialExecutor(), whole)

    def stop(progress: Progressed) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(FakeOracle(log=log), COMPOUNDS, SerialExecutor(), cut, progress=stop)
    measure(FakeOracle(log=log), COMPOUNDS, SerialExecutor(), cut)
    assert files(cut) == files(whole)
    assert len(log.read_text().split()) == len(COMPOUNDS)


def test_every_way_to_fail_is_a_row_and_harms_no_neighbor(tmp_path: Path) -> None:
    behavior = {"KEY-0": "hang", "KEY-1": "crash", "KEY-2": "raise", "KEY-3": "lie"}
    oracle = FakeOracle({**behavior, "KEY-4": "nothing"})  # type: ignore[dict-item]
    config = MeasureConfig(time_limit_s=2.0, pause_s=0)
    rows = measure(oracle, COMPOUNDS, SerialExecutor(), tmp_path, config).to_pylist()
    codes = ["timeout", "crashed", "internal", "internal", "internal", "none"]
    assert [row["code"] for row in rows] == codes
    assert [row["status"] for row in rows] == ["failed"] * 5 + ["ok"]
    assert [row["value"] for row in rows] == [None] * 5 + [6.0]
    assert "code 41" in rows[1]["message"]
    assert "on fire" in rows[2]["message"]
    assert "compound_id" in rows[3]["message"]


def test_without_a_limit_failures_are_rows_too(tmp_path: Path) -> None:
    oracle = FakeOracle({"KEY-0": "raise", "KEY-1": "lie"})
    rows = measure(oracle, COMPOUNDS[:3], SerialExecutor(), tmp_path).to_pylist()
    assert [row["code"] for row in rows] == ["internal", "internal", "none"]


def test_a_timeout_is_measured_again_only_with_more_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    slow = FakeOracle(log=log, seconds=0.8)
    labels = tmp_path / "labels"

    def codes(limit: float) -> list[str]:
        config = MeasureConfig(time_limit_s=limit)
        table = measure(slow, COMPOUNDS[:1], SerialExecutor(), labels, config)
        found: list[str] = table["code"].to_pylist()
        return found

    assert codes(0.2) == ["timeout"]
    assert codes(0.2) == ["timeout"]
    assert len(log.read_text().split()) == 1
    assert codes(20.0) == ["none"]
    assert codes(0.2) == ["none"]
    assert len(log.read_text().split()) == 2


def test_an_oracle_that_cannot_start_is_told_and_leaves_no_labels(tmp_path: Path) -> None:
    class Local(FakeOracle):
        """Cannot be unpickled elsewhere: it lives in a function."""

    with pytest.raises(IncompleteError, match="did not start"):
        measure(Local(), COMPOUNDS[:1], SerialExecutor(), tmp_path, MeasureConfig(time_limit_s=1.0))
    assert not files(tmp_path)


def test_progress_counts_known_labels_and_failures(tmp_path: Path) -> None:
    oracle = FakeOracle({"KEY-1": "raise"})
    measure(oracle, COMPOUNDS[:2], SerialExecutor(), tmp_path)
    seen: list[Progressed] = []
    measure(oracle, COMPOUNDS[:3], SerialExecutor(), tmp_path, progress=seen.append)
    assert [(p.done, p.total, p.failed) for p in seen] == [(2, 3, 1), (3, 3, 1)]


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        MeasureConfig(time_limit_s=0)


@pytest.mark.ray
def test_ray_gives_the_same_files_as_serial(tmp_path: Path) -> None:
    behavior = {"KEY-1": "crash", "KEY-2": "hang"}
    oracle = FakeOracle(behavior)  # type: ignore[arg-type]
    config = MeasureConfig(time_limit_s=4.0, pause_s=0)
    one = measure(oracle, COMPOUNDS, SerialExecutor(), tmp_path / "serial", config)
    with open_executor("ray", 2) as executor:
        two = measure(oracle, COMPOUNDS, executor, tmp_path / "ray", config)
    assert one.equals(two)
    assert files(tmp_path / "serial") == files(tmp_path / "ray")


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    oracle = FakeOracle()
    measure(oracle, COMPOUNDS[:1], SerialExecutor(), tmp_path)
    (record,) = LabelStore.of(tmp_path, oracle).folder.rglob("*.json")
    record.write_bytes(record.read_bytes()[:-20])
    with pytest.raises(Exception, match=str(record.name)):
        measure(oracle, COMPOUNDS[:1], SerialExecutor(), tmp_path)


def test_results_must_be_one_a_compound() -> None:
    with pytest.raises(InputError, match="0 results for 1 compounds"):
        label_rows(FakeOracle(), COMPOUNDS[:1], [])


@pytest.mark.parametrize(
    "result",
    [
        Measurement(float("nan")),
        Measurement(None),
        Measurement(1.0, code=Code.TIMEOUT),
        Measurement(1.0, "~"),
    ],
)
def test_results_must_be_sound(result: Measurement) -> None:
    with pytest.raises(InputError, match="KEY-0"):
        label_rows(FakeOracle(), COMPOUNDS[:1], [result])


def test_progress_tells_how_long_a_label_took_under_a_limit(tmp_path: Path) -> None:
    def seconds(oracle: FakeOracle, folder: str) -> list[float | None]:
        told: list[Progressed] = []
        measure(oracle, COMPOUNDS[:2], SerialExecutor(), tmp_path / folder, progress=told.append)
        return [at.seconds for at in told]

    slow = FakeOracle(seconds=0.1, time_limit_s=60.0)
    first, *each = seconds(slow, "a")
    assert first is None
    assert all(one is not None and 0.1 <= one < 60 for one in each)
    assert seconds(slow, "a") == [None], "all labels stood before"
    assert seconds(FakeOracle(), "b") == [None, None, None], "without a limit nobody looks"
