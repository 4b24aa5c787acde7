"""Tables that a training writes: golden molecules, measured compounds, predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.provenance import child_seed
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA
from hitsieve.scoring.batch import CompoundBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.labels import Labels
    from hitsieve.scoring.protocol import Prediction, Scorer

GOLDEN: Final = 200
_SIGNS: Final = np.array(["<", "=", ">"], dtype=object)


def golden_table(scorer: Scorer, smiles: Sequence[str], seed: int) -> pa.Table:
    """Choose 200 molecules at random and record what the ensemble says of them, uncalibrated."""
    order = np.random.default_rng(child_seed(seed, "golden")).permutation(len(smiles))
    chosen = [smiles[row] for row in np.sort(order[:GOLDEN])]
    prediction = scorer.score(CompoundBatch.from_smiles(chosen))
    names = list(scorer.targets)
    return pa.table(
        {
            "smiles": np.repeat(np.array(chosen, dtype=object), len(names)),
            "target": names * len(chosen),
            "mean": prediction.mean.reshape(-1),
            "std": prediction.std.reshape(-1),
        }
    ).cast(GOLDEN_SCHEMA)


def training_table(labels: Labels, split: Split, batch: CompoundBatch) -> pa.Table:
    """Lay out the measured compounds: a row a compound, values in the order of the targets."""
    matrix = labels.matrix
    # The pivot keeps float32; written as the shortest number that reads back to it.
    values = [[None if np.isnan(v) else float(str(v)) for v in row] for row in matrix.y]
    return pa.table(
        {
            "compound_id": matrix.compound_ids,
            "smiles": matrix.smiles,
            "part": split.labels(),
            "morgan": pa.array([row.tobytes() for row in batch.morgan], pa.binary(256)),
            "values": pa.array(values, pa.list_(pa.float64())),
            "relations": pa.array(_SIGNS[matrix.relation + 1].tolist(), pa.list_(pa.string())),
        }
    ).cast(TRAINING_SCHEMA)


def predictions_table(
    labels: Labels, split: Split, network: Prediction, baseline: Prediction
) -> pa.Table:
    """Lay out raw predictions of all compounds: a row a compound and target."""
    matrix = labels.matrix
    names = matrix.targets
    return pa.table(
        {
            "compound_id": _repeat(matrix.compound_ids, len(names)),
            "part": _repeat(split.labels(), len(names)),
            "target": names * len(matrix),
            "measured": pa.array(matrix.y.reshape(-1), from_pandas=True),
            "network": network.mean.reshape(-1),
            "network_std": network.std.reshape(-1),
            "forest": baseline.mean.reshape(-1),
            "forest_std": baseline.std.reshape(-1),
        }
    )


def _repeat(values: Sequence[str], times: int) -> list[str]:
    return [value for value in values for _ in range(times)]
