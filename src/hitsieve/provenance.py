"""Where a number came from: checksums, fingerprints of settings, versions and seeds."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import pwd
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_TRACKED = (
    "hitsieve",
    "rdkit",
    "torch",
    "torch-geometric",
    "deepchem",
    "ray",
    "pandas",
    "pyarrow",
    "numpy",
    "scikit-learn",
)
_CHUNK = 1 << 20


def canonical_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return JSON text that is equal for equal values: sorted keys, no blanks, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint(value: Any, *, length: int = 16) -> str:  # noqa: ANN401 - any JSON value
    """Return the first ``length`` hexadecimal digits of the SHA-256 of a JSON value.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


def sha256_bytes(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the version of Python and of each library that can change a result."""
    found = {"python": platform.python_version()}
    for name in _TRACKED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def login_name() -> str:
    """Return the login name of the account that runs this process, or ``uid N`` if it has none.

    The account is asked for, not the environment: a variable names whoever it likes.
    """
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container that runs under a bare number
        return f"uid {number}"


def child_seed(seed: int, *path: str | int) -> int:
    """Derive an independent 63-bit seed for a named part of a run.

    Parts draw from generators of their own, so adding one part never shifts the
    random numbers of another.

    Examples
    --------
    >>> child_seed(7, "member", 0) != child_seed(7, "member", 1)
    True
    >>> child_seed(7, "split") == child_seed(7, "split")
    True
    """
    text = canonical_json([seed, *path])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
