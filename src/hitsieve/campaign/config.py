"""Settings of a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign.slider import slid
from hitsieve.campaign.stopping import StoppingConfig
from hitsieve.chem.molecule import parse
from hitsieve.config import StrictConfig
from hitsieve.oracles.measure import MeasureConfig

_AMOUNTS: Final = ("gain", "ei", "pi", "top")


class FirstConfig(StrictConfig):
    """How round 0 chooses, when nothing is measured yet.

    Parameters
    ----------
    how
        ``random``; ``diverse`` (far from each other, by MaxMin over a random part of the
        pool); or ``near`` (most similar to known actives).
    actives
        SMILES of known actives, for ``near``.
    sample
        Compounds of the random part that ``diverse`` chooses from, for each one chosen.
    """

    how: Literal["random", "diverse", "near"] = "random"
    actives: tuple[str, ...] = ()
    sample: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _knows_actives(self) -> Self:
        if (self.how == "near") != bool(self.actives):
            raise ValueError("`actives` are given for `how: near`, and only then")
        unread = [smiles for smiles in self.actives if parse(smiles) is None]
        if unread:
            raise ValueError(f"{unread[0]!r} in `actives` is no readable SMILES")
        return self


class DiversityConfig(StrictConfig):
    """How alike the picks of one round may be.

    Parameters
    ----------
    how
        ``none`` takes the highest acquisition values; ``clusters`` at most ``cap`` of each
        cluster; ``maxmin`` and ``determinantal`` weigh the value of a pick against its
        similarity to those already picked.
    space
        Where likeness is looked at: ``fingerprint`` (Tanimoto similarity of Morgan fingerprints)
        or ``embedding`` (as the round's surrogate sees compounds: the hidden states of its
        network, or, where it has none, kernel features spanned by what was measured; ``exp(-d²)``
        of distances, in units of the median one of the candidates).
    similarity
        Similarity from which two compounds share a cluster.
    cap
        Picks of one cluster at most.
    weight
        How much likeness counts against value, from 0 (not at all) to 1.
    candidates
        The picks are chosen among so many times as many best candidates.
    """

    how: Literal["none", "clusters", "maxmin", "determinantal"] = "none"
    space: Literal["fingerprint", "embedding"] = "fingerprint"
    similarity: float = Field(default=0.6, gt=0, le=1)
    cap: int = Field(default=3, ge=1)
    weight: float = Field(default=0.3, ge=0, le=1)
    candidates: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _looks_somewhere(self) -> Self:
        if self.space == "embedding" and self.how == "none":
            raise ValueError("`space` is where `how` looks: give `how`, such as `maxmin`")
        return self


class BudgetConfig(StrictConfig):
    """What a campaign may spend, and what compounds cost.

    Parameters
    ----------
    measurements
        Compounds measured in all at most; None for no limit but the rounds.
    money
        Spent at most on compounds and their measurement; None for no limit.
    measuring
        Cost of one measurement, in the currency of the prices; each replicate of a laboratory is
        one, wells of its controls are not counted.
    price
        Vendor column that holds the price of a compound, such as ``12.50``, ``12,50 EUR`` or
        ``$ 1,250.00``; the cheapest offer counts. What can be read in two ways (``1,250``), or is
        no price (``10mg: 55``), is no offer.
    unpriced
        Price of compounds without one; None leaves them out where money is limited.
    lead_time
        Vendor column that holds days to delivery, such as ``5``, ``5-10 days`` (ten) or
        ``2 weeks``.
    max_lead_time
        Compounds that take longer, or do not say, are not picked; None for no limit.
    weigh_price
        What a pick is worth is divided by its cost to this power: 0 looks at the worth alone, 1
        at the worth of each unit of money. For ``acquisition.kind`` ``gain``, ``ei``, ``pi`` and
        ``top``, whose values are amounts; without effect in rounds in which ``gain`` has nothing
        to be beaten.
    """

    measurements: int | None = Field(default=None, ge=1)
    money: float | None = Field(default=None, gt=0)
    measuring: float = Field(default=0.0, ge=0)
    price: str | None = None
    unpriced: float | None = Field(default=None, ge=0)
    lead_time: str | None = None
    max_lead_time: float | None = Field(default=None, ge=0)
    weigh_price: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _can_be_known(self) -> Self:
        if self.max_lead_time is not None and self.lead_time is None:
            raise ValueError("`max_lead_time` needs `lead_time`, the vendor column with days")
        if self.money is not None and self.price is None and not self.measuring:
            raise ValueError("`money` needs `price` (a vendor column) or `measuring`")
        if self.weigh_price and self.price is None:
            raise ValueError("`weigh_price` needs `price`, the vendor column with prices")
        return self


class CampaignConfig(StrictConfig):
    """One campaign over one library.

    Parameters
    ----------
    library
        Folder of a built library: the pool.
    folder
        Where all state of the campaign lives.
    name
        Of the campaign; its models are called ``<name>-r<round>``.
    initial
        Compounds measured in round 0.
    batch
        Compounds measured in each later round.
    rounds
        Rounds after round 0 at most.
    first
        How round 0 chooses.
    explore
        One slider for how later rounds choose, from 0 (the predicted best) to 1 (what is known
        least and unlike): sets ``kind``, ``explore`` and ``epsilon`` of ``acquisition``, and
        ``how`` and ``weight`` of ``diversity``, which then are not given. None: they are.
    acquisition
        How later rounds choose.
    diversity
        How alike the picks of one round may be.
    controls
        Share of each round, round 0 included, that is drawn at random from the whole pool, is
        measured, and is never learned from: the honest audit of what was found.
    budget
        What may be spent.
    stop
        When to end early.
    exclude
        Text files of compounds never to be picked, one a line: compound ids or suppliers' ids.
    measure
        Time limit and attempts of measurements.
    seed
        Of sampling, training and acquisition.
    """

    library: Path
    folder: Path
    name: str = Field(default="campaign", pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,40}$")
    initial: int = Field(default=500, ge=1)
    batch: int = Field(default=100, ge=1)
    rounds: int = Field(default=5, ge=0)
    first: FirstConfig = FirstConfig()
    explore: float | None = Field(default=None, ge=0, le=1)
    acquisition: AcquisitionConfig = AcquisitionConfig()
    diversity: DiversityConfig = DiversityConfig()
    controls: float = Field(default=0.0, ge=0, le=0.5)
    budget: BudgetConfig = BudgetConfig()
    stop: StoppingConfig = StoppingConfig()
    exclude: tuple[Path, ...] = ()
    measure: MeasureConfig = MeasureConfig()
    seed: int = Field(default=7, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _slider_sets(cls, values: Any) -> Any:  # noqa: ANN401 - whatever was given
        return slid(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _can_be_audited(self) -> Self:
        self.stop.check_audit(self.controls)
        return self

    @model_validator(mode="after")
    def _can_be_weighed(self) -> Self:
        if self.budget.weigh_price and self.acquisition.kind not in _AMOUNTS:
            raise ValueError(
                f"`budget.weigh_price` divides what a pick is worth by its cost, which makes no "
                f"sense of {self.acquisition.kind!r}: use `acquisition.kind` {', '.join(_AMOUNTS)}"
            )
        return self
