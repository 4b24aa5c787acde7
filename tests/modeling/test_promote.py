from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from hitsieve.config import merge, parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import (
    ChecksumError,
    FingerprintError,
    IncompleteError,
    ModelRefusedError,
    QuarantinedError,
)
from hitsieve.modeling.config import PromotionConfig, TrainConfig
from hitsieve.modeling.differ import diff_models
from hitsieve.modeling.frozen import FILE, load_frozen, refreeze
from hitsieve.modeling.gates import Gate
from hitsieve.modeling.promote import examine, promote
from hitsieve.modeling.reference import held_out_compounds
from hitsieve.modeling.tables import golden_table
from hitsieve.modeling.train import train_model
from hitsieve.provenance import sha256_bytes, sha256_file
from hitsieve.registry.bundle import Bundle, read_bundle, render_sums
from hitsieve.registry.card import Estimate
from hitsieve.registry.registry import Registry
from hitsieve.scoring.load import BundleScorer, load_scorer

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents

SETTLED = {"training": {"epochs": 12}}
GATES = ["bundle", "card", "frozen set", "leaks", "test set", "calibration", "champion"]


@pytest.fixture
def registry(settings: dict[str, Any]) -> Registry:
    """A registry with one trained version of the model ``small``."""
    settings["overrides"] = merge(settings["overrides"], SETTLED)
    # Enough held-out compounds to calibrate on, and to judge by.
    settings["split"] = {"kind": "random", "fractions": [0.5, 0.25, 0.25]}
    train_model(parse_config(TrainConfig, settings), SerialExecutor())
    return Registry(Path(settings["registry"]))


def _add(registry: Registry, contents: BundleContents) -> str:
    """Add a version whose golden predictions are its own."""
    bundle = Bundle(registry.root / "small" / "0", "", contents)
    smiles = list(dict.fromkeys(contents.golden["smiles"].to_pylist()))
    golden = golden_table(BundleScorer(bundle).model, smiles, 0)
    return registry.add(dataclasses.replace(contents, golden=golden)).reference


def _failed(registry: Registry, reference: str) -> dict[str, str]:
    return {g.name: g.finding for g in examine(registry, reference) if not g.passed}


def _with_noise(contents: BundleContents) -> BundleContents:
    """A version whose networks say something else than they learned."""
    generator = torch.Generator().manual_seed(1)
    noisy = {
        name: tensor + 3 * torch.randn(tensor.shape, generator=generator)
        if name.startswith("member") and ".head." in name
        else tensor
        for name, tensor in contents.weights.items()
    }
    return dataclasses.replace(contents, weights=noisy)


def test_the_way_of_a_champion(registry: Registry, settings: dict[str, Any]) -> None:
    assert load_frozen(registry.root / "small") is None
    entry, gates = promote(registry, "small@1")
    assert entry.aliases == ("champion",)
    assert [gate.name for gate in gates] == GATES
    frozen = load_frozen(registry.root / "small")
    assert frozen is not None
    contents = read_bundle(entry.folder).contents
    parts = dict(zip(*(contents.training[n].to_pylist() for n in ("compound_id", "part")),
                     strict=True))  # fmt: skip
    assert {parts[one] for one in frozen.compound_ids} == {"test"}
    # Another seed divides differently, and still never learns from the frozen compounds.
    again = train_model(parse_config(TrainConfig, {**settings, "seed": 8}), SerialExecutor())
    table = read_bundle(again.entry.folder).contents.training
    later = dict(zip(*(table[n].to_pylist() for n in ("compound_id", "part")), strict=True))
    assert {later[one] for one in frozen.compound_ids} == {"test"}
    assert sum(part == "test" for part in later.values()) > len(frozen.compound_ids)
    assert f"{len(frozen)} compounds of the test part are those of the" in again.card.split
    same = _add(registry, contents)
    assert promote(registry, same)[0].aliases == ("champion",)
    assert registry.rollback("small").version == 1
    assert registry.alias("small").frozen == sha256_file(registry.root / "small" / FILE)


