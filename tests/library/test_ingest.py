from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hitsieve
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, InputError, RejectRateError
from hitsieve.library import Library, LibraryConfig, Progress, build_library
from hitsieve.store import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor

    Build = Callable[..., Library]
    Snapshot = Callable[[Path], dict[str, str]]


def _rows(library: Library) -> list[dict[str, Any]]:
    return [row for table in library.iter_tables() for row in table.to_pylist()]


@pytest.fixture
def mixed(tmp_path: Path, good_smiles: list[str]) -> Path:
    """Good compounds, repeats under new names, salts of them, and refused records."""
    path = tmp_path / "mixed.smi"
    lines = [f"{s} G{i}" for i, s in enumerate(good_smiles)]
    lines += [f"{s} again{i}" for i, s in enumerate(good_smiles[::3])]
    lines += ["CC(=O)[O-].[Na+] salt", "CC(=O)O acid", "C1CC broken", "[He] gas", "CC(C open"]
    random.Random(3).shuffle(lines)  # noqa: S311 - any fixed order will do
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_record_is_accounted_for(build: Build, mixed: Path) -> None:
    library = build(mixed, chunk_records=20, shard_rows=20)
    counts = library.manifest.counts
    rows = _rows(library)
    assert counts.records == len(mixed.read_text().splitlines())
    assert counts.records == counts.kept + counts.rejected + counts.failed
    assert counts.kept == counts.compounds + counts.duplicates
    assert counts.compounds == len(rows) == len(library)
    assert counts.rejected == library.rejects().num_rows == 3
    assert counts.kept == sum(len(row["source_records"]) for row in rows)


def test_shards_are_sorted_and_hold_each_compound_once(build: Build, mixed: Path) -> None:
    library = build(mixed, chunk_records=20, shard_rows=10)
    assert len(library.shards) == 8
    ids = [table.column("compound_id").to_pylist() for table in library.iter_tables()]
    assert all(part == sorted(part) for part in ids)
    flat = [i for part in ids for i in part]
    assert len(set(flat)) == len(flat)


def test_duplicates_meet_over_files_in_source_order(build: Build, tmp_path: Path) -> None:
    first, second = tmp_path / "b.csv", tmp_path / "a.smi"
    first.write_text("id,smiles,price\nB1,OCC,7\nB2,CCN,8\n")
    second.write_text("C(C)O A1\nCCO A2\n")
    library = build(first, second)
    (ethanol,) = [row for row in _rows(library) if row["smiles"] == "CCO"]
    assert ethanol["source_ids"] == ["B1", "A1", "A2"]
    assert ethanol["source_records"] == ["b.csv#1", "a.smi#1", "a.smi#2"]
    assert ethanol["vendor"] == ['{"price":"7"}', "{}", "{}"]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chunk=st.integers(1, 90), shard=st.integers(1, 90), seed=st.integers(0, 9))
def test_the_cut_changes_nothing_but_the_cut(
    build: Build, mixed: Path, tmp_path: Path, chunk: int, shard: int, seed: int
) -> None:
    tag = f"{chunk}-{shard}-{seed}-{time.monotonic_ns()}"
    library = build(mixed, output=tag, chunk_records=chunk, shard_rows=shard)
    if not (tmp_path / "reference").exists():
        build(mixed, output="reference")
    reference = Library.open(tmp_path / "reference")
    key = "compound_id"
    assert sorted(_rows(library), key=lambda r: r[key]) == _rows(reference)
    assert library.rejects().equals(reference.rejects())
    assert library.manifest.counts == reference.manifest.counts


