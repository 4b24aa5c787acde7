"""Where predictions came true and where not: by scaffold and by time of measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.metrics.calibration import coverage
from hitsieve.metrics.ranking import enrichment_factor
from hitsieve.metrics.regression import rmse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from hitsieve.metrics.arrays import Floats

LARGEST: Final = 5
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
    rmse, bias
        Error, and mean of prediction minus measurement.
    coverage
        Share of measurements inside their interval; NaN without intervals.
    enrichment
        Of actives among the best predicted 10 %; NaN without actives.
    """

    kind: str
    name: str
    compounds: int
    rmse: float
    bias: float
    coverage: float
    enrichment: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def slices(
    rows: pa.Table,
    *,
    known_scaffolds: Collection[str] = (),
    active_at: float | None = None,
    higher_is_better: bool = True,
) -> tuple[Slice, ...]:
    """Judge predictions by scaffold and by month.

    Parameters
    ----------
    rows
        One a compared compound, as :func:`~hitsieve.monitor.scoreboard.compared` gives them.
    known_scaffolds
        Scaffolds the model was trained on.
    active_at
        Value from which a compound counts as active, in the wanted direction.
    higher_is_better
        Direction of the endpoint.

    Returns
    -------
    tuple of Slice
        Compounds on scaffolds trained on and on new ones, the five largest scaffolds, and each
        month in order; parts without compounds are left out.
    """
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
        _slice(kind, name, rows, chosen, active_at, higher_is_better=higher_is_better)
        for kind, name, chosen in parts
        if chosen.any()
    )


def _months(times: Sequence[Any]) -> np.ndarray:
    return np.array([time.strftime("%Y-%m") if time else "" for time in times], dtype=object)


def _slice(
    kind: str,
    name: str,
    rows: pa.Table,
    chosen: np.ndarray,
    active_at: float | None,
    *,
    higher_is_better: bool,
) -> Slice:
    truth, guess, lower, upper = (
        rows[column].to_numpy(zero_copy_only=False).astype(np.float64)[chosen]
        for column in ("value", "score", "lower", "upper")
    )
    bounded = np.isfinite(lower) & np.isfinite(upper)
    return Slice(
        kind,
        name,
        int(chosen.sum()),
        rmse(truth, guess),
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
