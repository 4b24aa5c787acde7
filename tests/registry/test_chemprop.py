"""Chemprop checkpoints become networks, or are refused by name."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from hitsieve.errors import InputError, NotFoundError, UsageError
from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry import chemprop, unpickle
from hitsieve.registry.chemprop import read_checkpoint, read_checkpoints
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

if TYPE_CHECKING:
    from types import ModuleType

    from hitsieve.networks.model import GraphNetwork
    from hitsieve.registry.chemprop import Checkpoint


def _load() -> ModuleType:
    path = Path(__file__).with_name("chemprop_files.py")
    spec = importlib.util.spec_from_file_location("chemprop_files", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FILES = _load()
PACKED = PackedGraphs.from_smiles(list(SAMPLE_SMILES))


def _network(seed: int = 1, targets: int = 2, **settings: Any) -> GraphNetwork:
    torch.manual_seed(seed)
    config = NetworkConfig.model_validate(
        {"hidden": 10, "head_hidden": 6, "readout": "norm", **settings}
    )
    return build_network(config, targets).eval()


def _outputs(member: Checkpoint) -> torch.Tensor:
    network = build_network(member.network, len(member.mean)).eval()
    network.load_state_dict(member.state)
    batch = make_batch(PACKED, None, network.vocabulary)
    with torch.inference_mode():
        return network(batch) * member.std + member.mean


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": "tanh", "bias": True, "depth": 4, "readout": "mean"},
        {"head_layers": 3, "readout": "sum", "dropout": 0.2},
        {"head_layers": 0},
    ],
)
def test_weights_and_shape_are_taken_over(tmp_path: Path, settings: dict[str, Any]) -> None:
    network = _network(**settings)
    weights = FILES.plain_weights(network)
    weights["predictor.output_transform.mean"] = torch.tensor([[1.0, -2.0]])
    weights["predictor.output_transform.scale"] = torch.tensor([[3.0, 0.5]])
    path = FILES.write_checkpoint(
        tmp_path / "best.pt", FILES.plain_settings(network), weights, ["a", "b"]
    )
    found = read_checkpoint(path)
    asked = network.config
    if asked.head_layers == 0:  # without hidden layers their width means nothing
        asked = asked.model_copy(update={"head_hidden": 300})
    assert found.network == asked
    assert found.task == "regression"
    assert found.columns == ("a", "b")
    batch = make_batch(PACKED, None, network.vocabulary)
    with torch.inference_mode():
        expected = network(batch) * torch.tensor([3.0, 0.5]) + torch.tensor([1.0, -2.0])
    torch.testing.assert_close(_outputs(found), expected.double())


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save the start of a process; one test undoes it."""
    monkeypatch.setattr(chemprop, "_unpickle", unpickle.main)


def test_classification_has_no_scale(tmp_path: Path) -> None:
    network = _network(targets=1)
    settings = FILES.plain_settings(network)
    settings["predictor"]["cls"] = "chemprop.nn.predictors.BinaryClassificationFFN"
    path = FILES.write_checkpoint(tmp_path / "x.ckpt", settings, FILES.plain_weights(network), None)
    found = read_checkpoint(path)
    assert found.task == "classification"
    assert found.columns == ()
    assert found.mean.tolist() == [0.0]
    assert found.std.tolist() == [1.0]


def test_batch_normalization_is_folded_into_the_head(tmp_path: Path) -> None:
    network = _network()
    torch.manual_seed(5)
    norm = torch.nn.BatchNorm1d(10).eval()
    norm.weight.data.uniform_(0.5, 2)
    norm.bias.data.normal_()
    norm.running_mean.normal_()  # type: ignore[union-attr]
    norm.running_var.uniform_(0.1, 3)  # type: ignore[union-attr]
    weights = FILES.plain_weights(network)
    weights |= {f"bn.{name}": tensor for name, tensor in norm.state_dict().items()}
    path = FILES.write_checkpoint(
        tmp_path / "bn.pt", FILES.plain_settings(network), weights, ["a", "b"]
    )
    batch = make_batch(PACKED, None, network.vocabulary)
    with torch.inference_mode():
        expected = network.head(norm(network.embed(batch)))
    torch.testing.assert_close(_outputs(read_checkpoint(path)).float(), expected)