def test_a_worse_candidate_is_not_promoted(registry: Registry) -> None:
    promote(registry, "small@1")
    contents = read_bundle(registry.root / "small" / "1").contents
    worse = _add(registry, _with_noise(contents))
    assert "Champion: small@1" in _failed(registry, worse)["champion"]
    with pytest.raises(ModelRefusedError, match="champion: potency: rmse"):
        promote(registry, worse)
    assert registry.resolve("small@champion").version == 1


def test_a_changed_weight_file_or_a_missing_card_is_not_promoted(registry: Registry) -> None:
    for file, damage in (("weights.safetensors", "changed"), ("card.json", "missing")):
        copy = registry.root / "small" / "2"
        shutil.copytree(registry.root / "small" / "1", copy)
        path = copy / file
        if damage == "changed":
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(bytes(data))
        else:
            path.unlink()
        assert damage in _failed(registry, "small@2")["bundle"]
        with pytest.raises(ModelRefusedError, match=f"bundle.*{file}"):
            promote(registry, "small@2")
        shutil.rmtree(copy)
    # Sums made anew to fit the missing card do not help.
    shutil.copytree(registry.root / "small" / "1", copy)
    for name in ("card.json", "card.md", "SHA256SUMS"):
        (copy / name).unlink()
    sums = {path.name: sha256_bytes(path.read_bytes()) for path in copy.iterdir()}
    (copy / "SHA256SUMS").write_bytes(render_sums(sums))
    with pytest.raises(ModelRefusedError, match="SHA256SUMS was changed"):
        promote(registry, "small@2")


def test_leaks_and_empty_cards_are_not_promoted(registry: Registry) -> None:
    promote(registry, "small@1")
    contents = read_bundle(registry.root / "small" / "1").contents
    card = contents.card
    leaky = card.model_copy(update={"leaks": {**card.leaks, "same_structure": 3}})
    assert (
        "3 held-out"
        in _failed(registry, _add(registry, dataclasses.replace(contents, card=leaky)))["leaks"]
    )
    bare = card.model_copy(update={"metrics": (), "leaks": {}})
    failed = _failed(registry, _add(registry, dataclasses.replace(contents, card=bare)))
    assert "measures on held-out compounds" in failed["card"]
    assert "no leak audit" in failed["leaks"]
    seen = _add(registry, _with_parts(contents, ["train"] * 252))
    assert "training part holds 63 compounds of the frozen" in _failed(registry, seen)["leaks"]


def _with_parts(contents: BundleContents, parts: list[str]) -> BundleContents:
    place = contents.training.schema.get_field_index("part")
    column = pa.array(parts, pa.string())
    table = contents.training.set_column(place, contents.training.schema.field(place), column)
    return dataclasses.replace(contents, training=table)


def test_a_test_set_too_small_promotes_nothing_unless_that_is_asked(registry: Registry) -> None:
    contents = read_bundle(registry.root / "small" / "1").contents
    parts = contents.training["part"].to_pylist()
    tested = [place for place, part in enumerate(parts) if part == "test"]
    for place in tested[20:]:
        parts[place] = "train"
    few = _add(registry, _with_parts(contents, parts))
    gate = next(g for g in examine(registry, few) if g.name == "test set")
    assert not gate.passed
    assert "amine: 20 measured test compounds, at least 30 are needed." in gate.finding
    assert "potency: " in gate.finding
    assert "larger test part" in gate.cure
    with pytest.raises(ModelRefusedError, match="at least 30 are needed") as caught:
        promote(registry, few)
    assert "--min-test" in caught.value.cure
    assert load_frozen(registry.root / "small") is None
    asked = PromotionConfig(min_test=10, min_class=2)
    assert promote(registry, few, asked)[0].aliases == ("champion",)
    event = registry.alias("small").log[-1]["event"]
    assert event == "promoted on at least 10 test compounds, 2 of each class"


