"""Scores and library rows joined into HITS: the reasons a chemist needs beside each score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.chem.alerts import structural_alerts
from hitsieve.chem.clusters import butina
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import SchemaError
from hitsieve.hits.known import MORGAN_BYTES
from hitsieve.schema import HITS
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from hitsieve.hits.known import KnownCompounds

COPIED = ("compound_id", "smiles", "inchikey", "source_ids", *(c.name for c in DESCRIPTORS))
LIBRARY_COLUMNS = (*COPIED, "parent_smiles", "morgan")
"""The columns of a LIBRARY table that annotating reads, besides ``available``."""
SCORED = ("score", "std", "lower", "upper", "in_domain")


@dataclass(frozen=True, slots=True)
class HitFacts:
    """What all hits of a list share.

    Parameters
    ----------
    target, endpoint, unit
        What is predicted.
    model, screen, library
        Where the numbers come from.
    quarantined
        What blocks the models they rest on, in words; empty where nothing does.
    """

    target: str
    endpoint: str
    unit: str
    model: str
    screen: str
    library: str
    quarantined: str = ""


def annotate(
    scores: pa.Table,
    rows: pa.Table,
    known: KnownCompounds,
    facts: HitFacts,
    domain_reasons: Sequence[str],
) -> pa.Table:
    """Join the best scores of a target with everything known about their compounds.

    Parameters
    ----------
    scores
        SCORES rows, best first, all with a score.
    rows
        LIBRARY rows of the same compounds in the same order (:data:`LIBRARY_COLUMNS`), with
        ``available``: whether a supplier still lists them.
    known
        Compounds measured on the target.
    facts
        What all rows share.
    domain_reasons
        Why each compound is in or out of the domain.

    Returns
    -------
    HITS table in the order of ``scores``.

    Raises
    ------
    SchemaError
        If scores and rows speak of different compounds.
    """
    if scores.column("compound_id").to_pylist() != rows.column("compound_id").to_pylist():
        raise SchemaError(
            f"scores and library rows of {facts.target} are not of the same compounds",
            cure="the library was built anew since the screen: run the screen again",
        )
    count = rows.num_rows
    packed = b"".join(rows.column("morgan").to_pylist())
    morgan = np.frombuffer(packed, np.uint8).reshape(-1, MORGAN_BYTES)
    shared = {
        name: [value] * count
        for name, value in (
            ("target", facts.target),
            ("endpoint", facts.endpoint),
            ("unit", facts.unit),
            ("model", facts.model),
            ("quarantined", facts.quarantined),
            ("screen", facts.screen),
            ("library", facts.library),
            ("review", ""),
        )
    }
    return HITS.build(
        {
            "rank": np.arange(1, count + 1, dtype=np.int32),
            **shared,
            **{name: rows.column(name) for name in (*COPIED, "available")},
            **{name: scores.column(name) for name in SCORED},
            "domain_reason": list(domain_reasons),
            "cluster": butina(morgan) if count else np.zeros(0, np.int32),
            **_structures(rows, known),
            **_neighbors(morgan, known),
        }
    )


def _structures(rows: pa.Table, known: KnownCompounds) -> dict[str, list[Any]]:
    parents = rows.column("parent_smiles").to_pylist()
    scaffolds = [murcko_scaffold(smiles) for smiles in parents]
    ids = rows.column("compound_id").to_pylist()
    return {
        "alerts": [structural_alerts(smiles) for smiles in parents],
        "scaffold": scaffolds,
        "novel": [known.is_novel(*pair) for pair in zip(ids, scaffolds, strict=True)],
    }


def _neighbors(morgan: np.ndarray, known: KnownCompounds) -> dict[str, list[Any]]:
    found = known.nearest(morgan)
    return {
        "nearest_id": [item[0] for item in found],
        "nearest_smiles": [item[1] for item in found],
        "nearest_value": [item[2] for item in found],
        "nearest_similarity": [item[3] for item in found],
    }
