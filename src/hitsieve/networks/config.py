"""What a network looks like."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from hitsieve.config import StrictConfig
from hitsieve.errors import ConfigError
from hitsieve.graphs.vocabulary import load_vocabulary

NETWORK_VERSION: Final = 1
"""Raised with every change of a network's code that can change what given weights compute."""


class NetworkConfig(StrictConfig):
    """Shape of a graph network; the defaults are those of Chemprop v2."""

    encoder: Literal["dmpnn", "gine", "attentivefp", "pna", "gps"] = Field(
        "dmpnn",
        description="messages along directed bonds (dmpnn), between atoms (gine, pna), weighed "
        "by attention (attentivefp), or beside attention over the whole molecule (gps)",
    )
    hidden: int = Field(300, ge=1, le=8192, description="width of the messages")
    depth: int = Field(3, ge=1, le=32, description="rounds of message passing")
    activation: Literal["relu", "leakyrelu", "elu", "tanh", "gelu", "silu"] = Field(
        "relu", description="the nonlinear function; leakyrelu has slope 0.1 below zero"
    )
    bias: bool = Field(default=False, description="add learned constants to the messages (dmpnn)")
    heads: int = Field(4, ge=1, le=64, description="attention heads (gps); they divide hidden")
    dropout: float = Field(0.0, ge=0.0, lt=1.0, description="share of values dropped in training")
    readout: Literal["mean", "sum", "norm", "attention"] = Field(
        "mean",
        description="from atoms to a molecule; norm is the sum over readout_norm, attention "
        "weighs atoms as Attentive FP does",
    )
    readout_norm: float = Field(100.0, gt=0.0, description="divisor of the norm readout")
    head_hidden: int = Field(300, ge=1, le=8192, description="width of the head's hidden layers")
    head_layers: int = Field(1, ge=0, le=8, description="hidden layers of the head")
    spread: bool = Field(
        default=False, description="predict the variance of each value too, learned beside it"
    )
    side_hidden: int = Field(
        0, ge=0, le=8192, description="width of the layers that fingerprints and descriptors pass"
    )
    side_dropout: float = Field(
        0.3, ge=0.0, lt=1.0, description="share dropped where they join the graph, and behind"
    )
    vocabulary: str = Field("chemprop_v2", description="which atom and bond values are told apart")

    @field_validator("vocabulary")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            load_vocabulary(name)
        except ConfigError as error:
            raise ValueError(error.message) from None
        return name

    @model_validator(mode="after")
    def _heads_divide_hidden(self) -> Self:
        if self.encoder == "gps" and self.hidden % self.heads:
            raise ValueError(
                f"hidden ({self.hidden}) must be a multiple of heads ({self.heads}) for gps"
            )
        return self
