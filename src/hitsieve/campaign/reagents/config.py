"""Settings of a campaign over reagents."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.oracles.measure import MeasureConfig


class ReagentCampaignConfig(StrictConfig):
    """One campaign over the products of reactions and reagents, which are never enumerated.

    Parameters
    ----------
    folder
        Where all state of the campaign lives.
    space
        Reactions, their reagents, and bounds of the products.
    evaluations
        Products measured in all, failures included.
    warm_up
        How often each reagent is tried before anything is learned.
    batch
        Products measured in each later round.
    exploit
        Share of a round that the expected best products get; the rest are the best of one
        Thompson draw each.
    shortlist
        Reagents of each role whose products with each other are compared for one draw.
    measure
        Time limit and attempts of measurements.
    seed
        Of warm-up and draws.
    """

    folder: Path
    space: EnumerationConfig
    evaluations: int = Field(default=5000, ge=1)
    warm_up: int = Field(default=3, ge=1)
    batch: int = Field(default=200, ge=1)
    exploit: float = Field(default=0.5, ge=0.0, le=1.0)
    shortlist: int = Field(default=40, ge=1)
    measure: MeasureConfig = MeasureConfig()
    seed: int = Field(default=7, ge=0)
