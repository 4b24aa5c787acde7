from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.campaign.quick.pool import PoolScores, kept_path, numbers, score_pool
from hitsieve.campaign.quick.said import Said
from hitsieve.campaign.surrogate import Workplace
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library
from hitsieve.schema import SCORES
from hitsieve.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds


class Sizes:
    """Predicts the heavy atoms."""

    name = "sizes"
    needs = frozenset({"bits"})

    def __init__(self, seen: NDArray[np.uint8] | None = None) -> None:
        self.seen = np.full(256, 255, np.uint8) if seen is None else seen

    def predict(self, compounds: Compounds) -> Said:
        value = compounds.properties[:, 1].astype(np.float64)
        return Said(value, np.full(len(value), 0.5))


def workplace(
    library: Path, screen: Path, told: list[tuple[str, int, int]] | None = None
) -> Workplace:
    return Workplace(
        name="r",
        library=library,
        registry=screen / "models",
        screen=screen,
        runs=screen / "runs",
        executor=SerialExecutor(),
        seed=1,
        progress=lambda stage, done, of: None if told is None else told.append((stage, done, of)),
    )


def test_each_shard_is_a_committed_file_and_is_made_once(library: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    work = workplace(library, tmp_path, told)
    tables = list(score_pool(Sizes(), work, target="t"))
    shards = [shard.name for shard in Library.open(library).shards]
    assert sorted(Ledger(tmp_path).committed()) == shards
    assert sum(table.num_rows for table in tables) == 60
    assert told[0] == ("screen", 0, 60)
    assert told[-1] == ("screen", 60, 60)
    path = tmp_path / "scores" / f"{shards[0]}.parquet"
    before = path.stat().st_mtime_ns
    score_pool(Sizes(), work, target="t")
    assert path.stat().st_mtime_ns == before
    assert told[-1] == ("screen", 60, 60)


def test_scores_have_intervals_and_know_whom_they_resemble(library: Path, tmp_path: Path) -> None:
    seen = np.zeros(256, np.uint8)
    (table, *_) = score_pool(Sizes(seen), workplace(library, tmp_path), target="t")
    SCORES.check(table.schema, where="scores")
    width = table["upper"].to_numpy() - table["score"].to_numpy()
    assert width == pytest.approx(np.full(len(table), 1.645 * 0.5), abs=1e-3)
    assert not any(table["in_domain"].to_pylist())
    (known, *_) = score_pool(Sizes(), workplace(library, tmp_path / "b"), target="t")
    assert all(known["in_domain"].to_pylist())
    mean, std = numbers(table, -1.0)
    assert (mean < 0).all()
    assert (std > 0).all()


def named(scores: PoolScores) -> dict[str, list[str]]:
    return {name: table["compound_id"].to_pylist() for name, table in scores.named()}


def test_what_the_round_before_dropped_is_not_scored(library: Path, tmp_path: Path) -> None:
    first = score_pool(Sizes(), workplace(library, tmp_path / "a"), target="t")
    pruned = {"cut": 0.5, "threshold": 15.0, "freedom": 5.0, "width": 1.0, "sign": 1.0}
    (tmp_path / "a" / "pruned.json").write_text(json.dumps(pruned))
    work = replace(workplace(library, tmp_path / "b"), former=tmp_path / "a")
    left = score_pool(Sizes(), work, target="t")
    values = {n: v for t in first for n, v in zip(t[0].to_pylist(), t[1].to_pylist(), strict=True)}
    found = {name for names in named(left).values() for name in names}
    assert found == {name for name, value in values.items() if value >= 15}


def test_what_all_targets_keep_is_scored_whatever_one_dropped(
    library: Path, tmp_path: Path
) -> None:
    first = named(score_pool(Sizes(), workplace(library, tmp_path / "a"), target="t"))
    pruned = {"cut": 0.5, "threshold": 99.0, "freedom": 5.0, "width": 1.0, "sign": 1.0}
    (tmp_path / "a" / "pruned.json").write_text(json.dumps(pruned))
    name = next(iter(first))
    kept = first[name][2:5]
    path = kept_path(tmp_path / "kept", name)
    path.parent.mkdir()
    pq.write_table(pa.table({"compound_id": kept}), path)
    work = replace(
        workplace(library, tmp_path / "b"), former=tmp_path / "a", kept=tmp_path / "kept"
    )
    left = named(score_pool(Sizes(), work, target="t"))
    # A shard that is not named is kept as a whole.
    assert left == {**first, name: kept}


def test_a_shard_of_which_nothing_is_left_is_not_read(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    for shard in Library.open(library).shards:
        none = pa.table({"compound_id": pa.array([], pa.string())})
        pq.write_table(none, kept_path(tmp_path / "kept", shard.name))

    def refuse(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(Library, "read_shard", refuse)
    work = replace(workplace(library, tmp_path / "b"), kept=tmp_path / "kept")
    assert sum(table.num_rows for table in score_pool(Sizes(), work, target="t")) == 0
