from __future__ import annotations

from pathlib import Path

import pytest

from hitsieve.config import dump_config, parse_config
from hitsieve.errors import ConfigError
from hitsieve.screen import ScreenConfig

GOOD = {"library": "lib", "models": ["a@1"], "output": "out"}


def test_one_model_may_be_a_bare_name() -> None:
    assert parse_config(ScreenConfig, GOOD | {"models": "a@1"}).models == ["a@1"]


def test_it_survives_yaml() -> None:
    import yaml

    config = parse_config(ScreenConfig, GOOD | {"targets": ["x"], "workers": 2})
    assert parse_config(ScreenConfig, yaml.safe_load(dump_config(config))) == config
    assert config.library == Path("lib")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"model": ["a"]}, "unknown key 'model' \\(did you mean 'models'\\?\\)"),
        ({"models": []}, "models"),
        ({"models": ["a", "a"]}, "named twice: a"),
        ({"targets": []}, "targets"),
        ({"targets": ["x", "x"]}, "named twice: x"),
        ({"workers": 0}, "workers"),
        ({"attempts": 0}, "attempts"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"executor": "rey"}, "executor"),
    ],
)
def test_wrong_settings_are_named(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        parse_config(ScreenConfig, GOOD | wrong)
