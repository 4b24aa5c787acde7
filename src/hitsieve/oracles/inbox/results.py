"""Telling: a file of results is checked row by row, and what is new in it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.errors import UsageError
from hitsieve.oracles.inbox.batch import read_batches
from hitsieve.oracles.inbox.book import Book
from hitsieve.oracles.inbox.controls import Control, ControlStore, plate_quality
from hitsieve.oracles.inbox.layout import wells_of
from hitsieve.oracles.inbox.merge import merged_labels
from hitsieve.oracles.inbox.parse import RefusedRow, Result, parse_results
from hitsieve.oracles.inbox.purpose import check_purpose
from hitsieve.oracles.inbox.tables import read_rows
from hitsieve.oracles.inbox.told import ResultStore
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox.batch import Batch
    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.controls import Place, PlateQuality
    from hitsieve.oracles.inbox.tables import TextRow


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
    batches = asked_batches(folder)
    taking = Taking(folder, config, clip(path.name), revise=revise, dry_run=dry_run)
    return taking.take(read_rows(path), batches)


def asked_batches(folder: Path) -> list[Batch]:
    """Return everything that was asked in an inbox.

    Raises
    ------
    UsageError
        If nothing was.
    """
    batches = read_batches(folder)
    if not batches:
        raise UsageError(f"nothing was asked in {folder}", cure="ask for a batch first")
    return batches


@dataclass(frozen=True)
class Taking:
    """How the rows of a file become results of one target.

    Parameters
    ----------
    folder
        Results are kept in its ``results``, those of control wells in its ``controls``.
    config
        What was asked.
    file
        Name of the file.
    revise, dry_run
        As for :func:`read_results`.
    """

    folder: Path
    config: InboxConfig
    file: str
    revise: bool = False
    dry_run: bool = False

    def take(self, rows: Sequence[TextRow], batches: Sequence[Batch]) -> Told:
        """Take rows that speak of batches; see :func:`read_results`."""
        parsed = parse_results(rows, batches, self.config)
        store = ResultStore(self.folder / "results", self.config)
        asked = wells_of(w for b in batches for w in b.wells)
        book = Book(store, asked, self.file, revise=self.revise)
        refused = list(parsed.refused)
        named = [result for result in parsed.results if not result.control]
        for result, replicate, why in book.sort(named):
            if why:
                refused.append(RefusedRow(result.row, result.compound_id, why))
            elif replicate and not self.dry_run:
                store.keep(result, replicate, self.file)
        standing = self._controls(book, [r for r in parsed.results if r.control], refused)
        compounds = {pick["compound_id"]: pick["smiles"] for b in batches for pick in b.compounds}
        spoken = dict.fromkeys(result.compound_id for result in named)
        return Told(
            merged_labels(self.config, store, [(name, compounds[name]) for name in spoken]),
            tuple(sorted(refused, key=lambda one: one.row)),
            book.taken,
            book.known,
            parsed.empty,
            book.controls,
            tuple(plate_quality(standing.values(), self.config.target)),
        )

    def _controls(
        self, book: Book, controls: Sequence[Result], refused: list[RefusedRow]
    ) -> dict[Place, Control]:
        """Keep results of control wells; return all that stands of their plates."""
        wells = ControlStore(self.folder / "controls")
        standing: dict[Place, Control] = {}
        for plate in sorted({result.plate for result in controls}):
            standing |= wells.standing(plate)
        for result, why in book.sort_controls(controls, standing):
            if why:
                refused.append(RefusedRow(result.row, f"{result.plate}:{result.well}", why))
            elif not self.dry_run:
                wells.keep(result, book.file)
        return standing
