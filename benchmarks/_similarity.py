"""An oracle that measures the similarity of fingerprints to one compound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.oracles.protocol import Compound, Measurement, label_rows
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


class SimilarityOracle:
    """Tanimoto similarity of Morgan bits (radius 2, 2048) to one compound, 0 to 1."""

    name = "similarity"
    target = "query"
    endpoint = "tanimoto"
    unit = "1"
    higher_is_better = True
    time_limit_s = None

    def __init__(self, smiles: str) -> None:
        self.smiles = smiles
        self.query = np.asarray(morgan_from_smiles([smiles]))

    @property
    def fingerprint(self) -> str:
        """Of the query."""
        return fingerprint(["morgan2-2048", self.smiles])

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Compare compounds with the query."""
        found, _ = nearest_tanimoto(
            np.asarray(morgan_from_smiles([smiles for _, smiles in compounds])), self.query
        )
        return label_rows(self, compounds, [Measurement(float(value)) for value in found])
