"""From the best scores to a hit list with everything a chemist asks.

:func:`~hitsieve.hits.collect.collect` makes a HITS table from a screen,
:func:`~hitsieve.hits.export.export` writes it as CSV, SDF or Parquet.
"""

from hitsieve.hits.blocked import blocked_models, blocked_of, plain_blocks, told_of
from hitsieve.hits.collect import HitList, collect, collect_all
from hitsieve.hits.export import export

__all__ = [
    "HitList",
    "blocked_models",
    "blocked_of",
    "collect",
    "collect_all",
    "export",
    "plain_blocks",
    "told_of",
]
