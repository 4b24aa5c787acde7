"""What a page asks of a campaign, whether it chooses from a library or from reagents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.choose import ids_of
from hitsieve.campaign.picks import initial_picks
from hitsieve.campaign.reagents.audit import Audit
from hitsieve.campaign.reagents.choices import COUNTED
from hitsieve.campaign.reagents.run import ReagentCampaign
from hitsieve.campaign.spacing import fingerprints
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round

    AnyCampaign = Campaign | ReagentCampaign


def sources_of(
    campaign: AnyCampaign, rounds: Sequence[Round], names: Sequence[str]
) -> Mapping[str, list[str]]:
    """Return what people call compounds that were picked.

    Suppliers' identifiers, or of a product its reaction and reagents (``urea:A1.B7``).
    """
    if isinstance(campaign, ReagentCampaign):
        return {
            pick.compound_id: [name]
            for one in rounds
            for pick, name in zip(one.picks, one.surrogate["products"], strict=True)
        }
    columns = ["compound_id", "source_ids"]
    rows = campaign.library.lookup(list(names), columns).to_pylist()
    return {row["compound_id"]: row["source_ids"] for row in rows}


def random_fingerprints(campaign: AnyCampaign, n: int) -> NDArray[np.uint8]:
    """Return packed Morgan fingerprints, uint8 (k, 256), of up to ``n`` random compounds of a pool.

    Products of reagents are made for it.
    """
    seed = campaign.config.seed
    if isinstance(campaign, ReagentCampaign):
        made = Audit(campaign.space, (), seed=child_seed(seed, "picture")).first(n)
        return morgan_from_smiles([one.smiles for _, one in made])
    drawn = initial_picks(ids_of(campaign.library), n, seed=seed)
    return fingerprints(campaign.library, [one.compound_id for one in drawn])


def pool_words(campaign: AnyCampaign) -> tuple[str, str]:
    """Return name and description of what a campaign chooses from."""
    if isinstance(campaign, ReagentCampaign):
        reactions = ", ".join(plan.reaction.name for plan in campaign.space.plans)
        about = "" if campaign.space.combinations <= COUNTED else "about "
        return "space", f"{reactions}: {about}{campaign.pool:,} products, never enumerated"
    return "library", f"{campaign.library.root.name}, {len(campaign.library):,} compounds"


def acquisition_words(campaign: AnyCampaign) -> str:
    """Return how rounds choose."""
    if isinstance(campaign, ReagentCampaign):
        share = 100 * campaign.config.exploit
        return f"reagent effects: {share:g} % expected best, the rest Thompson sampling"
    return campaign.config.acquisition.kind
