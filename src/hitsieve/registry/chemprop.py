"""Chemprop v2 checkpoints as networks of hitsieve.

A checkpoint (``.pt`` of ``chemprop train``, or ``.ckpt`` of its trainer) is a pickle. It is
opened by :mod:`hitsieve.registry.unpickle` in a process of its own and comes back as plain
settings and tensors. What the networks here can compute is taken over exactly; anything else a
checkpoint asks for is named and refused.

Three constants are folded into weights, so that nothing but a network is left: batch
normalization into the head's first layer, and, for an ensemble, each member's output scale into
its last, brought to that of the first member.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import safetensors
import torch

from hitsieve.errors import InputError, NotFoundError, UsageError
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.unpickle import CLASS, CONTENT_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

SECONDS: Final = 300.0
"""Time a checkpoint may take to be read."""

_TASKS: Final[dict[str, Literal["regression", "classification"]]] = {
    "RegressionFFN": "regression",
    "BinaryClassificationFFN": "classification",
}
_READOUTS: Final[dict[str, Literal["mean", "sum", "norm"]]] = {
    "MeanAggregation": "mean",
    "SumAggregation": "sum",
    "NormAggregation": "norm",
}
_ACTIVATIONS: Final = ("relu", "leakyrelu", "elu", "tanh", "gelu", "silu")
_ARGUMENTS: Final = {"negative_slope": 0.1, "alpha": 1.0, "approximate": "none"}
_IGNORED: Final = re.compile(r"(metrics\.|predictor\.criterion\.|bn\.num_batches_tracked$)")
_FFN: Final = re.compile(r"predictor\.ffn\.(\d+)\.(\d+)\.(weight|bias)")
_CURE: Final = "predict with chemprop itself, or train the model again here"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One Chemprop model, in the terms of this package.

    Attributes
    ----------
    network
        Its shape.
    task
        Of all its targets.
    columns
        Names of the T targets; empty if the file does not hold them.
    mean, std
        float64 (T,): a prediction is ``output * std + mean`` (0 and 1 for classification).
    state
        Weights as :class:`~hitsieve.networks.model.GraphNetwork` takes them.
    """

    network: NetworkConfig
    task: Literal["regression", "classification"]
    columns: tuple[str, ...]
    mean: Tensor
    std: Tensor
    state: dict[str, Tensor]


def read_checkpoints(paths: Sequence[Path]) -> list[Checkpoint]:
    """Read the members of an ensemble; all get the output scale of the first.

    Raises
    ------
    NotFoundError
        If a file is absent.
    InputError
        If a file is no Chemprop v2 checkpoint, a feature of it is not supported, or the members
        differ in shape, task or targets.
    UsageError
        If no file is named.
    """
    if not paths:
        raise UsageError("no checkpoint is named", cure="name at least one .pt or .ckpt file")
    members = [read_checkpoint(Path(path)) for path in paths]
    first = members[0]
    for path, member in zip(paths[1:], members[1:], strict=True):
        for what in ("network", "task", "columns"):
            ours, theirs = getattr(first, what), getattr(member, what)
            if ours != theirs:
                raise InputError(
                    f"{path} and {paths[0]} are no members of one ensemble: {what} is {theirs} "
                    f"and {ours}",
                    cure="import them as two models",
                )
    return [_rescaled(member, first.mean, first.std) for member in members]


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint; see :func:`read_checkpoints`."""
    settings, tensors = _open(path)
    try:
        return _convert(settings, tensors)
    except _UnsupportedError as error:
        raise InputError(f"{path}: {error} is not supported", cure=_CURE) from None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path} is no Chemprop v2 checkpoint: {error!r}",
            cure="older ones are brought up to date by `chemprop convert`",
        ) from error


class _UnsupportedError(Exception):
    """Names what a checkpoint asks for and no network here computes."""


def _open(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return settings and tensors."""
    if not path.is_file():
        raise NotFoundError(f"no checkpoint at {path}")
    with tempfile.TemporaryDirectory(prefix="hitsieve-import-") as folder:
        target = Path(folder) / "checkpoint.safetensors"
        _unpickle(path, target)
        with safetensors.safe_open(target, framework="pt") as stored:
            settings = json.loads(stored.metadata()[CONTENT_TAG])
            tensors = {name: stored.get_tensor(name).clone() for name in stored.keys()}  # noqa: SIM118 - not a mapping
    return settings, tensors


