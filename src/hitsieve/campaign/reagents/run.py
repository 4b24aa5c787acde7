"""Running a campaign over reagents: try every reagent, learn, measure what promises most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.campaign.picks import Pick
from hitsieve.campaign.reagents.effects import Effects
from hitsieve.campaign.reagents.features import similarity_coordinates
from hitsieve.campaign.reagents.search import best_choices, spread_choices
from hitsieve.campaign.reagents.space import Choice, Made, SynthonSpace
from hitsieve.campaign.state import CampaignFolder, Chosen, Round
from hitsieve.errors import DatasetError
from hitsieve.oracles.measure import Progressed, measure
from hitsieve.oracles.store import LabelStore
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.reagents.config import ReagentCampaignConfig
    from hitsieve.campaign.reagents.effects import Tables
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Oracle

_WIDTH: Final = 48
_LEAST_LEARNED: Final = 3
_FRUITLESS: Final = 20_000


@dataclass(frozen=True, slots=True)
class ReagentStanding:
    """What a campaign over reagents has done.

    Parameters
    ----------
    folder
        Where it is kept.
    combinations
        Choices of reagents that the space has.
    rounds
        Finished rounds, the warm-up first.
    """

    folder: Path
    combinations: int
    rounds: tuple[Round, ...]

    @property
    def measured(self) -> int:
        """Products measured, failures included."""
        return sum(one.labels.num_rows for one in self.rounds)

    def best(self, n: int, *, higher_is_better: bool) -> list[dict[str, Any]]:
        """Return the ``n`` best products: their LABELS rows, and ``product``, what made them."""
        rows = [
            {**row, "product": name}
            for one in self.rounds
            for row, name in zip(one.labels.to_pylist(), one.surrogate["products"], strict=True)
            if row["value"] is not None
        ]
        sign = -1 if higher_is_better else 1
        return sorted(rows, key=lambda row: (sign * row["value"], row["compound_id"]))[:n]


def run_reagent_campaign(
    config: ReagentCampaignConfig,
    oracle: Oracle,
    executor: Executor,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> ReagentStanding:
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
        Called with a stage, how much is done, and how much in all.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    DatasetError
        If nothing could be measured in the warm-up.
    IncompleteError
        If work was interrupted; running it again goes on.
    """
    return ReagentCampaign(config, oracle, executor, progress).run()


