from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import UsageError
from hitsieve.logs import (
    CONTEXT_VARIABLE,
    JsonLines,
    current_context,
    log_context,
    start_logging,
    start_worker_logging,
    worker_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger("hitsieve.test")


@pytest.fixture(autouse=True)
def own_logger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("HITSIEVE_LOG_FORMAT", "HITSIEVE_LOG_LEVEL", CONTEXT_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    logger = logging.getLogger("hitsieve")
    before = logger.handlers[:], logger.level
    yield
    logger.handlers[:], logger.level = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_names_run_shard_and_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_FORMAT", "json")
    stream = io.StringIO()
    start_logging(stream)
    with log_context(run="r1"), log_context(shard="shard-00007"):
        LOG.info("scored %d", 3, extra={"seconds": 1.5})
    LOG.info("outside")
    first, second = lines(stream)
    assert first["message"] == "scored 3"
    assert (first["run"], first["shard"], first["seconds"]) == ("r1", "shard-00007", 1.5)
    assert first["node"]
    assert first["level"] == "INFO"
    assert str(first["time"]).endswith("+00:00")
    assert "run" not in second


def test_an_error_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_FORMAT", "json")
    stream = io.StringIO()
    start_logging(stream)
    try:
        int("two\nlines")
    except ValueError:
        LOG.exception("it broke")
    (line,) = lines(stream)
    assert "ValueError: invalid literal" in str(line["error"])


def test_what_is_no_json_is_told_as_text() -> None:
    record = logging.makeLogRecord({"msg": "m", "folder": {1, 2}})
    assert json.loads(JsonLines().format(record))["folder"] == "{1, 2}"


def test_text_is_for_people() -> None:
    stream = io.StringIO()
    start_logging(stream)
    with log_context(shard="shard-00001"):
        LOG.info("finished", extra={"_time_stamp_of_some_library": 1})
    LOG.debug("not told")
    assert stream.getvalue().endswith("INFO finished [shard=shard-00001]\n")


def test_starting_again_doubles_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    start_logging(first)
    monkeypatch.setenv("HITSIEVE_LOG_LEVEL", "warning")
    start_logging(second)
    LOG.info("below")
    LOG.warning("above")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "nearest"),
    [("HITSIEVE_LOG_FORMAT", "jsn", "json"), ("HITSIEVE_LOG_LEVEL", "inof", "INFO")],
)
def test_a_wrong_word_is_named(
    name: str, value: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=nearest):
        start_logging(io.StringIO())


def test_a_worker_begins_where_the_driver_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worker_variables() == {}
    start_worker_logging()  # nothing was asked for
    monkeypatch.setenv("HITSIEVE_LOG_FORMAT", "json")
    with log_context(run="r1"):
        variables = worker_variables()
    monkeypatch.setenv(CONTEXT_VARIABLE, variables[CONTEXT_VARIABLE])
    with log_context():  # so that the worker's context ends with the test
        start_worker_logging()
        assert current_context() == {"run": "r1"}
        LOG.info("hello")
    assert json.loads(capsys.readouterr().err)["run"] == "r1"
