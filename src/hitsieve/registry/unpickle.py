"""Opening a foreign pickle without running any of it: ``python -m hitsieve.registry.unpickle``.

A PyTorch checkpoint is a pickle, and a pickle is a program. Here only what rebuilds tensors and
plain containers is taken from it; every other class or function it names becomes an inert
placeholder, so that neither Chemprop nor any code of the file's author runs. The caller starts
this module in a process of its own, because even a reader can have a hole.

Tensors go to a safetensors file, all else as JSON into that file's header.
"""

from __future__ import annotations

import json
import math
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Final, Self

import safetensors.torch
import torch

CONTENT_TAG: Final = "checkpoint"
"""Key of the header that holds the JSON."""
CLASS: Final = "__class__"
"""Key under which a placeholder tells what it stands for, as ``module.name``."""
ARGUMENTS: Final = "__args__"

_REBUILD: Final = {
    "_rebuild_tensor",
    "_rebuild_tensor_v2",
    "_rebuild_parameter",
    "_rebuild_parameter_with_state",
}
_PLAIN: Final = {"set": set, "frozenset": frozenset, "list": list, "dict": dict, "tuple": tuple}
_DEPTH: Final = 12


class Placeholder(dict[Any, Any]):
    """Stands for an object of a class that is not to be loaded; keeps what the pickle says of it.

    It is a dict, because a pickle fills subclasses of dict item by item.
    """

    origin = ""
    args: tuple[object, ...]
    state: dict[str, Any]

    def __new__(cls, *args: object, **_settings: object) -> Self:
        """Make one, whatever it is called with; a pickle may leave ``__init__`` out."""
        made = super().__new__(cls)
        made.args, made.state = args, {}
        return made

    def __init__(self, *_args: object, **_settings: object) -> None:
        super().__init__()

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {}

    def append(self, _item: object) -> None:
        """Take an item, as a subclass of list would."""

    def extend(self, _items: object) -> None:
        """Take items, as a subclass of list would."""

    def __hash__(self) -> int:  # type: ignore[override]  # it may be a key of the pickle's dicts
        return id(self)


def allowed(module: str, name: str) -> Any:  # noqa: ANN401 - any global of a pickle
    """Return the object of that name if it only holds data, else a placeholder class."""
    if module in {"builtins", "__builtin__"} and name in _PLAIN:
        return _PLAIN[name]
    if module == "collections" and name == "OrderedDict":
        return OrderedDict
    if module == "torch._utils" and name in _REBUILD:
        return getattr(torch._utils, name)  # noqa: SLF001 - the names a checkpoint holds
    found = getattr(torch, name, None) if module == "torch" and "." not in name else None
    if isinstance(found, torch.dtype) or (module, name) == ("torch", "Size"):
        return found
    return type(name, (Placeholder,), {"origin": f"{module}.{name}"})


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as the base class
        return allowed(module, name)


def open_checkpoint(path: Path) -> Any:  # noqa: ANN401 - whatever was pickled
    """Return what a checkpoint holds, with placeholders for all that is no data.

    Raises
    ------
    Exception
        Whatever a file that is no checkpoint leads to.
    """
    reader = SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="inert")
    return torch.load(path, map_location="cpu", weights_only=False, pickle_module=reader)


def plain(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as JSON; placeholders as dicts that name their class."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEPTH:
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict) and depth < _DEPTH:
        return _plain_dict(value, depth)
    kind = value if isinstance(value, type) else type(value)
    return {CLASS: getattr(kind, "origin", kind.__name__)}


def _plain_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if not isinstance(value, Placeholder):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    found: dict[str, Any] = {CLASS: value.origin}
    if value.args:
        found[ARGUMENTS] = [plain(item, depth + 1) for item in value.args]
    for items in (value.state, value):
        # what torch keeps about every module starts with an underscore
        public = {str(key): item for key, item in items.items() if not str(key).startswith("_")}
        found |= {key: plain(item, depth + 1) for key, item in public.items()}
    return found


def _load(stream: IO[bytes], **settings: Any) -> Any:  # noqa: ANN401 - as pickle.load
    return _Unpickler(stream, **settings).load()


def main(source: Path, target: Path) -> None:
    """Write the tensors and settings of a checkpoint to a safetensors file."""
    content = open_checkpoint(source)
    if not isinstance(content, dict):
        raise TypeError(f"holds a {type(content).__name__}, not a dict of settings and weights")
    weights = content.get("state_dict")
    state = weights if isinstance(weights, dict) else {}
    tensors = {
        str(name): tensor.detach().to(torch.float32).contiguous().clone()
        for name, tensor in state.items()
        if isinstance(tensor, torch.Tensor)
    }
    settings = {name: plain(content.get(name)) for name in ("hyper_parameters", "output_columns")}
    safetensors.torch.save_file(tensors, target, metadata={CONTENT_TAG: json.dumps(settings)})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
