"""The picks of a round: what is worth measuring, can be had, and is not all alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.acquisition.batch import cap_clusters, determinantal, likeness, spread_out
from hitsieve.campaign.offers import Offer, cost_of, offers
from hitsieve.campaign.picks import CONTROL, Pick, candidates, explore, initial_picks
from hitsieve.chem.clusters import sphere_exclusion
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.errors import DatasetError
from hitsieve.graphs.buffers import join_fixed
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.picks import Candidates
    from hitsieve.campaign.state import Round
    from hitsieve.library import Library

_MORGAN_BYTES: Final = 256
_WIDER: Final = 4


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
    """

    n: int
    controls: Sequence[str]
    taken: frozenset[str]
    measured: frozenset[str]
    money: float | None
    seed: int


def wanted_of(
    config: CampaignConfig,
    library: Library,
    excluded: frozenset[str],
    before: Sequence[Round],
    *,
    seed: int,
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
    controls = _controls(wanted)
    taken = wanted.taken | {one.compound_id for one in controls}
    n = wanted.n - len(controls)
    rest = (name for name in ids_of(library) if name not in taken)
    if config.first.how == "random":
        chosen = initial_picks(rest, _reserve(config, n), seed=wanted.seed)
    elif config.first.how == "diverse":
        sample = initial_picks(rest, n * config.first.sample, seed=wanted.seed)
        chosen = _diverse(library, [one.compound_id for one in sample], _reserve(config, n))
    else:
        chosen = _near(config, library, taken, _reserve(config, n))
    return _affordable(config, library, controls, chosen, wanted, n)


def next_round(
    config: CampaignConfig,
    library: Library,
    scores: Iterable[pa.Table],
    wanted: Wanted,
    *,
    higher_is_better: bool,
    best: float | None,
) -> list[Pick]:
    """Choose by a surrogate's scores, best first, then random ones, then controls."""
    controls = _controls(wanted)
    taken = wanted.taken | {one.compound_id for one in controls}
    n = wanted.n - len(controls)
    explored = round(config.acquisition.epsilon * n)
    width = config.diversity.candidates if config.diversity.how != "none" else 1
    found = candidates(
        scores,
        _reserve(config, (n - explored) * width),
        acquisition=config.acquisition,
        exclude=taken,
        higher_is_better=higher_is_better,
        seed=wanted.seed,
        best=best,
    )
    found = _having_offers(config, library, found)
    chosen = _unlike(config, library, found, n - explored).picks(config.acquisition.kind)
    taken |= {one.compound_id for one in chosen}
    chosen += explore(scores, _reserve(config, explored), taken, seed=wanted.seed)
    return _affordable(config, library, controls, chosen, wanted, n)


def _controls(wanted: Wanted) -> list[Pick]:
    fresh = [name for name in wanted.controls if name not in wanted.measured]
    return [Pick(name, CONTROL) for name in fresh[: wanted.n]]


def _reserve(config: CampaignConfig, n: int) -> int:
    """Return how many to look at so that enough remain that can be had."""
    limited = config.budget.price is not None or config.budget.lead_time is not None
    return n * _WIDER if limited else n


def _having_offers(config: CampaignConfig, library: Library, found: Candidates) -> Candidates:
    told = offers(library, found.ids, config.budget)
    kept = [place for place, name in enumerate(found.ids) if told.get(name) is not None]
    return found.take(np.array(kept, dtype=np.int64))


def _affordable(
    config: CampaignConfig,
    library: Library,
    controls: Sequence[Pick],
    chosen: Sequence[Pick],
    wanted: Wanted,
    n: int,
) -> list[Pick]:
    """Take what can be had, until the money or the round is used up; controls come first."""
    everything = [*controls, *chosen]
    told = offers(library, [one.compound_id for one in everything], config.budget)
    left = float("inf") if wanted.money is None else wanted.money
    taken: list[Pick] = []
    audits: list[Pick] = []
    for one in everything:
        # The audit is a sample of all compounds: one without an offer is measured at no price.
        offer = told.get(one.compound_id) or (Offer(None) if one.reason == CONTROL else None)
        if offer is None or (one.reason != CONTROL and len(taken) >= n):
            continue
        cost = cost_of(offer, config.budget)
        if (cost or 0.0) <= left:
            left -= cost or 0.0
            (audits if one.reason == CONTROL else taken).append(replace(one, cost=cost))
    return taken + audits


def _unlike(config: CampaignConfig, library: Library, found: Candidates, n: int) -> Candidates:
    how = config.diversity
    if how.how == "none" or len(found) <= n:
        return found.take(np.arange(min(n, len(found))))
    morgan = fingerprints(library, found.ids)
    if how.how == "clusters":
        clusters = sphere_exclusion(morgan, similarity=how.similarity)
        return found.take(cap_clusters(clusters, n, how.cap))
    pick = spread_out if how.how == "maxmin" else determinantal
    return found.take(pick(found.values, likeness(morgan), n, how.weight))


def fingerprints(library: Library, ids: Sequence[str]) -> NDArray[np.uint8]:
    """Return the packed Morgan fingerprints of compounds, uint8 (n, 256), in the order asked."""
    table = library.lookup(ids, ["compound_id", "morgan"])
    morgan = join_fixed(table.column("morgan"), _MORGAN_BYTES, "library, morgan")
    place = {name: row for row, name in enumerate(table.column("compound_id").to_pylist())}
    return morgan[np.array([place[name] for name in ids], dtype=np.int64)]


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
