"""Real compounds: packaged building blocks, and well-known drugs with other chemistry."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve import resources
from hitsieve.chem.features import featurize
from hitsieve.chem.standardize import Standardizer
from hitsieve.engine import SerialExecutor
from hitsieve.errors import InputError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.modeling.config import CardData, SplitConfig, TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.monitor.drift import NAMES, Profile, drift
from hitsieve.monitor.embedding import embedding_drift
from hitsieve.monitor.library_drift import library_drift
from hitsieve.registry.contents import TRAINING_SCHEMA
from hitsieve.registry.registry import Registry
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.embed import embed
from hitsieve.scoring.load import BundleScorer
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.registry.bundle import Bundle

DRUGS = Path(__file__).resolve().parents[1] / "data" / "drugs.csv"


def _halves(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(n)
    return order[: n // 2], order[n // 2 :]


@pytest.fixture(scope="module")
def sets() -> dict[str, list[str]]:
    standardize = Standardizer()
    with DRUGS.open(newline="") as stream:
        drugs = [line["smiles"] for line in csv.DictReader(stream)]
    files = sorted((resources.folder("datasets") / "building_blocks").glob("*.smi"))
    blocks = [line.split()[0] for path in files for line in path.read_text().splitlines() if line]
    return {
        name: sorted({parent for text in texts if (parent := standardize(text).parent_smiles)})
        for name, texts in (("drugs", drugs), ("blocks", blocks))
    }


@pytest.fixture(scope="module")
def columns(sets: dict[str, list[str]]) -> dict[str, dict[str, np.ndarray]]:
    """Descriptors of each set."""
    found = {}
    for name, texts in sets.items():
        rows = [featurize(text).descriptors for text in texts]
        found[name] = {column: np.array([float(r[column]) for r in rows]) for column in NAMES}
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str], str], Library]:
    """Build a library of compounds, in shards of 20."""

    def build(texts: list[str], name: str) -> Library:
        root = tmp_path_factory.mktemp(name)
        lines = "".join(f"{text} m{number}\n" for number, text in enumerate(texts))
        (root / "in.smi").write_text(lines)
        config = LibraryConfig(
            inputs=[str(root / "in.smi")], output=root / "library", shard_rows=20
        )
        with SerialExecutor() as executor:
            build_library(config, executor)
        return Library.open(root / "library")

    return build


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], Bundle]:
    """Train a small model of computed log P."""

    def train(texts: list[str]) -> Bundle:
        root = tmp_path_factory.mktemp("trained")
        rows = [f"{text},{featurize(text).descriptors['clogp']:.3f}" for text in texts]
        column = {"endpoint": "clogp", "unit": "log units", "direction": "higher",
                  "task": "regression", "target": "logP"}  # fmt: skip
        card = write_card(root, "c", ["smiles,clogp", *rows], {"clogp": column})
        config = TrainConfig(
            name="c",
            data=(CardData(card=str(card)),),
            split=SplitConfig(kind="random"),
            recipe="fast",
            overrides={"training": {"members": 1, "epochs": 8}, "baseline": {"trees": 10}},
            registry=root / "models",
            runs=root / "runs",
            data_folder=root / "data",
        )
        with SerialExecutor() as executor:
            train_model(config, executor)
        return Registry(root / "models").read("c@1")

    return train


@pytest.mark.parametrize("name", ["drugs", "blocks"])
@pytest.mark.parametrize("seed", range(20))
def test_descriptors_of_two_halves_of_a_real_set_are_stable(
    columns: dict[str, dict[str, np.ndarray]], name: str, seed: int
) -> None:
    whole = columns[name]
    first, second = _halves(len(whole["mw"]), seed)
    reference = Profile.reference({n: values[first] for n, values in whole.items()})
    seen = reference.empty().update({n: values[second] for n, values in whole.items()})
    assert drift(reference, seen).verdict == "stable"


def test_descriptors_of_building_blocks_are_not_those_of_drugs(
    columns: dict[str, dict[str, np.ndarray]],
) -> None:
    reference = Profile.reference(columns["drugs"])
    report = drift(reference, reference.empty().update(columns["blocks"]))
    assert report.verdict == "shifted"
    # Building blocks are smaller, and no more charged once standardized.
    found = {one.name: one.verdict for one in report.descriptors}
    assert {found[name] for name in ("heavy_atoms", "mw", "rotatable_bonds")} == {"shifted"}
    assert found["charge"] == "stable"


@pytest.mark.parametrize("seed", range(3))
def test_the_held_out_half_of_a_library_is_stable_and_other_chemistry_is_not(
    sets: dict[str, list[str]],
    trained: Callable[[list[str]], Bundle],
    library: Callable[[list[str], str], Library],
    seed: int,
) -> None:
    blocks = sets["blocks"]
    first, second = _halves(len(blocks), seed)
    model = trained([blocks[n] for n in first])
    own = library_drift(library([blocks[n] for n in second], "own"), model)
    assert (own.verdict, own.descriptors.verdict, own.embedding.verdict) == ("stable",) * 3
    assert own.embedding.observed == len(second)  # from as many shards as it takes
    assert 0 <= own.embedding.distance < own.embedding.noise
    other = library_drift(library(sets["drugs"], "other"), model)
    assert (other.descriptors.verdict, other.embedding.verdict) == ("shifted", "shifted")
    assert other.to_dict()["verdict"] == "shifted"


def test_a_library_of_what_was_learned_from_has_not_drifted_at_all(
    sets: dict[str, list[str]],
    trained: Callable[[list[str]], Bundle],
    library: Callable[[list[str], str], Library],
) -> None:
    model = trained(sets["drugs"])
    training = model.contents.training.to_pylist()
    learned = [row["smiles"] for row in training if row["part"] == "train"]
    found = library_drift(library(learned, "learned"), model)
    assert found.descriptors.reference == found.descriptors.observed == len(learned)
    assert {one.name: one.psi for one in found.descriptors.descriptors} == dict.fromkeys(NAMES, 0.0)
    assert found.verdict == "stable"


def test_a_networks_vectors_of_two_halves_are_stable(
    sets: dict[str, list[str]], trained: Callable[[list[str]], Bundle]
) -> None:
    model = trained(sets["drugs"])
    ensemble = BundleScorer(model).ensemble
    for texts in sets.values():
        vectors = embed(ensemble, CompoundBatch.from_smiles(texts).graphs)
        verdicts = []
        for seed in range(10):
            first, second = _halves(len(vectors), seed)
            verdicts.append(embedding_drift(vectors[first], vectors[second], seed=seed).verdict)
        assert verdicts == ["stable"] * 10


def test_a_model_without_its_training_set_and_an_empty_library_are_told(
    sets: dict[str, list[str]],
    trained: Callable[[list[str]], Bundle],
    library: Callable[[list[str], str], Library],
) -> None:
    model = trained(sets["drugs"])
    empty = library(["not a structure", "C1CC"], "empty")
    assert len(empty) == 0
    with pytest.raises(InputError, match="holds no compound") as caught:
        library_drift(empty, model)
    assert "rejects" in caught.value.cure
    # As a Chemprop checkpoint is imported without --data.
    nothing = dataclasses.replace(model.contents, training=TRAINING_SCHEMA.empty_table())
    unknown = dataclasses.replace(model, contents=nothing)
    with pytest.raises(InputError, match="does not tell what it was trained on") as told:
        library_drift(library(sets["drugs"], "drugs"), unknown)
    assert "--data" in told.value.cure
