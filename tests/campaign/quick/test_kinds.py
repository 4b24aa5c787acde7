from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.campaign.quick.config import Kind, QuickConfig
from hitsieve.campaign.quick.kinds import (
    NEEDS,
    Group,
    deal,
    fit_group,
    groups_of,
    keep_folds,
    load,
    save,
)
from hitsieve.errors import ChecksumError
from hitsieve.library import Library
from hitsieve.networks.config import NetworkConfig
from hitsieve.scoring.perceptron import PerceptronConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.training.config import TrainingConfig

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = QuickConfig(
    folds=3,
    forest=ForestConfig(trees=9),
    extra_trees=ForestConfig(trees=9),
    perceptron=PerceptronConfig(hidden=8, epochs=4, least_steps=20),
    network=NetworkConfig(hidden=8, head_hidden=8, depth=2),
    training=TrainingConfig(members=1, epochs=3, warmup=1),
    most_compounds=50,
)
KINDS = get_args(Kind)


@pytest.fixture(scope="module")
def compounds(library: Path) -> Compounds:
    needs = {"bits", "counts", "graphs"}
    table = Library.open(library).read_shard("shard-00000", columns_for(needs))
    return Compounds.of(table.slice(0, 40), needs)


@pytest.fixture(scope="module")
def y(compounds: Compounds) -> np.ndarray:
    return compounds.properties[:, 0].astype(np.float64) / 50


def fitted(kind: str, compounds: Compounds, y: np.ndarray, config: QuickConfig = CONFIG):  # noqa: ANN201 - Fit
    (group,) = groups_of([kind])
    return fit_group(group, compounds, y, config, 5)[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_repeats_and_survives_a_file(
    kind: str, compounds: Compounds, y: np.ndarray, tmp_path: Path
) -> None:
    fit = fitted(kind, compounds, y)
    said = fit.model.predict(compounds)
    if kind not in {"perceptron", "network"}:  # a few epochs of eight units learn little
        assert np.corrcoef(said.mean, y)[0, 1] > 0.8
    assert (said.std >= 0).all()
    assert np.isfinite(fit.left_out.mean).all()
    for number in (1, 2):
        save(tmp_path / f"{number}.npz", fitted(kind, compounds, y))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    again = load(kind, tmp_path / "1.npz")
    assert again.model.predict(compounds).mean.tolist() == said.mean.tolist()
    assert again.model.predict(compounds).std.tolist() == said.std.tolist()
    assert again.left_out.mean.tolist() == fit.left_out.mean.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_prediction_does_not_depend_on_its_neighbors(
    kind: str, compounds: Compounds, y: np.ndarray
) -> None:
    model = fitted(kind, compounds, y).model
    whole = model.predict(compounds)
    rows = np.array([7, 3])
    part = model.predict(compounds.take(rows))
    assert part.mean == pytest.approx(whole.mean[rows], abs=1e-4)
    assert part.std == pytest.approx(whole.std[rows], abs=1e-4)


@pytest.mark.parametrize("kind", ["bit_process", "gaussian_process"])
def test_kernels_hold_no_more_than_asked(kind: str, compounds: Compounds, y: np.ndarray) -> None:
    fewer = CONFIG.model_copy(update={"most_compounds": 20})
    fit = fitted(kind, compounds, y, fewer)
    assert len(fit.left_out.mean) == 40
    assert np.isfinite(fit.left_out.mean).all()
    sizes = [len(array) for name, array in fit.model.to_arrays().items() if "alpha" in name]
    assert sizes == [20]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(ChecksumError, match="holds no surrogate"):
        load("forest", tmp_path / "x.npz")


def test_all_kinds_say_what_they_read() -> None:
    assert set(NEEDS) == set(KINDS)
    assert [group.kinds for group in groups_of(KINDS) if group.name == "kernels"] == [
        ("gaussian_process", "support_vectors")
    ]


def test_folds_are_disjoint_and_whole() -> None:
    for folds in (deal(17, 5, 1), keep_folds([f"c{i}" for i in range(50)], 5)):
        joined = np.sort(np.concatenate(folds))
        assert joined.tolist() == list(range(len(joined)))
        assert len(folds) == 5


def test_a_compound_keeps_its_fold() -> None:
    few, many = [f"c{i}" for i in range(40)], [f"c{i}" for i in range(90)]
    small, large = keep_folds(few, 4), keep_folds(many, 4)
    for one, other in zip(small, large, strict=True):
        assert {few[i] for i in one} <= {many[i] for i in other}


@pytest.mark.parametrize("kind", ["perceptron", "network"])
def test_fine_tuning_goes_on_from_the_round_before(
    kind: str, compounds: Compounds, y: np.ndarray, tmp_path: Path
) -> None:
    config = CONFIG.model_copy(update={"fine_tune": True})
    save(tmp_path / f"{kind}.npz", fitted(kind, compounds, y))
    group = Group(kind, (kind,))
    tuned = fit_group(group, compounds, y, config, 5, tmp_path)[kind]
    fresh = fit_group(group, compounds, y, config, 5, None)[kind]

    def error(fit: object) -> float:
        return float(np.mean((fit.left_out.mean - y) ** 2))  # type: ignore[attr-defined]

    assert error(tuned) < error(fresh)


def test_the_pool_decides_the_kinds_unless_they_are_named() -> None:
    assert "gaussian_process" in QuickConfig().kinds_for(10_000)
    assert QuickConfig().kinds_for(1_000_000) == ("bit_process", "perceptron")
    assert QuickConfig(kinds=("forest",)).kinds_for(1_000_000) == ("forest",)
