"""What every scorer must do, as checks that raise :class:`AssertionError`.

Run them over a new scorer in a test::

    @pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(my_scorer, sample_batch())
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.graphs.packed import PackedGraphs, concat
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.protocol import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.protocol import Prediction

SAMPLE_SMILES: Final = (
    "C",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O",
    "CCN(CC)CCNC(=O)c1ccc(N)cc1",
    "N#Cc1ccc(Nc2nccc(-c3ccncc3)n2)cc1",
    "c1ccc2[nH]ccc2c1",
    "CS(=O)(=O)c1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(F)cc2)cc1",
    "C#CCN(C)Cc1ccccc1",
    "O=[N+]([O-])c1ccc(/C=N/N2CC(=O)NC2=O)o1",
    "FC(F)(F)c1ccccc1",
    "CCO",
    "C[N+](C)(C)CC(=O)[O-]",
    "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1",
)
"""Real molecules without stereocenters, so that any order of atoms gives the same codes."""

RTOL: Final = 1e-4
ATOL: Final = 1e-5


def sample_batch(smiles: Sequence[str] = SAMPLE_SMILES) -> CompoundBatch:
    """Return a small batch of real molecules."""
    return CompoundBatch.from_smiles(smiles)


def check_protocol(scorer: Scorer, batch: CompoundBatch) -> None:
    """Targets are named, each once, and values have shape (n, T)."""
    if not isinstance(scorer, Scorer):
        raise AssertionError(f"{type(scorer).__name__} has not the methods of a Scorer")  # noqa: TRY004 - a failed check
    if not scorer.targets or len(set(scorer.targets)) != len(scorer.targets):
        raise AssertionError(f"targets are missing or named twice: {scorer.targets}")
    prediction = scorer.score(batch)
    if prediction.mean.shape != (len(batch), len(scorer.targets)):
        raise AssertionError(f"mean has shape {prediction.mean.shape}")
    if not (np.isfinite(prediction.mean).all() and (prediction.std >= 0).all()):
        raise AssertionError("a sound molecule got no value, or a negative spread")


def check_tells_apart(scorer: Scorer, batch: CompoundBatch) -> None:
    """Different molecules get different values: a constant would pass all other checks."""
    for column in scorer.score(batch).mean.T:
        if np.ptp(column) == 0:
            raise AssertionError("all molecules have the same value")


def check_empty(scorer: Scorer, batch: CompoundBatch) -> None:
    """No compounds give no rows."""
    nothing = batch.take(np.arange(0))
    assert_array_equal(scorer.score(nothing).mean.shape, (0, len(scorer.targets)))


def check_deterministic(scorer: Scorer, batch: CompoundBatch) -> None:
    """Equal calls give equal bits."""
    _same_bits(scorer.score(batch), scorer.score(batch))


def check_batch_size(scorer: Scorer, batch: CompoundBatch) -> None:
    """Compare each value with the one predicted alone."""
    whole = scorer.score(batch)
    for row in range(len(batch)):
        alone = scorer.score(batch.take(np.array([row])))
        _close(alone, whole, np.array([row]))


def check_order(scorer: Scorer, batch: CompoundBatch) -> None:
    """Rows come back in the order they were given."""
    order = np.random.default_rng(0).permutation(len(batch))
    _close(scorer.score(batch.take(order)), scorer.score(batch), order)


def check_atom_order(scorer: Scorer, batch: CompoundBatch) -> None:
    """Renumber atoms and relist bonds: values stay."""
    shuffled = CompoundBatch(
        batch.compound_ids,
        batch.smiles,
        shuffle_atoms(batch.graphs, np.random.default_rng(1)),
        batch.morgan,
    )
    _close(scorer.score(shuffled), scorer.score(batch), np.arange(len(batch)))


def check_pickle(scorer: Scorer, batch: CompoundBatch) -> None:
    """Pickle it, as on its way to a worker: values stay, bit for bit."""
    copy = pickle.loads(pickle.dumps(scorer))  # noqa: S301 - our own bytes
    if copy.targets != scorer.targets:
        raise AssertionError(f"targets changed from {scorer.targets} to {copy.targets}")
    _same_bits(copy.score(batch), scorer.score(batch))


SCORER_CHECKS: Final[tuple[Callable[[Scorer, CompoundBatch], None], ...]] = (
    check_protocol,
    check_tells_apart,
    check_empty,
    check_deterministic,
    check_batch_size,
    check_order,
    check_atom_order,
    check_pickle,
)


def shuffle_atoms(graphs: PackedGraphs, rng: np.random.Generator) -> PackedGraphs:
    """Renumber the atoms, and reorder and turn around the bonds, of every molecule."""
    if len(graphs) == 0:
        return graphs
    return concat([_shuffle_one(graphs.take(np.array([row])), rng) for row in range(len(graphs))])


def _shuffle_one(graph: PackedGraphs, rng: np.random.Generator) -> PackedGraphs:
    new_of_old = rng.permutation(len(graph.atom_codes)).astype(np.uint8)
    atoms = np.empty_like(graph.atom_codes)
    atoms[new_of_old] = graph.atom_codes
    bonds = rng.permutation(len(graph.bond_codes))
    ends = new_of_old[graph.bond_index[bonds]].reshape(-1, 2)
    turned = rng.random(len(bonds)) < 0.5  # noqa: PLR2004 - every second on average
    ends[turned] = ends[turned, ::-1]
    return PackedGraphs(graph.n_atoms, graph.n_bonds, atoms, ends, graph.bond_codes[bonds])


def _same_bits(first: Prediction, second: Prediction) -> None:
    assert_array_equal(first.mean, second.mean)
    assert_array_equal(first.std, second.std)


def _close(found: Prediction, whole: Prediction, rows: NDArray[np.int64]) -> None:
    assert_allclose(found.mean, whole.mean[rows], rtol=RTOL, atol=ATOL)
    assert_allclose(found.std, whole.std[rows], rtol=RTOL, atol=ATOL)
