from __future__ import annotations

import pickle

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.library import LibraryConfig


@pytest.mark.parametrize(("given", "share"), [("5%", 0.05), (0.05, 0.05), (" 100 % ", 1.0)])
def test_shares_are_numbers_or_percent(given: object, share: float) -> None:
    config = LibraryConfig.model_validate({"inputs": "x.smi", "output": "o", "max_reject": given})
    assert config.max_reject == pytest.approx(share)
    assert config.inputs == ["x.smi"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("max_reject", "5 apples%"), ("max_reject", 2), ("chunk_records", 0), ("delimiter", "ab")],
)
def test_impossible_values_name_the_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key):
        parse_config(LibraryConfig, {"inputs": ["x"], "output": "o", key: value})


def test_a_mistyped_key_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'chunk_records'"):
        parse_config(LibraryConfig, {"inputs": ["x"], "output": "o", "chunk_record": 5})


def test_a_tab_can_be_named_and_a_column_numbered() -> None:
    values = {"inputs": ["x"], "output": "o", "delimiter": "tab", "smiles_column": 2}
    config = LibraryConfig.model_validate(values)
    assert (config.delimiter, config.smiles_column) == ("\t", "2")
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
