from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from rdkit import Chem

from hitsieve.chem.standardize import Standardizer
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.blend import BlendConfig, BlendScorer
from hitsieve.scoring.fit_members import FittedMember, MemberData, fit_members
from hitsieve.scoring.forest import ForestScorer
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.stacking import Stack
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, SCORER_CHECKS, sample_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.protocol import Scorer

TARGETS = (
    TargetConfig(
        name="BACE1",
        endpoint="pIC50",
        unit="pX",
        direction="higher",
        task="regression",
        mean=6.5,
        std=1.3,
    ),
    TargetConfig(
        name="hERG", endpoint="blocker", unit="", direction="lower", task="classification", std=40.0
    ),
)


def _gnn(encoder: str, depth: int = 3, readout: str = "mean", *, spread: bool = False) -> GnnScorer:
    torch.manual_seed(5)
    settings = {"encoder": encoder, "hidden": 48, "depth": depth, "readout": readout}
    settings["spread"] = spread
    config = NetworkConfig.model_validate(settings)
    return GnnScorer([build_network(config, 2) for _ in range(3)], TARGETS)


def _forest() -> ForestScorer:
    batch = sample_batch()
    y = np.stack([np.linspace(4, 9, len(batch)), np.arange(len(batch)) % 2], axis=1)
    return ForestScorer.fit(
        batch.morgan,
        y,
        targets=["BACE1", "hERG"],
        tasks=["regression", "classification"],
        seed=3,
        config=ForestConfig(trees=20),
    )


MEMBERS = ("gaussian_process", "support_vectors", "extra_trees")


@functools.cache
def _members() -> dict[str, FittedMember]:
    n = len(SAMPLE_SMILES)
    y = np.stack([np.linspace(4, 9, n), np.arange(n) % 2], axis=1)
    data = MemberData(
        Inputs.from_smiles(SAMPLE_SMILES),
        y,
        ("BACE1", "hERG"),
        ("regression", "classification"),
    )
    config = BlendConfig(members=MEMBERS, folds=4, trees=ForestConfig(trees=20))
    return fit_members(data, config, 3)


def _blend() -> BlendScorer:
    torch.manual_seed(5)
    config = NetworkConfig(hidden=16, head_hidden=16, side_hidden=8)
    network = GnnScorer([build_network(config, 2) for _ in range(2)], TARGETS)
    weights = np.full(len(MEMBERS) + 1, 0.25)
    stacks = [Stack(weights, 0.0, target.task) for target in TARGETS]
    scorers = {kind: member.scorer for kind, member in _members().items()}
    return BlendScorer({"network": network, **scorers}, stacks)


SCORERS: dict[str, Callable[[], Scorer]] = {
    "dmpnn": lambda: _gnn("dmpnn"),
    "dmpnn-deep": lambda: _gnn("dmpnn", depth=5),
    "dmpnn-flat": lambda: _gnn("dmpnn", depth=1),
    "dmpnn-variance": lambda: _gnn("dmpnn", spread=True),
    "gine": lambda: _gnn("gine"),
    "attentivefp": lambda: _gnn("attentivefp", readout="attention"),
    "pna": lambda: _gnn("pna"),
    "gps": lambda: _gnn("gps"),
    "forest": _forest,
    "gaussian process": lambda: _members()["gaussian_process"].scorer,
    "support vectors": lambda: _members()["support_vectors"].scorer,
    "extra trees": lambda: _members()["extra_trees"].scorer,
    "blend": _blend,
}


@pytest.fixture(scope="module", params=SCORERS)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return SCORERS[request.param]()


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_contract(scorer: Scorer, check: Callable[[Scorer, CompoundBatch], None]) -> None:
    check(scorer, sample_batch())


def test_any_smiles_of_a_molecule_gives_the_same_score(scorer: Scorer) -> None:
    expected = scorer.score(sample_batch()).mean
    for seed in range(3):
        spellings = [
            Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(s), 1, randomSeed=seed)[0]
            for s in SAMPLE_SMILES
        ]
        assert_allclose(scorer.score(sample_batch(spellings)).mean, expected, rtol=1e-4, atol=1e-5)


def test_any_smiles_of_a_chiral_molecule_gives_the_same_score_once_standardized(
    scorer: Scorer,
) -> None:
    chiral = ["C[C@H](N)C(=O)O", "CN[C@@H](C)Cc1ccccc1", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H]1O"]
    standardize = Standardizer()
    found = []
    for seed in range(4):
        spellings = [
            Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(s), 1, randomSeed=seed)[0] for s in chiral
        ]
        parents = [standardize(s).parent_smiles for s in spellings]
        found.append(scorer.score(sample_batch([p for p in parents if p])).mean)
    for other in found[1:]:
        assert_allclose(other, found[0], rtol=1e-5)


class _Broken:
    """A scorer with one fault, to see that the kit finds it."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.inner = _gnn("dmpnn")
        self.targets = self.inner.targets
        self.calls = 0

    def score(self, batch: CompoundBatch) -> Prediction:
        self.calls += 1
        found = self.inner.score(batch)
        mean = found.mean.copy()
        if self.fault == "check_protocol":
            mean = mean[:, :1]
            return Prediction(mean, np.zeros_like(mean))
        if self.fault == "check_tells_apart":
            mean[:] = 1
        if self.fault == "check_empty" and len(batch) == 0:
            mean = np.zeros((1, mean.shape[1]), dtype=np.float32)
            return Prediction(mean, mean)
        if self.fault == "check_deterministic":
            mean += np.float32(0.001 * self.calls)
        if self.fault == "check_batch_size" and len(batch):
            mean -= mean.mean(axis=0)
        if self.fault == "check_order":
            mean = np.sort(mean, axis=0)
        if self.fault == "check_atom_order" and len(batch):
            mean += batch.graphs.atom_codes[batch.graphs.atom_offsets[:-1], :1].astype(np.float32)
        return Prediction(mean, found.std)

    def __reduce__(self) -> tuple[object, ...]:
        return _Broken, ("check_tells_apart" if self.fault == "check_pickle" else self.fault,)


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_the_kit_finds_each_fault(check: Callable[[Scorer, CompoundBatch], None]) -> None:
    with pytest.raises(AssertionError):
        check(_Broken(check.__name__), sample_batch())