def test_a_card_whose_first_measure_is_not_defined_is_not_promoted(registry: Registry) -> None:
    contents = read_bundle(registry.root / "small" / "1").contents
    nothing = Estimate(low=None, value=None, high=None)
    metrics = tuple(
        m.model_copy(update={"network": nothing}) if m.metric == "roc_auc" else m
        for m in contents.card.metrics
    )
    card = contents.card.model_copy(update={"metrics": metrics})
    reference = _add(registry, dataclasses.replace(contents, card=card))
    failed = _failed(registry, reference)
    assert failed["card"] == "amine: its roc_auc on held-out compounds is not defined."


def test_without_the_frozen_set_nothing_is_promoted_or_trained(
    registry: Registry, settings: dict[str, Any]
) -> None:
    promote(registry, "small@1")
    contents = read_bundle(registry.root / "small" / "1").contents
    path = registry.root / "small" / FILE
    whole = path.read_bytes()
    path.unlink()
    # It learned from what was frozen, and is judged on a test part of its own.
    turned = [
        "train" if part == "test" else "test" for part in contents.training["part"].to_pylist()
    ]
    cheat = _add(registry, _with_parts(contents, turned))
    gates = examine(registry, cheat)
    assert [gate.name for gate in gates] == GATES[:3]
    assert not gates[-1].passed
    assert "is missing" in gates[-1].finding
    assert "hitsieve models refreeze small" in gates[-1].cure
    with pytest.raises(ModelRefusedError, match="is missing"):
        promote(registry, cheat)
    assert not path.exists(), "nothing is frozen anew"
    with pytest.raises(ChecksumError, match="is missing"):
        train_model(parse_config(TrainConfig, settings), SerialExecutor())
    path.write_bytes(whole)
    assert "frozen set" not in _failed(registry, cheat)
    assert "of the frozen test set" in _failed(registry, cheat)["leaks"]


def test_a_validation_part_with_frozen_compounds_is_a_leak(registry: Registry) -> None:
    promote(registry, "small@1")
    contents = read_bundle(registry.root / "small" / "1").contents
    parts = contents.training["part"].to_pylist()
    parts[parts.index("test")] = "valid"
    seen = _add(registry, _with_parts(contents, parts))
    finding = _failed(registry, seen)["leaks"]
    assert finding.startswith("its validation part holds 1 compounds of the frozen test set")


def test_a_changed_frozen_set_is_refused_and_can_be_written_anew(registry: Registry) -> None:
    promote(registry, "small@1")
    path = registry.root / "small" / FILE
    whole = path.read_bytes()
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 35).replace_schema_metadata(table.schema.metadata), path)
    gate = examine(registry, "small@1")[-1]
    assert (gate.name, gate.passed) == ("frozen set", False)
    assert "was changed" in gate.finding
    assert refreeze(registry, "small")
    assert path.read_bytes() == whole
    assert not _failed(registry, "small@1")
    assert registry.alias("small").log[-1]["event"] == "frozen test set written anew from version 1"


def test_a_frozen_set_of_before_checksums_is_taken_and_recorded(registry: Registry) -> None:
    promote(registry, "small@1")
    book = registry.alias("small")
    record = json.loads(book.path.read_text())
    digest = record.pop("frozen")
    book.path.write_text(json.dumps(record))
    gate = next(g for g in examine(registry, "small@1") if g.name == "frozen set")
    assert gate.passed
    assert "was not recorded" in gate.finding
    promote(registry, "small@1")
    assert book.frozen == digest


def test_intervals_that_promise_too_much_are_not_promoted(registry: Registry) -> None:
    contents = read_bundle(registry.root / "small" / "1").contents
    intervals = contents.calibration["intervals"]
    narrow = {**intervals, "factor": [f if f is None else f / 50 for f in intervals["factor"]]}
    changed = {**contents.calibration, "intervals": narrow}
    reference = _add(registry, dataclasses.replace(contents, calibration=changed))
    assert "potency: intervals hold" in _failed(registry, reference)["calibration"]


def test_a_quarantined_version_is_not_examined(registry: Registry) -> None:
    registry.quarantine("small", 1, "wrong plates")
    with pytest.raises(QuarantinedError, match="wrong plates"):
        examine(registry, "small@1")


