"""Telling: a file of results is checked row by row, and what is new in it is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.errors import UsageError
from hitsieve.oracles.inbox.batch import read_batches
from hitsieve.oracles.inbox.layout import wells_of
from hitsieve.oracles.inbox.merge import merged_labels
from hitsieve.oracles.inbox.parse import RefusedRow, parse_results, torn_results
from hitsieve.oracles.inbox.tables import read_rows
from hitsieve.oracles.inbox.told import Kept, ResultStore
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.parse import Result


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
        Results that are new, or correct an earlier one.
    known
        Results that had been told before; they count once.
    empty
        Rows without a result.
    controls
        Results of control wells; they are no labels.
    """

    labels: pa.Table
    refused: tuple[RefusedRow, ...]
    taken: int
    known: int
    empty: int
    controls: tuple[Result, ...]


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
        If nothing was asked yet.
    """
    batches = read_batches(folder)
    if not batches:
        raise UsageError(f"nothing was asked in {folder}", cure="ask for a batch first")
    parsed = parse_results(read_rows(path), batches, config)
    store = ResultStore(folder / "results")
    book = _Book(
        store, wells_of(w for b in batches for w in b.wells), clip(path.name), revise=revise
    )
    refused = list(parsed.refused)
    controls = tuple(result for result in parsed.results if result.control)
    named = [result for result in parsed.results if not result.control]
    for result, replicate, why in book.sort(named):
        if why:
            refused.append(RefusedRow(result.row, result.compound_id, why))
        elif replicate and not dry_run:
            store.keep(result, replicate, book.file)
    compounds = {pick["compound_id"]: pick["smiles"] for b in batches for pick in b.compounds}
    spoken = dict.fromkeys(result.compound_id for result in named)
    labels = merged_labels(config, store, [(name, compounds[name]) for name in spoken])
    refused.sort(key=lambda one: one.row)
    return Told(labels, tuple(refused), book.taken, book.known, parsed.empty, controls)


class _Book:
    """Decides of each result whether it is new, known, a correction or a contradiction."""

    def __init__(
        self, store: ResultStore, asked: dict[str, int], file: str, *, revise: bool
    ) -> None:
        self.file = file
        self.taken = self.known = 0
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

    def _numbered(
        self, result: Result, number: int, standing: dict[int, Kept | Result]
    ) -> tuple[Result, int, str]:
        before = standing.get(number)
        if before is None or (before.value is None and result.value is not None):
            return self._take(result, number, standing)
        if before.what == result.what or result.value is None:
            self.known += 1
            return result, 0, ""
        if self._revise:
            return self._take(result, number, standing)
        return result, 0, _contradiction(before, result)

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


def _contradiction(before: Kept | Result, result: Result) -> str:
    where = f"{before.file} row {before.row}" if isinstance(before, Kept) else f"row {before.row}"
    now, then = _words(result.value, result.relation), _words(before.value, before.relation)
    return (
        f"{now} contradicts {then} of {where}; number a further measurement in the column "
        "'replicate', or revise"
    )


def _words(value: float | None, relation: str) -> str:
    return "a failure" if value is None else f"{relation.replace('=', '')}{value:.6g}"
