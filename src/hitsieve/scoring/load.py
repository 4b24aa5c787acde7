"""From a bundle on disk to a scorer that has proved itself on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hitsieve.config import parse_config
from hitsieve.errors import FingerprintError, GoldenMismatchError, InputError
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.quarantine import refuse_blocked
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.device import ON_CPU, DeviceScorer, check_parity, scoring_device
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.judgment import Judgment
from hitsieve.scoring.precision import IN_FLOAT, LEAST_GAIN, check_agreement, matrix_gain
from hitsieve.scoring.protocol import Prediction
from hitsieve.threads import one_thread_algebra

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from numpy.typing import NDArray

    from hitsieve.networks.model import GraphNetwork
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.config import BundleConfig
    from hitsieve.scoring.blend import BlendScorer
    from hitsieve.scoring.device import Device
    from hitsieve.scoring.precision import Precision

GOLDEN_TOLERANCE: Final = 1e-4
"""Largest difference to a recorded prediction, relative to its size plus the target's scale."""


class BundleScorer:
    """A bundle's ensemble with its calibration and domain.

    Attributes
    ----------
    name
        ``name@version``.
    config
        The bundle's configuration, with the targets' directions and units.
    ensemble
        The networks.
    model
        The networks or the blend they are part of; its predictions are those of the golden set,
        before calibration.
    judgment
        Its calibration and its domain.
    """

    def __init__(self, bundle: Bundle) -> None:
        contents = bundle.contents
        self.name = bundle.name
        self.config: BundleConfig = contents.config
        self.ensemble = GnnScorer(_members(bundle), self.config.targets)
        self.model: GnnScorer | DeviceScorer | BlendScorer = self.ensemble
        if self.config.blend:
            from hitsieve.scoring.blend_arrays import blend_from_arrays

            self.model = blend_from_arrays(
                contents.blend, self.config.blend, self.ensemble, self.config.targets
            )
        try:
            self.judgment = Judgment(contents.calibration, contents.domain, self.ensemble)
        except (KeyError, InputError) as error:
            raise FingerprintError(
                f"{self.name}: its calibration or domain cannot be read: {error}",
                cure="train the model again with this version",
            ) from error

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self.ensemble.targets

    @one_thread_algebra()
    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict values in the endpoint's unit, and calibrated probabilities.

        The spread is that of the ensemble before calibration.
        """
        raw = self.model.score(batch)
        return Prediction(self.judgment.calibrated(raw.mean), raw.std)

    def bounds(self, prediction: Prediction) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return calibrated lower and upper ends, (n, T) each; NaN where there are none."""
        return self.judgment.bounds(prediction)

    def reduce(self, smiles: Iterable[str]) -> None:
        """Score in bfloat16 from now on.

        Parameters
        ----------
        smiles
            Molecules whose predictions must keep their ranks.

        Raises
        ------
        GoldenMismatchError
            If they do not, or the model has no such form.
        """
        if self.config.blend:
            raise GoldenMismatchError(f"{self.name}: a blend has no bf16 form", cure=IN_FLOAT)
        batch = CompoundBatch.from_smiles(list(smiles))
        try:
            reduced = GnnScorer(self.ensemble.members, self.config.targets, precision="bf16")
        except ValueError as error:
            raise GoldenMismatchError(f"{self.name}: {error}", cure=IN_FLOAT) from None
        check_agreement(self.name, self.targets, self.ensemble.score(batch), reduced.score(batch))
        self.model = reduced

    def move(self, device: torch.device | str, precision: Precision, smiles: Iterable[str]) -> None:
        """Score on a device from now on, if it gives the processor's values.

        Parameters
        ----------
        device
            Of torch.
        precision
            There. The device must agree in fp32 in any case, and in bf16 keep the ranks.
        smiles
            Molecules to compare.

        Raises
        ------
        GoldenMismatchError
            If the device differs, or the model has no form for devices.
        """
        if self.config.blend:
            raise GoldenMismatchError(f"{self.name}: a blend has no form for GPUs", cure=ON_CPU)
        batch = CompoundBatch.from_smiles(list(smiles))
        members, targets = self.ensemble.members, self.config.targets
        try:
            moved = DeviceScorer(members, targets, device=device)
        except ValueError as error:
            raise GoldenMismatchError(f"{self.name}: {error}", cure=ON_CPU) from None
        here = self.ensemble.score(batch)
        check_parity(self.name, targets, here, moved.score(batch), GOLDEN_TOLERANCE)
        if precision == "bf16":
            moved = DeviceScorer(members, targets, device=device, precision=precision)
            check_agreement(self.name, self.targets, here, moved.score(batch))
        self.model = moved

    def in_domain(self, batch: CompoundBatch) -> NDArray[np.bool_]:
        """Tell for which compounds the model was made: bool (n,)."""
        return self.judgment.in_domain(batch)


