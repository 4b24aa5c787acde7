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
