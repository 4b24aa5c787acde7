"""One door to every oracle: what a campaign's file says under ``oracle``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

from pydantic import Field

from hitsieve.oracles.command import CommandConfig, CommandOracle
from hitsieve.oracles.docking.config import DockingConfig
from hitsieve.oracles.inbox import InboxConfig, InboxOracle
from hitsieve.oracles.lookup import LookupOracle, LookupOracleConfig
from hitsieve.oracles.shape import ShapeOracle, ShapeOracleConfig

if TYPE_CHECKING:
    from hitsieve.oracles.protocol import Oracle

OracleConfig = Annotated[
    LookupOracleConfig | ShapeOracleConfig | DockingConfig | CommandConfig | InboxConfig,
    Field(discriminator="kind"),
]
"""Any oracle's settings; ``kind`` says which: lookup, shape, docking, command or inbox."""


def open_oracle(config: OracleConfig, folder: Path | None = None) -> Oracle:
    """Return the oracle that settings describe.

    Parameters
    ----------
    config
        The settings.
    folder
        Of the campaign it measures for: a laboratory's inbox lies in it, unless the settings say
        where.

    Raises
    ------
    InputError
        If a file they name is absent or unusable.
    ConfigError
        If something they need is not installed.
    UsageError
        If they name an inbox of another target, endpoint or unit.
    """
    match config:
        case LookupOracleConfig():
            return LookupOracle.from_config(config)
        case ShapeOracleConfig():
            return ShapeOracle(config)
        case DockingConfig():
            from hitsieve.oracles.docking import DockingOracle

            return DockingOracle(config)
        case CommandConfig():
            return CommandOracle(config)
        case InboxConfig():
            return InboxOracle(config if folder is None else config.inside(folder))
        case _:
            assert_never(config)


def refuse_unnamed(oracle: OracleConfig | None) -> None:
    """Refuse to measure what nobody asked for: overlap with the ligand of the demo.

    Raises
    ------
    ValueError
        If there is no oracle, or a shape without its reference.
    """
    if oracle is None:
        raise ValueError(
            "nothing measures: give `oracle` a `kind` (docking, command, inbox, lookup, shape), "
            "or a `panel` with an `objective`"
        )
    if isinstance(oracle, ShapeOracleConfig) and "reference" not in oracle.model_fields_set:
        raise ValueError(
            "`oracle: {kind: shape}` needs `reference`, the SMILES of the ligand to be overlaid, "
            "and `target`, its name"
        )


def absolute_oracle(oracle: OracleConfig, folder: Path) -> OracleConfig:
    """Return settings with every path absolute, a laboratory's inbox in a campaign's folder."""
    if isinstance(oracle, InboxConfig):
        oracle = oracle.inside(folder)
    found: dict[str, object] = {}
    for name in type(oracle).model_fields:
        value = getattr(oracle, name)
        if isinstance(value, Path):
            found[name] = value.absolute()
        elif isinstance(value, tuple) and value and isinstance(value[0], Path):
            found[name] = tuple(path.absolute() for path in value)
    return oracle.model_copy(update=found)
