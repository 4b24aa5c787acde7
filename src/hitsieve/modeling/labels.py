"""Measurements as a label matrix, with everything a model card must say about them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.assays.given_parts import one_part_each
from hitsieve.assays.matrix import concat_labels, label_matrix
from hitsieve.errors import DatasetError
from hitsieve.modeling.config import CardData, CurationConfig, LabelData
from hitsieve.modeling.sources import from_card, from_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Literal

    from hitsieve.assays.matrix import LabelMatrix
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.sources import SourceLabels
    from hitsieve.registry.card import DataSource


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
    doubts
        What a reader must be told of the measurements, in sentences.
    torn
        Compounds whose records stand in several parts of the splits that sets come with; each was
        given to the first of train, valid and test.
    """

    matrix: LabelMatrix
    facts: tuple[TargetFacts, ...]
    sources: tuple[DataSource, ...]
    curation: dict[str, int]
    checksums: dict[str, str]
    reports: tuple[dict[str, Any], ...]
    doubts: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()


def load_labels(
    data: Sequence[CardData | LabelData],
    policy: ChemPolicy,
    *,
    folder: Path,
    curation: CurationConfig | None = None,
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
    curation
        How replicates are merged and wild values are taken; as usual if not given.
    executor
        Standardizes the structures; in this process if not given.

    Raises
    ------
    NotFoundError
        If a card or file is absent, or a named target is not in the set.
    DatasetError
        If a set cannot be learned from, or two sets share a target.
    """
    curation = curation or CurationConfig()
    sets = [
        from_card(source, policy, folder, curation, executor)
        if isinstance(source, CardData)
        else from_table(source, curation)
        for source in data
    ]
    _refuse_shared_targets(sets)
    directions = {name: way for one in sets for name, way in one.directions.items()}
    table, torn = one_part_each(concat_labels([one.table for one in sets]))
    matrix = ordered(label_matrix(table), list(directions))
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
        tuple(doubt for one in sets for doubt in one.doubts),
        tuple(sorted({*torn, *(t for one in sets for t in one.torn)} & set(matrix.compound_ids))),
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


def _refuse_shared_targets(sets: list[SourceLabels]) -> None:
    seen: set[str] = set()
    for one in sets:
        twice = seen.intersection(one.directions)
        if twice:
            raise DatasetError(
                f"target {min(twice)!r} stands in two sets of measurements",
                cure="choose targets of each set by `targets`, or curate the files together",
            )
        seen.update(one.directions)


def exact(matrix: LabelMatrix, column: int) -> np.ndarray:
    """Return bool (n,): which compounds have a measured value, and no mere bound, of a target."""
    known: np.ndarray = ~np.isnan(matrix.y[:, column]) & (matrix.relation[:, column] == 0)
    return known
