from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import (
    ChecksumError,
    ConfigError,
    IncompleteError,
    InputError,
    NotFoundError,
    UsageError,
)
from hitsieve.screen import load_plan, run_screen, screen_status, top_hits
from hitsieve.screen.cascade import (
    CASCADE_FILE,
    Cascade,
    choose_cuts,
    plan_cascade,
    reaches,
    read_cuts,
)
from hitsieve.screen.config import CascadeConfig
from hitsieve.screen.diff import diff_screens
from hitsieve.screen.planning import plan_screen
from hitsieve.screen.scores import Scores
from hitsieve.screen.sources import Shard
from hitsieve.screen.verify import verify_screen
from hitsieve.store import Ledger
from hitsieve.testing.fakes import FakeSources, write_fake_library
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor
    from hitsieve.screen import ScreenConfig

    Configure = Callable[..., ScreenConfig]
    Contents = Callable[[Path], dict[str, bytes]]

KILLED = Path(__file__).with_name("killed_screen.py")
CASCADE = {"student": "student@1", "top": 0.1, "recall": 0.6, "confidence": 0.5, "sample": 40}
FEW = (0.3, 0.6)  # in the sample, and behind it
SHARES = [
    pytest.param(share, marks=() if share in FEW else pytest.mark.slow)
    for share in (0.05, 0.2, 0.3, 0.45, 0.6, 0.7, 0.8, 0.9)
]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_fake_library(tmp_path / "library", (60, 0, 55, 80, 45))


@pytest.fixture
def stage(configure: Configure) -> Configure:
    def build(output: str = "screen", **settings: Any) -> ScreenConfig:
        return configure(output, **({"models": ["teacher@1"], "cascade": CASCADE} | settings))

    return build


def rows(folder: Path, model: str) -> dict[tuple[str, str], int]:
    return {
        (path.parts[-3], path.stem): pq.read_metadata(path).num_rows
        for path in sorted(folder.rglob("*.parquet"))
        if path.parts[-2] == f"model={model}"
    }


def test_the_student_scores_all_and_the_teacher_what_reaches_the_cut(
    stage: Configure, sources: FakeSources
) -> None:
    summary = run_screen(stage(), sources=sources)
    plan, cuts = load_plan(summary.folder), read_cuts(summary.folder)
    assert plan.cascade is not None
    assert len(plan.cascade.pilot) == 1
    whole = {shard.name: shard.rows for shard in plan.shards}
    for (_, shard), count in rows(summary.folder, "student@1").items():
        assert count == whole[shard]
    rescored = 0
    for unit in plan.units:
        for output in unit.outputs:
            if output.model != "teacher@1":
                continue
            table = pq.read_table(summary.folder / output.path)
            if unit.shard.name in plan.cascade.pilot:
                assert (table.num_rows, output.chosen_by) == (unit.shard.rows, "")
                continue
            student = pq.read_table(summary.folder / f"scores/{output.chosen_by}.parquet")
            cut, sign = cuts[output.target].value, 1 if output.direction == "higher" else -1
            assert cut is not None
            expected = {
                row["compound_id"]
                for row in student.to_pylist()
                if row["score"] is None or sign * row["score"] >= sign * cut
            }
            assert set(table["compound_id"].to_pylist()) == expected
            rescored += table.num_rows
            told = Ledger(summary.folder).get(output.key)
            assert told is not None
            assert told.extra == {"of": unit.shard.rows, "chosen_by": output.chosen_by}
    assert 0 < rescored < 2 * plan.compounds
    assert verify_screen(summary.folder).problems == ()
    assert screen_status(summary.folder).state == "complete"


def test_scores_are_those_of_a_plain_screen(stage: Configure, sources: FakeSources) -> None:
    cascade = run_screen(stage(), sources=sources).folder
    plain = run_screen(stage("plain", cascade=None), sources=sources).folder
    for target in ("CDK2/cyclin A", "shape"):
        found, all_ = (
            {
                row["compound_id"]: row["score"]
                for table in Scores.open(folder, target, "teacher@1").tables()
                for row in table.to_pylist()
            }
            for folder in (cascade, plain)
        )
        assert found.items() <= all_.items()
        best = top_hits(plain, target, k=12).column("compound_id").to_pylist()
        assert sum(name in found for name in best) >= 5


def test_the_teacher_answers_unless_the_student_is_named(
    stage: Configure, sources: FakeSources
) -> None:
    folder = run_screen(stage(), sources=sources).folder
    assert Scores.open(folder, "shape").model.reference == "teacher@1"
    assert Scores.open(folder, "shape", "student@1").model.reference == "student@1"
    asked = top_hits(folder, "shape", k=3).column("compound_id").to_pylist()
    assert asked == top_hits(folder, "shape", "teacher@1", k=3).column("compound_id").to_pylist()


