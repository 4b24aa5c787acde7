from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.errors import InputError


def _draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels that come true."""
    rng = np.random.default_rng(seed)
    guess = rng.random(n)
    return (rng.random(n) < guess).astype(float)[:, None], guess[:, None]


def test_shares_of_class_one_lie_between_the_mean_bounds() -> None:
    truth, asked = _draw(20_000, 2)
    # A model that is far too sure: bounds come from the labels, not from its word. They are
    # right on average over calibration sets, so they are averaged over some.
    ends = np.mean(
        [
            VennAbers.fit(labels, guess**0.3).bounds(asked**0.3)
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
        lower, upper = VennAbers.fit(*_draw(n, 4)).bounds(asked)
        widths.append(float((upper - lower).mean()))
    assert widths[0] > widths[1] > widths[2]


@given(st.integers(0, 10_000), st.integers(20, 60))
@settings(deadline=None)
def test_bounds_hold_the_prediction_and_rise_with_it(seed: int, n: int) -> None:
    labels, guess = _draw(n, seed)
    labels[:2, 0] = 0, 1
    fitted = VennAbers.fit(labels, guess)
    asked = np.sort(np.random.default_rng(seed + 1).random((50, 1)), axis=0)
    lower, upper = fitted.bounds(asked)
    assert (lower <= asked).all()
    assert (asked <= upper).all()
    assert (lower >= 0).all()
    assert (upper <= 1).all()
    assert (np.diff(lower[:, 0]) >= -1e-9).all()
    assert (np.diff(upper[:, 0]) >= -1e-9).all()


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
        lower, upper = fitted.bounds([[asked]])
        assert lower[0, 0] == pytest.approx(min(ends[0], asked), abs=1e-5)
        assert upper[0, 0] == pytest.approx(max(ends[1], asked), abs=1e-5)


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
    assert again.bounds(guess.repeat(3, 1))[0][:, 0].tolist() == (
        fitted.bounds(guess.repeat(3, 1))[0][:, 0].tolist()
    )


def test_impossible_input_is_refused() -> None:
    with pytest.raises(InputError, match="differ"):
        VennAbers.fit([[1.0]], [0.5])
    with pytest.raises(InputError, match="labels 0 and 1"):
        VennAbers.fit([[2.0]], [[0.5]])
    with pytest.raises(InputError, match="for 1 targets"):
        VennAbers.fit(*_draw(30, 1)).bounds([[0.1, 0.2]])
    with pytest.raises(InputError, match="upper"):
        VennAbers.from_dict({"tables": [{"knots": [0.5], "lower": [0, 0, 0]}]})
    with pytest.raises(InputError, match="3"):
        VennAbers.from_dict({"tables": [{"knots": [0.5], "lower": [0], "upper": [1]}]})
