from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.reasons import explained, known_actives, reason_words
from hitsieve.campaign.state import Round
from hitsieve.library import Library
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pool(library: Path) -> Library:
    return Library.open(library)


@pytest.fixture(scope="module")
def ids(pool: Library) -> list[str]:
    """Alcohols and amines from short to long."""
    rows = [row for table in pool.iter_tables() for row in table.to_pylist()]
    return [row["compound_id"] for row in sorted(rows, key=lambda row: len(row["smiles"]))]


def finished(picks: list[Pick], found: list[tuple[float, str]]) -> Round:
    rows = [Measurement(value, relation) for value, relation in found]
    pairs = [(pick.compound_id, "C") for pick in picks]
    return Round(0, "m", tuple(picks), label_rows(FakeOracle(), pairs, rows))


def test_the_best_tenth_is_active_without_audit_and_poorer_bounds(
    pool: Library, ids: list[str]
) -> None:
    picks = [Pick(name, "greedy") for name in ids[:12]]
    picks[3] = Pick(ids[3], CONTROL)
    found = [(float(n), "=") for n in range(12)]
    found[3], found[4], found[5] = (99.0, "="), (98.0, "<"), (97.0, ">")
    known = known_actives(pool, [finished(picks, found)], [], higher_is_better=True)
    assert known is not None
    assert known.values == [97.0]  # eleven are not of the audit, of which one is 98 at most
    rows = pool.lookup([ids[5]], ["source_ids"]).to_pylist()
    assert known.names == [rows[0]["source_ids"][0]]
    lower = known_actives(pool, [finished(picks, found)], [], higher_is_better=False)
    assert lower is not None
    assert lower.values == [0.0]


def test_actives_of_the_settings_have_no_value(pool: Library) -> None:
    assert known_actives(pool, [], [], higher_is_better=True) is None
    known = known_actives(pool, [], ["CCCCO"], higher_is_better=True)
    assert known is not None
    assert (known.names, known.values) == (["CCCCO"], [None])


def test_picks_are_ranked_and_show_their_nearest_active(pool: Library, ids: list[str]) -> None:
    before = finished([Pick(ids[20], "greedy")], [(7.0, "=")])
    known = known_actives(pool, [before], ["CCO"], higher_is_better=True)
    picks = [Pick(ids[21], "gain", 0.5), Pick(ids[1], "random"), Pick(ids[22], "gain", 0.4),
             Pick(ids[40], CONTROL)]  # fmt: skip
    first, drawn, second, audit = explained(picks, pool, known)
    assert (first.rank, second.rank) == (1, 2)
    assert first.nearest_value == 7.0
    assert 0.3 < (first.similarity or 0) <= 1
    assert (drawn, audit) == (picks[1], picks[3])
    assert [one.rank for one in explained(picks, pool, None)] == [1, None, 2, None]
    assert explained(picks[1:2], pool, known) == picks[1:2]


def test_forms_do_not_tell_the_audit_from_what_was_drawn_by_lot() -> None:
    assert reason_words(Pick("a", CONTROL, price=5.0)) == "drawn at random; price 5"
    assert reason_words(Pick("a", "random", price=5.0)) == "drawn at random; price 5"


@pytest.mark.parametrize(
    ("pick", "words"),
    [
        (Pick("a", "diverse", rank=2), "diverse, rank 2"),
        (
            Pick("a", "near", 0.7, rank=1, nearest="CCO", similarity=0.7),
            "near, rank 1; 0.70 to CCO",
        ),
        (Pick("a", "ei", 0.123456, rank=4, days=10.0), "ei 0.123, rank 4; 10 days"),
        (Pick("a", "gain", None, price=1250.5, days=7.0), "gain; price 1250.5, 7 days"),
    ],
)
def test_reasons_in_words(pick: Pick, words: str) -> None:
    assert reason_words(pick) == words
