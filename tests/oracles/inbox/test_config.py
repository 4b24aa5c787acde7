from __future__ import annotations

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.oracles.inbox import InboxConfig

BASE = {"target": "t", "endpoint": "pIC50", "unit": "pX"}


def test_too_many_controls_are_refused_before_anything_is_written() -> None:
    wells = [{"name": f"c{i}", "role": "negative", "wells": 9} for i in range(2)]
    with pytest.raises(ConfigError, match="18 control wells do not fit"):
        parse_config(InboxConfig, {**BASE, "controls": wells})
    assert parse_config(InboxConfig, {**BASE, "controls": wells, "plate_wells": 384})


def test_a_control_has_one_line() -> None:
    wells = [{"name": "DMSO", "role": "negative", "wells": 1}] * 2
    with pytest.raises(ConfigError, match="named twice"):
        parse_config(InboxConfig, {**BASE, "controls": wells})


def test_the_unit_tells_the_task() -> None:
    assert parse_config(InboxConfig, BASE).task == "regression"
    assert parse_config(InboxConfig, {**BASE, "unit": "class"}).task == "classification"
