"""What a campaign learned about chemistry: scaffolds, clusters, exchanges of groups, reagents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from hitsieve.campaign.picks import initial_picks
from hitsieve.chem.clusters import similarity_clusters
from hitsieve.chem.depict import svg
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.pairs import matched_pairs
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.provenance import child_seed
from hitsieve.report.groups import FEWEST, Group, best_groups, shrunken_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.state import Round
    from hitsieve.metrics.bootstrap import Interval
    from hitsieve.report.source import AnyCampaign

    Floats = NDArray[np.float64]

_MOST_COMPOUNDS: Final = 5000
_MOST_PAIRED: Final = 1000
_SIMILARITY: Final = 0.6
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """A group of compounds, ready for the page: a scaffold, or a cluster by its best member."""

    picture: Markup
    words: str
    group: Group


@dataclass(frozen=True, slots=True)
class Exchange:
    """A group exchanged for another on the same rest, ready for the page.

    Attributes
    ----------
    old, new
        Groups as SMILES, ``*`` where the rest begins; the second is the better one.
    count
        Pairs of measured compounds that differ by it.
    change
        What it adds to the value, shrunken towards nothing, with a 95 % interval.
    """

    old: str
    new: str
    count: int
    change: Interval


@dataclass(frozen=True, slots=True)
class Chemistry:
    """What was learned.

    Attributes
    ----------
    scaffolds, clusters
        Kinds of compounds that are better than all, the surest first.
    exchanges
        The surest improvements.
    compounds, measured
        How many compounds were looked at, of how many measured.
    """

    scaffolds: tuple[Kind, ...]
    clusters: tuple[Kind, ...]
    exchanges: tuple[Exchange, ...]
    compounds: int
    measured: int


@dataclass(frozen=True, slots=True)
class _Compounds:
    """Measured compounds: SMILES, exact values or NaN, and values surely reached or NaN."""

    smiles: list[str]
    values: Floats
    sure: Floats


def chemistry(campaign: AnyCampaign, rounds: Sequence[Round]) -> Chemistry:
    """Gather what measured values say of kinds of compounds.

    Of more than 5,000 measured compounds a random part is looked at, for exchanges one of 1,000.
    """
    higher, seed = campaign.oracle.higher_is_better, campaign.config.seed
    every = _compounds(rounds, higher_is_better=higher)
    some = _part(every, _MOST_COMPOUNDS, seed)
    scaffolds = [murcko_scaffold(smiles) for smiles in some.smiles]
    clusters: list[str] = []
    if some.smiles:
        found = similarity_clusters(morgan_from_smiles(some.smiles), similarity=_SIMILARITY)
        clusters = [str(number) for number in found]
    return Chemistry(
        scaffolds=tuple(_kinds(some, scaffolds, higher=higher, by_name=True)),
        clusters=tuple(_kinds(some, clusters, higher=higher, by_name=False)),
        exchanges=tuple(_exchanges(_part(some, _MOST_PAIRED, seed), higher=higher)),
        compounds=len(some.smiles),
        measured=len(every.smiles),
    )


def _compounds(rounds: Sequence[Round], *, higher_is_better: bool) -> _Compounds:
    smiles: list[str] = []
    values: list[float] = []
    sure: list[float] = []
    for one in rounds:
        column = one.labels["smiles"].slice(0, len(one.picks)).to_pylist()
        counted = one.counted(higher_is_better=higher_is_better)
        for text, value, relation, reached in zip(
            column, one.values, one.relations, counted, strict=True
        ):
            if not np.isnan(value):
                smiles.append(text)
                values.append(value if relation == "=" else np.nan)
                sure.append(reached)
    return _Compounds(smiles, np.array(values), np.array(sure))


def _part(every: _Compounds, n: int, seed: int) -> _Compounds:
    if len(every.smiles) <= n:
        return every
    place = {smiles: row for row, smiles in enumerate(every.smiles)}
    drawn = initial_picks(place, n, seed=child_seed(seed, "chemistry"))
    rows = sorted(place[one.compound_id] for one in drawn)
    return _Compounds([every.smiles[row] for row in rows], every.values[rows], every.sure[rows])


def _kinds(some: _Compounds, names: Sequence[str], *, higher: bool, by_name: bool) -> list[Kind]:
    found = best_groups(names, some.values, some.sure, higher_is_better=higher, most=_SHOWN)
    return [
        Kind(
            # A cluster is shown by its best member, a scaffold by itself.
            picture=Markup(  # noqa: S704 - depict escapes
                svg(one.name if by_name and one.name else some.smiles[one.members[0]],
                    width=150, height=105)
            ),
            words=(one.name or "no rings") if by_name else some.smiles[one.members[0]],
            group=one,
        )
        for one in found
    ]  # fmt: skip


def _exchanges(some: _Compounds, *, higher: bool) -> list[Exchange]:
    known = [row for row, value in enumerate(some.values) if np.isfinite(value)]
    values = some.values[known]
    pairs = matched_pairs([some.smiles[row] for row in known])
    if not pairs:
        return []
    names = [(one.old, one.new) for one in pairs]
    index = {name: number for number, name in enumerate(sorted(set(names)))}
    place = np.array([index[name] for name in names], dtype=np.int64)
    change = np.array([values[one.second] - values[one.first] for one in pairs])
    means = shrunken_means(place, change, len(index), center=0.0)
    counts = np.bincount(place, minlength=len(index))
    found = [
        _better(name, int(counts[number]), means[number], higher=higher)
        for name, number in index.items()
        if counts[number] >= FEWEST
    ]
    # The end of the interval that is nearest to no change says how sure an exchange is.
    found.sort(key=lambda one: (-_surely(one, higher=higher), one.old, one.new))
    return [one for one in found if _surely(one, higher=higher) > 0][:_SHOWN]


def _better(name: tuple[str, str], count: int, mean: Interval, *, higher: bool) -> Exchange:
    """Return an exchange in the direction that improves the value."""
    old, new = (group.replace("[*:1]", "*") for group in name)
    if (mean.value > 0) == higher:
        return Exchange(old, new, count, mean)
    turned = type(mean)(-mean.high, -mean.value, -mean.low)
    return Exchange(new, old, count, turned)


def _surely(one: Exchange, *, higher: bool) -> float:
    return one.change.low if higher else -one.change.high
