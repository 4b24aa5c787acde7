"""The prospective scoreboard: measurements against the predictions made before them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import DatasetError, InputError
from hitsieve.metrics.bootstrap import Interval, interval
from hitsieve.metrics.calibration import coverage, interval_width
from hitsieve.metrics.regression import mae, rmse, spearman
from hitsieve.monitor.slices import enrichment
from hitsieve.schema import LABELS, SCORES, Status

if TYPE_CHECKING:
    from datetime import datetime

    from hitsieve.metrics.arrays import Floats

Advice = Literal["keep", "retrain", "roll back", "wait"]
ENOUGH: Final = 20
_TWO_ERRORS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Prospective:
    """How a model's predictions of one target fared.

    Parameters
    ----------
    target
        What was predicted.
    measured
        Labels measured after the prediction.
    compared
        Of these, compounds that had been predicted and measured exactly.
    unpredicted
        Measured compounds without a prediction.
    censored
        Labels that are bounds: left out of errors and coverage.
    rmse, mae, spearman
        Of the compared compounds; rmse with its 95 % bootstrap interval.
    coverage, width
        Share of measurements inside their interval and its mean width; NaN without intervals.
    enrichment
        Enrichment factor of actives among the best predicted 10 %; NaN without an activity
        threshold, or if nothing is active.
    """

    target: str
    measured: int
    compared: int
    unpredicted: int
    censored: int
    rmse: Interval
    mae: float
    spearman: float
    coverage: float
    width: float
    enrichment: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def prospective(
    labels: pa.Table,
    scores: pa.Table,
    target: str,
    *,
    higher_is_better: bool,
    predicted_at: datetime | None = None,
    active_at: float | None = None,
    seed: int = 0,
) -> Prospective:
    """Compare new measurements with earlier predictions.

    Parameters
    ----------
    labels
        LABELS, of any targets.
    scores
        SCORES of one model for this target.
    target
        Which labels to compare.
    higher_is_better
        Direction of the endpoint.
    predicted_at
        When the predictions were made (with a time zone). Labels measured earlier, or at an
        unknown time, are left out. Without it all labels count.
    active_at
        Value from which a compound counts as active, in the wanted direction.
    seed
        Of the bootstrap.

    Raises
    ------
    SchemaError
        If a table is no LABELS or SCORES.
    DatasetError
        If no compound was both predicted and measured.
    """
    new, rows = _matched(labels, scores, target, predicted_at)
    truth, guess = _floats(rows, "value"), _floats(rows, "score")
    lower, upper = _floats(rows, "lower"), _floats(rows, "upper")
    bounded = np.isfinite(lower) & np.isfinite(upper)
    return Prospective(
        target=target,
        measured=new.num_rows,
        compared=len(truth),
        unpredicted=int(pc.sum(pc.is_null(new["place"])).as_py() or 0),
        censored=int(pc.sum(pc.not_equal(new["relation"], "=")).as_py() or 0),
        rmse=interval(rmse, truth, guess, seed=seed),
        mae=mae(truth, guess),
        spearman=spearman(truth, guess),
        coverage=_or_nan(coverage, truth[bounded], lower[bounded], upper[bounded]),
        width=_or_nan(interval_width, truth[bounded], lower[bounded], upper[bounded]),
        enrichment=enrichment(truth, guess, active_at, higher_is_better=higher_is_better),
    )


def compared(
    labels: pa.Table, scores: pa.Table, target: str, *, predicted_at: datetime | None = None
) -> pa.Table:
    """Return the compounds that :func:`prospective` compares, one a row.

    Returns
    -------
    pa.Table
        Columns of SCORES, then ``value``, ``smiles`` and ``measured_at`` of the label.

    Raises
    ------
    SchemaError, DatasetError
        As :func:`prospective`.
    """
    return _matched(labels, scores, target, predicted_at)[1]


def _matched(
    labels: pa.Table, scores: pa.Table, target: str, predicted_at: datetime | None
) -> tuple[pa.Table, pa.Table]:
    LABELS.check(labels.schema, where="prospective labels")
    SCORES.check(scores.schema, where="prospective scores")
    new = _new_labels(labels, target, predicted_at)
    place = pc.index_in(new["compound_id"], scores["compound_id"].combine_chunks())
    new = new.append_column("place", place)
    exact = new.filter(pc.and_(pc.is_valid(place), pc.equal(new["relation"], "=")))
    rows = scores.take(exact["place"])
    for name in ("value", "smiles", "measured_at"):
        rows = rows.append_column(name, exact[name])
    rows = rows.filter(rows["score"].is_valid())
    if not rows.num_rows:
        raise DatasetError(
            f"target {target!r}: no compound was both predicted and measured afterwards",
            cure="check that labels and scores are of the same target and library",
        )
    return new, rows


def former_is_better(
    truth: Floats, present: Floats, former: Floats, *, seed: int = 0
) -> tuple[bool, str]:
    """Tell whether the former model predicted the same compounds better, and how sure that is.

    Parameters
    ----------
    truth, present, former
        (n,) measurements, and what the two models predict.
    seed
        Of the bootstrap.

    Returns
    -------
    bool, str
        True if the whole 95 % interval of the difference in rmse speaks for the former model:
        roll back. With the difference in words.
    """

    def difference(y: Floats, a: Floats, b: Floats) -> float:
        return rmse(y, a) - rmse(y, b)

    low, value, high = interval(difference, truth, present, former, seed=seed)
    text = f"rmse of the present model minus that of the former: {value:+.3g}"
    better = len(truth) >= ENOUGH and low > 0
    return better, f"{text} ({low:+.3g} to {high:+.3g}) on {len(truth)} compounds"


def advise(
    found: Prospective,
    *,
    expected_rmse: float,
    level: float,
    former: tuple[bool, str] = (False, ""),
) -> tuple[Advice, str]:
    """Say what to do with a model, and why.

    Parameters
    ----------
    found
        Its prospective scores.
    expected_rmse
        RMSE its card promises.
    level
        Coverage its intervals promise.
    former
        What :func:`former_is_better` says of the model before, if there is one.

    Returns
    -------
    Advice, str
        ``wait`` below 20 compared compounds; ``roll back`` if the former model is clearly better on
        the same compounds; ``retrain`` if the error is above the promised one
        beyond its 95 % interval, or coverage below the promised one by more than two standard
        errors; else ``keep``. With the reason in words.
    """
    if found.compared < ENOUGH:
        return "wait", f"{found.compared} comparisons, {ENOUGH} are needed for a judgment"
    if former[0]:
        return "roll back", former[1]
    if found.rmse.low > expected_rmse:
        return "retrain", (
            f"rmse {found.rmse.value:.3g} ({found.rmse.low:.3g} to {found.rmse.high:.3g}) is above "
            f"the promised {expected_rmse:.3g}"
        )
    error = float(np.sqrt(level * (1 - level) / found.compared))
    if found.coverage < level - _TWO_ERRORS * error:
        return "retrain", f"intervals cover {found.coverage:.0%}, {level:.0%} were promised"
    return "keep", "errors and coverage are as promised"


def _new_labels(labels: pa.Table, target: str, predicted_at: datetime | None) -> pa.Table:
    good = pc.and_(pc.equal(labels["target"], target), labels["value"].is_valid())
    good = pc.and_(good, pc.not_equal(labels["status"], Status.FAILED.value))
    table = labels.filter(good)
    if predicted_at is None:
        return table
    if predicted_at.tzinfo is None:
        raise InputError(
            f"predicted_at = {predicted_at} has no time zone", cure="use datetime.now(UTC)"
        )
    moment = pa.scalar(predicted_at, type=pa.timestamp("us", "UTC"))
    return table.filter(pc.fill_null(pc.greater(table["measured_at"], moment), False))  # noqa: FBT003 - pyarrow's fill value


def _or_nan(metric: Any, truth: Floats, lower: Floats, upper: Floats) -> float:  # noqa: ANN401 - two metrics of one signature
    return float(metric(truth, lower, upper)) if len(truth) else float("nan")


def _floats(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return values
