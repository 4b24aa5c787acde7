"""From settings to the panel they describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.errors import ConfigError
from hitsieve.oracles.inbox import Bench, InboxConfig
from hitsieve.oracles.open import open_oracle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.oracles.open import OracleConfig


def open_panel(
    panel: Sequence[OracleConfig], objective: ObjectiveConfig, campaign: CampaignConfig
) -> Panel:
    """Open the oracles of the targets that an objective names; others are left out.

    Parameters
    ----------
    panel
        Settings, one a target: all of a laboratory, or none.
    objective
        The wishes.
    campaign
        Its library, and the folder a laboratory's inbox lies in.

    Raises
    ------
    ConfigError
        If a target has no oracle, or two; or if targets of a laboratory do not fit together.
    HitsieveError
        Whatever an oracle is refused for.
    """
    measured = {one.target: one for one in panel}
    missing = [target for target in objective.targets if target not in measured]
    if missing or len(measured) < len(panel):
        raise ConfigError(
            f"the objective names {objective.targets}, the panel measures "
            f"{[one.target for one in panel]}",
            cure="give one oracle for each target",
        )
    wanted = [measured[target] for target in objective.targets]
    asked = [one.inside(campaign.folder) for one in wanted if isinstance(one, InboxConfig)]
    if asked:
        return BenchPanel(objective, Bench(asked), campaign.library)
    oracles = {one.target: open_oracle(one) for one in wanted}
    return Panel(objective, oracles, campaign.library)
