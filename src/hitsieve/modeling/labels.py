"""Measurements as a label matrix, with everything a model card must say about them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.fetch import fetch
from hitsieve.assays.matrix import concat_labels, label_matrix
from hitsieve.assays.read import read_assay
from hitsieve.assays.targets import unlearnable
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError, NotFoundError, nearest
from hitsieve.modeling.config import CardData, LabelData
from hitsieve.provenance import fingerprint, sha256_file
from hitsieve.registry.card import DataSource
from hitsieve.schema import LABELS
from hitsieve.store.reader import refuse_extension_types

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.assays.matrix import LabelMatrix
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.engine.executor import Executor


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What a column of the matrix is."""

    name: str
    endpoint: str
    unit: str
    direction: Literal["higher", "lower"]
    task: Literal["regression", "classification"]


@dataclass(frozen=True, slots=True)
class Labels:
    """What a model is trained on.

    Parameters
    ----------
    matrix
        n compounds by T targets.
    facts
        The T targets, in the matrix's order.
    sources
        For the card: origin, license and checksum of each set.
    curation
        Counts over all sets.
    checksums
        sha256 of each file read.
    reports
        Each set's curation report as plain values; empty for sets that came as LABELS.
    """

    matrix: LabelMatrix
    facts: tuple[TargetFacts, ...]
    sources: tuple[DataSource, ...]
    curation: dict[str, int]
    checksums: dict[str, str]
    reports: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Set:
    """One set, read."""

    table: pa.Table
    directions: dict[str, Literal["higher", "lower"]]
    tasks: dict[str, Literal["regression", "classification"]]
    source: DataSource
    counts: dict[str, int]
    checksums: dict[str, str]
    report: dict[str, Any] | None = None


def load_labels(
    data: Sequence[CardData | LabelData],
    policy: ChemPolicy,
    *,
    folder: Path,
    executor: Executor | None = None,
) -> Labels:
    """Read and curate all sets and join them into one matrix, one column a target.

    Parameters
    ----------
    data
        The sets.
    policy
        Which structures are kept.
    folder
        Where sets without a path are looked for, and fetched to.
    executor
        Standardizes the structures; in this process if not given.

    Raises
    ------
    NotFoundError
        If a card or file is absent, or a named target is not in the set.
    DatasetError
        If a set cannot be learned from, or two sets share a target.
    """
    sets = [
        _from_card(source, policy, folder, executor)
        if isinstance(source, CardData)
        else _from_table(source)
        for source in data
    ]
    _refuse_shared_targets(sets)
    directions = {name: way for one in sets for name, way in one.directions.items()}
    matrix = ordered(label_matrix(concat_labels([one.table for one in sets])), list(directions))
    tasks = {name: task for one in sets for name, task in one.tasks.items()}
    facts = tuple(
        TargetFacts(name, endpoint, unit, directions[name], tasks[name])
        for name, endpoint, unit in zip(matrix.targets, matrix.endpoints, matrix.units, strict=True)
    )
    counts: Counter[str] = Counter()
    for one in sets:
        counts.update(one.counts)
    return Labels(
        matrix,
        facts,
        tuple(one.source for one in sets),
        {**counts, "compounds": len(matrix)},
        {name: digest for one in sets for name, digest in one.checksums.items()},
        tuple(one.report for one in sets if one.report is not None),
    )


def ordered(matrix: LabelMatrix, names: list[str]) -> LabelMatrix:
    """Put the columns in the order of the cards: rows come and go, and outputs keep their place."""
    order = [matrix.targets.index(name) for name in names]
    return replace(
        matrix,
        targets=names,
        endpoints=[matrix.endpoints[column] for column in order],
        units=[matrix.units[column] for column in order],
        y=matrix.y[:, order],
        relation=matrix.relation[:, order],
    )


