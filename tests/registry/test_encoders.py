from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from hitsieve.errors import ChecksumError, ConfigError, FingerprintError, NotFoundError
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.provenance import sha256_bytes
from hitsieve.registry.encoders import (
    EncoderCard,
    EncoderConfig,
    EncoderEpoch,
    read_encoder,
    render_encoder_card,
    write_encoder,
)
from hitsieve.registry.sealed import render_sums

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = NetworkConfig(hidden=8, depth=2, head_hidden=4)
CARD = EncoderCard(
    name="small",
    summary="An encoder.",
    library="a | b",
    inputs={"in.smi": "0" * 64},
    license="CC0",
    compounds=10,
    labels={"descriptors": 3},
    settings={"hidden": 8},
    history=(EncoderEpoch(number=1, train=1.5, descriptors=0.5, counts=0.25),),
    command="hitsieve pretrain",
    seed=0,
    versions={"torch": "2"},
)


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    network = build_network(NETWORK, 1)
    return {k: v for k, v in network.state_dict().items() if k.startswith("encoder.")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_encoder(tmp_path / "small", EncoderConfig.of("small", NETWORK), state(), CARD)
    return tmp_path / "small"


def test_round_trip(folder: Path) -> None:
    encoder = read_encoder(str(folder))
    assert encoder.config.name == "small"
    assert encoder.state.keys() == state().keys()
    for name, tensor in state().items():
        assert torch.equal(encoder.state[name], tensor)
    encoder.require_fit(NETWORK)
    build_network(NETWORK, 3).load_state_dict(encoder.state, strict=False)


def test_equal_weights_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_encoder(tmp_path / "b", EncoderConfig.of("small", NETWORK), state(), CARD)
    assert again == read_encoder(str(folder)).digest


def test_a_network_of_another_shape_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"depth is 3, the encoder's 2"):
        read_encoder(str(folder)).require_fit(NETWORK.model_copy(update={"depth": 3}))


def test_the_head_may_differ(folder: Path) -> None:
    read_encoder(str(folder)).require_fit(NETWORK.model_copy(update={"head_hidden": 99}))


def test_changed_weights_are_refused(folder: Path) -> None:
    path = folder / "encoder.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(ChecksumError, match=r"encoder\.safetensors was changed"):
        read_encoder(str(folder))


def test_other_chemistry_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    _replace(folder, "config.json", json.dumps(config | {"featurizer": "f" * 16}).encode())
    with pytest.raises(FingerprintError, match="the featurizer differs"):
        read_encoder(str(folder))


def test_weights_that_are_none_are_refused(folder: Path) -> None:
    _replace(folder, "encoder.safetensors", b"not tensors")
    with pytest.raises(ChecksumError, match="not an encoder"):
        read_encoder(str(folder))


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(NotFoundError, match="no encoder 'nothing'"):
        read_encoder("nothing")


def test_the_card_tells_licence_library_and_errors() -> None:
    text = render_encoder_card(CARD)
    assert "Licence: CC0" in text
    assert "a \\| b" in text
    assert "| 1 | 1.5000 | 0.5000 | 0.2500 |" in text


def _replace(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    files = [entry for entry in folder.iterdir() if entry.name != "SHA256SUMS"]
    sums = {entry.name: sha256_bytes(entry.read_bytes()) for entry in files}
    (folder / "SHA256SUMS").write_bytes(render_sums(sums))
