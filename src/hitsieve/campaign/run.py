"""Running a campaign over a library: what its rounds choose from, and how they learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.acquire import value_to_beat
from hitsieve.campaign.choose import Wanted, first_round, next_round, wanted_of
from hitsieve.campaign.excluded import read_excluded
from hitsieve.campaign.found import estimate_found, forecast_of_pool
from hitsieve.campaign.laboratory import sheet_of
from hitsieve.campaign.loop import CampaignSummary, Loop
from hitsieve.campaign.panel import looked_at
from hitsieve.campaign.plan import plan_of
from hitsieve.campaign.reasons import explained, known_actives
from hitsieve.campaign.state import CampaignFolder, Chosen, Round, learnable
from hitsieve.campaign.surrogate import Embeds, Workplace
from hitsieve.errors import DatasetError
from hitsieve.library import Library
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.picks import Pick
    from hitsieve.campaign.spacing import Embed
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Compound, Oracle

    OnProgress = Callable[[str, int, int], None]

_NEED_A_VALUE: Final = frozenset({"ei", "pi", "top"})


def run_campaign(
    config: CampaignConfig,
    oracle: Oracle,
    surrogate: Surrogate,
    executor: Executor,
    *,
    progress: OnProgress | None = None,
) -> CampaignSummary:
    """Run a campaign to its end, or go on with one that was interrupted.

    Parameters
    ----------
    config
        Library, folder, sizes and seed.
    oracle
        What measures.
    surrogate
        What learns and scores.
    executor
        Where all of it runs.
    progress
        Called with what is done (``measure``, ``train: ...``, ``screen``), how much, and how
        much in all.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    DatasetError
        If the library is smaller than round 0, or nothing could be measured.
    IncompleteError
        If work was interrupted, or a laboratory's results are awaited; running it again goes
        on.
    """
    return Campaign(config, oracle, surrogate, executor, progress).run()


class Campaign(Loop):
    """A campaign over a library; see :func:`run_campaign`, which runs all of it.

    Parameters
    ----------
    config, oracle, surrogate, executor, progress
        As for :func:`run_campaign`.
    """

    config: CampaignConfig

    def __init__(
        self,
        config: CampaignConfig,
        oracle: Oracle,
        surrogate: Surrogate,
        executor: Executor,
        progress: OnProgress | None = None,
    ) -> None:
        self.surrogate = surrogate
        self.library = Library.open(config.library)
        folder = CampaignFolder(
            config.folder.absolute(), plan_of(config, oracle, surrogate, self.library)
        )
        super().__init__(config, oracle, executor, folder, progress)
        self._excluded: frozenset[str] | None = None

    @property
    def pool(self) -> int:
        """Compounds that may be picked in all."""
        return len(self.library) - len(self.excluded)

    @property
    def excluded(self) -> frozenset[str]:
        """Compounds that the configuration keeps out."""
        if self._excluded is None:
            self._excluded = read_excluded(self.library, self.config.exclude)
        return self._excluded

    def choose(self, number: int, before: Sequence[Round]) -> Chosen:
        """Return the picks of a round, choosing them unless that is done."""
        standing = self.folder.choice(number)
        if standing is not None:
            return standing
        wanted = self._wanted(number, before)
        if number == 0:
            picks = first_round(self.config, self.library, wanted)
            return self.folder.choose(0, self._chosen("", picks, wanted))
        return self._next(number, before, wanted)

    def compounds(self, chosen: Chosen) -> list[Compound]:
        """Return what is to be measured, in the order of the picks."""
        names = [pick.compound_id for pick in chosen.picks]
        rows = self.library.lookup(names, ["compound_id", "smiles"]).to_pylist()
        smiles = {row["compound_id"]: row["smiles"] for row in rows}
        return [(name, smiles[name]) for name in names]

    def sheet(self, chosen: Chosen) -> pa.Table:
        """Return the picks as a laboratory gets them."""
        return sheet_of(self.library, chosen)

    def _estimated(self, rounds: Sequence[Round]) -> Estimate | None:
        number, model = len(rounds) - 1, rounds[-1].model
        told = None
        if model:
            scores = self.surrogate.score(model, self._workplace(number))
            told = forecast_of_pool(rounds, scores, self.pool)
        return estimate_found(
            self.config,
            rounds,
            told,
            pool=self.pool,
            higher_is_better=self.oracle.higher_is_better,
        )

    def _next(self, number: int, before: Sequence[Round], wanted: Wanted) -> Chosen:
        work = self._workplace(number)
        with self.settling(number, before) as known:
            best = self._to_beat(known)
            model = self._trained(number, known, work)
        config = self._config_to_beat(best)
        scores, views = looked_at(
            self.surrogate.score(model, work),
            self.oracle,
            known,
            config.acquisition,
            best,
            wanted.n,
        )
        picks = next_round(
            config,
            self.library,
            scores,
            wanted,
            higher_is_better=self.oracle.higher_is_better,
            views=views,
            embed=self._embedding(model, number, work),
        )
        told = self.surrogate.record(model, work)
        return self.folder.choose(number, self._chosen(model, picks, wanted, told, known))

    def _embedding(self, model: str, number: int, work: Workplace) -> Embed | None:
        if not isinstance(self.surrogate, Embeds):
            return None
        surrogate, labels = self.surrogate, self.folder.training_path(number)
        return lambda ids: surrogate.embed(model, labels, ids, work)

    def _trained(self, number: int, known: Sequence[Round], work: Workplace) -> str:
        audit = {name for one in known for name in one.audit}
        labels = pa.concat_tables([one.labels for one in known])
        found = len(set(learnable(labels, audit)["compound_id"].to_pylist()))
        fewest: int = getattr(self.surrogate, "fewest", 1)
        if found < fewest:
            raise DatasetError(
                f"{found} compounds of {self.oracle.target!r} are measured, "
                f"a surrogate needs {fewest}",
                cure=self._more_labels,
            )
        return self.surrogate.train(self.folder.training_table(number, labels, audit), work)

    @property
    def _more_labels(self) -> str:
        """What to do where too little was measured to go on."""
        if self.asks_by_files:
            return (
                "tell more results, late and corrected ones count too (hitsieve campaign tell "
                f"{self.folder.root} results.csv); then ask again"
            )
        return (
            "begin a campaign with a larger `initial` in another folder; copy `labels` there, then "
            "nothing is measured twice"
        )

    def _chosen(
        self,
        model: str,
        picks: list[Pick],
        wanted: Wanted,
        told: dict[str, Any] | None = None,
        known: Sequence[Round] = (),
    ) -> Chosen:
        short = self.config.budget.money if len(picks) < wanted.n else None
        actives = known_actives(
            self.library,
            known,
            self.config.first.actives,
            higher_is_better=self.oracle.higher_is_better,
        )
        picks = explained(picks, self.library, actives)
        return Chosen(model, tuple(picks), tuple(wanted.controls), told or {}, short)

    def _wanted(self, number: int, before: Sequence[Round]) -> Wanted:
        seed = self._workplace(number).seed if number else child_seed(self.config.seed, "initial")
        return wanted_of(
            self.config,
            self.library,
            self.excluded,
            before,
            seed=seed,
            replicates=self.replicates,
        )

    def _to_beat(self, before: Sequence[Round]) -> float | None:
        """Return the value to beat; None where all that is known are bounds on the poorer side."""
        measured = np.array([value for one in before for value in one.values])
        if np.isnan(measured).all():
            reasons = f"the reasons are in {self.folder.root / 'rounds'}"
            raise DatasetError(
                f"oracle {self.oracle.name!r} measured none of {len(measured)} compounds",
                cure=self._more_labels if self.asks_by_files else reasons,
            )
        higher = self.oracle.higher_is_better
        found = [value for one in before for value in one.counted(higher_is_better=higher)]
        return value_to_beat(self.config.acquisition, found, higher_is_better=higher)

    def _config_to_beat(self, best: float | None) -> CampaignConfig:
        # As long as nothing is surely found, no improvement on it can be foretold: the predicted
        # best are picked.
        acquisition = self.config.acquisition
        if best is not None or acquisition.kind not in _NEED_A_VALUE:
            return self.config
        plain = acquisition.model_copy(update={"kind": "gain"})
        return self.config.model_copy(update={"acquisition": plain})

    def _workplace(self, number: int) -> Workplace:
        return Workplace(
            name=f"{self.config.name}-r{number}",
            library=self.config.library.absolute(),
            registry=self.folder.registry,
            screen=self.folder.screen(number),
            runs=self.folder.root / "runs",
            executor=self.executor,
            seed=child_seed(self.config.seed, "round", number),
            progress=self._progress,
            former=self.folder.screen(number - 1) if number > 1 else None,
            cache=self.folder.cache,
        )
