"""Settings of a campaign."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.config import StrictConfig
from hitsieve.oracles.measure import MeasureConfig


class CampaignConfig(StrictConfig):
    """One campaign over one library with one oracle.

    Parameters
    ----------
    library
        Folder of a built library.
    folder
        Where all state of the campaign lives.
    name
        Of the campaign; its models are called ``<name>-r<round>``.
    initial
        Compounds measured in round 0, chosen at random.
    batch
        Compounds measured in each later round.
    rounds
        Rounds after round 0.
    acquisition
        How later rounds choose.
    measure
        Time limit and attempts of measurements.
    seed
        Of sampling, training and acquisition.
    """

    library: Path
    folder: Path
    name: str = Field(default="campaign", pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,40}$")
    initial: int = Field(default=500, ge=1)
    batch: int = Field(default=100, ge=1)
    rounds: int = Field(default=1, ge=0)
    acquisition: AcquisitionConfig = AcquisitionConfig()
    measure: MeasureConfig = MeasureConfig()
    seed: int = Field(default=7, ge=0)
