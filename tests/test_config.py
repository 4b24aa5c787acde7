"""A mistyped key must not waste a night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from hitsieve.config import StrictConfig, dump_config, load_config, merge, parse_config
from hitsieve.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


class Inner(StrictConfig):
    hidden: int = Field(300, gt=0)


class Outer(StrictConfig):
    name: str
    network: Inner = Inner()
    rate: float = 0.1


def test_an_unknown_key_names_the_nearest_allowed_one() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'network\.hiden' \(did you mean 'hidden'"):
        parse_config(Outer, {"name": "a", "network": {"hiden": 3}})


def test_all_wrong_keys_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(Outer, {"rate": "fast", "nam": 1}, where="recipe.yaml")
    message = caught.value.message
    assert message.startswith("recipe.yaml: ")
    assert "key 'name' is required" in message
    assert "unknown key 'nam' (did you mean 'name'?)" in message
    assert "rate = 'fast'" in message


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"network\.hidden = 0"):
        parse_config(Outer, {"name": "a", "network": {"hidden": 0}})


class Paired(StrictConfig):
    low: int = 1
    high: int = 2

    @model_validator(mode="after")
    def _ordered(self) -> Paired:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
        return self


class Holder(StrictConfig):
    pair: Paired = Paired()
    note: str = ""


def test_keys_that_do_not_go_together_are_told_without_all_the_others() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(Holder, {"pair": {"low": 9}}, where="a.yaml")
    assert caught.value.message == "a.yaml: pair: low (9) must not be above high (2)"


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(ConfigError, match=r"note = \['xxx") as caught:
        parse_config(Holder, {"note": ["x" * 100_000]})
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), "inf", "nan"])
def test_numbers_are_finite(number: object) -> None:
    with pytest.raises(ConfigError, match="rate"):
        parse_config(Outer, {"name": "a", "rate": number})


def test_configs_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Outer(name="a").name = "b"  # type: ignore[misc]


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: file\nrate: 0.5\nnetwork:\n  hidden: 10\n")
    config = load_config(Outer, path, {"name": "flag", "network": {"hidden": 20}})
    assert (config.name, config.rate, config.network.hidden) == ("flag", 0.5, 20)


def test_each_wrong_key_is_blamed_on_where_it_came_from(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: a\nrate: fast\nnetwork: {hiden: 1}\n")
    over = {"network": {"hidden": 0}, "rat": 1}
    with pytest.raises(ConfigError) as caught:
        load_config(Outer, path, over, over_where="--set")
    by_file, by_flag = caught.value.message.split("; --set: ")
    assert by_file.startswith(f"{path}: ")
    assert "network.hiden" in by_file
    assert "rate = 'fast'" in by_file
    assert "network.hidden = 0" in by_flag
    assert "unknown key 'rat' (did you mean 'rate'?)" in by_flag
    path.write_text("rate: 0.5\n")
    with pytest.raises(ConfigError, match=r"run\.yaml: key 'name' is required\n"):
        load_config(Outer, path, {"network": {"hidden": 1}})
    with pytest.raises(ConfigError, match=r"^flags: network = 3"):
        load_config(Outer, path, {"name": "a", "network": 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [("[1, 2]", "holds a list"), ("a: [", "not readable YAML"), ("'text'", "holds a str")],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(Outer, path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not readable YAML"):
        load_config(Outer, path)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"absent\.yaml"):
        load_config(Outer, tmp_path / "absent.yaml")


def test_an_empty_file_means_all_defaults(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("")
    assert load_config(Inner, path) == Inner()


def test_the_dump_writes_every_default_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "effective.yaml"
    config = Outer(name="a", rate=0.25)
    path.write_text(dump_config(config))
    assert "hidden: 300" in path.read_text()
    assert load_config(Outer, path) == config


MAPPINGS = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=8
).filter(lambda value: isinstance(value, dict))


@given(MAPPINGS, MAPPINGS)
def test_merging_is_idempotent_and_keeps_what_lies_over(
    base: dict[str, object], over: dict[str, object]
) -> None:
    merged = merge(base, over)
    assert merge(merged, over) == merged
    assert set(merged) == set(base) | set(over)
    assert merge({}, over) == over
    assert merge(base, {}) == base
