"""Which models of a screen were quarantined since they scored it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.errors import ConfigError, ModelRefusedError, NotFoundError, StorageError
from hitsieve.registry.bundle import verify_bundle
from hitsieve.registry.quarantine import Block, block_at, find_block
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hitsieve.hits.collect import HitList
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.sources import Model


def blocked_models(
    plan: ScreenPlan, registry: Path | None = None, models: Sequence[Model] | None = None
) -> dict[str, Block]:
    """Return what blocks models of a screen now, by ``name@version``; empty where nothing does.

    A model counts as blocked if it is where it lay when it scored, or if the registry that is used
    now blocks its bytes, whatever they are called there, or its name, unless other bytes bear it.
    It counts as blocked, too, if a record that may speak of it cannot be read.

    Parameters
    ----------
    plan
        Of the screen.
    registry
        Folder of the models used now.
    models
        Those that are asked about; all of the plan if not given.
    """
    found = {
        model.reference: _suspected(model, registry)
        for model in (plan.models if models is None else models)
    }
    return {reference: block for reference, block in found.items() if block is not None}


def relied_on(plan: ScreenPlan, model: Model) -> list[Model]:
    """Return the models that a hit list by one of them rests on: in a cascade all, else itself."""
    return [model] if plan.cascade is None else list(plan.models)


def _suspected(model: Model, registry: Path | None) -> Block | None:
    try:
        return _block(model, registry)
    except StorageError as error:  # what cannot be read clears nobody, and hides no other list
        return Block(f"whether it is cannot be read: {error.message}")


def _block(model: Model, registry: Path | None) -> Block | None:
    there = block_at(Path(model.folder))
    if there is not None or registry is None:
        return there
    found = find_block(model.sha256, registry)
    return found[1] if found is not None else _by_name(model, registry)


def _by_name(model: Model, registry: Path) -> Block | None:
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


def blocked_of(lists: Iterable[HitList]) -> dict[str, Block]:
    """Return what blocks the models that any of some hit lists rests on, by ``name@version``."""
    return {name: block for found in lists for name, block in found.blocked.items()}


def told_of(blocked: Mapping[str, Block]) -> str:
    """Say in one line what blocks the models that something rests on; empty where nothing does.

    Parameters
    ----------
    blocked
        Of :func:`blocked_models`.

    Examples
    --------
    >>> told_of({"bace@3": Block("wrong plates", by="ann")})
    'bace@3 is quarantined by ann: wrong plates'
    """
    return "; ".join(block.told(name) for name, block in blocked.items())


def plain_blocks(blocked: Mapping[str, Block]) -> list[dict[str, str]]:
    """Return what blocks models as values for JSON: ``model``, ``reason``, ``at`` and ``by``."""
    return [{"model": reference, **asdict(block)} for reference, block in blocked.items()]
