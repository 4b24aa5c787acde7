from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.errors import DatasetError
from hitsieve.training.scaling import target_scaling

if TYPE_CHECKING:
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet


def _with_column(data: TrainingSet, column: int, values: np.ndarray) -> TrainingSet:
    y = data.y.copy()
    y[:, column] = values
    return dataclasses.replace(data, y=y)


def test_regression_is_standardized(data: TrainingSet, config: TrainingConfig) -> None:
    scaling = target_scaling(data, config)
    scaled = scaling.standardize(data.y, np.array([False, True]))
    assert scaled[:, 0].mean() == pytest.approx(0, abs=1e-5)
    assert scaled[:, 0].std() == pytest.approx(1, abs=1e-5)
    assert scaled[:, 1].tolist() == data.y[:, 1].tolist()
    assert (scaled[:, 0] * scaling.std[0] + scaling.mean[0]).tolist() == pytest.approx(
        data.y[:, 0].tolist(), abs=1e-5
    )


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_any_unit_can_be_learned(data: TrainingSet, config: TrainingConfig, unit: float) -> None:
    scaling = target_scaling(_with_column(data, 0, data.y[:, 0] * unit), config)
    assert scaling.std[0] == pytest.approx(data.y[:, 0].std() * unit, rel=1e-5)


def test_what_differs_by_rounding_is_one_value(data: TrainingSet, config: TrainingConfig) -> None:
    values = np.full(len(data.y), 300, np.float32)
    values[::2] = np.nextafter(values[0], np.float32(301))
    with pytest.raises(DatasetError, match="target 0 has the value 300 throughout"):
        target_scaling(_with_column(data, 0, values), config)


def test_gaps_stay_gaps_and_count_nothing(data: TrainingSet, config: TrainingConfig) -> None:
    values = data.y[:, 0].copy()
    values[::2] = np.nan
    scaling = target_scaling(_with_column(data, 0, values), config)
    assert scaling.mean[0] == pytest.approx(np.nanmean(values))
    assert np.isnan(scaling.standardize(values[:, None], np.array([False]))).sum() == 48 * 2


def test_bounds_move_no_scale_unless_there_is_nothing_else(
    data: TrainingSet, config: TrainingConfig
) -> None:
    values = data.y[:, 0].copy()
    values[::2] += 30
    relation = np.zeros_like(data.relation)
    relation[::2, 0] = -1
    bounded = dataclasses.replace(_with_column(data, 0, values), relation=relation)
    scaling = target_scaling(bounded, config)
    assert scaling.mean[0] == pytest.approx(values[1::2].mean())
    assert scaling.std[0] == pytest.approx(values[1::2].std())
    alone = dataclasses.replace(bounded, relation=np.full_like(relation, -1))
    assert target_scaling(alone, config).mean[0] == pytest.approx(values.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("positives", "weight"), [(32, 2.0), (8, 11.0), (1, 20.0), (80, 0.2), (95, 0.05)]
)
def test_class_weight_moves_the_logit_back(
    data: TrainingSet, config: TrainingConfig, positives: int, weight: float
) -> None:
    values = np.zeros(len(data), dtype=np.float32)
    values[:positives] = 1
    scaling = target_scaling(_with_column(data, 1, values), config)
    assert scaling.positive_weight[1] == pytest.approx(weight)
    assert scaling.mean[1] == pytest.approx(-np.log(weight))
    plain = target_scaling(
        _with_column(data, 1, values), config.model_copy(update={"balance": "none"})
    )
    assert (plain.positive_weight[1], plain.mean[1]) == (1, 0)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, 5.0, "target 0 has the value 5 throughout"),
        (0, np.nan, "target 0 has no value"),
        (1, 1.0, "target 1 has the value 1 throughout"),
    ],
)
def test_nothing_to_learn_is_refused(
    data: TrainingSet, config: TrainingConfig, column: int, value: float, message: str
) -> None:
    flat = _with_column(data, column, np.full(len(data), value, dtype=np.float32))
    with pytest.raises(DatasetError, match=message) as caught:
        target_scaling(flat, config)
    assert caught.value.cure
