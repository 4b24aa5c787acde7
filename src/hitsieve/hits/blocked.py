"""Which models of a screen were quarantined since they scored it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.errors import ConfigError, ModelRefusedError, NotFoundError
from hitsieve.registry.bundle import verify_bundle
from hitsieve.registry.quarantine import Block, block_of, record_of
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.sources import Model


def blocked_models(
    plan: ScreenPlan, registry: Path | None = None, models: Sequence[Model] | None = None
) -> dict[str, Block]:
    """Return what blocks models of a screen now, by ``name@version``; empty where nothing does.

    A model counts as blocked if it is where it lay when it scored, or in the registry that is
    used now. There it must be the very model, byte for byte, unless its bytes are damaged.

    Parameters
    ----------
    plan
        Of the screen.
    registry
        Folder of the models used now.
    models
        Those that are asked about; all of the plan if not given.

    Raises
    ------
    StorageError
        If a record of a quarantine cannot be read.
    """
    found = {
        model.reference: _block(model, registry)
        for model in (plan.models if models is None else models)
    }
    return {reference: block for reference, block in found.items() if block is not None}


def relied_on(plan: ScreenPlan, model: Model) -> list[Model]:
    """Return the models that a hit list by one of them rests on: in a cascade all, else itself."""
    return [model] if plan.cascade is None else list(plan.models)


def _block(model: Model, registry: Path | None) -> Block | None:
    there = block_of(record_of(Path(model.folder)))
    if there is not None or registry is None:
        return there
    try:
        entry = Registry(registry).find(model.reference)
    except (ConfigError, NotFoundError):
        return None
    if entry.block is None:
        return None
    try:
        same = verify_bundle(entry.folder) == model.sha256
    except ModelRefusedError:
        same = True  # rather suspected once too often
    return entry.block if same else None
