from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign.quick.kinds import deal
from hitsieve.campaign.quick.networks import PerceptronEnsemble, bit_table, fit_perceptrons
from hitsieve.errors import ChecksumError
from hitsieve.scoring.perceptron import PerceptronConfig

if TYPE_CHECKING:
    from hitsieve.campaign.quick.compounds import Compounds

CONFIG = PerceptronConfig(hidden=8, epochs=4, least_steps=60)


def ensemble(pool: Compounds, y: np.ndarray, **more: PerceptronEnsemble) -> PerceptronEnsemble:
    model = fit_perceptrons(pool, y, deal(60, 3, 1), CONFIG, 5, **more).model
    assert isinstance(model, PerceptronEnsemble)
    return model


def test_the_mean_and_spread_are_over_members(pool: Compounds, lengths: np.ndarray) -> None:
    model = ensemble(pool, lengths)
    table = bit_table(pool.morgan, pool.properties, model.center, model.width)
    values = np.stack([member(table) for member in model.members])
    said = model.predict(pool)
    assert len(model.members) == 3
    assert said.mean == pytest.approx(values.mean(axis=0))
    assert said.std == pytest.approx(values.std(axis=0))


def test_each_member_speaks_of_the_fold_it_left_out(pool: Compounds, lengths: np.ndarray) -> None:
    folds = deal(60, 3, 1)
    fit = fit_perceptrons(pool, lengths, folds, CONFIG, 5)
    table = bit_table(pool.morgan, pool.properties, fit.model.center, fit.model.width)  # type: ignore[attr-defined]
    for fold, member in zip(folds, fit.model.members, strict=True):  # type: ignore[attr-defined]
        assert fit.left_out.mean[fold] == pytest.approx(member(table[fold]))


def test_those_of_the_round_before_keep_their_scale(pool: Compounds, lengths: np.ndarray) -> None:
    first = ensemble(pool.take(np.arange(60)), lengths)
    tuned = ensemble(pool, lengths * 3 + 100, former=first)
    assert tuned.center.tolist() == first.center.tolist()
    assert tuned.members[0].shift == first.members[0].shift
    fresh = ensemble(pool, lengths * 3 + 100)
    assert fresh.members[0].shift != first.members[0].shift


def test_another_number_of_folds_begins_anew(pool: Compounds, lengths: np.ndarray) -> None:
    first = ensemble(pool, lengths)
    two = fit_perceptrons(pool, lengths + 50, deal(60, 2, 1), CONFIG, 5, first).model
    assert two.members[0].shift > first.members[0].shift + 40  # type: ignore[attr-defined]


def test_bits_and_scaled_descriptors_stand_side_by_side(pool: Compounds) -> None:
    center, width = pool.properties.mean(axis=0), pool.properties.std(axis=0) + 1
    table = bit_table(pool.morgan[:4], pool.properties[:4], center, width)
    bits = pool.morgan.shape[1] * 8
    assert table.dtype == np.float32
    assert table.shape == (4, bits + pool.properties.shape[1])
    assert (np.packbits(table[:, :bits].astype(bool), axis=1) == pool.morgan[:4]).all()
    assert np.abs(table[:, bits:]).max() <= 5


def test_a_file_without_members_is_refused(pool: Compounds, lengths: np.ndarray) -> None:
    arrays = ensemble(pool, lengths).to_arrays()
    with pytest.raises(ChecksumError, match="no member"):
        PerceptronEnsemble.from_arrays({name: arrays[name] for name in ("center", "width")})
