"""What commands that show scores say of models that were quarantined since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.cli.console import say
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hitsieve.registry.quarantine import Block
    from hitsieve.screen.plan import ScreenPlan


def blocked_in(plan: ScreenPlan, models: Path | None) -> dict[str, Block]:
    """Return what blocks the models of a screen now, by ``name@version``.

    Parameters
    ----------
    plan
        Of the screen.
    models
        Registry named on the command line; that of the settings if none was.
    """
    from hitsieve.hits import blocked_models

    return blocked_models(plan, load_settings(models=models).models)


def say_blocked(blocked: Mapping[str, Block]) -> None:
    """Warn of each model that is blocked."""
    for name, block in blocked.items():
        say(f"warning: {block.told(name)}; choose no compound by its scores", style="bold yellow")
