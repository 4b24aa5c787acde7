"""Planning a screen: library and models are opened, and must fit together."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hitsieve.errors import ConfigError, InputError, nearest
from hitsieve.screen.cascade import plan_cascade
from hitsieve.screen.controls import HELD_OUT, gather, read_controls
from hitsieve.screen.plan import ScreenPlan
from hitsieve.screen.sources import LibraryAndBundles, Model
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.screen.config import ScreenConfig
    from hitsieve.screen.controls import Control
    from hitsieve.screen.sources import Sources


def plan_screen(config: ScreenConfig, sources: Sources | None = None) -> ScreenPlan:
    """Plan a screen: open library and models, and check that they fit together.

    Raises
    ------
    FingerprintError
        If a model was trained on compounds standardized or coded otherwise than the library's.
    ConfigError
        If a target is unknown, a model has none of the targets, or two models share a name.
    InputError
        If the library holds no shard.
    HitsieveError
        Whatever else the library or a model is refused for.
    """
    sources = sources or LibraryAndBundles()
    shards = tuple(sources.shards(config.library))
    if not shards:
        raise InputError(f"library {config.library} holds no shards", cure="build it again")
    names = [config.cascade.student] if config.cascade is not None else []
    models = [sources.describe(name, config.registry) for name in [*names, *config.models]]
    for model in models:
        sources.refuse_mismatch(config.library, model)
    _refuse_namesakes(models)
    if config.targets is not None:
        models = _only(models, config.targets)
    cascade = None
    if config.cascade is not None:
        models = _only(models, [target.name for target in models[-1].targets])
        cascade = plan_cascade(config.cascade, shards, *models)
    device = settle_device(config)
    models = [replace(model, device=device) for model in models]
    if config.precision != "fp32":
        models = [sources.settled(model, config.precision) for model in models]
    controls = _controls(config.controls, models, sources)
    return ScreenPlan(
        str(place(config.library).resolve()),
        shards,
        tuple(models),
        controls,
        None if config.full_rescore else cascade,
    )


def settle_device(config: ScreenConfig) -> Literal["cpu", "cuda"]:
    """Return where the networks of a screen compute.

    Raises
    ------
    UsageError
        If it is a GPU, the workers are on this machine, and this machine has none.
    """
    if config.device == "cpu":
        return "cpu"
    from hitsieve.scoring.device import scoring_device

    here = config.executor == "serial" or not os.environ.get("RAY_ADDRESS")
    if config.device == "auto" and (here or not config.gpus):
        return scoring_device("auto")
    return scoring_device("cuda") if here else "cuda"


def worker_gpus(config: ScreenConfig, plan: ScreenPlan) -> float:
    """Return how many GPUs each worker reserves."""
    needed = any(model.device == "cuda" for model in plan.models)
    return config.gpus or (1.0 if needed else 0.0)


def _controls(wanted: str | None, models: Sequence[Model], sources: Sources) -> tuple[Control, ...]:
    if wanted is None:
        return ()
    if wanted == HELD_OUT:
        controls = gather(known for model in models for known in sources.held_out(model))
    else:
        controls = read_controls(Path(wanted))
    names = {target.name for model in models for target in model.targets}
    if not any(names & {*control.active, *control.inactive} for control in controls):
        raise ConfigError(
            f"controls: {wanted!r} holds none for the targets {', '.join(sorted(names))}",
            cure="name these targets in the file, or leave controls out",
        )
    return controls


def _refuse_namesakes(models: Sequence[Model]) -> None:
    for reference, count in Counter(model.reference for model in models).items():
        if count > 1:
            folders = [model.folder for model in models if model.reference == reference]
            raise ConfigError(
                f"models: {' and '.join(folders)} are both {reference}",
                cure="name each model once; rename one of two that share a name and version",
            )


def _only(models: Sequence[Model], targets: Sequence[str]) -> list[Model]:
    known = list(dict.fromkeys(t.name for m in models for t in m.targets))
    for target in targets:
        if target not in known:
            raise ConfigError(
                f"targets: no model scores {target!r}{nearest(target, known)}",
                cure=f"the models' targets are: {', '.join(known)}",
            )
    chosen = []
    for model in models:
        kept = tuple(target for target in model.targets if target.name in targets)
        if not kept:
            raise ConfigError(
                f"models: {model.reference} has none of the targets {', '.join(targets)}",
                cure="leave the model or the filter out",
            )
        chosen.append(Model(model.reference, model.folder, model.sha256, kept))
    return chosen
