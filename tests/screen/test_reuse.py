from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.screen import run_screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]
    Contents = Callable[[Path], dict[str, bytes]]


def scored(sources: FakeSources) -> int:
    assert sources.calls is not None
    return len(list(sources.calls.iterdir()))


def test_equal_screens_are_scored_once(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    first = run_screen(configure("first"), sources=sources)
    calls = scored(sources)
    second = run_screen(configure("second", reuse=True), sources=sources)
    assert scored(sources) == calls
    assert (second.scored, second.found, second.reused, second.complete) == (0, 5, 5, True)
    assert contents(second.folder) == contents(first.folder)


def test_only_what_is_new_is_scored(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    run_screen(configure("first", models=["gnn@1"]), sources=sources)
    calls = scored(sources)
    second = run_screen(configure("second", reuse=True), sources=sources)
    assert scored(sources) - calls == 5, "the other model alone"
    assert (second.scored, second.reused, second.files) == (5, 5, 10)
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(second.folder) == contents(clean.folder)


def test_a_changed_or_missing_file_is_scored_instead(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    first = run_screen(configure("first"), sources=sources)
    changed, gone, *_ = sorted((first.folder / "scores").rglob("*.parquet"))
    data = bytearray(changed.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(bytes(data))
    gone.unlink()
    second = run_screen(configure("second", reuse=True), sources=sources)
    assert (second.scored, second.files) == (2, 2)
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(second.folder) == contents(clean.folder)


def test_a_damaged_neighbor_and_hidden_folders_are_passed_over(
    configure: Configure, sources: FakeSources
) -> None:
    first = run_screen(configure("first"), sources=sources).folder
    (first / "screen.json").write_text("{}")
    hidden = run_screen(configure(".hidden"), sources=sources).folder
    assert (hidden / "screen.json").is_file()
    (first.parent / "link").symlink_to(hidden)
    second = run_screen(configure("second", reuse=True), sources=sources)
    assert (second.scored, second.reused) == (5, 0)


@pytest.mark.parametrize("models", [["gnn@2"], ["other@1"]])
def test_other_models_lend_nothing(
    configure: Configure, sources: FakeSources, models: list[str]
) -> None:
    run_screen(configure("first", models=["gnn@1"]), sources=sources)
    second = run_screen(configure("second", models=models, reuse=True), sources=sources)
    assert (second.scored, second.reused) == (5, 0)
