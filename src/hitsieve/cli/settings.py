"""Where things are and how work runs: flags, environment, project file, user file.

A flag wins over the environment, the environment over ``hitsieve.yaml`` in the current folder,
that over the user's ``config.yaml``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from hitsieve.config import StrictConfig, load_config, parse_config
from hitsieve.errors import ConfigError, nearest

PREFIX: Final = "HITSIEVE_"
# Read elsewhere: by failures.py, and by tests.
OTHER_VARIABLES: Final = frozenset(
    {"HITSIEVE_LOG_DIR", "HITSIEVE_LOG_FORMAT", "HITSIEVE_LOG_LEVEL", "HITSIEVE_LOG_CONTEXT"}
)


class Settings(StrictConfig):
    """What every command shares."""

    models: Path = Field(Path("models"), description="Folder of the model registry.")
    data: Path = Field(Path("data"), description="Folder fetched data sets are kept in.")
    data_mirror: Path | None = Field(
        None, description="Folder data sets are copied from instead of their source."
    )
    executor: Literal["auto", "serial", "ray"] = Field(
        "auto", description="How work runs; auto takes Ray where there is enough work for it."
    )
    workers: int | None = Field(
        None, ge=1, le=4096, description="Workers of the executor; empty means one a core."
    )


def load_settings(**flags: object) -> Settings:
    """Lay flags over environment, project file and user file.

    Parameters
    ----------
    **flags
        Values of the command's flags; None means the flag was not given.

    Raises
    ------
    ConfigError
        Names the layer, key and value that is wrong.
    """
    values: dict[str, Any] = {}
    for path in (user_file(), Path("hitsieve.yaml")):
        if path.is_file():
            values |= _given(load_config(Settings, path))
    values |= _given(parse_config(Settings, environment(), where="environment"))
    given = {name: value for name, value in flags.items() if value is not None}
    values |= _given(parse_config(Settings, given, where="flags"))
    return parse_config(Settings, values)


def environment() -> dict[str, str]:
    """Return the settings named by ``HITSIEVE_…`` variables.

    Raises
    ------
    ConfigError
        If a variable looks like a mistyped setting; a night of work must not hang on a typo.
    """
    values: dict[str, str] = {}
    for variable, value in os.environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in Settings.model_fields:
            values |= {name: value} if value else {}
        elif hint := nearest(name, Settings.model_fields):
            raise ConfigError(
                f"unknown environment variable {variable}={value!r}{hint}",
                cure="correct or unset it; settings are "
                + ", ".join(PREFIX + field.upper() for field in Settings.model_fields),
            )
    return values


def user_file() -> Path:
    """Return the path of the user's settings file."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "hitsieve" / "config.yaml"


def _given(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.model_fields_set}
