from __future__ import annotations

import numpy as np
import pytest

from hitsieve.campaign.reagents import features
from hitsieve.campaign.reagents.features import similarity_coordinates
from hitsieve.chem.counts import count_fingerprints
from hitsieve.scoring.minmax import MinMaxReference

AMINES = [f"{'C' * n}{end}N" for n in range(2, 9) for end in ("", "OC", "c1ccccc1")]


def _centered(smiles: list[str]) -> np.ndarray:
    kernels = [
        MinMaxReference(counts).similarity(counts)
        for counts in (count_fingerprints(smiles, kind) for kind in ("morgan3", "atom_pairs"))
    ]
    rest = np.eye(len(smiles)) - 1 / len(smiles)
    return rest @ np.mean(kernels, axis=0) @ rest


def test_inner_products_are_similarities() -> None:
    found = similarity_coordinates(AMINES, len(AMINES), seed=1)
    np.testing.assert_allclose(found @ found.T, _centered(AMINES), atol=1e-5)


def test_the_strongest_coordinates_are_kept() -> None:
    few = similarity_coordinates(AMINES, 4, seed=1)
    assert few.shape == (len(AMINES), 4)
    left = _centered(AMINES) - few @ few.T
    strongest = np.linalg.eigvalsh(_centered(AMINES))[::-1]
    assert np.linalg.norm(left, 2) == pytest.approx(strongest[4], rel=1e-3)


def test_many_reagents_are_spanned_by_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "_LANDMARKS", 12)
    found = similarity_coordinates(AMINES, len(AMINES), seed=1)
    assert found.shape[1] <= 12
    error = np.abs(found @ found.T - _centered(AMINES)).mean()
    assert error < 0.05


def test_one_reagent_has_nothing_to_tell() -> None:
    assert np.abs(similarity_coordinates(["CCN"], 5, seed=1)).max(initial=0) < 1e-9
