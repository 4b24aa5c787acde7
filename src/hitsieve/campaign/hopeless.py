"""What a panel need not score any more: compounds that cannot come among the best together.

A utility is reached only if each of its wishes is met far enough, whatever the others come to. So
the chance of a compound to reach it is at most the lowest chance of any one wish, all others
taken at their best: a bound that holds however the targets go together.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.acquisition.desirability import desirability, reaching
from hitsieve.campaign.joined import descriptors
from hitsieve.campaign.quick.pool import PoolScores, kept_path
from hitsieve.campaign.quick.prune import chances, decide_by
from hitsieve.campaign.quick.spread import Tail
from hitsieve.library import Library
from hitsieve.store.files import write_json_atomic, write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.campaign.quick.config import PruneConfig
    from hitsieve.campaign.quick.prune import Pruning

    Floats = NDArray[np.float64]

KEPT: Final = "kept"
"""Folder of a round that names what the next one still looks at."""

_RECORD: Final = "pruned.json"
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Foretold:
    """What is known of one target's predictions.

    Attributes
    ----------
    screen
        Folder of its scores.
    tail
        Of the errors towards the end its oracle wants; None where nobody judged them.
    higher_is_better
        Which end that is.
    """

    screen: Path
    tail: Tail | None
    higher_is_better: bool

    @classmethod
    def of(cls, screen: Path, told: Mapping[str, Any], *, higher_is_better: bool) -> Foretold:
        """Take the tail from what a quick surrogate recorded of itself."""
        skill = told.get("skills", {}).get(told.get("scout") or told.get("chosen"))
        tail = None if skill is None else Tail(skill["freedom"], skill["upward"])
        return cls(screen, tail, higher_is_better)


def needed(objective: ObjectiveConfig, fixed: Mapping[str, Floats], utility: float) -> Floats:
    """Return how far each wish has to be met to reach a utility, all others at their best.

    Parameters
    ----------
    objective
        The wishes.
    fixed
        Descriptors that are known, float64 (n,) each.
    utility
        To be reached.

    Returns
    -------
    float64 (n, C), or (1, C) without descriptors
        Above 1 where it cannot be reached. What is known counts as it is, not at its best.
    """
    weights = np.array([one.weight for one in objective.components])
    share = weights / weights.sum()
    n = len(next(iter(fixed.values()))) if fixed else 1
    best = np.ones((n, len(share)))
    for place, one in enumerate(objective.components):
        if one.property:
            best[:, place] = desirability(one.transform, fixed[one.property])
    if objective.aggregate == "worst":
        impossible = (best < utility).any(axis=1, keepdims=True)
        return np.where(impossible, np.inf, utility) * np.ones_like(best)
    if objective.aggregate == "mean":
        others = (best * share).sum(axis=1, keepdims=True) - best * share
        return np.asarray((utility - others) / share)
    logs = np.log(np.maximum(best, _LEAST)) * share
    others = logs.sum(axis=1, keepdims=True) - logs
    # The aggregate takes what is all but useless for a billionth, and so is reached by it.
    found = np.exp((np.log(max(utility, _LEAST)) - others) / share)
    return np.where(found <= _LEAST, 0.0, found)


def reach(
    objective: ObjectiveConfig,
    utility: float,
    fixed: Mapping[str, Floats],
    said: Mapping[str, tuple[Floats, Floats]],
    known: Mapping[str, Foretold],
) -> Floats:
    """Return the most that the chance of each compound to reach a utility can be, float64 (n,).

    Parameters
    ----------
    objective
        The wishes.
    utility
        To be reached.
    fixed
        Descriptors, float64 (n,) each.
    said
        Mean and spread of each target, float64 (n,) each.
    known
        What is known of the errors of each target.
    """
    n = len(next(iter(said.values()))[0])
    asked = np.broadcast_to(needed(objective, fixed, utility), (n, len(objective.components)))
    chance = np.where((asked > 1 + _LEAST).any(axis=1), 0.0, 1.0)
    for one, wanted in zip(objective.components, asked.T, strict=True):
        told = known.get(one.target)
        # A tail speaks of the end that the oracle wants, and a window has two.
        speaks = told is not None and told.tail is not None and one.transform.kind != "inside"
        if told is None or not speaks or told.higher_is_better != one.transform.higher_is_better:
            continue
        sign = 1.0 if told.higher_is_better else -1.0
        mean, std = said[one.target]
        value = sign * reaching(one.transform, np.minimum(wanted, 1.0))
        own = chances(sign * mean, std, value, told.tail or Tail())
        chance = np.minimum(chance, np.where(wanted <= 0, 1.0, own))
    return chance


def prune_panel(
    settings: PruneConfig,
    objective: ObjectiveConfig,
    known: Mapping[str, Foretold],
    utilities: Floats,
    library: Path,
    screen: Path,
    former: Path | None,
) -> Pruning:
    """Decide what the next round leaves out, and name what it keeps, a file a shard.

    Parameters
    ----------
    settings
        How much of the top may be given up.
    objective, known
        The wishes, and what is known of the predictions of each target.
    utilities
        Measured ones. The k-th best of them has to be reached; as it only rises, chances are
        rather too high.
    library, screen, former
        The pool, and the folders of this round and of the one before, if any.
    """
    best = np.sort(utilities[np.isfinite(utilities)])[::-1][: settings.top]
    utility = float(best[-1]) if len(best) else 0.0
    lost = lost_before(former)
    pool = Library.open(library)

    def pieces() -> Iterator[tuple[str, list[str], Floats]]:
        scores = [PoolScores(one.screen, first=True).named() for one in known.values()]
        for group in zip(*scores, strict=True):
            tables = [table.sort_by("compound_id") for _, table in group]
            ids = tables[0].column("compound_id").to_pylist()
            said = {t: _numbers(table) for t, table in zip(known, tables, strict=True)}
            fixed = descriptors(pool, ids, objective)
            yield group[0][0], ids, reach(objective, utility, fixed, said, known)

    found = decide_by(
        (chance for _, _, chance in pieces()),
        utility,
        top=settings.top,
        # Each round may spend half of what is left: rounds to come are not numbered.
        loss=(settings.loss - lost) / 2,
        lost=lost,
    )
    if found.cut > 0:
        for name, ids, chance in pieces():
            kept = pa.array(ids, pa.string()).filter(pa.array(chance >= found.cut))
            write_parquet_atomic(kept_path(screen / KEPT, name), pa.table({"compound_id": kept}))
    write_json_atomic(screen / _RECORD, asdict(found))
    return found


def lost_before(former: Path | None) -> float:
    """Return the expected share of the top that earlier rounds gave up."""
    path = None if former is None else former / _RECORD
    if path is None or not path.is_file():
        return 0.0
    return float(json.loads(path.read_text(encoding="utf-8"))["lost"])


def utilities_of(labels: Path, target: str) -> Floats:
    """Return the utilities a round has learned from, float64 (m,)."""
    table = pq.read_table(labels, columns=["target", "value"])
    rows = table.filter(pc.equal(table["target"], target))
    found: Floats = rows["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _numbers(table: pa.Table) -> tuple[Floats, Floats]:
    mean, std = (
        table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        for name in ("score", "std")
    )
    return mean, std
