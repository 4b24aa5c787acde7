"""Checkpoints as Chemprop v2 writes them, made without Chemprop."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hitsieve.networks.model import GraphNetwork


def plain_settings(network: GraphNetwork) -> dict[str, Any]:
    """Return the hyperparameters of a regression model of a network's shape."""
    config = network.config
    return {
        "batch_norm": False,
        "metrics": None,
        "X_d_transform": None,
        "message_passing": {
            "d_v": 72,
            "d_e": 14,
            "d_h": config.hidden,
            "bias": config.bias,
            "depth": config.depth,
            "dropout": config.dropout,
            "activation": config.activation,
            "undirected": False,
            "d_vd": 0,
            "V_d_transform": None,
            "graph_transform": None,
            "cls": "chemprop.nn.message_passing.base.BondMessagePassing",
        },
        "agg": {"dim": 0, "cls": f"chemprop.nn.agg.{config.readout.title()}Aggregation"},
        "predictor": {
            "n_tasks": network.n_targets,
            "input_dim": config.hidden,
            "hidden_dim": config.head_hidden,
            "n_layers": config.head_layers,
            "activation": config.activation,
            "cls": "chemprop.nn.predictors.RegressionFFN",
        },
    }


def plain_weights(network: GraphNetwork) -> dict[str, torch.Tensor]:
    """Return a network's weights under Chemprop's names."""
    weights = {"metrics.0.task_weights": torch.ones(1, 1)}
    for name, tensor in network.state_dict().items():
        part, rest = name.split(".", 1)
        if part == "encoder":
            weights[f"message_passing.{rest}"] = tensor
        else:
            number, kind = rest.split(".")
            layer = int(number) // 3
            weights[f"predictor.ffn.{layer}.{2 if layer else 0}.{kind}"] = tensor
    return weights


def write_checkpoint(
    path: Path,
    settings: dict[str, Any],
    weights: dict[str, torch.Tensor],
    columns: list[str] | None,
) -> Path:
    """Pickle a model; a text under ``cls`` stands for the class of that name."""
    with _fake_modules() as make:
        content = {
            "hyper_parameters": _with_classes(settings, make),
            "state_dict": weights,
            "output_columns": columns,
        }
        torch.save(content, path)
    return path


def _with_classes(settings: dict[str, Any], make: Any) -> dict[str, Any]:
    attributes = make("lightning.fabric.utilities.data", "AttributeDict", dict)
    found = attributes()
    for name, value in settings.items():
        if name == "cls":
            module, _, kind = value.rpartition(".")
            found[name] = make(module, kind)
        else:
            found[name] = _with_classes(value, make) if isinstance(value, dict) else value
    return found  # type: ignore[no-any-return]


@contextmanager
def _fake_modules() -> Iterator[Any]:
    """Let pickle find classes of packages that are not installed."""
    before = dict(sys.modules)

    def make(module: str, name: str, base: type = object) -> type:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            ancestor = ".".join(parts[:end])
            if sys.modules.get(ancestor) is before.get(ancestor):
                sys.modules[ancestor] = ModuleType(ancestor)
                sys.modules[ancestor].__path__ = []
        if not hasattr(sys.modules[module], name):
            setattr(sys.modules[module], name, type(name, (base,), {"__module__": module}))
        return getattr(sys.modules[module], name)  # type: ignore[no-any-return]

    try:
        yield make
    finally:
        for name in set(sys.modules) - set(before):
            if name.split(".")[0] in {"chemprop", "lightning"}:
                del sys.modules[name]
        sys.modules.update(before)
