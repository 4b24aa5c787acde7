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
from hitsieve.screen.cascade import Cascade, read_cascade
from hitsieve.screen.controls import Control, digest
from hitsieve.screen.sources import Model, Shard, Target
from hitsieve.store import scores_path
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

PLAN_FILE: Final = "screen.json"
SCORES_FOLDER: Final = "scores"
SCORING_VERSION: Final = 2
"""Raised when equal models and shards would make other SCORES files than before.

Screens of earlier versions are read as ever, but not continued.
"""


@dataclass(frozen=True, slots=True)
class Output:
    """One file of a screen: the scores of one shard for one target by one model.

    ``chosen_by`` is the key of the output whose scores choose the rows that this one holds; it
    is empty where all rows are scored.
    """

    target: str
    model: str
    direction: str
    key: str
    path: str
    fingerprint: str
    chosen_by: str = ""


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
    cascade
        Which of the models scores everything, and how much the other one rescores; None if all
        models score everything.
    scoring
        Version of the scoring code.
    """

    library: str
    shards: tuple[Shard, ...]
    models: tuple[Model, ...]
    controls: tuple[Control, ...] = ()
    cascade: Cascade | None = None
    scoring: int = SCORING_VERSION

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of shards, models, targets, controls and the scoring code's version."""
        models = [_identity(model) for model in self.models]
        shards = [asdict(shard) for shard in self.shards]
        content = {"shards": shards, "models": models, "scoring": self.scoring}
        if self.cascade is not None:
            content["cascade"] = asdict(self.cascade)
        return fingerprint(content | self._spiked())

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """One unit for each shard."""
        return tuple(
            Unit(
                shard,
                tuple(
                    self._output(shard, model, target)
                    for model in self.models
                    for target in model.targets
                ),
            )
            for shard in self.shards
        )

    @property
    def stages(self) -> tuple[tuple[Unit, ...], ...]:
        """The units in groups, each to be finished before the next: a cascade's sample is first."""
        if self.cascade is None:
            return (self.units,)
        pilot = set(self.cascade.pilot)
        first = tuple(unit for unit in self.units if unit.shard.name in pilot)
        return first, tuple(unit for unit in self.units if unit.shard.name not in pilot)

    @property
    def answering(self) -> tuple[Model, ...]:
        """The models whose scores are the screen's answer: of a cascade, the one that rescores."""
        if self.cascade is None:
            return self.models
        return tuple(m for m in self.models if m.reference == self.cascade.teacher)

    @property
    def compounds(self) -> int:
        """Compounds in all shards."""
        return sum(shard.rows for shard in self.shards)

    def _output(self, shard: Shard, model: Model, target: Target) -> Output:
        cascade, more, chosen_by = self.cascade, self._spiked(), ""
        rescored = cascade is not None and model.reference == cascade.teacher
        if cascade is not None and rescored and shard.name not in cascade.pilot:
            chosen_by = scores_path(target.name, cascade.student, shard.name)
            more |= {"cascade": self._cascade_digest}
        return _output(shard, model, target, more, chosen_by)

    @cached_property
    def _cascade_digest(self) -> str:
        """Fingerprint of all that a rescored file's choice of rows depends on."""
        pilot = {shard.name: shard.sha256 for shard in self.shards}
        settings = asdict(self.cascade) if self.cascade is not None else {}
        settings["pilot"] = [pilot[name] for name in settings["pilot"]]
        models = [_identity(model) for model in self.models]
        return fingerprint({"cascade": settings, "models": models})

    def _spiked(self) -> dict[str, Any]:
        spiked = {"controls": digest(self.controls)} if self.controls else {}
        return {"scoring": self.scoring, **spiked}

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        staged = {} if self.cascade is None else {"cascade": asdict(self.cascade)}
        return staged | {
            "format": 1,
            "fingerprint": self.fingerprint,
            "scoring_version": self.scoring,
            "library": self.library,
            "compounds": self.compounds,
            "models": [asdict(model) for model in self.models],
            "shards": [asdict(shard) for shard in self.shards],
            "controls": [asdict(control) for control in self.controls],
        }


def scores_file(key: str) -> str:
    """Return the path of an output's file in a screen."""
    return f"{SCORES_FOLDER}/{key}.parquet"


def load_plan(folder: Path | str) -> ScreenPlan:
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
            read_cascade(found.get("cascade")),
            found["scoring_version"],
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


def output_of(plan: ScreenPlan, target: str, model: str | None) -> tuple[Target, Model]:
    """Find a target and its model in a plan; the model may be left out if it is the only one.

    Of a cascade it is the one that rescores, unless another is named.

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
    answers = [(t, m) for t, m in pairs if m in plan.answering]
    if model is None and len(answers) == 1:
        return answers[0]
    if model is None:
        raise UsageError(f"several models score {target!r}", cure=f"name one of {', '.join(names)}")
    if model not in names:
        raise NotFoundError(
            f"no scores of {target!r} by model {model!r}{nearest(model, names)}",
            cure=f"its models are: {', '.join(names)}",
        )
    return pairs[names.index(model)]


def _identity(model: Model) -> dict[str, Any]:
    """Return what tells a model from others, wherever its folder is."""
    told = {**asdict(model), "folder": ""}
    if model.device == "cpu":  # what was planned before there was a choice
        del told["device"]
    return told


def _output(
    shard: Shard, model: Model, target: Target, more: dict[str, Any], chosen_by: str
) -> Output:
    key = scores_path(target.name, model.reference, shard.name)
    made_from = {
        "model": model.sha256,
        "reference": model.reference,
        "target": target.name,
        "shard": shard.sha256,
        "precision": model.precision,
        **({} if model.device == "cpu" else {"device": model.device}),
        **more,
    }
    return Output(
        target.name,
        model.reference,
        target.direction,
        key,
        scores_file(key),
        fingerprint(made_from),
        chosen_by,
    )
