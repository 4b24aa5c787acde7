"""The example of docs/oracles.md is a real one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from hitsieve.oracles.inbox import ControlConfig, InboxConfig, Told, read_results, write_batch

DOCS = Path(__file__).resolve().parents[3] / "docs" / "oracles.md"
PICKS = pa.table(
    {
        "compound_id": [
            "RZVAJINKPMORJF-UHFFFAOYSA-N-096d5973",
            "HEFNNWSXXWATRW-UHFFFAOYSA-N-fca9fd92",
            "BSYNRYMUTXBXSQ-UHFFFAOYSA-N-16a80061",
        ],
        "smiles": [
            "CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "CC(=O)Oc1ccccc1C(=O)O",
        ],
        "reason": ["ucb, rank 1", "ucb, rank 2", "random control"],
        "source_ids": [["Z1001"], ["Z1002"], ["Z1003"]],
        "predicted": [7.2, 6.9, 5.1],
    }
)  # fmt: skip
RESULTS = """\
well,compound_id,value,unit,outcome,note
A03,RZVAJINKPMORJF-UHFFFAOYSA-N-096d5973,120,nM,,
A02,RZVAJINKPMORJF-UHFFFAOYSA-N-096d5973,150,nM,,
A07,,>10,uM,,top concentration
A05,,,,failed,precipitated
,Z1003,5.1,pX,,
,Z1003,5.1,mg/mL,,
,Z9999,6.0,pX,,
"""


@pytest.fixture
def asked(tmp_path: Path) -> InboxConfig:
    control = ControlConfig(name="DMSO", role="negative", wells=2)
    config = InboxConfig(
        folder=tmp_path, target="CDK2", endpoint="pIC50", unit="pX", replicates=2,
        controls=(control,),
    )  # fmt: skip
    write_batch(tmp_path, PICKS, config, batch="round-001")
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
    batch = (config.folder / "batches" / "round-001" / "batch.csv").read_text()
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
