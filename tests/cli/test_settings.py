"""A flag wins over the environment, that over the project's file, that over the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hitsieve.cli.settings import Settings, load_settings, user_file
from hitsieve.errors import ConfigError


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in list(os.environ):
        if variable.startswith("HITSIEVE_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def _write_user_file(text: str) -> None:
    user_file().parent.mkdir(parents=True)
    user_file().write_text(text)


def test_without_anything_the_defaults_hold() -> None:
    assert load_settings() == Settings()


def test_each_layer_wins_over_the_one_below(monkeypatch: pytest.MonkeyPatch) -> None:
    _write_user_file("models: user\ndata: user\nworkers: 1\nexecutor: serial\n")
    Path("hitsieve.yaml").write_text("models: project\ndata: project\nworkers: 2\n")
    monkeypatch.setenv("HITSIEVE_MODELS", "environment")
    monkeypatch.setenv("HITSIEVE_DATA", "environment")
    found = load_settings(models=Path("flag"))
    assert found.models == Path("flag")
    assert found.data == Path("environment")
    assert found.workers == 2
    assert found.executor == "serial"


def test_a_flag_that_was_not_given_wins_over_nothing() -> None:
    Path("hitsieve.yaml").write_text("workers: 3\n")
    assert load_settings(workers=None).workers == 3


def test_an_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITSIEVE_DATA_MIRROR", "")
    assert load_settings().data_mirror is None


def test_a_mistyped_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITSIEVE_EXECUTER", "ray")
    with pytest.raises(ConfigError, match="did you mean 'executor'"):
        load_settings()


def test_other_variables_with_the_prefix_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_DIR", "/nowhere")
    monkeypatch.setenv("HITSIEVE_ZZZ", "1")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("place", "where"), [("environment", "environment"), ("file", r"hitsieve\.yaml")]
)
def test_a_wrong_value_names_its_layer(
    monkeypatch: pytest.MonkeyPatch, place: str, where: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("HITSIEVE_WORKERS", "many")
    else:
        Path("hitsieve.yaml").write_text("workers: many\n")
    with pytest.raises(ConfigError, match=f"{where}: workers = 'many'"):
        load_settings()
