"""A few real compounds as SCORES, LIBRARY rows and known compounds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.chem.features import featurize
from hitsieve.chem.standardize import Standardizer
from hitsieve.hits.annotate import LIBRARY_COLUMNS, HitFacts
from hitsieve.hits.known import MORGAN_BYTES, KnownCompounds

HITS_SMILES = (
    "CC(=O)Oc1ccccc1C(=O)O",  # aspirin, also known
    "CC(=O)Oc1cccc(F)c1C(=O)O",  # its fluoro analog: known scaffold
    "CCCCCC(=O)Cl",  # no rings, an acid chloride
    "Cn1cnc2c1c(=O)n(C)c(=O)n2C",  # caffeine: new scaffold
)
KNOWN_SMILES = ("CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1O", "CCCCCC(=O)O")
KNOWN_VALUES = (1.5, 2.5, 3.5)


def library_rows(smiles: tuple[str, ...]) -> pa.Table:
    standardizer = Standardizer()
    records = []
    for number, text in enumerate(smiles):
        made = standardizer(text)
        assert made.parent_smiles is not None
        features = featurize(made.parent_smiles)
        records.append(
            {
                "compound_id": made.compound_id,
                "smiles": made.smiles,
                "inchikey": made.inchikey,
                "parent_smiles": made.parent_smiles,
                "source_ids": [f"supplier-{number}", f"=other-{number}"],
                "morgan": features.morgan,
                "available": number != 2,
                **features.descriptors,
            }
        )
    table = pa.Table.from_pylist(records)
    assert set(LIBRARY_COLUMNS) <= set(table.column_names)
    return table


@pytest.fixture(scope="session")
def rows() -> pa.Table:
    return library_rows(HITS_SMILES)


@pytest.fixture(scope="session")
def scores(rows: pa.Table) -> pa.Table:
    count = rows.num_rows
    score = np.linspace(8, 7, count, dtype=np.float32)
    return pa.table(
        {
            "compound_id": rows.column("compound_id"),
            "score": score,
            "std": np.full(count, 0.25, np.float32),
            "lower": score - 1,
            "upper": score + 1,
            "in_domain": [True, True, False, False],
            "status": ["ok"] * count,
        }
    )


@pytest.fixture(scope="session")
def known() -> KnownCompounds:
    table = library_rows(KNOWN_SMILES)
    packed = b"".join(table.column("morgan").to_pylist())
    return KnownCompounds(
        tuple(table.column("compound_id").to_pylist()),
        tuple(table.column("smiles").to_pylist()),
        np.frombuffer(packed, np.uint8).reshape(-1, MORGAN_BYTES),
        np.array(KNOWN_VALUES),
    )


@pytest.fixture(scope="session")
def facts() -> HitFacts:
    return HitFacts("CDK2", "pIC50", "pX", "cdk2@1", "first", "lib")