def test_the_same_build_twice_gives_the_same_bytes(
    build: Build, mixed: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    build(mixed, output="one", chunk_records=20, shard_rows=20)
    build(mixed, output="two", chunk_records=20, shard_rows=20)
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    assert not (tmp_path / "one" / "staging").exists()


class _Stop(BaseException):
    """Ends a build at a chosen moment."""


def test_stopped_at_any_flush_it_resumes_to_the_same_bytes(
    build: Build,
    mixed: Path,
    tmp_path: Path,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings_ = {"chunk_records": 40, "shard_rows": 40}
    build(mixed, output="whole", **settings_)
    expected = snapshot(tmp_path / "whole")
    flush = files._flush
    left = 0

    def counted(path: Path) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise _Stop
        flush(path)

    monkeypatch.setattr(files, "_flush", counted)
    stops = 0
    for moment in range(1, 1000):
        left, output = moment, f"stopped-{moment}"
        try:
            build(mixed, output=output, **settings_)
        except _Stop:
            stops += 1
        else:
            break
        left = 0
        build(mixed, output=output, **settings_)
        assert snapshot(tmp_path / output) == expected
    assert stops > 20


def test_killed_again_and_again_it_ends_with_the_same_bytes(
    build: Build, mixed: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    build(mixed, output="whole", chunk_records=4, shard_rows=4)
    script = (
        "import sys; from hitsieve.library import *; from hitsieve.engine import SerialExecutor\n"
        "c = LibraryConfig(inputs=[sys.argv[1]], output=sys.argv[2], chunk_records=4,"
        " shard_rows=4)\n"
        "build_library(c, SerialExecutor(), progress=lambda p: print(p.stage, flush=True))\n"
    )
    target = tmp_path / "killed"
    command = [sys.executable, "-c", script, str(mixed), str(target)]
    environment = {"PYTHONPATH": str(Path(hitsieve.__file__).parents[1])}
    for pieces in (2, 9, 26):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            for _ in range(pieces):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        assert not (target / "manifest.json").exists()
    build(mixed, output="killed", chunk_records=4, shard_rows=4)
    assert snapshot(target) == snapshot(tmp_path / "whole")


def test_a_finished_library_is_not_built_again(
    build: Build, mixed: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    build(mixed)
    before = snapshot(tmp_path / "library")
    messages: list[Progress] = []
    config = LibraryConfig(inputs=[str(mixed)], output=tmp_path / "library")
    summary = build_library(config, SerialExecutor(), messages.append)
    assert messages == []
    assert summary.seconds == {}
    assert snapshot(tmp_path / "library") == before


def test_changed_inputs_and_settings_are_told(build: Build, mixed: Path) -> None:
    build(mixed)
    with pytest.raises(ConfigError, match="chunk_records was 20000, is 7"):
        build(mixed, chunk_records=7)
    with pytest.raises(ConfigError, match="max_heavy_atoms was 150, is 99"):
        build(mixed, policy={"max_heavy_atoms": 99})
    mixed.write_text(mixed.read_text() + "CCCCO new\n")
    with pytest.raises(InputError, match=r"other inputs: .*sha256"):
        build(mixed)


def test_other_standard_input_leaves_a_finished_library_as_it_is(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(data: bytes) -> Path:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return build("-").root

    root = given(b"CCO a\n")
    before = sorted(path.name for path in root.iterdir())
    with pytest.raises(InputError, match="begun with other inputs"):
        given(b"CCN b\n")
    assert sorted(path.name for path in root.iterdir()) == before
    assert given(b"CCO a\n") == root


def test_a_folder_with_something_else_is_refused(build: Build, mixed: Path, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "thesis.tex").write_text("x")
    with pytest.raises(ConfigError, match=r"thesis\.tex"):
        build(mixed)


def test_too_many_rejects_end_the_build_early_and_can_be_resumed(
    build: Build, tmp_path: Path, snapshot: Snapshot
) -> None:
    path = tmp_path / "bad.smi"
    path.write_text("C1CC bad\nCCO a\nCCN b\nCCF c\nCCCl d\n" * 10)
    with pytest.raises(RejectRateError, match="ring_closure") as caught:
        build(path, chunk_records=10, max_reject="5%")
    assert caught.value.exit_code == 4
    assert "5.0%" in caught.value.message
    assert len(list((tmp_path / "library" / "_commits" / "staging").iterdir())) == 1
    build(path, chunk_records=10, max_reject=0.5)
    build(path, output="calm", chunk_records=10)
    assert snapshot(tmp_path / "library") == snapshot(tmp_path / "calm")


def test_a_bad_start_is_no_verdict(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "late.smi"
    path.write_text("C1CC bad\n" + "".join(f"{'C' * n}O a{n}\n" for n in range(2, 40)))
    library = build(path, chunk_records=1, max_reject=0.4)
    assert library.manifest.counts.rejected == 1


def test_the_limit_counts_over_all_files(build: Build, tmp_path: Path) -> None:
    (tmp_path / "1.smi").write_text("CCO\nCCN\n")
    (tmp_path / "2.smi").write_text("CCC\nCCF\n")
    library = build(tmp_path / "*.smi", limit=3)
    assert library.manifest.counts.records == 3
    assert [entry.records for entry in library.manifest.inputs] == [2, 1]


def test_progress_adds_up(tmp_path: Path, mixed: Path) -> None:
    messages: list[Progress] = []
    config = LibraryConfig(inputs=[str(mixed)], output=tmp_path / "library", chunk_records=20)
    summary = build_library(config, SerialExecutor(), messages.append)
    last = {message.stage: message for message in messages}
    assert last["standardize"].done == summary.manifest.counts.records
    assert last["standardize"].refused == summary.manifest.counts.rejected
    assert last["featurize"].done == summary.manifest.counts.kept
    assert all(message.rate > 0 for message in messages)


def test_a_folder_moved_elsewhere_is_the_same_library(
    build: Build, mixed: Path, tmp_path: Path
) -> None:
    build(mixed)
    (tmp_path / "library").rename(tmp_path / "moved")
    moved = Library.open(tmp_path / "moved")
    moved.verify()
    assert str(tmp_path) not in (tmp_path / "moved" / "manifest.json").read_text()


@pytest.mark.ray
def test_serial_and_ray_give_the_same_bytes(
    build: Build, mixed: Path, tmp_path: Path, snapshot: Snapshot, ray_executor: Executor
) -> None:
    build(mixed, output="serial", chunk_records=9, shard_rows=9)
    build(mixed, output="ray", executor=ray_executor, chunk_records=9, shard_rows=9)
    assert snapshot(tmp_path / "serial") == snapshot(tmp_path / "ray")
