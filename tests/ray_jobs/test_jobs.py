from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.engine import SerialExecutor
from hitsieve.errors import IncompleteError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.oracles import label_rows
from hitsieve.oracles.protocol import Measurement
from hitsieve.registry.registry import Registry
from hitsieve.store.files import write_parquet_atomic
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS = Path(__file__).resolve().parents[2] / "ray_jobs"
ENTRIES = ("prepare", "train", "screen", "campaign", "analyze")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Import a script as if it was started from its folder."""
    monkeypatch.syspath_prepend(str(JOBS))
    handler = signal.getsignal(signal.SIGTERM)

    def read(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(name, JOBS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield read
    signal.signal(signal.SIGTERM, handler)
    sys.modules.pop("job", None)


@pytest.mark.parametrize("name", ENTRIES)
def test_entry_scripts_are_short(name: str) -> None:
    assert len((JOBS / f"{name}.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize("name", ENTRIES)
def test_entry_scripts_name_what_exists(name: str) -> None:
    tree = ast.parse((JOBS / f"{name}.py").read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        module = importlib.import_module(node.module or "")
        assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


@pytest.mark.parametrize("name", ENTRIES)
def test_a_missing_configuration_is_an_input_error(
    load: Any, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load(name)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "absent.yaml"])
    with pytest.raises(SystemExit) as ended:
        module.job.run(getattr(module, name))
    assert ended.value.code == 3
    assert "absent.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("name", ENTRIES)
def test_an_unknown_key_is_a_usage_error(
    load: Any,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "c.yaml").write_text("nonsense: 1\n")
    module = load(name)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", str(tmp_path / "c.yaml")])
    with pytest.raises(SystemExit) as ended:
        module.job.run(getattr(module, name))
    assert ended.value.code == 2
    assert "unknown key 'nonsense'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(IncompleteError("2 shards were given up"), 5), (KeyboardInterrupt(), 5), (None, 0)],
)
def test_jobs_end_with_the_code_of_their_state(
    load: Any,
    error: BaseException | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(path: Path) -> str:
        if error is not None:
            raise error
        return f"done with {path}"

    monkeypatch.setattr(sys, "argv", ["screen.py", "c.yaml"])
    with pytest.raises(SystemExit) as ended:
        load("job").run(work)
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert (printed.out == "done with c.yaml\n") == (error is None)
    assert bool(printed.err) == (error is not None)


def test_an_analysis_of_quarantined_scores_says_so(
    load: Any, tiny: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    job = {"screen": str(tiny.screen), "output": str(tmp_path / "out"), "top": 2,
           "registry": str(tmp_path / "models"), "formats": ["csv"]}  # fmt: skip
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(job))
    module = load("analyze")
    assert module.analyze(tmp_path / "a.yaml").endswith("2 hits of 1 targets in 1 files")
    assert not caplog.records
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    summary = module.analyze(tmp_path / "a.yaml")
    assert "clogp@1 is quarantined since 20" in summary
    assert summary.endswith("wrong plates")
    assert "choose no compound by its scores" in caplog.text


def test_a_campaign_keeps_its_scoreboard(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.smi").write_text("\n".join(f"{'C' * n}O {n}" for n in range(2, 32)))
    made = LibraryConfig(inputs=[str(tmp_path / "in.smi")], output=tmp_path / "library")
    build_library(made, SerialExecutor())
    pairs = [
        (row["compound_id"], row["smiles"])
        for table in Library.open(made.output).iter_tables(["compound_id", "smiles"])
        for row in table.to_pylist()
    ]
    found = [Measurement(float(len(smiles))) for _, smiles in pairs]
    write_parquet_atomic(tmp_path / "labels.parquet", label_rows(FakeOracle(), pairs, found))
    folder = {"library": str(made.output), "folder": str(tmp_path / "c")}
    job = {
        "campaign": {**folder, "initial": 14, "batch": 4, "rounds": 1},
        "oracle": {"kind": "lookup", "labels": str(tmp_path / "labels.parquet"),
                   "target": "length", "higher_is_better": True},
        "surrogate": {"kind": "quick", "kinds": ["forest"], "folds": 3, "forest": {"trees": 6}},
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(job))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("HITSIEVE_WORKERS", "1")
    assert "2 rounds, 18 compounds" in load("campaign").campaign(tmp_path / "c.yaml")
    (entry,) = json.loads((tmp_path / "c" / "scoreboard.json").read_text())
    assert (entry["round"], entry["compared"]) == (1, 4)


def test_a_stop_signal_ends_it_resumable(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_: Path) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
        return "never"

    monkeypatch.setattr(sys, "argv", ["screen.py", "c.yaml"])
    with pytest.raises(SystemExit) as ended:
        load("job").run(work)
    assert ended.value.code == 5


def test_one_configuration_is_needed(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["screen.py"])
    with pytest.raises(SystemExit) as ended:
        load("job").run(str)
    assert ended.value.code == 2


def test_workers_come_from_the_environment(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    job = load("job")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("HITSIEVE_WORKERS", "1")
    assert isinstance(job.executor(), SerialExecutor)
    monkeypatch.setenv("HITSIEVE_WORKERS", "7")
    assert job.executor().workers == 7
    monkeypatch.setenv("HITSIEVE_WORKERS", "many")
    with pytest.raises(Exception, match="HITSIEVE_WORKERS='many'"):
        job.executor()


def test_the_runtime_env_installs_nothing() -> None:
    found = yaml.safe_load((JOBS / "runtime_env.yaml").read_text())
    assert set(found) == {"env_vars", "excludes"}
    assert found["env_vars"]["RAY_USAGE_STATS_ENABLED"] == "0"
