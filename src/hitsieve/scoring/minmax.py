"""The min-max kernel between count fingerprints, exactly and in blocks.

For counts a and b it is ``sum(min(a, b)) / sum(max(a, b))`` (Ralaivola and others,
10.1016/j.neunet.2005.07.009), which for bits is the Tanimoto similarity. A count c of a feature
is written as c ones, one for each level it reaches; the sum of minima is then the number of
shared ones, and a matrix product counts them. Levels that many reference compounds reach go
through a dense product, the rare ones through a sparse one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.chem.counts import CountFingerprints

BLOCK: Final = 512
_DENSE_SHARE: Final = 0.02


class MinMaxReference:
    """Reference compounds that others are compared with.

    Similarities are ratios of whole numbers that float32 holds exactly, so a value depends
    neither on the block nor on the order of a sum.

    Parameters
    ----------
    counts
        Fingerprints of m compounds.
    """

    def __init__(self, counts: CountFingerprints) -> None:
        self.counts = counts
        self._features, place = np.unique(counts.features, return_inverse=True)
        highest = np.zeros(len(self._features), np.int64)
        np.maximum.at(highest, place, counts.counts.astype(np.int64))
        self._first = np.concatenate([[0], np.cumsum(highest)]).astype(np.int64)
        self._totals = counts.totals().astype(np.float32)
        ones = self._ones(counts)
        reached = np.asarray(ones.sum(axis=0)).reshape(-1)
        dense = reached > max(2.0, _DENSE_SHARE * len(counts))
        self._dense, self._rare = np.flatnonzero(dense), np.flatnonzero(~dense)
        self._dense_ones = np.ascontiguousarray(ones[:, self._dense].toarray().T)
        self._rare_ones = sp.csr_matrix(ones[:, self._rare].T)

    def __len__(self) -> int:
        return len(self.counts)

    def similarity(self, query: CountFingerprints) -> NDArray[np.float32]:
        """Return the kernel of n compounds with all m references: float32 (n, m).

        Two compounds without features are alike in having none: 1, as every compound and itself.
        """
        found = np.empty((len(query), len(self)), np.float32)
        for start in range(0, len(query), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(query)))
            found[rows] = self._block(query.take(rows))
        return found

    def _block(self, query: CountFingerprints) -> NDArray[np.float32]:
        ones = self._ones(query)
        shared = ones[:, self._dense].toarray() @ self._dense_ones
        shared += (ones[:, self._rare] @ self._rare_ones).toarray()
        either = query.totals().astype(np.float32)[:, None] + self._totals - shared
        # 0 of 0 is 1: a kernel of some other value on its diagonal would leave a compound without
        # features less sure when it is asked for than it was when its fold was left out
        one = np.float32(1)
        similarity: NDArray[np.float32] = np.where(
            either > 0, shared / np.maximum(either, one), one
        )
        return similarity

    def _ones(self, query: CountFingerprints) -> sp.csr_matrix:
        """Return the levels that compounds reach, as far as a reference reaches them too."""
        width = int(self._first[-1])
        place = np.searchsorted(self._features, query.features)
        place[place == len(self._features)] = 0
        known = self._features[place] == query.features if len(self._features) else place < 0
        place, row = place[known], query.rows()[known]
        levels = np.minimum(query.counts[known], self._first[place + 1] - self._first[place])
        columns = _ranges(self._first[place], levels)
        values = np.ones(len(columns), np.float32)
        shape = (len(query), width)
        return sp.csr_matrix((values, (np.repeat(row, levels), columns)), shape=shape)


def _ranges(start: NDArray[np.int64], length: NDArray[Any]) -> NDArray[np.int64]:
    """Return ``start[0], start[0] + 1, ...`` (``length[0]`` numbers), then those of 1, ..."""
    before = np.cumsum(length) - length
    places: NDArray[np.int64] = np.arange(int(length.sum())) + np.repeat(start - before, length)
    return places
