from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import torch

from hitsieve.calibration.applicability import Applicability
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.calibration.seen import SeenFeatures
from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.graphs.batch import make_batch
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.embed import embed, networks_of
from hitsieve.scoring.judgment import Judgment
from hitsieve.scoring.load import BundleScorer, load_scorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.testing.scorer_kit import sample_batch

if TYPE_CHECKING:
    from pathlib import Path

SUGARS_AND_SILANES = [
    "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O", "C[Si](C)(C)O[Si](C)(C)C", "OCC(O)C(O)C(O)C(O)CO",
    "FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F", "C[Si](C)(C)O[Si](C)(C)O[Si](C)(C)C", "BrC(Br)(Br)C(Br)Br",
    "OC1C(O)C(O)C(O)C(O)C1O", "FC(F)(Cl)C(F)(F)Cl", "CP(C)(=O)OP(C)(C)=O", "OB(O)OB(O)O",
]  # fmt: skip


def test_vectors_are_those_of_the_network_in_order(bundle_folder: Path) -> None:
    scorer = load_scorer(bundle_folder)
    networks = networks_of(scorer.model)
    assert networks is scorer.ensemble
    batch = sample_batch()
    with torch.inference_mode():
        tensors = make_batch(batch.graphs, None, networks.vocabulary)
        expected = networks.members[0].embed(tensors).numpy()
    found = embed(networks, batch.graphs)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    order = np.arange(len(batch))[::-1].copy()
    np.testing.assert_allclose(embed(networks, batch.graphs.take(order)), found[order], atol=1e-5)


def test_each_task_has_bounds_of_its_kind(bundle_folder: Path) -> None:
    bundle = read_bundle(bundle_folder)
    plain = BundleScorer(bundle)
    batch = sample_batch()
    prediction = plain.score(batch)
    lower, upper = plain.bounds(prediction)
    assert np.isfinite(lower[:, 0]).all()
    assert np.isnan(lower[:, 1]).all()  # a bundle without bounds on its probabilities
    rng = np.random.default_rng(0)
    chance = rng.random(100)
    labels = np.stack([np.full(100, np.nan), rng.random(100) < chance], axis=1)
    fitted = VennAbers.fit(labels, np.stack([chance, chance], axis=1))
    calibration = {**bundle.contents.calibration, "probabilities": fitted.to_dict()}
    judgment = Judgment(calibration, bundle.contents.domain, plain.ensemble)
    raw = plain.model.score(batch)
    final = Prediction(judgment.calibrated(raw.mean), raw.std)
    assert final.mean[:, 0].tolist() == raw.mean[:, 0].tolist()
    lower, upper = judgment.bounds(final)
    probability = final.mean[:, 1]
    assert (lower[:, 1] < probability).all()
    assert (probability < upper[:, 1]).all()
    assert (lower[:, 1] >= 0).all()
    assert (upper[:, 1] <= 1).all()
    assert (upper[:, 0] > 1).any()
    # ranks are those of the model
    order = np.argsort(raw.mean[:, 1], kind="stable")
    assert (np.diff(probability[order])[np.diff(raw.mean[order, 1]) > 1e-6] > 0).all()


def test_a_compound_of_unseen_atoms_is_outside_and_says_which(bundle_folder: Path) -> None:
    bundle = read_bundle(bundle_folder)
    scorer = BundleScorer(bundle)
    asked = ["CCO", "CCOB(O)O", "CC[Se]C"]
    batch = CompoundBatch.from_smiles(asked)
    seen = SeenFeatures.of(CompoundBatch.from_smiles(["CCCO", "c1ccccc1"]).graphs)
    near = FingerprintDomain(batch.morgan, 0.4)
    judgment = Judgment(
        bundle.contents.calibration, Applicability(near, None, seen).to_arrays(), scorer.ensemble
    )
    assert judgment.in_domain(batch).tolist() == [True, False, False]
    reasons = judgment.reasons(batch)
    assert reasons[1] == "no training compound has boron"
    assert reasons[2] == "no training compound has selenium"
    # another model that has seen them says otherwise of the same batch
    wider = SeenFeatures.of(batch.graphs)
    other = Judgment(
        bundle.contents.calibration, Applicability(near, None, wider).to_arrays(), scorer.ensemble
    )
    assert other.in_domain(batch).all()


def test_the_screens_flag_and_the_hits_reason_agree(bundle_folder: Path) -> None:
    bundle = read_bundle(bundle_folder)
    scorer = BundleScorer(bundle)
    batch = sample_batch()
    vectors = embed(scorer.ensemble, batch.graphs)
    space = EmbeddingDomain.fit(vectors, vectors[:3], 0.5)
    domain = Applicability(scorer.judgment.domain.fingerprint, space).to_arrays()
    judgment = Judgment(bundle.contents.calibration, domain, scorer.ensemble)
    flags, reasons = judgment.in_domain(batch), judgment.reasons(batch)
    assert 0 < flags.sum() < scorer.in_domain(batch).sum()
    for flag, reason in zip(flags, reasons, strict=True):
        assert flag == reason.startswith("nearest training compound")


def test_another_chemistry_is_outside(tiny: Any) -> None:
    scorer = load_scorer(tiny.models / "clogp" / "1")
    training = read_bundle(tiny.models / "clogp" / "1").contents.training
    held = training.filter(pc.equal(training["part"], "test"))["smiles"].to_pylist()
    inside = scorer.in_domain(CompoundBatch.from_smiles(held))
    strange = CompoundBatch.from_smiles(SUGARS_AND_SILANES)
    outside = ~scorer.in_domain(strange)
    # Few and unlike compounds: even of their own kind not all are near.
    assert inside.mean() > 0.3
    assert outside.mean() >= 0.9
    reasons = [r for r, out in zip(scorer.judgment.reasons(strange), outside, strict=True) if out]
    assert all("far from the training set" in r or "no training compound has" in r for r in reasons)
