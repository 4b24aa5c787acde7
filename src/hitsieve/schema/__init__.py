"""The public tables and the closed list of record outcomes.

Parquet is hitsieve's public interface: :mod:`~hitsieve.schema.tables` declares every column
of every table with type, unit and meaning; :mod:`~hitsieve.schema.codes` every way a record
can end.
"""

from hitsieve.schema.codes import CODES, Code, CodeInfo, Status
from hitsieve.schema.columns import Column, Table
from hitsieve.schema.tables import HITS, LABELS, LIBRARY, REJECTS, SCORES, TABLES, WITHDRAWN

__all__ = [
    "CODES",
    "HITS",
    "LABELS",
    "LIBRARY",
    "REJECTS",
    "SCORES",
    "TABLES",
    "WITHDRAWN",
    "Code",
    "CodeInfo",
    "Column",
    "Status",
    "Table",
]
