"""A report over real compounds with computed log P in place of an assay."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.chem.features import featurize
from hitsieve.chem.standardize import Standardizer
from hitsieve.hits.annotate import HitFacts, annotate
from hitsieve.hits.known import MORGAN_BYTES, KnownCompounds
from hitsieve.registry.card import CalibrationCheck, DataSource, Estimate, Metric, ModelCard
from hitsieve.report import Check, Report, TargetSection
from hitsieve.report.content import Distribution

DRUGS = Path(__file__).resolve().parents[1] / "data" / "drugs.csv"
HITS_SHOWN = 12


def _table() -> tuple[pa.Table, np.ndarray]:
    standardizer = Standardizer()
    records, values = [], []
    with DRUGS.open(newline="") as stream:
        for line in csv.DictReader(stream):
            made = standardizer(line["smiles"])
            features = featurize(str(made.parent_smiles))
            records.append(
                {
                    "compound_id": made.compound_id,
                    "smiles": made.smiles,
                    "inchikey": made.inchikey,
                    "parent_smiles": made.parent_smiles,
                    "source_ids": [line["name"], "<script>alert(1)</script>"],
                    "available": True,
                    "morgan": features.morgan,
                    **features.descriptors,
                }
            )
            values.append(float(line["clogp"]))
    return pa.Table.from_pylist(records), np.array(values)


def _card() -> ModelCard:
    return ModelCard(
        name="clogp",
        summary="Five graph networks for an estimate of log P.",
        data=(
            DataSource(
                name="drugs",
                source="this project",
                license="Apache-2.0",
                sha256="0" * 64,
                rows=127,
                kept=127,
            ),
        ),
        targets=(),
        curation={},
        split="scaffold",
        leaks={},
        metrics=(
            Metric(
                target="logP",
                metric="rmse",
                better="lower",
                compounds=25,
                network=Estimate(low=0.31, value=0.42, high=0.55),
                baseline=Estimate(low=0.51, value=0.63, high=0.77),
                difference=Estimate(low=-0.35, value=-0.21, high=-0.08),
            ),
        ),
        calibration=(
            CalibrationCheck(
                target="logP", measure="90 % intervals hold", expected="0.90", found=0.88
            ),
        ),
        domain="Domain: Tanimoto similarity of at least 0.31 to a training compound.",
        warnings=("The <b>test part</b> is small.",),
        limits=("Not for peptides.",),
        recipe="tiny",
        seed=1,
        versions={},
    )


@pytest.fixture(scope="session")
def section() -> TargetSection:
    table, values = _table()
    order = np.argsort(-values, kind="stable")
    best = table.take(order[:HITS_SHOWN])
    score = values[order[:HITS_SHOWN]].astype(np.float32)
    scores = pa.table(
        {
            "compound_id": best.column("compound_id"),
            "score": score,
            "std": np.full(HITS_SHOWN, 0.2, np.float32),
            "lower": score - np.linspace(0.4, 0.9, HITS_SHOWN, dtype=np.float32),
            "upper": score + np.linspace(0.4, 0.9, HITS_SHOWN, dtype=np.float32),
            "in_domain": [i % 4 != 2 for i in range(HITS_SHOWN)],
        }
    )
    rest = table.take(order[HITS_SHOWN // 2 :: 2])
    packed = b"".join(rest.column("morgan").to_pylist())
    known = KnownCompounds(
        tuple(rest.column("compound_id").to_pylist()),
        tuple(rest.column("smiles").to_pylist()),
        np.frombuffer(packed, np.uint8).reshape(-1, MORGAN_BYTES),
        values[order[HITS_SHOWN // 2 :: 2]],
    )
    facts = HitFacts("logP", "clogp", "log units", "clogp@1", "first", "drugs")
    reasons = ["similar enough" if i % 4 != 2 else "unlike training" for i in range(HITS_SHOWN)]
    counts, edges = np.histogram(values, bins=40)
    return TargetSection(
        target="logP",
        hits=annotate(scores, best, known, facts, reasons),
        card=_card(),
        direction="higher",
        distribution=Distribution(edges, counts, len(values), 0, 101),
        known=known.values,
    )


@pytest.fixture(scope="session")
def report(section: TargetSection) -> Report:
    return Report(
        title="First screen",
        sections=(section,),
        checks=(Check("Against random picks", "4.2 times better (3.1 to 5.6)", "of 100 measured"),),
        provenance={"screen": "fingerprint <0123>", "rdkit": "2026.03"},
    )
