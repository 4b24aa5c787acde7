"""Files that are whole or absent, ledgers of finished pieces, and readers of those alone.

Writers follow one protocol: :func:`~hitsieve.store.files.write_parquet_atomic` makes the
file, then :meth:`~hitsieve.store.ledger.Ledger.commit` makes it count. Restarting a run is the
plan minus the commits.
"""

from hitsieve.store.files import (
    create_exclusive,
    write_atomic,
    write_json_atomic,
    write_parquet_atomic,
)
from hitsieve.store.layout import parse_scores_path, scores_path, shard_name
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import dataset, open_parquet, read_committed

__all__ = [
    "Commit",
    "Ledger",
    "create_exclusive",
    "dataset",
    "open_parquet",
    "parse_scores_path",
    "read_committed",
    "scores_path",
    "shard_name",
    "write_atomic",
    "write_json_atomic",
    "write_parquet_atomic",
]
