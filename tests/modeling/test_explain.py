from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from hitsieve.config import merge, parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import InputError, NotFoundError
from hitsieve.metrics.regression import spearman
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.explain import attribute, explain
from hitsieve.modeling.train import train_model
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.load import load_scorer
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from hitsieve.registry.bundle import Bundle
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.load import BundleScorer

ASKED = ("O=CCNCc1ccncc1", "N#CC(=O)NC1CCNCC1", "FC(F)(F)CCOc1ccsc1", "ClS(=O)(=O)Nc1ccccc1")


@pytest.fixture
def trained(settings: dict[str, Any]) -> tuple[BundleScorer, Bundle]:
    longer = merge(settings["overrides"], {"training": {"epochs": 25}, "blend": {"members": []}})
    config = parse_config(TrainConfig, {**settings, "overrides": longer})
    entry = train_model(config, SerialExecutor()).entry
    return load_scorer(entry.folder), read_bundle(entry.folder)


class CountsNitrogen:
    """Predicts the number of nitrogen atoms."""

    targets = ("nitrogen",)

    def score(self, batch: CompoundBatch) -> Prediction:
        counts = [text.upper().count("N") for text in batch.smiles.to_pylist()]
        mean = np.array(counts, dtype=np.float32)[:, None]
        return Prediction(mean, np.zeros_like(mean))


def test_attributions_find_what_a_prediction_is_made_of() -> None:
    found = attribute(CountsNitrogen(), "FCc1ccncc1CNC", "nitrogen")
    assert found.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0]


def test_an_explanation_names_the_nearest_measured_compounds(
    trained: tuple[BundleScorer, Bundle],
) -> None:
    scorer, bundle = trained
    found = explain(scorer, bundle.contents, "O=CCNCc1ccncc1", "potency")
    assert found.attributions.shape == (11,)
    assert found.lower < found.score < found.upper
    assert [n.similarity for n in found.neighbors] == sorted(
        (n.similarity for n in found.neighbors), reverse=True
    )
    assert len(found.neighbors) == 5
    measured = {row["compound_id"]: row["values"][0] for row in
                bundle.contents.training.to_pylist()}  # fmt: skip
    assert all(measured[n.compound_id] == n.value for n in found.neighbors)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["target"] == "potency"


def test_a_class_is_explained_by_its_probability(trained: tuple[BundleScorer, Bundle]) -> None:
    scorer, bundle = trained
    found = explain(scorer, bundle.contents, "O=CCNCc1ccncc1", "amine")
    assert found.unit == "probability"
    assert 0 <= found.lower < found.score < found.upper <= 1
    assert explain(scorer, bundle.contents, "O=CCNCc1ccncc1", "potency").unit == "pX"


def test_equivalent_atoms_get_equal_attributions(trained: tuple[BundleScorer, Bundle]) -> None:
    found = attribute(trained[0], "FCc1ccccc1", "potency")
    assert found[3] == found[7]
    assert found[4] == found[6]


def test_randomized_weights_change_the_attributions(
    trained: tuple[BundleScorer, Bundle],
) -> None:
    """The sanity check of Adebayo et al., NeurIPS 2018: an explanation must see the weights."""
    scorer, bundle = trained
    before = [attribute(scorer, smiles, "potency") for smiles in ASKED]
    again = [attribute(load_scorer(bundle.folder), smiles, "potency") for smiles in ASKED]
    assert all((a == b).all() for a, b in zip(before, again, strict=True))
    generator = torch.Generator().manual_seed(7)
    for member in scorer.ensemble.members:
        for parameter in member.parameters():
            scale = parameter.std(correction=0)
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    after = [attribute(scorer, smiles, "potency") for smiles in ASKED]
    agreement = [spearman(a, b) for a, b in zip(before, after, strict=True)]
    assert np.mean(agreement) < 0.5


def test_impossible_requests_are_refused(trained: tuple[BundleScorer, Bundle]) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'potency'"):
        attribute(trained[0], "CCO", "potenci")
    with pytest.raises(InputError, match="1 heavy atoms"):
        attribute(trained[0], "C", "potency")
