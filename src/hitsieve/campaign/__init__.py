"""Active-learning campaigns: find the best compounds by measuring few of them.

A campaign is a fold over rounds. Round 0 measures a random sample; each later round trains a
surrogate on all labels so far, scores the library with it, and measures what an acquisition
function picks. All state is in files (:mod:`hitsieve.campaign.state`): a campaign that was
killed goes on where it stopped, with the same picks.
"""

from hitsieve.campaign.compare import Comparison, compare
from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.loop import CampaignSummary
from hitsieve.campaign.picks import Pick, initial_picks
from hitsieve.campaign.ranking import next_picks
from hitsieve.campaign.run import run_campaign
from hitsieve.campaign.state import CampaignFolder, Round
from hitsieve.campaign.surrogate import GraphSurrogate, Surrogate, Workplace

__all__ = [
    "CampaignConfig",
    "CampaignFolder",
    "CampaignSummary",
    "Comparison",
    "GraphSurrogate",
    "Pick",
    "Round",
    "Surrogate",
    "Workplace",
    "compare",
    "initial_picks",
    "next_picks",
    "run_campaign",
]
