"""What the steps of the standardizer say to each other: notes on what changed, and refusals."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.policy import ChemPolicy

_SHOWN: Final = 60


def show(text: str) -> str:
    """Quote a value for a message, shortened to 60 characters."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


@dataclass(frozen=True, slots=True)
class Note:
    """Something a kept record's row has to tell."""

    code: Code
    message: str


class Refused(Exception):  # noqa: N818 - no error of the program: a record's outcome
    """A record is not kept; caught by the standardizer and turned into a row."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def after(self, notes: list[Note]) -> Refused:
        """Return the refusal with what was done to the record before."""
        told = dict.fromkeys([self.message, *(note.message for note in notes)])
        return Refused(self.code, "; ".join(told))


# The code of a row with several notes is the first of these that occurs: what changes the
# meaning of the structure most comes first.
_WEIGHT: Final = (
    Code.STEREO_REMOVED,
    Code.STEREO_GROUP_DROPPED,
    Code.ISOTOPE_LABELED,
    Code.METAL_DISCONNECTED,
    Code.SALT_STRIPPED,
    Code.NEUTRALIZED,
    Code.NORMALIZED,
    Code.DUPLICATE_FRAGMENT,
    Code.ATOM_MAPS_REMOVED,
    Code.TEXT_CLEANED,
    Code.UNUSUAL,
)


def leading_code(notes: list[Note]) -> Code:
    """Return the code that stands for all notes of a row; NONE without notes."""
    codes = {note.code for note in notes}
    return next((code for code in _WEIGHT if code in codes), Code.NONE)


class SoftLimit:
    """A limit on processor time that is looked at between steps, for one record.

    A busy machine makes no record late, and so no difference to a library.

    It cannot interrupt a step; that is for the limit on the worker. Steps that could take
    long on large input are guarded by limits on size before them.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.thread_time() + seconds

    def check(self, step: str) -> None:
        """Raise :class:`Refused` with code TIMEOUT if the time is up."""
        if time.thread_time() > self._end:
            raise Refused(
                Code.TIMEOUT,
                f"took longer than {self.seconds:g} s up to {step}; raise soft_seconds or drop it",
            )


def too_large(heavy: int, policy: ChemPolicy) -> Refused:
    """Return the refusal of a structure with more heavy atoms than the limit."""
    return Refused(
        Code.TOO_LARGE,
        f"{heavy} heavy atoms, the limit is {policy.max_heavy_atoms}; raise max_heavy_atoms "
        "(up to 255)",
    )
