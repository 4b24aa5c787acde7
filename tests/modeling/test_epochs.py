from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hitsieve.modeling.epochs import EpochWatch

if TYPE_CHECKING:
    from pathlib import Path


def test_epochs_of_all_members_are_counted_while_they_are_written(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    reached = threading.Event()

    def tell(done: int, total: int) -> None:
        heard.append((done, total))
        if done == 3:
            reached.set()

    with EpochWatch(tmp_path, 10, tell):
        (tmp_path / "member-0.jsonl").write_text("{}\n{}\n")
        (tmp_path / "member-1.jsonl").write_text('{}\n{"half')
        assert reached.wait(60)
    assert heard[0] == (0, 10)
    assert (3, 10) in heard
    assert heard[-1] == (10, 10), "members that stopped early are done too"


def test_a_fit_that_fails_is_not_told_as_done(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    with (
        pytest.raises(RuntimeError, match="lost"),
        EpochWatch(tmp_path, 4, lambda *step: heard.append(step)),
    ):
        raise RuntimeError("lost")
    assert (4, 4) not in heard
