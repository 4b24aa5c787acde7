from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.oracles.inbox import Bench, ControlConfig, InboxConfig, InboxOracle
from hitsieve.oracles.inbox.answers import Answers

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

DMSO = ControlConfig(name="DMSO", role="negative", wells=2)
ATP = ControlConfig(name="ATP", role="positive", wells=2)


def settings(folder: Path, target: str, *controls: ControlConfig) -> InboxConfig:
    return InboxConfig(folder=folder, target=target, endpoint="e", unit="1", controls=controls)


def tell(oracle: InboxOracle | Bench, path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines))
    assert oracle.tell(path).refused == ()


def test_plates_are_unjudged_until_both_controls_are_told(picks: pa.Table, tmp_path: Path) -> None:
    oracle = InboxOracle(settings(tmp_path / "inbox", "t", DMSO, ATP))
    oracle.ask(picks, batch="b")
    assert (oracle.plates(), oracle.unjudged()) == ([], ["b-P1"])
    # Two wells each, down the first column and up the last one.
    tell(oracle, tmp_path / "a.csv", ["well,value", "A01,1", "H12,2"])
    assert (oracle.plates(), oracle.unjudged()) == ([], ["b-P1"])
    tell(oracle, tmp_path / "b.csv", ["well,value", "B01,50", "G12,52"])
    (plate,) = oracle.plates()
    assert (plate.target, plate.plate, plate.n_positive) == ("t", "b-P1", 2)
    assert plate.z_prime == pytest.approx(1 - 3 * (2**0.5 + 0.5**0.5) / 49.5)
    assert oracle.unjudged() == []


def test_controls_of_another_target_make_no_plate_unjudged(picks: pa.Table, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    bench = Bench([settings(folder, "a", DMSO), settings(folder, "b", DMSO, ATP)])
    bench.ask(picks, batch="b")
    assert {name: one.unjudged() for name, one in bench.answers.items()} == {
        "a": [], "b": ["b-P1"],
    }  # fmt: skip


def test_answers_are_kept_apart_from_what_was_asked(picks: pa.Table, tmp_path: Path) -> None:
    InboxOracle(settings(tmp_path / "inbox", "t")).ask(picks, batch="b")
    apart = Answers(settings(tmp_path / "apart", "t"), asked_in=tmp_path / "inbox")
    names = picks["compound_id"].to_pylist()
    assert apart.waiting([*names, "NOBODY"]) == [*names, "NOBODY"]
    pairs = list(zip(names, picks["smiles"].to_pylist(), strict=True))
    assert apart.labels(pairs).num_rows == 0
    assert set(apart.measure(pairs)["code"].to_pylist()) == {"not_measured"}
