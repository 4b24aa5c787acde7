from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError, NotFoundError, SchemaError
from hitsieve.modeling.config import CardData, LabelData
from hitsieve.modeling.labels import Labels, exact, load_labels
from hitsieve.provenance import sha256_file
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from pathlib import Path

POLICY = ChemPolicy()
SMILES = [f"{'C' * n}{tail}" for n in range(1, 9) for tail in ("CO", "CN", "C=O", "CCl")]


def _load(tmp_path: Path, *data: CardData | LabelData) -> Labels:
    return load_labels(data, POLICY, folder=tmp_path / "data")


def _oracle_table(values: list[float | None]) -> pa.Table:
    outcomes = [Standardizer()(smiles) for smiles in SMILES[: len(values)]]
    n = len(values)
    return LABELS.build(
        {
            "compound_id": [o.compound_id for o in outcomes],
            "smiles": [o.smiles for o in outcomes],
            "target": ["reference"] * n,
            "endpoint": ["overlap"] * n,
            "value": values,
            "unit": ["share"] * n,
            "relation": ["="] * n,
            "assay_id": ["shape"] * n,
            "source": ["shape oracle"] * n,
            "measured_at": [None] * n,
            "status": ["failed" if v is None else "ok" for v in values],
            "code": ["timeout" if v is None else "none" for v in values],
            "message": [""] * n,
        }
    )


def _oracle(path: Path, **changes: Any) -> LabelData:
    return LabelData(labels=path, direction="higher", license="own", **changes)


def test_a_card_gives_matrix_facts_and_origin(tmp_path: Path, both: Path) -> None:
    labels = _load(tmp_path, CardData(card=str(both)))
    assert [f.name for f in labels.facts] == labels.matrix.targets == ["potency", "amine"]
    assert [f.task for f in labels.facts] == ["regression", "classification"]
    assert labels.matrix.y.shape == (252, 2)
    assert np.isnan(labels.matrix.y[:, 0]).sum() == 84
    source = labels.sources[0]
    assert (source.license, source.rows, source.kept) == ("CC0", 252, 252 + 168)
    assert source.sha256 == sha256_file(both.with_suffix(".csv"))
    assert labels.checksums == {"both/both.csv": source.sha256}
    assert labels.curation["records"] == 252
    assert labels.reports[0]["dataset"] == "both"


def test_targets_can_be_chosen(tmp_path: Path, both: Path) -> None:
    labels = _load(tmp_path, CardData(card=str(both), targets=("amine",)))
    assert labels.matrix.targets == ["amine"]
    assert [f.name for f in labels.facts] == ["amine"]


def test_an_absent_target_names_the_nearest(tmp_path: Path, both: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'potency'"):
        _load(tmp_path, CardData(card=str(both), targets=("potncy",)))


def test_an_absent_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no-such-card"):
        _load(tmp_path, CardData(card="no-such-card"))


def test_a_card_and_an_oracle_join_into_one_matrix(tmp_path: Path, both: Path) -> None:
    pq.write_table(_oracle_table([0.01 * i for i in range(32)]), tmp_path / "o.parquet")
    labels = _load(tmp_path, CardData(card=str(both)), _oracle(tmp_path / "o.parquet"))
    assert labels.matrix.targets == ["potency", "amine", "reference"]
    assert labels.facts[2].endpoint == "overlap"
    assert [s.license for s in labels.sources] == ["CC0", "own"]
    assert len(labels.matrix) > 252


@pytest.mark.parametrize("turned", [False, True])
def test_a_compound_of_two_sets_stands_in_one_part(tmp_path: Path, *, turned: bool) -> None:
    values: list[float | None] = [0.01 * i for i in range(32)]
    table = _oracle_table(values)
    parts = ["train"] * 16 + ["test"] * 16, ["train"] * 24 + ["test"] * 4 + [""] * 4
    for name, part in zip(("reference", "other"), parts, strict=True):
        column = pa.array([name] * 32)
        one = table.set_column(2, table.schema.field(2), column).append_column("part", [part])
        pq.write_table(one, tmp_path / f"{name}.parquet")
    sets = [_oracle(tmp_path / f"{name}.parquet") for name in ("reference", "other")]
    labels = _load(tmp_path, *(sets[::-1] if turned else sets))
    found = dict(zip(labels.matrix.compound_ids, labels.matrix.parts, strict=True))
    ids = table["compound_id"].to_pylist()
    assert [found[one] for one in ids] == ["train"] * 24 + ["test"] * 8
    assert labels.torn == tuple(sorted(ids[16:24]))


def test_failed_measurements_are_left_out_and_counted(tmp_path: Path) -> None:
    values: list[float | None] = [0.01 * i for i in range(30)]
    pq.write_table(_oracle_table([*values, None, None]), tmp_path / "o.parquet")
    labels = _load(tmp_path, _oracle(tmp_path / "o.parquet"))
    assert len(labels.matrix) == 30
    assert labels.curation == {
        "records": 32,
        "records_refused": 2,
        "labels": 30,
        "labels_that_are_bounds": 0,
        "compounds": 30,
    }


def test_a_folder_of_labels_is_read_without_writes_under_way(tmp_path: Path) -> None:
    table = _oracle_table([0.01 * i for i in range(32)])
    (tmp_path / "o" / "deep").mkdir(parents=True)
    pq.write_table(table.slice(0, 16), tmp_path / "o" / "a.parquet")
    pq.write_table(table.slice(16), tmp_path / "o" / "deep" / "b.parquet")
    (tmp_path / "o" / ".c.parquet").write_bytes(b"torn")
    assert len(_load(tmp_path, _oracle(tmp_path / "o")).matrix) == 32


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([0.5 + i for i in range(8)], "regression", "8 labels, at least 20"),
        ([0.5] * 30, "regression", "all 30 labels are 0.5"),
        ([1.0] * 30, "classification", "all 30 labels are of class 1"),
        ([None] * 30, "regression", "no measured value"),
    ],
)
def test_labels_nothing_can_be_learned_from(
    tmp_path: Path, values: list[float | None], task: str, message: str
) -> None:
    pq.write_table(_oracle_table(values), tmp_path / "o.parquet")
    with pytest.raises(DatasetError, match=message) as caught:
        _load(tmp_path, _oracle(tmp_path / "o.parquet", task=task))
    assert caught.value.cure


def test_no_parquet_and_no_labels(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(DatasetError, match="not readable Parquet"):
        _load(tmp_path, _oracle(tmp_path / "text.parquet"))
    pq.write_table(pa.table({"smiles": ["C"]}), tmp_path / "other.parquet")
    with pytest.raises(SchemaError, match="compound_id"):
        _load(tmp_path, _oracle(tmp_path / "other.parquet"))
    with pytest.raises(NotFoundError, match="absent"):
        _load(tmp_path, _oracle(tmp_path / "absent"))


def test_one_target_in_two_sets_is_refused(tmp_path: Path, both: Path) -> None:
    with pytest.raises(DatasetError, match="'amine' stands in two sets"):
        _load(tmp_path, CardData(card=str(both)), CardData(card=str(both)))


def test_a_bound_is_not_exact(tmp_path: Path, both: Path) -> None:
    matrix = _load(tmp_path, CardData(card=str(both))).matrix
    matrix.relation[1, 0] = 1
    known = exact(matrix, 0)
    assert known.sum() == 168 - 1
    assert not known[1]
