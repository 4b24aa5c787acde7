"""A campaign over reagents from one configuration file: space and oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from hitsieve.campaign.reagents.config import ReagentCampaignConfig
from hitsieve.campaign.reagents.run import run_reagent_campaign
from hitsieve.config import StrictConfig
from hitsieve.oracles.open import OracleConfig, open_oracle
from hitsieve.oracles.shape import ShapeOracleConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.campaign.reagents.run import ReagentStanding
    from hitsieve.engine.executor import Executor


class ReagentJob(StrictConfig):
    """Everything an unattended campaign over reagents needs.

    Parameters
    ----------
    campaign
        Space, sizes, folder and seed.
    oracle
        What measures; not a laboratory.
    """

    campaign: ReagentCampaignConfig
    oracle: OracleConfig = Field(default_factory=ShapeOracleConfig)

    @model_validator(mode="after")
    def _measures_by_itself(self) -> Self:
        if self.oracle.kind == "inbox":
            raise ValueError("a laboratory answers campaigns over libraries only")
        return self


def run_reagent_job(
    job: ReagentJob,
    executor: Executor,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> ReagentStanding:
    """Run a campaign to its end, or go on with it; see :func:`run_reagent_campaign`.

    Raises
    ------
    HitsieveError
        Whatever space, oracle or folder are refused for.
    """
    return run_reagent_campaign(job.campaign, open_oracle(job.oracle), executor, progress=progress)
