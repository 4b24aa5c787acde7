from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.monitor.advice import advise
from hitsieve.monitor.comparison import compare
from hitsieve.monitor.scoreboard import Prospective, prospective

Make = Callable[..., pa.Table]
World = Callable[..., Prospective]


@pytest.fixture
def values(make_labels: Make, make_scores: Make) -> World:
    """Predictions of n values with normal errors, and intervals of one half width."""

    def world(n: int, noise: float, half: float | None = 1.0) -> Prospective:
        rng = np.random.default_rng(0)
        truth = rng.normal(6, 1, n)
        ids = [f"c{i:03d}" for i in range(n)]
        guess = dict(zip(ids, truth + noise * rng.normal(size=n), strict=True))
        labels = make_labels(dict(zip(ids, truth, strict=True)))
        return prospective(compare(labels, make_scores(guess, half), "T"))

    return world


@pytest.fixture
def classes(make_labels: Make, make_scores: Make) -> World:
    """Probabilities that come true with the logit stretched by a factor and shifted."""

    def world(n: int, stretch: float = 1.0, shift: float = 0.0, seed: int = 0) -> Prospective:
        rng = np.random.default_rng(seed)
        logit = rng.normal(0, 1.5, n)
        ids = [f"c{i:04d}" for i in range(n)]
        true = 1 / (1 + np.exp(-(logit * stretch + shift)))
        labels = make_labels(dict(zip(ids, (rng.random(n) < true).astype(float), strict=True)))
        scores = make_scores(dict(zip(ids, 1 / (1 + np.exp(-logit)), strict=True)), half=0.05)
        return prospective(compare(labels, scores, "T"), task="classification")

    return world


@pytest.mark.parametrize(
    ("n", "noise", "advice"), [(10, 0.5, "wait"), (200, 0.5, "keep"), (200, 1.0, "retrain")]
)
def test_values(values: World, n: int, noise: float, advice: str) -> None:
    assert advise(values(n, noise), expected_rmse=0.55, level=0.9)[0] == advice


def test_a_shift_that_all_predictions_share_is_named(make_labels: Make, make_scores: Make) -> None:
    rng = np.random.default_rng(0)
    truth = {f"c{i:03d}": float(value) for i, value in enumerate(rng.normal(6, 1, 100))}
    noisy = {key: value + 0.4 * rng.normal() for key, value in truth.items()}
    shifted = {key: value + 3.0 for key, value in noisy.items()}
    said = {}
    for name, guess in (("noisy", noisy), ("shifted", shifted)):
        found = prospective(compare(make_labels(truth), make_scores(guess, 5.0), "T"))
        said[name] = advise(found, expected_rmse=0.3 if name == "noisy" else 0.5)
    assert [advice for advice, _ in said.values()] == ["retrain", "retrain"]
    assert "shift" not in said["noisy"][1]
    assert "shift of +2.98" in said["shifted"][1]
    assert "unit and assay" in said["shifted"][1]


def test_intervals_that_break_their_promise_ask_for_training(values: World) -> None:
    advice, why = advise(values(200, 0.5, half=0.3), expected_rmse=0.6, level=0.9)
    assert advice == "retrain"
    assert "90% were promised" in why


def test_a_former_model_that_is_clearly_better_is_rolled_back_to(values: World) -> None:
    said = advise(values(60, 1.0), expected_rmse=0.5, former=(True, "it was better"))
    assert said == ("roll back", "it was better")
    assert advise(values(10, 1.0), former=(True, "it was better"))[0] == "wait"


def test_a_model_that_promised_nothing_is_kept_and_that_is_said(values: World) -> None:
    advice, why = advise(values(60, 1.0, half=None))
    assert advice == "keep"
    assert "promised neither" in why


@pytest.mark.parametrize("n", [30, 200, 1000])
def test_a_classifier_whose_probabilities_come_true_is_kept(classes: World, n: int) -> None:
    said = [advise(classes(n, seed=seed)) for seed in range(10)]
    assert [advice for advice, _ in said].count("keep") >= 9
    assert "probabilities come true" in said[0][1]


@pytest.mark.parametrize(
    ("stretch", "shift"), [(0.0, 0.0), (-1.0, 0.0), (1.0, 2.0)], ids=["blind", "reversed", "high"]
)
def test_a_classifier_whose_probabilities_do_not_come_true_is_retrained(
    classes: World, stretch: float, shift: float
) -> None:
    advice, why = advise(classes(200, stretch, shift))
    assert advice == "retrain"
    assert "do not come true" in why
    assert advise(classes(19, stretch, shift))[0] == "wait"


def test_a_classifier_can_be_rolled_back_too(classes: World) -> None:
    assert advise(classes(50), former=(True, "better"))[0] == "roll back"
