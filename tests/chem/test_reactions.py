from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from hitsieve.chem.reactions import Reactor, react, size_of
from hitsieve.chem.schemes import Reaction, Role
from hitsieve.errors import InputError
from hitsieve.library.reagents import load_reaction, reaction_names

AMINE = "[NX3;H1,H2;!$(NC=O)]"


def amide(selectivity: str = "refuse") -> Reaction:
    return load_reaction("amide_coupling").model_copy(update={"selectivity": selectivity})


def canonical(smiles: str) -> str:
    found: str = Chem.CanonSmiles(smiles)
    return found


@pytest.mark.parametrize(
    ("name", "reagents", "product"),
    [
        ("amide_coupling", ["OC(=O)c1ccccc1", "C1COCCN1"], "O=C(c1ccccc1)N1CCOCC1"),
        ("suzuki_coupling", ["Brc1ccncc1", "OB(O)c1ccc(F)cc1"], "Fc1ccc(-c2ccncc2)cc1"),
        ("snar", ["Clc1ncccn1", "CN1CCNCC1"], "CN1CCN(c2ncccn2)CC1"),
        ("reductive_amination", ["O=Cc1ccccc1", "C1CCNCC1"], "c1ccc(CN2CCCCC2)cc1"),
        ("sulfonamide", ["Cc1ccc(S(=O)(=O)Cl)cc1", "NCc1ccccc1"], "Cc1ccc(S(=O)(=O)NCc2ccccc2)cc1"),
        ("urea", ["O=C=Nc1ccccc1", "C1CCNC1"], "O=C(Nc1ccccc1)N1CCCC1"),
        (
            "quinazolinone",
            ["Nc1ccccc1C(=O)O", "NCc1ccccc1", "CC(=O)O"],
            "Cc1nc2ccccc2c(=O)n1Cc1ccccc1",
        ),
    ],
)
def test_shipped_reactions_make_what_a_chemist_expects(
    name: str, reagents: list[str], product: str
) -> None:
    assert react(load_reaction(name), reagents) == [canonical(product)]


def test_every_shipped_reaction_is_covered_above() -> None:
    marks = test_shipped_reactions_make_what_a_chemist_expects.pytestmark  # type: ignore[attr-defined]
    assert sorted(case[0] for case in marks[0].args[1]) == reaction_names()


def test_imatinib_is_made_from_its_last_two_intermediates() -> None:
    acid = "CN1CCN(Cc2ccc(C(=O)O)cc2)CC1"
    amine = "Cc1ccc(N)cc1Nc1nccc(-c2cccnc2)n1"
    imatinib = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
    assert react(amide(), [acid, amine]) == [canonical(imatinib)]


@pytest.mark.parametrize(
    ("role", "smiles", "message"),
    [
        (0, "nonsense", "cannot be read"),
        (0, "", "cannot be read"),
        (0, "CC(=O)[O-].[Na+]", "several fragments"),
        (0, "CCO", "no group of the role 'acid'"),
        (0, "OC(=O)c1ccc(C(=O)O)cc1", "2 groups of the role 'acid'"),
        (0, "NCC(=O)O", "forbids"),
        (1, "CC(=O)NC", "no group of the role 'amine'"),
        (1, "CS(=O)(=O)NC", "no group of the role 'amine'"),
        (1, "c1ccc(Nc2ccccc2)cc1", "no group of the role 'amine'"),
        (1, "CN(C)C", "no group of the role 'amine'"),
        (1, "C1CNCCN1", "2 groups of the role 'amine'"),
    ],
)
def test_reagents_that_do_not_fit_are_refused_with_a_reason(
    role: int, smiles: str, message: str
) -> None:
    check = Reactor(amide()).check(role, smiles)
    assert check.sites == ()
    assert message in check.message


def test_several_sites_are_enumerated_once_each() -> None:
    check = Reactor(amide("enumerate")).check(1, "NCCC1CCNCC1")
    assert [site.number for site in check.sites] == [1, 2]
    reactor = Reactor(amide("enumerate"))
    acid = reactor.check(0, "OC(=O)c1ccccc1").sites[0]
    one_by_one = sorted(str(reactor.product([acid, site])) for site in check.sites)
    products = react(amide("enumerate"), ["OC(=O)c1ccccc1", "NCCC1CCNCC1"])
    assert products == sorted(
        [canonical("NCCC1CCN(C(=O)c2ccccc2)CC1"), canonical("O=C(NCCC1CCNCC1)c1ccccc1")]
    )
    assert one_by_one == products


def test_sites_equal_by_symmetry_are_one() -> None:
    assert len(Reactor(amide("enumerate")).check(1, "C1CNCCN1").sites) == 1
    assert react(amide("enumerate"), ["CC(=O)O", "C1CNCCN1"]) == ["CC(=O)N1CCNCC1"]


@given(st.integers(0, 10_000))
def test_any_writing_of_a_reagent_gives_the_same_sites_and_products(seed: int) -> None:
    reactor = Reactor(amide("enumerate"))
    given_as = ["OC(=O)c1cccnc1", "NCCC1CCNCC1"]
    mols = [Chem.MolFromSmiles(smiles) for smiles in given_as]
    order = np.random.default_rng(seed)
    shuffled = []
    for mol in mols:
        atoms = order.permutation(mol.GetNumAtoms()).tolist()
        shuffled.append(Chem.MolToSmiles(Chem.RenumberAtoms(mol, atoms), canonical=False))

    def made(reagents: list[str]) -> list[tuple[int, str | None]]:
        acid = reactor.check(0, reagents[0]).sites[0]
        return [(s.number, reactor.product([acid, s])) for s in reactor.check(1, reagents[1]).sites]

    assert made(shuffled) == made(given_as)


def test_wrong_calls_are_named() -> None:
    with pytest.raises(InputError, match="takes 2 reagents, not 1"):
        react(amide(), ["CC(=O)O"])
    with pytest.raises(InputError, match="CCO as acid of 'amide_coupling'"):
        react(amide(), ["CCO", "CN"])
    with pytest.raises(InputError, match="no readable SMILES"):
        size_of("nonsense")


def test_a_product_that_cannot_be_is_none() -> None:
    # Five bonds on carbon: the template adds one to a carbon that has no room.
    bad = Reaction(
        name="bad",
        title="bad",
        reference="-",
        smarts="[C:1].[N;H2:2]>>[C:1][N:2]",
        roles=(Role(name="a", smarts="C"), Role(name="b", smarts="N")),
    )
    reactor = Reactor(bad)
    full = reactor.check(0, "FC(F)(F)F").sites[0]
    assert reactor.product([full, reactor.check(1, "NC").sites[0]]) is None
