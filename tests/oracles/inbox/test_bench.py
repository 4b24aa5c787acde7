from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from hitsieve.errors import ConfigError, UsageError
from hitsieve.oracles.inbox import Bench, ControlConfig, InboxConfig, InboxOracle
from hitsieve.oracles.inbox.purpose import FILE
from hitsieve.oracles.inbox.results import Taking

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox import Told

DMSO = ControlConfig(name="DMSO", role="negative", wells=2)


def configs(folder: Path, **changes: Any) -> list[InboxConfig]:
    """CDK2 in pX, and percent of hERG, with a positive control of its own."""
    both: dict[str, Any] = {"folder": folder, "controls": (DMSO,), **changes}
    own = {**both, "controls": (DMSO, ControlConfig(name="dofetilide", role="positive", wells=2))}
    return [
        InboxConfig(target="CDK2", endpoint="pIC50", unit="pX", **both),
        InboxConfig(target="=hERG", endpoint="inhibition", unit="%", higher_is_better=False, **own),
    ]


@pytest.fixture
def bench(tmp_path: Path, picks: pa.Table) -> Bench:
    found = Bench(configs(tmp_path / "inbox"))
    found.ask(picks, batch="b")
    return found


def form(bench: Bench) -> list[dict[str, str]]:
    with (bench.folder / "batches" / "b" / "batch.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def told(bench: Bench, rows: list[dict[str, str]], **options: bool) -> Told:
    path = bench.folder.parent / "r.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return bench.tell(path, **options)


def filled(bench: Bench, herg: str = "30", cdk2: str = "120") -> list[dict[str, str]]:
    rows = form(bench)
    for number, row in enumerate(rows):
        if row["control"]:
            row["'=hERG: value"] = str(number % 3 + 90 * row["control"].startswith("dof"))
        else:
            row |= {"CDK2: value": cdk2, "CDK2: unit": "nM", "'=hERG: value": herg}
    return rows


def values(bench: Bench, picks: pa.Table, target: str) -> list[float | None]:
    pairs = list(zip(picks["compound_id"].to_pylist(), picks["smiles"].to_pylist(), strict=True))
    found: list[float | None] = bench.answers[target].measure(pairs)["value"].to_pylist()
    return found


def test_one_form_asks_for_all_targets(bench: Bench, picks: pa.Table) -> None:
    rows = form(bench)
    assert len(rows) == len(picks) + 4
    compounds = [row for row in rows if row["compound_id"]]
    for row in compounds:
        assert (row["CDK2: endpoint"], row["CDK2: unit"]) == ("pIC50", "pX")
        assert (row["'=hERG: endpoint"], row["'=hERG: unit"]) == ("inhibition", "%")
        assert row["CDK2: value"] == row["'=hERG: value"] == row["note"] == ""
    assert {row["control"] for row in rows} == {"", "DMSO (negative)", "dofetilide (positive)"}
    sheet = load_workbook(bench.folder / "batches" / "b" / "plates.xlsx")["results"]
    header = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, header["CDK2: value"]).fill.start_color.rgb == "00FFF2CC"
    assert sheet.cell(2, header["CDK2: unit"]).fill.start_color.rgb != "00FFF2CC"


def test_each_target_has_its_unit_and_a_compound_waits_for_all(
    bench: Bench, picks: pa.Table
) -> None:
    names = picks["compound_id"].to_pylist()
    rows = filled(bench)
    assert bench.waiting(names) == names
    only = [{k: v for k, v in row.items() if "hERG" not in k} for row in rows]
    first = told(bench, only)
    assert (first.taken, first.known, first.empty, first.refused) == (6, 0, 4, ())
    assert bench.waiting(names) == names
    assert values(bench, picks, "CDK2") == [pytest.approx(6.92, abs=0.01)] * 6
    assert values(bench, picks, "=hERG") == [None] * 6
    # All of it once more: what was told counts once. One compound failed on hERG alone.
    failed = next(row for row in rows if row["compound_id"] == names[0])
    failed |= {"'=hERG: value": "", "'=hERG: outcome": "failed"}
    left = next(row for row in rows if row["compound_id"] == names[1])
    left["'=hERG: value"] = ""
    second = told(bench, rows)
    assert (second.taken, second.known, second.controls) == (5, 6, 4)
    assert bench.waiting(names) == names[1:2]
    assert values(bench, picks, "=hERG") == [None, None, 30.0, 30.0, 30.0, 30.0]
    (plate,) = second.plates
    assert (plate.target, plate.positive, plate.negative) == ("=hERG", "dofetilide", "DMSO")
    bench.close("b", "lost")
    assert bench.waiting(names) == []


