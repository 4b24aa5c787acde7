"""The loop of any campaign: the first thing that is not done yet, until a reason to end holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from hitsieve.campaign.found import keep_estimate, read_estimate, read_known
from hitsieve.campaign.front import FRONT, write_front
from hitsieve.campaign.laboratory import Laboratory
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.progress import Ending, ending
from hitsieve.campaign.standing import fingerprint_of, settled, standing
from hitsieve.campaign.timing import note_seconds
from hitsieve.errors import DatasetError, IncompleteError, UsageError
from hitsieve.oracles.measure import Progressed, measure
from hitsieve.store.lease import Lease
from hitsieve.threads import one_thread_algebra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.state import CampaignFolder, Chosen, Round
    from hitsieve.campaign.stopping import StoppingConfig
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.measure import MeasureConfig
    from hitsieve.oracles.protocol import Compound, Oracle

    OnProgress = Callable[[str, int, int], None]

_BATCH_NAME: Final = 30


class LoopConfig(Protocol):
    """Settings that every kind of campaign has; see :class:`~.config.CampaignConfig`."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as in CampaignConfig

    @property
    def rounds(self) -> int: ...  # noqa: D102 - as in CampaignConfig

    @property
    def controls(self) -> float: ...  # noqa: D102 - as in CampaignConfig

    @property
    def budget(self) -> BudgetConfig: ...  # noqa: D102 - as in CampaignConfig

    @property
    def stop(self) -> StoppingConfig: ...  # noqa: D102 - as in CampaignConfig

    @property
    def measure(self) -> MeasureConfig: ...  # noqa: D102 - as in CampaignConfig

    @property
    def seed(self) -> int: ...  # noqa: D102 - as in CampaignConfig


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


