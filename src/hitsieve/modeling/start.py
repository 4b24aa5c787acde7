"""The pretrained encoder that a recipe's networks start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.registry.card import DataSource
from hitsieve.registry.encoders import read_encoder

if TYPE_CHECKING:
    from hitsieve.modeling.config import Recipe
    from hitsieve.registry.encoders import Encoder


def pretrained(recipe: Recipe) -> Encoder | None:
    """Return the encoder that a recipe's networks start from; None where they draw weights.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    ModelRefusedError
        If its bytes were changed, or it was made with other chemistry.
    ConfigError
        If it does not fit the recipe's network.
    """
    if not recipe.encoder:
        return None
    encoder = read_encoder(recipe.encoder)
    encoder.require_fit(recipe.network)
    return encoder


def encoder_sources(recipe: Recipe) -> list[DataSource]:
    """Return the encoder as a source of the model, with its licence; nothing without one."""
    encoder = pretrained(recipe)
    if encoder is None:
        return []
    return [
        DataSource(
            name=f"encoder {encoder.config.name}",
            title="structures without measurements, which the networks start from",
            source=encoder.card.library,
            license=encoder.card.license,
            sha256=encoder.digest,
            rows=encoder.card.compounds,
            kept=encoder.card.compounds,
        )
    ]
