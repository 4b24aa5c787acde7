"""Where networks are fitted."""

from __future__ import annotations

import torch

from hitsieve.errors import ConfigError


def fitting_device(wanted: str) -> torch.device:
    """Return the device to fit on.

    Parameters
    ----------
    wanted
        ``cpu``, ``cuda``, or ``auto`` for cuda where there is one.

    Raises
    ------
    ConfigError
        If ``cuda`` is asked for and this process sees none.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if wanted == "auto":
        return torch.device("cpu")
    raise ConfigError(
        "training.device is cuda, and this process sees no GPU",
        cure="set training.device=cpu or auto, or train where there is a GPU",
    )