def _unpickle(path: Path, target: Path) -> None:
    """Open a pickle in another process, which writes what it holds to a safetensors file."""
    command = [sys.executable, "-m", "hitsieve.registry.unpickle", str(path), str(target)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{path} could not be read within {SECONDS:.0f} s") from None
    if ended.returncode != 0:
        reason = ended.stderr.strip().splitlines()[-1:] or [f"exit code {ended.returncode}"]
        raise InputError(
            f"{path} is no checkpoint: {reason[0][:300]}",
            cure="name a .pt or .ckpt file that `chemprop train` wrote",
        )


def _convert(settings: dict[str, Any], tensors: dict[str, Tensor]) -> Checkpoint:
    asked = settings["hyper_parameters"]
    if not isinstance(asked, dict) or not tensors:
        raise ValueError("settings or weights are missing")
    passing, pooling, predictor = (asked[part] for part in ("message_passing", "agg", "predictor"))
    task = _choose(_TASKS, _name_of(predictor["cls"]), "a predictor of kind {}")
    weights = {name: tensor for name, tensor in tensors.items() if not _IGNORED.match(name)}
    _refuse(asked, passing, predictor)
    head, widths = _head(weights)
    network = NetworkConfig(
        hidden=int(weights["message_passing.W_o.weight"].shape[0]),
        depth=int(passing["depth"]),
        activation=_activation(passing["activation"], predictor["activation"]),
        bias=bool(passing["bias"]),
        dropout=float(passing["dropout"]),
        readout=_choose(_READOUTS, _name_of(pooling["cls"]), "an aggregation of kind {}"),
        readout_norm=float(pooling.get("norm", 100.0)),
        head_hidden=widths[0] if len(widths) > 1 else 300,
        head_layers=len(widths) - 1,
    )
    state = {
        name.replace("message_passing.", "encoder."): weights.pop(name)
        for name in [n for n in weights if n.startswith("message_passing.")]
    }
    state |= _normalized(head, weights)
    mean, std = _scale(weights, widths[-1])
    if weights:
        raise _UnsupportedError(f"the weight {min(weights)!r}")
    build_network(network, widths[-1]).load_state_dict(state)
    columns = settings["output_columns"] or ()
    return Checkpoint(network, task, tuple(map(str, columns)), mean, std, state)


def _refuse(asked: dict[str, Any], passing: dict[str, Any], predictor: dict[str, Any]) -> None:
    """Name the first setting that changes what the network computes in a way unknown here."""
    kind = _name_of(passing["cls"])
    if kind != "BondMessagePassing":
        raise _UnsupportedError(f"message passing of kind {kind}")
    if passing["undirected"]:
        raise _UnsupportedError("message passing along undirected bonds")
    if passing["d_vd"]:
        raise _UnsupportedError(f"a set of {passing['d_vd']} extra atom descriptors")
    vocabulary = load_vocabulary("chemprop_v2")
    for name, there, here in (
        ("atom", passing["d_v"], vocabulary.n_atom_features),
        ("bond", passing["d_e"], vocabulary.n_bond_features),
    ):
        if there != here:
            raise _UnsupportedError(
                f"a featurizer with {there} {name} features (the default one has {here})"
            )
    if asked["X_d_transform"] is not None or predictor["input_dim"] != passing["d_h"]:
        raise _UnsupportedError("a set of extra molecule descriptors")


def _activation(passing: object, predictor: object) -> Any:  # noqa: ANN401 - checked by the config
    names = {_activation_name(value) for value in (passing, predictor)}
    if len(names) > 1:
        raise _UnsupportedError(f"a mixture of the activations {' and '.join(sorted(names))}")
    return names.pop()


def _activation_name(value: object) -> str:
    arguments = value if isinstance(value, dict) else {}
    # a text, a member of an enumeration, or a layer
    given = arguments.get("__args__") or [value if isinstance(value, str) else _name_of(arguments)]
    name = str(given[0]).lower()
    if name not in _ACTIVATIONS:
        raise _UnsupportedError(f"the activation {name!r}")
    for argument, expected in _ARGUMENTS.items():
        if arguments.get(argument, expected) != expected:
            raise _UnsupportedError(
                f"the activation {name!r} with {argument}={arguments[argument]}"
            )
    return name


def _head(weights: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[int]]:
    """Take the head's layers out of the weights; return them with the widths they give."""
    found: dict[str, Tensor] = {}
    widths: dict[int, int] = {}
    for name in [n for n in weights if n.startswith("predictor.ffn.")]:
        match = _FFN.fullmatch(name)
        if match is None:
            raise _UnsupportedError(f"the weight {name!r}")
        layer = int(match[1])
        # Linear, then three modules a layer: activation, dropout, Linear
        found[f"head.{3 * layer}.{match[3]}"] = weights.pop(name)
        widths[layer] = int(found[f"head.{3 * layer}.{match[3]}"].shape[0])
    ordered = [widths[layer] for layer in sorted(widths)]
    if len(set(ordered[:-1])) > 1:
        raise _UnsupportedError(f"a head with hidden layers of different widths {ordered[:-1]}")
    return found, ordered


def _normalized(head: dict[str, Tensor], weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the head with batch normalization (of evaluation) folded into its first layer."""
    names = ("weight", "bias", "running_mean", "running_var")
    if "bn.running_mean" not in weights:
        return head
    gain, shift, mean, variance = (weights.pop(f"bn.{name}").double() for name in names)
    factor = gain / torch.sqrt(variance + torch.nn.BatchNorm1d(1).eps)
    weight, bias = head["head.0.weight"].double(), head["head.0.bias"].double()
    folded = {
        "head.0.weight": (weight * factor).float(),
        "head.0.bias": (bias + weight @ (shift - mean * factor)).float(),
    }
    return {**head, **folded}


def _scale(weights: dict[str, Tensor], n_targets: int) -> tuple[Tensor, Tensor]:
    mean = weights.pop("predictor.output_transform.mean", torch.zeros(n_targets))
    std = weights.pop("predictor.output_transform.scale", torch.ones(n_targets))
    return mean.double().reshape(n_targets), std.double().reshape(n_targets)


def _rescaled(member: Checkpoint, mean: Tensor, std: Tensor) -> Checkpoint:
    """Return the same predictions with another output scale."""
    if torch.equal(member.mean, mean) and torch.equal(member.std, std):
        return member
    last = f"head.{3 * member.network.head_layers}"
    weight, bias = (member.state[f"{last}.{kind}"].double() for kind in ("weight", "bias"))
    state = {
        **member.state,
        f"{last}.weight": (weight * (member.std / std)[:, None]).float(),
        f"{last}.bias": ((bias * member.std + member.mean - mean) / std).float(),
    }
    return Checkpoint(member.network, member.task, member.columns, mean, std, state)


def _name_of(value: Any) -> str:  # noqa: ANN401 - a placeholder's JSON
    return str(value[CLASS]).rpartition(".")[2]


def _choose(known: dict[str, Any], name: str, what: str) -> Any:  # noqa: ANN401 - a value of known
    if name not in known:
        raise _UnsupportedError(what.format(name))
    return known[name]
