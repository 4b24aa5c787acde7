r"""Drift of a library against a reference, descriptor by descriptor, from mergeable histograms.

The population stability index compares two distributions over the same bins,

.. math:: PSI = \sum_b (p_b - q_b) \ln\frac{p_b}{q_b}

with half a count added to every bin so that an empty one does not make it infinite. Two samples
of one distribution have a PSI distributed about as :math:`(1/n + 1/m)\chi^2_{B-1}` by chance
alone; no alarm is raised below the 99.9 % point of that.

References
----------
Yurdakul and Naranjo, J. Risk Model Valid. 14 (2020) 89.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from scipy.stats import chi2

from hitsieve.errors import InputError, NotFoundError
from hitsieve.metrics.arrays import Floats, vector
from hitsieve.metrics.running import Histogram
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import ArrayLike

Verdict = Literal["stable", "moderate", "shifted"]
MODERATE: Final = 0.1
SHIFTED: Final = 0.25
BINS: Final = 10
NAMES: Final = tuple(column.name for column in DESCRIPTORS)
_HALF: Final = 0.5
_SURE: Final = 0.999


def psi(expected: ArrayLike, observed: ArrayLike) -> float:
    """Return the population stability index of two sets of counts over the same bins.

    Parameters
    ----------
    expected, observed
        (B,) counts.

    Returns
    -------
    float
        0 for equal shares, upwards without end; by custom below 0.1 is stable, above 0.25
        shifted.

    Raises
    ------
    InputError
        If the bins differ in number, a count is negative, or a side is empty.

    Examples
    --------
    >>> psi([50, 50], [50, 50])
    0.0
    >>> round(psi([900, 100], [100, 900]), 1)
    3.5
    """
    first, second = vector(expected, "expected"), vector(observed, "observed")
    if first.shape != second.shape:
        raise InputError(f"{len(first)} bins expected, {len(second)} observed")
    if (first < 0).any() or (second < 0).any() or not first.sum() or not second.sum():
        raise InputError("counts are negative, or one side is empty")
    p, q = _shares(first), _shares(second)
    return float(((p - q) * np.log(p / q)).sum())


@dataclass(frozen=True, slots=True)
class Profile:
    """Distribution of each descriptor: what is kept of a training set, or of a library.

    Parameters
    ----------
    histograms
        By name of descriptor.
    """

    histograms: dict[str, Histogram]

    @classmethod
    def reference(cls, columns: Mapping[str, ArrayLike], *, bins: int = BINS) -> Profile:
        """Profile a reference; bins hold about equally many of its compounds.

        Parameters
        ----------
        columns
            (n,) values by name of descriptor.
        bins
            At most so many bins each; fewer for descriptors with few distinct values.

        Raises
        ------
        InputError
            If a descriptor has no value.
        """
        found = {name: _reference(vector(values, name), name, bins)
                 for name, values in columns.items()}  # fmt: skip
        return cls(found)

    def empty(self) -> Profile:
        """Return a profile with the same bins that has seen nothing."""
        return Profile({name: Histogram.empty(h.edges) for name, h in self.histograms.items()})

    def update(self, columns: Mapping[str, ArrayLike]) -> Profile:
        """Return a profile that has also seen these compounds.

        Raises
        ------
        NotFoundError
            If a descriptor is absent.
        """
        missing = [name for name in self.histograms if name not in columns]
        if missing:
            raise NotFoundError(f"no values of descriptors {', '.join(missing)}")
        return Profile({name: h.update(columns[name]) for name, h in self.histograms.items()})

    def merge(self, other: Profile) -> Profile:
        """Return a profile that has seen what both have."""
        if self.histograms.keys() != other.histograms.keys():
            raise InputError("two profiles of differing descriptors cannot be merged")
        return Profile({n: h.merge(other.histograms[n]) for n, h in self.histograms.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {name: asdict(histogram) for name, histogram in self.histograms.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Profile:
        """Return what :meth:`to_dict` wrote."""
        return cls({
            name: Histogram(
                tuple(h["edges"]), tuple(h["counts"]), h["below"], h["above"], h["missing"]
            )
            for name, h in values.items()
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class DescriptorDrift:
    """Drift of one descriptor.

    Parameters
    ----------
    name
        Descriptor.
    psi
        Population stability index.
    noise
        PSI that samples of these sizes from one distribution stay below in 99.9 % of cases.
    verdict
        ``moderate`` above 0.1, ``shifted`` above 0.25, but only above the noise; else ``stable``.
    """

    name: str
    psi: float
    noise: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Drift of all descriptors, the worst first."""

    reference: int
    observed: int
    descriptors: tuple[DescriptorDrift, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict."""
        order: tuple[Verdict, ...] = ("shifted", "moderate", "stable")
        return next(v for v in order if any(d.verdict == v for d in self.descriptors))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def drift(reference: Profile, observed: Profile) -> DriftReport:
    """Compare two profiles with the same bins.

    Raises
    ------
    InputError
        If descriptors or bins differ, or a side is empty.
    """
    if not reference.histograms or reference.histograms.keys() != observed.histograms.keys():
        raise InputError("profiles hold differing descriptors, or none")
    rows = [_drift(n, h, observed.histograms[n]) for n, h in reference.histograms.items()]
    rows.sort(key=lambda row: (-row.psi, row.name))
    return DriftReport(
        max(h.total for h in reference.histograms.values()),
        max(h.total for h in observed.histograms.values()),
        tuple(rows),
    )


def descriptor_columns(table: pa.Table) -> dict[str, Floats]:
    """Return the descriptor columns of a LIBRARY table as arrays."""
    return {name: table[name].to_numpy().astype(np.float64) for name in NAMES}


def _drift(name: str, reference: Histogram, observed: Histogram) -> DescriptorDrift:
    if reference.edges != observed.edges:
        raise InputError(f"descriptor {name!r} is binned differently in the two profiles")
    expected, seen = reference.result(), observed.result()
    used = (expected + seen) > 0
    value = psi(expected[used], seen[used])
    freedom = max(int(used.sum()) - 1, 1)
    noise = float(chi2.ppf(_SURE, freedom) * (1 / expected.sum() + 1 / seen.sum()))
    verdict: Verdict = "stable"
    if value > max(MODERATE, noise):
        verdict = "shifted" if value > SHIFTED else "moderate"
    return DescriptorDrift(name, value, noise, verdict)


def _reference(values: Floats, name: str, bins: int) -> Histogram:
    known = values[np.isfinite(values)]
    if not len(known):
        raise InputError(f"descriptor {name!r} has no value", cure="leave it out")
    edges = np.unique(np.quantile(known, np.linspace(0.0, 1.0, bins + 1)))
    if len(edges) == 1:  # constant: what differs falls below or above
        edges = np.array([edges[0], np.nextafter(edges[0], np.inf)])
    return Histogram.empty(edges.tolist()).update(values)


def _shares(counts: Floats) -> Floats:
    result: Floats = (counts + _HALF) / (counts.sum() + _HALF * len(counts))
    return result
