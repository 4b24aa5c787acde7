from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError
from hitsieve.modeling.blend import TrainingPart, fit_model
from hitsieve.modeling.config import load_recipe
from hitsieve.modeling.labels import TargetFacts
from hitsieve.modeling.start import encoder_sources, pretrained
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.encoders import EncoderCard, EncoderConfig, read_encoder, write_encoder
from hitsieve.scoring.batch import CompoundBatch

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = {"hidden": 8, "depth": 2}


@pytest.fixture
def folder(tmp_path: Path) -> str:
    network = load_recipe("default", {"network": NETWORK}).network
    torch.manual_seed(0)
    state = build_network(network, 1).state_dict()
    card = EncoderCard(
        name="small",
        summary="An encoder.",
        library="somebody's compounds",
        inputs={},
        license="CC BY 4.0",
        compounds=10,
        labels={},
        settings={},
        history=(),
        command="hitsieve pretrain",
        seed=0,
        versions={},
    )
    weights = {name: value for name, value in state.items() if name.startswith("encoder.")}
    write_encoder(tmp_path / "small", EncoderConfig.of("small", network), weights, card)
    return str(tmp_path / "small")


def test_a_recipe_without_encoder_starts_from_nothing() -> None:
    recipe = load_recipe("default", {"encoder": ""})
    assert pretrained(recipe) is None
    assert encoder_sources(recipe) == []


def test_a_model_inherits_the_licence_of_its_encoder(folder: str) -> None:
    recipe = load_recipe("default", {"network": NETWORK, "encoder": folder})
    encoder = pretrained(recipe)
    assert encoder is not None
    assert "encoder.W_h.weight" in encoder.state
    (source,) = encoder_sources(recipe)
    assert source.license == "CC BY 4.0"
    assert source.sha256 == encoder.digest
    assert source.rows == 10


def test_an_encoder_of_another_shape_is_refused(folder: str) -> None:
    recipe = load_recipe("default", {"network": {"hidden": 12, "depth": 2}, "encoder": folder})
    assert recipe.network != NetworkConfig()
    with pytest.raises(ConfigError, match="hidden is 12, the encoder's 8"):
        pretrained(recipe)


def test_an_unknown_encoder_is_told() -> None:
    with pytest.raises(NotFoundError, match="no encoder 'nothing'"):
        pretrained(load_recipe("default", {"encoder": "nothing"}))


def test_the_networks_of_a_model_start_from_the_encoder(folder: str) -> None:
    smiles = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in ("O", "N", "Cl")]
    batch = CompoundBatch.from_smiles(smiles)
    y = np.array([[len(text)] for text in smiles], dtype=np.float32)
    facts = (TargetFacts("size", "length", "", "higher", "regression"),)
    part = TrainingPart(batch, y, np.zeros(y.shape, np.int8), facts, None)
    still = {"members": 2, "epochs": 2, "warmup": 0, "learning_rate": 1e-12, "weight_decay": 0}
    network = {**NETWORK, "side_hidden": 0}
    recipe = load_recipe(
        "default",
        {"network": network, "training": still, "blend": {"members": []}, "encoder": folder},
    )
    fitted = fit_model(part, recipe, SerialExecutor(), 0, lambda *_: None)
    given = read_encoder(folder).state["encoder.W_h.weight"]
    for member in fitted.networks:
        assert torch.allclose(member.state["encoder.W_h.weight"], given, atol=1e-6)
