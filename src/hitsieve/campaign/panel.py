"""Several targets in one campaign: each measured and learned by itself, wished for together."""

from __future__ import annotations

from collections.abc import Iterator  # noqa: TC003 - pydantic and dataclasses read annotations
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.acquisition.desirability import desirability
from hitsieve.library import Library
from hitsieve.oracles.measure import MeasureConfig, measure
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.provenance import child_seed, fingerprint
from hitsieve.schema import SCORES, Code, Status
from hitsieve.store.files import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.campaign.surrogate import Surrogate, Workplace
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.measure import Progressed
    from hitsieve.oracles.protocol import Compound, Oracle

    Floats = NDArray[np.float64]

_DRAWS: Final = 32


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
    target = "utility"
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
        return fingerprint([self.objective.model_dump(mode="json"), told])

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

    def _utility(self, compounds: Sequence[Compound], parts: dict[str, pa.Table]) -> pa.Table:
        ids = [name for name, _ in compounds]
        known: dict[str, Floats] = {}
        for target, table in parts.items():
            value = dict(
                zip(table["compound_id"].to_pylist(), table["value"].to_pylist(), strict=True)
            )
            known[target] = np.array([_number(value.get(name)) for name in ids])
        descriptors = _descriptors(Library.open(self.library), ids, self.objective)
        columns = [
            desirability(
                one.transform, known[one.target] if one.target else descriptors[one.property]
            )
            for one in self.objective.components
        ]
        joined = self.objective.join(np.stack(columns, axis=-1))
        found = [
            Measurement(None, code=Code.NOT_MEASURED, message="a component was not measured")
            if np.isnan(value)
            else Measurement(round(float(value), 9))
            for value in joined
        ]
        return label_rows(self, compounds, found)


@dataclass(frozen=True)
class PanelSurrogate:
    """A surrogate for each target; what they foretell is joined to a utility.

    Parameters
    ----------
    objective
        The wishes.
    parts
        Surrogates by target.
    """

    objective: ObjectiveConfig
    parts: dict[str, Surrogate]

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of everything that decides its predictions."""
        told = {target: part.settings for target, part in sorted(self.parts.items())}
        return {"kind": "panel", "objective": self.objective.model_dump(mode="json"), **told}

    def train(self, labels: Path, work: Workplace) -> str:
        """Train the surrogate of each target on its own labels."""
        table = pq.read_table(labels)
        for number, (target, part) in enumerate(self.parts.items()):
            path = labels.with_name(f"{labels.stem}-{number}.parquet")
            if not path.is_file():
                write_parquet_atomic(path, table.filter(pc.equal(table["target"], target)))
            part.train(path, self._place(number, work))
        return f"{work.name}:panel"

    def score(self, model: str, work: Workplace) -> JoinedScores:  # noqa: ARG002 - one a round
        """Score the pool for each target and join the scores."""
        tables = [
            part.score(part.train(self._labels(number, work), place), place)
            for number, part in enumerate(self.parts.values())
            for place in [self._place(number, work)]
        ]
        direction = None
        if self.objective.aggregate == "pareto":
            rng = np.random.default_rng(child_seed(work.seed, "direction"))
            direction = tuple(rng.dirichlet(np.ones(len(self.objective.components))).tolist())
        seed = child_seed(work.seed, "draws")
        targets = tuple(self.parts)
        return JoinedScores(self.objective, targets, tuple(tables), work.library, direction, seed)

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Return what each target's surrogate tells."""
        told = {}
        for number, (target, part) in enumerate(self.parts.items()):
            place = self._place(number, work)
            told[target] = part.record(part.train(self._labels(number, work), place), place)
        return {"model": model, "targets": told}

    def _labels(self, number: int, work: Workplace) -> Path:
        root = work.screen.parent.parent
        return root / "training" / f"{work.screen.name}-{number}.parquet"

    def _place(self, number: int, work: Workplace) -> Workplace:
        return replace(
            work,
            name=f"{work.name}-{number}",
            screen=work.screen / f"target-{number}",
            former=None,  # what one target calls hopeless may be wanted for another
            seed=child_seed(work.seed, "target", number),
        )


@dataclass(frozen=True, slots=True)
class JoinedScores:
    """The utility of a pool, shard by shard: SCORES tables; iterable often.

    Mean and spread over draws from the targets' normal distributions, taken as independent. The
    same draws serve every compound, so that equal predictions have equal utilities.

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
    direction
        Where the Pareto front is looked for in this round; None elsewhere.
    seed
        Of the draws.
    """

    objective: ObjectiveConfig
    targets: tuple[str, ...]
    tables: tuple[Iterable[pa.Table], ...]
    library: Path
    direction: tuple[float, ...] | None
    seed: int

    def __iter__(self) -> Iterator[pa.Table]:
        """Join one shard after the other."""
        library = Library.open(self.library)
        for group in zip(*self.tables, strict=True):
            first = group[0].sort_by("compound_id")
            others = [table.sort_by("compound_id") for table in group[1:]]
            yield self._join(library, [first, *others])

    def _join(self, library: Library, tables: list[pa.Table]) -> pa.Table:
        ids = tables[0].column("compound_id").to_pylist()
        draws: dict[str, Floats] = {}
        for target, table in zip(self.targets, tables, strict=True):
            mean, std = (
                table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
                for name in ("score", "std")
            )
            noise = np.random.default_rng(child_seed(self.seed, target)).standard_normal(_DRAWS)
            draws[target] = mean[:, None] + np.nan_to_num(std)[:, None] * noise
        fixed = _descriptors(library, ids, self.objective)
        columns = [
            desirability(
                one.transform,
                draws[one.target]
                if one.target
                else np.broadcast_to(fixed[one.property][:, None], (len(ids), _DRAWS)),
            )
            for one in self.objective.components
        ]
        utility = self.objective.join(np.stack(columns, axis=-1), self.direction)
        mean, std = utility.mean(axis=1), utility.std(axis=1)
        inside = np.ones(len(ids), bool)
        for table in tables:
            inside &= table.column("in_domain").to_numpy(zero_copy_only=False)
        return SCORES.build(
            {
                "compound_id": ids,
                "score": mean.astype(np.float32),
                "std": std.astype(np.float32),
                "lower": np.quantile(utility, 0.05, axis=1).astype(np.float32),
                "upper": np.quantile(utility, 0.95, axis=1).astype(np.float32),
                "in_domain": inside,
                "status": [str(Status.FAILED if np.isnan(v) else Status.OK) for v in mean],
            }
        )


def _descriptors(
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


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
