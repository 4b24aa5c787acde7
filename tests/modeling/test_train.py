from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from hitsieve.config import parse_config
from hitsieve.engine.open import open_executor
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import ConfigError, DatasetError, NotFoundError
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.gates import leak_gate
from hitsieve.modeling.train import TrainedModel, train_model
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.gnn import GnnScorer

if TYPE_CHECKING:
    from hitsieve.engine.executor import Executor


def _train(
    settings: dict[str, Any], executor: Executor | None = None, **changes: Any
) -> TrainedModel:
    config = parse_config(TrainConfig, settings | changes)
    return train_model(config, executor or SerialExecutor())


def test_measurements_in_bundle_out(config: TrainConfig) -> None:
    heard: list[tuple[str, int, int]] = []
    made = train_model(config, SerialExecutor(), lambda *step: heard.append(step))
    assert made.entry.reference == "small@1"
    bundle = Registry(config.registry).read("small")
    assert bundle.digest == made.digest
    assert bundle.config.target_names == ["potency", "amine"]
    assert bundle.config.members == 2
    assert [t.direction for t in bundle.config.targets] == ["higher", "higher"]
    assert heard[0] == ("curate", 0, 1)
    assert heard[-1] == ("register", 1, 1)
    assert ("fit", 0, 8) in heard
    assert ("fit", 8, 8) in heard, "two members of four epochs"

    training = bundle.contents.training
    assert training.num_rows == 252
    assert set(training["part"].to_pylist()) == {"train", "valid", "test"}
    values = training["values"].to_pylist()
    assert sum(row[0] is None for row in values) == 84
    assert all(row[1] in {0.0, 1.0} for row in values)
    assert len(bundle.contents.domain["training"]) == training["part"].to_pylist().count("train")


def test_the_golden_molecules_are_reproduced_from_the_bundle(config: TrainConfig) -> None:
    contents = read_bundle(train_model(config, SerialExecutor()).entry.folder).contents
    network = NetworkConfig(**contents.config.network)
    members = []
    for number in range(contents.config.members):
        member = build_network(network, 2)
        member.load_state_dict(contents.member(number))
        members.append(member)
    golden = contents.golden
    assert golden.num_rows == 200 * 2
    smiles = golden["smiles"].to_pylist()[::2]
    again = GnnScorer(members, contents.config.targets).score(CompoundBatch.from_smiles(smiles))
    assert golden["mean"].to_numpy().tobytes() == again.mean.reshape(-1).tobytes()
    assert golden["std"].to_numpy().tobytes() == again.std.reshape(-1).tobytes()
    assert golden["target"].to_pylist()[:2] == ["potency", "amine"]


def test_the_card_compares_with_the_baseline(config: TrainConfig) -> None:
    made = train_model(config, SerialExecutor())
    measured = {(m.target, m.metric) for m in made.card.metrics}
    assert ("potency", "rmse") in measured
    assert ("amine", "roc_auc") in measured
    ahead = [m for m in made.card.metrics if m.baseline_ahead]
    assert ahead, "four epochs of a tiny network do not beat a forest"
    warned = " ".join(made.card.warnings)
    assert all(f"{m.target}: the random forest" in warned for m in ahead)
    assert made.card.data[0].license == "CC0"
    assert any("trained on values from" in limit for limit in made.card.limits)
    page = (made.entry.folder / "card.md").read_text()
    assert "random forest" in page
    assert str(config.runs) not in page


def test_a_seed_gives_the_same_bundle(settings: dict[str, Any]) -> None:
    first, second = (_train(settings) for _ in range(2))
    assert first.digest == second.digest
    assert [first.entry.version, second.entry.version] == [1, 2]
    assert _train(settings, seed=4).digest != first.digest


@pytest.mark.ray
@pytest.mark.slow
def test_ray_makes_the_same_bundle(settings: dict[str, Any]) -> None:
    with open_executor("ray", workers=2) as executor:
        spread = _train(settings, executor)
    assert spread.digest == _train(settings).digest


