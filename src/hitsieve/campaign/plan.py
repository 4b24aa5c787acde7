"""What makes a campaign the one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hitsieve.oracles.store import LabelStore

if TYPE_CHECKING:
    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.library import Library
    from hitsieve.oracles.protocol import Oracle

_MAY_CHANGE: Final = frozenset(
    {"library", "folder", "measure", "rounds", "budget", "stop", "exclude", "batch"}
)


def plan_of(
    config: CampaignConfig, oracle: Oracle, surrogate: Surrogate, library: Library
) -> dict[str, Any]:
    """Return what decides picks; neither places, nor limits, nor the executor do.

    Rounds, their size, budget, exclusions and stopping are left out: a campaign may be prolonged.
    """
    return {
        "config": config.model_dump(mode="json", exclude=set(_MAY_CHANGE)),
        "oracle": LabelStore.of(config.folder, oracle).key,
        "surrogate": surrogate.settings,
        "shards": [[shard.name, shard.sha256] for shard in library.shards],
    }
