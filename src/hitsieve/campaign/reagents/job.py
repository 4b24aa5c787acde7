"""A campaign over reagents from one configuration file: space and oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from hitsieve.campaign.reagents.config import ReagentCampaignConfig
from hitsieve.config import StrictConfig
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.oracles.open import OracleConfig, refuse_unnamed


class ReagentJob(StrictConfig):
    """Everything a campaign over reagents needs; its ``library`` is a mapping.

    Parameters
    ----------
    campaign
        Space, sizes, folder and seed.
    oracle
        What measures; ``kind: shape`` names its ``reference``.
    """

    campaign: ReagentCampaignConfig
    oracle: OracleConfig

    @model_validator(mode="after")
    def _measures_what_is_asked(self) -> Self:
        refuse_unnamed(self.oracle)
        return self


def absolute_reagents(config: ReagentCampaignConfig) -> ReagentCampaignConfig:
    """Return settings with every path absolute: a campaign is run from any folder."""
    library = config.library
    changes = {
        "reactions": tuple(_absolute(name) for name in library.reactions),
        "reagents": {
            reaction: {role: tuple(map(_absolute, names)) for role, names in roles.items()}
            for reaction, roles in library.reagents.items()
        },
    }
    return config.model_copy(
        update={
            "library": EnumerationConfig.model_validate({**dict(library), **changes}),
            "folder": config.folder.absolute(),
            "exclude": tuple(path.absolute() for path in config.exclude),
        }
    )


def _absolute(name: str) -> str:
    """Return a file's path made absolute; the name of a shipped reaction or set as it is."""
    return str(Path(name).absolute()) if Path(name).is_file() else name
