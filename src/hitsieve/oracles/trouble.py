"""Trouble: what befalls a measurement and says nothing of the compound, so it is no label.

A full disk, no memory, a killed process, an error nobody foresaw: the machine's fault or the
program's, and perhaps the compound's. :func:`hitsieve.oracles.measure.measure` tries again and
finds out which.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from hitsieve.errors import ClusterError, HitsieveError, StorageError
from hitsieve.schema import Code
from hitsieve.schema.codes import clip

_OF_THE_MACHINE: Final = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.ESTALE,
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
    }
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a try gave no label.

    Parameters
    ----------
    code, message
        Of the failed label it becomes if the compound turns out to be the cause.
    machine
        Whether it is surely the machine's, such as a full disk or a program that cannot be
        started: then it takes more than luck of its neighbors to blame the compound.
    """

    code: Code
    message: str
    machine: bool = False


class TroubleError(Exception):
    """Raised by an oracle that knows it met trouble.

    Parameters
    ----------
    trouble
        What it met.
    """

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


def trouble_of(error: BaseException) -> Trouble:
    """Return what an exception means that an oracle raised.

    Examples
    --------
    >>> trouble_of(OSError(errno.ENOSPC, "No space left on device")).machine
    True
    >>> trouble_of(MemoryError("no more")).code
    <Code.OUT_OF_MEMORY: 'out_of_memory'>
    """
    if isinstance(error, TroubleError):
        return error.trouble
    number = error.errno if isinstance(error, OSError) else None
    no_memory = isinstance(error, MemoryError) or number == errno.ENOMEM
    machine = isinstance(error, (StorageError, ClusterError)) or number in _OF_THE_MACHINE
    said = error.message if isinstance(error, HitsieveError) else str(error)
    name = type(error).__name__
    return Trouble(
        Code.OUT_OF_MEMORY if no_memory else Code.INTERNAL,
        clip(f"{name}: {said}" if said else name),
        machine,
    )
