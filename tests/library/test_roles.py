from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.schemes import Reaction, Role
from hitsieve.errors import InputError
from hitsieve.library.reagents import load_reaction
from hitsieve.library.roles import fit_roles

if TYPE_CHECKING:
    from pathlib import Path


def files(tmp_path: Path, *texts: str) -> list[list[Path]]:
    paths = []
    for number, text in enumerate(texts):
        path = tmp_path / f"role{number}.smi"
        path.write_text(text)
        paths.append([path])
    return paths


def test_heavy_atoms_and_mass_of_entries_add_up_to_the_product(tmp_path: Path) -> None:
    groups = files(tmp_path, "OC(=O)c1ccccc1 a\nCC(=O)O b\n", "C1COCCN1 x\nCN y\n")
    entries, refused = fit_roles(load_reaction("amide_coupling"), groups)
    assert refused == ()
    a, b = entries[0]
    x, y = entries[1]
    assert a.heavy + x.heavy == 14  # 4-benzoylmorpholine
    assert a.mass + x.mass == pytest.approx(191.23, abs=0.01)
    assert b.heavy + y.heavy == 5  # N-methylacetamide
    assert b.mass + y.mass == pytest.approx(73.09, abs=0.01)


def test_ids_that_could_be_mistaken_are_quoted(tmp_path: Path) -> None:
    groups = files(tmp_path, "CC(=O)O a.b:c#1/2%\n", "CN x\n")
    entries, _ = fit_roles(load_reaction("amide_coupling"), groups)
    assert entries[0][0].label == "a%2Eb%3Ac%231%2F2%25"


def test_an_ambiguous_site_is_refused(tmp_path: Path) -> None:
    either = Reaction(
        name="either",
        title="one of two carbons",
        reference="-",
        smarts="[C:1][C:2]>>[C:1]([F])[C:2]",
        roles=(Role(name="any", smarts="CC"),),
    )
    entries, refused = fit_roles(either, files(tmp_path, "CC a\nCO b\nCCl c\nNCCO d\n"))
    assert [entry.label for entry in entries[0]] == ["a"]
    assert [(r.reagent_id, r.message) for r in refused] == [
        ("b", "it has no group of the role 'any'"),
        ("c", "it has no group of the role 'any'"),
        ("d", "it gives 2 distinct products at one site"),
    ]


def test_a_reaction_that_never_works_is_an_error(tmp_path: Path) -> None:
    either = Reaction(
        name="either",
        title="one of two carbons",
        reference="-",
        smarts="[C:1][C:2]>>[C:1]([F])[C:2]",
        roles=(Role(name="any", smarts="CC"),),
    )
    with pytest.raises(InputError, match="exactly one product"):
        fit_roles(either, files(tmp_path, "NCCO d\n"))
