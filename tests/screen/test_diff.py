from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hitsieve.screen import load_plan, plan_screen, run_screen
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.diff import causes, diff_screens
from hitsieve.screen.scores import Scores
from hitsieve.testing.fakes import write_fake_library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


def test_equal_screens_do_not_differ(configure: Configure, sources: FakeSources) -> None:
    a = run_screen(configure("a"), sources=sources).folder
    b = run_screen(configure("b"), sources=sources).folder
    found = diff_screens(a, b, k=10)
    assert found.causes == ()
    assert len(found.targets) == 4
    for target in found.targets:
        assert target.model_a == target.model_b
        assert (target.common, target.overlap, target.largest) == (target.identical, 10, 0.0)
        assert target.correlation is not None
        assert round(target.correlation, 9) == 1.0
        assert [s.shift for s in target.shifts] == [0] * 10


def test_a_new_model_version_is_named_and_moves_ranks(
    configure: Configure, sources: FakeSources
) -> None:
    a = run_screen(configure("a", models=["gnn@1"]), sources=sources).folder
    b = run_screen(configure("b", models=["gnn@2"]), sources=sources).folder
    found = diff_screens(a, b, k=5)
    assert [cause.part for cause in found.causes] == ["model"]
    assert "gnn@1" in found.causes[0].message
    (cdk, _) = found.targets
    ranks = Scores.open(b, cdk.target, "gnn@2").ranks([s.compound_id for s in cdk.shifts])
    for shift in cdk.shifts:
        assert shift.rank_b == ranks.get(shift.compound_id, (None,))[0]
    assert any(s.shift for s in cdk.shifts)
    assert cdk.identical < cdk.common


def test_another_library_and_other_targets_are_named(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    other = write_fake_library(tmp_path / "other", (40, 9))
    a = run_screen(configure("a", models=["gnn@1"]), sources=sources).folder
    b = run_screen(
        configure("b", models=["gnn@1"], library=other, targets=["shape"]), sources=sources
    ).folder
    for folder, name in ((tmp_path / "library", "old"), (other, "new")):
        (folder / "manifest.json").write_text(json.dumps({"standardizer": name}))
    found = diff_screens(a, b, k=200)
    assert [cause.part for cause in found.causes] == ["library", "standardizer", "targets"]
    assert "1 shards are equal" in found.causes[0].message
    assert "old and new" in found.causes[1].message
    assert "only the first screen scores CDK2/cyclin A" in found.causes[2].message
    (shape,) = found.targets
    assert shape.identical == shape.common > 30
    assert {s.shift for s in shape.shifts if s.rank_b is None} == {None}
    assert any(s.rank_b is None for s in shape.shifts)


def test_a_screen_without_scores_is_compared_by_its_plan(
    configure: Configure, sources: FakeSources
) -> None:
    run_screen(configure("a"), sources=sources)
    claim_folder(plan_screen(configure("b"), sources), configure("b").output)
    found = diff_screens(configure("a").output, configure("b").output)
    assert found.targets == ()
    plan = load_plan(configure("b").output)
    assert causes(plan, plan) == []
