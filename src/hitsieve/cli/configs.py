"""A command's configuration: its file, with the flags that were given laid over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hitsieve.cli.console import emit, say
from hitsieve.config import StrictConfig, dump_config, load_config, merge, parse_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

C = TypeVar("C", bound=StrictConfig)


def configure(
    kind: type[C],
    file: Path | None,
    flags: Mapping[str, object],
    defaults: Mapping[str, object] | None = None,
) -> C:
    """Build a command's configuration.

    Parameters
    ----------
    kind
        Its class.
    file
        YAML file of ``--config``, if given.
    flags
        Values of flags; None and empty lists mean the flag was not given.
    defaults
        Values that hold where neither flag nor file says otherwise, such as shared settings.

    Raises
    ------
    HitsieveError
        If the file or a value is refused.
    """
    given: dict[str, Any] = {
        name: value for name, value in flags.items() if value is not None and value != []
    }
    below = dict(defaults or {})
    if file is None:
        return parse_config(kind, merge(below, given), where="flags")
    return load_config(kind, file, _under(file, below, given))


def show_plan(config: StrictConfig, what: str) -> None:
    """Print the effective configuration of a dry run, ready to be saved as a file."""
    emit(dump_config(config))
    say(f"dry run: {what}; nothing was done", style="yellow")


def _under(file: Path, below: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Keep those defaults that the file does not speak of."""
    import yaml

    from hitsieve.plain_yaml import read_yaml

    try:
        told = read_yaml(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        told = {}  # load_config reads it again and says what is wrong
    known = told if isinstance(told, dict) else {}
    return merge({name: value for name, value in below.items() if name not in known}, given)
