"""What becomes of each result of a file: new, known, a correction, or refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from hitsieve.oracles.inbox.controls import Control
from hitsieve.oracles.inbox.parse import Result, torn_results
from hitsieve.oracles.inbox.told import stands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hitsieve.oracles.inbox.controls import Place
    from hitsieve.oracles.inbox.told import Kept, ResultStore


class Book:
    """Decides of each result whether it is new, known, a correction or a contradiction.

    It keeps nothing itself: whoever asks writes what is new.

    Parameters
    ----------
    store
        Results that stand.
    asked
        Measurements asked for of each compound that a file names.
    file
        Name of the file the results are from.
    revise
        Whether a result that contradicts one that stands corrects it.

    Attributes
    ----------
    taken, known, controls
        How many results were new, stood already, and were of control wells.
    """

    def __init__(
        self, store: ResultStore, asked: dict[str, int], file: str, *, revise: bool
    ) -> None:
        self.file = file
        self.taken = self.known = self.controls = 0
        self._store = store
        self._asked = asked
        self._revise = revise

    def sort(self, results: Sequence[Result]) -> Iterator[tuple[Result, int, str]]:
        """Yield each result with the number to keep it under, 0 if known, and why it is refused."""
        torn = torn_results(results)
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[result.compound_id].append(result)
        for compound_id, group in groups.items():
            standing: dict[int, Kept | Result] = dict(self._store.of(compound_id))
            numbered = [result for result in group if result.replicate]
            for result in numbered:
                if (compound_id, result.replicate) in torn:
                    why = (
                        f"replicate {result.replicate} stands in the file several times with "
                        "different results; number them, or leave the wrong ones out"
                    )
                    yield result, 0, why
                else:
                    yield self._numbered(result, result.replicate, standing)
            yield from self._unnumbered([r for r in group if not r.replicate], standing)

    def sort_controls(
        self, results: Sequence[Result], standing: dict[Place, Control]
    ) -> Iterator[tuple[Result, str]]:
        """Yield new results of control wells, and refused ones with the reason.

        What stands is brought up to date.
        """
        for result in results:
            place = (result.plate, result.well)
            before = standing.get(place)
            verdict = stands(before, result, revise=self._revise)
            if before is not None and verdict == "contradiction":
                yield result, _contradiction(before, result, _ONE_WELL)
                continue
            self.controls += 1
            if verdict == "new":
                standing[place] = Control.of(result, self.file)
                yield result, ""

    def _numbered(
        self, result: Result, number: int, standing: dict[int, Kept | Result]
    ) -> tuple[Result, int, str]:
        before = standing.get(number)
        verdict = stands(before, result, revise=self._revise)
        if verdict == "new":
            return self._take(result, number, standing)
        if before is not None and verdict == "contradiction":
            return result, 0, _contradiction(before, result)
        self.known += 1
        return result, 0, ""

    def _unnumbered(
        self, results: Sequence[Result], standing: dict[int, Kept | Result]
    ) -> Iterator[tuple[Result, int, str]]:
        """Match results that do not say which replicate they are.

        One that equals a result told before is that result. Others are further replicates as
        long as the compound then has no more than were asked, or than this file lists.
        """
        before = Counter(kept.what for kept in standing.values())
        allowed = len({result.what for result in results})
        for result in results:
            if before[result.what] > 0:
                before[result.what] -= 1
                self.known += 1
                yield result, 0, ""
                continue
            failures = [n for n, kept in standing.items() if kept.value is None]
            if result.value is not None and failures:
                yield self._take(result, failures[0], standing)
            elif len(standing) < self._asked[result.compound_id]:
                yield self._take(result, _free(standing), standing)
            elif any(kept.what == result.what for kept in standing.values()):
                self.known += 1
                yield result, 0, ""
            elif result.value is None:
                self.known += 1  # a value stands
                yield result, 0, ""
            elif len(standing) < allowed:
                yield self._take(result, _free(standing), standing)
            elif self._revise and len(standing) == 1:
                yield self._take(result, next(iter(standing)), standing)
            else:
                yield result, 0, _contradiction(next(iter(standing.values())), result)

    def _take(
        self, result: Result, number: int, standing: dict[int, Kept | Result]
    ) -> tuple[Result, int, str]:
        standing[number] = result
        self.taken += 1
        return result, number, ""


def _free(standing: dict[int, Kept | Result]) -> int:
    return next(n for n in range(1, len(standing) + 2) if n not in standing)


_FURTHER: Final = "number a further measurement in the column 'replicate', or revise"
_ONE_WELL: Final = "a well has one result; revise if the former is wrong"


def _contradiction(before: Kept | Control | Result, result: Result, cure: str = _FURTHER) -> str:
    told = "" if isinstance(before, Result) else f"{before.file} "
    where = f"{told}row {before.row}"
    now, then = _words(result.value, result.relation), _words(before.value, before.relation)
    return f"{now} contradicts {then} of {where}; {cure}"


def _words(value: float | None, relation: str) -> str:
    return "a failure" if value is None else f"{relation.replace('=', '')}{value:.6g}"
