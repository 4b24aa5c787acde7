from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.errors import (
    ChecksumError,
    FingerprintError,
    GoldenMismatchError,
    NotFoundError,
    QuarantinedError,
)
from hitsieve.registry.bundle import write_bundle
from hitsieve.registry.contents import GOLDEN_SCHEMA
from hitsieve.registry.registry import Registry
from hitsieve.scoring.load import load_scorer
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, SCORER_CHECKS, sample_batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.protocol import Scorer


def _write(tmp_path: Path, contents: BundleContents, **changes: object) -> Path:
    folder = tmp_path / "demo" / "2"
    write_bundle(folder, dataclasses.replace(contents, **changes))
    return folder


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_contract(bundle_folder: Path, check: Callable[[Scorer, CompoundBatch], None]) -> None:
    check(load_scorer(bundle_folder), sample_batch())


def test_loaded_predictions_are_the_recorded_ones(
    bundle_folder: Path, contents: BundleContents
) -> None:
    scorer = load_scorer(bundle_folder)
    found = scorer.ensemble.score(sample_batch())
    assert_array_equal(found.mean.reshape(-1), contents.golden.column("mean").to_numpy())
    assert (scorer.name, scorer.targets) == ("demo@1", ("bace", "herg"))


def test_what_is_blocked_where_it_lies_is_not_loaded(
    tmp_path: Path, contents: BundleContents
) -> None:
    folder, registry = _write(tmp_path, contents), Registry(tmp_path)
    registry.quarantine("demo", 2, "wrong plates")
    with pytest.raises(QuarantinedError, match=r"demo@2 is quarantined .* wrong plates"):
        load_scorer(folder)
    registry.lift_quarantine("demo", 2, "read anew")
    assert load_scorer(folder).name == "demo@2"


def test_probabilities_are_calibrated_and_regression_is_not_touched(bundle_folder: Path) -> None:
    scorer = load_scorer(bundle_folder)
    raw, found = scorer.ensemble.score(sample_batch()), scorer.score(sample_batch())
    assert_array_equal(found.mean[:, 0], raw.mean[:, 0])
    logit = np.log(raw.mean[:, 1] / (1 - raw.mean[:, 1])) / 3
    assert_allclose(found.mean[:, 1], 1 / (1 + np.exp(-logit)), rtol=1e-4)


def test_bounds_and_domain_are_those_of_the_bundle(bundle_folder: Path) -> None:
    scorer, batch = load_scorer(bundle_folder), sample_batch([*SAMPLE_SMILES, "C[Te]C"])
    found = scorer.score(batch)
    lower, upper = scorer.bounds(found)
    half = 2 * np.sqrt(found.std[:, 0].astype(float) ** 2 + 0.25)
    assert_allclose(upper[:, 0] - found.mean[:, 0], half, rtol=1e-4)
    assert_allclose(found.mean[:, 0] - lower[:, 0], half, rtol=1e-4)
    assert np.isnan(lower[:, 1]).all()
    inside = scorer.in_domain(batch)
    assert inside[1:6].all()
    assert not inside[0]
    assert not inside[-1]


def test_weights_other_than_those_recorded_are_caught(
    tmp_path: Path, contents: BundleContents
) -> None:
    weights = dict(contents.weights)
    weights["member1.encoder.W_h.weight"] = weights["member1.encoder.W_h.weight"] * 2
    with pytest.raises(GoldenMismatchError, match=r"of (bace|herg) for .* recorded .* differ"):
        load_scorer(_write(tmp_path, contents, weights=weights))


@pytest.mark.parametrize("quantity", ["mean", "std"])
def test_the_molecule_that_differs_most_is_named(
    tmp_path: Path, contents: BundleContents, quantity: str
) -> None:
    values = contents.golden.column(quantity).to_numpy().copy()
    values[6] += 0.5
    values[10] += 0.1
    place = contents.golden.schema.get_field_index(quantity)
    golden = contents.golden.set_column(place, quantity, pa.array(values)).cast(GOLDEN_SCHEMA)
    with pytest.raises(GoldenMismatchError) as error:
        load_scorer(_write(tmp_path, contents, golden=golden))
    assert f"{quantity} of bace for {SAMPLE_SMILES[3]} is" in str(error.value)
    assert "2 of 32 values differ" in str(error.value)


def test_rounding_of_another_machine_is_allowed(tmp_path: Path, contents: BundleContents) -> None:
    values = contents.golden.column("mean").to_numpy() * np.float32(1 + 2e-6)
    place = contents.golden.schema.get_field_index("mean")
    golden = contents.golden.set_column(place, "mean", pa.array(values)).cast(GOLDEN_SCHEMA)
    load_scorer(_write(tmp_path, contents, golden=golden))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "0 molecules"),
        ([("CCO", "other", 1.0, 0.0)], "other"),
        ([("not-a-smiles", "bace", 1.0, 0.0)], "not-a-smiles"),
        ([("CCO", "bace", float("nan"), 0.0)], "nan"),
    ],
)
def test_a_golden_set_that_proves_nothing_is_refused(
    tmp_path: Path, contents: BundleContents, rows: list[tuple[object, ...]], words: str
) -> None:
    columns = list(zip(*rows, strict=True)) or [[], [], [], []]
    golden = pa.table(dict(zip(GOLDEN_SCHEMA.names, columns, strict=True)), schema=GOLDEN_SCHEMA)
    with pytest.raises(GoldenMismatchError, match=words):
        load_scorer(_write(tmp_path, contents, golden=golden))


def test_weights_of_another_shape_are_refused(tmp_path: Path, contents: BundleContents) -> None:
    weights = {**contents.weights, "member0.head.0.weight": torch.zeros(3, 3)}
    with pytest.raises(FingerprintError, match="member 0"):
        load_scorer(_write(tmp_path, contents, weights=weights))


def test_a_calibration_that_cannot_be_read_is_refused(
    tmp_path: Path, contents: BundleContents
) -> None:
    with pytest.raises(FingerprintError, match="intervals"):
        load_scorer(_write(tmp_path, contents, calibration={}))


def test_a_changed_byte_is_refused(tmp_path: Path, contents: BundleContents) -> None:
    folder = _write(tmp_path, contents)
    path = folder / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ChecksumError, match=r"weights\.safetensors"):
        load_scorer(folder)


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_scorer(tmp_path / "absent")
