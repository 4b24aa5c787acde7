from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.reagents import rest
from hitsieve.campaign.reagents.choices import count, every
from hitsieve.campaign.reagents.learned import Learned, coordinates_of
from hitsieve.campaign.reagents.rest import foretold_rest
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.library.enumerate import EnumerationConfig


@pytest.fixture
def known(space: dict[str, Any]) -> tuple[SynthonSpace, Learned]:
    """All 900 ureas, and what 60 of them taught: longer is better."""
    ureas = SynthonSpace(EnumerationConfig.model_validate(space), BudgetConfig())
    choices = every(ureas)[np.random.default_rng(1).permutation(900)[:60]]
    values = (choices[:, 1] + choices[:, 2]).astype(np.float64)
    return ureas, Learned(coordinates_of(ureas, seed=1), choices, values)


def test_of_a_small_space_all_is_foretold(known: tuple[SynthonSpace, Learned]) -> None:
    space, learned = known
    seen = {(0, 29, 29), (0, 3, 4)}
    values, counts = foretold_rest(space, learned, seen, 900, seed=1)
    assert len(values) == counts.sum() == 898
    left = learned.foretold(every(space))
    assert values.sum() == pytest.approx(
        left.sum() - learned.foretold(np.array([[0, 29, 29], [0, 3, 4]])).sum()
    )


def test_of_a_large_space_the_best_and_a_part_of_the_others_stand_for_all(
    known: tuple[SynthonSpace, Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    space, learned = known
    whole, _ = foretold_rest(space, learned, {(0, 29, 29)}, 900, seed=1)
    monkeypatch.setattr(rest, "COUNTED", 100)
    monkeypatch.setattr(rest, "_BEST", 50)
    monkeypatch.setattr(rest, "_SAMPLE", 3000)
    values, counts = foretold_rest(space, learned, {(0, 29, 29)}, count(space), seed=2)
    assert counts.sum() == pytest.approx(899)
    assert (counts[:49] == 1).all()
    np.testing.assert_allclose(np.sort(values[:49]), np.sort(whole)[-49:])
    assert (values * counts).sum() == pytest.approx(whole.sum(), rel=0.02)
    # How many are foretold to be good is what the estimate of the share found needs.
    border = np.quantile(whole, 0.9)
    assert counts[values > border].sum() == pytest.approx((whole > border).sum(), rel=0.1)
