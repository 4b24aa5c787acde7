"""What a bundle says about its own predictions: bounds, probabilities that come true, a domain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.applicability import Applicability
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.provenance import sha256_bytes
from hitsieve.scoring.embed import embed
from hitsieve.scoring.gnn import one_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.gnn import GnnScorer
    from hitsieve.scoring.protocol import Prediction


class Judgment:
    """Calibration and domain of a model.

    Parameters
    ----------
    calibration
        ``calibration.json`` of a bundle.
    domain
        Arrays of ``domain.safetensors``.
    ensemble
        The networks: they tell which outputs are probabilities, which atoms and bonds have
        features, and what a molecule looks like to them.

    Raises
    ------
    KeyError, InputError
        If an entry is absent or they do not fit each other.
    """

    def __init__(
        self,
        calibration: Mapping[str, Any],
        domain: Mapping[str, NDArray[Any]],
        ensemble: GnnScorer,
    ) -> None:
        self.intervals = ConformalIntervals.from_dict(calibration["intervals"])
        self.temperature = TemperatureScaling.from_dict(calibration["temperature"])
        none = VennAbers((None,) * len(ensemble.targets)).to_dict()
        self.probabilities = VennAbers.from_dict(calibration.get("probabilities", none))
        self.domain = Applicability.from_arrays(domain)
        self.ensemble = ensemble
        self._neighborhood = self.domain.fingerprint.neighborhood()
        training = self.domain.fingerprint.training
        kinds = [] if self.domain.seen is None else self.domain.seen.to_arrays().values()
        self._kinds = ("kinds", *(sha256_bytes(array.tobytes()) for array in kinds))
        self._near = ("near", self.domain.fingerprint.threshold, sha256_bytes(training.tobytes()))

    def calibrated(self, mean: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return raw values (n, T) with probabilities that come true."""
        logistic = self.ensemble.scale.logistic
        if not logistic.any():
            return mean
        warmed = np.where(logistic, self.warmed(mean), 0.5)
        final = self.probabilities.apply(warmed).astype(np.float32)
        return np.where(logistic, final, mean)

    def warmed(self, mean: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return raw values (n, T) with probabilities brought to the right temperature alone.

        They come true less closely, and are as smooth as the model: what a student learns.
        """
        logistic = self.ensemble.scale.logistic
        warmed = self.temperature.apply(np.where(logistic, mean, 0.5)).astype(np.float32)
        return np.where(logistic, warmed, mean)

    def bounds(self, prediction: Prediction) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return lower and upper ends, (n, T) each; NaN where there are none.

        Parameters
        ----------
        prediction
            Calibrated values with the spread of the ensemble.

        Returns
        -------
        lower, upper
            Regression: the interval that holds the measured value with the promised probability.
            Classification: bounds on the probability of class 1, wide where the calibration set
            held few compounds of such a score.
        """
        low, high = self.intervals.interval(prediction.mean, prediction.std)
        logistic = self.ensemble.scale.logistic
        if not logistic.any():
            return low.astype(np.float32), high.astype(np.float32)
        below, above = self.probabilities.bounds(np.where(logistic, prediction.mean, 0.5))
        lower, upper = np.where(logistic, below, low), np.where(logistic, above, high)
        return lower.astype(np.float32), upper.astype(np.float32)

    def in_domain(self, batch: CompoundBatch) -> NDArray[np.bool_]:
        """Tell for which compounds the model was made: bool (n,)."""
        vocabulary = self.ensemble.vocabulary
        unknown = batch.once(
            ("unknown", vocabulary.fingerprint), partial(vocabulary.unknown_mask, batch.graphs)
        )
        with one_thread():
            near = batch.once(self._near, partial(self._neighborhood.holds, batch.morgan))
        inside: NDArray[np.bool_] = near & ~unknown
        seen = self.domain.seen
        if seen is not None:
            inside &= ~batch.once(self._kinds, partial(seen.unseen, batch.graphs))
        if self.domain.embedding is not None and inside.any():
            # The network is asked last, and only where the cheap questions were answered yes.
            asked = np.flatnonzero(inside)
            inside[asked] = self.domain.embedding.holds(
                embed(self.ensemble, batch.graphs.take(asked))
            )
        return inside

    def reasons(self, batch: CompoundBatch) -> list[str]:
        """Say for each compound why it is in or out of the domain."""
        unknown = self.ensemble.vocabulary.unknown_mask(batch.graphs)
        asks = self.domain.embedding is not None
        vectors = embed(self.ensemble, batch.graphs) if asks else None
        unseen = () if self.domain.seen is None else self.domain.seen.reasons(batch.graphs)
        return self.domain.check(batch.morgan, unknown, vectors, unseen)[1]
