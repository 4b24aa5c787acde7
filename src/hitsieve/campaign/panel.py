"""Several targets in one campaign: each measured by itself, wished for together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.desirability import desirability
from hitsieve.campaign.joined import JoinedScores, descriptors
from hitsieve.campaign.ranking import View
from hitsieve.library import Library
from hitsieve.oracles.measure import MeasureConfig, measure
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.acquisition.acquire import AcquisitionConfig
    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.campaign.state import Round
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.measure import Progressed
    from hitsieve.oracles.protocol import Compound, Oracle

    Floats = NDArray[np.float64]

UTILITY: Final = "utility"
"""Target of the labels that say what the wishes of a panel come to."""


_SIGNS: Final = {"<": -1, "=": 0, ">": 1}


class Panel:
    """Several oracles as one: measures each, and joins the values to a utility.

    Parameters
    ----------
    objective
        The wishes.
    oracles
        By target.
    library
        Whose descriptors count.
    """

    name = "panel"
    target = UTILITY
    endpoint = "desirability"
    unit = "1"
    higher_is_better = True
    time_limit_s = None

    def __init__(
        self, objective: ObjectiveConfig, oracles: dict[str, Oracle], library: Path
    ) -> None:
        self.objective = objective
        self.oracles = oracles
        self.library = library

    @property
    def fingerprint(self) -> str:
        """Of the wishes and all oracles."""
        told = {target: oracle.fingerprint for target, oracle in sorted(self.oracles.items())}
        return fingerprint([self.objective.wishes, told])

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return the utility of compounds, measured here and now."""
        parts = {target: one.measure(compounds) for target, one in self.oracles.items()}
        return self._utility(compounds, parts)

    def measure_all(
        self,
        compounds: Sequence[Compound],
        executor: Executor,
        folder: Path,
        config: MeasureConfig,
        progress: Callable[[Progressed], None] | None = None,
    ) -> pa.Table:
        """Measure compounds with every oracle; see :func:`hitsieve.oracles.measure.measure`.

        Returns
        -------
        pyarrow.Table
            LABELS: first the utility of each compound in the order given, then the values of
            each target.
        """
        parts = {
            target: measure(oracle, compounds, executor, folder, config, progress=progress)
            for target, oracle in self.oracles.items()
        }
        return pa.concat_tables([self._utility(compounds, parts), *parts.values()])

    def desirabilities(self, labels: pa.Table, ids: Sequence[str]) -> Floats:
        """Return how far measured compounds meet each wish.

        Parameters
        ----------
        labels
            LABELS of all targets, such as those of finished rounds.
        ids
            n compounds.

        Returns
        -------
        float64 (n, C)
            From 0 to 1, one column a component; NaN where it was not measured, or where a bound
            tells only that it is not met better than so.
        """
        parts, sides = self._parts(labels, ids)
        return np.where(sides < 0, np.nan, parts)

    def values(self, labels: pa.Table, ids: Sequence[str]) -> Floats:
        """Return what each wish is about, in its own unit, as :meth:`desirabilities` does."""
        told = labels.select(["target", "compound_id", "value"]).to_pylist()
        known = {(row["target"], row["compound_id"]): row["value"] for row in told}
        fixed = descriptors(Library.open(self.library), ids, self.objective)
        columns = [
            np.array([_number(known.get((one.target, name))) for name in ids])
            if one.target
            else fixed[one.property]
            for one in self.objective.components
        ]
        return np.stack(columns, axis=-1) if ids else np.empty((0, len(columns)))

    def _parts(self, labels: pa.Table, ids: Sequence[str]) -> tuple[Floats, NDArray[np.int64]]:
        """Return desirabilities (n, C) at the limits of bounds, and on which side the true one is.

        -1 where it is that at most, 1 where at least, 0 where it is exact. A value of which a bound
        is known may lie inside a window wherever the bound is: at most 1.
        """
        known = self.values(labels, ids)
        columns = ("target", "compound_id", "relation")
        told = zip(*(labels.column(name).to_pylist() for name in columns), strict=True)
        signs = {(target, name): _SIGNS[relation] for target, name, relation in told}
        parts, sides = [], []
        for one, values in zip(self.objective.components, known.T, strict=True):
            sign = np.array([signs.get((one.target, name), 0) for name in ids], dtype=np.int64)
            met = desirability(one.transform, values)
            if one.transform.kind == "inside":
                met = np.where((sign != 0) & ~np.isnan(met), 1.0, met)
                sign = -np.abs(sign)
            parts.append(met)
            sides.append(sign if one.transform.higher_is_better else -sign)
        return np.stack(parts, axis=-1), np.stack(sides, axis=-1)

    def _utility(self, compounds: Sequence[Compound], parts: dict[str, pa.Table]) -> pa.Table:
        """Return what the components come to; of bounds, a bound."""
        labels = pa.concat_tables(list(parts.values()))
        met, sides = self._parts(labels, [name for name, _ in compounds])
        poorer = np.asarray((sides < 0).any(axis=1))
        # Where one component may be poorer, no more is known than the most that it can come to.
        most = np.where(poorer[:, None] & (sides > 0), 1.0, met)
        relations = np.where(poorer, "<", np.where((sides > 0).any(axis=1), ">", "="))
        found = [
            Measurement(None, code=Code.NOT_MEASURED, message="a component was not measured")
            if np.isnan(value)
            else Measurement(round(float(value), 9), str(relation))
            for value, relation in zip(self.objective.join(most), relations, strict=True)
        ]
        return label_rows(self, compounds, found)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def looked_at(
    scores: Iterable[pa.Table],
    oracle: Oracle,
    known: Sequence[Round],
    acquisition: AcquisitionConfig,
    best: float | None,
    n: int,
) -> tuple[Iterable[pa.Table], list[View]]:
    """Return the scores of a pool, and the views that a round takes of them.

    Parameters
    ----------
    scores
        Of the round's surrogate.
    oracle
        What measures: from several sides only a panel is looked at, and only where its objective
        says so.
    known
        Finished rounds, whose values are to be beaten.
    acquisition
        Which of them.
    best
        The value to beat where one looks from one side.
    n
        Picks of the round: no more views than those.
    """
    if not (isinstance(oracle, Panel) and isinstance(scores, JoinedScores) and scores.directions):
        return scores, [View(best)]
    sides = scores.from_sides(scores.directions[: max(1, n)])
    labels = pa.concat_tables([one.labels for one in known])
    ids = [pick.compound_id for one in known for pick in one.picks]
    return sides, sides.views(oracle.desirabilities(labels, ids), acquisition)
