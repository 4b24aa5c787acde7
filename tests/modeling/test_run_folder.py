"""What a run leaves behind, and where its unfinished states lie."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from hitsieve.config import load_config
from hitsieve.modeling.config import Recipe, TrainConfig
from hitsieve.modeling.run_folder import RunFolder, new_folder
from hitsieve.training.fitted import Epoch, FittedNetwork

if TYPE_CHECKING:
    import pytest

    from hitsieve.modeling.config import TrainConfig as Config


def _folder(config: Config) -> RunFolder:
    return RunFolder(config, config.load_recipe())


def test_what_was_asked_is_written_at_once_and_can_be_asked_again(config: Config) -> None:
    run = _folder(config)
    assert load_config(TrainConfig, run.path / "config.yaml") == config
    assert load_config(Recipe, run.path / "recipe.yaml") == config.load_recipe()
    assert json.loads((run.path / "seeds.json").read_text()) == {"seed": config.seed}
    assert "torch" in json.loads((run.path / "versions.json").read_text())
    assert yaml.safe_load((run.path / "recipe.yaml").read_text())["training"]["epochs"] == 4


def test_names_hold_kind_model_time_and_question_and_never_clash(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Still:
        @staticmethod
        def now(_zone: object) -> Still:
            return Still()

        @staticmethod
        def strftime(_form: str) -> str:
            return "20260101T000000Z"

    monkeypatch.setattr("hitsieve.modeling.run_folder.datetime", Still)
    names = [new_folder(config, "tune").name for _ in range(3)]
    assert re.fullmatch(r"tune-small-20260101T000000Z-[0-9a-f]{8}", names[0])
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]
    other = new_folder(config.model_copy(update={"seed": 99}), "tune").name
    assert other not in names
    assert not other.endswith("-2"), "another question has another fingerprint"


def test_states_are_found_again_by_the_same_question_only(config: Config) -> None:
    first, again = _folder(config), _folder(config)
    assert first.path != again.path
    assert first.trail().checkpoints == again.trail().checkpoints
    assert first.trail().curves != again.trail().curves
    other = _folder(config.model_copy(update={"seed": 99}))
    assert other.trail().checkpoints != first.trail().checkpoints
    states = first.trail().checkpoints
    assert states is not None
    assert states.is_absolute(), "workers stand in other folders"


def test_states_are_removed_at_the_end_and_those_of_others_are_kept(config: Config) -> None:
    run, other = _folder(config), _folder(config.model_copy(update={"seed": 99}))
    for one in (run, other):
        one.states.mkdir(parents=True)
        (one.states / "member-0.safetensors").write_bytes(b"state")
    run.finish()
    assert not run.states.exists()
    assert other.states.exists()
    other.finish()
    assert not other.states.parent.exists()
    other.finish()  # a run without states ends as well


def test_files_are_written_whole(config: Config) -> None:
    run = _folder(config)
    run.json("a.json", {"b": [1, None]})
    run.table("t.parquet", pa.table({"x": [1, 2]}))
    assert json.loads((run.path / "a.json").read_text()) == {"b": [1, None]}
    assert pq.read_table(run.path / "t.parquet")["x"].to_pylist() == [1, 2]
    assert not [path for path in run.path.iterdir() if path.name.startswith(".")]


def test_the_history_names_the_best_epoch_of_each_member(config: Config) -> None:
    run = _folder(config)
    curve = [Epoch(n, 1.0 / n, 2.0 / n, 0.1) for n in (1, 2, 3)]
    run.history([_fitted(curve, 2), _fitted(curve[:1], 1)])
    rows = [json.loads(line) for line in (run.path / "history.jsonl").read_text().splitlines()]
    assert [(row["member"], row["epoch"], row["best"]) for row in rows] == [
        (0, 1, False),
        (0, 2, True),
        (0, 3, False),
        (1, 1, True),
    ]
    assert rows[1] | {"best": None} == {
        "member": 0, "epoch": 2, "train_loss": 0.5, "stopping_loss": 1.0, "rate": 0.1, "best": None,
    }  # fmt: skip


def _fitted(history: list[Epoch], best: int) -> FittedNetwork:
    return FittedNetwork({}, np.zeros(1), np.ones(1), tuple(history), best)
