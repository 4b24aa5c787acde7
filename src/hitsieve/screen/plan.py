"""The plan of a screen: every file it will hold and the fingerprint of what makes each.

The plan is a pure function of the library, the models and the chosen targets. It stands in
``screen.json``; executor, workers and times do not, so any way to run it leaves equal bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import InputError, NotFoundError, UsageError, nearest
from hitsieve.provenance import fingerprint
from hitsieve.screen.controls import Control, digest
from hitsieve.screen.sources import Model, Shard, Target
from hitsieve.store import scores_path
from hitsieve.store.files import create_exclusive, json_bytes
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

PLAN_FILE: Final = "screen.json"
SCORES_FOLDER: Final = "scores"
SCORING_VERSION: Final = 1
"""Raised when equal models and shards would make other SCORES files than before."""


@dataclass(frozen=True, slots=True)
class Output:
    """One file of a screen: the scores of one shard for one target by one model."""

    target: str
    model: str
    direction: str
    key: str
    path: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What one task does: a shard, and the files it makes with all models."""

    shard: Shard
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class ScreenPlan:
    """All that determines the content of a screen's folder.

    Parameters
    ----------
    library
        Folder of the library; the fingerprint does not cover it, a library may move.
    shards
        Shards of the library, in order.
    models
        Models with the targets to be scored.
    controls
        Compounds of known activity that travel with every shard.
    """

    library: str
    shards: tuple[Shard, ...]
    models: tuple[Model, ...]
    controls: tuple[Control, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of shards, models, targets, controls and the scoring code's version."""
        models = [{**asdict(model), "folder": ""} for model in self.models]
        shards = [asdict(shard) for shard in self.shards]
        content = {"shards": shards, "models": models, "scoring": SCORING_VERSION}
        return fingerprint(content | self._spiked())

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """One unit for each shard."""
        return tuple(
            Unit(
                shard,
                tuple(
                    _output(shard, model, target, self._spiked())
                    for model in self.models
                    for target in model.targets
                ),
            )
            for shard in self.shards
        )

    @property
    def compounds(self) -> int:
        """Compounds in all shards."""
        return sum(shard.rows for shard in self.shards)

    def _spiked(self) -> dict[str, str]:
        return {"controls": digest(self.controls)} if self.controls else {}

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {
            "format": 1,
            "fingerprint": self.fingerprint,
            "scoring_version": SCORING_VERSION,
            "library": self.library,
            "compounds": self.compounds,
            "models": [asdict(model) for model in self.models],
            "shards": [asdict(shard) for shard in self.shards],
            "controls": [asdict(control) for control in self.controls],
        }


def load_plan(folder: Path) -> ScreenPlan:
    """Read the plan of an existing screen.

    Raises
    ------
    NotFoundError
        If the folder holds no screen.
    InputError
        If its ``screen.json`` cannot be read, or was written by another version.
    """
    path = place(folder) / PLAN_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(
            f"no screen in {folder}", cure="`hitsieve screen run` makes one"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", cure="restore the file") from error
    try:
        plan = ScreenPlan(
            found["library"],
            tuple(Shard(**shard) for shard in found["shards"]),
            tuple(
                Model(**{**model, "targets": tuple(Target(**t) for t in model["targets"])})
                for model in found["models"]
            ),
            tuple(
                Control(c["compound_id"], c["smiles"], tuple(c["active"]), tuple(c["inactive"]))
                for c in found.get("controls", ())
            ),
        )
        recorded = found["fingerprint"]
    except (KeyError, TypeError) as error:
        raise InputError(f"{path} is no plan of a screen: {error!r}", cure="restore it") from None
    if recorded != plan.fingerprint:
        raise InputError(
            f"{path} has fingerprint {recorded}, its content {plan.fingerprint}: "
            "it was edited, or written by another version of hitsieve",
            cure="restore it, use that version, or screen into a new folder",
        )
    return plan


def claim_folder(plan: ScreenPlan, folder: Path) -> bool:
    """Write the plan into the screen's folder; return False if it stood there already.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    StorageError
        If the storage refuses.
    """
    if create_exclusive(folder / PLAN_FILE, json_bytes(plan.to_json())):
        return True
    refuse_other_plan(folder, plan.fingerprint)
    return False


def refuse_other_plan(folder: Path, expected: str) -> None:
    """Refuse to work in a folder whose plan has another fingerprint.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    """
    found = load_plan(folder).fingerprint
    if found != expected:
        raise UsageError(
            f"the screen folder {folder} belongs to another plan ({found}, not {expected}): "
            "library, models or targets differ",
            cure="choose another output folder, or the settings the screen was begun with",
        )


def output_of(plan: ScreenPlan, target: str, model: str | None) -> tuple[Target, Model]:
    """Find a target and its model in a plan; the model may be left out if it is the only one.

    Raises
    ------
    NotFoundError
        If the screen has no such target or model.
    UsageError
        If several models score the target and none is named.
    """
    pairs = [(t, m) for m in plan.models for t in m.targets if t.name == target]
    if not pairs:
        known = list(dict.fromkeys(t.name for m in plan.models for t in m.targets))
        raise NotFoundError(
            f"the screen has no target {target!r}{nearest(target, known)}",
            cure=f"its targets are: {', '.join(known)}",
        )
    names = [m.reference for _, m in pairs]
    if model is None and len(pairs) == 1:
        return pairs[0]
    if model is None:
        raise UsageError(f"several models score {target!r}", cure=f"name one of {', '.join(names)}")
    if model not in names:
        raise NotFoundError(
            f"no scores of {target!r} by model {model!r}{nearest(model, names)}",
            cure=f"its models are: {', '.join(names)}",
        )
    return pairs[names.index(model)]


def _output(shard: Shard, model: Model, target: Target, more: dict[str, str]) -> Output:
    key = scores_path(target.name, model.reference, shard.name)
    made_from = {
        "model": model.sha256,
        "reference": model.reference,
        "target": target.name,
        "shard": shard.sha256,
        "scoring": SCORING_VERSION,
        "precision": model.precision,
        **more,
    }
    return Output(
        target.name,
        model.reference,
        target.direction,
        key,
        f"{SCORES_FOLDER}/{key}.parquet",
        fingerprint(made_from),
    )
