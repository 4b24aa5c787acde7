"""A surrogate for each target of a panel; what they foretell is joined to a utility."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.campaign.hopeless import KEPT, Foretold, prune_panel, utilities_of
from hitsieve.campaign.joined import JoinedScores
from hitsieve.campaign.panel import UTILITY
from hitsieve.campaign.quick.config import PruneConfig
from hitsieve.campaign.surrogate import Embeds
from hitsieve.errors import ConfigError, DatasetError, UsageError
from hitsieve.provenance import child_seed
from hitsieve.store.files import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.campaign.quick.prune import Pruning
    from hitsieve.campaign.surrogate import Surrogate, Workplace

    Floats = NDArray[np.float64]

_LEAST: Final = 1e-12


@dataclass(frozen=True)
class PanelSurrogate:
    """A surrogate for each target; what they foretell is joined to a utility.

    Parameters
    ----------
    objective
        The wishes.
    parts
        Surrogates by target. What they themselves would leave out is scored all the same: it may
        be wanted for another target.
    prune
        What later rounds leave out, see :mod:`hitsieve.campaign.hopeless`.

    Raises
    ------
    ConfigError
        If a campaign that looks from several directions is to leave something out.
    """

    objective: ObjectiveConfig
    parts: dict[str, Surrogate]
    prune: PruneConfig = field(default_factory=PruneConfig)

    def __post_init__(self) -> None:
        """Refuse what cannot be judged."""
        if self.prune.loss and self.objective.looks_around:
            raise ConfigError(
                "`prune` with `aggregate: pareto`: what is hopeless from one direction may be the "
                "best from another",
                cure="leave `prune` out, or use another aggregate",
            )

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of everything that decides its predictions."""
        told = {target: part.settings for target, part in sorted(self.parts.items())}
        pruning = {"prune": self.prune.model_dump(mode="json")} if self.prune.loss else {}
        return {"kind": "panel", "objective": self.objective.settings, **pruning, **told}

    def train(self, labels: Path, work: Workplace) -> str:
        """Train the surrogate of each target on its own labels.

        Raises
        ------
        DatasetError
            If too little is measured of a target; none learns then, as more may be told.
        """
        table = pq.read_table(labels)
        self._refuse_too_few(table)
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
        directions = self.objective.drawn(child_seed(work.seed, "direction"))
        seed = child_seed(work.seed, "draws")
        targets = tuple(self.parts)
        return JoinedScores(self.objective, targets, tuple(tables), work.library, directions, seed)

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Return what each target's surrogate tells."""
        told = {}
        for number, (target, part) in enumerate(self.parts.items()):
            place = self._place(number, work)
            told[target] = part.record(part.train(self._labels(number, work), place), place)
        if not self.prune.loss:
            return {"model": model, "targets": told}
        return {"model": model, "targets": told, "pruned": asdict(self._prune(told, work))}

    def _refuse_too_few(self, table: pa.Table) -> None:
        for target, part in self.parts.items():
            mine = table.filter(pc.equal(table["target"], target))
            found = len(pc.unique(mine["compound_id"]))
            fewest: int = getattr(part, "fewest", 1)
            if found < fewest:
                raise DatasetError(
                    f"{found} compounds of {target!r} are measured, a surrogate needs {fewest}",
                    cure="of a laboratory, tell more results and ask again; else begin a campaign "
                    "with a larger `initial` in another folder, and copy `labels` there",
                )

    def _prune(self, told: Mapping[str, Mapping[str, Any]], work: Workplace) -> Pruning:
        known = {
            target: Foretold.of(
                self._place(number, work).screen,
                told[target],
                higher_is_better=getattr(part, "higher_is_better", True),
            )
            for number, (target, part) in enumerate(self.parts.items())
        }
        labels = self._labels(None, work)
        utilities = utilities_of(labels, UTILITY)
        place = (work.library, work.screen, work.former)
        return prune_panel(self.prune, self.objective, known, utilities, *place)

    def embed(self, model: str, labels: Path, ids: Sequence[str], work: Workplace) -> Floats:
        """Return what the surrogates of all targets see, side by side, each counting the same.

        Raises
        ------
        UsageError
            If one of them cannot tell.
        """
        del model, labels
        seen = []
        for number, (target, part) in enumerate(self.parts.items()):
            if not isinstance(part, Embeds):
                raise UsageError(
                    f"the surrogate of {target!r} has no space of its own",
                    cure="use `diversity.space: fingerprint`",
                )
            place, path = self._place(number, work), self._labels(number, work)
            vectors = part.embed(part.train(path, place), path, ids, place)
            spread = float(((vectors - vectors.mean(axis=0)) ** 2).sum(axis=1).mean())
            seen.append(vectors / max(spread, _LEAST) ** 0.5)
        return np.concatenate(seen, axis=1)

    def _labels(self, number: int | None, work: Workplace) -> Path:
        """Return what a target's surrogate learns from; None for the table of all of them."""
        name = work.screen.name if number is None else f"{work.screen.name}-{number}"
        return work.screen.parent.parent / "training" / f"{name}.parquet"

    def _place(self, number: int, work: Workplace) -> Workplace:
        return replace(
            work,
            name=f"{work.name}-{number}",
            screen=work.screen / f"target-{number}",
            former=None if work.former is None else work.former / f"target-{number}",
            # What one target calls hopeless may be wanted for another: all of them decide.
            kept=None if work.former is None else work.former / KEPT,
            seed=child_seed(work.seed, "target", number),
        )
