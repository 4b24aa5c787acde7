"""From an assay table to LABELS: structures standardized, values in units, replicates merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from hitsieve.assays.given_parts import first_part
from hitsieve.assays.report import CurationReport, RefusedRecord
from hitsieve.assays.targets import Compounds, Demands, TargetResult, curate_target
from hitsieve.assays.unfit import why_unfit
from hitsieve.engine.executor import Task
from hitsieve.errors import HitsieveError
from hitsieve.schema import CODES, LABELS, Code, Status
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pyarrow as pa

    from hitsieve.assays.read import AssayTable
    from hitsieve.chem.standardize import Standardized
    from hitsieve.engine.executor import Executor
    from hitsieve.errors import DatasetError

LEARNING: Final = Demands()
"""What a training asks for if it is told nothing else."""
_CHUNK: Final = 256
_RELATION_SIGNS: Final = np.array(["<", "=", ">"])


@dataclass(frozen=True, slots=True)
class Curation:
    """A data set under curation: what became of every record and cell.

    Parameters
    ----------
    raw
        Records as read.
    compounds
        What their structures are.
    parts
        (compounds,) part of the given split, empty where none is given.
    results
        One a column of values.
    report
        Exact counts and lists.
    """

    raw: AssayTable
    compounds: Compounds
    parts: list[str]
    results: list[TargetResult]
    report: CurationReport

    def why_unfit(self) -> DatasetError | None:
        """Return the error that a set deserves that cannot be learned from; None if it can."""
        return why_unfit(self.raw, self.results)

    def labels(self) -> pa.Table:
        """Return LABELS as :func:`curate` does.

        Raises
        ------
        DatasetError
            If no target can be learned from, or a classification has a third class.
        """
        error = self.why_unfit()
        if error is not None:
            raise error
        kept = [result for result in self.results if not result.report.left_out]
        return _labels(self.raw, self.compounds, self.parts, kept)


def curate(
    raw: AssayTable,
    standardizer: Callable[[object], Standardized],
    demands: Demands = LEARNING,
    *,
    executor: Executor | None = None,
) -> tuple[pa.Table, CurationReport]:
    """Turn an assay table into labels.

    Parameters
    ----------
    raw
        Records with structure and cell texts.
    standardizer
        Gives each structure its identity.
    demands
        How replicates are merged (classes always go by majority), and what a target must have to
        be learned from.
    executor
        Where structures are standardized; in this process if not given.

    Returns
    -------
    pa.Table
        LABELS, one row per compound and target, followed by ``part`` (train, valid, test or
        empty) and the card's extra columns. Targets no model can learn are left out.
    CurationReport
        Exact counts and lists of everything refused, merged or doubtful.

    Raises
    ------
    DatasetError
        If no target can be learned from (text values, one class, a constant, too few compounds or
        nothing but bounds, one value that holds most of the variance), or a classification has a
        third class. The message says which, and what to do.
    """
    found = examine(raw, standardizer, demands, executor=executor)
    return found.labels(), found.report


def examine(
    raw: AssayTable,
    standardizer: Callable[[object], Standardized],
    demands: Demands = LEARNING,
    *,
    executor: Executor | None = None,
) -> Curation:
    """Curate an assay table without judging it: a set that cannot be learned from has counts too.

    Parameters
    ----------
    raw, standardizer, demands, executor
        As :func:`curate` takes them.
    """
    outcomes = standardize_all(raw.structures, standardizer, executor)
    compounds = _match(outcomes)
    parts, part_conflicts = _parts(raw.parts, compounds)
    results = [
        curate_target(raw, column, meaning, compounds, demands)
        for column, meaning in raw.columns.items()
    ]
    report = _report(raw, demands.rule, outcomes, results, part_conflicts)
    return Curation(raw, compounds, parts, results, report)


def standardize_all(
    texts: list[str],
    standardizer: Callable[[object], Standardized],
    executor: Executor | None = None,
) -> list[Standardized]:
    """Standardize many structures, each distinct text once, in order."""
    distinct = list(dict.fromkeys(texts))
    if executor is None:
        found = {text: standardizer(text) for text in distinct}
        return [found[text] for text in texts]
    pieces = [distinct[i : i + _CHUNK] for i in range(0, len(distinct), _CHUNK)]
    tasks = [Task(str(number), piece) for number, piece in enumerate(pieces)]
    done: dict[str, Standardized] = {}
    for outcome in executor.map(partial(_standardize_work, standardizer), tasks):
        if outcome.value is None:
            raise HitsieveError(f"standardizing structures failed: {outcome.error}")
        done.update(zip(pieces[int(outcome.key)], outcome.value, strict=True))
    return [done[text] for text in texts]


def _standardize_work(
    standardizer: Callable[[object], Standardized],
) -> Callable[[list[str]], list[Standardized]]:
    return partial(_standardize_piece, standardizer)


def _standardize_piece(
    standardizer: Callable[[object], Standardized], texts: list[str]
) -> list[Standardized]:
    return [standardizer(text) for text in texts]


def _match(outcomes: list[Standardized]) -> Compounds:
    number: dict[str, int] = {}
    smiles: list[str] = []
    of_record = np.full(len(outcomes), -1, dtype=np.int64)
    for record, outcome in enumerate(outcomes):
        if not outcome.kept or outcome.compound_id is None or outcome.smiles is None:
            continue
        if outcome.compound_id not in number:
            number[outcome.compound_id] = len(number)
            smiles.append(outcome.smiles)
        of_record[record] = number[outcome.compound_id]
    return Compounds(of_record, list(number), smiles)


def _parts(parts: list[str], compounds: Compounds) -> tuple[list[str], tuple[str, ...]]:
    """Give each compound one part: a compound seen in several goes to the earliest of them."""
    seen: list[set[str]] = [set() for _ in compounds.ids]
    for record, number in enumerate(compounds.of_record):
        if number >= 0:
            seen[number].add(parts[record])
    chosen = [first_part(names) for names in seen]
    torn = tuple(compounds.ids[i] for i, names in enumerate(seen) if len(names - {""}) > 1)
    return chosen, torn


def _report(
    raw: AssayTable,
    rule: str,
    outcomes: list[Standardized],
    results: list[TargetResult],
    part_conflicts: tuple[str, ...],
) -> CurationReport:
    counts = Counter(f"{o.status}:{o.code}" for o in outcomes)
    if raw.ragged:
        counts[f"{Status.REJECTED}:{Code.RAGGED_ROW}"] += len(raw.ragged)
    ragged = CODES[Code.RAGGED_ROW]
    refused = [
        RefusedRecord(record, "", clip(text), outcome.code, outcome.message)
        for record, text, outcome in zip(raw.records, raw.structures, outcomes, strict=True)
        if not outcome.kept
    ] + [RefusedRecord(place, "", "", Code.RAGGED_ROW, ragged.meaning) for place in raw.ragged]
    kept = [result for result in results if not result.report.left_out]
    seen = {int(c) for result in kept for c in result.merged.compound}
    return CurationReport(
        dataset=raw.card.name,
        source=raw.card.source,
        license=raw.card.license,
        checksums=dict(raw.checksums),
        rule=rule,
        records=len(raw) + len(raw.ragged),
        structures=dict(sorted(counts.items())),
        compounds=len(seen),
        targets=tuple(result.report for result in results),
        refused_records=tuple(refused),
        refused_values=tuple(item for result in results for item in result.refused),
        conflicts=tuple(item for result in results for item in result.conflicts),
        outliers=tuple(item for result in results for item in result.outliers),
        part_conflicts=part_conflicts,
    )


def _first_times(
    raw: AssayTable, compounds: Compounds, result: TargetResult
) -> list[datetime | None]:
    """Return when each label's compound was first measured on the target; None if untold.

    A row that gives the compound without a value of the target says nothing of it: a compound may
    have been registered, or measured elsewhere, years before.
    """
    first: dict[int, datetime] = {}
    for record in result.measured if raw.times else ():
        number, time = int(compounds.of_record[record]), raw.times[record]
        if time is not None:
            first[number] = min(first.get(number, time), time)
    return [first.get(int(number)) for number in result.merged.compound]


def _labels(
    raw: AssayTable, compounds: Compounds, parts: list[str], results: list[TargetResult]
) -> pa.Table:
    number = np.concatenate([r.merged.compound for r in results])
    record = np.concatenate([r.records for r in results])
    sizes = [len(r.merged.compound) for r in results]

    def spread(values: list[str]) -> npt.NDArray[np.object_]:
        return np.repeat(np.array(values, dtype=object), sizes)

    count = np.concatenate([r.merged.count for r in results])
    relation = np.concatenate([r.merged.relation for r in results])
    total = len(number)
    table = LABELS.build({
        "compound_id": np.array(compounds.ids, dtype=object)[number],
        "smiles": np.array(compounds.smiles, dtype=object)[number],
        "target": spread([r.meaning.target for r in results]),
        "endpoint": spread([r.meaning.endpoint for r in results]),
        "value": np.concatenate([r.merged.value for r in results]),
        "unit": spread([r.meaning.unit for r in results]),
        "relation": _RELATION_SIGNS[relation + 1],
        "assay_id": spread([f"{raw.card.name}:{r.column}" for r in results]),
        "source": [raw.card.name] * total,
        "measured_at": [time for r in results for time in _first_times(raw, compounds, r)],
        "status": [Status.OK.value] * total,
        "code": [Code.NONE.value] * total,
        "message": [f"merged from {n}" if n > 1 else "" for n in count],
    })  # fmt: skip
    table = table.append_column("part", [list(np.array(parts, dtype=object)[number])])
    for name, texts in raw.extras.items():
        if name not in table.column_names:
            table = table.append_column(name, [list(np.array(texts, dtype=object)[record])])
    return table
