"""Whether a campaign can begin, found out before it does; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.choose import wanted_of
from hitsieve.campaign.excluded import find_excluded
from hitsieve.campaign.offers import unread_offers
from hitsieve.campaign.plan import plan_of, refuse_other
from hitsieve.errors import DatasetError
from hitsieve.library import Library

if TYPE_CHECKING:
    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.oracles.protocol import Oracle


def check_campaign(config: CampaignConfig, oracle: Oracle, surrogate: Surrogate) -> list[str]:
    """Make sure that a campaign could begin, or go on, in its folder.

    Parameters
    ----------
    config, oracle, surrogate
        As for :func:`hitsieve.campaign.run.run_campaign`.

    Returns
    -------
    list of str
        What is odd and no reason to refuse it, in sentences: names in exclusion lists that are
        of no compound, prices and times of delivery that are not understood.

    Raises
    ------
    NotFoundError
        If the library or an exclusion list is not there.
    DatasetError
        If the pool is smaller than round 0, or round 0 than what the surrogate needs.
    UsageError
        If the folder holds another campaign.
    """
    library = Library.open(config.library)
    excluded = find_excluded(library, config.exclude)
    wanted = wanted_of(config, library, excluded.ids, [], seed=config.seed)
    fewest: int = getattr(surrogate, "fewest", 1)
    learned = wanted.n - len(wanted.controls)
    if config.rounds and learned < fewest:
        raise DatasetError(
            f"round 0 measures {learned} compounds to learn from, the surrogate needs {fewest}",
            cure="raise `initial`, or lower `controls`",
        )
    refuse_other(config.folder.absolute(), plan_of(config, oracle, surrogate, library))
    odd = [one.sentence() for one in unread_offers(library, config.budget)]
    return [excluded.sentence, *odd] if excluded.unknown else odd
