"""``config.json`` of a bundle: what a prediction depends on."""

from __future__ import annotations

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hitsieve.config import StrictConfig

_DIGEST = re.compile(r"[0-9a-f]{8,64}")


class TargetConfig(StrictConfig):
    """One column a model predicts.

    The prediction of one member is ``output * std + mean``, and for a classification
    target the logistic function of that. The prediction of the ensemble is the mean over
    members; its spread the standard deviation over members (``ddof=0``).

    Parameters
    ----------
    name
        The target, as in the ``target`` column of LABELS and SCORES.
    endpoint, unit
        What is predicted, and in which unit.
    direction
        Whether a chemist wants higher or lower values.
    task
        ``regression`` or ``classification`` (the score is then the probability of class 1).
    mean, std
        Scale and shift from the network's output to the endpoint's unit (regression), or
        to the logit: a loss that weighs the classes moves the log odds by a known amount,
        and ``mean`` takes it back (classification).
    """

    name: str = Field(min_length=1)
    endpoint: str
    unit: str
    direction: Literal["higher", "lower"]
    task: Literal["regression", "classification"]
    mean: float = 0.0
    std: float = Field(default=1.0, gt=0)


class BundleConfig(StrictConfig):
    """Everything a prediction depends on besides the weights.

    Parameters
    ----------
    format
        Version of the bundle's layout.
    name
        The model's name in its registry. The version is the folder's name only: a number
        is given when the bundle is added.
    members
        Number of networks in the ensemble.
    network
        Settings of :class:`hitsieve.networks.config.NetworkConfig`.
    blend
        Kinds of models whose predictions are weighed, in the order of the weights; the networks
        alone if empty. Its arrays stand in ``blend.safetensors``.
    policy
        Settings of :class:`hitsieve.chem.policy.ChemPolicy`.
    standardizer, featurizer, vocabulary, network_code, inputs
        Fingerprints of the code and settings that turn a SMILES into a prediction.
    targets
        The columns, in the order of the network's outputs.
    level
        Share of true values the calibrated intervals are to hold.
    """

    format: Literal[1] = 1
    name: str
    members: int = Field(ge=1)
    network: dict[str, Any]
    blend: tuple[Literal["network", "gaussian_process", "support_vectors", "extra_trees"], ...] = ()
    policy: dict[str, Any]
    standardizer: str
    featurizer: str
    vocabulary: str
    network_code: str
    inputs: str
    targets: tuple[TargetConfig, ...] = Field(min_length=1)
    level: float = Field(default=0.9, gt=0, lt=1)

    @field_validator("standardizer", "featurizer", "vocabulary", "network_code", "inputs")
    @classmethod
    def _is_digest(cls, value: str) -> str:
        if not _DIGEST.fullmatch(value):
            raise ValueError("not a hexadecimal fingerprint")
        return value

    @model_validator(mode="after")
    def _distinct_targets(self) -> Self:
        names = self.target_names
        if len(set(names)) != len(names):
            raise ValueError(f"targets are named twice: {names}")
        return self

    @property
    def reads_inputs(self) -> bool:
        """Whether predictions depend on count fingerprints and descriptors."""
        return bool(self.blend) or bool(self.network.get("side_hidden"))

    @property
    def target_names(self) -> list[str]:
        """Names of the targets, in the order of the network's outputs."""
        return [target.name for target in self.targets]