def test_the_run_folder_tells_what_was_done(config: TrainConfig) -> None:
    made = train_model(config, SerialExecutor())
    names = {path.name for path in made.run.iterdir()}
    assert names == {
        "config.yaml",
        "curation.json",
        "curves",
        "history.jsonl",
        "inputs.json",
        "leaks.json",
        "predictions.parquet",
        "recipe.yaml",
        "result.json",
        "seeds.json",
        "split.json",
        "suspects.json",
        "versions.json",
    }
    assert {path.name for path in made.run.parent.iterdir()} == {made.run.name}, "no states left"
    suspects = json.loads((made.run / "suspects.json").read_text())
    assert len(suspects) == sum(-(-count // 20) for count in (168, 252))
    result = json.loads((made.run / "result.json").read_text())
    assert result["model"] == "small@1"
    assert result["digest"] == made.digest
    history = [json.loads(line) for line in (made.run / "history.jsonl").read_text().splitlines()]
    assert sum(epoch["best"] for epoch in history) == 2
    table = pq.read_table(made.run / "predictions.parquet")
    assert table.num_rows == 252 * 2
    assert table["measured"].null_count == 84


@pytest.mark.parametrize("encoder", ["gine", "attentivefp", "pna", "gps"])
def test_a_scaffold_split_and_another_encoder(settings: dict[str, Any], encoder: str) -> None:
    shape = {"encoder": encoder, "hidden": 8, "head_hidden": 8}
    settings["overrides"] = settings["overrides"] | {"network": shape}
    made = _train(settings, split={"kind": "scaffold", "fractions": [0.6, 0.2, 0.2]})
    assert "Bemis-Murcko" in made.card.split
    assert read_bundle(made.entry.folder).config.network["encoder"] == encoder


def test_it_predicts_what_it_was_shown(settings: dict[str, Any]) -> None:
    settings["overrides"] = {
        "network": {"hidden": 32, "head_hidden": 32},
        "training": {"members": 1, "epochs": 25, "learning_rate": 5e-3},
        "baseline": {"trees": 10},
    }
    made = _train(settings)
    best = {(m.target, m.metric): m.network.value for m in made.card.metrics}
    assert best["potency", "spearman"] is not None
    assert best["potency", "spearman"] > 0.8
    assert best["amine", "roc_auc"] is not None
    assert best["amine", "roc_auc"] > 0.9


def _rewrite(both: Path, change: Any) -> None:
    path = both.with_suffix(".csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    kept = [row for row in (change(place, dict(row)) for place, row in enumerate(rows)) if row]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["smiles", "y", "active"])
        writer.writeheader()
        writer.writerows(kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda place, row: row if place < 8 else None, "8 labels|at least"),
        (lambda _, row: row | {"y": "", "active": "1"}, "missing or refused"),
        (lambda _, row: row | {"y": "5.0", "active": "1"}, "all 252 labels are 5"),
        (lambda _, row: row | {"y": "strong", "active": ""}, "text|labels"),
        (lambda _, row: row | {"y": "nan", "active": ""}, "missing or refused"),
    ],
    ids=["8 molecules", "one class", "constant", "text", "nan"],
)
def test_bad_data_is_refused_with_a_cure_and_registers_nothing(
    settings: dict[str, Any], both: Path, change: Any, message: str
) -> None:
    _rewrite(both, change)
    with pytest.raises(DatasetError, match=message) as caught:
        _train(settings)
    assert caught.value.exit_code == 3
    assert caught.value.cure
    assert Registry(Path(settings["registry"])).list() == []


def test_forty_molecules_are_told_how_many_are_needed(settings: dict[str, Any], both: Path) -> None:
    _rewrite(both, lambda place, row: row if place % 6 == 1 else None)
    with pytest.raises(DatasetError, match=r"measured compounds|too few"):
        _train(settings)


def test_a_wrong_request_fails_before_a_run_folder(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="did you mean 'members'"):
        _train(settings, overrides={"training": {"membres": 2}})
    with pytest.raises(NotFoundError, match="no recipe"):
        _train(settings, recipe="slow")
    assert not Path(settings["runs"]).exists()


def test_leaks_can_be_refused(settings: dict[str, Any], both: Path) -> None:
    rows = list(csv.DictReader(both.with_suffix(".csv").read_text().splitlines()))
    doubled = [
        row | {"smiles": row["smiles"] + center}
        for row in rows
        for center in ("[C@H](C)O", "[C@@H](C)O")
    ]
    with both.with_suffix(".csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["smiles", "y", "active"])
        writer.writeheader()
        writer.writerows(doubled)
    apart = {"kind": "random", "twins": "apart"}
    with pytest.raises(DatasetError, match="stereoisomer") as caught:
        _train(settings, leaks="refuse", split=apart)
    assert "--twins together" in caught.value.cure
    assert _train(settings, leaks="refuse").card.leaks["same_skeleton_other_stereo"] == 0
    drop = {"kind": "random", "twins": "drop", "fractions": [0.4, 0.3, 0.3]}
    dropped = _train(settings, leaks="refuse", split=drop)
    assert dropped.card.leaks["same_skeleton_other_stereo"] == 0
    parts = read_bundle(dropped.entry.folder).contents.training["part"].to_pylist()
    out = parts.count("left_out")
    assert out > 20
    assert f"{out} compounds were left out" in dropped.card.split
    assert dropped.card.curation["forms_left_out_of_later_parts"] == out
    gate = leak_gate(read_bundle(dropped.entry.folder).contents, None)
    assert gate.passed
    made = _train(settings, split=apart)
    assert made.card.leaks["same_skeleton_other_stereo"] > 0
    assert any("twin in another part" in warning for warning in made.card.warnings)


def test_a_published_split_that_tears_compounds_does_not_read_zero(
    settings: dict[str, Any], both: Path
) -> None:
    path = both.with_suffix(".csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    parts = [row | {"set": "test" if n % 5 == 0 else "train"} for n, row in enumerate(rows)]
    torn = [row | {"set": "train"} for row in parts if row["set"] == "test"][:4]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["smiles", "y", "active", "set"])
        writer.writeheader()
        writer.writerows(parts + torn)
    both.write_text(both.read_text() + "split_column: set\n")
    card = _train(settings, split={"kind": "column"}).card
    assert card.leaks["stood_in_two_given_parts"] == 4
    assert card.leaks["same_structure"] == 0, "each was given to one part"
    assert card.curation["compounds_in_two_given_parts"] == 4
    assert any(text.startswith("4 compounds stand in several parts") for text in card.warnings)
    with pytest.raises(DatasetError, match="4 compounds stand in several parts"):
        _train(settings, split={"kind": "column"}, leaks="refuse")
    assert _train(settings).card.leaks["stood_in_two_given_parts"] == 0


def test_kinds_of_split_are_compared_on_request(settings: dict[str, Any]) -> None:
    plain = _train(settings)
    assert plain.card.splits == ()
    compared = _train(settings, compare_splits=True)
    assert {(m.split, m.target) for m in compared.card.splits} == {
        (kind, target)
        for kind in ("random", "scaffold", "cluster")
        for target in ("potency", "amine")
    }
    assert compared.card.metrics == plain.card.metrics
    random = [m for m in compared.card.splits if m.split == "random"]
    assert [m.network for m in random] == [m.network for m in plain.card.metrics]
    rmse = {m.split: m.network for m in compared.card.splits if m.metric == "rmse"}
    assert all(item.low is not None and item.high is not None for item in rmse.values())
    assert len({item.value for item in rmse.values()}) == 3


def test_the_card_tells_whether_doubt_carries_information(config: TrainConfig) -> None:
    card = train_model(config, SerialExecutor()).card
    found = {(c.target, c.measure): c for c in card.calibration}
    width = found["potency", "rank correlation of interval width and error"]
    assert width.found is not None
    assert "with exact widths (simulated)" in width.expected
    assert "mean bounds" in found["amine", "share of class 1"].expected
    assert {(f.target, f.metric) for f in card.fit} >= {("potency", "rmse"), ("amine", "roc_auc")}
    assert "labels_contradicted_by_neighbors" in card.curation
    assert "network's own space" in card.domain


@pytest.mark.data
@pytest.mark.slow
def test_a_public_target(settings: dict[str, Any]) -> None:
    made = _train(
        settings,
        data=[{"card": "moleculeace/CHEMBL4203_Ki"}],
        split={"kind": "column"},
        overrides={"training": {"members": 2}},
    )
    rmse = next(m for m in made.card.metrics if m.metric == "rmse")
    assert rmse.network.value is not None
    assert rmse.baseline.value is not None
    spread = np.std(
        [
            row["values"][0]
            for row in read_bundle(made.entry.folder).contents.training.to_pylist()
            if row["part"] == "test"
        ]
    )
    assert rmse.network.value < 1.1 * spread
    assert rmse.baseline.value < spread
