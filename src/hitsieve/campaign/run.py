"""Running a campaign: the first thing that is not done yet, until nothing is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.acquire import value_to_beat
from hitsieve.campaign.choose import Wanted, first_round, next_round, wanted_of
from hitsieve.campaign.excluded import read_excluded
from hitsieve.campaign.found import estimate_found, keep_estimate
from hitsieve.campaign.laboratory import Laboratory, sheet_of
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.plan import plan_of
from hitsieve.campaign.progress import Ending, ending
from hitsieve.campaign.state import CampaignFolder, Chosen, Round
from hitsieve.campaign.surrogate import Workplace
from hitsieve.errors import DatasetError, IncompleteError, UsageError
from hitsieve.library import Library
from hitsieve.oracles.measure import Progressed, measure
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.picks import Pick
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Compound, Oracle

    OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """A campaign as far as it is: its folder, its finished rounds, and why it ended."""

    folder: Path
    rounds: tuple[Round, ...]
    ending: Ending

    @property
    def measured(self) -> int:
        """Compounds measured in all rounds, failures included."""
        return sum(len(one.picks) for one in self.rounds)


def run_campaign(
    config: CampaignConfig,
    oracle: Oracle,
    surrogate: Surrogate,
    executor: Executor,
    *,
    progress: OnProgress | None = None,
) -> CampaignSummary:
    """Run a campaign to its end, or go on with one that was interrupted.

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
        If work was interrupted, or a laboratory's results are awaited; running it again goes
        on.
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
        self.folder = CampaignFolder(
            config.folder.absolute(), plan_of(config, oracle, surrogate, self.library)
        )
        self._progress = progress or _silent
        self._excluded: frozenset[str] | None = None

    def run(self) -> CampaignSummary:
        """Run all rounds that are not finished, until one of the reasons to end holds."""
        rounds = self.folder.rounds()
        while (end := self.advance(rounds)) is None:
            rounds.append(self.step(len(rounds), rounds))
        self.folder.sweep()
        return CampaignSummary(self.folder.root, tuple(rounds), end)

    def advance(self, rounds: Sequence[Round]) -> Ending | None:
        """Estimate what was found so far, and return why the campaign ends, if it does."""
        self.estimate(rounds)
        return self.ending(rounds)

    def ending(self, rounds: Sequence[Round]) -> Ending | None:
        """Return why the campaign ends after some finished rounds, or None if it goes on."""
        return ending(
            self.config,
            rounds,
            pool=len(self.library) - len(self.excluded),
            higher_is_better=self.oracle.higher_is_better,
            stopped=self.folder.stopped,
            estimate=self.folder.estimate(len(rounds) - 1) if rounds else None,
        )

    def estimate(self, rounds: Sequence[Round]) -> Estimate | None:
        """Return what the audit says of the share found, estimated once a round and kept."""
        if not rounds or not self.config.controls:
            return None
        number = len(rounds) - 1
        standing = self.folder.estimate(number)
        if standing is not None:
            return standing
        model = rounds[-1].model
        found = estimate_found(
            self.config,
            rounds,
            self.surrogate.score(model, self._workplace(number)) if model else None,
            pool=len(self.library) - len(self.excluded),
            higher_is_better=self.oracle.higher_is_better,
        )
        if found is not None:
            keep_estimate(self.folder.estimate_path(number), found)
        return found

    @property
    def excluded(self) -> frozenset[str]:
        """Compounds that the configuration keeps out."""
        if self._excluded is None:
            self._excluded = read_excluded(self.library, self.config.exclude)
        return self._excluded

    @property
    def asks_by_files(self) -> bool:
        """Whether a laboratory measures, which is asked and told by files."""
        return isinstance(self.oracle, Laboratory)

    def step(self, number: int, before: list[Round]) -> Round:
        """Return a round, running what is left of it.

        Parameters
        ----------
        number
            Of the round, from 0.
        before
            All rounds before it, finished.

        Raises
        ------
        IncompleteError
            If a laboratory's results are awaited.
        """
        if self.folder.finished(number):
            return self.folder.round(number)
        return self._measure(number, self.choose(number, before))

    def choose(self, number: int, before: Sequence[Round]) -> Chosen:
        """Return the picks of a round, choosing them unless that is done."""
        standing = self.folder.choice(number)
        if standing is not None:
            return standing
        wanted = self._wanted(number, before)
        if number == 0:
            picks = first_round(self.config, self.library, wanted)
            return self.folder.choose(0, self._chosen("", picks, wanted))
        return self._next(number, before, wanted)

    def ask(self, number: int, chosen: Chosen) -> list[Path]:
        """Write the batch of a round for a laboratory.

        Raises
        ------
        UsageError
            If the oracle is none that is asked by files.
        """
        if not isinstance(self.oracle, Laboratory):
            raise UsageError(
                f"oracle {self.oracle.name!r} measures by itself",
                cure="use `hitsieve campaign run`",
            )
        return self.oracle.ask(sheet_of(self.library, chosen), batch=self.batch(number))

    def batch(self, number: int) -> str:
        """Return the name of a round's batch."""
        return f"{self.config.name[:_BATCH_NAME]}-r{number}"

    def waiting(self, chosen: Chosen) -> list[str]:
        """Return the picks whose results a laboratory still owes; none of any other oracle."""
        if not isinstance(self.oracle, Laboratory):
            return []
        return self.oracle.waiting([pick.compound_id for pick in chosen.picks])

    def _next(self, number: int, before: Sequence[Round], wanted: Wanted) -> Chosen:
        work = self._workplace(number)
        audit = {name for one in before for name in one.audit}
        best = self._to_beat(before)
        model = self.surrogate.train(
            self.folder.training_table(number, self._labels(before), audit), work
        )
        scores = self.surrogate.score(model, work)
        picks = next_round(
            self.config,
            self.library,
            scores,
            wanted,
            higher_is_better=self.oracle.higher_is_better,
            best=best,
        )
        told = self.surrogate.record(model, work)
        return self.folder.choose(number, self._chosen(model, picks, wanted, told))

    def _chosen(
        self, model: str, picks: list[Pick], wanted: Wanted, told: dict[str, Any] | None = None
    ) -> Chosen:
        short = self.config.budget.money if len(picks) < wanted.n else None
        return Chosen(model, tuple(picks), tuple(wanted.controls), told or {}, short)

    def _wanted(self, number: int, before: Sequence[Round]) -> Wanted:
        seed = self._workplace(number).seed if number else child_seed(self.config.seed, "initial")
        return wanted_of(self.config, self.library, self.excluded, before, seed=seed)

    def _measure(self, number: int, chosen: Chosen) -> Round:
        compounds = self._compounds(chosen)
        if isinstance(self.oracle, Laboratory):
            self.ask(number, chosen)
            missing = self.waiting(chosen)
            if missing:
                raise IncompleteError(
                    f"{len(missing)} of {len(compounds)} compounds of round {number} wait for "
                    "results of the laboratory",
                    cure="tell them: hitsieve campaign tell; or close the batch",
                )
            return self.folder.finish(number, self.oracle.measure(compounds))

        def told(at: Progressed) -> None:
            self._progress("measure", at.done, at.total)

        place = (compounds, self.executor, self.folder.labels, self.config.measure)
        if isinstance(self.oracle, Panel):
            return self.folder.finish(number, self.oracle.measure_all(*place, told))
        return self.folder.finish(number, measure(self.oracle, *place, progress=told))

    def _compounds(self, chosen: Chosen) -> list[Compound]:
        names = [pick.compound_id for pick in chosen.picks]
        rows = self.library.lookup(names, ["compound_id", "smiles"]).to_pylist()
        smiles = {row["compound_id"]: row["smiles"] for row in rows}
        return [(name, smiles[name]) for name in names]

    def _labels(self, before: Sequence[Round]) -> pa.Table:
        """Return all labels so far; a laboratory may have told more since a round was closed."""
        labels = pa.concat_tables([one.labels for one in before])
        if not isinstance(self.oracle, Laboratory):
            return labels
        rows = labels.select(["compound_id", "smiles"]).to_pylist()
        return self.oracle.measure([(row["compound_id"], row["smiles"]) for row in rows])

    def _to_beat(self, before: Sequence[Round]) -> float | None:
        values = np.array([value for one in before for value in one.values])
        if np.isnan(values).all():
            raise DatasetError(
                f"oracle {self.oracle.name!r} measured none of {len(values)} compounds",
                cure=f"the reasons are in {self.folder.root / 'rounds'}",
            )
        higher = self.oracle.higher_is_better
        return value_to_beat(self.config.acquisition, values, higher_is_better=higher)

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
            former=self.folder.screen(number - 1) if number > 1 else None,
            cache=self.folder.cache,
        )


_BATCH_NAME = 30


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""
