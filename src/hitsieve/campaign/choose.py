"""The picks of a round: what is worth measuring, can be had, and is not all alike."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.picks import CONTROL, Pick, initial_picks
from hitsieve.campaign.purse import WIDER, Purse, waves
from hitsieve.campaign.ranking import explore, ranked
from hitsieve.campaign.spacing import fingerprints, spaced
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.errors import DatasetError
from hitsieve.graphs.buffers import join_fixed
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import pyarrow as pa

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.ranking import Candidates, View
    from hitsieve.campaign.spacing import Embed
    from hitsieve.campaign.state import Round
    from hitsieve.library import Library

_LOG = logging.getLogger(__name__)
_MORGAN_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a round may pick.

    Attributes
    ----------
    n
        Compounds in all.
    controls
        Compounds of the audit whose turn it is; those already measured cost nothing.
    taken
        Compounds that must not be picked: measured before, or excluded.
    measured
        Compounds measured before.
    money
        What is left to spend; None without limit.
    seed
        Of everything random in the round.
    replicates
        Measurements each compound gets.
    """

    n: int
    controls: Sequence[str]
    taken: frozenset[str]
    measured: frozenset[str]
    money: float | None
    seed: int
    replicates: int = 1


def wanted_of(
    config: CampaignConfig,
    library: Library,
    excluded: frozenset[str],
    before: Sequence[Round],
    *,
    seed: int,
    replicates: int = 1,
) -> Wanted:
    """Return what the round after some finished ones may pick.

    Raises
    ------
    DatasetError
        If the pool is smaller than round 0.
    """
    size = config.batch if before else config.initial
    done = sum(len(one.picks) for one in before)
    if config.budget.measurements is not None:
        size = min(size, config.budget.measurements - done)
    pool = len(library) - len(excluded)
    if not before and pool < size:
        raise DatasetError(
            f"library {config.library} has {pool} compounds, round 0 measures {size}",
            cure="lower `initial`, or take a larger library",
        )
    audited = {name for one in before for name in one.audit}
    length = round(config.controls * (done + size))
    listed = audit_list(library, length, excluded, seed=config.seed)
    # Exclusions may have changed since: nothing joins the audit twice.
    joining = [name for name in listed if name not in audited]
    measured = frozenset(pick.compound_id for one in before for pick in one.picks)
    spent = sum(pick.cost or 0.0 for one in before for pick in one.picks)
    return Wanted(
        n=size,
        controls=joining[: max(0, length - len(audited))],
        taken=measured | excluded,
        measured=measured,
        money=None if config.budget.money is None else config.budget.money - spent,
        seed=seed,
        replicates=replicates,
    )


def audit_list(library: Library, n: int, excluded: Collection[str], *, seed: int) -> list[str]:
    """Return the first n compounds of the audit: a random order of the whole pool.

    Longer lists begin with shorter ones, so that an audit that grows round by round is at any
    time a random sample of the pool.
    """
    if not n:
        return []
    pool = (name for name in ids_of(library) if name not in excluded)
    return [one.compound_id for one in initial_picks(pool, n, seed=child_seed(seed, CONTROL))]


def ids_of(library: Library) -> Iterator[str]:
    """Return all compounds of a pool, shard by shard."""
    for table in library.iter_tables(["compound_id"]):
        yield from table["compound_id"].to_pylist()


def first_round(config: CampaignConfig, library: Library, wanted: Wanted) -> list[Pick]:
    """Choose without a model: at random, far from each other, or near known actives."""
    purse, controls = _begin(config, library, wanted)
    n = wanted.n - len(controls)
    taken = wanted.taken | set(wanted.controls)

    def at_random(size: int, out: Collection[str]) -> list[Pick]:
        rest = (name for name in ids_of(library) if name not in out)
        return initial_picks(rest, size, seed=wanted.seed)

    def near(size: int, out: Collection[str]) -> list[Pick]:
        return _near(config, library, out, size)

    drawn: Iterable[list[Pick]]
    if config.first.how == "diverse":
        sample = [one.compound_id for one in at_random(n * config.first.sample, taken)]
        far = _diverse(library, sample, _reserve(config, n)) if n else []
        seen = taken | {one.compound_id for one in far}
        # Where they do not suffice, chance is diverse enough.
        drawn = chain([far], waves(_reserve(config, n), at_random, seen))
    else:
        draw = at_random if config.first.how == "random" else near
        drawn = waves(_reserve(config, n), draw, taken)
    return purse.fill(drawn, n) + controls


