"""Running a campaign over reagents: what its rounds choose from, and how they learn."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hitsieve.campaign.excluded import read_names
from hitsieve.campaign.found import audited, estimate_found, forecast_of
from hitsieve.campaign.loop import CampaignSummary, Loop
from hitsieve.campaign.progress import money_spent
from hitsieve.campaign.reagents.audit import Audit
from hitsieve.campaign.reagents.basket import Basket, Terms
from hitsieve.campaign.reagents.choices import as_choices, count
from hitsieve.campaign.reagents.learned import Learned, coordinates_of
from hitsieve.campaign.reagents.plan import plan_of
from hitsieve.campaign.reagents.rest import foretold_rest
from hitsieve.campaign.reagents.round import Promising, tries, warm_up
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.campaign.reasons import reason_words
from hitsieve.campaign.state import CampaignFolder, Chosen, Round
from hitsieve.errors import DatasetError
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.estimate import Estimate, Forecast
    from hitsieve.campaign.reagents.audit import Audited
    from hitsieve.campaign.reagents.config import ReagentCampaignConfig
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Compound, Oracle

    OnProgress = Callable[[str, int, int], None]

MODEL: Final = "reagent-effects"


def run_reagent_campaign(
    config: ReagentCampaignConfig,
    oracle: Oracle,
    executor: Executor,
    *,
    progress: OnProgress | None = None,
) -> CampaignSummary:
    """Run a campaign over reagents to its end, or go on with it.

    Parameters
    ----------
    config
        Space, sizes, folder and seed.
    oracle
        What measures.
    executor
        Where measurements run.
    progress
        Called with what is done (``measure``), how much, and how much in all.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    DatasetError
        If nothing could be measured in round 0.
    IncompleteError
        If work was interrupted, or a laboratory's results are awaited; running it again goes on.
    """
    return ReagentCampaign(config, oracle, executor, progress).run()


class ReagentCampaign(Loop):
    """A campaign over reagents; a round is a function of the files of those before it.

    Parameters
    ----------
    config, oracle, executor, progress
        As for :func:`run_reagent_campaign`.
    """

    config: ReagentCampaignConfig

    def __init__(
        self,
        config: ReagentCampaignConfig,
        oracle: Oracle,
        executor: Executor,
        progress: OnProgress | None = None,
    ) -> None:
        self.space = SynthonSpace(config.library, config.budget)
        folder = CampaignFolder(config.folder.absolute(), plan_of(config, oracle, self.space))
        super().__init__(config, oracle, executor, folder, progress)
        self.sign = 1.0 if oracle.higher_is_better else -1.0
        self._models: dict[int, Learned] = {}

    @cached_property
    def pool(self) -> int:
        """Products that may be picked in all; of more than a million choices an estimate."""
        return count(self.space)

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Structure keys and names of products that the configuration keeps out."""
        return frozenset(read_names(self.config.exclude))

    def choose(self, number: int, before: Sequence[Round]) -> Chosen:
        """Return the picks of a round, choosing them unless that is done.

        Raises
        ------
        DatasetError
            If too few products were measured to learn from.
        """
        standing = self.folder.choice(number)
        if standing is not None:
            return standing
        size = self._size(number, before)
        joining = self._joining(before, size)
        basket = Basket(self.space, before, self._terms(size, before))
        basket.control(joining)
        rng = np.random.default_rng(child_seed(self.config.seed, "reagents", number))
        if number == 0:
            warm_up(self.space, basket, self.config.warm_up, size, rng)
            return self.folder.choose(0, self._chosen(basket, joining, size))
        with self.settling(number, before) as known:
            learned = self._learned_or_refused(known)
        promising = Promising(self.space, basket, self.config.shortlist)
        promising.fill(learned, self.config.exploit, size, rng)
        return self.folder.choose(number, self._chosen(basket, joining, size, learned))

    def compounds(self, chosen: Chosen) -> list[Compound]:
        """Return what is to be measured, in the order of the picks."""
        names = [pick.compound_id for pick in chosen.picks]
        return list(zip(names, chosen.surrogate["smiles"], strict=True))

    def sheet(self, chosen: Chosen) -> pa.Table:
        """Return the picks as a laboratory gets them."""
        return pa.table(
            {
                "compound_id": [pick.compound_id for pick in chosen.picks],
                "smiles": chosen.surrogate["smiles"],
                "reason": [reason_words(pick) for pick in chosen.picks],
                "source_ids": chosen.surrogate["products"],
                "predicted": pa.array([pick.predicted for pick in chosen.picks], pa.float64()),
                "std": pa.array([pick.std for pick in chosen.picks], pa.float64()),
            }
        )

    def learned(self, before: Sequence[Round]) -> Learned:
        """Return what is learned from some rounds: all they measured but for the audit."""
        number = len(before)
        if number not in self._models:
            self._models = {number: self._learn(before)}
        return self._models[number]

    @cached_property
    def _coordinates(self) -> list[list[NDArray[np.float64]]]:
        return coordinates_of(self.space, seed=self.config.seed)

    @cached_property
    def _audit(self) -> Audit:
        return Audit(self.space, self.excluded, seed=self.config.seed)

    def _size(self, number: int, before: Sequence[Round]) -> int:
        """Return how many products a round measures, its controls among them."""
        size = self.config.batch
        if number == 0:
            size = round(tries(self.space, self.config.warm_up) / (1 - self.config.controls))
        most = self.config.budget.measurements
        done = sum(len(one.picks) for one in before)
        return size if most is None else min(size, most - done)

    def _joining(self, before: Sequence[Round], size: int) -> list[Audited]:
        """Return the random products whose turn it is to join the audit."""
        done = sum(len(one.picks) for one in before)
        length = round(self.config.controls * (done + size))
        known = {name for one in before for name in one.audit}
        joining = [one for one in self._audit.first(length) if one[1].compound_id not in known]
        return joining[: max(0, length - len(known))]

    def _terms(self, size: int, before: Sequence[Round]) -> Terms:
        return Terms(
            size=size,
            budget=self.config.budget,
            spent=money_spent(before),
            replicates=self.replicates,
            cap=self.config.reagent_cap,
            excluded=self.excluded,
        )

    def _learned_or_refused(self, before: Sequence[Round]) -> Learned:
        learned = self.learned(before)
        if not learned:
            raise DatasetError(
                f"oracle {self.oracle.name!r} measured too few products to learn from",
                cure=f"the reasons are in {self.folder.root / 'rounds'}",
            )
        return learned

    def _learn(self, before: Sequence[Round]) -> Learned:
        audit = {name for one in before for name in one.audit}
        rows = [
            (choice, value * self.sign)
            for one in before
            for pick, value, choice in zip(
                one.picks, one.values, one.surrogate["choices"], strict=True
            )
            if np.isfinite(value) and pick.compound_id not in audit
        ]
        choices = as_choices([choice for choice, _ in rows], self.space)
        return Learned(self._coordinates, choices, np.array([value for _, value in rows]))

    def _chosen(
        self,
        basket: Basket,
        joining: Sequence[Audited],
        size: int,
        learned: Learned | None = None,
    ) -> Chosen:
        picks = [one.pick for one in basket.taken]
        told: dict[str, Any] = {
            "choices": [list(one.choice) for one in basket.taken],
            "seen": [list(choice) for choice in basket.new],
            "products": [one.made.name for one in basket.taken],
            "smiles": [one.made.smiles for one in basket.taken],
            "audit": [list(choice) for choice, _ in joining],
        }
        if learned is not None:
            mean, std = learned.foretell(as_choices(told["choices"], self.space))
            known = zip(picks, mean * self.sign, std, strict=True)
            picks = [
                replace(one, predicted=float(m), std=float(s)) if np.isfinite(m) else one
                for one, m, s in known
            ]
            told |= learned.skills(seed=child_seed(self.config.seed, "skills"))
        short = self.config.budget.money if basket.is_short and len(basket) < size else None
        audit = tuple(made.compound_id for _, made in joining)
        model = "" if learned is None else MODEL
        return Chosen(model, tuple(picks), audit, told, short)

    def _estimated(self, rounds: Sequence[Round]) -> Estimate | None:
        return estimate_found(
            self.config,
            rounds,
            self._forecast(rounds) if rounds[-1].model else None,
            pool=self.pool,
            higher_is_better=self.oracle.higher_is_better,
        )

    def _forecast(self, rounds: Sequence[Round]) -> Forecast:
        with self.settling(len(rounds) - 1, rounds[:-1]) as known:
            learned = self.learned(known)
        choices = {
            name: choice
            for one in rounds
            for name, choice in zip(one.audit, one.surrogate["audit"], strict=True)
        }
        names = audited(rounds)
        found = learned.foretold(as_choices([choices[name] for name in names], self.space))
        told = {name: float(value) * self.sign for name, value in zip(names, found, strict=True)}
        seen = {tuple(choice) for one in rounds for choice in one.surrogate["seen"]}
        seed = child_seed(self.config.seed, "rest", len(rounds))
        rest, counts = foretold_rest(self.space, learned, seen, self.pool, seed=seed)
        return forecast_of(rounds, told, rest * self.sign, counts)
