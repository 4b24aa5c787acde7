from __future__ import annotations

import csv
import gzip
import itertools
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rdkit import Chem
from rdkit.Chem.Descriptors import MolWt

from hitsieve.chem.reactions import react
from hitsieve.chem.schemes import ProductFilter
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, InputError, NotFoundError
from hitsieve.library import LibraryConfig, build_library
from hitsieve.library.enumerate import (
    EnumerationConfig,
    ReactionPlan,
    plan_enumeration,
    write_products,
)

ACIDS = "smiles\tid\tname\nOC(=O)c1ccccc1\tA1\tbenzoic acid\nCC(=O)O\tA2\t\nOC(=O)CC(=O)O\tA3\t\n"
AMINES = "C1COCCN1\tB1\nNCCC1CCNCC1\tB2\nnonsense\tB3\nCCN\tB1\nCCO\tB.5\nCN\tB:6\n"
WIDE = ProductFilter()


def config(tmp_path: Path, **changes: object) -> EnumerationConfig:
    (tmp_path / "acids.smi").write_text(ACIDS)
    (tmp_path / "amines.smi").write_text(AMINES)
    values: dict[str, object] = {
        "reactions": ("amide_coupling",),
        "reagents": {
            "amide_coupling": {
                "acid": (str(tmp_path / "acids.smi"),),
                "amine": (str(tmp_path / "amines.smi"),),
            }
        },
        "product": WIDE,
    }
    return EnumerationConfig.model_validate(values | changes)


def planned(tmp_path: Path, **changes: object) -> ReactionPlan:
    (plan,) = plan_enumeration(config(tmp_path, **changes))
    return plan


