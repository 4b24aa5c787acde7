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
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.loop import LoopConfig
    from hitsieve.campaign.state import Round

    Floats = NDArray[np.float64]


def estimate_found(
    config: LoopConfig,
    rounds: Sequence[Round],
    forecast: Forecast | None,
    *,
    pool: int,
    higher_is_better: bool,
) -> Estimate | None:
    """Estimate how much of the true top the finished rounds have found.

    A bound that the true value is poorer than is never among the best; one on the other side
    counts with its limit. What relates values to predictions is learned from exact values.

    Parameters
    ----------
    config
        Which top, which level.
    rounds
        All finished rounds; the last one is judged.
    forecast
        What the surrogate of the last round foretold; None for round 0.
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
        for pick, value in zip(
            one.picks, one.counted(higher_is_better=higher_is_better), strict=True
        )
    }
    audit = audited(rounds)
    measured = np.array([values[name] for name in audit])
    if not np.isfinite(measured).any():
        return None
    inside = set(audit)
    acquired = [value for name, value in values.items() if name not in inside]
    return share_found(
        fraction=config.stop.fraction(pool),
        audit=measured,
        acquired=np.array(acquired),
        pool=pool,
        higher_is_better=higher_is_better,
        forecast=forecast,
        level=config.stop.level,
        seed=child_seed(config.seed, "estimate", rounds[-1].number),
    )


def audited(rounds: Sequence[Round]) -> list[str]:
    """Return the compounds of the audit that were measured, in the order they joined it."""
    picked = _picked(rounds)
    return [name for one in rounds for name in one.audit if name in picked]


def forecast_of_pool(rounds: Sequence[Round], scores: Iterable[pa.Table], pool: int) -> Forecast:
    """Return what the surrogate of the last of some rounds foretold of a library.

    Parameters
    ----------
    rounds
        All finished rounds.
    scores
        SCORES of the library by that surrogate.
    pool
        Compounds that may be picked in all.
    """
    measured = _picked(rounds)
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
    left = np.concatenate([*rest, np.empty(0)])
    # What was ruled out before has no score any more.
    gone = max(0, pool - len(measured) - len(left))
    return forecast_of(rounds, told, np.concatenate([left, np.full(gone, np.nan)]))


def forecast_of(
    rounds: Sequence[Round],
    told: Mapping[str, float | None],
    rest: Floats,
    counts: Floats | None = None,
) -> Forecast:
    """Return what the surrogate of the last of some rounds foretold, as far as it is a forecast.

    Parameters
    ----------
    rounds
        All finished rounds.
    told
        Its predictions of the audit.
    rest, counts
        Its predictions of what nobody measured; see :class:`~.estimate.Forecast`.
    """
    last, exact = rounds[-1], _exact(rounds)
    # A compound of the audit that the surrogate had learned from foretells nothing.
    before = {pick.compound_id for one in rounds[:-1] for pick in one.picks}
    fresh = set(last.audit) & before
    hidden = {name for one in rounds[:-1] for name in one.audit}
    audit = audited(rounds)
    inside = set(audit)
    chosen = [
        (pick.predicted, exact[pick.compound_id])
        for pick in last.picks
        if pick.predicted is not None
        and pick.reason != CONTROL
        and pick.compound_id in exact
        and pick.compound_id not in inside
    ]
    learned = {name for name in fresh if name not in hidden}
    return Forecast(
        audit=np.array(
            [
                _number(told.get(name)) if name in exact and name not in learned else np.nan
                for name in audit
            ]
        ),
        batch=np.array([predicted for predicted, _ in chosen]),
        batch_values=np.array([value for _, value in chosen]),
        rest=rest,
        counts=counts,
    )


def _picked(rounds: Sequence[Round]) -> set[str]:
    return {pick.compound_id for one in rounds for pick in one.picks}


def _exact(rounds: Sequence[Round]) -> dict[str, float]:
    """Return measured values that are no bounds, by compound; NaN where a measurement failed."""
    return {
        pick.compound_id: value
        for one in rounds
        for pick, value, relation in zip(one.picks, one.values, one.relations, strict=True)
        if relation == "="
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def keep_estimate(path: Path, found: Estimate, known: str = "") -> None:
    """Keep an estimate beside its round, with a fingerprint of the labels it is of, if any."""
    write_json_atomic(path, {**found._asdict(), **({"known": known} if known else {})})


def read_known(path: Path) -> str:
    """Return the fingerprint of the labels a kept estimate is of; empty if it has none."""
    return str(json.loads(path.read_text(encoding="utf-8")).get("known", ""))


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
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept.pop("known", None)
        return Estimate(**kept)
    except (ValueError, TypeError, AttributeError) as error:
        raise ChecksumError(
            f"{path} is damaged: {error}", cure="delete it; it is estimated again"
        ) from error
