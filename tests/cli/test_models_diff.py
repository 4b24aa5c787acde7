"""``hitsieve models diff``: whose ranking is shown, and what becomes of a list of compounds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

ASKED = ("models", "diff", "clogp@1", "clogp@2")


@pytest.fixture
def two(tiny: Any, tmp_path: Path) -> Path:
    shutil.copytree(tiny.models, tmp_path / "models")
    shutil.copytree(tiny.models / "clogp" / "1", tmp_path / "models" / "clogp" / "2")
    return tmp_path


def test_piped_text_names_target_and_models(hitsieve: Run, two: Path) -> None:
    assert two.is_dir()
    lines = hitsieve(*ASKED).stdout.splitlines()
    assert lines[:3] == ["target\tlogP", "before\tclogp@1", "after\tclogp@2"]
    assert "target\tcompound\trank before\tafter\tscore before\tafter" in lines


def test_a_list_of_compounds_may_be_any_file_and_loses_nothing_in_silence(
    hitsieve: Run, two: Path
) -> None:
    rows = "".join(f"{'C' * n}O,alcohol {n}\n" for n in range(2, 12))
    (two / "list.csv").write_text(f"smiles,name\n{rows}C1CC,ring\n")
    found = hitsieve(*ASKED, "--on", "list.csv")
    assert found.exit_code == 0, found.stderr
    assert "compounds\t10" in found.stdout
    assert "1 of 11 records are left out" in found.stderr
    assert "list.csv#11: ring_closure" in found.stderr
    (two / "bad.smi").write_text("".join(f"name{n}\n" for n in range(9)))
    refused = hitsieve(*ASKED, "--on", "bad.smi")
    assert refused.exit_code == 3
    assert "9 of 9 records are left out" in refused.stderr
    assert "and 4 more" in refused.stderr
    assert "a reference set of 0 compounds has no ranking" in refused.stderr
    assert "at least two compounds" in refused.stderr