def test_a_full_rescore_is_a_plain_screen_of_both(
    stage: Configure, sources: FakeSources, contents: Contents
) -> None:
    first = run_screen(stage(), sources=sources).folder
    full = run_screen(stage("full", full_rescore=True, reuse=True), sources=sources)
    assert full.reused == 5, "the student's files, and the sample's"
    plain = run_screen(
        stage("plain", cascade=None, models=["student@1", "teacher@1"]), sources=sources
    )
    assert contents(full.folder) == contents(plain.folder)
    found = diff_screens(first, full.folder, k=10)
    assert [cause.part for cause in found.causes] == ["cascade"]
    assert all(target.overlap >= 5 for target in found.targets if "teacher" in target.model_a)


def test_an_equal_cascade_takes_every_file(
    stage: Configure, sources: FakeSources, contents: Contents
) -> None:
    first = run_screen(stage(), sources=sources)
    again = run_screen(stage("again", reuse=True), sources=sources)
    assert (again.scored, again.reused) == (0, 5)
    assert contents(again.folder) == contents(first.folder)
    deeper = run_screen(
        stage("deeper", reuse=True, cascade=CASCADE | {"top": 0.2}), sources=sources
    )
    assert deeper.files == 8, "what the teacher chose with another cut is not taken"


def test_a_sample_that_lacks_shards_settles_nothing(
    stage: Configure, sources: FakeSources, contents: Contents
) -> None:
    plan = plan_screen(stage(), sources)
    assert plan.cascade is not None
    broken = replace(sources, broken=plan.cascade.pilot[0])
    with pytest.raises(IncompleteError, match="1 of 5"):
        run_screen(stage(), sources=broken)
    folder = stage().output
    assert not (folder / CASCADE_FILE).exists()
    assert screen_status(folder).done == 0
    run_screen(stage(), sources=sources)
    clean = run_screen(stage("clean"), sources=sources).folder
    assert contents(folder) == contents(clean)


@pytest.mark.parametrize("share", SHARES)
def test_killed_anywhere_and_resumed_the_folder_is_the_same(
    stage: Configure, sources: FakeSources, contents: Contents, share: float
) -> None:
    def kill(config: ScreenConfig, after: int) -> int:
        command = [sys.executable, str(KILLED), config.model_dump_json(), str(sources.calls)]
        done = subprocess.run([*command, str(after)], check=False, capture_output=True, text=True)
        assert done.returncode in {0, -9}, done.stderr
        return int(done.stdout) if done.returncode == 0 else -1

    clean = stage("clean")
    operations = kill(clean, after=10**9)
    assert kill(stage(), after=int(share * operations)) == -1
    assert run_screen(stage(), sources=sources).complete
    assert contents(stage().output) == contents(clean.output)
    assert verify_screen(stage().output).problems == ()


def test_a_pool_of_processes_leaves_the_same_bytes(
    stage: Configure, sources: FakeSources, contents: Contents
) -> None:
    serial = run_screen(stage("serial"), sources=sources)
    with ProcessExecutor(2) as executor:
        pooled = run_screen(stage("pooled"), executor, sources=sources)
    assert contents(serial.folder) == contents(pooled.folder)


@pytest.mark.ray
def test_bytes_do_not_depend_on_executor_or_workers(
    stage: Configure, sources: FakeSources, contents: Contents, ray_executor: Executor
) -> None:
    serial = run_screen(stage("serial"), sources=sources)
    ray = run_screen(stage("ray"), ray_executor, sources=sources)
    assert contents(serial.folder) == contents(ray.folder)


def test_controls_travel_with_both_stages(stage: Configure, sources: FakeSources) -> None:
    folder = run_screen(stage(controls="held-out"), sources=sources).folder
    plan, ledger = load_plan(folder), Ledger(folder)
    told = {o.key: ledger.get(o.key) for unit in plan.units for o in unit.outputs if o.chosen_by}
    assert told
    assert all(commit is not None and "controls" not in commit.extra for commit in told.values())
    assert verify_screen(folder).problems == ()
    ids = Scores.open(folder, "shape").dataset().to_table(columns=["compound_id"])
    assert not any(name.startswith("control:") for name in ids["compound_id"].to_pylist())


