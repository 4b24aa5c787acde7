"""What may name a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

RESERVED: Final = frozenset({"recipes"})
"""Folders beside models that are none."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def check_name(name: str) -> str:
    """Return a model's name if it is one; a name can never be read as a path.

    Raises
    ------
    ConfigError
        Names the value and what a name may hold.

    Examples
    --------
    >>> check_name("bace-v2.pIC50")
    'bace-v2.pIC50'
    """
    if not _NAME.fullmatch(name) or ".." in name or name.endswith(".") or name in RESERVED:
        raise ConfigError(
            f"{name!r} cannot name a model",
            cure="start with a letter or digit; letters, digits, - _ and single dots, at most "
            f"64; not {', '.join(sorted(RESERVED))}",
        )
    return name


def is_model(folder: Path) -> bool:
    """Tell whether a folder can be a model's, by its name."""
    legal = _NAME.fullmatch(folder.name) and folder.name not in RESERVED
    return bool(legal) and folder.is_dir()
