from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hitsieve.assays.report import CurationReport, TargetReport
from hitsieve.errors import HitsieveError


def _target(labels: int, left_out: str = "") -> TargetReport:
    return TargetReport(
        "T", "", "pIC50", "pX", "higher", "regression", "y", 10, 1, {"text": 2}, 2, 1,
        labels, 0, 0, 5.0, 6.0, 7.0, left_out,
    )  # fmt: skip


def test_counts_that_do_not_add_up_are_a_bug() -> None:
    assert _target(4).labels == 4
    with pytest.raises(HitsieveError, match="lost count: 10 cells, 11 accounted for"):
        _target(5)


def test_it_goes_into_json_and_reads_as_text() -> None:
    report = CurationReport("d", "s", "MIT", {}, "median", 10, {}, 4, (_target(4, "constant"),))
    assert json.loads(json.dumps(report.to_dict()))["targets"][0]["refused"] == {"text": 2}
    assert report.labels == 0
    told = report.summary()
    assert "T left out: constant" in told
    assert "10 records" in told
    assert "1 replicates merged by median" in told
    assert "given parts" not in told
    torn = replace(report, part_conflicts=("a", "b"))
    assert "2 compounds stand in several given parts" in torn.summary()
