"""Log lines for people or for machines, each naming the run, the shard and the node it is of.

``HITSIEVE_LOG_FORMAT`` chooses ``text`` or ``json`` (one object a line), ``HITSIEVE_LOG_LEVEL``
how much is told. Lines go to stderr, so on a cluster they end up where Ray keeps the output of
each worker, on the worker's node. What they are about is a context that workers inherit.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TextIO

from hitsieve.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VARIABLE: Final = "HITSIEVE_LOG_FORMAT"
LEVEL_VARIABLE: Final = "HITSIEVE_LOG_LEVEL"
CONTEXT_VARIABLE: Final = "HITSIEVE_LOG_CONTEXT"
"""JSON of the context a worker begins with; set by the executor, not by people."""
FORMATS: Final = ("text", "json")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

_CONTEXT: ContextVar[dict[str, str] | None] = ContextVar("hitsieve_log_context", default=None)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def log_context(**names: str) -> Iterator[None]:
    """Name what the lines of the block are about, on top of the names around it.

    Examples
    --------
    >>> with log_context(run="r1"), log_context(shard="shard-00007"):
    ...     current_context()
    {'run': 'r1', 'shard': 'shard-00007'}
    """
    token = _CONTEXT.set(current_context() | names)
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def current_context() -> dict[str, str]:
    """Return what lines are about now."""
    return dict(_CONTEXT.get() or {})


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object on one line.

    ``time`` (UTC), ``level``, ``logger``, ``message``, ``node`` (host name), ``pid``, then the
    context (``run``, ``screen``, ``shard``), what the call passed in ``extra``, and ``error``
    with the traceback of an exception.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "node": platform.node(),
            "pid": record.process,
            **current_context(),
            **_extra(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Formats a record for people: time, level, message, then the context in brackets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        names = " ".join(f"{k}={v}" for k, v in (current_context() | _extra(record)).items())
        text = super().format(record)
        return f"{text} [{names}]" if names else text


def start_logging(stream: TextIO | None = None) -> None:
    """Send the lines of hitsieve to a stream (stderr), as the environment says.

    Calling it again replaces the stream and reads the environment anew.

    Raises
    ------
    UsageError
        If a variable holds another word than those allowed.
    """
    formatter = JsonLines() if _chosen(FORMAT_VARIABLE, FORMATS) == "json" else TextLines()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    handler.set_name("hitsieve")
    logger = logging.getLogger("hitsieve")
    for old in [h for h in logger.handlers if h.get_name() == "hitsieve"]:
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(_chosen(LEVEL_VARIABLE, LEVELS, default="INFO"))


def start_worker_logging() -> None:
    """Begin a worker's lines with the context of the driver, where lines were asked for."""
    if FORMAT_VARIABLE not in os.environ:
        return
    start_logging()
    _CONTEXT.set(json.loads(os.environ.get(CONTEXT_VARIABLE, "{}")))


def worker_variables() -> dict[str, str]:
    """Return the variables that make a worker log as this process does."""
    found = {n: os.environ[n] for n in (FORMAT_VARIABLE, LEVEL_VARIABLE) if n in os.environ}
    return {**found, CONTEXT_VARIABLE: json.dumps(current_context())} if found else {}


def _chosen(variable: str, allowed: tuple[str, ...], *, default: str = "") -> str:
    value = os.environ.get(variable) or default or allowed[0]
    word = value.upper() if allowed == LEVELS else value.lower()
    if word not in allowed:
        raise UsageError(
            f"{variable}={value!r}{nearest(word, allowed)}", cure=f"use {' or '.join(allowed)}"
        )
    return word


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    # Libraries mark records with private names of their own, such as Ray's time stamp.
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and not name.startswith("_")
    }
