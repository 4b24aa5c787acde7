"""Reduced precision is refused unless predictions keep their ranks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import torch

from hitsieve.errors import GoldenMismatchError
from hitsieve.metrics.regression import spearman
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import write_bundle
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring import load, precision
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import load_scorer, settle_precision
from hitsieve.scoring.precision import check_agreement, matrix_gain
from hitsieve.scoring.protocol import Prediction
from hitsieve.testing.scorer_kit import SCORER_CHECKS, sample_batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.protocol import Scorer

TARGET = TargetConfig(name="t", endpoint="p", unit="u", direction="higher", task="regression")


def _scorer(kind: precision.Precision, **settings: object) -> GnnScorer:
    torch.manual_seed(1)
    config = NetworkConfig.model_validate({"hidden": 32, **settings})
    return GnnScorer([build_network(config, 1), build_network(config, 1)], [TARGET], precision=kind)


def _prediction(values: np.ndarray) -> Prediction:
    mean = values.astype(np.float32)[:, None]
    return Prediction(mean, np.zeros_like(mean))


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_a_scorer_in_bf16_keeps_the_contract(
    check: Callable[[Scorer, CompoundBatch], None],
) -> None:
    check(_scorer("bf16"), sample_batch())


def test_bf16_is_near_fp32_and_leaves_the_members_alone() -> None:
    exact, reduced = _scorer("fp32"), _scorer("bf16")
    batch = sample_batch()
    first, second = exact.score(batch).mean, reduced.score(batch).mean
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(second, first, atol=0.05 * first.std(), rtol=0.05)
    assert all(p.dtype == torch.float32 for m in reduced.members for p in m.parameters())


def test_networks_without_a_shared_form_have_no_bf16() -> None:
    with pytest.raises(ValueError, match="bf16"):
        _scorer("bf16", encoder="gine")


def test_agreement_is_about_ranks_and_shifts() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=200)
    exact = _prediction(values)
    check_agreement("m", ("t",), exact, _prediction(values + 1e-4 * rng.normal(size=200)))
    noisy = values + 0.05 * rng.normal(size=200)
    assert spearman(values, noisy) < precision.LEAST_SPEARMAN
    with pytest.raises(GoldenMismatchError, match="m: in bf16, t of the golden"):
        check_agreement("m", ("t",), exact, _prediction(noisy))
    shifted = values.copy()
    shifted[np.argmax(values)] += 1  # the best stays the best, and no rank changes
    with pytest.raises(GoldenMismatchError, match="standard deviations"):
        check_agreement("m", ("t",), exact, _prediction(shifted))
    with pytest.raises(GoldenMismatchError, match="nan"):
        check_agreement("m", ("t",), _prediction(np.ones(9)), _prediction(np.ones(9)))
    with pytest.raises(GoldenMismatchError):
        check_agreement("m", ("t",), exact, _prediction(np.full(200, np.nan)))


def test_the_gain_is_a_ratio() -> None:
    assert 0 < matrix_gain() < 1000


def test_a_bundle_in_bf16_passes_the_gate_or_is_refused(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "LEAST_SPEARMAN", 0.5)
    monkeypatch.setattr(precision, "LARGEST_SHIFT", 1.0)
    scorer = load_scorer(bundle_folder, "bf16")
    assert isinstance(scorer.model, GnnScorer)
    assert scorer.model.precision == "bf16"
    assert not np.array_equal(
        scorer.score(sample_batch()).mean, load_scorer(bundle_folder).score(sample_batch()).mean
    )
    monkeypatch.setattr(precision, "LEAST_SPEARMAN", 1.1)
    with pytest.raises(GoldenMismatchError, match="in bf16") as caught:
        load_scorer(bundle_folder, "bf16")
    assert "--precision auto" in caught.value.cure


@pytest.mark.parametrize(
    ("gain", "least", "expected"), [(9.0, 0.5, "bf16"), (1.0, 0.5, "fp32"), (9.0, 1.1, "fp32")]
)
def test_auto_takes_bf16_where_it_is_faster_and_allowed(
    bundle_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    gain: float,
    least: float,
    expected: str,
) -> None:
    monkeypatch.setattr(load, "matrix_gain", lambda: gain)
    monkeypatch.setattr(precision, "LEAST_SPEARMAN", least)
    monkeypatch.setattr(precision, "LARGEST_SHIFT", 1.0)
    assert settle_precision(bundle_folder, "auto") == expected
    assert settle_precision(bundle_folder, "fp32") == "fp32"
    assert settle_precision(bundle_folder, "bf16") == "bf16"


def test_auto_does_not_hide_a_broken_bundle(tmp_path: Path, contents: BundleContents) -> None:
    nines = pa.array([9.0] * len(contents.golden), pa.float32())
    wrong = contents.golden.set_column(2, contents.golden.schema.field(2), nines)
    folder = tmp_path / "demo" / "1"
    write_bundle(folder, dataclasses.replace(contents, golden=wrong))
    with pytest.raises(GoldenMismatchError, match="recorded 9"):
        settle_precision(folder, "auto")
