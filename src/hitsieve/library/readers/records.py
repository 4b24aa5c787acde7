"""One input record, as every reader yields it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hitsieve.schema import Code


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record as it stands in an input file.

    Parameters
    ----------
    file
        Name of the input.
    record
        Number of the record in it, from 1; header and blank lines do not count.
    text
        SMILES text or mol block; None where the cell is empty by type (a Parquet null).
    molblock
        Whether ``text`` is a mol block.
    source_id
        The supplier's identifier, or empty.
    vendor
        All other columns, by name.
    problem
        Why the record cannot even be split into fields; None for a readable record.
    message
        The problem in words.
    """

    file: str
    record: int
    text: str | None
    source_id: str = ""
    vendor: dict[str, str] = field(default_factory=dict)
    molblock: bool = False
    problem: Code | None = None
    message: str = ""
