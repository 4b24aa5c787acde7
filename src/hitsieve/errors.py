"""Every exception hitsieve raises on purpose, with the exit code each one ends a command with.

::

    HitsieveError                   1  unexpected; also the base of all below
    ├── UsageError                  2  the request itself is wrong
    │   └── ConfigError             2  a configuration key or value is wrong
    ├── InputError                  3  an input was refused
    │   ├── SchemaError             3  a table has not the declared columns
    │   ├── DatasetError            3  assay data cannot be learned from
    │   └── NotFoundError           3  a named library, model, screen or file is absent
    ├── RejectRateError             4  more records were refused than allowed
    ├── IncompleteError             5  interrupted or partly failed, can be resumed
    │   └── StorageError            5  the disk is full, read-only or gone
    ├── ModelRefusedError           6  a model may not be used
    │   ├── ChecksumError           6  bytes differ from those recorded
    │   ├── FingerprintError        6  standardizer, featurizer or network differ
    │   ├── GoldenMismatchError     6  known predictions are not reproduced
    │   └── QuarantinedError        6  somebody blocked this model
    └── ClusterError                7  the cluster cannot be reached or is unsafe

A bad record of an input never raises: it ends as a row with a status and a code
(:mod:`hitsieve.schema`).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class HitsieveError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message
        What is wrong, naming the value and the place.
    cure
        What the user can do about it; printed on a line of its own.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}\n  cure: {self.cure}" if self.cure else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments do not survive pickling by default,
        # and these cross process borders.
        return _rebuild, (type(self), self.message, self.cure)


def _rebuild(kind: type[HitsieveError], message: str, cure: str) -> HitsieveError:
    return kind(message, cure=cure)


class UsageError(HitsieveError):
    """The request itself is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key or value is wrong."""


class InputError(HitsieveError):
    """An input was refused."""

    exit_code = 3


class SchemaError(InputError):
    """A table has not the declared columns."""


class DatasetError(InputError):
    """Assay data cannot be learned from."""


class NotFoundError(InputError):
    """A named library, model, screen or file is absent."""


class RejectRateError(HitsieveError):
    """More records were refused than the caller allowed."""

    exit_code = 4


class IncompleteError(HitsieveError):
    """Work was interrupted or partly failed; running it again goes on from there."""

    exit_code = 5


class StorageError(IncompleteError):
    """The storage is full, read-only or gone; what was committed is intact."""


class ModelRefusedError(HitsieveError):
    """A model may not be used."""

    exit_code = 6


class ChecksumError(ModelRefusedError):
    """Bytes differ from those recorded when they were written."""


class FingerprintError(ModelRefusedError):
    """Standardizer, featurizer or network differ from what the model was made with."""


class GoldenMismatchError(ModelRefusedError):
    """A model does not reproduce its own recorded predictions on this machine."""


class QuarantinedError(ModelRefusedError):
    """A model was blocked from use."""


class ClusterError(HitsieveError):
    """The Ray cluster cannot be reached or is unsafe."""

    exit_code = 7


def nearest(value: str, allowed: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest allowed value, or an empty string.

    Examples
    --------
    >>> nearest("dmpn", ["dmpnn", "gine"])
    " (did you mean 'dmpnn'?)"
    >>> nearest("zebra", ["dmpnn", "gine"])
    ''
    """
    close = difflib.get_close_matches(value, list(allowed), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def listed(texts: Sequence[str], *, most: int = 5, longest: int = 80) -> str:
    """Return some texts for a message: the first ones, each cut where it is long.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b, …'
    >>> listed(["x" * 100], longest=3)
    'xxx…'
    """
    shown = [text if len(text) <= longest else f"{text[:longest]}…" for text in texts[:most]]
    return ", ".join([*shown, "…"] if len(texts) > most else shown)
