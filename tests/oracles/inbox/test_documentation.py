"""The example of docs/oracles.md is a real one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from hitsieve.campaign.laboratory import sheet_of
from hitsieve.campaign.picks import Pick
from hitsieve.campaign.state import Chosen
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.oracles.inbox import ControlConfig, InboxConfig, Told, read_results, write_batch

if TYPE_CHECKING:
    import pyarrow as pa

DOCS = Path(__file__).resolve().parents[3] / "docs" / "oracles.md"
SMILES = ("CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "CC(=O)Oc1ccccc1C(=O)O")
NEAR: Final[dict[str, Any]] = {"nearest": "CHEMBL25", "nearest_value": 8.1}
RESULTS = """\
well,compound_id,value,unit,outcome,note
A03,RZVAJINKPMORJF-UHFFFAOYSA-N-096d5973,120,nM,,
A06,RZVAJINKPMORJF-UHFFFAOYSA-N-096d5973,150,nM,,
A07,,>10,uM,,top concentration
A02,,,,failed,precipitated
A01,,1.7,,,
,Z1003,5.1,pX,,
,Z1003,5.1,mg/mL,,
,Z9999,6.0,pX,,
"""


def picks(folder: Path) -> pa.Table:
    """The sheet a campaign makes of three picks."""
    (folder / "in.csv").write_text(
        "\n".join(["smiles,id", *(f"{text},Z100{n}" for n, text in enumerate(SMILES, 1))])
    )
    made = LibraryConfig(inputs=[str(folder / "in.csv")], output=folder / "library")
    with SerialExecutor() as executor:
        build_library(made, executor)
    library = Library.open(made.output)
    rows = [row for table in library.iter_tables() for row in table.to_pylist()]
    names = [
        next(r["compound_id"] for r in rows if f"Z100{n}" in r["source_ids"]) for n in (1, 2, 3)
    ]
    chosen = (
        Pick(names[0], "gain", 0.4123, 7.2, 0.6, 30.0, 12.5, 10.0, 1, similarity=0.62, **NEAR),
        Pick(names[1], "gain", 0.2871, 6.9, 0.5, 30.0, 14.0, 5.0, 2, similarity=0.58, **NEAR),
        Pick(names[2], "control", price=9.0, days=5.0),
    )
    return sheet_of(library, Chosen("m", chosen))


@pytest.fixture
def asked(tmp_path: Path) -> InboxConfig:
    control = ControlConfig(name="DMSO", role="negative", wells=2)
    config = InboxConfig(
        folder=tmp_path, target="CDK2", endpoint="pIC50", unit="pX", replicates=2,
        controls=(control,),
    )  # fmt: skip
    write_batch(tmp_path, picks(tmp_path), config, batch="cdk2-r1")
    return config


def shown(told: Told) -> str:
    lines = ["| compound | relation | value | message |", "|---|---|---|---|"]
    for row in told.labels.to_pylist():
        name = f"`{row['compound_id'][:14]}…`"
        relation = row["relation"].replace("<", "&lt;")
        lines.append(f"| {name} | {relation} | {row['value']:.2f} | {row['message']} |")
    return "\n".join([*lines, "", "```", *[str(row) for row in told.refused], "```", ""])


def parts(config: InboxConfig) -> dict[str, str]:
    """Return what the page shows."""
    batch = (config.folder / "batches" / "cdk2-r1" / "batch.csv").read_text()
    path = config.folder / "results.csv"
    path.write_text(RESULTS)
    told = read_results(path, config.folder, config)
    return {
        "batch": "```\n" + "".join(batch.splitlines(keepends=True)[:4]) + "```\n",
        "results": f"```\n{RESULTS}```\n",
        "told": shown(told),
    }


@pytest.mark.parametrize("part", ["batch", "results", "told"])
def test_the_page_shows_what_happens(asked: InboxConfig, part: str) -> None:
    assert parts(asked)[part] in DOCS.read_text(encoding="utf-8")
