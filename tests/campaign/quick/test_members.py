from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.members import MEMBERS, Member, fit_blend_members
from hitsieve.errors import DatasetError
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_members import MemberData, fit_members
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.quick.compounds import Compounds

CONFIG = QuickConfig(folds=3, extra_trees=ForestConfig(trees=9), most_compounds=50)


def test_they_are_the_members_of_a_blend(pool: Compounds, lengths: np.ndarray) -> None:
    some = pool.take(np.arange(40))
    found = fit_blend_members(some, lengths[:40], MEMBERS, CONFIG, 5)
    assert set(found) == set(MEMBERS)
    blend = BlendConfig(members=MEMBERS, folds=3, trees=CONFIG.extra_trees, max_compounds=50)
    assert some.inputs is not None
    data = MemberData(some.inputs, lengths[:40, None], ("surrogate",), ("regression",))
    for kind, fitted in fit_members(data, blend, 5).items():
        assert found[kind].left_out.mean.tolist() == fitted.left_out.mean[:, 0].tolist()


def test_only_those_asked_for_come_back(pool: Compounds, lengths: np.ndarray) -> None:
    some = pool.take(np.arange(40))
    found = fit_blend_members(some, lengths[:40], ("support_vectors",), CONFIG, 5)
    assert list(found) == ["support_vectors"]


def test_what_a_kernel_does_not_hold_counts_as_left_out(
    pool: Compounds, lengths: np.ndarray
) -> None:
    (fit,) = fit_blend_members(pool, lengths, ("gaussian_process",), CONFIG, 5).values()
    assert len(fit.left_out.mean) == 60
    assert np.isfinite(fit.left_out.mean).all()
    said = fit.model.predict(pool)
    # Ten of sixty were never learned from: what is said of them is said of them left out.
    same = np.isclose(said.mean, fit.left_out.mean, atol=1e-9)
    assert same.sum() >= 10
    assert not same.all()


@pytest.mark.parametrize("kind", MEMBERS)
def test_arrays_make_the_same_member(kind: str, pool: Compounds, lengths: np.ndarray) -> None:
    some = pool.take(np.arange(30))
    (fit,) = fit_blend_members(some, lengths[:30], (kind,), CONFIG, 5).values()
    again = Member.from_arrays(kind, fit.model.to_arrays())
    assert again.predict(pool).mean.tolist() == fit.model.predict(pool).mean.tolist()


def test_compounds_without_counts_are_named(
    pool: Compounds, lengths: np.ndarray, library: Path
) -> None:
    from hitsieve.campaign.quick.compounds import compounds_of

    plain = compounds_of(library, pool.ids.to_pylist(), {"bits"})
    with pytest.raises(DatasetError, match="without count fingerprints"):
        fit_blend_members(plain, lengths, MEMBERS, CONFIG, 5)
    (fit,) = fit_blend_members(pool, lengths, ("extra_trees",), CONFIG, 5).values()
    with pytest.raises(DatasetError, match="without count fingerprints"):
        fit.model.predict(plain)
