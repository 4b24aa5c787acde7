"""What one molecule shows, on public libraries: idempotence, one key, two paths."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from hitsieve.chem.molecule import parse
from hitsieve.chem.standardize import Standardizer
from hitsieve.schema.codes import Code

MIRROR = os.environ.get("HITSIEVE_DATA_MIRROR", "")
FILES = {
    "mcule": "mcule_wong/mcule_1M_dev.parquet",
    "hiv": "moleculenet_chemprop/HIV.csv.gz",
    "muv": "moleculenet_chemprop/muv.csv.gz",
}
FAST, FULL = Standardizer(), Standardizer(fast_path=False)
# What a text says of itself a second time: nothing was changed any more.
SETTLED = {Code.NONE, Code.UNUSUAL, Code.ISOTOPE_LABELED}

pytestmark = [pytest.mark.slow, pytest.mark.data, pytest.mark.timeout(0)]


def sample(name: str, size: int, seed: int = 11) -> list[str]:
    path = Path(MIRROR) / FILES[name]
    if not (MIRROR and path.is_file()):
        pytest.skip(f"HITSIEVE_DATA_MIRROR has no {FILES[name]}")
    if path.suffix == ".parquet":
        column = pq.read_table(path, columns=["smiles"]).column("smiles")
    else:
        column = pd.read_csv(path, keep_default_na=False)["smiles"]
    texts = column.to_pylist() if path.suffix == ".parquet" else column.tolist()
    return random.Random(seed).sample(texts, min(size, len(texts)))  # noqa: S311 - a sample


@pytest.mark.parametrize(("name", "size"), [("mcule", 50_000), ("hiv", 50_000), ("muv", 100_000)])
def test_standardizing_again_changes_nothing_and_any_smiles_has_the_key(
    name: str, size: int
) -> None:
    texts = sample(name, size)
    kept = 0
    for number, text in enumerate(texts):
        first = FAST(text)
        if not first.kept:
            continue
        kept += 1
        again = FAST(first.smiles)
        assert (again.smiles, again.compound_id, again.parent_smiles) == (
            first.smiles,
            first.compound_id,
            first.parent_smiles,
        ), text
        assert again.code in SETTLED, (text, again)
        if number % 5 == 0:
            mol = parse(first.smiles or "")
            (other,) = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=number + 1)
            assert FULL(other).compound_id == first.compound_id, (text, other)
    assert kept > 0.9 * len(texts)


def test_both_paths_agree_on_a_hundred_thousand_records() -> None:
    for text in sample("mcule", 100_000, seed=12):
        assert FAST(text) == FULL(text)
