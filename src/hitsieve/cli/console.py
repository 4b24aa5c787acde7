"""Where output goes: data on stdout, everything else on stderr.

A table is drawn for a terminal and written tab-separated into a pipe, so that
``hitsieve models list | cut -f1`` works. Text from files is never read as markup, and control
characters in it are made visible instead of being sent to the terminal.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Report = Callable[..., None]


def stderr() -> Console:
    """Return a console on stderr, made anew so that a redirected stream is honored."""
    return Console(stderr=True, highlight=False)


def say(message: str, *, style: str = "") -> None:
    """Print a line for people, on stderr; the text is not read as markup."""
    stderr().print(Text(visible(message, keep="\n"), style=style), soft_wrap=True)


def visible(text: object, *, keep: str = "") -> str:
    r"""Return text with control characters written out, so that none reaches the terminal.

    Examples
    --------
    >>> visible("CCO\x1b[2J")
    'CCO\\x1b[2J'
    """
    raw = str(text)
    if raw.isprintable():
        return raw
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in raw
    )


def emit(text: str) -> None:
    """Write data to stdout, ending with one line end."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def emit_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a value to stdout as JSON as RFC 8259 has it.

    A number that is none, or without end, is written as null: ``NaN`` is no JSON, and most
    readers refuse it. Paths, dates and whatever else JSON has no form for are written as text.
    """
    emit(json.dumps(_strict(value), indent=2, ensure_ascii=False, allow_nan=False))


def _strict(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return _strict(value.tolist())
    return str(value)


def emit_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = ""
) -> None:
    """Write rows to stdout: drawn for a terminal, tab-separated otherwise."""
    if not sys.stdout.isatty():
        lines = [columns, *rows]
        emit("\n".join("\t".join(visible(cell) for cell in line) for line in lines))
        return
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for position, name in enumerate(columns):
        numbers = bool(rows) and all(isinstance(row[position], (int, float)) for row in rows)
        table.add_column(Text(name), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    Console(highlight=False).print(table)


def emit_pairs(pairs: Mapping[str, object], *, title: str = "") -> None:
    """Write names and values to stdout, one pair a line."""
    if not sys.stdout.isatty():
        emit("\n".join(f"{name}\t{visible(value)}" for name, value in pairs.items()))
        return
    table = Table(title=title or None, title_justify="left", show_header=False, box=None)
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        table.add_row(Text(name), Text(visible(value)))
    Console(highlight=False).print(table)


@contextmanager
def progress(label: str) -> Iterator[Report]:
    """Show a progress bar on stderr while the body runs, and only if that is a terminal.

    Yields
    ------
    report
        Call it with the steps done and, where known, the steps in all and what is being done.
    """
    console = stderr()
    if not console.is_terminal:
        yield _silent
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(label, total=None)

        def report(done: int, total: int | None = None, doing: str = label) -> None:
            bars.update(bar, completed=done, total=total, description=doing)

        yield report


def _silent(done: int, total: int | None = None, doing: str = "") -> None:
    del done, total, doing
