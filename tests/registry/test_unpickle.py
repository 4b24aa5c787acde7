"""A foreign pickle is read, and nothing in it is run."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
import safetensors
import torch

from hitsieve.registry.unpickle import (
    ARGUMENTS,
    CLASS,
    CONTENT_TAG,
    Placeholder,
    main,
    open_checkpoint,
    plain,
)

if TYPE_CHECKING:
    from pathlib import Path


class Color(Enum):
    RED = "red"


class Evil:
    """Would write a file if it were unpickled as pickle does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


class Trap(dict[str, Any]):
    def __setstate__(self, _state: object) -> None:
        raise AssertionError("a class of the file was run")


def _content(path: Path) -> dict[str, Any]:
    with safetensors.safe_open(path, framework="pt") as stored:
        return json.loads(stored.metadata()[CONTENT_TAG])  # type: ignore[no-any-return]


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    target, trap = tmp_path / "touched", Trap(depth=3)
    trap.hidden = 1  # type: ignore[attr-defined]
    torch.save({"evil": Evil(target), "trap": trap, "path": tmp_path}, tmp_path / "model.pt")
    found = open_checkpoint(tmp_path / "model.pt")
    assert not target.exists()
    assert isinstance(found["evil"], Placeholder)
    assert plain(found["evil"])[CLASS].endswith("system")
    assert found["trap"]["depth"] == 3
    # the same file does run when it is opened as files of this kind usually are
    with pytest.raises(AssertionError, match="was run"):
        torch.load(tmp_path / "model.pt", weights_only=False)
    assert target.exists()


def test_settings_and_tensors_come_out(tmp_path: Path) -> None:
    weights = {"a.w": torch.arange(6.0).reshape(2, 3).T, "a.n": torch.tensor(3), "text": "x"}
    settings = {
        "depth": 3, "rate": float("inf"), "layer": torch.nn.Tanh(), "kind": torch.nn.Linear,
        "color": Color.RED, "sizes": [1, (2, None)], "mean": torch.ones(1, 2),
    }  # fmt: skip
    source, target = tmp_path / "model.pt", tmp_path / "out.safetensors"
    torch.save({"state_dict": weights, "hyper_parameters": settings, "extra": {1, 2}}, source)
    main(source, target)
    found = _content(target)
    assert found["output_columns"] is None
    told = found["hyper_parameters"]
    assert told["depth"] == 3
    assert told["rate"] == "inf"
    assert told["sizes"] == [1, [2, None]]
    assert told["layer"] == {CLASS: "torch.nn.modules.activation.Tanh", "training": True}
    assert told["kind"] == {CLASS: "torch.nn.modules.linear.Linear"}
    assert told["color"][ARGUMENTS] == ["red"]
    with safetensors.safe_open(target, framework="pt") as stored:
        assert sorted(stored.keys()) == ["a.n", "a.w"]
        assert torch.equal(stored.get_tensor("a.w"), weights["a.w"])


def test_as_a_program(tmp_path: Path) -> None:
    (tmp_path / "list.pt").write_bytes(pickle.dumps([1, 2]))
    torch.save([1], tmp_path / "model.pt")
    for name, reason in (("list.pt", "Error"), ("model.pt", "not a dict"), ("no.pt", "No such")):
        command = [sys.executable, "-m", "hitsieve.registry.unpickle", name, "out"]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert reason in ended.stderr
        assert not (tmp_path / "out").exists()


def test_deep_and_circular_values_end(tmp_path: Path) -> None:
    circle: list[Any] = []
    circle.append(circle)
    torch.save({"c": circle}, tmp_path / "model.pt")
    text = json.dumps(plain(open_checkpoint(tmp_path / "model.pt")))
    assert len(text) < 200
