from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rdkit.ML.Scoring import Scoring

from hitsieve.errors import InputError
from hitsieve.metrics.ranking import (
    acquired_recall,
    bedroc,
    bedroc_random,
    enrichment_factor,
    hit_rate_at,
    top_k_recall,
)


def _distinct(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    actives = rng.random(n) < 0.1
    actives[0] = True
    return actives, rng.permutation(n).astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.01, 0.05, 0.1, 0.33])
def test_enrichment_equals_rdkit_without_ties(seed: int, fraction: float) -> None:
    actives, scores = _distinct(300, seed)
    ranked = [[bool(actives[i])] for i in np.argsort(-scores)]
    expected = Scoring.CalcEnrichment(ranked, 0, [fraction])[0]
    assert enrichment_factor(actives, scores, fraction) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alpha", [5.0, 20.0, 160.9])
def test_bedroc_equals_rdkit_without_ties(seed: int, alpha: float) -> None:
    actives, scores = _distinct(300, seed)
    ranked = [[bool(actives[i])] for i in np.argsort(-scores)]
    expected = Scoring.CalcBEDROC(ranked, 0, alpha)
    assert bedroc(actives, scores, alpha=alpha) == pytest.approx(expected, abs=1e-12)


def test_a_constant_score_is_worth_what_chance_is() -> None:
    actives = np.arange(200) < 20
    constant = np.zeros(200)
    for fraction in (0.01, 0.02, 0.5, 1.0):
        assert enrichment_factor(actives, constant, fraction) == pytest.approx(1.0)
    assert bedroc(actives, constant) == pytest.approx(bedroc_random(20, 200))
    assert hit_rate_at(actives, constant, 7) == pytest.approx(0.1)
    assert top_k_recall(np.arange(200.0), constant, 10) == pytest.approx(0.05)


def test_ties_equal_the_mean_over_every_order_of_the_tied() -> None:
    actives = np.array([True, False, True, False, False])
    scores = np.array([2.0, 2.0, 1.0, 1.0, 1.0])
    found: dict[str, list[float]] = {"ef": [], "bedroc": [], "hits": []}
    for first in itertools.permutations([0, 1]):
        for second in itertools.permutations([2, 3, 4]):
            strict = np.empty(5)
            strict[[*first, *second]] = [5.0, 4.0, 3.0, 2.0, 1.0]
            found["ef"].append(enrichment_factor(actives, strict, 0.6))
            found["bedroc"].append(bedroc(actives, strict))
            found["hits"].append(hit_rate_at(actives, strict, 1))
    assert enrichment_factor(actives, scores, 0.6) == pytest.approx(np.mean(found["ef"]))
    assert bedroc(actives, scores) == pytest.approx(np.mean(found["bedroc"]))
    assert hit_rate_at(actives, scores, 1) == pytest.approx(np.mean(found["hits"]))


def test_top_k_recall_takes_ties_of_both_sides_in_expectation() -> None:
    truth = np.array([3.0, 2.0, 2.0, 1.0])
    scores = np.array([9.0, 8.0, 0.0, 0.0])
    # of the true top 2, the second place is shared by compounds 1 and 2; 0 and 1 are picked
    assert top_k_recall(truth, scores, 2) == pytest.approx(0.75)


def test_random_scores_average_to_the_random_value() -> None:
    rng = np.random.default_rng(0)
    actives = np.arange(100) < 10
    values = [bedroc(actives, rng.random(100)) for _ in range(4000)]
    assert np.mean(values) == pytest.approx(bedroc_random(10, 100), abs=4 * np.std(values) / 63)


def test_direction_and_failed_scores() -> None:
    actives = np.array([True, False, False, True])
    assert enrichment_factor(actives, [1, 2, 3, 4], 0.25, higher_is_better=False) == 2.0
    assert hit_rate_at(actives, [4.0, 3.0, 2.0, float("nan")], 3) == pytest.approx(1 / 3)
    assert bedroc([True, False], [float("nan"), float("nan")]) == pytest.approx(bedroc_random(1, 2))


def test_a_huge_alpha_does_not_overflow() -> None:
    actives, scores = _distinct(100, 3)
    assert 0.0 <= bedroc(actives, scores, alpha=5000.0) <= 1.0


@given(
    data=st.data(),
    n=st.integers(2, 40),
)
def test_bounds_and_invariance(data: st.DataObject, n: int) -> None:
    actives = data.draw(hnp.arrays(bool, n).filter(lambda a: a.any()))
    scores = data.draw(hnp.arrays(float, n, elements=st.integers(0, 5).map(float)))
    fraction = data.draw(st.floats(0.01, 1.0))
    value = enrichment_factor(actives, scores, fraction)
    top = math.ceil(fraction * n)
    assert 0.0 <= value <= min(n / top, n / actives.sum()) + 1e-9
    order = data.draw(st.permutations(range(n)))
    assert enrichment_factor(actives[order], scores[order], fraction) == pytest.approx(value)
    assert bedroc(actives, scores) == pytest.approx(bedroc(actives, scores * 3 + 1))
    assert bedroc(actives, scores) == pytest.approx(
        bedroc(actives, -scores, higher_is_better=False)
    )
    assert 0.0 <= bedroc(actives, scores) <= 1.0


def test_acquired_recall_counts_ties_as_asked() -> None:
    truth = np.array([-9.9, -9.9, -9.8, -5.0])
    taken = np.array([False, True, True, False])
    assert acquired_recall(truth, taken, 1, higher_is_better=False) == 1.0
    assert acquired_recall(truth, taken, 1, by="identity", higher_is_better=False) == 0.5
    assert acquired_recall(truth, taken, 3, higher_is_better=False) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: enrichment_factor([False, False], [1, 2], 0.5), "no compound is active"),
        (lambda: enrichment_factor([True], [1], 0.0), "outside"),
        (lambda: enrichment_factor([True, False], [1], 0.5), "differing lengths"),
        (lambda: enrichment_factor([], [], 0.5), "empty"),
        (lambda: enrichment_factor([2, 0], [1, 2], 0.5), "neither 0 nor 1"),
        (lambda: bedroc([True], [1], alpha=0), "alpha"),
        (lambda: hit_rate_at([True], [1], 2), "k = 2"),
        (lambda: top_k_recall([float("nan")], [1], 1), "not finite"),
        (lambda: acquired_recall([1.0], [True], 1, by="name"), "by = 'name'"),
        (lambda: bedroc_random(0, 5), "impossible"),
        (lambda: hit_rate_at([True], ["x"], 1), "no number"),
        (lambda: hit_rate_at([[True]], [1], 1), "shape"),
    ],
)
def test_bad_input_says_what_is_wrong(call: object, text: str) -> None:
    with pytest.raises(InputError, match=text):
        call()  # type: ignore[operator]
