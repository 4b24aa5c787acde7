from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.errors import InputError
from hitsieve.metrics.classification import ece


def _draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels that come true."""
    rng = np.random.default_rng(seed)
    guess = rng.random(n)
    return (rng.random(n) < guess).astype(float)[:, None], guess[:, None]


def _ends(fitted: VennAbers, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of predictions."""
    return fitted.bounds(fitted.apply(guess))


def test_shares_of_class_one_lie_between_the_mean_bounds() -> None:
    truth, asked = _draw(20_000, 2)
    # A model that is far too sure: bounds come from the labels, not from its word. They are
    # right on average over calibration sets, so they are averaged over some.
    ends = np.mean(
        [
            _ends(VennAbers.fit(labels, guess**0.3), asked**0.3)
            for labels, guess in (_draw(200, seed) for seed in range(10, 40))
        ],
        axis=0,
    )
    for start in np.linspace(0, 0.9, 10):
        part = ((asked >= start) & (asked < start + 0.1))[:, 0]
        share = truth[part].mean()
        assert ends[0][part].mean() - 0.02 < share < ends[1][part].mean() + 0.02


def test_more_data_gives_narrower_bounds() -> None:
    _, asked = _draw(500, 3)
    widths = []
    for n in (40, 400, 4000):
        lower, upper = _ends(VennAbers.fit(*_draw(n, 4)), asked)
        widths.append(float((upper - lower).mean()))
    assert widths[0] > widths[1] > widths[2]


@given(st.integers(0, 10_000), st.integers(20, 60))
@settings(deadline=None)
def test_probabilities_lie_between_their_bounds_and_rise_with_the_prediction(
    seed: int, n: int
) -> None:
    labels, guess = _draw(n, seed)
    labels[:2, 0] = 0, 1
    fitted = VennAbers.fit(labels, guess)
    rng = np.random.default_rng(seed + 1)
    asked = np.unique(rng.random(50).astype(np.float32)).astype(np.float64)[:, None]
    said = fitted.apply(asked)
    assert (np.diff(said[:, 0]) > 0).all(), "no two predictions tie"
    lower, upper = fitted.bounds(said.astype(np.float32))
    assert (lower < said).all()
    assert (said < upper).all()
    assert (lower >= 0).all()
    assert (upper <= 1).all()
    assert (np.diff(lower[:, 0]) >= -1e-6).all()
    assert (np.diff(upper[:, 0]) >= -1e-6).all()


def test_predictions_that_differ_far_from_the_middle_differ_still() -> None:
    """A screen sorts millions by scores in single precision."""
    fitted = VennAbers.fit(*_draw(300, 8))
    odds = np.concatenate([np.arange(-8.0, -7.0, 0.05), np.arange(7.0, 8.0, 0.05)])
    said = fitted.apply(1 / (1 + np.exp(-odds))[:, None]).astype(np.float32)
    assert len(np.unique(said)) == len(odds)


def test_probabilities_come_true_where_predictions_do_not() -> None:
    truth, asked = _draw(5000, 2)
    labels, guess = _draw(500, 3)
    warmth = TemperatureScaling.fit(labels, guess**0.3)
    fitted = VennAbers.fit(labels, warmth.apply(guess**0.3))
    warmed = warmth.apply(asked**0.3)
    said = fitted.apply(warmed)
    assert ece(truth[:, 0], said[:, 0]) < 0.5 * ece(truth[:, 0], warmed[:, 0])
    lower, upper = fitted.bounds(said)
    inner = np.minimum(said - lower, upper - said) / (upper - lower)
    assert np.mean(inner > 0.05) > 0.95, "few lie on a bound"


def test_it_is_the_definition_at_every_place() -> None:
    isotonic = pytest.importorskip("sklearn.isotonic")
    labels, guess = _draw(30, 5)
    guess = np.round(guess, 3)
    fitted = VennAbers.fit(labels, guess)
    for asked in (0.0005, guess[3, 0], 0.4321, 0.9999):
        place = round(asked, 3)
        ends = []
        for label in (0.0, 1.0):
            x, y = np.append(guess[:, 0], place), np.append(labels[:, 0], label)
            model = isotonic.IsotonicRegression().fit(x, y)
            ends.append(float(model.predict([place])[0]))
        said = fitted.apply([[asked]])
        lower, upper = fitted.bounds(said)
        assert lower[0, 0] == pytest.approx(ends[0], abs=1e-5)
        assert upper[0, 0] == pytest.approx(ends[1], abs=1e-5)
        odds = np.log(asked / (1 - asked)) / np.log(1e9)
        between = ends[0] + (ends[1] - ends[0]) * (0.5 + odds / 2)
        assert said[0, 0] == pytest.approx((np.clip(asked, *ends) + between) / 2, abs=1e-5)


def test_targets_with_little_data_have_no_bounds_and_all_survive_json() -> None:
    labels, guess = _draw(50, 6)
    few = np.full_like(labels, np.nan)
    few[:5] = labels[:5]
    fitted = VennAbers.fit(np.hstack([labels, few, np.ones_like(labels)]), np.hstack([guess] * 3))
    again = VennAbers.from_dict(json.loads(json.dumps(fitted.to_dict())))
    lower, upper = again.bounds(np.full((1, 3), 0.5))
    assert np.isfinite(lower[0, 0])
    assert np.isnan(lower[0, 1:]).all()
    assert np.isnan(upper[0, 1:]).all()
    asked = guess.repeat(3, 1)
    assert _ends(again, asked)[0][:, 0].tolist() == _ends(fitted, asked)[0][:, 0].tolist()
    assert again.apply(asked).tolist() == fitted.apply(asked).tolist()
    assert again.apply(asked)[:, 1].tolist() == guess[:, 0].tolist(), "as given without a table"


def test_models_of_former_versions_keep_their_probabilities() -> None:
    values = VennAbers.fit(*_draw(50, 6)).to_dict()
    del values["between"]
    former = VennAbers.from_dict(values)
    asked = np.linspace(0.01, 0.99, 30)[:, None]
    assert former.apply(asked).tolist() == asked.tolist()
    lower, upper = former.bounds(asked)
    assert (lower <= asked).all()
    assert (asked <= upper).all()
    assert former.to_dict()["between"] is False


def test_a_missing_prediction_stays_missing() -> None:
    fitted = VennAbers.fit(*_draw(50, 6))
    said = fitted.apply([[np.nan], [0.3]])
    assert np.isnan(said).tolist() == [[True], [False]]
    assert np.isnan(fitted.bounds(said)[0]).tolist() == [[True], [False]]


def test_impossible_input_is_refused() -> None:
    with pytest.raises(InputError, match="differ"):
        VennAbers.fit([[1.0]], [0.5])
    with pytest.raises(InputError, match="labels 0 and 1"):
        VennAbers.fit([[2.0]], [[0.5]])
    with pytest.raises(InputError, match="for 1 targets"):
        VennAbers.fit(*_draw(30, 1)).bounds([[0.1, 0.2]])
    with pytest.raises(InputError, match="for 1 targets"):
        VennAbers.fit(*_draw(30, 1)).apply([[0.1, 0.2]])
    with pytest.raises(InputError, match="upper"):
        VennAbers.from_dict({"tables": [{"knots": [0.5], "lower": [0, 0, 0]}]})
    with pytest.raises(InputError, match="3"):
        VennAbers.from_dict({"tables": [{"knots": [0.5], "lower": [0], "upper": [1]}]})
