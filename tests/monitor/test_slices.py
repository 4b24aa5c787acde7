from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.monitor.slices import slices


def _rows(**changes: Any) -> pa.Table:
    smiles = ["c1ccccc1CC", "c1ccccc1N", "C1CCNCC1", "CCCO"]
    columns = {
        "smiles": smiles,
        "value": [5.0, 6.0, 7.0, 8.0],
        "score": [5.5, 6.5, 6.0, 8.0],
        "lower": [4.0, 6.2, 5.0, None],
        "upper": [6.0, 7.2, 7.0, None],
        "measured_at": [datetime(2026, m, 3, tzinfo=UTC) for m in (1, 1, 2)] + [None],
    }
    return pa.table({**columns, **changes})


def test_parts_are_judged_apart() -> None:
    found = {(s.kind, s.name): s for s in slices(_rows(), known_scaffolds={"c1ccccc1"})}
    seen = found["scaffold", "trained on"]
    assert (seen.compounds, seen.rmse, seen.bias, seen.coverage) == (2, 0.5, 0.5, 0.5)
    assert found["scaffold", "new"].compounds == 2
    assert found["scaffold", "c1ccccc1"].compounds == 2
    assert found["scaffold", "(no ring)"].rmse == 0.0
    assert np.isnan(found["scaffold", "(no ring)"].coverage)
    assert found["month", "2026-01"].compounds == 2
    assert found["month", "2026-02"].bias == pytest.approx(-1.0)
    assert len([key for key in found if key[0] == "month"]) == 2


def test_classes_have_a_brier_score_and_no_coverage() -> None:
    rows = _rows(value=[1.0, 1.0, 0.0, 0.0], score=[0.8, 0.6, 0.4, 0.1])
    found = {s.name: s for s in slices(rows, task="classification")}
    ethyl = found["c1ccccc1"]
    assert ethyl.brier == pytest.approx((0.04 + 0.16) / 2)
    assert ethyl.bias == pytest.approx(-0.3)
    assert np.isnan(ethyl.rmse)
    assert np.isnan(ethyl.coverage)
    assert found["new"].enrichment == pytest.approx(2.0)
    assert np.isnan({s.name: s for s in slices(_rows())}["new"].brier)


def test_enrichment_needs_actives() -> None:
    found = {s.name: s for s in slices(_rows(), active_at=6.5)}
    assert np.isnan(found["c1ccccc1"].enrichment)
    assert found["new"].enrichment > 1
    low = {s.name: s for s in slices(_rows(), active_at=6.5, higher_is_better=False)}
    assert low["c1ccccc1"].enrichment > 0
