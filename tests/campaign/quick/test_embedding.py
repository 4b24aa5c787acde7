from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.acquisition.batch import likeness_of_vectors
from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.campaign.config import DiversityConfig
from hitsieve.campaign.quick.bits import BitReference
from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.embedding import hidden_states, kernel_features, network_among
from hitsieve.campaign.quick.kinds import fit_group, groups_of
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library
from hitsieve.networks.config import NetworkConfig
from hitsieve.scoring.perceptron import PerceptronConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle
from hitsieve.training.config import TrainingConfig

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = QuickConfig(
    folds=3,
    forest=ForestConfig(trees=9),
    perceptron=PerceptronConfig(hidden=8, epochs=4, least_steps=60),
    network=NetworkConfig(hidden=8, head_hidden=8, depth=2),
    training=TrainingConfig(members=1, epochs=3, warmup=1),
)
NEEDS: Any = {"bits", "graphs"}


@pytest.fixture(scope="module")
def compounds(library: Path) -> Compounds:
    table = Library.open(library).lookup(names(library), columns_for(NEEDS))
    return Compounds.of(table, NEEDS)


def names(library: Path) -> list[str]:
    tables = Library.open(library).iter_tables(["compound_id"])
    return [name for one in tables for name in one[0].to_pylist()]


@pytest.mark.parametrize(
    ("chosen", "weights", "wanted"),
    [
        ("network", {}, "network"),
        ("blend", {"network": 0.2, "perceptron": 0.3, "forest": 0.5}, "perceptron"),
        ("blend", {"network": 0.4, "perceptron": 0.3, "forest": 0.3}, "network"),
        ("blend", {"forest": 1.0}, None),
        ("blend", {"network": 0.0, "forest": 1.0}, None),
        ("forest", {"network": 0.9, "forest": 0.1}, None),
    ],
)
def test_a_network_tells_where_the_choice_is_or_has_one(
    chosen: str, weights: dict[str, float], wanted: str | None
) -> None:
    assert network_among(chosen, weights) == wanted


@pytest.mark.parametrize(("kind", "width"), [("network", 8), ("perceptron", 24)])
def test_hidden_states_do_not_depend_on_neighbors(
    compounds: Compounds, kind: str, width: int
) -> None:
    y = compounds.properties[:, 0].astype(np.float64) / 50
    (group,) = groups_of([kind])
    model = fit_group(group, compounds, y, CONFIG, 5)[kind].model
    vectors = hidden_states(model, compounds)
    assert vectors.shape == (60, width)
    rows = np.array([7, 3])
    assert hidden_states(model, compounds.take(rows)) == pytest.approx(vectors[rows], abs=1e-4)
    # What a network takes for alike it predicts alike.
    apart = np.abs(np.subtract.outer(*[model.predict(compounds).mean] * 2))
    likeness = likeness_of_vectors(vectors)
    pairs = np.triu_indices(60, 1)
    assert np.corrcoef(apart[pairs], likeness[pairs])[0, 1] < -0.3


def test_trees_have_no_hidden_states(compounds: Compounds) -> None:
    (group,) = groups_of(["forest"])
    model = fit_group(group, compounds, compounds.properties[:, 0] * 1.0, CONFIG, 5)["forest"].model
    with pytest.raises(TypeError, match="BitForest has no hidden states"):
        hidden_states(model, compounds)


def test_kernel_features_span_the_kernel_of_what_was_measured(compounds: Compounds) -> None:
    known = compounds.take(np.arange(20))
    found = kernel_features(compounds, known, seed=1)
    exact = BitReference.of(known).own().mean(axis=0)
    assert found[:20] @ found[:20].T == pytest.approx(exact, abs=1e-4)
    # Of other compounds only that part is seen which measured ones share.
    assert ((found[20:] ** 2).sum(axis=1) <= 1 + 1e-6).all()
    again = kernel_features(compounds.take(np.array([30, 2])), known, seed=1)
    assert again == pytest.approx(found[[30, 2]], abs=1e-6)


def settings(library: Path, folder: Path, how: str, space: str) -> CampaignConfig:
    diversity = DiversityConfig(how=how, space=space, weight=0.7, candidates=4, cap=1)
    return CampaignConfig(
        library=library, folder=folder, initial=20, batch=5, rounds=1, diversity=diversity, seed=3
    )


def labels_of(campaign: Campaign) -> Path:
    return campaign.folder.root / "training" / "round-001.parquet"


def begun(config: CampaignConfig, kinds: tuple[str, ...]) -> Campaign:
    oracle = FakeOracle()
    quick = CONFIG.model_copy(update={"kinds": kinds, "blend": False})
    return Campaign(config, oracle, QuickSurrogate(oracle.target, config=quick), SerialExecutor())


@pytest.mark.parametrize("how", ["maxmin", "determinantal", "clusters"])
@pytest.mark.parametrize("kind", ["perceptron", "network", "forest"])
def test_batches_are_spread_in_the_space_of_the_surrogate(
    library: Path, tmp_path: Path, how: str, kind: str
) -> None:
    campaign = begun(settings(library, tmp_path / "a", how, "embedding"), (kind,))
    one = campaign.run().rounds[1]
    plain = begun(
        CampaignConfig(
            library=library, folder=tmp_path / "b", initial=20, batch=5, rounds=1, seed=3
        ),
        (kind,),
    )
    work, labels = campaign._workplace(1), labels_of(campaign)
    nearby = plain.run().rounds[1]
    assert nearby.model == one.model

    def alike(ids: list[str]) -> float:
        every = sorted(names(library))
        vectors = campaign.surrogate.embed(one.model, labels, every, work)
        similarity = likeness_of_vectors(vectors)
        places = [every.index(name) for name in ids]
        return float(similarity[np.ix_(places, places)][np.triu_indices(5, 1)].mean())

    spread = [pick.compound_id for pick in one.picks]
    assert alike(spread) < alike([pick.compound_id for pick in nearby.picks])
    again = begun(settings(library, tmp_path / "c", how, "embedding"), (kind,))
    assert [pick.compound_id for pick in again.run().rounds[1].picks] == spread


def test_vectors_come_in_the_order_asked(library: Path, tmp_path: Path) -> None:
    campaign = begun(settings(library, tmp_path, "maxmin", "embedding"), ("forest",))
    run_campaign(campaign.config, campaign.oracle, campaign.surrogate, campaign.executor)
    work, labels = campaign._workplace(1), labels_of(campaign)
    ids = sorted(names(library))[:6]
    forth = campaign.surrogate.embed("x:forest", labels, ids, work)
    back = campaign.surrogate.embed("x:forest", labels, ids[::-1], work)
    assert back == pytest.approx(forth[::-1])