def load_scorer(
    folder: Path | str, precision: Precision = "fp32", device: Device = "cpu"
) -> BundleScorer:
    """Load a bundle for scoring, in ``bf16`` only if the golden molecules keep their ranks.

    On a GPU it is scored only if the golden molecules come out as on the processor.

    Every byte is verified, the installed chemistry and networks are compared with those the
    model was made with, and the golden molecules are predicted again from their SMILES: a
    changed RDKit, featurizer or kernel is caught before a screen. What is quarantined where it
    lies is not loaded, whoever asks for it.

    Raises
    ------
    NotFoundError
        If there is no bundle.
    QuarantinedError
        If it lies in a registry that blocks it.
    ChecksumError
        If a byte was changed.
    FingerprintError
        If the standardizer, featurizer, vocabulary or network differs, or weights do not fit.
    GoldenMismatchError
        Names the molecule that differs most.
    UsageError
        If a GPU is asked for and this process sees none.
    """
    chosen, folder = scoring_device(device), Path(folder)
    refuse_blocked(folder)
    bundle = read_bundle(folder)
    scorer = BundleScorer(bundle)
    check_golden(scorer, bundle)
    if chosen != "cpu":
        scorer.move(chosen, precision, _golden_smiles(bundle))
    elif precision == "bf16":
        scorer.reduce(_golden_smiles(bundle))
    return scorer


def settle_precision(
    folder: Path, wanted: Precision | Literal["auto"], device: Device = "cpu"
) -> Precision:
    """Return the precision to score a bundle in; ``auto`` is settled on this machine.

    It is bf16 where the golden molecules keep their ranks and the device multiplies such matrices
    faster: a GPU always, this processor as measured. Else it is fp32.

    Raises
    ------
    HitsieveError
        If the bundle is refused in any precision.
    """
    if wanted != "auto":
        return wanted
    scorer = load_scorer(folder, device=device)
    golden = _golden_smiles(read_bundle(folder))
    if device == "cpu" and matrix_gain() < LEAST_GAIN:
        return "fp32"
    try:
        if device == "cpu":
            scorer.reduce(golden)
        else:
            scorer.move(device, "bf16", golden)
    except GoldenMismatchError:
        return "fp32"
    return "bf16"


def check_golden(scorer: BundleScorer, bundle: Bundle) -> None:
    """Predict the golden molecules and compare mean and spread with those recorded.

    A value v of a target with scale s (its ``std`` for regression, 1 for probabilities) may
    differ by ``1e-4 * (|v| + s)``: far more than another machine's rounding, and less than any
    decision.

    Raises
    ------
    GoldenMismatchError
        Names the molecule and target that differ most, both values and the tolerance.
    """
    golden = bundle.contents.golden
    smiles: list[str] = golden.column("smiles").to_pylist()
    targets: list[str] = golden.column("target").to_pylist()
    unique = list(dict.fromkeys(smiles))
    if not unique or not set(targets) <= set(scorer.targets):
        raise GoldenMismatchError(
            f"{scorer.name}: its golden set has {len(unique)} molecules for targets "
            f"{sorted(set(targets))}",
            cure="train the model again",
        )
    try:
        found = scorer.model.score(CompoundBatch.from_smiles(unique))
    except ValueError as error:
        raise GoldenMismatchError(f"{scorer.name}: golden molecule: {error}", cure=_CURE) from error
    place = {text: row for row, text in enumerate(unique)}
    rows = np.array([place[text] for text in smiles])
    columns = np.array([scorer.targets.index(name) for name in targets])
    scales = np.array([_scale(scorer, name) for name in targets])
    for quantity in ("mean", "std"):
        recorded = golden.column(quantity).to_numpy()
        again = getattr(found, quantity)[rows, columns]
        allowed = GOLDEN_TOLERANCE * (np.abs(recorded) + scales)
        excess = np.nan_to_num(np.abs(again - recorded) / allowed, nan=np.inf)
        worst = int(np.argmax(excess))
        if excess[worst] > 1:
            raise GoldenMismatchError(
                f"{scorer.name}: {quantity} of {targets[worst]} for {smiles[worst]} is "
                f"{again[worst]:.6g}, recorded {recorded[worst]:.6g}, allowed difference "
                f"{allowed[worst]:.2g}; {int((excess > 1).sum())} of {len(excess)} values differ",
                cure=_CURE,
            )


_CURE: Final = "install the versions named in card.md, or train the model again"


def _golden_smiles(bundle: Bundle) -> list[str]:
    return list(dict.fromkeys(bundle.contents.golden.column("smiles").to_pylist()))


def _scale(scorer: BundleScorer, target: str) -> float:
    config = scorer.config.targets[scorer.targets.index(target)]
    return config.std if config.task == "regression" else 1.0


def _members(bundle: Bundle) -> list[GraphNetwork]:
    config = parse_config(
        NetworkConfig, bundle.config.network, where=f"{bundle.folder}/config.json"
    )
    members = []
    for number in range(bundle.config.members):
        member = build_network(config, len(bundle.config.targets))
        try:
            member.load_state_dict(bundle.contents.member(number))
        except RuntimeError as error:
            raise FingerprintError(
                f"{bundle.name}: weights of member {number} do not fit its network: {error}",
                cure="use the hitsieve version named in card.md, or train the model again",
            ) from error
        members.append(member)
    return members
