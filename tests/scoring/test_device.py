from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.errors import GoldenMismatchError, UsageError
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring import device as module
from hitsieve.scoring import load
from hitsieve.scoring.device import DeviceScorer, check_parity, scoring_device
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import BundleScorer, load_scorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = (
    TargetConfig(
        name="a", endpoint="pIC50", unit="pX", direction="higher", task="regression", std=20.0
    ),
    TargetConfig(name="b", endpoint="hit", unit="", direction="higher", task="classification"),
)
NETWORK = NetworkConfig(hidden=16, head_hidden=16)


def members(config: NetworkConfig = NETWORK, n: int = 2) -> list:
    torch.manual_seed(3)
    return [build_network(config, len(TARGETS)).eval() for _ in range(n)]


@pytest.mark.parametrize("max_atoms", [1, 40, 100_000])
def test_a_device_scores_as_the_processor_does(max_atoms: int) -> None:
    batch = sample_batch()
    expected = GnnScorer(members(), TARGETS).score(batch)
    scorer = DeviceScorer(members(), TARGETS, device="cpu", max_atoms=max_atoms)
    found = scorer.score(batch)
    assert scorer.targets == ("a", "b")
    assert np.allclose(found.mean, expected.mean, rtol=1e-5, atol=1e-5)
    assert np.allclose(found.std, expected.std, rtol=1e-4, atol=1e-5)
    again = scorer.score(batch)
    assert (again.mean.tobytes(), again.std.tobytes()) == (
        found.mean.tobytes(),
        found.std.tobytes(),
    )


def test_members_of_unequal_depth_share_a_batch() -> None:
    mixed = [*members(n=1), *members(NETWORK.model_copy(update={"depth": 2}), n=1)]
    expected = GnnScorer(mixed, TARGETS).score(sample_batch())
    found = DeviceScorer(mixed, TARGETS, device="cpu").score(sample_batch())
    assert np.allclose(found.mean, expected.mean, rtol=1e-5, atol=1e-5)


def test_half_precision_stays_near() -> None:
    expected = GnnScorer(members(), TARGETS).score(sample_batch()).mean
    found = DeviceScorer(members(), TARGETS, device="cpu", precision="bf16").score(sample_batch())
    assert not np.array_equal(found.mean, expected)
    assert np.allclose(found.mean, expected, rtol=0.05, atol=0.5)


def test_no_compounds_give_no_rows() -> None:
    empty = sample_batch().take(np.arange(0))
    assert DeviceScorer(members(), TARGETS, device="cpu").score(empty).mean.shape == (0, 2)


def test_networks_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="only D-MPNNs"):
        DeviceScorer(members(NetworkConfig(encoder="gine", hidden=16)), TARGETS, device="cpu")


def test_a_batch_is_packed_ahead_by_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    original, packed, computed = module._packed, [], []

    def pack(*arguments: object, **options: object) -> object:
        packed.append(len(computed))
        return original(*arguments, **options)

    monkeypatch.setattr(module, "_packed", pack)
    scorer = DeviceScorer(members(n=1), TARGETS, device="cpu", max_atoms=1)
    predict = scorer._predict
    monkeypatch.setattr(
        scorer, "_predict", lambda *a: (computed.append(1), predict(*a))[1], raising=True
    )
    scorer.score(sample_batch())
    assert len(packed) == len(computed) == len(SAMPLE_SMILES)
    assert all(done <= number for number, done in enumerate(packed)), "each before it is computed"


def prediction(*values: float) -> Prediction:
    mean = np.array([values], dtype=np.float32)
    return Prediction(mean, np.zeros_like(mean))


def test_parity_allows_rounding_and_refuses_more() -> None:
    here = prediction(6.0, 0.5)
    check_parity("m@1", TARGETS, here, prediction(6.001, 0.50001), 1e-4)
    with pytest.raises(GoldenMismatchError, match=r"mean of b is 0\.6 on the device") as told:
        check_parity("m@1", TARGETS, here, prediction(6.0, 0.6), 1e-4)
    assert "--device cpu" in told.value.cure
    with pytest.raises(GoldenMismatchError, match="mean of a is nan"):
        check_parity("m@1", TARGETS, here, prediction(float("nan"), 0.5), 1e-4)


def test_without_a_gpu_auto_is_the_processor_and_cuda_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (scoring_device("cpu"), scoring_device("auto")) == ("cpu", "cpu")
    with pytest.raises(UsageError, match="sees no GPU") as told:
        scoring_device("cuda")
    assert "--device cpu" in told.value.cure
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert scoring_device("auto") == scoring_device("cuda") == "cuda"


def test_a_bundle_moves_if_the_device_agrees(bundle_folder: Path) -> None:
    scorer = load_scorer(bundle_folder)
    expected = scorer.score(sample_batch()).mean
    scorer.move("cpu", "fp32", SAMPLE_SMILES)
    assert isinstance(scorer.model, DeviceScorer)
    assert np.allclose(scorer.score(sample_batch()).mean, expected, rtol=1e-5, atol=1e-4)


def test_a_device_that_computes_otherwise_is_refused_at_load(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sick(DeviceScorer):
        def member_values(self, graphs: object) -> np.ndarray:
            values = super().member_values(graphs)
            values[:, 3] *= np.float32(1.01)
            return values

    monkeypatch.setattr(load, "DeviceScorer", Sick)
    monkeypatch.setattr(load, "scoring_device", lambda _: "cuda")
    moved = BundleScorer.move
    monkeypatch.setattr(
        BundleScorer,
        "move",
        lambda self, _, precision, smiles: moved(self, "cpu", precision, smiles),
    )
    with pytest.raises(GoldenMismatchError, match="golden molecule 3"):
        load_scorer(bundle_folder, device="cuda")
