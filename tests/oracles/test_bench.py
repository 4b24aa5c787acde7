from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import HitsieveError
from hitsieve.oracles.bench import Bench, failed_row
from hitsieve.oracles.trouble import Trouble
from hitsieve.schema import Code, Status
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from hitsieve.oracles.protocol import Compound

GOOD = ("GOOD", "CCCC")


@pytest.fixture
def guarded() -> Iterator[Bench]:
    """A bench that gives each compound two seconds; each way to misbehave has its compound."""
    behavior = {name.replace(" ", "-"): name for name in ("hang", "crash", "kill", "raise",
                                                          "lie", "nothing", "fail")}  # fmt: skip
    bench = Bench(FakeOracle(behavior), 2.0)  # type: ignore[arg-type]
    yield bench
    bench.close()


def _row(bench: Bench, name: str = GOOD[0]) -> dict[str, object]:
    found = bench.measure((name, "CCCC"))
    assert not isinstance(found, Trouble), found
    return found


def test_a_measurement_is_the_row_of_the_oracle(guarded: Bench) -> None:
    assert _row(guarded) == FakeOracle().measure([GOOD]).to_pylist()[0]
    assert Bench(FakeOracle(), None).measure(GOOD) == _row(guarded)


def test_the_limit_is_held_and_the_next_compound_measured(guarded: Bench) -> None:
    began = time.monotonic()
    row = _row(guarded, "hang")
    assert time.monotonic() - began < 60
    assert (row["status"], row["code"]) == (Status.FAILED, Code.TIMEOUT)
    assert "longer than 2 s" in str(row["message"])
    assert _row(guarded)["value"] == 4.0


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("crash", Code.CRASHED, "code 41"),
        ("kill", Code.CRASHED, "code -9"),
        ("raise", Code.INTERNAL, "the instrument is on fire"),
    ],
)
def test_what_says_nothing_of_the_compound_is_trouble(
    guarded: Bench, name: str, code: Code, says: str
) -> None:
    found = guarded.measure((name, "CCCC"))
    assert isinstance(found, Trouble)
    assert found.code == code
    assert says in found.message
    assert _row(guarded)["value"] == 4.0, "a fresh process measures the next"


@pytest.mark.parametrize(("name", "says"), [("lie", "wrong compound_id"), ("nothing", "0 rows")])
def test_an_answer_that_is_no_sound_row_is_a_failure(guarded: Bench, name: str, says: str) -> None:
    row = _row(guarded, name)
    assert (row["compound_id"], row["status"], row["code"]) == (name, Status.FAILED, Code.INTERNAL)
    assert says in str(row["message"])


def test_the_oracles_own_word_stands(guarded: Bench) -> None:
    assert _row(guarded, "fail")["code"] == Code.MEASUREMENT_FAILED


def test_without_a_limit_an_error_is_trouble_too() -> None:
    found = Bench(FakeOracle({"GOOD": "no memory"}), None).measure(GOOD)
    assert isinstance(found, Trouble)
    assert found.code == Code.OUT_OF_MEMORY


def test_one_process_serves_many_compounds(tmp_path: Path) -> None:
    bench = Bench(_Process(tmp_path / "pids"), 30.0)
    for number in range(3):
        bench.measure((f"K{number}", "C"))
    pids = (tmp_path / "pids").read_text().split()
    assert len(set(pids)) == 1
    assert int(pids[0]) != os.getpid()
    bench.close()
    assert not Path(f"/proc/{pids[0]}").exists()


def test_an_oracle_that_cannot_be_sent_is_told_of() -> None:
    oracle = FakeOracle()
    oracle.higher_is_better = lambda: True  # type: ignore[assignment]
    with pytest.raises(HitsieveError, match="did not start in its process"):
        Bench(oracle, 5.0).measure(GOOD)


def test_a_failed_row_names_compound_and_oracle() -> None:
    row = failed_row(FakeOracle(), GOOD, Code.CRASHED, "gone\nforever")
    assert (row["compound_id"], row["target"], row["code"]) == ("GOOD", "length", Code.CRASHED)
    assert row["value"] is None


class _Process(FakeOracle):
    """Notes the process it measures in."""

    def __init__(self, pids: Path) -> None:
        super().__init__()
        self.pids = pids

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        with self.pids.open("a") as stream:
            stream.write(f"{os.getpid()}\n")
        return super().measure(compounds)
