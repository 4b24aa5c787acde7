"""How a table becomes Parquet: compression, dictionaries and statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZSTD_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Encoding:
    """The choices of a writer; equal ones make equal bytes of equal tables.

    Parameters
    ----------
    codec
        ``zstd`` for the smallest files; ``snappy`` where writing is what costs: of keys, which
        hardly repeat, it saves half as much in a fifth of the time.
    dictionaries
        Columns to write as a dictionary of their values; None to let the writer try each, which
        costs the most where it fails: on columns without repeats.
    no_statistics
        Columns without smallest and largest value, such as keys in another column's order: no
        reader can skip a page by them.
    """

    codec: Literal["zstd", "snappy"] = "zstd"
    dictionaries: tuple[str, ...] | None = None
    no_statistics: tuple[str, ...] = ()

    def options(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return the options of ``pyarrow.parquet.write_table`` for a table of these columns."""
        listed = [name for name in columns if name not in self.no_statistics]
        return {
            "compression": self.codec,
            "compression_level": _ZSTD_LEVEL if self.codec == "zstd" else None,
            "use_dictionary": True if self.dictionaries is None else list(self.dictionaries),
            "write_statistics": listed if self.no_statistics else True,
            "write_page_index": True,
            "version": "2.6",
        }


GENERAL: Final = Encoding()
"""For tables of any kind."""
