from __future__ import annotations

import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs, concat
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.readout import Readout

HOLLOW = PackedGraphs.from_codes([])
GRAPHS = PackedGraphs.from_smiles(["CCO", "C", "CC"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sum", [[6.0], [4.0], [11.0]]),
        ("mean", [[2.0], [4.0], [5.5]]),
        ("norm", [[0.6], [0.4], [1.1]]),
    ],
)
def test_values(kind: str, expected: list[list[float]]) -> None:
    config = NetworkConfig.model_validate({"readout": kind, "readout_norm": 10.0})
    batch = make_batch(GRAPHS, None, load_vocabulary("chemprop_v2"))
    atoms = torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]])
    torch.testing.assert_close(Readout(config)(atoms, batch), torch.tensor(expected))


@pytest.mark.parametrize("kind", ["sum", "mean", "norm"])
def test_a_molecule_without_atoms_gives_zeros(kind: str) -> None:
    nothing = PackedGraphs(GRAPHS.n_atoms[:1] * 0, GRAPHS.n_bonds[:1] * 0, *_no_rows())
    batch = make_batch(concat([nothing, HOLLOW]), None, load_vocabulary("chemprop_v2"))
    config = NetworkConfig.model_validate({"readout": kind})
    assert Readout(config)(torch.zeros(0, 2), batch).tolist() == [[0.0, 0.0]]


def _no_rows() -> tuple[object, object, object]:
    return HOLLOW.atom_codes, HOLLOW.bond_index, HOLLOW.bond_codes
