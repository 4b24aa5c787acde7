"""Scores of several targets as those of one utility, seen as a whole or from several sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.acquire import value_to_beat
from hitsieve.acquisition.desirability import desirability
from hitsieve.campaign.ranking import View
from hitsieve.library import Library
from hitsieve.provenance import child_seed
from hitsieve.schema import SCORES, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.acquisition.acquire import AcquisitionConfig
    from hitsieve.campaign.objective import ObjectiveConfig

    Floats = NDArray[np.float64]

_DRAWS: Final = 32


@dataclass(frozen=True, slots=True)
class JoinedScores:
    """The utility of a pool, shard by shard: SCORES tables; iterable often.

    Mean and spread over draws from the targets' normal distributions, taken as independent. The
    same draws serve every compound, so that equal predictions have equal utilities. The utility
    is the one that measured values come to, whatever directions a round looks from.

    Attributes
    ----------
    objective
        The wishes.
    targets
        Their names, in the order of ``tables``.
    tables
        SCORES of each target, in the same shards.
    library
        Whose descriptors count.
    directions
        Where the Pareto front is looked for in this round; none elsewhere.
    seed
        Of the draws.
    """

    objective: ObjectiveConfig
    targets: tuple[str, ...]
    tables: tuple[Iterable[pa.Table], ...]
    library: Path
    directions: tuple[tuple[float, ...], ...]
    seed: int

    def __iter__(self) -> Iterator[pa.Table]:
        """Join one shard after the other."""
        for _, table in self.parted():
            yield table

    def from_sides(self, directions: Sequence[Sequence[float]]) -> Sides:
        """Return the same scores with mean and spread from each direction beside them."""
        return Sides(self, tuple(tuple(one) for one in directions))

    def parted(self) -> Iterator[tuple[Floats, pa.Table]]:
        """Yield the desirabilities of each shard, float64 (n, draws, C), and its SCORES."""
        library = Library.open(self.library)
        for group in zip(*self.tables, strict=True):
            tables = [table.sort_by("compound_id") for table in group]
            parts = self._desirabilities(library, tables)
            yield parts, self._scores(tables, self.objective.join(parts))

    def _desirabilities(self, library: Library, tables: list[pa.Table]) -> Floats:
        ids = tables[0].column("compound_id").to_pylist()
        draws: dict[str, Floats] = {}
        for target, table in zip(self.targets, tables, strict=True):
            mean, std = (
                table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
                for name in ("score", "std")
            )
            noise = np.random.default_rng(child_seed(self.seed, target)).standard_normal(_DRAWS)
            draws[target] = mean[:, None] + np.nan_to_num(std)[:, None] * noise
        fixed = descriptors(library, ids, self.objective)
        columns = [
            desirability(
                one.transform,
                draws[one.target]
                if one.target
                else np.broadcast_to(fixed[one.property][:, None], (len(ids), _DRAWS)),
            )
            for one in self.objective.components
        ]
        return np.stack(columns, axis=-1)

    def _scores(self, tables: list[pa.Table], utility: Floats) -> pa.Table:
        mean, std = utility.mean(axis=1), utility.std(axis=1)
        inside = np.ones(len(utility), bool)
        for table in tables:
            inside &= table.column("in_domain").to_numpy(zero_copy_only=False)
        return SCORES.build(
            {
                "compound_id": tables[0].column("compound_id"),
                "score": mean.astype(np.float32),
                "std": std.astype(np.float32),
                "lower": np.quantile(utility, 0.05, axis=1).astype(np.float32),
                "upper": np.quantile(utility, 0.95, axis=1).astype(np.float32),
                "in_domain": inside,
                "status": [str(Status.FAILED if np.isnan(v) else Status.OK) for v in mean],
            }
        )


@dataclass(frozen=True, slots=True)
class Sides:
    """Joined scores with two further columns for each direction; iterable often.

    Attributes
    ----------
    scores
        As a whole.
    directions
        From which the same draws are looked at, see
        :func:`hitsieve.acquisition.desirability.chebyshev`.
    """

    scores: JoinedScores
    directions: tuple[tuple[float, ...], ...]

    def __iter__(self) -> Iterator[pa.Table]:
        """Read one shard after the other: SCORES with ``score.0``, ``std.0``, ``score.1``, …."""
        for parts, plain in self.scores.parted():
            table = plain
            for number, direction in enumerate(self.directions):
                seen = self.scores.objective.join(parts, direction)
                for name, values in (("score", seen.mean(axis=1)), ("std", seen.std(axis=1))):
                    column = pa.array(values.astype(np.float32))
                    table = table.append_column(f"{name}.{number}", column)
            yield table

    def views(self, measured: Floats, acquisition: AcquisitionConfig) -> list[View]:
        """Return a view from each direction, with what is to be beaten as it is seen from there.

        Parameters
        ----------
        measured
            float64 (n, C): desirabilities of measured compounds; NaN where one was not measured.
        acquisition
            Which of the measured has to be beaten.
        """
        objective = self.scores.objective
        return [
            View(
                value_to_beat(
                    acquisition, objective.join(measured, direction), higher_is_better=True
                ),
                f"score.{number}",
                f"std.{number}",
            )
            for number, direction in enumerate(self.directions)
        ]


def descriptors(
    library: Library, ids: Sequence[str], objective: ObjectiveConfig
) -> dict[str, Floats]:
    """Return the descriptors that wishes name, each float64 (n,) in the order of the ids."""
    names = list(dict.fromkeys(one.property for one in objective.components if one.property))
    if not names:
        return {}
    rows = library.lookup(ids, ["compound_id", *names])
    place = {name: row for row, name in enumerate(rows.column("compound_id").to_pylist())}
    order = np.array([place[name] for name in ids], dtype=np.int64)
    return {
        name: rows.column(name).to_numpy(zero_copy_only=False).astype(np.float64)[order]
        for name in names
    }