def test_members_with_scales_of_their_own_keep_their_predictions(tmp_path: Path) -> None:
    paths, expected = [], []
    for seed in (1, 2):
        network = _network(seed)
        weights = FILES.plain_weights(network)
        mean, std = torch.tensor([[1.0 * seed, 2.0]]), torch.tensor([[2.0, 3.0 * seed]])
        weights["predictor.output_transform.mean"] = mean
        weights["predictor.output_transform.scale"] = std
        path = tmp_path / f"{seed}.pt"
        settings = FILES.plain_settings(network)
        paths.append(FILES.write_checkpoint(path, settings, weights, ["a", "b"]))
        with torch.inference_mode():
            outputs = network(make_batch(PACKED, None, network.vocabulary))
        expected.append((outputs * std + mean).double())
    members = read_checkpoints(paths)
    assert torch.equal(members[0].mean, members[1].mean)
    assert torch.equal(members[0].std, members[1].std)
    for member, values in zip(members, expected, strict=True):
        torch.testing.assert_close(_outputs(member), values, rtol=1e-5, atol=1e-5)


_SETTINGS = [
    (("message_passing", "cls"), "chemprop.nn.AtomMessagePassing", "AtomMessagePassing"),
    (("message_passing", "undirected"), True, "undirected bonds"),
    (("message_passing", "d_vd"), 7, "7 extra atom descriptors"),
    (("message_passing", "d_v"), 133, "133 atom features"),
    (("message_passing", "d_e"), 12, "12 bond features"),
    (("message_passing", "activation"), "PRELU", "'prelu'"),
    (("message_passing", "activation"), torch.nn.LeakyReLU(0.3), "negative_slope=0.3"),
    (("message_passing", "activation"), torch.nn.Tanh(), "relu and tanh"),
    (("agg", "cls"), "chemprop.nn.agg.AttentiveAggregation", "AttentiveAggregation"),
    (("predictor", "cls"), "chemprop.nn.predictors.MveFFN", "MveFFN"),
    (("predictor", "input_dim"), 12, "extra molecule descriptors"),
]


@pytest.mark.parametrize(("place", "value", "named"), _SETTINGS)
def test_what_is_not_supported_is_named(
    tmp_path: Path, place: tuple[str, str], value: object, named: str
) -> None:
    network = _network()
    settings = FILES.plain_settings(network)
    settings[place[0]][place[1]] = value
    path = FILES.write_checkpoint(
        tmp_path / "best.pt", settings, FILES.plain_weights(network), ["a", "b"]
    )
    with pytest.raises(InputError, match="is not supported") as caught:
        read_checkpoint(path)
    assert named in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.cure


def test_weights_that_nothing_uses_are_named(tmp_path: Path) -> None:
    network = _network()
    for name in ("agg.W.weight", "message_passing.W_d.weight", "predictor.ffn.0.0.extra"):
        weights = FILES.plain_weights(network) | {name: torch.ones(1)}
        path = tmp_path / "best.pt"
        FILES.write_checkpoint(path, FILES.plain_settings(network), weights, ["a", "b"])
        with pytest.raises(InputError, match=r"W|extra"):
            read_checkpoint(path)


def test_heads_of_uneven_width_are_refused(tmp_path: Path) -> None:
    network = _network(head_layers=2)
    weights = FILES.plain_weights(network)
    weights["predictor.ffn.1.2.weight"] = torch.ones(5, 6)
    weights["predictor.ffn.1.2.bias"] = torch.ones(5)
    path = FILES.write_checkpoint(
        tmp_path / "best.pt", FILES.plain_settings(network), weights, ["a", "b"]
    )
    with pytest.raises(InputError, match=r"different widths \[6, 5\]"):
        read_checkpoint(path)


def test_another_process_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = _network()
    settings, weights = FILES.plain_settings(network), FILES.plain_weights(network)
    path = FILES.write_checkpoint(tmp_path / "best.pt", settings, weights, ["a", "b"])
    monkeypatch.undo()
    assert read_checkpoint(path).columns == ("a", "b")
    (tmp_path / "text.pt").write_text("no pickle")
    with pytest.raises(InputError, match="is no checkpoint"):
        read_checkpoint(tmp_path / "text.pt")
    monkeypatch.setattr(chemprop, "SECONDS", 0.001)
    with pytest.raises(InputError, match="within"):
        read_checkpoint(path)


def test_other_files_are_no_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"none\.pt"):
        read_checkpoint(tmp_path / "none.pt")
    torch.save({"model": 1}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="no Chemprop v2 checkpoint"):
        read_checkpoint(tmp_path / "other.pt")
    with pytest.raises(UsageError, match="no checkpoint is named"):
        read_checkpoints([])


def test_members_must_be_of_one_kind(tmp_path: Path) -> None:
    paths = []
    for depth in (2, 3):
        network = _network(depth=depth)
        paths.append(
            FILES.write_checkpoint(
                tmp_path / f"{depth}.pt",
                FILES.plain_settings(network),
                FILES.plain_weights(network),
                ["a", "b"],
            )
        )
    with pytest.raises(InputError, match="no members of one ensemble: network"):
        read_checkpoints(paths)
