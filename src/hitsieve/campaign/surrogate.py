"""Surrogates: what stands in for the oracle where it is too expensive to ask."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, runtime_checkable

import numpy as np
from pydantic import Field, model_validator

from hitsieve.config import StrictConfig
from hitsieve.library import Library
from hitsieve.modeling.config import LabelData, SplitConfig, TrainConfig
from hitsieve.registry.registry import Registry
from hitsieve.schema import SCORES
from hitsieve.screen import ScreenConfig, load_plan, run_screen
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from hitsieve.engine.executor import Executor

    OnProgress = Callable[[str, int, int], None]

# Measured compounds, as hitsieve.modeling.parts asks of the training part and of the others.
_TRAIN: Final = 20
_PART: Final = 5
_ROUNDING: Final = 1e-9
_QUICK_ONLY: Final = ("prune", "rescore", "fine_tune", "kinds", "blend")


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a surrogate of one round works.

    Parameters
    ----------
    name
        Of the model to be trained.
    library, registry, screen, runs
        Folders: the pool, the models, the scores to be made, and what may differ between runs.
    executor
        Where the work runs.
    seed
        Of everything random in this round.
    progress
        Called with what is done (``train`` or ``screen``), how much, and how much in all.
    former
        The ``screen`` folder of the round before; None in the first scored round.
    cache
        Folder for what may be computed again at any time.
    kept
        Folder that names the compounds which are still looked at, a file a shard; where a shard
        has none, all are. None: what ``former`` says counts.
    """

    name: str
    library: Path
    registry: Path
    screen: Path
    runs: Path
    executor: Executor
    seed: int
    progress: OnProgress
    former: Path | None = None
    cache: Path | None = None
    kept: Path | None = None


class Surrogate(Protocol):
    """Learns from labels and scores a library.

    Both methods must continue where an interrupted call of the same round stopped.

    Notes
    -----
    A surrogate may have a number ``fewest``: with fewer measured compounds a round does not begin
    to learn, so that a laboratory can tell more.
    """

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of everything that decides its predictions."""

    def train(self, labels: Path, work: Workplace) -> str:
        """Learn from a LABELS file and return what names the model."""

    def score(self, model: str, work: Workplace) -> Iterable[pa.Table]:
        """Score the library; return SCORES tables that cover it, in a fixed order.

        Compounds that cannot be picked any more may be left out. The tables are read more
        than once.
        """

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Return JSON values that tell how the model did, equal in every run; after ``score``."""


@runtime_checkable
class Embeds(Protocol):
    """A surrogate that can show compounds as it sees them, for diverse batches."""

    def embed(
        self, model: str, labels: Path, ids: Sequence[str], work: Workplace
    ) -> NDArray[np.float64]:
        """Return vectors in which what the model takes for alike lies together.

        Parameters
        ----------
        model, labels, work
            As for ``train``, and what it returned.
        ids
            n compounds of the library.

        Returns
        -------
        float64 (n, p), in the order of the ids.
        """


class GraphSurrogateConfig(StrictConfig):
    """How the graph networks of a campaign are trained.

    Parameters
    ----------
    kind
        ``graph``.
    recipe, overrides
        Training recipe, and settings laid over it.
    split
        How labels are divided into training, validation and test part.
    license
        Terms of the labels, for the model card.
    title
        What the labels are, in words, for the model card.
    """

    kind: Literal["graph"] = "graph"
    recipe: str = "fast"
    overrides: dict[str, Any] = Field(default_factory=dict)
    split: SplitConfig = SplitConfig()
    license: str = "as the library"
    title: str = "labels of an active-learning campaign"

    @model_validator(mode="before")
    @classmethod
    def _scores_everything(cls, values: Any) -> Any:  # noqa: ANN401 - whatever was given
        asked = [name for name in _QUICK_ONLY if isinstance(values, dict) and name in values]
        if asked:
            raise ValueError(
                f"`{asked[0]}` goes with `kind: quick`, such as `kinds: [network]`: `kind: graph` "
                "trains anew each round and scores the whole pool"
            )
        return values