def _from_card(
    source: CardData, policy: ChemPolicy, folder: Path, executor: Executor | None
) -> _Set:
    card = load_card(source.card)
    raw = read_assay(source.path or fetch(card, folder), card)
    table, report = curate(raw, Standardizer(policy), executor=executor)
    kept = [target for target in report.targets if not target.left_out]
    wanted = _chosen(source.targets, [target.target for target in kept], source.card)
    table = table.filter(pc.is_in(table["target"], pa.array(wanted, pa.string())))
    return _Set(
        table=table,
        directions={t.target: _direction(t.direction) for t in kept if t.target in wanted},
        tasks={t.target: _task(t.task) for t in kept if t.target in wanted},
        source=DataSource(
            name=card.name,
            title=card.title,
            source=card.source,
            license=card.license,
            sha256=_joint_digest(report.checksums),
            rows=report.records,
            kept=table.num_rows,
        ),
        counts={
            "records": report.records,
            "records_refused": len(report.refused_records),
            "values_refused": len(report.refused_values),
            "conflicts": len(report.conflicts),
            "outliers": len(report.outliers),
            "targets_left_out": len(report.targets) - len(kept),
            "labels": table.num_rows,
        },
        checksums={f"{card.name}/{name}": digest for name, digest in report.checksums.items()},
        report=report.to_dict(),
    )


def _from_table(source: LabelData) -> _Set:
    files = _parquet_files(source.labels)
    table = pa.concat_tables([_read_labels(path) for path in files])
    measured = table.filter(table["value"].is_valid())
    targets = measured["target"].unique().to_pylist()
    if not targets:
        raise DatasetError(f"{source.labels} holds no measured value", cure="measure compounds")
    for target in targets:
        values = measured.filter(pc.equal(measured["target"], target))["value"].to_numpy()
        reason = unlearnable(values, source.task)
        if reason:
            raise DatasetError(
                f"{source.labels}: target {target!r}: {reason}", cure="measure more compounds"
            )
    checksums = {path.name: sha256_file(path) for path in files}
    origins = sorted(set(measured["source"].to_pylist()))
    return _Set(
        table=measured.combine_chunks(),
        directions=dict.fromkeys(targets, source.direction),
        tasks=dict.fromkeys(targets, source.task),
        source=DataSource(
            name=source.labels.name,
            title=source.title,
            source=", ".join(origins),
            license=source.license,
            sha256=_joint_digest(checksums),
            rows=table.num_rows,
            kept=measured.num_rows,
        ),
        counts={
            "records": table.num_rows,
            "records_refused": table.num_rows - measured.num_rows,
            "labels": measured.num_rows,
        },
        checksums=checksums,
    )


def _parquet_files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else []
    # A name with a leading dot is a write under way.
    files = [path for path in files if not path.name.startswith(".")]
    if not files:
        raise NotFoundError(f"no label table at {place}", cure="give a Parquet file or its folder")
    return files


def _read_labels(path: Path) -> pa.Table:
    refuse_extension_types(path)
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{path} is not readable Parquet: {error}") from None
    LABELS.check(file.schema_arrow, where=str(path))
    return file.read(columns=LABELS.names).cast(LABELS.schema)


def _chosen(wanted: tuple[str, ...], known: list[str], card: str) -> list[str]:
    for target in wanted:
        if target not in known:
            raise NotFoundError(
                f"data set {card} has no target {target!r} to learn{nearest(target, known)}",
                cure=f"targets: {', '.join(known)}",
            )
    return list(wanted) or known


def _refuse_shared_targets(sets: list[_Set]) -> None:
    seen: set[str] = set()
    for one in sets:
        twice = seen.intersection(one.directions)
        if twice:
            raise DatasetError(
                f"target {min(twice)!r} stands in two sets of measurements",
                cure="choose targets of each set by `targets`, or curate the files together",
            )
        seen.update(one.directions)


def _joint_digest(checksums: dict[str, str]) -> str:
    # One file is known by its own checksum; several by that of their list.
    if len(checksums) == 1:
        return next(iter(checksums.values()))
    return fingerprint(checksums, length=64)


def _direction(text: str) -> Literal["higher", "lower"]:
    return "lower" if text == "lower" else "higher"


def _task(text: str) -> Literal["regression", "classification"]:
    return "classification" if text == "classification" else "regression"


def exact(matrix: LabelMatrix, column: int) -> np.ndarray:
    """Return bool (n,): which compounds have a measured value, and no mere bound, of a target."""
    known: np.ndarray = ~np.isnan(matrix.y[:, column]) & (matrix.relation[:, column] == 0)
    return known
