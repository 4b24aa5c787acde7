"""PyTorch Geometric's layers, imported when an encoder needs them."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, Final

_PLACES: Final = {
    "GATConv": "torch_geometric.nn",
    "GATEConv": "torch_geometric.nn.models.attentive_fp",
    "GINEConv": "torch_geometric.nn",
    "GPSConv": "torch_geometric.nn",
    "PNAConv": "torch_geometric.nn",
}


def layer(name: str) -> Any:  # noqa: ANN401 - PyTorch Geometric's classes carry no types
    """Return a class of PyTorch Geometric by its name.

    Raises
    ------
    KeyError
        If no encoder uses it.
    """
    with warnings.catch_warnings():
        # importing PyTorch Geometric compiles with torch.jit, which newer torch deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        return getattr(import_module(_PLACES[name]), name)
