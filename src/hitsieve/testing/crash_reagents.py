"""Campaigns over reagents to be crashed; see :mod:`hitsieve.testing.crash_campaigns`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.campaign.reagents import run_reagent_campaign
from hitsieve.testing.crash_campaigns import POINTS
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.reagents import ReagentCampaignConfig
    from hitsieve.engine import Executor

_OF_SURROGATES: Final = ("training", "surrogate", "score", "prun")
REAGENT_POINTS: Final = {
    name: point
    for name, point in POINTS.items()
    if not any(part in name for part in _OF_SURROGATES)
}
"""Points of a campaign over reagents: it has no surrogate in files."""


@dataclass(frozen=True, slots=True)
class ReagentSetting:
    """A campaign over reagents: its configuration, and the log of measurements."""

    config: ReagentCampaignConfig
    log: Path

    def run(self, executor: Executor) -> None:
        """Run it to its end; the oracle notes each compound it measures."""
        run_reagent_campaign(self.config, FakeOracle(log=self.log), executor)