@dataclass(frozen=True)
class GraphSurrogate:
    """An ensemble of graph networks, registered each round and run as a screen.

    Parameters
    ----------
    target
        Of the oracle.
    higher_is_better
        Direction of the oracle's endpoint.
    config
        How it is trained.
    """

    target: str
    higher_is_better: bool = True
    config: GraphSurrogateConfig = field(default_factory=GraphSurrogateConfig)

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of everything that decides its predictions."""
        return self.config.model_dump(mode="json")

    @property
    def fewest(self) -> int:
        """Measured compounds it needs, so that no part of the split is too small to judge by."""
        if self.config.split.kind == "column":
            return 1
        train, *judged = self.config.split.fractions
        return math.ceil(max(_TRAIN / train, _PART / min(judged)) - _ROUNDING)

    def train(self, labels: Path, work: Workplace) -> str:
        """Train and register the round's model, unless an earlier call did."""
        from hitsieve.modeling.train import train_model

        # The registry belongs to the campaign and the name to the round: what stands under it
        # was made from the same labels.
        standing = Registry(work.registry).versions(work.name)
        if standing:
            return standing[0].reference
        config = TrainConfig(
            name=work.name,
            data=(
                LabelData(
                    labels=labels,
                    direction="higher" if self.higher_is_better else "lower",
                    license=self.config.license,
                    title=self.config.title,
                ),
            ),
            split=self.config.split,
            recipe=self.config.recipe,
            overrides=self.config.overrides,
            seed=work.seed,
            registry=work.registry,
            runs=work.runs,
        )
        trained = train_model(
            config, work.executor, lambda stage, n, of: work.progress(f"train: {stage}", n, of)
        )
        return trained.entry.reference

    def score(self, model: str, work: Workplace) -> Iterable[pa.Table]:
        """Run or continue the round's screen."""
        work.progress("screen", 0, len(Library.open(work.library)))
        config = ScreenConfig(
            library=work.library,
            models=[model],
            output=work.screen,
            registry=work.registry,
            targets=[self.target],
        )
        run_screen(
            config,
            work.executor,
            lambda p: work.progress("screen", p.compounds_done, p.compounds_total),
        )
        return ScoredPool(work.screen, self.target)

    def embed(
        self, model: str, labels: Path, ids: Sequence[str], work: Workplace
    ) -> NDArray[np.float64]:
        """Return what the model's first network hands to its head, float64 (n, hidden)."""
        from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
        from hitsieve.scoring.embed import embed
        from hitsieve.scoring.load import load_scorer

        del labels
        scorer = load_scorer(Registry(work.registry).read(model).folder)
        columns = list(dict.fromkeys(["compound_id", *BATCH_COLUMNS]))
        table = Library.open(work.library).lookup(ids, columns)
        found = embed(scorer.ensemble, CompoundBatch.from_library(table).graphs)
        place = {name: row for row, name in enumerate(table["compound_id"].to_pylist())}
        return found[[place[name] for name in ids]].astype(np.float64)

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Return the test metrics of the model's card."""
        card = Registry(work.registry).read(model).contents.card
        return {
            "metrics": [
                {"metric": m.metric, "value": m.network.value, "baseline": m.baseline.value}
                for m in card.metrics
                if m.target == self.target
            ]
        }


@dataclass(frozen=True, slots=True)
class ScoredPool:
    """The scores of a finished screen for one target, shard by shard; iterable many times."""

    screen: Path
    target: str

    def __iter__(self) -> Iterator[pa.Table]:
        """Read one committed shard after the other."""
        for unit in load_plan(self.screen).units:
            for output in unit.outputs:
                if output.target == self.target:
                    with open_parquet(self.screen / output.path, SCORES) as opened:
                        yield opened.read(columns=SCORES.names)
