"""A report over real compounds with computed log P in place of an assay."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.acquisition.desirability import TransformConfig
from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.reagents import ReagentCampaign, ReagentCampaignConfig
from hitsieve.campaign.run import Campaign
from hitsieve.chem.features import featurize
from hitsieve.chem.standardize import Standardizer
from hitsieve.engine import SerialExecutor
from hitsieve.hits.annotate import HitFacts, annotate
from hitsieve.hits.known import MORGAN_BYTES, KnownCompounds
from hitsieve.library import LibraryConfig, build_library
from hitsieve.oracles import LookupOracle
from hitsieve.registry.card import CalibrationCheck, DataSource, Estimate, Metric, ModelCard
from hitsieve.report import Check, Report, TargetSection
from hitsieve.report.content import Distribution
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

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


@pytest.fixture(scope="session")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Sixty alcohols and amines; the longest SMILES are best. Two rounds, with an audit."""
    root = tmp_path_factory.mktemp("reported")
    lines = [f"{'C' * n}{end} <b>{n}{end}" for n in range(2, 32) for end in ("O", "N")]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    made = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    executor = SerialExecutor()
    build_library(made, executor)
    config = CampaignConfig(
        library=made.output, folder=root / "c", initial=20, batch=6, rounds=2, controls=0.3, seed=3
    )
    oracle = FakeOracle()
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9))
    found = Campaign(config, oracle, QuickSurrogate(oracle.target, config=quick), executor)
    found.run()
    return found


@pytest.fixture(scope="session")
def several(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A panel over the same compounds: large ones are wanted, and no nitrogen."""
    rows = [
        row
        for table in campaign.library.iter_tables(["compound_id", "heavy_atoms", "smiles"])
        for row in table.to_pylist()
    ]
    tables = {
        "<size>": {row["compound_id"]: (float(row["heavy_atoms"]), "=") for row in rows},
        "nitrogen": {row["compound_id"]: (float("N" in row["smiles"]), "=") for row in rows},
    }
    oracles = {
        name: LookupOracle(values, target=name, endpoint="e", unit="1")
        for name, values in tables.items()
    }
    objective = ObjectiveConfig(
        components=(
            ComponentConfig(target="<size>", transform=TransformConfig(low=5.0, high=25.0)),
            ComponentConfig(
                target="nitrogen", transform=TransformConfig(kind="falling", low=0.0, high=1.0)
            ),
        ),
        aggregate="pareto",
    )
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9))
    parts = {name: QuickSurrogate(name, config=quick) for name in oracles}
    root = campaign.library.root
    folder = tmp_path_factory.mktemp("several") / "p"
    config = CampaignConfig(library=root, folder=folder, initial=20, batch=6, rounds=1)
    panel = Panel(objective, dict(oracles), root)
    found = Campaign(config, panel, PanelSurrogate(objective, dict(parts)), SerialExecutor())
    found.run()
    return found


@pytest.fixture(scope="session")
def spaced(tmp_path_factory: pytest.TempPathFactory) -> ReagentCampaign:
    """Ureas of ten isocyanates and ten amines, with prices; long ones of long chains are best."""
    root = tmp_path_factory.mktemp("spaced")
    files = {}
    for role, group in (("isocyanate", "N=C=O"), ("amine", "CN")):
        lines = [f"{'C' * n}{group},<i>{role[0]}{n},{n}\n" for n in range(1, 11)]
        (root / f"{role}.csv").write_text("smiles,id,price\n" + "".join(lines))
        files[role] = [str(root / f"{role}.csv")]
    config = ReagentCampaignConfig.model_validate(
        {
            "folder": root / "c",
            "library": {"reactions": ["urea"], "reagents": {"urea": files}, "product": {}},
            "warm_up": 2,
            "batch": 10,
            "rounds": 2,
            "controls": 0.25,
            "budget": {"money": 10_000, "price": "price", "measuring": 2.0},
        }
    )
    found = ReagentCampaign(config, FakeOracle(), SerialExecutor())
    found.run()
    return found
