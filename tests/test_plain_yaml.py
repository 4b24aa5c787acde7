"""What somebody wrote is what is read."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.config import StrictConfig, dump_config, parse_config
from hitsieve.plain_yaml import read_yaml, write_yaml


@pytest.mark.parametrize(
    "text",
    ["NO", "yes", "Off", "y", "0123", "12:30", "1_000", "0x1F", "2019-05-01", "1e3", "=", "5-HT"],
)
def test_texts_stay_texts(text: str) -> None:
    assert read_yaml(f"target: {text}") == {"target": text}
    assert read_yaml(f"{text}: 1") == {text: 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("0.50", 0.5),
        ("-1.5e-3", -0.0015),
        ("6.02e23", 6.02e23),
        (".inf", float("inf")),
        ("[1, a]", [1, "a"]),
        ("'12'", "12"),
    ],
)
def test_numbers_and_truth_values_are_read(text: str, value: object) -> None:
    assert read_yaml(f"key: {text}") == {"key": value}


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 3\n", "outer:\n  a: 1\n  'a': 1\n", "[{a: 1, a: 1}]"]
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="the key 'a' stands twice"):
        read_yaml(text)


def test_merged_keys_may_be_overridden() -> None:
    text = "base: &base {a: 1, b: 2}\nmine:\n  <<: *base\n  b: 3\n"
    assert read_yaml(text)["mine"] == {"a": 1, "b": 3}


def test_no_object_is_made() -> None:
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.getcwd []")


class Settings(StrictConfig):
    """One of each kind."""

    name: str
    flag: bool = False
    number: float = 0.0
    count: int = 0


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("off", False), ("true", True)])
def test_a_truth_value_may_be_written_in_words(text: str, value: object) -> None:
    assert parse_config(Settings, read_yaml(f"name: a\nflag: {text}")).flag is value


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_written_is_read_back(value: object) -> None:
    assert read_yaml(write_yaml(value)) == value


@given(st.builds(Settings, name=st.text(), flag=st.booleans(), count=st.integers()))
def test_settings_are_read_back(settings: Settings) -> None:
    assert parse_config(Settings, read_yaml(dump_config(settings))) == settings
