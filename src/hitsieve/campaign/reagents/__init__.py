"""Campaigns over make-on-demand spaces that are never enumerated: reagents and reactions.

Which reagents are good with which is learned from the products measured so far
(:mod:`~hitsieve.campaign.reagents.effects`), and the products worth measuring are put together
from the best reagents of each role (:mod:`~hitsieve.campaign.reagents.search`).
"""

from hitsieve.campaign.reagents.config import ReagentCampaignConfig
from hitsieve.campaign.reagents.run import ReagentCampaign, run_reagent_campaign

__all__ = ["ReagentCampaign", "ReagentCampaignConfig", "run_reagent_campaign"]