def test_products_are_what_the_reaction_gives_named_by_their_reagents(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    found = {p.product_id: p.smiles for p in plan.products()}
    (ab,) = react(plan.reaction, ["OC(=O)c1ccccc1", "C1COCCN1"])
    assert found["amide_coupling:A1.B1"] == ab
    assert list(found) == [
        "amide_coupling:A1.B1",
        "amide_coupling:A1.B%3A6",
        "amide_coupling:A2.B1",
        "amide_coupling:A2.B%3A6",
    ]
    assert plan.count() == plan.combinations == 4


def test_refused_reagents_are_listed_with_place_and_reason(tmp_path: Path) -> None:
    refused = {(r.role, r.reagent_id, r.source): r.message for r in planned(tmp_path).refused}
    assert set(refused) == {
        ("acid", "A3", "acids.smi#4"),
        ("amine", "B2", "amines.smi#2"),
        ("amine", "B3", "amines.smi#3"),
        ("amine", "B1", "amines.smi#4"),
        ("amine", "B.5", "amines.smi#5"),
    }
    assert "2 groups" in refused["acid", "A3", "acids.smi#4"]
    assert "cannot be read" in refused["amine", "B3", "amines.smi#3"]
    assert "already at amines.smi#1" in refused["amine", "B1", "amines.smi#4"]


def test_several_sites_are_enumerated_by_setting(tmp_path: Path) -> None:
    plan = planned(tmp_path, selectivity="enumerate")
    ids = [p.product_id for p in plan.products()]
    # Malonic acid's two groups are equal by symmetry: one site, and no number.
    assert "amide_coupling:A3.B1" in ids
    assert "amide_coupling:A1.B2#1" in ids
    assert "amide_coupling:A1.B2#2" in ids
    assert len(ids) == len(set(ids)) == plan.count() == 3 * 4


@pytest.mark.parametrize("name", ["amide_coupling", "suzuki_coupling", "snar", "urea"])
def test_the_count_and_the_bounds_are_exact(name: str) -> None:
    bounds = ProductFilter(min_heavy_atoms=24, max_heavy_atoms=29, min_mw=330.0, max_mw=400.0)
    (inside,) = plan_enumeration(EnumerationConfig(reactions=(name,), product=bounds))
    (everything,) = plan_enumeration(EnumerationConfig(reactions=(name,), product=WIDE))
    few = [e[:: max(1, len(e) // 25)] for e in everything.entries]
    everything = ReactionPlan(everything.reaction, tuple(few), ())
    kept = ReactionPlan(inside.reaction, everything.entries, ())

    def within(smiles: str) -> bool:
        mol = Chem.MolFromSmiles(smiles)
        return 24 <= mol.GetNumHeavyAtoms() <= 29 and 330.0 <= MolWt(mol) <= 400.0

    wanted = [p.product_id for p in everything.products() if within(str(p.smiles))]
    assert [p.product_id for p in kept.products()] == wanted
    assert kept.count() == len(wanted)
    assert 0 < len(wanted) < everything.count()


def test_three_components(tmp_path: Path) -> None:
    files = {
        "anthranilic_acid": "Nc1ccccc1C(=O)O a\nNc1cc(Cl)ccc1C(=O)O b\nNc1ccccc1 c\n",
        "amine": "NCc1ccccc1 x\nCN y\n",
        "acid": "CC(=O)O p\nOC(=O)c1ccccc1 q\nOCC r\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.smi").write_text(text)
    reagents = {"quinazolinone": {name: (str(tmp_path / f"{name}.smi"),) for name in files}}
    plan = planned(tmp_path, reactions=("quinazolinone",), reagents=reagents)
    found = {p.product_id: p.smiles for p in plan.products()}
    names = itertools.product("ab", "xy", "pq")
    assert list(found) == [f"quinazolinone:{'.'.join(n)}" for n in names]
    assert found["quinazolinone:a.x.p"] == Chem.CanonSmiles("Cc1nc2ccccc2c(=O)n1Cc1ccccc1")
    assert plan.count() == 8
    assert [(r.role, r.reagent_id) for r in plan.refused] == [
        ("anthranilic_acid", "c"),
        ("acid", "r"),
    ]


@pytest.mark.parametrize("suffix", [".smi", ".smi.gz", ".csv", ".csv.gz", ".parquet"])
def test_files_are_repeatable_and_read_back_by_ingest(tmp_path: Path, suffix: str) -> None:
    plans = plan_enumeration(config(tmp_path, selectivity="enumerate"))
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    told: list[int] = []
    summary = write_products(plans, one, progress=told.append)
    write_products(plan_enumeration(config(tmp_path, selectivity="enumerate")), two)
    assert one.read_bytes() == two.read_bytes()
    assert summary.total == sum(told) == plans[0].count() == 12
    assert summary.failed == 0
    library = LibraryConfig(inputs=[str(one)], output=tmp_path / "library")
    with SerialExecutor() as executor:
        built = build_library(library, executor)
    assert built.manifest.counts.records == 12


def test_csv_and_parquet_keep_reaction_and_reagents(tmp_path: Path) -> None:
    plans = plan_enumeration(config(tmp_path))
    write_products(plans, tmp_path / "p.csv.gz")
    write_products(plans, tmp_path / "p.parquet")
    with gzip.open(tmp_path / "p.csv.gz", "rt") as stream:
        rows = list(csv.DictReader(stream))
    assert rows == pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert rows[0]["reaction"] == "amide_coupling"
    assert rows[0]["reagents"] == "A1.B1"


def test_an_interrupted_file_leaves_nothing(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "out" / "products.csv.gz"
    with pytest.raises(KeyboardInterrupt):
        write_products(plan_enumeration(config(tmp_path)), target, progress=stop)
    assert list(target.parent.iterdir()) == []


def test_wrong_requests_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'urea'"):
        plan_enumeration(EnumerationConfig(reactions=("ureas",)))
    with pytest.raises(ConfigError, match=r"has no role 'acids'.*did you mean 'acid'"):
        planned(tmp_path, reagents={"amide_coupling": {"acids": ("x.smi",)}})
    with pytest.raises(ConfigError, match="not enumerated"):
        planned(tmp_path, reagents={"urea": {}})
    with pytest.raises(ConfigError, match="has no reagents"):
        plan_enumeration(EnumerationConfig(reactions=("quinazolinone",)))
    with pytest.raises(NotFoundError, match="did you mean 'anilines'"):
        planned(tmp_path, reagents={"amide_coupling": {"amine": ("aniline",)}})
    with pytest.raises(InputError, match=r"end the name in .smi"):
        write_products(plan_enumeration(config(tmp_path)), tmp_path / "products.xls")


def test_a_role_without_fitting_reagents_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.smi").write_text("CCO x\n")
    plan = planned(
        tmp_path,
        reagents={
            "amide_coupling": {
                "acid": (str(tmp_path / "none.smi"),),
                "amine": (str(tmp_path / "amines.smi"),),
            }
        },
    )
    assert plan.count() == plan.combinations == 0
    assert list(plan.products()) == []


def test_the_shipped_sets_make_a_drug_like_library_of_the_promised_size() -> None:
    plans = plan_enumeration(EnumerationConfig())
    assert {plan.reaction.name for plan in plans} >= {
        "amide_coupling",
        "reductive_amination",
        "snar",
        "sulfonamide",
        "suzuki_coupling",
        "urea",
    }
    assert all(not plan.refused for plan in plans)
    thinned = [
        ReactionPlan(plan.reaction, tuple(role[::5] for role in plan.entries), ()) for plan in plans
    ]
    sample = [p.smiles for plan in thinned for p in plan.products()]
    assert None not in sample
    assert len(set(sample)) > 0.95 * len(sample)
    assert sum(plan.count() for plan in plans) * len(set(sample)) / len(sample) > 25_000


@pytest.mark.data
def test_the_published_quinazolines_come_out(tmp_path: Path) -> None:
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR")
    if not mirror:
        pytest.skip("HITSIEVE_DATA_MIRROR names no folder of public data sets")
    folder = Path(mirror) / "ts_walters"
    files = ("aminobenzoic_100.smi", "primary_amines_100.smi", "carboxylic_acids_100.smi")
    roles = ("anthranilic_acid", "amine", "acid")
    reagents = {"quinazolinone": {r: (str(folder / f),) for r, f in zip(roles, files, strict=True)}}
    plan = planned(
        tmp_path, reactions=("quinazolinone",), reagents=reagents, selectivity="enumerate"
    )
    assert plan.count() == 1_000_000
    by_label = [{e.label.split("#")[0]: e for e in role} for role in plan.entries]
    with (folder / "quinazoline_1M_90_top_100.csv").open() as stream:
        top = list(csv.DictReader(stream))
    for row in top:
        names = row["Name"].split("_")
        chosen = tuple((role[n],) for role, n in zip(by_label, names, strict=True))
        (product,) = ReactionPlan(plan.reaction, chosen, ()).products()
        assert product.smiles == Chem.CanonSmiles(row["SMILES"])
