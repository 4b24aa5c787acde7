from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import ChecksumError, IncompleteError
from hitsieve.oracles import measure
from hitsieve.oracles.inbox import InboxConfig, InboxOracle
from hitsieve.testing.oracle_kit import ORACLE_CHECKS, OracleCheck

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


@pytest.fixture
def oracle(config: InboxConfig) -> InboxOracle:
    return InboxOracle(config)


def compounds(picks: pa.Table) -> list[tuple[str, str]]:
    return list(zip(picks["compound_id"].to_pylist(), picks["smiles"].to_pylist(), strict=True))


def results(path: Path, keys: list[str]) -> Path:
    lines = [f"{key},{5 + len(key) / 100 + i},pX" for i, key in enumerate(keys)]
    path.write_text("\n".join(["compound_id,value,unit", *lines]))
    return path


@pytest.mark.parametrize("check", ORACLE_CHECKS, ids=lambda check: check.__name__)
def test_contract(check: OracleCheck, oracle: InboxOracle, picks: pa.Table, tmp_path: Path) -> None:
    oracle.ask(picks, batch="b")
    oracle.tell(results(tmp_path / "r.csv", picks["compound_id"].to_pylist()))
    check(oracle, compounds(picks))


def test_measuring_asks_then_waits_then_goes_on(
    oracle: InboxOracle, picks: pa.Table, tmp_path: Path
) -> None:
    asked = compounds(picks)
    executor, folder = SerialExecutor(), tmp_path / "labels"
    with pytest.raises(IncompleteError, match="6 of 6 compounds wait"):
        measure(oracle, asked, executor, folder)
    (form,) = oracle.config.folder.glob("batches/*/batch.csv")
    assert form.read_text().count("asked for") == 6
    told = oracle.tell(results(tmp_path / "r.csv", [name for name, _ in asked[:4]]))
    assert told.taken == 4
    with pytest.raises(IncompleteError, match="2 of 6 compounds wait"):
        measure(oracle, asked, executor, folder)
    assert oracle.waiting(name for name, _ in asked) == [name for name, _ in asked[4:]]
    # Weeks later: a new process, a copy of the settings.
    later = InboxOracle(oracle.config.model_copy())
    later.close(form.parent.name, "two tubes broke")
    table = measure(later, asked, executor, folder)
    assert table["compound_id"].to_pylist() == [name for name, _ in asked]
    assert table["status"].to_pylist() == ["ok"] * 4 + ["failed"] * 2
    assert table["code"].to_pylist()[4:] == ["not_measured"] * 2
    # What comes after the batch was closed counts all the same.
    later.tell(results(tmp_path / "late.csv", [asked[4][0]]))
    assert measure(later, asked, executor, folder)["status"].to_pylist() == ["ok"] * 5 + ["failed"]


def test_all_replicates_are_waited_for(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    oracle = InboxOracle(config.model_copy(update={"replicates": 2}))
    oracle.ask(picks, batch="b")
    keys = picks["compound_id"].to_pylist()
    oracle.tell(results(tmp_path / "r.csv", keys))
    assert oracle.waiting(keys) == keys


def test_plates_decide_no_value(config: InboxConfig) -> None:
    plain = InboxOracle(config)
    other = InboxOracle(config.model_copy(update={"plate_wells": 384, "replicates": 2}))
    assert other.fingerprint == plain.fingerprint
    mean = InboxOracle(config.model_copy(update={"rule": "mean"}))
    assert mean.fingerprint != plain.fingerprint


def test_a_damaged_result_is_named(oracle: InboxOracle, picks: pa.Table, tmp_path: Path) -> None:
    oracle.ask(picks, batch="b")
    oracle.tell(results(tmp_path / "r.csv", picks["compound_id"].to_pylist()))
    path = next(oracle.config.folder.glob("results/*/*.json"))
    path.write_text("{}")
    with pytest.raises(ChecksumError, match="is no whole result"):
        oracle.measure(compounds(picks))
