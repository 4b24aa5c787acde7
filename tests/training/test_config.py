from __future__ import annotations

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.training.config import TrainingConfig


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 3, "warmup": 3}, "warmup"),
        ({"learning_rat": 1e-3}, "did you mean 'learning_rate'"),
        ({"members": 0}, "members"),
        ({"most_steps": 0}, "most_steps"),
        ({"holdout": 0.5}, "holdout"),
        ({"refit": 2, "keep": "best"}, "keep: last"),
        ({"learning_rate": float("nan")}, "learning_rate"),
    ],
)
def test_impossible_settings_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(TrainingConfig, values)
