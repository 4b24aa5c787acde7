"""Which structures are kept: every limit of the standardizer is a setting here."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.provenance import fingerprint

STANDARDIZER_VERSION: Final = 1
"""Raised with every change of rules or lists that can change a result."""


class ChemPolicy(StrictConfig):
    """Limits and choices of the standardizer.

    Tautomers are kept as drawn: the structure key tells them apart, the InChIKey in it shows
    that they are one substance.
    """

    max_text: int = Field(default=2000, ge=1, description="Characters, checked before parsing.")
    min_heavy_atoms: int = Field(default=2, ge=1, description="Heavy atoms of the parent.")
    max_heavy_atoms: int = Field(
        default=150, ge=1, le=255, description="Heavy atoms of the parent; indices are one byte."
    )
    max_fragments: int = Field(default=10, ge=1, description="Fragments of the record.")
    max_rings: int = Field(
        default=25, ge=0, description="Independent rings; fullerenes and graphene have more."
    )
    mixture_ratio: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="An unlisted organic component is stripped if it has at most this share of "
        "the largest component's heavy atoms; otherwise the record is a mixture.",
    )
    soft_seconds: float = Field(
        default=2.0, gt=0, description="Processor time for one record, checked between steps."
    )

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits for the settings and the version of the rules.

        RDKit's own version is left out: the golden molecules of a model catch what it changes.
        """
        return fingerprint({"version": STANDARDIZER_VERSION, **self.model_dump(mode="json")})
