"""Settings of a campaign over reagents."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.stopping import StoppingConfig
from hitsieve.config import StrictConfig
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.oracles.measure import MeasureConfig


class ReagentCampaignConfig(StrictConfig):
    """One campaign over the products of reactions and reagents, which are never enumerated.

    Parameters
    ----------
    library
        Reactions, their reagents, and bounds of the products.
    folder
        Where all state of the campaign lives.
    name
        Of the campaign.
    warm_up
        How often each reagent is tried in round 0, before anything is learned.
    batch
        Products measured in each later round.
    rounds
        Rounds after round 0 at most.
    exploit
        Share of a round that the expected best products get; the rest are the best of one
        Thompson draw each.
    shortlist
        Reagents of each role whose products with each other are compared for one draw; more
        where all of these are measured.
    reagent_cap
        Share of a round that products of one reagent may have at most, but never less than
        reagents of its role can fill; 1 for no limit.
    controls
        Share of each round, round 0 included, that is drawn at random from the whole space, is
        measured, and is never learned from: the honest audit of what was found.
    budget
        What may be spent: prices and lead times are columns of the reagents' files, and a product
        costs what its reagents cost together.
    stop
        When to end early.
    exclude
        Text files of products never to be picked, one a line: structure keys, or names such as
        ``urea:A1.B7``.
    measure
        Time limit and attempts of measurements.
    seed
        Of warm-up, audit and draws.
    """

    library: EnumerationConfig
    folder: Path
    name: str = Field(default="campaign", pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,40}$")
    warm_up: int = Field(default=3, ge=1)
    batch: int = Field(default=200, ge=1)
    rounds: int = Field(default=50, ge=0)
    exploit: float = Field(default=0.5, ge=0.0, le=1.0)
    shortlist: int = Field(default=40, ge=1)
    reagent_cap: float = Field(default=1.0, gt=0.0, le=1.0)
    controls: float = Field(default=0.0, ge=0, le=0.5)
    budget: BudgetConfig = BudgetConfig(measurements=5000)
    stop: StoppingConfig = StoppingConfig(top=100)
    exclude: tuple[Path, ...] = ()
    measure: MeasureConfig = MeasureConfig()
    seed: int = Field(default=7, ge=0)

    @model_validator(mode="after")
    def _can_be_audited(self) -> Self:
        self.stop.check_audit(self.controls)
        return self
