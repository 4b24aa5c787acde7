"""The surrogate of a campaign that fits several quick kinds and lets the best one score."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from hitsieve.campaign.quick.bounds import FEWEST, Labels, complete
from hitsieve.campaign.quick.compounds import compounds_of
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.embedding import hidden_states, kernel_features, network_among
from hitsieve.campaign.quick.kinds import NEEDS, Group, fit_group, groups_of, load, save
from hitsieve.campaign.quick.pool import PoolScores, score_pool
from hitsieve.campaign.quick.predictor import BLEND, Predictor, best_of, blended
from hitsieve.campaign.quick.prune import decide, wanted_value
from hitsieve.campaign.quick.rescore import depth_of, rescore
from hitsieve.campaign.quick.said import Skill, skill_of
from hitsieve.engine.executor import Limits, Task
from hitsieve.errors import DatasetError, IncompleteError
from hitsieve.library import Library
from hitsieve.provenance import child_seed
from hitsieve.scoring.stacking import fit_stack
from hitsieve.store.files import write_json_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds
    from hitsieve.campaign.quick.prune import Pruning
    from hitsieve.campaign.quick.rescore import Depth
    from hitsieve.campaign.quick.spread import Tail
    from hitsieve.campaign.surrogate import Workplace

    Floats = NDArray[np.float64]

_RECORD: Final = "surrogate.json"
_PRUNED: Final = "pruned.json"


@dataclass(frozen=True)
class QuickSurrogate:
    """Fits the configured kinds, keeps the one with the best rank skill, scores with it.

    Files of a round lie in its screen folder: ``<kind>.npz`` for each kind, ``surrogate.json``
    with all skills and the choice, ``scores/`` with a file a shard, and ``pruned.json``.

    Parameters
    ----------
    target
        Of the oracle.
    higher_is_better
        Direction of the oracle's endpoint.
    config
        Which kinds, and how.
    """

    target: str
    higher_is_better: bool = True
    config: QuickConfig = field(default_factory=QuickConfig)

    @property
    def settings(self) -> dict[str, Any]:
        """JSON values of everything that decides its predictions."""
        return self.config.model_dump(mode="json")

    @property
    def fewest(self) -> int:
        """Measured compounds it needs."""
        return FEWEST

    def train(self, labels: Path, work: Workplace) -> str:
        """Fit all kinds and choose, unless an earlier call of the round did.

        Returns
        -------
        str
            ``<name of the round>:<kind>``.

        Raises
        ------
        DatasetError
            If fewer than ten compounds are measured.
        IncompleteError
            If a kind could not be fitted.
        """
        path = work.screen / _RECORD
        if path.is_file():
            return f"{work.name}:{json.loads(path.read_text())['chosen']}"
        ids, told = self._learned(labels)
        kinds = self._kinds(told.y, work)
        groups = [g for g in groups_of(kinds) if not self._is_fitted(g, work)]
        needs = {NEEDS[kind] for group in groups for kind in group.kinds}
        seed = child_seed(work.seed, "surrogate")
        compounds = compounds_of(work.library, ids, needs)
        known, teaching = complete(told, compounds, self.config, seed)
        compounds = compounds.take(teaching)
        setup = partial(_fitter, compounds, known.y, self.config, work.screen, work.former, seed)
        tasks = [Task(group.name, group) for group in groups]
        work.progress("train", 0, len(tasks))
        for done, outcome in enumerate(work.executor.map(setup, tasks, Limits(attempts=2)), 1):
            if not outcome.ok:
                raise IncompleteError(
                    f"surrogate {outcome.key!r} was not fitted: {outcome.error}",
                    cure="remove the cause and run the same command again",
                )
            work.progress("train", done, len(tasks))
        return f"{work.name}:{self._choose(compounds, known, told, work)}"

    def score(self, model: str, work: Workplace) -> PoolScores:
        """Score the pool with the chosen surrogate, shard by shard; finished shards are kept.

        In two stages if the choice says so: the scout scores all, the chosen one the best again.
        """
        told = _told(work)
        if told["scout"] is None:
            return score_pool(self.predictor(model, work), work, target=self.target)
        scout = f"{work.name}:{told['scout']}"
        pool = score_pool(self.predictor(scout, work), work, target=self.target)
        depth = self._depth(pool, told)
        chosen = self.predictor(model, work)
        return rescore(chosen, work, depth.border, self._sign, target=self.target)

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Return all skills, the choice, and what the next round leaves out."""
        told = _told(work)
        first = PoolScores(work.screen, first=True)
        pruned = self._prune(first, told, work)
        kept = {name: value for name, value in told.items() if name != "seen"}
        depth = None if told["scout"] is None else asdict(self._depth(first, told))
        return {"model": model, **kept, "pruned": asdict(pruned), "rescored": depth}

    def embed(self, model: str, labels: Path, ids: Sequence[str], work: Workplace) -> Floats:
        """Return compounds as the round's surrogate sees them, float64 (n, p).

        Hidden states where it is or has a network, else kernel features spanned by what it
        learned from; see :mod:`hitsieve.campaign.quick.embedding`.
        """
        told = _told(work)
        kind = network_among(model.rpartition(":")[2], told["weights"])
        if kind is not None:
            seen = compounds_of(work.library, ids, {NEEDS[kind]})
            vectors = hidden_states(load(kind, work.screen / f"{kind}.npz").model, seen)
        else:
            seen = compounds_of(work.library, ids, {"bits"})
            names = list(dict.fromkeys(_read(labels, self._sign)[0]))
            known = compounds_of(work.library, names, {"bits"})
            vectors = kernel_features(seen, known, seed=work.seed)
        return vectors[seen.places(ids)]

    def predictor(self, model: str, work: Workplace) -> Predictor:
        """Load a surrogate of a round, named ``<name of the round>:<kind>``."""
        told = _told(work)
        chosen = model.rpartition(":")[2]
        if chosen != BLEND:
            fitted = {chosen: load(chosen, work.screen / f"{chosen}.npz").model}
            weights = {chosen: 1.0}
        else:
            weights = {k: w for k, w in told["weights"].items() if w > 0}
            fitted = {k: load(k, work.screen / f"{k}.npz").model for k in weights}
        skill = Skill(**told["skills"][chosen])
        seen = np.frombuffer(bytes.fromhex(told["seen"]), np.uint8)
        return Predictor(model, fitted, weights, skill, self._sign, seen)

    @property
    def _sign(self) -> float:
        return 1.0 if self.higher_is_better else -1.0

    def _kinds(self, y: Floats, work: Workplace) -> tuple[str, ...]:
        # Kernel models divide by the spread of the labels; trees do without.
        if np.ptp(y) == 0:
            return ("forest",)
        return self.config.kinds_for(len(Library.open(work.library)))

    def _is_fitted(self, group: Group, work: Workplace) -> bool:
        return all((work.screen / f"{kind}.npz").is_file() for kind in group.kinds)

    def _learned(self, labels: Path) -> tuple[list[str], Labels]:
        ids, told = _read(labels, self._sign)
        if len(ids) < FEWEST:
            raise DatasetError(
                f"{len(ids)} compounds of {self.target!r} are measured, a surrogate needs {FEWEST}",
                cure="begin a campaign with a larger `initial` in another folder; copy `labels` "
                "there, then nothing is measured twice",
            )
        return ids, told

    def _choose(self, compounds: Compounds, known: Labels, told: Labels, work: Workplace) -> str:
        judged = known.judged
        y = known.y[judged]
        kinds = self._kinds(told.y, work)
        said = {
            kind: load(kind, work.screen / f"{kind}.npz").left_out.take(judged) for kind in kinds
        }
        weights: dict[str, float] = {}
        if self.config.blend and len(said) > 1:
            means = np.stack([one.mean for one in said.values()], axis=1)
            stack = fit_stack(means, y, "regression")
            weights = dict(zip(said, stack.weights.tolist(), strict=True))
            said[BLEND] = blended(said, weights)
        skills = {kind: skill_of(one, y, higher_is_better=True) for kind, one in said.items()}
        chosen = best_of(skills, len(y))
        reached, top = told.reached(), self.config.prune.top
        record = {
            "chosen": chosen,
            "scout": self._scout(skills, chosen),
            "labels": len(told),
            "bounds": told.bounds,
            "best": float(reached[:top].min() if len(reached) else known.y.min()),
            "reached": float(reached[0]) if len(reached) else None,
            "seen": np.bitwise_or.reduce(compounds.morgan, axis=0).tobytes().hex(),
            "skills": {kind: asdict(skill) for kind, skill in skills.items()},
            "weights": weights,
        }
        write_json_atomic(work.screen / _RECORD, record)
        return chosen

    def _scout(self, skills: Mapping[str, Skill], chosen: str) -> str | None:
        """Return which kind scores the pool first, where the chosen one scores the best again."""
        fast = [kind for kind in skills if kind != BLEND and NEEDS[kind] == "bits"]
        if not self.config.rescore or not fast or chosen in fast:
            return None
        return max(fast, key=lambda kind: skills[kind].score)

    def _depth(self, scores: PoolScores, told: Mapping[str, Any]) -> Depth:
        first = PoolScores(scores.folder, first=True).oriented(self._sign)
        top = self.config.prune.top
        return depth_of(
            first,
            self.config.rescore,
            wanted_value(first, float(told["best"]), top=top, tail=_tail(told)),
            top=top,
            tail=_tail(told),
        )

    def _prune(self, scores: PoolScores, told: Mapping[str, Any], work: Workplace) -> Pruning:
        settings, tail = self.config.prune, _tail(told)
        lost = _lost(work.former)
        # Each round may spend half of what is left: rounds to come are not numbered.
        loss = (settings.loss - lost) / 2
        pieces = scores.oriented(self._sign)
        threshold = float(told["best"])
        if settings.loss:
            threshold = wanted_value(pieces, threshold, top=settings.top, tail=tail)
            # Beyond every measured value the tail of the errors would be a mere guess.
            found = told["reached"]
            loss = loss if found is not None and found >= threshold else 0.0
        pruning = decide(pieces, threshold, top=settings.top, loss=loss, tail=tail, lost=lost)
        write_json_atomic(work.screen / _PRUNED, {**asdict(pruning), "sign": self._sign})
        return pruning


