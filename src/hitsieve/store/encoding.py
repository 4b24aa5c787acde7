"""How a table becomes Parquet: compression, dictionaries and statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Encoding:
    """The choices of a writer; equal ones make equal bytes of equal tables.

    Parameters
    ----------
    level
        Of zstd. 1 is about half again as fast as 3, for texts that hardly repeat at equal size.
    dictionaries
        Columns to write as a dictionary of their values; None to let the writer try each, which
        costs the most where it fails: on columns without repeats.
    no_statistics
        Columns without smallest and largest value, such as keys in another column's order: no
        reader can skip a page by them.
    """

    level: int = 3
    dictionaries: tuple[str, ...] | None = None
    no_statistics: tuple[str, ...] = ()

    def options(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return the options of ``pyarrow.parquet.write_table`` for a table of these columns."""
        listed = [name for name in columns if name not in self.no_statistics]
        return {
            "compression": "zstd",
            "compression_level": self.level,
            "use_dictionary": True if self.dictionaries is None else list(self.dictionaries),
            "write_statistics": listed if self.no_statistics else True,
            "write_page_index": True,
            "version": "2.6",
        }


GENERAL: Final = Encoding()
"""For tables of any kind."""
