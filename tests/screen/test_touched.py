from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.screen.claim import claim_folder
from hitsieve.screen.plan import PLAN_FILE
from hitsieve.screen.planning import plan_screen
from hitsieve.screen.touched import touched_screens

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


def test_screens_of_a_model_are_found_and_others_not(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    plan = plan_screen(configure(), sources)
    root = tmp_path / "screens"
    for name in ("a", "deeper/b"):
        (root / name).mkdir(parents=True)
        claim_folder(plan, root / name)
    (root / "broken").mkdir()
    (root / "broken" / PLAN_FILE).write_text("{")
    nowhere = tmp_path / "models" / "gnn" / "1"
    assert touched_screens(root, nowhere, "gnn@1") == [root / "a", root / "deeper" / "b"]
    assert touched_screens(root, nowhere, "gnn@7") == []
    both = [root / "a", root / "deeper" / "b"]
    assert touched_screens(root, nowhere, "gnn@7", plan.models[0].sha256) == both
    assert touched_screens(root, nowhere, "gnn@7", "0" * 64) == []
    assert touched_screens(tmp_path / "absent", nowhere, "gnn@1") == []
