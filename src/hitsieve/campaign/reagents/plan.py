"""What makes a campaign over reagents the one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hitsieve.oracles.store import LabelStore

if TYPE_CHECKING:
    from hitsieve.campaign.reagents.config import ReagentCampaignConfig
    from hitsieve.campaign.reagents.space import SynthonSpace
    from hitsieve.oracles.protocol import Oracle

_MAY_CHANGE: Final = frozenset(
    {"library", "folder", "measure", "rounds", "budget", "stop", "exclude", "batch"}
)


def plan_of(config: ReagentCampaignConfig, oracle: Oracle, space: SynthonSpace) -> dict[str, Any]:
    """Return what decides picks, as :func:`hitsieve.campaign.plan.plan_of` does for a library.

    Of the space it is reactions and reagents, wherever their files are.
    """
    return {
        "config": config.model_dump(mode="json", exclude=set(_MAY_CHANGE)),
        "oracle": LabelStore.of(config.folder, oracle).key,
        "space": space.describe(),
    }
