"""``hitsieve screen`` runs, resumes and tells how far it is."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("scores", "_commits", "screen.json")
        for path in sorted([folder / part, *(folder / part).rglob("*")])
        if path.is_file()
    }


def test_a_screen_runs_and_again_finds_it_done(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    command = (
        "screen", "run", tiny.library, "--model", "clogp", "--models", tiny.models,
        "--out", "again", "--executor", "serial", "--json",
    )  # fmt: skip
    first = json.loads(hitsieve(*command).stdout)
    assert first["state"] == "complete"
    assert first["scored"] == first["shards"] > 1
    second = json.loads(hitsieve(*command).stdout)
    assert (second["scored"], second["found"]) == (0, first["shards"])
    assert _bytes(tmp_path / "again") == _bytes(tiny.screen)


def test_a_screen_that_lost_shards_scores_only_those(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    command = (
        "screen", "run", tiny.library, "--model", "clogp", "--models", tiny.models,
        "--out", "again", "--executor", "serial", "--json",
    )  # fmt: skip
    hitsieve(*command)
    lost = sorted(p for p in (tmp_path / "again" / "_commits").rglob("*") if p.is_file())[:2]
    for path in lost:
        path.unlink()
    status = json.loads(hitsieve("screen", "status", "again", "--json").stdout)
    assert (status["state"], status["shards_done"]) == ("incomplete", status["shards_total"] - 2)
    assert json.loads(hitsieve(*command).stdout)["scored"] == 2
    assert _bytes(tmp_path / "again") == _bytes(tiny.screen)


def test_status_shows_the_best_so_far(hitsieve: Run, tiny: Any) -> None:
    found = json.loads(hitsieve("screen", "status", tiny.screen, "--top", "3", "--json").stdout)
    assert found["state"] == "complete"
    assert len(found["top"][0]["hits"]) == 3
    text = hitsieve("screen", "status", tiny.screen, "--top", "3").stdout
    assert "state\tcomplete" in text
    assert found["top"][0]["hits"][0]["compound_id"] in text


def test_a_dry_run_counts_and_writes_nothing(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    result = hitsieve(
        "screen", "run", tiny.library, "--model", "clogp", "--models", tiny.models,
        "--out", "no", "--dry-run",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert "127 compounds" in result.stderr
    assert "output: 'no'" in result.stdout
    assert not (tmp_path / "no").exists()


def test_a_file_with_a_mistyped_key_is_refused(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "screen.yaml").write_text("library: a\nmodels: [b]\noutput: c\nexecuter: ray\n")
    result = hitsieve("screen", "run", "--config", "screen.yaml")
    assert result.exit_code == 2
    assert "did you mean 'executor'" in result.stderr


def test_what_is_not_there_ends_with_3(hitsieve: Run, tiny: Any) -> None:
    assert hitsieve("screen", "status", "absent").exit_code == 3
    result = hitsieve("screen", "run", tiny.library, "--model", "other", "--out", "x",
                      "--models", tiny.models, "--executor", "serial")  # fmt: skip
    assert result.exit_code == 3


def test_another_plan_in_the_folder_is_refused_with_2(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    (tmp_path / "few.smi").write_text("CCO a\nCCN b\n")
    hitsieve("library", "build", "few.smi", "--out", "few", "--executor", "serial")
    run = ("screen", "run", "--model", "clogp", "--models", tiny.models, "--out", "s",
           "--executor", "serial")  # fmt: skip
    assert hitsieve(*run, tiny.library).exit_code == 0
    result = hitsieve(*run, "few")
    assert result.exit_code == 2
    assert "belongs to another plan" in result.stderr


def test_a_plan_tells_what_a_screen_will_take(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    command = (
        "screen", "plan", tiny.library, "--model", "clogp", "--models", tiny.models,
        "--executor", "serial", "--sample-seconds", "0.05", "--price", "1",
    )  # fmt: skip
    found = json.loads(hitsieve(*command, "--json").stdout)
    assert (found["compounds"], found["workers"]) == (127, 1)
    assert found["seconds"] > 0
    assert found["reject_share"] == 0.0
    assert found["outside_share"][0]["model"] == "clogp@1"
    words = hitsieve(*command).stdout
    assert "compounds\t127 in" in words
    assert [p.name for p in tmp_path.iterdir() if p.name != "logs"] == []


def test_a_blocked_model_is_refused_by_path_link_and_copy(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny.models, tmp_path / "models") / "clogp" / "1"
    copy = shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "link").symlink_to(folder)
    hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong plates")
    block = json.loads(hitsieve("models", "list", "--json").stdout)[0]
    for model in (folder, tmp_path / "link", copy, "clogp@1"):
        for command in (("run",), ("plan",), ("run", "--dry-run")):
            refused = hitsieve(
                "screen", *command, tiny.library, "--model", model, "--out", "out",
                "--executor", "serial",
            )  # fmt: skip
            assert refused.exit_code == 6, (model, command, refused.output)
            told = " ".join(refused.stderr.split())
            for part in ("clogp@1 is quarantined", block["quarantined_at"], "wrong plates"):
                assert part in told
            assert f"by {block['quarantined_by']}" in told
            assert "models lift clogp@1" in told
    assert not (tmp_path / "out").exists()
    hitsieve("models", "lift", "clogp@1", "--reason", "read anew")
    done = hitsieve(
        "screen", "run", tiny.library, "--model", folder, "--out", "out", "--executor", "serial"
    )
    assert done.exit_code == 0, done.stderr


def test_a_quarantine_laid_while_a_screen_rests_stops_it(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny.models, tmp_path / "models") / "clogp" / "1"
    copy = shutil.copytree(folder, tmp_path / "copy")
    command = ("screen", "run", tiny.library, "--out", "screens/a", "--executor", "serial")
    for name, model in (("a", folder), ("b", copy)):
        done = hitsieve(*command[:-3], f"screens/{name}", *command[-2:], "--model", model)
        assert done.exit_code == 0, done.stderr
    blocked = hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong plates", "--json")
    assert json.loads(blocked.stdout)["screens"] == ["screens/a", "screens/b"]
    assert hitsieve(*command, "--model", folder).exit_code == 6