def test_what_is_wrong_for_one_target_is_refused_for_it_alone(bench: Bench) -> None:
    rows = filled(bench)
    compounds = [row for row in rows if row["compound_id"]]
    compounds[0]["CDK2: unit"] = "mg/mL"
    compounds[1]["compound_id"] = "NOBODY"
    compounds[1]["well"] = ""
    found = told(bench, rows)
    assert found.taken == 2 * 6 - 3
    assert len(found.refused) == 2
    assert found.refused[0].reason.startswith("CDK2: unit 'mg/mL' is not the asked")
    assert found.refused[1].reason.startswith("compound 'NOBODY' was never asked")


def test_another_value_is_refused_unless_it_revises(bench: Bench, picks: pa.Table) -> None:
    told(bench, filled(bench))
    again = told(bench, filled(bench, herg="40"))
    assert (again.taken, again.known, len(again.refused)) == (0, 6, 6)
    assert "=hERG: 40 contradicts 30" in again.refused[0].reason
    assert told(bench, filled(bench, herg="40"), revise=True, dry_run=True).taken == 6
    assert values(bench, picks, "=hERG") == [30.0] * 6
    assert told(bench, filled(bench, herg="40"), revise=True).taken == 6
    assert values(bench, picks, "=hERG") == [40.0] * 6
    assert values(bench, picks, "CDK2") == [pytest.approx(6.92, abs=0.01)] * 6


def test_killed_between_two_targets_all_is_told_again(
    bench: Bench, picks: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Taking.take

    def killed(self: Taking, *arguments: Any) -> Told:
        if self.config.target == "=hERG":
            raise KeyboardInterrupt
        return take(self, *arguments)

    monkeypatch.setattr(Taking, "take", killed)
    with pytest.raises(KeyboardInterrupt):
        told(bench, filled(bench))
    monkeypatch.setattr(Taking, "take", take)
    names = picks["compound_id"].to_pylist()
    again = Bench(bench.configs)
    assert again.waiting(names) == names
    assert (again.ask(picks, batch="b")[0]).is_file()  # asking moves nothing
    found = told(again, filled(again))
    assert (found.taken, found.known, found.refused) == (6, 6, ())
    assert again.waiting(names) == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(st.sets(st.tuples(st.integers(0, 5), st.booleans())), max_size=5))
def test_any_parts_in_any_order_come_to_the_same(
    parts: list[set[tuple[int, bool]]],
    tmp_path_factory: pytest.TempPathFactory,
    picks: pa.Table,
) -> None:
    bench = Bench(configs(tmp_path_factory.mktemp("any") / "inbox"))
    bench.ask(picks, batch="b")
    names = picks["compound_id"].to_pylist()
    seen: set[tuple[int, bool]] = set()
    for part in parts:
        rows = filled(bench)
        for row in rows:
            place = names.index(row["compound_id"]) if row["compound_id"] else -1
            for column, is_first in (("CDK2: value", True), ("'=hERG: value", False)):
                if (place, is_first) not in part:
                    row[column] = ""
        found = told(bench, rows)
        assert (found.taken, found.known) == (len(part - seen), len(part & seen))
        seen |= part
        whole = [n for n, name in enumerate(names) if {(n, True), (n, False)} <= seen]
        assert bench.waiting(names) == [name for n, name in enumerate(names) if n not in whole]
    found = told(bench, filled(bench))
    assert (found.taken, found.known) == (12 - len(seen), len(seen))
    assert bench.waiting(names) == []


def test_an_inbox_of_several_is_no_inbox_of_one(bench: Bench, tmp_path: Path) -> None:
    first, second = configs(tmp_path / "inbox")
    assert len(json.loads((bench.folder / FILE).read_text())["bench"]) == 2
    with pytest.raises(UsageError, match="and '=hERG', inhibition in %, lower is better, not of"):
        InboxOracle(first)
    with pytest.raises(UsageError, match="not of 'CDK2', pIC50 in pX"):
        Bench([first, second.model_copy(update={"unit": "fraction"})])
    alone = InboxOracle(first.model_copy(update={"folder": tmp_path / "one"}))
    alone.ask(_one(), batch="b")
    with pytest.raises(UsageError, match=r"the inbox .* is of 'CDK2'"):
        Bench(configs(tmp_path / "one"))


def _one() -> pa.Table:
    import pyarrow as pa

    return pa.table({"compound_id": ["X"], "smiles": ["CCO"], "reason": ["r"]})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"replicates": 2}, "`replicates` is 1 for 'CDK2' and 2 for '=hERG'"),
        ({"plate_wells": 384}, "`plate_wells` is 96"),
        ({"target": "cdk2"}, "one of them twice"),
        ({"controls": (ControlConfig(name="DMSO", role="negative", wells=3),)}, "control 'DMSO'"),
        ({"controls": (ControlConfig(name="x", role="positive", wells=15),)}, "17 control wells"),
    ],
)
def test_targets_that_do_not_fit_on_one_plate(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    first, second = configs(tmp_path / "inbox")
    with pytest.raises(ConfigError, match=words):
        Bench([first, second.model_copy(update=changes)])
