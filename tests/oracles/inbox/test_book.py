from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.oracles.inbox.book import Book
from hitsieve.oracles.inbox.parse import Result
from hitsieve.oracles.inbox.told import ResultStore

if TYPE_CHECKING:
    from hitsieve.oracles.inbox import InboxConfig


@pytest.fixture
def store(config: InboxConfig) -> ResultStore:
    """Results of an inbox in which one measurement of A, 6.5, stands."""
    store = ResultStore(config.folder / "results", config)
    store.keep(result(6.5), 1, "monday.csv")
    return store


def result(value: float | None, replicate: int = 0, row: int = 2) -> Result:
    return Result(row=row, compound_id="A", replicate=replicate, value=value)


def sorted_out(
    store: ResultStore, *results: Result, asked: int = 1, revise: bool = False
) -> list[tuple[float | None, int, str]]:
    book = Book(store, {"A": asked}, "tuesday.csv", revise=revise)
    return [(one.value, number, why) for one, number, why in book.sort(results)]


def test_what_stands_is_known_and_what_differs_contradicts_it(store: ResultStore) -> None:
    assert sorted_out(store, result(6.5)) == [(6.5, 0, "")]
    ((value, number, why),) = sorted_out(store, result(7.0))
    assert (value, number) == (7.0, 0)
    assert why.startswith("7 contradicts 6.5 of monday.csv row 2; number")


def test_a_correction_takes_the_place_of_what_stands(store: ResultStore) -> None:
    assert sorted_out(store, result(7.0), revise=True) == [(7.0, 1, "")]
    assert sorted_out(store, result(7.0, replicate=1), revise=True) == [(7.0, 1, "")]


def test_a_further_replicate_gets_the_next_number_as_long_as_it_was_asked(
    store: ResultStore,
) -> None:
    assert sorted_out(store, result(7.0), asked=2) == [(7.0, 2, "")]
    two = sorted_out(store, result(7.0), result(8.0, row=3), asked=2)
    assert [number for _, number, _ in two] == [2, 0]
    assert "contradicts" in two[1][2]


def test_one_replicate_told_twice_in_a_file_is_refused_both_times(store: ResultStore) -> None:
    torn = sorted_out(store, result(7.0, 2), result(8.0, 2, row=3), asked=2)
    assert [number for _, number, _ in torn] == [0, 0]
    assert all("replicate 2 stands in the file several times" in why for *_, why in torn)


def test_a_failure_never_takes_the_place_of_a_value(store: ResultStore) -> None:
    assert sorted_out(store, result(None)) == [(None, 0, "")]


def test_results_are_counted(store: ResultStore) -> None:
    book = Book(store, {"A": 2}, "tuesday.csv", revise=False)
    list(book.sort([result(6.5), result(7.0, row=3)]))
    assert (book.known, book.taken, book.controls) == (1, 1, 0)
