"""Oracles: measurements that are too expensive to run on a whole library.

An :class:`~hitsieve.oracles.protocol.Oracle` turns compounds into rows of the LABELS table, the
same table models are trained on. :func:`~hitsieve.oracles.measure.measure` runs one on any
executor, keeps every label as a committed file, and never measures a compound twice.
"""

from hitsieve.oracles.lookup import LookupOracle
from hitsieve.oracles.measure import MeasureConfig, measure
from hitsieve.oracles.protocol import Compound, Measurement, Oracle, label_rows
from hitsieve.oracles.shape import ShapeOracle, ShapeOracleConfig
from hitsieve.oracles.store import LabelStore

__all__ = [
    "Compound",
    "LabelStore",
    "LookupOracle",
    "MeasureConfig",
    "Measurement",
    "Oracle",
    "ShapeOracle",
    "ShapeOracleConfig",
    "label_rows",
    "measure",
]
