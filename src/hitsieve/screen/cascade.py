"""Two stages: a cheap model scores everything, a costly one what can still be on top.

Some shards, a uniform sample of the library, are scored wholly by both. From them the cut is
chosen for each target: the cheap score from which on a compound is rescored. So what will be
found of the costly model's top, and how much must be rescored for it, is told before the rest
of the library is touched. The cuts are a pure function of the sample's committed files.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import ConfigError, InputError
from hitsieve.metrics.retrieval import Cut, choose_cut
from hitsieve.schema import SCORES
from hitsieve.schema.teaching import may_teach
from hitsieve.store import open_parquet
from hitsieve.store.files import create_exclusive, json_bytes
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.metrics.arrays import Floats
    from hitsieve.screen.config import CascadeConfig
    from hitsieve.screen.plan import Output, ScreenPlan
    from hitsieve.screen.sources import Model, Shard

CASCADE_FILE: Final = "cascade.json"
_SAMPLE: Final = 100_000
_SHARE: Final = 10


@dataclass(frozen=True, slots=True)
class Cascade:
    """What is rescored, as a plan knows it.

    Parameters
    ----------
    student, teacher
        ``name@version`` of the model that scores everything, and of the one that rescores.
    top
        Compounds of the library that make its top.
    recall, confidence
        Share of the top that must be rescored, and how sure that must be.
    pilot
        Names of the shards that both score wholly.
    """

    student: str
    teacher: str
    top: int
    recall: float
    confidence: float
    pilot: tuple[str, ...]


def plan_cascade(
    config: CascadeConfig, shards: Sequence[Shard], student: Model, teacher: Model
) -> Cascade:
    """Choose the sample of a cascade, and check that its models fit together.

    The sample is whole shards, in the order of their checksums.

    Raises
    ------
    ConfigError
        If the student lacks a target of the teacher, or predicts it otherwise.
    """
    theirs = {target.name: target for target in student.targets}
    for target in teacher.targets:
        if theirs.get(target.name) != target:
            raise ConfigError(
                f"cascade: {student.reference} does not predict {target.name!r} "
                f"({target.endpoint}, {target.unit}, {target.direction} is better) as "
                f"{teacher.reference} does",
                cure="name a student that was distilled from this model",
            )
    compounds = sum(shard.rows for shard in shards)
    wanted = config.sample or min(_SAMPLE, math.ceil(compounds / _SHARE))
    pilot: list[str] = []
    taken = 0
    for shard in sorted(shards, key=lambda shard: shard.sha256):
        if taken >= wanted:
            break
        pilot.append(shard.name)
        taken += shard.rows
    top = config.top * compounds if config.top < 1 else config.top
    return Cascade(
        student.reference,
        teacher.reference,
        min(compounds, math.ceil(top)),
        config.recall,
        config.confidence,
        tuple(sorted(pilot)),
    )


def read_cascade(found: dict[str, Any] | None) -> Cascade | None:
    """Return the cascade of a plan's JSON, None if there is none."""
    return None if found is None else Cascade(**{**found, "pilot": tuple(found["pilot"])})


def settle_cuts(plan: ScreenPlan, folder: Path) -> dict[str, Cut]:
    """Choose the cut of each target from the sample, and write them beside the plan.

    May be called by any number of drivers; all write equal bytes.

    Raises
    ------
    NotFoundError
        If a file of the sample is not there.
    InputError
        If other cuts stand there already.
    """
    cuts = choose_cuts(plan, folder)
    path = folder / CASCADE_FILE
    data = json_bytes(
        {
            "format": 1,
            "plan": plan.fingerprint,
            "targets": {name: asdict(cut) for name, cut in cuts.items()},
        }
    )
    if not create_exclusive(path, data) and path.read_bytes() != data:
        raise InputError(
            f"{path} does not hold the cuts that the screen's sample gives",
            cure="it was edited, or computed on another kind of machine: screen into a new folder",
        )
    return cuts


def choose_cuts(plan: ScreenPlan, folder: Path) -> dict[str, Cut]:
    """Choose the cut of each target from the committed files of the sample.

    Compounds that a student may have learned from are left out: on them it is better than on
    others. A cut is in the target's own unit: a score at least as good is rescored.
    """
    cascade = plan.cascade
    if cascade is None:
        return {}
    outputs = [output for unit in plan.stages[0] for output in unit.outputs]
    cuts = {}
    for target in plan.answering[0].targets:
        cheap = _scores(folder, outputs, target.name, cascade.student)
        costly = _scores(folder, outputs, target.name, cascade.teacher)
        if not cheap.num_rows:  # nothing to judge by
            cuts[target.name] = Cut(None, 1.0, 1.0, 1.0, 1.0, 0, 0)
            continue
        same = costly.take(pc.index_in(cheap["compound_id"], costly["compound_id"]))
        sign = _sign(target.direction)
        cut = choose_cut(
            sign * _values(cheap),
            sign * _values(same),
            share=cascade.top / plan.compounds,
            recall=cascade.recall,
            confidence=cascade.confidence,
        )
        # + 0.0 turns -0.0 into 0.0
        cuts[target.name] = replace(
            cut, value=None if cut.value is None else sign * cut.value + 0.0
        )
    return cuts


def read_cuts(folder: Path) -> dict[str, Cut]:
    """Return the cuts of a screen by target; empty before they are settled.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = place(folder) / CASCADE_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: Cut(**cut) for name, cut in found["targets"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} holds no cuts of a cascade: {error!r}",
            cure="delete it and run the screen again: it is written anew",
        ) from None


def reaches(score: Floats, cut: Cut, direction: str) -> np.ndarray:
    """Tell which scores (n,), NaN where there is none, are good enough to be rescored: bool (n,).

    What the student could not score is always rescored.
    """
    if cut.value is None:
        return np.ones(len(score), dtype=bool)
    sign = _sign(direction)
    good: np.ndarray = np.isnan(score) | (sign * score >= sign * cut.value)
    return good


def _sign(direction: str) -> float:
    return 1.0 if direction == "higher" else -1.0


def _scores(folder: Path, outputs: Sequence[Output], target: str, model: str) -> pa.Table:
    """Return ids and scores of the compounds that may judge, of one target by one model."""
    tables = [SCORES.empty().select(["compound_id", "score"])]
    for output in outputs:
        if (output.target, output.model) == (target, model):
            with open_parquet(folder / output.path, SCORES) as opened:
                tables.append(opened.read(columns=["compound_id", "score"]))
    whole = pa.concat_tables([table.replace_schema_metadata() for table in tables])
    return whole.filter(pc.invert(may_teach(whole.column("compound_id"))))


def _values(table: pa.Table) -> Floats:
    values: Floats = table.column("score").to_numpy().astype(np.float64)
    return values