class ReagentCampaign:
    """A campaign over reagents; a round is a function of the files of those before it.

    Parameters
    ----------
    config, oracle, executor, progress
        As for :func:`run_reagent_campaign`.
    """

    def __init__(
        self,
        config: ReagentCampaignConfig,
        oracle: Oracle,
        executor: Executor,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.config, self.oracle, self.executor = config, oracle, executor
        self.space = SynthonSpace(config.space)
        self.folder = CampaignFolder(config.folder.absolute(), self._plan())
        self._progress = progress or _silent
        self._sign = 1.0 if oracle.higher_is_better else -1.0
        self._coordinates = [
            [
                similarity_coordinates(self.space.reagents(number, role), _WIDTH, seed=config.seed)
                for role in range(len(plan.entries))
            ]
            for number, plan in enumerate(self.space.plans)
        ]

    def run(self) -> ReagentStanding:
        """Run all rounds that are not finished."""
        rounds: list[Round] = []
        done = 0
        while done < self.config.evaluations:
            one = self._step(len(rounds), rounds)
            rounds.append(one)
            done += len(one.picks)
            self._progress("campaign", done, self.config.evaluations)
            if not one.picks:
                break
        return ReagentStanding(self.folder.root, self.space.combinations, tuple(rounds))

    def _step(self, number: int, before: list[Round]) -> Round:
        if self.folder.finished(number):
            return self.folder.round(number)
        chosen = self.folder.choice(number)
        if chosen is None:
            chosen = self.folder.choose(number, self._choose(number, before))

        def told(at: Progressed) -> None:
            self._progress("measure", at.done, at.total)

        names = [pick.compound_id for pick in chosen.picks]
        labels = measure(
            self.oracle,
            list(zip(names, chosen.surrogate["smiles"], strict=True)),
            self.executor,
            self.folder.labels,
            self.config.measure,
            progress=told,
        )
        return self.folder.finish(number, labels)

    def _choose(self, number: int, before: list[Round]) -> Chosen:
        left = self.config.evaluations - sum(len(one.picks) for one in before)
        basket = _Basket(self.space, before)
        rng = np.random.default_rng(child_seed(self.config.seed, "reagents", number))
        if number == 0:
            self._warm_up(basket, left, rng)
        else:
            size = min(self.config.batch, left)
            models = self._learn(before)
            expected = {block: model.expected() for block, model in models.items()}
            basket.take(self._ranked(expected), round(self.config.exploit * size), "expected")
            while len(basket) < size:
                drawn = {block: model.draw(rng) for block, model in models.items()}
                if not basket.take(self._ranked(drawn), len(basket) + 1, "thompson"):
                    break
        return basket.chosen("reagent-effects" if number else "")

    def _warm_up(self, basket: _Basket, left: int, rng: np.random.Generator) -> None:
        blocks = range(len(self.space.plans))
        wanted = [self.config.warm_up * max(self.space.sizes(block)) for block in blocks]
        share = min(1.0, left / sum(wanted))
        for block in blocks:
            tries = (
                (0.0, (block, *places))
                for places in spread_choices(self.space.sizes(block), self.config.warm_up, rng)
            )
            basket.take(tries, len(basket) + int(share * wanted[block]), "warm-up", told=False)

    def _learn(self, before: list[Round]) -> dict[int, Effects]:
        choices = [tuple(one) for r in before for one in r.surrogate["choices"]]
        values = np.array([value for r in before for value in r.values]) * self._sign
        models = {}
        for block in range(len(self.space.plans)):
            rows = [
                row
                for row, choice in enumerate(choices)
                if choice[0] == block and np.isfinite(values[row])
            ]
            if len(rows) >= _LEAST_LEARNED:
                places = np.array([choices[row][1:] for row in rows], dtype=np.int64)
                models[block] = Effects(self._coordinates[block], places, values[rows])
        if not models:
            raise DatasetError(
                f"oracle {self.oracle.name!r} measured too few products to learn from",
                cure=f"the reasons are in {self.folder.root / 'rounds'}",
            )
        return models

    def _ranked(self, tables: dict[int, Tables]) -> Iterator[tuple[float, Choice]]:
        """Yield products of all reactions, best first."""
        found: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
        for block, one in tables.items():
            choices, worth = best_choices(one, self.config.shortlist, _FRUITLESS)
            found.append((worth, np.insert(choices, 0, block, axis=1)))
        worth = np.concatenate([part for part, _ in found])
        roles = max(part.shape[1] for _, part in found)
        padded = [
            np.pad(p, ((0, 0), (0, roles - p.shape[1])), constant_values=-1) for _, p in found
        ]
        every = np.concatenate(padded)
        for row in np.argsort(-worth, kind="stable"):
            yield float(worth[row]), tuple(int(i) for i in every[row] if i >= 0)

    def _plan(self) -> dict[str, Any]:
        config = self.config.model_dump(
            mode="json", exclude={"folder", "measure", "space", "evaluations"}
        )
        oracle = LabelStore.of(self.config.folder, self.oracle).key
        return {"config": config, "oracle": oracle, "space": self.space.describe()}


class _Basket:
    """The picks of a round: each a product that no round has measured."""

    def __init__(self, space: SynthonSpace, before: list[Round]) -> None:
        self._space = space
        self._seen = {tuple(one) for r in before for one in r.surrogate["seen"]}
        self._known = {pick.compound_id for r in before for pick in r.picks}
        self._new: list[Choice] = []
        self._picks: list[Pick] = []
        self._made: list[Made] = []
        self._choices: list[Choice] = []

    def __len__(self) -> int:
        return len(self._picks)

    def take(
        self, ranked: Iterator[tuple[float, Choice]], until: int, reason: str, *, told: bool = True
    ) -> bool:
        """Take products until there are so many picks; False if they ran out first."""
        passed = 0
        for worth, choice in ranked if len(self) < until else ():
            passed += 1
            if choice not in self._seen:
                self._seen.add(choice)
                self._new.append(choice)
                made = self._space.make(choice)
                if made is not None and made.compound_id not in self._known:
                    self._known.add(made.compound_id)
                    self._picks.append(Pick(made.compound_id, reason, worth if told else None))
                    self._made.append(made)
                    self._choices.append(choice)
                    passed = 0
            if len(self) >= until or passed > _FRUITLESS:
                break
        return len(self) >= until

    def chosen(self, model: str) -> Chosen:
        """Return the picks with what a later round must know of them."""
        told = {
            "choices": [list(choice) for choice in self._choices],
            "seen": [list(choice) for choice in self._new],
            "products": [made.name for made in self._made],
            "smiles": [made.smiles for made in self._made],
        }
        return Chosen(model, tuple(self._picks), surrogate=told)


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""