def test_verify_finds_wrong_cuts_and_wrong_rows(stage: Configure, sources: FakeSources) -> None:
    folder = run_screen(stage(), sources=sources).folder
    path = folder / CASCADE_FILE
    found = json.loads(path.read_text())
    found["targets"]["shape"]["value"] += 1.0
    path.write_text(json.dumps(found))
    assert any("cuts" in problem for problem in verify_screen(folder).problems)
    with pytest.raises(InputError, match="does not hold the cuts"):
        run_screen(stage(), sources=sources)
    path.unlink()
    assert run_screen(stage(), sources=sources).complete
    assert verify_screen(folder).problems == ()
    record = next((folder / "_commits").rglob("model=teacher@1/*.json"))
    for record in (folder / "_commits").rglob("model=teacher@1/*.json"):
        commit = json.loads(record.read_text())
        if commit["extra"]:
            record.write_text(json.dumps(commit | {"rows": commit["rows"] + 1}))
            break
    assert any("chosen are" in problem for problem in verify_screen(folder).problems)


def test_a_changed_student_file_chooses_nothing(stage: Configure, sources: FakeSources) -> None:
    config = stage()
    folder = run_screen(config, sources=sources).folder
    plan = load_plan(folder)
    output = next(o for unit in plan.units for o in unit.outputs if o.chosen_by)
    Ledger(folder)._record(output.key).unlink()
    student = folder / f"scores/{output.chosen_by}.parquet"
    student.write_bytes(student.read_bytes()[:-1] + b"x")
    with pytest.raises(IncompleteError, match=ChecksumError.__name__):
        run_screen(config, sources=sources)


def test_a_damaged_file_of_cuts_is_refused(stage: Configure, sources: FakeSources) -> None:
    folder = run_screen(stage(), sources=sources).folder
    (folder / CASCADE_FILE).write_text("{}")
    with pytest.raises(InputError, match="holds no cuts"):
        read_cuts(folder)
    assert read_cuts(folder.parent) == {}


def test_the_plan_is_read_as_it_was_written(stage: Configure, sources: FakeSources) -> None:
    folder = run_screen(stage(), sources=sources).folder
    plan = plan_screen(stage(), sources)
    assert load_plan(folder) == plan
    assert plan.fingerprint != plan_screen(stage(full_rescore=True), sources).fingerprint
    with pytest.raises(UsageError, match="another plan"):
        run_screen(stage(cascade=CASCADE | {"recall": 0.7}), sources=sources)


def test_the_sample_is_whole_shards_in_order_of_their_checksums(sources: FakeSources) -> None:
    shards = [Shard(f"shard-{n}", 100, str((7 * n) % 10)) for n in range(10)]
    model = sources.describe("student@1", Path())
    teacher = sources.describe("teacher@1", Path())
    planned = plan_cascade(CascadeConfig(student="s", sample=250), shards, model, teacher)
    assert planned == Cascade(
        "student@1", "teacher@1", 1, 0.95, 0.95, ("shard-0", "shard-3", "shard-6")
    )
    tenth = plan_cascade(CascadeConfig(student="s", top=70), shards, model, teacher)
    assert (tenth.top, tenth.pilot) == (70, ("shard-0",))
    with pytest.raises(ConfigError, match="does not predict 'shape'"):
        plan_cascade(
            CascadeConfig(student="s"), shards, replace(model, targets=model.targets[:1]), teacher
        )


def test_an_empty_library_has_nothing_to_judge_by(
    stage: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    empty = write_fake_library(tmp_path / "empty", (0, 0))
    folder = run_screen(stage(library=empty), sources=sources).folder
    cuts = choose_cuts(load_plan(folder), folder)
    assert [(cut.value, cut.sample) for cut in cuts.values()] == [(None, 0), (None, 0)]


def test_lower_can_be_better() -> None:
    from hitsieve.metrics.retrieval import Cut

    cut = Cut(2.0, 0.1, 1.0, 1.0, 1.0, 10, 5)
    scores = np.array([1.0, 2.0, 3.0, np.nan])
    assert reaches(scores, cut, "lower").tolist() == [True, True, False, True]
    assert reaches(scores, cut, "higher").tolist() == [False, True, True, True]
    assert reaches(scores, replace(cut, value=None), "higher").all()


def test_models_must_fit_the_cascade(stage: Configure, sources: FakeSources) -> None:
    with pytest.raises(ValueError, match="with one model, not with 2"):
        stage(models=["a@1", "b@1"])
    with pytest.raises(ValueError, match="full_rescore is for a cascade"):
        stage(cascade=None, full_rescore=True)
    with pytest.raises(NotFoundError):
        plan_screen(stage(cascade=CASCADE | {"student": "nobody"}), sources)
    with pytest.raises(ConfigError, match="are both"):
        plan_screen(stage(cascade=CASCADE | {"student": "teacher@1"}), sources)
