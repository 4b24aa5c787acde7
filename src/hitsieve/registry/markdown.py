"""Pieces of Markdown into which text from data files goes safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TINY, _HUGE = 0.01, 1e5


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    r"""Return a table.

    Examples
    --------
    >>> print(table(("a", "b"), [("1", "x|y")]))
    | a | b |
    | --- | --- |
    | 1 | x\|y |
    """
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def number(value: float | None) -> str:
    """Return a number as :func:`numbers` does; in words where it is not defined.

    Examples
    --------
    >>> number(0.12345), number(None)
    ('0.123', 'not defined')
    """
    return "not defined" if value is None else numbers(value)[0]


def numbers(*values: float) -> list[str]:
    """Return numbers of one unit in one form.

    Three decimals; three significant digits where all are below 0.01, six where one is 100,000 or
    more.

    Examples
    --------
    >>> numbers(0.5, -0.0004), numbers(4.5e-9, -3e-10), numbers(1234567.0, 2.0)
    (['0.500', '-0.000'], ['4.5e-09', '-3e-10'], ['1.23457e+06', '2'])
    """
    largest = max(map(abs, values), default=0.0)
    if largest >= _HUGE:
        return [f"{value:.6g}" for value in values]
    tiny = 0 < largest < _TINY
    return [f"{value:.3g}" if tiny else f"{value:.3f}" for value in values]


def cell(text: str) -> str:
    """Return text that can neither break a table nor open an HTML tag."""
    clean = " ".join(text.split())
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
