"""Where predictions came true and where not: by scaffold and by time of measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.metrics.calibration import coverage
from hitsieve.metrics.classification import brier
from hitsieve.metrics.ranking import enrichment_factor
from hitsieve.metrics.regression import rmse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from hitsieve.metrics.arrays import Floats

LARGEST: Final = 5
BETWEEN_CLASSES: Final = 0.5
"""Value that parts class 1 from class 0."""
_TOP: Final = 0.1


@dataclass(frozen=True, slots=True)
class Slice:
    """Predictions and measurements of a part of the compounds.

    Parameters
    ----------
    kind, name
        ``scaffold`` with a scaffold, "trained on" or "new"; ``month`` with a month.
    compounds
        How many.
    rmse, brier
        Error of values, or of probabilities; NaN for the other task.
    bias
        Mean of prediction minus measurement; for classes the foretold minus the observed share
        of class 1.
    coverage
        Share of measurements inside their interval; NaN without intervals, and for classes,
        whose bounds hold no single measurement.
    enrichment
        Of actives among the best predicted 10 %; NaN without actives.
    """

    kind: str
    name: str
    compounds: int
    rmse: float
    brier: float
    bias: float
    coverage: float
    enrichment: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def slices(
    rows: pa.Table,
    *,
    task: str = "regression",
    known_scaffolds: Collection[str] = (),
    active_at: float | None = None,
    higher_is_better: bool = True,
) -> tuple[Slice, ...]:
    """Judge predictions by scaffold and by month.

    Parameters
    ----------
    rows
        One a compared label, as :func:`~hitsieve.monitor.comparison.compare` gives them.
    task
        Whether values or probabilities were predicted.
    known_scaffolds
        Scaffolds the model was trained on.
    active_at
        Value from which a compound counts as active, in the wanted direction; of classes always
        the wanted one.
    higher_is_better
        Direction of the endpoint.

    Returns
    -------
    tuple of Slice
        Compounds on scaffolds trained on and on new ones, the five largest scaffolds, and each
        month in order; parts without compounds are left out.
    """
    if task == "classification":
        active_at = BETWEEN_CLASSES
    scaffolds = np.array([murcko_scaffold(text) for text in rows["smiles"].to_pylist()], object)
    known = np.isin(scaffolds.astype(str), sorted(known_scaffolds))
    parts: list[tuple[str, str, np.ndarray]] = [
        ("scaffold", "trained on", known),
        ("scaffold", "new", ~known),
    ]
    names, counts = np.unique(scaffolds.astype(str), return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:LARGEST]
    parts += [("scaffold", str(names[i]) or "(no ring)", scaffolds == names[i]) for i in largest]
    months = _months(rows["measured_at"].to_pylist())
    parts += [("month", month, months == month) for month in sorted(set(months) - {""})]
    return tuple(
        _slice(kind, name, rows.filter(chosen), task, active_at, higher_is_better=higher_is_better)
        for kind, name, chosen in parts
        if chosen.any()
    )


def _months(times: Sequence[Any]) -> np.ndarray:
    return np.array([time.strftime("%Y-%m") if time else "" for time in times], dtype=object)


def _slice(
    kind: str, name: str, rows: pa.Table, task: str, active_at: float | None, *,
    higher_is_better: bool,
) -> Slice:  # fmt: skip
    truth, guess, lower, upper = (
        rows[column].to_numpy(zero_copy_only=False).astype(np.float64)
        for column in ("value", "score", "lower", "upper")
    )
    values = task == "regression"
    bounded = np.isfinite(lower) & np.isfinite(upper) & values
    return Slice(
        kind,
        name,
        rows.num_rows,
        rmse(truth, guess) if values else np.nan,
        np.nan if values else brier(truth, guess),
        float(np.mean(guess - truth)),
        coverage(truth[bounded], lower[bounded], upper[bounded]) if bounded.any() else np.nan,
        enrichment(truth, guess, active_at, higher_is_better=higher_is_better),
    )


def enrichment(
    truth: Floats, guess: Floats, active_at: float | None, *, higher_is_better: bool
) -> float:
    """Return the enrichment factor of actives in the best predicted 10 %; NaN without any."""
    if active_at is None:
        return float("nan")
    actives = truth >= active_at if higher_is_better else truth <= active_at
    if not actives.any():
        return float("nan")
    return enrichment_factor(actives, guess, _TOP, higher_is_better=higher_is_better)