def test_two_models_differ_in_their_ranks(registry: Registry) -> None:
    folder = registry.root / "small" / "1"
    contents = read_bundle(folder).contents
    turned = tuple(t.model_copy(update={"mean": t.mean + 0.5}) for t in contents.config.targets)
    config = contents.config.model_copy(update={"targets": turned})
    other = _add(registry, dataclasses.replace(contents, config=config))
    before, after = load_scorer(folder), load_scorer(registry.resolve(other).folder)
    smiles = held_out_compounds([folder, registry.resolve(other).folder])
    potency = diff_models(before, after, smiles)[0]
    assert potency.correlation == pytest.approx(1.0)
    assert potency.mean_shift == pytest.approx(0.5, abs=1e-4)
    assert (potency.top_kept, potency.shifts) == (1.0, ())
    weights = {
        name: -tensor if ".head." in name and tensor.shape[0] == 2 else tensor
        for name, tensor in contents.weights.items()
    }
    inverse = _add(registry, dataclasses.replace(contents, weights=weights))
    found = diff_models(before, load_scorer(registry.resolve(inverse).folder), smiles)[0]
    if contents.config.blend:
        assert found.correlation < 1
    else:
        assert found.correlation == pytest.approx(-1.0)
    assert len(found.shifts) == 10
    moves = [abs(s.after - s.before) for s in found.shifts]
    assert moves == sorted(moves, reverse=True)
    assert np.isfinite([s.score_after for s in found.shifts]).all()


def test_the_champion_that_the_gates_saw_cannot_change_meanwhile(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitsieve.registry.changing.PATIENCE_S", 0.0)
    seen: list[str] = []

    def another(*_: object) -> tuple[Gate, ...]:
        with pytest.raises(IncompleteError, match="model 'small' is being worked on") as caught:
            Registry(registry.root).set_alias("small", "champion", 1)
        seen.append(caught.value.cure)
        return (Gate("bundle", passed=False, finding="none.", cure="look"),)

    monkeypatch.setattr("hitsieve.modeling.promote.examine", another)
    with pytest.raises(ModelRefusedError, match="not promoted"):
        promote(registry, "small@1")
    assert seen
    Registry(registry.root).set_alias("small", "champion", 1)


def test_a_champion_that_cannot_score_any_more_is_spoken_for_by_its_card(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update that counts fingerprints otherwise: nothing could follow it for good."""
    promote(registry, "small@1")
    contents = read_bundle(registry.root / "small" / "1").contents
    good = _add(registry, contents)
    worse = _add(registry, _with_noise(contents))
    turned = ["test" if part == "valid" else part for part in contents.training["part"].to_pylist()]
    other = _add(registry, _with_parts(contents, turned))

    def outdated(folder: Path) -> BundleScorer:
        if folder.name in former:
            raise FingerprintError("the inputs are counted otherwise", cure="train it again")
        return load_scorer(folder)

    former = {"1"}
    monkeypatch.setattr("hitsieve.modeling.prediction_gates.load_scorer", outdated)
    gates = {gate.name: gate for gate in examine(registry, good)}
    assert gates["champion"].passed
    assert "small@1 cannot score here (the inputs are counted" in gates["champion"].finding
    assert "by its card: potency: rmse " in gates["champion"].finding
    assert "amine: brier " in gates["champion"].finding
    gate = {gate.name: gate for gate in examine(registry, worse)}["champion"]
    assert not gate.passed
    assert "hitsieve models quarantine small@1" in gate.cure
    # A champion that was judged on more compounds says nothing of these.
    former.add(other.partition("@")[2])
    registry.set_alias("small", "champion", int(other.partition("@")[2]))
    gate = {gate.name: gate for gate in examine(registry, good)}["champion"]
    assert not gate.passed
    assert "written on other compounds than are judged by" in gate.finding
    registry.quarantine("small", int(other.partition("@")[2]), "made by a former version")
    assert {gate.name: gate for gate in examine(registry, good)}["champion"].passed
