"""A report or an export that is killed leaves whole files or none, and is simply made again."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("hits.csv", "hits.sdf", "hits.parquet", "hits.html")
CHILD = """
import sys
from pathlib import Path
from hitsieve.testing.crash import Crash, Point, install
owner, attribute, moment, passage, fired = sys.argv[1:6]
point = Point(owner, attribute, moment, "hits.")
install(Crash("report", int(passage), "kill", "driver"), Path(fired), {"report": point})
from hitsieve.cli.main import app
app(sys.argv[6:])
"""


def make(folder: Path, screen: Path, *crash: str) -> int:
    folder.mkdir(exist_ok=True)
    files = [part for name in NAMES for part in ("--out", str(folder / name))]
    command = ["hits", str(screen), "--top", "20", *files]
    start = ["-c", CHILD, *crash] if crash else ["-m", "hitsieve"]
    done = subprocess.run(
        [sys.executable, *start, *command], check=False, capture_output=True, text=True
    )
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode


@pytest.fixture(scope="module")
def whole(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    assert make(folder, tiny.screen) == 0
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.mark.parametrize(
    ("owner", "attribute", "moment", "passage"),
    [
        ("pathlib:Path", "write_bytes", "middle", "3"),
        pytest.param("pathlib:Path", "write_bytes", "middle", "1", marks=pytest.mark.slow),
        pytest.param("pathlib:Path", "replace", "before", "2", marks=pytest.mark.slow),
        pytest.param("pathlib:Path", "replace", "after", "4", marks=pytest.mark.slow),
        pytest.param("pyarrow.parquet", "write_table", "middle", "1", marks=pytest.mark.slow),
    ],
)
def test_a_killed_report_is_whole_or_absent(
    tiny: Any,
    whole: dict[str, bytes],
    tmp_path: Path,
    owner: str,
    attribute: str,
    moment: str,
    passage: str,
) -> None:
    fired = tmp_path / "fired"
    folder = tmp_path / "reports"
    assert make(folder, tiny.screen, owner, attribute, moment, passage, str(fired)) == -9
    assert fired.exists()
    left = {name for name in NAMES if (folder / name).exists()}
    assert left != set(NAMES) or moment == "after"
    assert {name: (folder / name).read_bytes() for name in left} == {n: whole[n] for n in left}
    assert make(folder, tiny.screen) == 0
    assert {name: (folder / name).read_bytes() for name in NAMES} == whole
