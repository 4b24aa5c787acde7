from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from hitsieve.training.data import TrainingSet


def test_take_keeps_rows_together(data: TrainingSet) -> None:
    index = np.array([5, 0, 40])
    part = data.take(index)
    assert len(part) == 3
    assert part.y.tolist() == data.y[index].tolist()
    assert part.graphs.n_atoms.tolist() == data.graphs.n_atoms[index].tolist()


def test_shapes_must_agree(data: TrainingSet) -> None:
    with pytest.raises(DatasetError, match="96 graphs"):
        dataclasses.replace(data, y=data.y[:-1])
    with pytest.raises(DatasetError, match="relations"):
        dataclasses.replace(data, relation=data.relation[:, :1])


def test_an_infinite_label_is_refused(data: TrainingSet) -> None:
    y = data.y.copy()
    y[3, 0] = np.inf
    with pytest.raises(DatasetError, match="infinite"):
        dataclasses.replace(data, y=y)


def test_a_class_must_be_zero_or_one(data: TrainingSet) -> None:
    y = data.y.copy()
    y[3, 1] = 2
    with pytest.raises(DatasetError, match="target 1 is a classification"):
        dataclasses.replace(data, y=y)
    y[3, 1] = np.nan
    assert len(dataclasses.replace(data, y=y)) == len(data)
