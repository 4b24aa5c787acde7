"""Asking a laboratory and taking its answers, one round after the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hitsieve.errors import UsageError
from hitsieve.oracles.inbox import InboxOracle

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.loop import Loop
    from hitsieve.campaign.progress import Ending
    from hitsieve.campaign.state import Round
    from hitsieve.oracles.inbox import RefusedRow


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
    taken, known, empty
        Results that are new, that had been told before, and rows without one.
    refused
        Rows that were not taken, with reasons.
    waiting
        Compounds of the open round that still miss results.
    """

    taken: int
    known: int
    empty: int
    refused: tuple[RefusedRow, ...]
    waiting: int


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
        return _asked(campaign, campaign.folder.rounds())


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

    Raises
    ------
    UsageError
        If the oracle is none that is told by files, or nothing was asked.
    InputError
        If the file as a whole cannot be read.
    """
    told = laboratory(campaign).tell(path, revise=revise, dry_run=dry_run)
    rounds = campaign.folder.rounds()
    chosen = campaign.folder.choice(len(rounds))
    waiting = [] if chosen is None else campaign.waiting(chosen)
    if chosen is not None and not waiting and not dry_run:
        rounds.append(campaign.step(len(rounds), rounds))
        campaign.estimate(rounds)
    return Answer(told.taken, told.known, told.empty, told.refused, len(waiting))


def close_batch(campaign: Loop, reason: str) -> int:
    """Stop waiting for the open round, finish it with what was told, and return its number.

    Raises
    ------
    UsageError
        If no round is open.
    """
    oracle = laboratory(campaign)
    rounds = campaign.folder.rounds()
    chosen = campaign.folder.choice(len(rounds))
    if chosen is None:
        raise UsageError(f"{campaign.folder.root} waits for nothing", cure="ask for a batch first")
    campaign.ask(len(rounds), chosen)  # a batch that was never written cannot be closed
    oracle.close(campaign.batch(len(rounds)), reason)
    rounds.append(campaign.step(len(rounds), rounds))
    campaign.estimate(rounds)
    return rounds[-1].number


def laboratory(campaign: Loop) -> InboxOracle:
    """Return the laboratory of a campaign.

    Raises
    ------
    UsageError
        If its oracle measures by itself.
    """
    if not isinstance(campaign.oracle, InboxOracle):
        raise UsageError(
            f"oracle {campaign.oracle.name!r} measures by itself",
            cure="use `hitsieve campaign run`",
        )
    return campaign.oracle
