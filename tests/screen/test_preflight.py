from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import IncompleteError
from hitsieve.screen import run_screen
from hitsieve.screen.config import CascadeConfig
from hitsieve.screen.preflight import preflight
from hitsieve.testing.fakes import write_fake_library
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


def test_what_is_counted_agrees_with_the_run(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    config = configure(library=write_fake_library(tmp_path / "even", (900, 900, 900, 900)))
    before = set(tmp_path.iterdir())
    found = preflight(config, sources=sources, sample_s=2.0, price=2.0)
    assert set(tmp_path.iterdir()) == before, "nothing is kept"
    summary = run_screen(config, sources=sources)
    assert (found.compounds, found.shards, found.files) == (3600, 4, summary.files)
    size = sum(path.stat().st_size for path in summary.folder.rglob("*.parquet"))
    assert found.output_bytes == pytest.approx(size, rel=0.3)
    assert found.seconds > 0
    assert found.cost == pytest.approx(2.0 * found.core_hours)
    assert found.core_hours == pytest.approx(found.seconds / 3600)
    assert (found.gpu_hours, found.reject_share) == (0, None)
    assert found.memory > 1 << 20
    # One fake compound in 13 fails, and failed ones are outside of the domain.
    assert set(found.outside_share) == {
        (t, m) for t in ("CDK2/cyclin A", "shape") for m in ("gnn@1", "forest@2")
    }
    assert all(0.02 < share < 0.2 for share in found.outside_share.values())


def test_all_workers_measure_at_once(configure: Configure, sources: FakeSources) -> None:
    found = preflight(configure(gpus=0.5), ProcessExecutor(2), sources=sources, sample_s=0.01)
    assert (found.workers, found.executor, found.sampled) == (2, "processes", 50)
    assert found.gpu_hours == pytest.approx(0.5 * found.core_hours)


def test_a_cascade_is_planned_in_its_stages(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    library = write_fake_library(tmp_path / "even", (600,) * 8)
    cascade = {"student": "forest@2", "top": 0.01, "recall": 0.5, "confidence": 0.6, "sample": 600}
    slow = replace(sources, seconds=0.2)
    one = configure(library=library, models=["gnn@1"])
    two = one.model_copy(update={"cascade": CascadeConfig(**cascade)})
    plain, staged = (preflight(c, sources=slow, sample_s=0.5) for c in (one, two))
    assert plain.rescored_share is None
    assert staged.rescored_share is not None
    assert 0 < staged.rescored_share <= 1
    assert set(staged.outside_share) == {
        (t, m) for t in ("CDK2/cyclin A", "shape") for m in ("gnn@1", "forest@2")
    }
    assert staged.files == 2 * plain.files
    # The fakes agree by chance only, so much is rescored, and yet less than everything.
    whole = preflight(two.model_copy(update={"full_rescore": True}), sources=slow, sample_s=0.5)
    assert staged.output_bytes < whole.output_bytes


def test_a_sample_that_cannot_be_scored_is_said(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(IncompleteError, match="no worker could score its sample"):
        preflight(configure(), sources=replace(sources, broken="shard-00002"), sample_s=0.01)
