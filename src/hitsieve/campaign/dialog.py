"""Asking a laboratory and taking its answers, one round after the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hitsieve.campaign.front import FRONT, write_front
from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.errors import UsageError
from hitsieve.oracles.inbox import InboxOracle
from hitsieve.threads import one_thread_algebra

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.loop import Loop
    from hitsieve.campaign.progress import Ending
    from hitsieve.campaign.state import Round
    from hitsieve.oracles.inbox import PlateQuality, RefusedRow


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch that waits for results.

    Parameters
    ----------
    round
        Its number.
    files
        What was written for the laboratory.
    compounds, waiting
        Compounds in it, and those that miss results.
    ending
        Why there is nothing to ask any more; None if there is.
    """

    round: int
    files: tuple[Path, ...]
    compounds: int
    waiting: int
    ending: Ending | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "files": [str(path) for path in self.files]}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a file of results.

    Parameters
    ----------
    taken, known
        Results of compounds that are new, and that had been told before; of several targets each
        counts.
    controls
        Results of control wells.
    empty
        Rows without a result.
    refused
        Rows that were not taken, with reasons.
    waiting
        Compounds of the open round that still miss results.
    plates
        How far apart the controls are on the plates the file has controls of.
    """

    taken: int
    known: int
    controls: int
    empty: int
    refused: tuple[RefusedRow, ...]
    waiting: int
    plates: tuple[PlateQuality, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """A round whose missing results were given up.

    Parameters
    ----------
    round
        Its number.
    compounds, missing
        Compounds in it, and those without any result, or without one of a panel's targets: they
        count as failed until it comes.
    """

    round: int
    compounds: int
    missing: int


def ask_batch(campaign: Loop) -> Asked:
    """Finish rounds that have all their results, then choose the next and write its batch.

    Raises
    ------
    UsageError
        If the oracle is none that is asked by files.
    IncompleteError
        If another process works on the campaign.
    """
    laboratory(campaign)
    with campaign.alone():
        asked = _asked(campaign, campaign.rounds())
        campaign.folder.sweep()
    return asked


@one_thread_algebra()
def _asked(campaign: Loop, rounds: list[Round]) -> Asked:
    while (end := campaign.advance(rounds)) is None:
        number = len(rounds)
        chosen = campaign.choose(number, rounds)
        files = campaign.ask(number, chosen)
        waiting = campaign.waiting(chosen)
        if waiting:
            return Asked(number, tuple(files), len(chosen.picks), len(waiting))
        rounds.append(campaign.step(number, rounds))
    return Asked(len(rounds), (), 0, 0, end)


def tell_results(
    campaign: Loop, path: Path, *, revise: bool = False, dry_run: bool = False
) -> Answer:
    """Take results of a file; the round is finished once none is missing.

    Results of rounds that are finished count too: status, report and scoreboard show them at
    once, and the next round learns from them.

    Raises
    ------
    UsageError
        If the oracle is none that is told by files, or nothing was asked.
    InputError
        If the file as a whole cannot be read.
    IncompleteError
        If a round is complete and another process works on the campaign; the results are kept.
    """
    oracle = laboratory(campaign)
    told = oracle.tell(path, revise=revise, dry_run=dry_run)
    rounds = campaign.rounds()
    chosen = campaign.folder.choice(len(rounds))
    waiting = [] if chosen is None else campaign.waiting(chosen)
    if not dry_run:
        if chosen is not None and not waiting:
            with campaign.alone():
                rounds.append(campaign.step(len(rounds), rounds))
                campaign.folder.sweep()
        campaign.estimate(rounds)
        if isinstance(oracle, BenchPanel) and rounds:
            write_front(campaign.folder.root / FRONT, oracle, rounds)
    return Answer(
        told.taken,
        told.known,
        told.controls,
        told.empty,
        told.refused,
        len(waiting),
        told.plates,
    )


def close_batch(campaign: Loop, reason: str, *, dry_run: bool = False) -> Closed:
    """Stop waiting for the open round, and finish it with what was told.

    Raises
    ------
    UsageError
        If no round is open.
    IncompleteError
        If another process works on the campaign.
    """
    oracle = laboratory(campaign)
    rounds = campaign.rounds()
    number = len(rounds)
    chosen = campaign.folder.choice(number)
    if chosen is None:
        raise UsageError(f"{campaign.folder.root} waits for nothing", cure="ask for a batch first")
    missing = len(chosen.picks) - oracle.labels(campaign.compounds(chosen)).num_rows
    if not dry_run:
        with campaign.alone():
            campaign.ask(number, chosen)  # a batch that was never written cannot be closed
            oracle.close(campaign.batch(number), reason)
            rounds.append(campaign.step(number, rounds))
            campaign.estimate(rounds)
            campaign.folder.sweep()
    return Closed(number, len(chosen.picks), missing)


def laboratory(campaign: Loop) -> InboxOracle | BenchPanel:
    """Return the laboratory of a campaign.

    Raises
    ------
    UsageError
        If its oracle measures by itself.
    """
    if not isinstance(campaign.oracle, InboxOracle | BenchPanel):
        raise UsageError(
            f"oracle {campaign.oracle.name!r} measures by itself",
            cure="use `hitsieve campaign run`",
        )
    return campaign.oracle
