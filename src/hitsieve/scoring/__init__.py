"""Scorers: from a batch of compounds to predicted values with their spread."""

from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.protocol import Prediction, Scorer

__all__ = ["CompoundBatch", "Prediction", "Scorer"]
