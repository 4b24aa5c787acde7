from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.protocol import Prediction


def test_length_is_the_number_of_compounds() -> None:
    values = np.zeros((3, 2), dtype=np.float32)
    assert len(Prediction(values, values)) == 3


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [
        (np.zeros((3, 2)), np.zeros((3, 2), np.float32), "mean is float32"),
        (np.zeros(3, np.float32), np.zeros(3, np.float32), "mean is float32"),
        (np.zeros((3, 2), np.float32), np.zeros((3, 2), np.int32), "std is float32"),
        (np.zeros((3, 2), np.float32), np.zeros((2, 2), np.float32), "std"),
    ],
)
def test_wrong_arrays_are_refused(mean: np.ndarray, std: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Prediction(mean, std)
