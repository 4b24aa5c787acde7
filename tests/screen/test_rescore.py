from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.errors import InputError, NotFoundError
from hitsieve.metrics.retrieval import Cut
from hitsieve.schema import SCORES
from hitsieve.screen.plan import Output, scores_file
from hitsieve.screen.rescore import Part, choose, chosen
from hitsieve.screen.sources import Loaded
from hitsieve.store import Commit, Ledger, write_parquet_atomic
from hitsieve.testing.fakes import FakeSources

if TYPE_CHECKING:
    from pathlib import Path

STUDENT = "target=t/model=student@1/shard-00000"
OUTPUT = Output(
    "t", "teacher@1", "higher", "target=t/model=teacher@1/shard-00000", "p", "f", STUDENT
)
CUT = Cut(2.0, 0.5, 1.0, 1.0, 1.0, 9, 9)


def scores(ids: list[str], values: list[float | None]) -> pa.Table:
    missing = [value is None for value in values]
    return SCORES.build(
        {
            "compound_id": ids,
            "score": values,
            "std": values,
            "lower": values,
            "upper": values,
            "in_domain": [True] * len(ids),
            "status": ["failed" if absent else "ok" for absent in missing],
        }
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path)
    table = scores(["a", "b", "c", "d"], [3.0, 2.0, 1.0, None])
    written = write_parquet_atomic(tmp_path / scores_file(STUDENT), table)
    made.commit(Commit(STUDENT, {scores_file(STUDENT): written.sha256}, 4, "x"))
    return made


def test_chosen_is_what_reaches_the_cut_and_what_has_no_score(ledger: Ledger) -> None:
    assert choose(ledger, OUTPUT, {"t": CUT}).to_pylist() == ["a", "b", "d"]


def test_nothing_is_chosen_before_the_cuts_are_settled(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no cut for 't'"):
        choose(ledger, OUTPUT, {})
    with pytest.raises(NotFoundError, match="not committed"):
        choose(Ledger(ledger.root / "empty"), OUTPUT, {"t": CUT})


def test_an_output_of_all_rows_asks_no_file(tmp_path: Path) -> None:
    ids = pa.array(["a", "b"])
    loaded = Loaded(("shard-00000", ["a", "b"]), ids)
    whole = Output("t", "m@1", "higher", "k", "p", "f")
    part = chosen(FakeSources(), Ledger(tmp_path), loaded, [whole])
    assert part.loaded is loaded
    assert not part.empty
    table = scores(["b", "a"], [2.0, 1.0])
    assert part.rows(whole, table, {"controls": 1}) == (ids, table, {"controls": 1})


def test_rows_of_a_batch_for_several_targets_go_to_their_files() -> None:
    part = Part(
        Loaded(("s", ["a", "b"]), pa.array(["a", "b"])),
        pa.array(["a", "b", "c"]),
        {"t": pa.array(["b"]), "u": pa.array(["a", "b"])},
    )
    table = scores(["b", "a"], [2.0, 1.0])
    encoded = table.set_column(
        0, "compound_id", pa.array(["b", "a"]).dictionary_encode()
    )  # as models give it
    ids, kept, told = part.rows(OUTPUT, encoded, {"controls": 1})
    assert ids.to_pylist() == ["b"]
    assert kept is not None
    assert kept["score"].to_pylist() == [2.0]
    assert told == {"of": 3, "chosen_by": STUDENT}
    assert part.rows(OUTPUT, None, {})[1] is None


def test_nothing_chosen_makes_an_empty_file() -> None:
    nothing = pa.array([], pa.string())
    part = Part(Loaded(("s", []), nothing), pa.array(["a"]), {"t": nothing})
    assert part.empty
    _, table, told = part.rows(OUTPUT, None, {})
    assert table is not None
    assert (table.num_rows, told["of"]) == (0, 1)
