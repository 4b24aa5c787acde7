"""Where a model lies that may be used: by its name in a registry, or by the path of its folder."""

from __future__ import annotations

from pathlib import Path

from hitsieve.registry.quarantine import refuse_blocked
from hitsieve.registry.registry import Registry


def locate(reference: str, registry: Path) -> Path:
    """Find the folder of a model that may be used.

    Parameters
    ----------
    reference
        ``name``, ``name@3`` or ``name@champion`` of the registry, or the folder of a bundle
        anywhere.
    registry
        Folder of the models used now; it tells by digest what is blocked elsewhere, too.

    Returns
    -------
    Path
        Absolute, links followed.

    Raises
    ------
    ConfigError, NotFoundError
        As :meth:`~hitsieve.registry.registry.Registry.find` does.
    QuarantinedError
        If the model is blocked where it lies, or by its bytes in the registry.
    """
    folder = Path(reference)
    if (folder / "config.json").is_file():
        refuse_blocked(folder, registry)
    else:
        folder = Registry(registry).resolve(reference).folder
    return folder.resolve()
