from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from hitsieve.cli.quarantines import blocked_in, say_blocked
from hitsieve.registry.quarantine import Block
from hitsieve.registry.registry import Registry
from hitsieve.screen import load_plan

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_registry_of_the_settings_or_the_one_named_tells_what_is_blocked(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = load_plan(tiny.screen)
    shutil.copytree(tiny.models, tmp_path / "kept")
    entry = Registry(tmp_path / "kept").quarantine("clogp", 1, "wrong plates")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HITSIEVE_MODELS", raising=False)
    assert blocked_in(plan, None) == {}
    assert blocked_in(plan, tmp_path / "kept") == {"clogp@1": entry.block}
    monkeypatch.setenv("HITSIEVE_MODELS", str(tmp_path / "kept"))
    assert blocked_in(plan, None) == {"clogp@1": entry.block}
    assert blocked_in(plan, tiny.models) == {}


def test_each_blocked_model_is_a_warning_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    say_blocked({})
    assert capsys.readouterr().err == ""
    say_blocked({"a@1": Block("wrong plates", by="ann"), "b@2": Block("leaks")})
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("choose no compound by its scores") == 2
    assert "a@1 is quarantined by ann: wrong plates" in printed.err
