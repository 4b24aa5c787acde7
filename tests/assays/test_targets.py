from __future__ import annotations

import numpy as np
import pytest

from hitsieve.assays.targets import unlearnable


@pytest.mark.parametrize(
    ("values", "task", "reason"),
    [
        (np.arange(30.0), "regression", ""),
        (np.arange(30.0) % 2, "classification", ""),
        (np.arange(19.0), "regression", "19 labels, at least 20 are needed"),
        (np.full(30, 0.1), "regression", "all 30 labels are 0.1"),
        (np.zeros(30), "classification", "all 30 labels are of class 0"),
    ],
)
def test_reasons(values: np.ndarray, task: str, reason: str) -> None:
    assert unlearnable(values, task) == reason
