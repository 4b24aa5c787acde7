"""What models say of folds that they did not learn from."""

from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.left_out import LeftOut


def test_what_was_said_cannot_be_put_in_another_s_mouth() -> None:
    told = LeftOut(np.zeros(3), np.ones(3), ["without the first fold", "without the second"])
    with pytest.raises(AttributeError):
        told.models = []  # type: ignore[misc]
    assert len(told.models) == 2
