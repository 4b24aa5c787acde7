"""One set of measurements: a card's files or a LABELS table, and what the model card must say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.doubts import doubts, refusals
from hitsieve.assays.fetch import locate
from hitsieve.assays.label_tables import RELATIONS, read_label_table
from hitsieve.assays.learnable import obstacle
from hitsieve.assays.matrix import concat_labels
from hitsieve.assays.read import read_assay
from hitsieve.assays.targets import Demands
from hitsieve.assays.values import PX_RANGE
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError, NotFoundError, nearest
from hitsieve.provenance import fingerprint, sha256_file
from hitsieve.registry.card import DataSource
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.assays.read import AssayTable
    from hitsieve.assays.report import CurationReport
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.config import CardData, CurationConfig, LabelData

_PART: Final = "part"


@dataclass(frozen=True, slots=True)
class SourceLabels:
    """One set, read.

    Parameters
    ----------
    table
        LABELS, followed by ``part`` and extra columns where a card has them.
    directions, tasks
        By target, in the order of the set.
    source
        Origin, license and checksum.
    counts
        For the card: what became of records and cells.
    checksums
        sha256 of each file.
    report
        Curation report as plain values; None for a table.
    doubts
        What a reader of the card must be told.
    torn
        Compounds that stand in several parts of the split the set comes with.
    """

    table: pa.Table
    directions: dict[str, Literal["higher", "lower"]]
    tasks: dict[str, Literal["regression", "classification"]]
    source: DataSource
    counts: dict[str, int]
    checksums: dict[str, str]
    report: dict[str, Any] | None = None
    doubts: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()


def from_card(
    source: CardData,
    policy: ChemPolicy,
    folder: Path,
    curation: CurationConfig,
    executor: Executor | None = None,
) -> SourceLabels:
    """Read and curate the files of a dataset card.

    Raises
    ------
    NotFoundError
        If the card or a file is absent, or a named target is not in the set.
    DatasetError
        If the set, or a named target, cannot be learned from.
    """
    card = load_card(source.card)
    raw = _chosen(read_assay(source.path or locate(card, folder), card), source)
    demands = Demands(rule=curation.replicates, lone_variance=curation.lone_variance)
    table, report = curate(raw, Standardizer(policy), demands, executor=executor)
    kept = [target for target in report.targets if not target.left_out]
    _refuse_left_out(source, report)
    wanted = list(source.targets) or [target.target for target in kept]
    return SourceLabels(
        table=table,
        directions={name: _direction(report.target(name).direction) for name in wanted},
        tasks={name: _task(report.target(name).task) for name in wanted},
        source=DataSource(
            name=card.name,
            title=card.title,
            source=card.source,
            license=card.license,
            sha256=_joint_digest(report.checksums),
            rows=report.records,
            kept=table.num_rows,
            replicates=report.rule,
        ),
        counts=_counts(report, wanted),
        checksums={f"{card.name}/{name}": digest for name, digest in report.checksums.items()},
        report=report.to_dict(),
        doubts=doubts(report),
        torn=report.part_conflicts,
    )


def from_table(source: LabelData, curation: CurationConfig) -> SourceLabels:
    """Read a LABELS table; a column ``part`` beside it is a split it comes with.

    Raises
    ------
    NotFoundError
        If there is no Parquet file.
    DatasetError
        If one cannot be read, or a target cannot be learned from.
    SchemaError
        If a column of LABELS is missing.
    """
    files = _parquet_files(source.labels)
    table = concat_labels([_read_labels(path) for path in files])
    measured = table.filter(table["value"].is_valid())
    targets = measured["target"].unique().to_pylist()
    if not targets:
        raise DatasetError(f"{source.labels} holds no measured value", cure="measure compounds")
    for target in targets:
        _refuse_unlearnable(source, target, measured, curation)
    checksums = {path.name: sha256_file(path) for path in files}
    origins = sorted(set(measured["source"].to_pylist()))
    return SourceLabels(
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
            "labels_that_are_bounds": _bounds(measured),
        },
        checksums=checksums,
    )


def _chosen(raw: AssayTable, source: CardData) -> AssayTable:
    """Leave out the columns of targets that are not asked for."""
    if not source.targets:
        return raw
    known = [meaning.target for meaning in raw.columns.values()]
    for target in source.targets:
        if target not in known:
            raise NotFoundError(
                f"data set {source.card} has no target {target!r} to learn{nearest(target, known)}",
                cure=f"targets: {', '.join(known)}",
            )
    return raw.only(source.targets)


def _refuse_left_out(source: CardData, report: CurationReport) -> None:
    for target in source.targets:
        found = report.target(target)
        if found.left_out:
            raise DatasetError(
                f"data set {source.card}, target {target!r}: {found.left_out}", cure=found.cure
            )


def _counts(report: CurationReport, targets: list[str]) -> dict[str, int]:
    kept = [report.target(name) for name in targets]
    codes = Counter(item.code for item in report.refused_records)
    counts = {
        "records": report.records,
        "records_refused": len(report.refused_records),
        **{f"records_refused_{code}": count for code, count in sorted(codes.items())},
        "values_refused": len(report.refused_values),
        **{f"values_refused_{why}": n for why, n in refusals(report).items()},
        "replicates_merged": sum(target.merged for target in kept),
        "replicates_dropped": sum(target.dropped for target in kept),
        "conflicts": len(report.conflicts),
        "outliers": len(report.outliers),
        "targets_left_out": len(report.targets) - len(kept),
        "labels": sum(target.labels for target in kept),
        "labels_that_are_bounds": sum(target.censored for target in kept),
    }
    if report.part_conflicts:
        counts["compounds_in_two_given_parts"] = len(report.part_conflicts)
    return counts


def _refuse_unlearnable(
    source: LabelData, target: str, measured: pa.Table, curation: CurationConfig
) -> None:
    rows = measured.filter(pc.equal(measured["target"], target))
    values = rows["value"].to_numpy().astype(np.float64)
    if source.task == "classification":
        strange = np.unique(values[~np.isin(values, (0.0, 1.0))])
        if len(strange):
            raise DatasetError(
                f"{source.labels}: target {target!r} is learned as classes, but holds "
                f"{', '.join(f'{value:g}' for value in strange[:6])}",
                cure="classes are 0 and 1; for measured numbers use task: regression",
            )
    _refuse_impossible(source, target, rows)
    found = obstacle(
        values,
        np.array([RELATIONS[sign] for sign in rows["relation"].to_pylist()], dtype=np.int8),
        source.task,
        lone_variance=curation.lone_variance,
        names=rows["compound_id"].to_pylist(),
    )
    if found is not None:
        raise DatasetError(f"{source.labels}: target {target!r}: {found.reason}", cure=found.cure)


def _refuse_impossible(source: LabelData, target: str, rows: pa.Table) -> None:
    """Refuse what is no pX: a table of labels has no place for refused values, as curation has."""
    low, high = PX_RANGE
    told = rows.filter(pc.equal(rows["unit"], "pX"))
    outside = pc.or_(pc.less(told["value"], low), pc.greater(told["value"], high))
    wrong = told.filter(outside)
    if wrong.num_rows:
        raise DatasetError(
            f"{source.labels}: target {target!r}: {wrong.num_rows} of {told.num_rows} values are "
            f"no pX ({low:g} to {high:g}), such as {wrong['value'][0].as_py():g} of "
            f"{wrong['compound_id'][0].as_py()}",
            cure="check the unit: a pX is minus the decimal logarithm of a molar value",
        )


def _bounds(measured: pa.Table) -> int:
    return int(pc.sum(pc.not_equal(measured["relation"], "=")).as_py() or 0)


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
    found = read_label_table(path)
    table = found.select(LABELS.names).cast(LABELS.schema)
    if _PART not in found.column_names:
        return table
    return table.append_column(_PART, pc.fill_null(found[_PART].cast(pa.string()), ""))


def _joint_digest(checksums: dict[str, str]) -> str:
    # One file is known by its own checksum; several by that of their list.
    if len(checksums) == 1:
        return next(iter(checksums.values()))
    return fingerprint(checksums, length=64)


def _direction(text: str) -> Literal["higher", "lower"]:
    return "lower" if text == "lower" else "higher"


def _task(text: str) -> Literal["regression", "classification"]:
    return "classification" if text == "classification" else "regression"
