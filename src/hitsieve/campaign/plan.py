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
    # The slider only sets others, which are told.
    {"library", "folder", "measure", "rounds", "budget", "stop", "exclude", "batch", "explore"}
)


# Settings that came later, with the value that leaves picks as they were without them: there they
# are not told, so that campaigns begun before go on.
_CAME_LATER: Final = {"diversity": {"space": "fingerprint"}}


def plan_of(
    config: CampaignConfig, oracle: Oracle, surrogate: Surrogate, library: Library
) -> dict[str, Any]:
    """Return what decides picks; neither places, nor limits, nor the executor do.

    Rounds, their size, budget, exclusions and stopping are left out: a campaign may be prolonged.
    """
    told = config.model_dump(mode="json", exclude=set(_MAY_CHANGE))
    for part, settings in _CAME_LATER.items():
        for name, before in settings.items():
            if told[part][name] == before:
                del told[part][name]
    return {
        "config": told,
        "oracle": LabelStore.of(config.folder, oracle).key,
        "surrogate": surrogate.settings,
        "shards": [[shard.name, shard.sha256] for shard in library.shards],
    }
