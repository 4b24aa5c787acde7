"""Running a campaign: the first thing that is not done yet, until nothing is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.campaign.picks import initial_picks, next_picks
from hitsieve.campaign.state import CampaignFolder, Chosen, Round
from hitsieve.campaign.surrogate import Workplace
from hitsieve.errors import DatasetError
from hitsieve.library import Library
from hitsieve.oracles.measure import Progressed, measure
from hitsieve.oracles.store import LabelStore
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Oracle

    OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """A finished campaign: its folder and all rounds, round 0 first."""

    folder: Path
    rounds: tuple[Round, ...]

    @property
    def measured(self) -> int:
        """Compounds measured in all rounds, failures included."""
        return sum(one.labels.num_rows for one in self.rounds)


def run_campaign(
    config: CampaignConfig,
    oracle: Oracle,
    surrogate: Surrogate,
    executor: Executor,
    *,
    progress: OnProgress | None = None,
) -> CampaignSummary:
    """Run a campaign to its last round, or go on with one that was interrupted.

    Parameters
    ----------
    config
        Library, folder, sizes and seed.
    oracle
        What measures.
    surrogate
        What learns and scores.
    executor
        Where all of it runs.
    progress
        Called with what is done (``measure``, ``train: ...``, ``screen``), how much, and how
        much in all.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    DatasetError
        If the library is smaller than round 0, or nothing could be measured.
    IncompleteError
        If work was interrupted; running it again goes on.
    """
    return Campaign(config, oracle, surrogate, executor, progress).run()


class Campaign:
    """A campaign over files; see :func:`run_campaign`, which runs all of it.

    Parameters
    ----------
    config, oracle, surrogate, executor, progress
        As for :func:`run_campaign`.
    """

    def __init__(
        self,
        config: CampaignConfig,
        oracle: Oracle,
        surrogate: Surrogate,
        executor: Executor,
        progress: OnProgress | None = None,
    ) -> None:
        self.config = config
        self.oracle = oracle
        self.surrogate = surrogate
        self.executor = executor
        self.library = Library.open(config.library)
        self.folder = CampaignFolder(config.folder.absolute(), self._plan())
        self._progress = progress or _silent

    def run(self) -> CampaignSummary:
        """Run all rounds that are not finished."""
        rounds: list[Round] = []
        for number in range(self.config.rounds + 1):
            rounds.append(self.step(number, rounds))
        return CampaignSummary(self.folder.root, tuple(rounds))

    def step(self, number: int, before: list[Round]) -> Round:
        """Return a round, running what is left of it.

        Parameters
        ----------
        number
            Of the round, from 0.
        before
            All rounds before it, finished.
        """
        if self.folder.finished(number):
            return self.folder.round(number)
        chosen = self.folder.choice(number)
        if chosen is None:
            chosen = self._first() if number == 0 else self._next(number, before)
        return self._measure(number, chosen)

    def _first(self) -> Chosen:
        wanted = self.config.initial
        if len(self.library) < wanted:
            raise DatasetError(
                f"library {self.config.library} has {len(self.library)} compounds, round 0 "
                f"measures {wanted}",
                cure="lower `initial`, or take a larger library",
            )
        picks = initial_picks(self._ids(), wanted, seed=child_seed(self.config.seed, "initial"))
        return self.folder.choose(0, "", picks)

    def _next(self, number: int, before: list[Round]) -> Chosen:
        work = self._workplace(number)
        model = self.surrogate.train(self.folder.training_table(number, before), work)
        scores = self.surrogate.score(model, work)
        picks = next_picks(
            scores,
            self.config.batch,
            acquisition=self.config.acquisition,
            exclude={pick.compound_id for one in before for pick in one.picks},
            higher_is_better=self.oracle.higher_is_better,
            seed=work.seed,
            best=self._best(before),
        )
        return self.folder.choose(number, model, picks)

    def _measure(self, number: int, chosen: Chosen) -> Round:
        names = [pick.compound_id for pick in chosen.picks]
        rows = self.library.lookup(names, ["compound_id", "smiles"]).to_pylist()
        smiles = {row["compound_id"]: row["smiles"] for row in rows}

        def told(at: Progressed) -> None:
            self._progress("measure", at.done, at.total)

        labels = measure(
            self.oracle,
            [(name, smiles[name]) for name in names],
            self.executor,
            self.folder.labels,
            self.config.measure,
            progress=told,
        )
        return self.folder.finish(number, labels)

    def _best(self, before: list[Round]) -> float:
        values = np.array([value for one in before for value in one.values])
        if np.isnan(values).all():
            raise DatasetError(
                f"oracle {self.oracle.name!r} measured none of {len(values)} compounds",
                cure=f"the reasons are in {self.folder.root / 'rounds'}",
            )
        return float(np.nanmax(values) if self.oracle.higher_is_better else np.nanmin(values))

    def _ids(self) -> Iterator[str]:
        for table in self.library.iter_tables(["compound_id"]):
            yield from table.column("compound_id").to_pylist()

    def _workplace(self, number: int) -> Workplace:
        return Workplace(
            name=f"{self.config.name}-r{number}",
            library=self.config.library.absolute(),
            registry=self.folder.registry,
            screen=self.folder.screen(number),
            runs=self.folder.root / "runs",
            executor=self.executor,
            seed=child_seed(self.config.seed, "round", number),
            progress=self._progress,
        )

    def _plan(self) -> dict[str, Any]:
        """Return what decides every pick; neither places, nor limits, nor the executor do.

        The number of rounds is left out: a campaign may be prolonged.
        """
        config = self.config.model_dump(
            mode="json", exclude={"library", "folder", "measure", "rounds"}
        )
        return {
            "config": config,
            "oracle": LabelStore.of(self.config.folder, self.oracle).key,
            "surrogate": self.surrogate.settings,
            "shards": [[shard.name, shard.sha256] for shard in self.library.shards],
        }


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""
