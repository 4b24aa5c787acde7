"""``hitsieve library`` tells how every record ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

SMILES = "CCO ethanol\nCCO again\nc1ccccc1 benzene\nnot-a-smiles bad\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.smi"
    path.write_text(SMILES)
    return path


def test_build_accounts_for_every_record(hitsieve: Run, source: Path) -> None:
    result = hitsieve("library", "build", source, "--out", "lib", "--executor", "serial", "--json")
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)
    assert (counts["records"], counts["compounds"], counts["duplicates"]) == (4, 2, 1)
    assert counts["rejected"] + counts["failed"] == 1


def test_show_lists_counts_and_refused_records(hitsieve: Run, source: Path) -> None:
    hitsieve("library", "build", source, "--out", "lib", "--executor", "serial")
    shown = hitsieve("library", "show", "lib")
    assert "compounds\t2" in shown.stdout
    rejects = hitsieve("library", "show", "lib", "--rejects")
    header, line = rejects.stdout.strip().split("\n")
    assert header.startswith("source_file\trecord")
    assert "\t4\tbad\t" in line
    machine = json.loads(hitsieve("library", "show", "lib", "--rejects", "--json").stdout)
    assert [row["record"] for row in machine] == [4]
    assert json.loads(hitsieve("library", "show", "lib", "--json").stdout)["counts"]["records"] == 4


def test_too_many_refused_records_end_with_4(hitsieve: Run, source: Path) -> None:
    result = hitsieve(
        "library", "build", source, "--out", "lib", "--executor", "serial", "--max-reject", "10%"
    )
    assert result.exit_code == 4
    assert result.stdout == ""


def test_a_file_without_column_names_loses_no_first_line(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("CCO,a\nCCN,b\n")
    columns = ("--smiles-column", "1", "--id-column", "2", "--executor", "serial", "--json")
    refused = hitsieve("library", "build", "in.csv", "--out", "lib", *columns)
    assert refused.exit_code == 3
    assert "--no-header" in refused.stderr
    built = hitsieve("library", "build", "in.csv", "--out", "lib", "--no-header", *columns)
    assert json.loads(built.stdout)["compounds"] == 2


def test_a_changed_byte_is_found(hitsieve: Run, source: Path, tmp_path: Path) -> None:
    hitsieve("library", "build", source, "--out", "lib", "--executor", "serial")
    assert hitsieve("library", "verify", "lib").exit_code == 0
    shard = next((tmp_path / "lib" / "shards").glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[100] ^= 1
    shard.write_bytes(bytes(data))
    result = hitsieve("library", "verify", "lib")
    assert result.exit_code == 6
    assert shard.name in result.stderr


def test_a_dry_run_builds_nothing(hitsieve: Run, source: Path, tmp_path: Path) -> None:
    result = hitsieve("library", "build", source, "--out", "lib", "--dry-run")
    assert result.exit_code == 0
    assert "output: lib" in result.stdout
    assert not (tmp_path / "lib").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["library", "build"], 2),
        (["library", "build", "absent.smi", "--out", "lib", "--executor", "serial"], 3),
        (["library", "show", "absent"], 3),
        (["library", "build", "in.smi", "--out", "lib", "--executor", "sequential"], 2),
    ],
)
def test_wrong_requests_end_with_their_code(
    hitsieve: Run, source: Path, arguments: list[str], code: int
) -> None:
    assert source.is_file()
    result = hitsieve(*arguments)
    assert result.exit_code == code, result.stderr
    assert result.stdout == ""


def test_enumeration_counts_before_it_makes(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "acids.smi").write_text("OC(=O)c1ccccc1 benzoic\nOC(=O)c1ccncc1 isonicotinic\n")
    (tmp_path / "amines.smi").write_text("NCc1ccccc1 benzylamine\nC1CCNCC1 piperidine\n")
    roles = json.loads(
        hitsieve("library", "enumerate", "--reaction", "amide_coupling", "--json").stdout
    )
    assert roles["products"]["amide_coupling"] > 1000
    (tmp_path / "few.yaml").write_text(
        "reactions: [amide_coupling]\nproduct: {min_heavy_atoms: 1, max_heavy_atoms: 12}\n"
    )
    out = tmp_path / "products.smi"
    result = hitsieve("library", "enumerate", out, "--config", "few.yaml", "--json")
    assert result.exit_code == 0, result.stderr
    counted = json.loads(result.stdout)["products"]["amide_coupling"]
    assert counted == len(out.read_text().splitlines())


def test_show_describes_what_it_holds(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO a\nc1ccccc1[Se]C b\nCC(=O)Oc1ccccc1C(=O)O c\nbad d\n")
    hitsieve("library", "build", "in.smi", "--out", "lib", "--executor", "serial")
    text = hitsieve("library", "show", "lib").stdout
    assert "\nmw\t" in text
    assert "c1ccccc1\t2" in text
    assert "(no ring)\t1" in text
    found = json.loads(hitsieve("library", "show", "lib", "--json").stdout)
    assert found["elements"] == {"C": 3, "O": 2, "Se": 1}
    assert sum(found["properties"]["mw"]["counts"]) == 3
    assert found["coverage"]["vocabulary"] == "chemprop_v2"
    brief = hitsieve("library", "show", "lib", "--brief").stdout
    assert "compounds\t3" in brief
    assert "scaffold" not in brief
    assert hitsieve("library", "show", "lib", "--vocabulary", "chemprop").exit_code == 2


def test_a_subset_is_cut_by_flags(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO a\nCCCO b\nc1ccccc1O c\nc1ccccc1Cl d\n")
    hitsieve("library", "build", "in.smi", "--out", "lib", "--executor", "serial")
    command = ("library", "subset", "lib", "--executor", "serial")
    (tmp_path / "ids.txt").write_text("a\nd\nnobody\n")
    cases: list[tuple[str, tuple[str, ...], int]] = [
        ("one", ("--where", "mw=50:100"), 2),
        ("two", ("--smarts", "c", "--not-smarts", "Cl"), 1),
        ("three", ("--ids", "ids.txt"), 2),
        ("four", ("--structures", "in.smi", "--where", "mw=:61"), 2),
    ]
    for out, flags, chosen in cases:
        result = hitsieve(*command, *flags, "--out", out, "--json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["chosen"] == chosen
    assert (
        "1 listed entries not found: nobody"
        in hitsieve(*command, "--ids", "ids.txt", "--out", "again").stderr
    )
    (tmp_path / "long.txt").write_text("x" * 100_000)
    nothing = hitsieve(*command, "--ids", "long.txt", "--out", "nothing")
    assert "no compound was chosen" in nothing.stderr
    assert len(nothing.stderr) < 1000
    assert hitsieve(*command, "--out", "none").exit_code == 2
    assert hitsieve(*command, "--where", "mw", "--out", "none").exit_code == 2
    assert hitsieve(*command, "--smarts", "c1(", "--out", "none").exit_code == 2


def test_a_sample_is_printed_or_made_a_library(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("".join(f"{'C' * n}O n{n}\n" for n in range(2, 32)))
    hitsieve("library", "build", "in.smi", "--out", "lib", "--executor", "serial")
    printed = json.loads(hitsieve("library", "sample", "lib", "-n", "7", "--json").stdout)
    made = hitsieve(
        "library", "sample", "lib", "-n", "7", "--out", "few", "--executor", "serial", "--json"
    )
    assert json.loads(made.stdout)["chosen"] == len(printed) == 7
    again = json.loads(hitsieve("library", "sample", "few", "-n", "99", "--json").stdout)
    assert again == printed


def test_enumeration_takes_reagents_selectivity_and_bounds(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "acids.smi").write_text("OC(=O)c1ccccc1 benzoic\nOC(=O)CCCC(C)C(=O)O two\nCCO no\n")
    (tmp_path / "amines.smi").write_text("NCc1ccccc1 benzylamine\n")
    command = (
        "library", "enumerate", "--reaction", "amide_coupling", "--reagents", "acid=acids.smi",
        "--reagents", "amine=amines.smi", "--json",
    )  # fmt: skip
    wide = ("--where", "mw=:900")
    counts = {
        flags: json.loads(hitsieve(*command, *flags).stdout)["products"]["amide_coupling"]
        for flags in [wide, ("--selectivity", "enumerate", *wide), ("--where", "mw=900:")]
    }
    assert list(counts.values()) == [1, 3, 0]
    told = hitsieve(*command)  # bounds of the reaction itself
    assert json.loads(told.stdout)["outside_bounds"] == {"amide_coupling": 1}
    assert "1 of 1 choices give products beyond mw=250:540, heavy_atoms=19:40" in told.stderr
    assert "choices give" not in hitsieve(*command, *wide).stderr
    refused = json.loads(hitsieve(*command, "--refused").stdout)
    assert {row["reagent_id"]: row["role"] for row in refused} == {"two": "acid", "no": "acid"}
    assert hitsieve(*command[:2], "--reagents", "acid=acids.smi").exit_code == 2
    assert hitsieve(*command, "--where", "clogp=1:2").exit_code == 2
