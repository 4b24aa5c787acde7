"""Where files lie: shard names and partition folders, whose parts never become paths.

Names of targets and models come from users and files. In a path they are percent-quoted,
so ``../x`` or ``a/b`` is one harmless folder name, and quoting is undone when read.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from hitsieve.errors import InputError

MAX_NAME: Final = 200
"""Longest quoted name in bytes; file systems allow 255 with the ``target=`` before it."""

_SAFE = "@+,"
_SHARD = re.compile(r"shard-(\d{5,})")
_SCORES = re.compile(r"target=(?P<target>[^/]+)/model=(?P<model>[^/]+)(?:/(?P<rest>.*))?")


def shard_name(index: int) -> str:
    """Return the name of a shard, which sorts like its number.

    Raises
    ------
    InputError
        If the number is negative.

    Examples
    --------
    >>> shard_name(1)
    'shard-00001'
    """
    if index < 0:
        raise InputError(f"shard number {index} is negative")
    return f"shard-{index:05d}"


def shard_index(name: str) -> int:
    """Return the number of a shard from its name.

    Raises
    ------
    InputError
        If it is no shard's name.

    Examples
    --------
    >>> shard_index("shard-00042")
    42
    """
    match = _SHARD.fullmatch(name)
    if match is None:
        raise InputError(f"{name!r} is no shard name", cure="shards are named like shard-00001")
    return int(match[1])


def quote_name(name: str) -> str:
    """Return a name percent-quoted, safe as one folder name on any file system.

    Raises
    ------
    InputError
        If the name is empty or longer than a folder name may be.

    Examples
    --------
    >>> quote_name("CDK2/cyclin A")
    'CDK2%2Fcyclin%20A'
    >>> quote_name("..")
    '%2E%2E'
    """
    quoted = quote(name, safe=_SAFE).replace("~", "%7E")
    if quoted.startswith(".") or quoted.endswith("."):
        quoted = quoted.replace(".", "%2E")
    if not quoted or len(quoted) > MAX_NAME:
        raise InputError(
            f"name {name[:60]!r} makes a folder name of {len(quoted)} bytes, "
            f"allowed are 1 to {MAX_NAME}",
            cure="rename the target or model",
        )
    return quoted


def unquote_name(quoted: str) -> str:
    """Undo :func:`quote_name`.

    Examples
    --------
    >>> unquote_name("CDK2%2Fcyclin%20A")
    'CDK2/cyclin A'
    """
    return unquote(quoted)


def scores_path(target: str, model: str, shard: str = "") -> str:
    """Return the folder of a target's scores by a model, or of one shard in it.

    Raises
    ------
    InputError
        If a name is empty or too long.

    Examples
    --------
    >>> scores_path("CDK2", "screener@3")
    'target=CDK2/model=screener@3'
    >>> scores_path("a/b", "m@1", "shard-00000")
    'target=a%2Fb/model=m@1/shard-00000'
    """
    folder = f"target={quote_name(target)}/model={quote_name(model)}"
    return f"{folder}/{shard}" if shard else folder


def parse_scores_path(path: str) -> tuple[str, str, str]:
    """Return target, model and shard (or an empty string) from a path of :func:`scores_path`.

    Raises
    ------
    InputError
        If the path was not made by :func:`scores_path`.

    Examples
    --------
    >>> parse_scores_path("target=a%2Fb/model=m@1/shard-00000")
    ('a/b', 'm@1', 'shard-00000')
    """
    match = _SCORES.fullmatch(path)
    if match is None:
        raise InputError(
            f"{path!r} is no scores path", cure="expected target=<name>/model=<name>/<shard>"
        )
    return unquote_name(match["target"]), unquote_name(match["model"]), match["rest"] or ""
