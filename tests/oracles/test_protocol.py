from __future__ import annotations

import math

import pytest

from hitsieve.errors import InputError
from hitsieve.oracles.protocol import AskTell, Measurement, Oracle, SelfLimiting, label_rows
from hitsieve.schema import LABELS, Code, Status
from hitsieve.testing.oracle_kit import FakeOracle

COMPOUNDS = [("A", "CC"), ("B", "CCC")]


def test_measurements_become_rows_of_their_oracle() -> None:
    oracle = FakeOracle()
    found = [Measurement(2.5, "<"), Measurement(None, code=Code.TIMEOUT, message="x" * 999)]
    table = label_rows(oracle, COMPOUNDS, found)
    LABELS.check(table.schema, where="test")
    first, second = table.to_pylist()
    assert (first["value"], first["relation"], first["status"]) == (2.5, "<", Status.OK)
    assert first["assay_id"] == f"fake-{oracle.fingerprint}"
    assert (second["value"], second["status"], second["code"]) == (
        None, Status.FAILED, Code.TIMEOUT
    )  # fmt: skip
    assert len(second["message"]) == 300
    assert first["measured_at"] is None, "equal results make equal files, at any time"
    assert {row["target"] for row in (first, second)} == {oracle.target}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([Measurement(1.0)], "1 results for 2 compounds"),
        ([Measurement(1.0), Measurement(math.nan)], "compound B: value nan is not finite"),
        ([Measurement(math.inf), Measurement(1.0)], "compound A: value inf"),
        ([Measurement(None), Measurement(1.0)], "does not go with code"),
        ([Measurement(1.0, code=Code.TIMEOUT), Measurement(1.0)], "does not go with code"),
        ([Measurement(1.0, "~"), Measurement(1.0)], "relation '~'"),
    ],
)
def test_what_is_no_measurement_is_refused(found: list[Measurement], says: str) -> None:
    with pytest.raises(InputError, match=says):
        label_rows(FakeOracle(), COMPOUNDS, found)


def test_protocols_tell_oracles_apart() -> None:
    class Limiting(FakeOracle):
        def limited(self, limit_s: float | None) -> Oracle:
            del limit_s
            return self

    assert isinstance(FakeOracle(), Oracle)
    assert not isinstance(object(), Oracle)
    assert not isinstance(FakeOracle(), SelfLimiting | AskTell)
    assert isinstance(Limiting(), SelfLimiting)