class Loop(ABC):
    """Rounds over files: choose, measure, estimate, end.

    What may be chosen, and how, is left to the kinds of campaigns: over a library
    (:class:`~hitsieve.campaign.run.Campaign`), or over reagents
    (:class:`~hitsieve.campaign.reagents.run.ReagentCampaign`).

    Parameters
    ----------
    config
        Sizes, limits and seed.
    oracle
        What measures.
    executor
        Where all of it runs.
    folder
        The state.
    progress
        Called with what is done, how much, and how much in all.
    """

    def __init__(
        self,
        config: LoopConfig,
        oracle: Oracle,
        executor: Executor,
        folder: CampaignFolder,
        progress: OnProgress | None = None,
    ) -> None:
        self.config = config
        self.oracle = oracle
        self.executor = executor
        self.folder = folder
        self._told = progress or _silent
        self._lease = Lease(folder.driver, f"the campaign in {folder.root}")

    @property
    @abstractmethod
    def pool(self) -> int:
        """Compounds that may be picked in all."""

    @abstractmethod
    def choose(self, number: int, before: Sequence[Round]) -> Chosen:
        """Return the picks of a round, choosing them unless that is done."""

    @abstractmethod
    def compounds(self, chosen: Chosen) -> list[Compound]:
        """Return what is to be measured, in the order of the picks."""

    @abstractmethod
    def sheet(self, chosen: Chosen) -> pa.Table:
        """Return the picks as a laboratory gets them."""

    @abstractmethod
    def _estimated(self, rounds: Sequence[Round]) -> Estimate | None:
        """Estimate the share found after the last of some finished rounds."""

    @contextmanager
    def settling(self, number: int, before: Sequence[Round]) -> Iterator[list[Round]]:
        """Give the rounds before one as they stand when it is chosen, the same ones in every try.

        If they are too little to learn from, they are not settled: more may be told.
        """
        if not self.asks_by_files:
            yield list(before)
            return
        try:
            yield settled(self.folder, number, before)
        except DatasetError:
            self.folder.unsettle(number)
            raise

    def alone(self) -> Lease:
        """Return what keeps other processes off while a body works on the campaign.

        Two would measure the same, both at the full price. Entering it raises an IncompleteError
        if another process works on the campaign.
        """
        return self._lease

    def rounds(self) -> list[Round]:
        """Return all finished rounds with the labels that stand now; see :func:`standing`."""
        return standing(self.oracle, self.folder.rounds())

    def run(self) -> CampaignSummary:
        """Run all rounds that are not finished, until one of the reasons to end holds.

        Raises
        ------
        IncompleteError
            If another process runs it, work was interrupted, or results are awaited.
        """
        with self.alone():
            rounds = self.rounds()
            while (end := self.advance(rounds)) is None:
                rounds.append(self.step(len(rounds), rounds))
            self.folder.sweep()
        return CampaignSummary(self.folder.root, tuple(rounds), end)

    def advance(self, rounds: Sequence[Round]) -> Ending | None:
        """Tell what was found so far, and return why the campaign ends, if it does."""
        self.estimate(rounds)
        if isinstance(self.oracle, Panel) and rounds:
            write_front(self.folder.root / FRONT, self.oracle, rounds)
        return self.ending(rounds)

    def ending(self, rounds: Sequence[Round]) -> Ending | None:
        """Return why the campaign ends after some finished rounds, or None if it goes on."""
        return ending(
            self.config,
            rounds,
            pool=self.pool,
            higher_is_better=self.oracle.higher_is_better,
            stopped=self.folder.stopped,
            estimate=self.folder.estimate(len(rounds) - 1) if rounds else None,
        )

    def estimate(self, rounds: Sequence[Round]) -> Estimate | None:
        """Return what the audit says of the share found, estimated once a round and kept.

        Where a laboratory has told more since, it is estimated anew.
        """
        if not rounds or not self.config.controls:
            return None
        path = self.folder.estimate_path(len(rounds) - 1)
        known = fingerprint_of(rounds) if self.asks_by_files else ""
        kept = read_estimate(path)
        if kept is not None and known == read_known(path):
            return kept
        found = self._estimated(rounds)
        if found is not None:
            keep_estimate(path, found, known)
        return found

    @property
    def replicates(self) -> int:
        """Measurements that each compound gets."""
        return self.oracle.replicates if isinstance(self.oracle, Laboratory) else 1

    @property
    def asks_by_files(self) -> bool:
        """Whether a laboratory measures, which is asked and told by files."""
        return isinstance(self.oracle, Laboratory)

    @one_thread_algebra()
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
            If another process works on the campaign, or a laboratory's results are awaited.
        """
        if not self.folder.finished(number):
            with self.alone():
                if not self.folder.finished(number):  # by whoever held it before
                    return self._measure(number, self.choose(number, before))
        return standing(self.oracle, [self.folder.round(number)])[0]

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
        return self.oracle.ask(self.sheet(chosen), batch=self.batch(number))

    def batch(self, number: int) -> str:
        """Return the name of a round's batch."""
        return f"{self.config.name[:_BATCH_NAME]}-r{number}"

    def waiting(self, chosen: Chosen) -> list[str]:
        """Return the picks whose results a laboratory still owes; none of any other oracle."""
        if not isinstance(self.oracle, Laboratory):
            return []
        return self.oracle.waiting([pick.compound_id for pick in chosen.picks])

    def _measure(self, number: int, chosen: Chosen) -> Round:
        compounds = self.compounds(chosen)
        if isinstance(self.oracle, Laboratory):
            self.ask(number, chosen)
            missing = self.waiting(chosen)
            if missing:
                raise IncompleteError(
                    f"{len(missing)} of {len(compounds)} compounds of round {number} wait for "
                    "results of the laboratory",
                    cure=f"tell them: hitsieve campaign tell {self.folder.root} results.csv; or "
                    "give them up with --close",
                )
            return self.folder.finish(number, self.oracle.measure(compounds))

        def told(at: Progressed) -> None:
            if at.seconds is not None:
                note_seconds(self.folder.root, number, at.seconds)
            self._progress("measure", at.done, at.total)

        place = (compounds, self.executor, self.folder.labels, self.config.measure)
        if isinstance(self.oracle, Panel):
            return self.folder.finish(number, self.oracle.measure_all(*place, told))
        return self.folder.finish(number, measure(self.oracle, *place, progress=told))

    def _progress(self, stage: str, done: int, total: int) -> None:
        self._lease.check()
        self._told(stage, done, total)


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""
