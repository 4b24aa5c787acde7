from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.campaign.quick import graphs
from hitsieve.campaign.quick.graphs import GraphEnsemble, fit_graph_ensemble
from hitsieve.campaign.quick.kinds import deal
from hitsieve.errors import ChecksumError, DatasetError
from hitsieve.networks.config import NetworkConfig
from hitsieve.training.config import TrainingConfig

if TYPE_CHECKING:
    from hitsieve.campaign.quick.compounds import Compounds
    from hitsieve.campaign.quick.said import Fit

NETWORK = NetworkConfig(hidden=8, head_hidden=8, depth=2)
TRAINING = TrainingConfig(members=1, epochs=10, warmup=2)
FOLDS = deal(60, 3, 1)


@pytest.fixture(scope="module")
def fit(pool: Compounds, lengths: np.ndarray) -> Fit:
    short = TRAINING.model_copy(update={"epochs": 3, "warmup": 1})
    return fit_graph_ensemble(pool, lengths, FOLDS, NETWORK, short, 5)


@pytest.fixture(scope="module")
def model(fit: Fit) -> GraphEnsemble:
    assert isinstance(fit.model, GraphEnsemble)
    return fit.model


def test_the_mean_and_spread_are_over_members(pool: Compounds, model: GraphEnsemble) -> None:
    assert pool.batch is not None
    values = model.networks.member_values(pool.batch)
    assert values.shape == (3, 60)
    said = model.predict(pool)
    assert said.mean == pytest.approx(values.mean(axis=0))
    assert said.std == pytest.approx(values.std(axis=0))
    assert (said.std > 0).all()


def test_each_member_speaks_of_the_fold_it_left_out(
    pool: Compounds, fit: Fit, model: GraphEnsemble
) -> None:
    assert pool.batch is not None
    values = model.networks.member_values(pool.batch)
    for fold, own in zip(FOLDS, values, strict=True):
        assert fit.left_out.mean[fold] == pytest.approx(own[fold])
    assert fit.left_out.std == pytest.approx(values.std(axis=0))


def test_it_comes_back_from_its_arrays(pool: Compounds, model: GraphEnsemble) -> None:
    again = GraphEnsemble.from_arrays(model.to_arrays())
    assert again.networks.network == NETWORK
    assert again.predict(pool).mean.tolist() == model.predict(pool).mean.tolist()
    assert again.vectors(pool).tolist() == model.vectors(pool).tolist()


def test_members_keep_their_order_beyond_ten(model: GraphEnsemble) -> None:
    twelve = GraphEnsemble(replace(model.networks, states=model.networks.states * 4))
    again = GraphEnsemble.from_arrays(twelve.to_arrays())
    assert len(again.networks.states) == 12
    for found, meant in zip(again.networks.states, twelve.networks.states, strict=True):
        assert all((found[name] == meant[name]).all() for name in meant)


def test_vectors_are_those_of_the_first_network(pool: Compounds, model: GraphEnsemble) -> None:
    vectors = model.vectors(pool)
    assert (vectors.shape, vectors.dtype) == ((60, 8), np.float32)
    states = model.networks.states
    alone = GraphEnsemble(replace(model.networks, states=states[:1]))
    assert vectors.tolist() == alone.vectors(pool).tolist()
    others = GraphEnsemble(replace(model.networks, states=states[1:]))
    assert vectors.tolist() != others.vectors(pool).tolist()


def test_of_no_compounds_nothing_is_said(pool: Compounds, model: GraphEnsemble) -> None:
    said = model.predict(pool.take(np.empty(0, np.int64)))
    assert (said.mean.shape, said.std.shape) == ((0,), (0,))


def test_compounds_without_graphs_are_refused(pool: Compounds, model: GraphEnsemble) -> None:
    with pytest.raises(DatasetError, match="without graphs"):
        model.predict(replace(pool, batch=None))


def test_a_file_without_members_is_refused(model: GraphEnsemble) -> None:
    arrays = model.to_arrays()
    with pytest.raises(ChecksumError, match="no member"):
        GraphEnsemble.from_arrays({name: arrays[name] for name in ("network", "scalars")})


@pytest.mark.parametrize(
    ("folds", "epochs", "warmup", "expected"),
    [
        (3, 10, 2, 5),  # those of the round before go on for half the epochs
        (3, 6, 4, 5),  # and for one after the warm-up at least
        (2, 10, 2, 10),  # members of other folds have seen what these leave out
    ],
)
def test_those_of_the_round_before_go_on_for_half_the_epochs(
    pool: Compounds,
    lengths: np.ndarray,
    model: GraphEnsemble,
    monkeypatch: pytest.MonkeyPatch,
    folds: int,
    epochs: int,
    warmup: int,
    expected: int,
) -> None:
    asked: list[tuple[int, Any]] = []

    def watched(
        _batch: Any, _y: Any, _folds: Any, _network: Any, training: Any, _seed: Any, former: Any
    ) -> Any:
        asked.append((training.epochs, former))
        return model.networks

    monkeypatch.setattr(graphs, "fit_fold_networks", watched)
    training = TRAINING.model_copy(update={"epochs": epochs, "warmup": warmup})
    fit_graph_ensemble(pool, lengths, deal(60, folds, 1), NETWORK, training, 5, model)
    assert asked == [(expected, model.networks)]
