from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError, InputError, NotFoundError
from hitsieve.oracles.docking import BoxConfig, DockingConfig, read_box

if TYPE_CHECKING:
    from pathlib import Path

BOX = """\
center_x = 15.190
center_y=53.9
 center_z = 16.917

size_x = 20.0
size_y = 21
size_z = 22.5
exhaustiveness = 8
"""


def test_a_box_as_vina_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "box.txt"
    path.write_text(BOX)
    assert read_box(path) == BoxConfig(center=(15.19, 53.9, 16.917), size=(20.0, 21.0, 22.5))
    config = DockingConfig(target="t", receptor=tmp_path / "r", box_file=path)
    assert config.search_box() == read_box(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("size_y = 21\n", ""), "nothing for size_y"),
        (("size_y = 21\n", "size_y = 21\nsize_y = 22\n"), r"\['21', '22'\] for size_y"),
        (("= 21", "= wide"), r"\['wide'\] for size_y"),
        (("= 21", "= -21"), "edges of a box"),
        (("= 21", "= 500"), "edges of a box"),
    ],
)
def test_boxes_that_are_none(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "box.txt"
    path.write_text(BOX.replace(*change))
    with pytest.raises(InputError, match=words):
        read_box(path)


def test_no_box_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_box(tmp_path / "absent")


def test_one_box_is_needed() -> None:
    base = {"target": "t", "receptor": "r"}
    box = {"center": [0, 0, 0], "size": [10, 10, 10]}
    for values in (base, {**base, "box": box, "box_file": "f"}):
        with pytest.raises(ConfigError, match="either `box` or `box_file`"):
            parse_config(DockingConfig, values)
    assert parse_config(DockingConfig, {**base, "box": box}).search_box().size == (10, 10, 10)
