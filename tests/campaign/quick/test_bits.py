from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hitsieve.campaign.quick.bits import (
    BitForest,
    BitProcess,
    BitReference,
    fewest,
    fit_bit_forest,
    fit_bit_process,
)
from hitsieve.campaign.quick.kinds import deal
from hitsieve.chem.fingerprints import tanimoto_matrix
from hitsieve.errors import ChecksumError, HitsieveError
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from hitsieve.campaign.quick.compounds import Compounds

RNG = np.random.default_rng(4)


def test_kernels_are_what_they_say(pool: Compounds) -> None:
    reference = BitReference.of(pool.take(np.arange(20)))
    found = reference.components(pool.morgan, pool.properties)
    assert found.shape == (2, 60, 20)
    assert found[0] == pytest.approx(tanimoto_matrix(pool.morgan, pool.morgan[:20]), abs=1e-6)
    some = pool.properties[:20]
    center, width = some.mean(axis=0), np.maximum(some.std(axis=0), 1e-6)
    scaled = np.clip((pool.properties - center) / width, -5, 5)
    squared = ((scaled[:, None] - scaled[None, :20]) ** 2).sum(axis=2)
    assert found[1] == pytest.approx(np.exp(-squared / (2 * scaled.shape[1])), abs=1e-5)
    assert reference.own() == pytest.approx(found[:, :20], abs=1e-6)


def test_kernels_are_the_same_to_the_last_bit_beside_whatever_compounds(pool: Compounds) -> None:
    reference = BitReference.of(pool)
    whole = reference.components(pool.morgan, pool.properties)
    for n in range(1, 12):
        part = reference.components(pool.morgan[:n], pool.properties[:n])
        assert_array_equal(part, whole[:, :n])


def test_a_part_of_a_reference_is_scaled_alike(pool: Compounds) -> None:
    reference = BitReference.of(pool)
    rows = np.array([4, 9], np.int32)
    whole = reference.components(pool.morgan[:7], pool.properties[:7])
    part = reference.at(rows).components(pool.morgan[:7], pool.properties[:7])
    assert part == pytest.approx(whole[:, :, rows], abs=1e-6)


def test_trees_are_judged_by_folds_they_never_saw(pool: Compounds) -> None:
    noise = RNG.normal(size=60)  # nothing can be learned of it
    folds = deal(60, 3, 1)
    fit = fit_bit_forest(pool, noise, folds, ForestConfig(trees=30), 1)
    seen = np.corrcoef(fit.model.predict(pool).mean, noise)[0, 1]
    honest = np.corrcoef(fit.left_out.mean, noise)[0, 1]
    assert seen > 0.6
    assert honest < 0.5


def test_a_forest_has_all_its_trees(pool: Compounds, lengths: np.ndarray) -> None:
    fit = fit_bit_forest(pool, lengths, deal(60, 4, 1), ForestConfig(trees=10), 1)
    assert isinstance(fit.model, BitForest)
    assert len(fit.model.forest.roots) == 12  # three in each of four folds


def test_the_forest_of_a_damaged_file_is_refused(pool: Compounds, lengths: np.ndarray) -> None:
    fit = fit_bit_forest(pool, lengths, deal(60, 2, 1), ForestConfig(trees=2), 1)
    arrays = fit.model.to_arrays()
    arrays["left"] = arrays["left"] + len(arrays["left"])
    with pytest.raises(HitsieveError):
        BitForest.from_arrays(arrays)


def test_the_spread_grows_away_from_what_was_measured(pool: Compounds, lengths: np.ndarray) -> None:
    near = np.argsort(lengths)[:30]
    fit = fit_bit_process(pool.take(near), lengths[near], deal(30, 3, 1), 1000, 1)
    said = fit.model.predict(pool)
    far = np.argsort(lengths)[-10:]
    assert said.std[far].mean() > 1.5 * said.std[near].mean()
    assert np.abs(said.mean[near] - lengths[near]).mean() < 1.5


def test_the_spread_of_many_comes_from_the_first_thousand(
    pool: Compounds, lengths: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hitsieve.campaign.quick import bits

    folds = deal(60, 3, 1)
    whole = fit_bit_process(pool, lengths, folds, 1000, 1).model.predict(pool)
    monkeypatch.setattr(bits, "_SPREAD_FROM", 10)
    fit = fit_bit_process(pool, lengths, folds, 1000, 1)
    few = fit.model.predict(pool)
    assert isinstance(fit.model, BitProcess)
    assert len(fit.model.spread.rows) == 10
    assert few.mean == pytest.approx(whole.mean)
    # It can only be too large.
    assert (few.std >= whole.std - 1e-6).all()
    assert few.std.mean() > whole.std.mean()


def test_the_process_of_a_damaged_file_is_refused(pool: Compounds, lengths: np.ndarray) -> None:
    arrays = fit_bit_process(pool, lengths, deal(60, 2, 1), 1000, 1).model.to_arrays()
    arrays["alpha"] = arrays["alpha"][:-1]
    with pytest.raises(ChecksumError, match="do not fit each other"):
        BitProcess.from_arrays(arrays)


def test_of_too_many_the_best_half_is_kept_and_a_sample_of_the_rest() -> None:
    y = RNG.permutation(100).astype(float)
    kept = fewest(y, 20, np.random.default_rng(1))
    assert len(kept) == len(set(kept.tolist())) == 20
    assert set(np.argsort(-y)[:10].tolist()) <= set(kept.tolist())
    assert y[kept].min() < 60
    assert (np.diff(kept) > 0).all()
    assert fewest(y, 100, np.random.default_rng(1)).tolist() == list(range(100))
