"""Pieces of Markdown into which text from data files goes safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    """Return a number with three decimals; in words where it is not defined.

    Examples
    --------
    >>> number(0.12345), number(None)
    ('0.123', 'not defined')
    """
    return "not defined" if value is None else f"{value:.3f}"


def cell(text: str) -> str:
    """Return text that can neither break a table nor open an HTML tag."""
    clean = " ".join(text.split())
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
