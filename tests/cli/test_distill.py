"""Distilling and screening in two stages from the command line."""

from __future__ import annotations

import itertools
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

SERIAL = ("--executor", "serial")
PIECES = (
    ("F", "Cl", "CC", "N#C", "O=C"),
    ("C", "CC", "C(=O)N", "OC", "CN"),
    ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1"),
    ("C", "CC", "CCC", "CO", "CN", "CCO"),
)


@pytest.fixture
def compounds(tmp_path: Path) -> Path:
    texts = ["".join(parts) for parts in itertools.product(*PIECES)]
    path = tmp_path / "compounds.smi"
    path.write_text("".join(f"{text} m{n}\n" for n, text in enumerate(texts)))
    return path


@pytest.fixture
def ready(hitsieve: Run, compounds: Path, tmp_path: Path) -> Run:
    """A command line with the library ``library``."""
    (tmp_path / "many.yaml").write_text("shard_rows: 100\n")
    built = hitsieve(
        "library", "build", compounds, "--out", "library", "--config", "many.yaml", *SERIAL
    )
    assert built.exit_code == 0, built.stderr
    return hitsieve


def distill(run: Run, tiny: Any, *more: Any) -> Result:
    folder = tiny.models / "clogp" / "1"
    return run(
        "distill", folder, "--library", "library", "--models", "models", "--sample", "120",
        "--set", "held_out=120", "--set", "network.hidden=16", "--set", "training.epochs=8",
        *SERIAL, *more,
    )  # fmt: skip


def test_from_a_teacher_to_its_hits(ready: Run, tiny: Any, compounds: Path) -> None:
    made = distill(ready, tiny, "--json")
    assert made.exit_code == 0, made.stderr
    facts = json.loads(made.stdout)
    assert facts["model"] == "clogp-student@1"
    assert facts["teacher"].startswith("clogp@1 (digest ")
    assert {f["measure"] for f in facts["fidelity"]} > {"spearman"}
    card = ready("models", "show", "clogp-student", "--models", "models")
    assert "Fidelity to its teacher" in card.stdout
    teacher = tiny.models / "clogp" / "1"
    screen = (
        "screen", "run", "library", "--models", "models", "--model", teacher,
        "--student", "clogp-student", "--top", "30", "--recall", "0.5", *SERIAL,
    )  # fmt: skip
    run = ready(*screen, "--out", "screens/first")
    assert run.exit_code == 0, run.stderr
    status = json.loads(ready("screen", "status", "screens/first", "--json").stdout)
    assert status["state"] == "complete"
    told = status["cascade"]
    assert (told["student"], told["teacher"], told["top"]) == ("clogp-student@1", "clogp@1", 30)
    assert 0 < told["targets"]["logP"]["share"] <= 1
    shown = ready("screen", "show", "screens/first")
    assert "clogp-student@1 scores everything" in shown.stderr
    assert "foretold from" in shown.stderr
    assert ready("screen", "verify", "screens/first").exit_code == 0
    hits = ready("hits", "screens/first", "--top", "40", "--json", "--models", "models")
    assert hits.exit_code == 0, hits.stderr
    assert {row["model"] for row in json.loads(hits.stdout)} == {"clogp@1"}
    assert "looked for the best 30" in hits.stderr
    page = ready("hits", "screens/first", "--out", "hits.html", "--models", "models")
    assert page.exit_code == 0, page.stderr
    assert "scored in two stages" in (compounds.parent / "hits.html").read_text()
    full = ready(*screen, "--out", "screens/full", "--full-rescore", "--json")
    assert full.exit_code == 0, full.stderr
    assert json.loads(full.stdout)["reused"] > 0
    diff = json.loads(
        ready("screen", "diff", "screens/first", "screens/full", "--top", "30", "--json").stdout
    )
    assert [cause["part"] for cause in diff["causes"]] == ["cascade"]
    assert all(target["overlap"] >= 15 for target in diff["targets"])


def test_a_dry_run_tells_all_settings(ready: Run, tiny: Any) -> None:
    told = distill(ready, tiny, "--dry-run")
    assert told.exit_code == 0, told.stderr
    plan = yaml.safe_load(told.stdout)
    assert (plan["network"]["hidden"], plan["training"]["members"]) == (16, 1)
    assert "would distill" in told.stderr


def test_wrong_settings_are_named(ready: Run, tiny: Any) -> None:
    wrong = distill(ready, tiny, "--set", "network.hiden=3")
    assert wrong.exit_code == 2
    assert "network.hiden" in wrong.stderr
    alone = ready(
        "screen", "run", "library", "--model", tiny.models / "clogp" / "1", "--out", "s",
        "--top", "30", *SERIAL,
    )  # fmt: skip
    assert alone.exit_code == 2
    assert "cascade.student" in alone.stderr


def test_a_blocked_teacher_is_refused_by_path_and_copy(
    ready: Run, tiny: Any, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny.models, tmp_path / "models") / "clogp" / "1"
    copy = shutil.copytree(folder, tmp_path / "copy")
    ready("models", "quarantine", "clogp@1", "--reason", "wrong plates")
    block = json.loads(ready("models", "list", "--json").stdout)[0]
    small = ("--library", "library", "--sample", "120", "--set", "held_out=120", *SERIAL)
    for teacher in (folder, copy, "clogp"):
        for more in ((), ("--dry-run",)):
            refused = ready("distill", teacher, *small, *more)
            assert refused.exit_code == 6, (teacher, refused.output)
            told = " ".join(refused.stderr.split())
            for part in ("clogp@1 is quarantined", block["quarantined_at"], "wrong plates"):
                assert part in told
            assert f"by {block['quarantined_by']}" in told
            assert "models lift clogp@1" in told
        cascade = ready(
            "screen", "run", "library", "--model", tiny.models / "clogp" / "1", "--out", "s",
            "--student", teacher, "--top", "30", *SERIAL,
        )  # fmt: skip
        assert cascade.exit_code == 6, cascade.output
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == ["clogp"]


def test_a_quarantine_names_the_students_of_a_model(ready: Run, tiny: Any, tmp_path: Path) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    assert distill(ready, tiny).exit_code == 0
    told = ready("models", "quarantine", "clogp@1", "--reason", "wrong plates", "--json")
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["students"] == ["clogp-student@1"]
    words = " ".join(told.stderr.split())
    assert "clogp-student@1 was distilled from it and can be used still" in words
    assert "hitsieve models quarantine clogp-student@1" in words
    alone = ready("models", "quarantine", "clogp-student@1", "--reason", "its teacher", "--json")
    assert json.loads(alone.stdout)["students"] == []
