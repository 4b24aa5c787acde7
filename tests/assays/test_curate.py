from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.assays.curate import curate, examine, standardize_all
from hitsieve.assays.matrix import concat_labels, label_matrix
from hitsieve.assays.targets import Demands
from hitsieve.engine import open_executor
from hitsieve.errors import DatasetError, UsageError
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.assays.replicates import Rule
    from hitsieve.chem.standardize import Standardizer


READ = Demands(minimum=0)


def _chain(n: int) -> str:
    return "C" * (n + 2) + "O"


def test_every_record_and_cell_is_accounted_for(
    table: Callable[..., Any], potency: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = [
        "smiles,y",
        "CCCO,100",
        "OCCC,1000",  # the same compound, one pX unit off: within the limit
        "CCCCO,10",
        "C(CCO)C,100000",  # the same compound, four units off: a conflict, kept
        "CCCCCO,>30000",
        "CCCCCCO,potent",
        "CCCCCCCO,",
        "not a molecule,10",
        "CCCCCCCCO,0",
        "CCCCCCCCCO",
        "CCCCCCCCCCO,3",
    ]
    labels, report = curate(table(lines, {"y": potency}), standardizer, READ)
    LABELS.check(labels.schema, where="test")
    assert labels["value"].to_pylist() == pytest.approx([6.5, 6.0, 4.5229, 8.5229], abs=1e-4)
    assert labels["relation"].to_pylist() == ["=", "=", "<", "="]
    assert labels["message"].to_pylist() == ["merged from 2", "merged from 2", "", ""]
    assert report.records == 11
    assert sum(report.structures.values()) == 11
    assert report.structures["rejected:ragged_row"] == 1
    (target,) = report.targets
    assert (target.cells, target.lost_with_structure, target.labels) == (9, 1, 4)
    assert target.refused == {"not_positive": 1, "text": 1}
    assert (target.merged, target.dropped, target.censored) == (2, 0, 1)
    assert [c.kept for c in report.conflicts] == [True]
    assert {r.record for r in report.refused_records} == {"made.csv#8", "made.csv#10"}
    assert {(r.record, r.text, r.code) for r in report.refused_values} == {
        ("made.csv#6", "potent", "text"),
        ("made.csv#9", "0", "not_positive"),
    }
    json.dumps(report.to_dict())


def test_a_compound_in_two_parts_goes_to_train_and_is_listed(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y,set,note", "CCCO,1,test,a", "OCCC,2,train,b", "CCCCO,3,test,c"]
    raw = table(lines, {"y": number}, split_column="set", extra_columns=["note"])
    labels, report = curate(raw, standardizer, READ)
    assert labels["part"].to_pylist() == ["train", "test"]
    assert labels["note"].to_pylist() == ["a", "c"]
    assert report.part_conflicts == (labels["compound_id"][0].as_py(),)


def test_outliers_are_listed_and_kept(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", *(f"{_chain(i)},{i / 10}" for i in range(20)), "c1ccccc1,8", "CC,-9"]
    labels, report = curate(table(lines, {"y": number}), standardizer)
    assert labels.num_rows == 22
    assert [(o.value, o.record) for o in report.outliers] == [
        (-9.0, "made.csv#22"),
        (8.0, "made.csv#21"),
    ]


def test_a_value_that_holds_all_variance_is_refused_unless_it_may(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    raw = table(
        ["smiles,y", *(f"{_chain(i)},{i / 10}" for i in range(20)), "c1ccccc1,9e8"], {"y": number}
    )
    with pytest.raises(DatasetError, match=r"100% of the variance .* 9e\+08 \(made.csv#21\)") as no:
        curate(raw, standardizer)
    assert "lone_variance: 1" in no.value.cure
    labels, report = curate(raw, standardizer, Demands(lone_variance=1.0))
    assert labels.num_rows == 21
    assert len(report.outliers) == 1


def test_replicates_are_merged_by_the_rule_that_is_asked(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", "CCCO,1", "OCCC,2", "C(C)CO,6", "CCCCO,3"]
    raw = table(lines, {"y": number})
    rules: tuple[tuple[Rule, float], ...] = (("median", 2.0), ("mean", 3.0))
    for rule, value in rules:
        labels, report = curate(raw, standardizer, Demands(rule=rule, minimum=0))
        assert labels["value"].to_pylist() == [value, 3.0]
        assert report.rule == rule
        assert report.targets[0].merged == 2


def test_a_set_that_is_unfit_has_counts_too(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    found = examine(table(["smiles,y", "CCCO,1", "OCCC,x"], {"y": number}), standardizer)
    assert (found.report.records, found.report.targets[0].refused) == (2, {"text": 1})
    assert found.report.targets[0].left_out == "1 labels, at least 20 are needed"
    with pytest.raises(DatasetError, match="1 labels"):
        found.labels()


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        (["high"] * 30, "number", r"30 of 30 values refused \(text\), such as 'high'"),
        (["1"] * 30, "classes", "all 30 labels are of class 1"),
        (["2.5"] * 30, "number", "all 30 labels are 2.5"),
        ([str(i) for i in range(8)], "number", "8 labels, at least 20 are needed"),
        (["nan"] * 30, "number", "all values are missing"),
        (["1e300"] * 30, "number", "out_of_range"),
        ([str(500 + i) for i in range(30)], "px", "check the unit"),
        (["0.4"] * 30, "classes", "no_class"),
    ],
)
def test_what_cannot_be_learned_says_what_to_do(
    table: Callable[..., Any],
    standardizer: Standardizer,
    request: pytest.FixtureRequest,
    values: list[str],
    kind: str,
    text: str,
) -> None:
    card = request.getfixturevalue("potency" if kind == "px" else kind)
    if kind == "px":
        card = {**card, "transform": "none"}
    lines = ["smiles,y", *(f"{_chain(i)},{v}" for i, v in enumerate(values))]
    with pytest.raises(DatasetError, match=text) as caught:
        curate(table(lines, {"y": card}), standardizer)
    assert caught.value.cure


def test_a_wrong_structure_column_is_told(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", *(f"compound {i},{i}" for i in range(30))]
    with pytest.raises(DatasetError, match="30 of 30 measured structures"):
        curate(table(lines, {"y": number}), standardizer)


def test_targets_that_cannot_be_learned_are_left_out_of_many(
    table: Callable[..., Any], classes: dict[str, Any], standardizer: Standardizer
) -> None:
    columns = {"a": {**classes, "target": "a"}, "b": {**classes, "target": "b"}}
    lines = ["smiles,a,b", *(f"{_chain(i)},{i % 2},1" for i in range(25))]
    labels, report = curate(table(lines, columns), standardizer)
    assert set(labels["target"].to_pylist()) == {"a"}
    assert report.target("b").left_out == "all 25 labels are of class 1"
    assert report.target("a").actives == 12
    assert report.labels == 25


def test_several_sets_make_one_matrix(
    table: Callable[..., Any],
    number: dict[str, Any],
    classes: dict[str, Any],
    standardizer: Standardizer,
) -> None:
    first, _ = curate(
        table(["smiles,y", *(f"{_chain(i)},{i}" for i in range(3))], {"y": number}),
        standardizer,
        READ,
    )
    second, _ = curate(
        table(["smiles,y,x", *(f"{_chain(i)},{i % 2},n" for i in range(2, 5))], {"y": classes},
              extra_columns=["x"]),
        standardizer,
        READ,
    )  # fmt: skip
    matrix = label_matrix(concat_labels([first, second]))
    assert matrix.targets == ["EGFR", "TOX"]
    assert matrix.y.shape == (5, 2)
    assert matrix.extras == {"x": ["", "", "", "n", "n"]}


def test_an_executor_gives_the_same_structures(standardizer: Standardizer) -> None:
    texts = [_chain(i % 300) for i in range(700)]
    with open_executor("serial", 1) as executor:
        found = standardize_all(texts, standardizer, executor)
    assert found == standardize_all(texts, standardizer)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="rule"):
        Demands(rule="mode")  # type: ignore[arg-type]


def test_a_label_is_as_old_as_its_first_value_not_as_its_compound(
    table: Callable[..., Any], number: dict[str, Any], standardizer: Standardizer
) -> None:
    """A registration, a refused cell or another assay's value years before tell nothing of it."""
    lines = [
        "smiles,y,z,date",
        "CCCO,,5,2010-01-01",
        "CCCO,4,,2020-02-02",
        "OCCC,4.2,,2021-03-03",
        "CCCCO,oops,,2011-01-01",
        "CCCCO,3,,2022-01-01",
        "CCCCCO,2,,",
    ]
    columns = {"y": {**number, "target": "Y"}, "z": {**number, "target": "Z"}}
    labels, _ = curate(table(lines, columns, time_column="date"), standardizer, READ)
    told = zip(labels["target"].to_pylist(), labels["measured_at"].to_pylist(), strict=True)
    assert [(target, time and time.date().isoformat()) for target, time in told] == [
        ("Y", "2020-02-02"),
        ("Y", "2022-01-01"),
        ("Y", None),
        ("Z", "2010-01-01"),
    ]
