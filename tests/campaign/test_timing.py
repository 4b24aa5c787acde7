from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.timing import note_seconds, noted_seconds

if TYPE_CHECKING:
    from pathlib import Path


def test_times_are_noted_and_read(tmp_path: Path) -> None:
    assert noted_seconds(tmp_path) == []
    note_seconds(tmp_path, 0, 1.25)
    note_seconds(tmp_path, 1, 0.5)
    assert noted_seconds(tmp_path) == [1.25, 0.5]


def test_half_a_line_is_passed_over(tmp_path: Path) -> None:
    note_seconds(tmp_path, 0, 1.25)
    with (tmp_path / "runs" / "seconds.jsonl").open("a") as stream:
        stream.write('{"round": 1, "sec')
    assert noted_seconds(tmp_path) == [1.25]
