"""Telling: a file of results is checked row by row, and what is new in it is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.errors import UsageError
from hitsieve.oracles.inbox.batch import read_batches
from hitsieve.oracles.inbox.controls import Control, ControlStore, plate_quality
from hitsieve.oracles.inbox.layout import wells_of
from hitsieve.oracles.inbox.merge import merged_labels
from hitsieve.oracles.inbox.parse import RefusedRow, Result, parse_results, torn_results
from hitsieve.oracles.inbox.purpose import check_purpose
from hitsieve.oracles.inbox.tables import read_rows
from hitsieve.oracles.inbox.told import ResultStore, stands
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.controls import Place, PlateQuality
    from hitsieve.oracles.inbox.told import Kept


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a file of results.

    Parameters
    ----------
    labels
        LABELS, one row for each compound the file has a result of: all results of it that
        stand, earlier files' too, joined.
    refused
        Rows that were not taken, each with its reason.
    taken
        Results of compounds that are new, or correct an earlier one.
    known
        Results of compounds that had been told before; they count once.
    empty
        Rows without a result.
    controls
        Results of control wells, new or told before; they are kept, and are no labels.
    plates
        How far apart the controls are on each plate the file has controls of, with all that was
        told of them.
    """

    labels: pa.Table
    refused: tuple[RefusedRow, ...]
    taken: int
    known: int
    empty: int
    controls: int
    plates: tuple[PlateQuality, ...]


def read_results(
    path: Path, folder: Path, config: InboxConfig, *, revise: bool = False, dry_run: bool = False
) -> Told:
    """Take results back from a laboratory's file.

    Good rows are taken even if others are refused: correct those and tell the file again, as
    results that are known count once. A result that differs from one already told is refused
    unless ``revise`` is set; a value stands over an earlier or later failure.

    Parameters
    ----------
    path
        CSV or XLSX; see :mod:`hitsieve.oracles.inbox.tables`.
    folder
        The inbox.
    config
        What was asked.
    revise
        Let values correct those told before; the old ones are kept beside.
    dry_run
        Check only, and keep nothing; ``labels`` then tells what stands without the file.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If the file as a whole cannot be read.
    UsageError
        If nothing was asked yet, or the inbox is of another target, endpoint or unit.
    """
    check_purpose(folder, config)
    batches = read_batches(folder)
    if not batches:
        raise UsageError(f"nothing was asked in {folder}", cure="ask for a batch first")
    parsed = parse_results(read_rows(path), batches, config)
    store = ResultStore(folder / "results", config)
    book = _Book(
        store, wells_of(w for b in batches for w in b.wells), clip(path.name), revise=revise
    )
    refused = list(parsed.refused)
    named = [result for result in parsed.results if not result.control]
    for result, replicate, why in book.sort(named):
        if why:
            refused.append(RefusedRow(result.row, result.compound_id, why))
        elif replicate and not dry_run:
            store.keep(result, replicate, book.file)
    wells = ControlStore(folder / "controls")
    controls = [result for result in parsed.results if result.control]
    standing: dict[Place, Control] = {}
    for plate in sorted({result.plate for result in controls}):
        standing |= wells.standing(plate)
    for result, why in book.sort_controls(controls, standing):
        if why:
            refused.append(RefusedRow(result.row, f"{result.plate}:{result.well}", why))
        elif not dry_run:
            wells.keep(result, book.file)
    compounds = {pick["compound_id"]: pick["smiles"] for b in batches for pick in b.compounds}
    spoken = dict.fromkeys(result.compound_id for result in named)
    labels = merged_labels(config, store, [(name, compounds[name]) for name in spoken])
    refused.sort(key=lambda one: one.row)
    quality = tuple(plate_quality(standing.values()))
    return Told(
        labels, tuple(refused), book.taken, book.known, parsed.empty, book.controls, quality
    )


class _Book:
    """Decides of each result whether it is new, known, a correction or a contradiction."""

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
