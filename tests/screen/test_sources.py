"""The sources of real screens, over a real library and a real bundle."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.neighbors import Neighborhood
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.chem.policy import ChemPolicy
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ChecksumError, HitsieveError, NotFoundError, QuarantinedError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import write_bundle
from hitsieve.registry.card import DataSource, ModelCard, TargetSizes
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA, BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.registry.registry import Registry
from hitsieve.schema import SCORES
from hitsieve.scoring import gnn
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.screen import ScreenConfig, run_screen, top_hits
from hitsieve.screen.sources import LibraryAndBundles, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMILES = [f"{'C' * i}OCc1ccccc1" for i in range(1, 41)]
TARGET = TargetConfig(
    name="bace/human",
    endpoint="pIC50",
    unit="pX",
    direction="higher",
    task="regression",
    mean=6.5,
    std=20.0,
)
NETWORK = NetworkConfig(hidden=8, head_hidden=8)
SOURCES = LibraryAndBundles()


def bundle(name: str = "demo", seed: int = 4) -> BundleContents:
    torch.manual_seed(seed)
    member = build_network(NETWORK, 1)
    sample = CompoundBatch.from_smiles(SMILES[:4])
    golden = GnnScorer([member], (TARGET,)).score(sample)
    settings = {
        "network": NETWORK.model_dump(mode="json"),
        "policy": ChemPolicy().model_dump(mode="json"),
    }
    sizes = TargetSizes(
        target=TARGET.name,
        endpoint=TARGET.endpoint,
        unit=TARGET.unit,
        direction=TARGET.direction,
        task=TARGET.task,
        train=1,
        valid=1,
        test=1,
    )
    data = DataSource(name="d", source="here", license="MIT", sha256="0" * 64, rows=1, kept=1)
    intervals = ConformalIntervals(
        0.9, np.array([2.0]), np.array([0.5]), np.array([50]), ("conformal",)
    )
    return BundleContents(
        config=BundleConfig(
            name=name,
            members=1,
            targets=(TARGET,),
            **settings,
            **installed_fingerprints(settings["policy"], settings["network"]),
        ),
        weights={f"member0.{name}": value for name, value in member.state_dict().items()},
        calibration={
            "intervals": intervals.to_dict(),
            "temperature": TemperatureScaling(np.array([1.0]), ("none",)).to_dict(),
        },
        domain=FingerprintDomain(sample.morgan, 0.4).to_arrays(),
        golden=pa.table(
            {
                "smiles": SMILES[:4],
                "target": [TARGET.name] * 4,
                "mean": golden.mean.reshape(-1),
                "std": golden.std.reshape(-1),
            }
        ).cast(GOLDEN_SCHEMA),
        training=pa.table(
            {
                "compound_id": ["A"],
                "smiles": [SMILES[0]],
                "part": ["train"],
                "morgan": pa.array([bytes(256)], pa.binary(256)),
                "values": [[6.25]],
                "relations": [["="]],
            }
        ).cast(TRAINING_SCHEMA),
        baseline={"none": np.zeros(1)},
        card=ModelCard(
            name=name,
            summary="For tests.",
            data=(data,),
            targets=(sizes,),
            curation={},
            split="random",
            leaks={},
            metrics=(),
            calibration=(),
            domain="near the training compounds",
            warnings=(),
            limits=("Tests only.",),
            recipe="fast",
            seed=1,
            versions={},
        ),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("sources")
    (root / "vendor.smi").write_text("".join(f"{s} id{i}\n" for i, s in enumerate(SMILES)))
    config = LibraryConfig(
        inputs=[str(root / "vendor.smi")], output=root / "library", shard_rows=10
    )
    build_library(config, SerialExecutor())
    write_bundle(root / "models" / "demo" / "1", bundle())
    for seed in range(3):
        write_bundle(root / "models" / f"more{seed}" / "1", bundle(f"more{seed}", seed))
    return root


def test_shards_are_those_of_the_manifest(folder: Path) -> None:
    shards = SOURCES.shards(folder / "library")
    assert sum(shard.rows for shard in shards) == len(SMILES)
    loaded = [SOURCES.read(folder / "library", shard) for shard in shards]
    assert [len(one.compound_ids) for one in loaded] == [shard.rows for shard in shards]
    with pytest.raises(ChecksumError, match="not the file the library's manifest lists"):
        SOURCES.read(folder / "library", replace(shards[0], sha256="0" * 64))


def test_models_are_found_by_name_and_by_folder(folder: Path) -> None:
    by_name = SOURCES.describe("demo", folder / "models")
    assert by_name.reference == "demo@1"
    assert by_name.targets == (Target("bace/human", "pIC50", "pX", "higher"),)
    assert SOURCES.describe(str(folder / "models" / "demo" / "1"), folder / "none") == by_name
    with pytest.raises(NotFoundError, match="no model 'demi'"):
        SOURCES.describe("demi", folder / "models")
    with pytest.raises(NotFoundError):
        SOURCES.shards(folder / "models")


def test_a_plan_in_single_precision_needs_no_torch(folder: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from hitsieve.screen.config import ScreenConfig\n"
        "from hitsieve.screen.planning import plan_screen\n"
        f"root = Path({str(folder)!r})\n"
        "plan = plan_screen(ScreenConfig(library=root / 'library', models=['demo'], "
        "registry=root / 'models', output=root / 'screen'))\n"
        "print(plan.models[0].reference, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["demo@1", "False"]


def test_a_blocked_model_is_refused(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.add(bundle())
    registry.quarantine("demo", 1, "wrong unit")
    with pytest.raises(QuarantinedError, match="wrong unit"):
        SOURCES.describe("demo", tmp_path)


def test_a_blocked_model_is_refused_by_path_and_by_its_bytes(tmp_path: Path) -> None:
    entry = Registry(tmp_path / "models").add(bundle())
    copy = shutil.copytree(entry.folder, tmp_path / "copy")
    model = SOURCES.describe(str(entry.folder), tmp_path / "none")
    Registry(tmp_path / "models").quarantine("demo", 1, "wrong unit")
    with pytest.raises(QuarantinedError, match=r"demo@1 is quarantined since .*: wrong unit"):
        SOURCES.describe(str(entry.folder), tmp_path / "none")
    with pytest.raises(QuarantinedError, match="holds the bytes of demo@1"):
        SOURCES.describe(str(copy), tmp_path / "models")
    with pytest.raises(QuarantinedError, match="wrong unit"):
        SOURCES.load(model)  # a worker that starts after the plan was made


def test_a_changed_bundle_is_refused(tmp_path: Path) -> None:
    entry = Registry(tmp_path).add(bundle())
    with (entry.folder / "weights.safetensors").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(HitsieveError, match=r"weights\.safetensors"):
        SOURCES.describe("demo", tmp_path)


def test_a_real_screen_accounts_for_every_compound(folder: Path, tmp_path: Path) -> None:
    config = ScreenConfig(
        library=folder / "library",
        models=["demo"],
        registry=folder / "models",
        output=tmp_path / "screen",
        executor="serial",
    )
    summary = run_screen(config)
    assert summary.complete
    assert summary.compounds == len(SMILES)
    best = top_hits(summary.folder, "bace/human", k=100)
    assert best.schema.names == SCORES.names
    assert len(set(best["compound_id"].to_pylist())) == len(SMILES)
    scores = best["score"].to_pylist()
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 20
    assert pc.all(pc.less(best["lower"], best["score"])).as_py()


def test_several_models_read_and_number_each_shard_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["demo", "more0", "more1", "more2"]

    def screen(output: str, models: list[str]) -> Path:
        config = ScreenConfig(
            library=folder / "library",
            models=models,
            registry=folder / "models",
            output=tmp_path / output,
            executor="serial",
            reuse=False,
        )
        return run_screen(config).folder

    alone = [screen(f"alone-{name}", [name]) for name in names]
    calls: dict[str, int] = {}

    def count(owner: object, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            calls[name] = calls.get(name, 0) + 1
            return original(*arguments, **options)

        monkeypatch.setattr(owner, name, counted)

    # golden molecules are scored when a model is loaded: counted is what follows
    loaded: list[str] = []
    original_load = LibraryAndBundles.load

    def load(self: LibraryAndBundles, model: Any) -> Any:
        found = original_load(self, model)
        loaded.append(model.reference)
        if len(loaded) == len(names):
            count(Library, "read_shard")
            count(CompoundBatch, "from_library")
            count(gnn, "find_environments")
            count(Neighborhood, "holds")
        return found

    monkeypatch.setattr(LibraryAndBundles, "load", load)
    together = screen("together", names)
    shards = len(SOURCES.shards(folder / "library"))
    assert calls == dict.fromkeys(
        ("read_shard", "from_library", "find_environments", "holds"), shards
    )
    for one in alone:
        for path in one.rglob("scores/**/*.parquet"):
            assert (together / path.relative_to(one)).read_bytes() == path.read_bytes()
