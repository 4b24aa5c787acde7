"""What the audit of a campaign says of the share found, kept beside each round."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.campaign.estimate import Estimate, Forecast, share_found
from hitsieve.campaign.picks import CONTROL
from hitsieve.errors import ChecksumError
from hitsieve.provenance import child_seed
from hitsieve.store.files import write_json_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.loop import LoopConfig
    from hitsieve.campaign.state import Round

    Floats = NDArray[np.float64]


def estimate_found(
    config: LoopConfig,
    rounds: Sequence[Round],
    scores: Iterable[pa.Table] | None,
    *,
    pool: int,
    higher_is_better: bool,
) -> Estimate | None:
    """Estimate how much of the true top the finished rounds have found.

    Parameters
    ----------
    config
        Which top, which level.
    rounds
        All finished rounds; the last one is judged.
    scores
        SCORES of the pool by the surrogate of the last round; None for round 0.
    pool
        Compounds that may be picked in all.
    higher_is_better
        Direction of the endpoint.

    Returns
    -------
    Estimate or None
        None without an audit, or if none of it could be measured.
    """
    values = {
        pick.compound_id: value
        for one in rounds
        for pick, value in zip(one.picks, one.values, strict=True)
    }
    audit = [name for one in rounds for name in one.audit if name in values]
    audited = np.array([values[name] for name in audit])
    if not np.isfinite(audited).any():
        return None
    inside = set(audit)
    acquired = [value for name, value in values.items() if name not in inside]
    return share_found(
        fraction=config.stop.fraction(pool),
        audit=audited,
        acquired=np.array(acquired),
        pool=pool,
        higher_is_better=higher_is_better,
        forecast=None if scores is None else _forecast(rounds, audit, values, scores, pool),
        level=config.stop.level,
        seed=child_seed(config.seed, "estimate", rounds[-1].number),
    )


def _forecast(
    rounds: Sequence[Round],
    audit: Sequence[str],
    values: dict[str, float],
    scores: Iterable[pa.Table],
    pool: int,
) -> Forecast:
    last = rounds[-1]
    measured = set(values)
    told: dict[str, float] = {}
    rest: list[Floats] = []

    known = pa.array(sorted(measured), pa.string())
    for table in scores:
        here = pc.is_in(table.column("compound_id"), value_set=known)
        mine = table.filter(here)
        told |= dict(
            zip(*(mine.column(n).to_pylist() for n in ("compound_id", "score")), strict=True)
        )
        other = table.filter(pc.invert(here)).column("score")
        rest.append(other.to_numpy(zero_copy_only=False).astype(np.float64))
    # A compound of the audit that the surrogate had learned from foretells nothing.
    before = {pick.compound_id for one in rounds[:-1] for pick in one.picks}
    fresh = set(last.audit) & before
    hidden = {name for one in rounds[:-1] for name in one.audit}
    inside = set(audit)
    chosen = [
        (pick.predicted, value)
        for pick, value in zip(last.picks, last.values, strict=True)
        if pick.predicted is not None and pick.reason != CONTROL and pick.compound_id not in inside
    ]
    left = np.concatenate([*rest, np.empty(0)])
    # What was ruled out before has no score any more.
    gone = max(0, pool - len(measured) - len(left))
    return Forecast(
        audit=np.array(
            [
                np.nan if name in fresh and name not in hidden else _number(told.get(name))
                for name in audit
            ]
        ),
        batch=np.array([predicted for predicted, _ in chosen]),
        batch_values=np.array([value for _, value in chosen]),
        rest=np.concatenate([left, np.full(gone, np.nan)]),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def keep_estimate(path: Path, found: Estimate) -> None:
    """Keep an estimate beside its round."""
    write_json_atomic(path, found._asdict())


def read_estimate(path: Path) -> Estimate | None:
    """Return a kept estimate, or None if there is none.

    Raises
    ------
    ChecksumError
        If the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        return Estimate(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ChecksumError(
            f"{path} is damaged: {error}", cure="delete it; it is estimated again"
        ) from error
