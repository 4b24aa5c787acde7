from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from hitsieve.config import StrictConfig, parse_config
from hitsieve.errors import ConfigError
from hitsieve.oracles import LookupOracle, Measurement, Oracle, ShapeOracle, label_rows
from hitsieve.oracles.command import CommandConfig, CommandOracle
from hitsieve.oracles.inbox import InboxOracle
from hitsieve.oracles.lookup import LookupOracleConfig
from hitsieve.oracles.open import OracleConfig, absolute_oracle, open_oracle
from hitsieve.store.files import write_parquet_atomic


class Holder(StrictConfig):
    oracle: OracleConfig


MEASURED = {"target": "t", "endpoint": "e", "unit": "u"}


def opened(values: dict[str, Any]) -> Oracle:
    return open_oracle(parse_config(Holder, {"oracle": values}).oracle)


def test_every_kind_opens(tmp_path: Path) -> None:
    known = LookupOracle({"a": (1.0, "=")}, target="t", endpoint="e", unit="u")
    table = tmp_path / "labels.parquet"
    write_parquet_atomic(table, label_rows(known, [("a", "CCO")], [Measurement(1.0)]))
    argv = [sys.executable, "{input}"]
    cases: list[tuple[dict[str, Any], type[object]]] = [
        ({"kind": "shape"}, ShapeOracle),
        ({"kind": "inbox", "folder": str(tmp_path), **MEASURED}, InboxOracle),
        ({"kind": "command", "argv": argv, "higher_is_better": True, **MEASURED}, CommandOracle),
        (
            {"kind": "lookup", "labels": str(table), "target": "t", "higher_is_better": True},
            LookupOracle,
        ),
    ]
    for values, kind in cases:
        oracle = opened(values)
        assert isinstance(oracle, kind)
        assert isinstance(oracle, Oracle)


def test_docking_opens_or_says_what_is_missing(tmp_path: Path) -> None:
    values = {
        "kind": "docking",
        "target": "t",
        "receptor": str(tmp_path / "absent.pdbqt"),
        "box": {"center": [0, 0, 0], "size": [10, 10, 10]},
    }
    with pytest.raises(Exception, match=r"no receptor|hitsieve\[docking\]"):
        opened(values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "magic"}, "lookup"),
        ({}, "oracle"),
        ({"kind": "shape", "refrence": "CCO"}, "refrence"),
    ],
)
def test_what_is_no_oracle_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        opened(values)


def test_paths_are_those_of_where_the_file_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = LookupOracleConfig(labels=Path("t.parquet"), target="t", higher_is_better=True)
    assert absolute_oracle(table, tmp_path).labels == tmp_path / "t.parquet"  # type: ignore[union-attr]
    program = CommandConfig(
        argv=("score", "{input}"),
        target="t",
        endpoint="e",
        unit="1",
        higher_is_better=True,
        files=(Path("a.pdb"),),
    )
    found = absolute_oracle(program, tmp_path)
    assert found.files == (tmp_path / "a.pdb",)  # type: ignore[union-attr]
    assert found.argv == program.argv  # type: ignore[union-attr]
