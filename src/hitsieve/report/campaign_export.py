"""The best measured compounds of a campaign as files other programs open: CSV, SDF, Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hitsieve.errors import UsageError, nearest
from hitsieve.hits.export import SUFFIXES, csv_text, sdf_text
from hitsieve.report.campaign_best import rank_measured
from hitsieve.store.files import write_atomic, write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.state import Round
    from hitsieve.report.campaign_best import Measured
    from hitsieve.report.source import AnyCampaign

_FIELDS: Final = (
    ("rank", pa.int64()), ("compound_id", pa.string()), ("smiles", pa.string()),
    ("target", pa.string()), ("endpoint", pa.string()), ("unit", pa.string()),
    ("value", pa.float64()), ("relation", pa.string()), ("round", pa.int64()),
    ("reason", pa.string()), ("predicted", pa.float64()), ("std", pa.float64()),
    ("price", pa.float64()), ("cost", pa.float64()), ("sources", pa.list_(pa.string())),
)  # fmt: skip
_PARTS: Final = (
    ("reaction", pa.string()), ("reagents", pa.list_(pa.string())),
    ("reagent_smiles", pa.list_(pa.string())),
)  # fmt: skip


def best_table(campaign: AnyCampaign, rounds: Sequence[Round], n: int | None) -> pa.Table:
    """Return the ``n`` best measured compounds as a table, best first; None for all.

    Of a panel, each target has a column ``<target>`` and one ``<target>: relation``. Of reagents,
    ``reaction``, ``reagents`` (``role=identifier``) and ``reagent_smiles`` say what makes each
    product.
    """
    found = rank_measured(campaign, rounds, n)
    targets = list(dict.fromkeys(target for one in found for target in one.targets))
    fields = [*_FIELDS]
    for target in targets:
        fields += [(target, pa.float64()), (f"{target}: relation", pa.string())]
    fields += _PARTS if any(one.reaction for one in found) else ()
    rows = [_row(campaign, one) for one in found]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def export_best(table: pa.Table, path: Path) -> None:
    """Write the best in the format that the file's suffix names.

    Raises
    ------
    UsageError
        If the suffix is none of .csv, .sdf and .parquet.
    StorageError
        If the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        write_parquet_atomic(path, table, {})
    elif suffix == ".csv":
        write_atomic(path, csv_text(table).encode())
    elif suffix == ".sdf":
        write_atomic(path, sdf_text(table).encode())
    else:
        raise UsageError(
            f"cannot write compounds as {path.name!r}{nearest(suffix, SUFFIXES)}",
            cure=f"name a file that ends in one of {', '.join(SUFFIXES)}",
        )


def _row(campaign: AnyCampaign, one: Measured) -> dict[str, Any]:
    oracle, pick = campaign.oracle, one.pick
    row: dict[str, Any] = {
        "rank": one.rank,
        "compound_id": pick.compound_id,
        "smiles": one.smiles,
        "target": oracle.target,
        "endpoint": oracle.endpoint,
        "unit": oracle.unit,
        "value": one.value,
        "relation": one.relation,
        "round": one.round,
        "reason": pick.reason,
        "predicted": pick.predicted,
        "std": pick.std,
        "price": pick.price,
        "cost": pick.cost,
        "sources": list(one.sources),
        "reaction": one.reaction,
        "reagents": [f"{role}={name}" for role, name, _ in one.reagents],
        "reagent_smiles": [smiles for _, _, smiles in one.reagents],
    }
    for target, found in one.targets.items():
        row |= dict(zip((target, f"{target}: relation"), found or (None, None), strict=True))
    return row