def _tail(told: Mapping[str, Any]) -> Tail:
    """Return the tail of the errors of what scored the whole pool."""
    return Skill(**told["skills"][told["scout"] or told["chosen"]]).tail


def _lost(former: Path | None) -> float:
    """Return the expected share of the top that earlier rounds gave up."""
    path = None if former is None else former / _PRUNED
    if path is None or not path.is_file():
        return 0.0
    return float(json.loads(path.read_text(encoding="utf-8")).get("lost", 0.0))


def _told(work: Workplace) -> dict[str, Any]:
    """Return what a round recorded of its surrogates."""
    told: dict[str, Any] = json.loads((work.screen / _RECORD).read_text(encoding="utf-8"))
    return told


def _read(labels: Path, sign: float) -> tuple[list[str], Labels]:
    table = pq.read_table(labels, columns=["compound_id", "value", "relation"])
    values = table.column("value").to_numpy(zero_copy_only=False).astype(np.float64)
    told = Labels.of(values, table.column("relation").to_pylist(), sign)
    return table.column("compound_id").to_pylist(), told


def _fitter(
    compounds: Compounds,
    y: Floats,
    config: QuickConfig,
    folder: Path,
    former: Path | None,
    seed: int,
) -> Callable[[Group], None]:
    def fit(group: Group) -> None:
        for kind, found in fit_group(group, compounds, y, config, seed, former).items():
            save(folder / f"{kind}.npz", found)

    return fit
