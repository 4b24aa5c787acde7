from __future__ import annotations

import numpy as np
import pytest

from hitsieve.calibration.frequency import ALLOWED, compare_frequency
from hitsieve.errors import InputError
from hitsieve.metrics.classification import ece


def _drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.7, 0.7, n)
    return (rng.random(n) < probability).astype(float), probability


@pytest.mark.parametrize("n", [20, 200, 2000])
def test_exact_probabilities_are_rarely_called_off(n: int) -> None:
    off = [compare_frequency(*_drawn(n, seed)).off for seed in range(40)]
    assert sum(off) <= 2


@pytest.mark.parametrize(("n", "gap"), [(40, 0.4), (400, 0.2)])
def test_a_promise_that_does_not_come_true_is_seen(n: int, gap: float) -> None:
    rng = np.random.default_rng(1)
    promised = np.full(n, 0.7)
    found = compare_frequency((rng.random(n) < 0.7 - gap).astype(float), promised)
    assert found.off
    assert found.error == pytest.approx(gap, abs=0.1)


def test_noise_shrinks_with_compounds_down_to_a_floor() -> None:
    allowed = [compare_frequency(*_drawn(n, 3)).allowed for n in (20, 200, 5000)]
    assert allowed[0] > allowed[1] > allowed[2] == ALLOWED
    labels, probability = _drawn(200, 3)
    assert compare_frequency(labels, probability).error == ece(labels, probability)


def test_values_that_are_no_classes_are_refused() -> None:
    with pytest.raises(InputError, match="neither 0 nor 1"):
        compare_frequency([6.3], [0.5])