def next_round(
    config: CampaignConfig,
    library: Library,
    scores: Iterable[pa.Table],
    wanted: Wanted,
    *,
    higher_is_better: bool,
    views: Sequence[View],
    embed: Embed | None = None,
) -> list[Pick]:
    """Choose by a surrogate's scores, best first, then random ones, then controls.

    Parameters
    ----------
    config
        How, and what may be spent.
    library
        The pool.
    scores
        SCORES of the pool; iterable often.
    wanted
        What may be picked.
    higher_is_better
        Direction of the scores.
    views
        Ways to look at the scores, see :func:`~.ranking.ranked`.
    embed
        How the surrogate sees compounds, see :func:`~.spacing.spaced`.
    """
    purse, controls = _begin(config, library, wanted)
    n = wanted.n - len(controls)
    taken = wanted.taken | set(wanted.controls)
    # Where nothing is to be beaten, what a pick is worth is no amount that could be divided.
    weighed = config.budget.weigh_price and all(view.best is not None for view in views)
    if config.budget.weigh_price and not weighed:
        _LOG.warning(
            "`budget.weigh_price` has no effect in this round: measured values leave nothing to be "
            "beaten, so the predicted best are picked, whatever they cost"
        )

    def best(size: int, out: Collection[str]) -> Candidates:
        return ranked(
            scores,
            size,
            views,
            acquisition=config.acquisition,
            exclude=out,
            higher_is_better=higher_is_better,
            seed=wanted.seed,
            divisor=purse.divisor if weighed else None,
        )

    def at_random(size: int, out: Collection[str]) -> list[Pick]:
        return explore(scores, size, out, seed=wanted.seed)

    explored = round(config.acquisition.epsilon * n)
    chosen = _worthy(config, library, best, taken, purse, n - explored, embed)
    taken |= {one.compound_id for one in chosen}
    if explored:
        drawn = waves(_reserve(config, explored), at_random, taken)
        chosen += purse.fill(drawn, n - len(chosen))
    return chosen + controls


def _worthy(
    config: CampaignConfig,
    library: Library,
    best: Callable[[int, Collection[str]], Candidates],
    taken: frozenset[str],
    purse: Purse,
    n: int,
    embed: Embed | None,
) -> list[Pick]:
    """Pay the most worthy compounds that can be had and are not all alike."""
    kind = config.acquisition.kind
    width = config.diversity.candidates if config.diversity.how != "none" else 1
    size = _reserve(config, n * width)
    found = best(size, taken)
    purse.look_up(found.ids)
    had = [place for place, name in enumerate(found.ids) if purse.can_be_had(name)]
    picks = found.take(np.array(had, dtype=np.int64)).picks(kind)
    paid: dict[int, Pick] = {}

    def accept(place: int) -> bool:
        bought = purse.pay(picks[place])
        if bought is not None:
            paid[place] = bought
        return bought is not None

    names = [one.compound_id for one in picks]
    order = spaced(config.diversity, library, names, n, accept, embed)
    chosen = [paid[place] for place in order.tolist()]
    if purse.is_limited and len(chosen) < n and len(found) >= size:
        # All of these were asked for: go down the ranking as long as there is money.
        seen = taken | set(found.ids)
        deeper = waves(WIDER * size, lambda some, out: best(some, out).picks(kind), seen)
        chosen += purse.fill(deeper, n - len(chosen))
    return chosen


def _begin(config: CampaignConfig, library: Library, wanted: Wanted) -> tuple[Purse, list[Pick]]:
    """Return the money that is left once the controls are paid, and those."""
    purse = Purse(library, config.budget, wanted.money, wanted.replicates)
    fresh = [name for name in wanted.controls if name not in wanted.measured][: wanted.n]
    purse.look_up(fresh)
    # The audit is a sample of all compounds: one without an offer is measured at no price.
    paid = [purse.pay(Pick(name, CONTROL), anyway=True) for name in fresh]
    return purse, [one for one in paid if one is not None]


def _reserve(config: CampaignConfig, n: int) -> int:
    """Return how many to look at so that enough remain that can be had."""
    limited = config.budget.price is not None or config.budget.lead_time is not None
    return n * WIDER if limited else n


def _diverse(library: Library, sample: Sequence[str], n: int) -> list[Pick]:
    """Pick MaxMin from a random sample, its first compound first."""
    morgan = fingerprints(library, sample)
    nearest = np.zeros(len(sample))
    chosen: list[int] = []
    for _ in range(min(n, len(sample))):
        place = int(nearest.argmin()) if chosen else 0
        chosen.append(place)
        similarity, _ = nearest_tanimoto(morgan, morgan[place : place + 1])
        nearest = np.maximum(nearest, similarity)
        nearest[place] = np.inf
    return [Pick(sample[place], "diverse") for place in chosen]


def _near(config: CampaignConfig, library: Library, taken: Collection[str], n: int) -> list[Pick]:
    """Pick the compounds most similar to any known active; ties by compound id."""
    actives = morgan_from_smiles(config.first.actives)
    ids: list[str] = []
    near = np.empty(0)
    for table in library.iter_tables(["compound_id", "morgan"]):
        morgan = join_fixed(table.column("morgan"), _MORGAN_BYTES, "library, morgan")
        similarity, _ = nearest_tanimoto(morgan, actives)
        names = table.column("compound_id").to_pylist()
        free = [row for row, name in enumerate(names) if name not in taken]
        ids += [names[row] for row in free]
        near = np.concatenate([near, similarity[free]])
        order = np.lexsort((np.array(ids), -near))[:n]
        ids, near = [ids[place] for place in order], near[order]
    return [Pick(name, "near", float(value)) for name, value in zip(ids, near, strict=True)]
