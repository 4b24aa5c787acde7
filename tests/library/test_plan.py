from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ConfigError, InputError
from hitsieve.library.plan import claim_folder, refuse_foreign_folder

if TYPE_CHECKING:
    from pathlib import Path

PLAN = {"inputs": [{"name": "a", "sha256": "1"}], "options": {"header": None}, "limit": None}


def test_an_equal_plan_goes_on(tmp_path: Path) -> None:
    claim_folder(tmp_path, PLAN)
    claim_folder(tmp_path, dict(PLAN))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"inputs": [{"name": "a", "sha256": "2"}]}, InputError, "inputs.0.sha256 was '1', is '2'"),
        ({"inputs": []}, InputError, "inputs was"),
        ({"options": {"header": True}}, ConfigError, "options.header was None, is True"),
        ({"limit": 5}, ConfigError, "limit was None, is 5"),
    ],
)
def test_a_difference_is_named(
    tmp_path: Path, change: dict[str, object], error: type[Exception], message: str
) -> None:
    claim_folder(tmp_path, PLAN)
    with pytest.raises(error, match=message):
        claim_folder(tmp_path, PLAN | change)


def test_foreign_folders_and_files_are_refused(tmp_path: Path) -> None:
    refuse_foreign_folder(tmp_path / "new")
    (tmp_path / "staging").mkdir()
    refuse_foreign_folder(tmp_path)
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(ConfigError, match=r"'x\.txt'"):
        refuse_foreign_folder(tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        refuse_foreign_folder(tmp_path / "x.txt")
