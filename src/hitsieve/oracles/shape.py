"""The embedded oracle: 3D shape and pharmacophore overlap with a reference ligand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from hitsieve.chem.shape import (
    IMATINIB,
    SHAPE_VERSION,
    ShapeOverlap,
    ShapeReference,
    ShapeSettings,
    reference_shape,
)
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError
from hitsieve.oracles.protocol import Compound, Measurement, label_rows
from hitsieve.provenance import fingerprint, versions
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_DIGITS: Final = 6  # overlays converge to about 1e-4; more digits would be noise


class ShapeOracleConfig(StrictConfig):
    """A shape oracle.

    Parameters
    ----------
    kind
        Names this oracle in a campaign's file.
    target
        Name of the reference ligand, used as the target of the labels.
    reference
        Its SMILES.
    further
        SMILES of further reference ligands; the best overlap with any of them all counts.
    settings
        How conformers are made.
    time_limit_s
        Seconds one compound may take.
    """

    kind: Literal["shape"] = "shape"
    target: str = "imatinib_shape"
    reference: str = IMATINIB
    further: tuple[str, ...] = ()
    settings: ShapeSettings = ShapeSettings()
    time_limit_s: float = 60.0


class ShapeOracle:
    """Best mean of shape and color Tanimoto over conformers, 0 to 1; higher is better.

    The reference conformers are computed, see :mod:`hitsieve.chem.shape`. About 0.1 s a
    compound with 10 conformers on one core.

    Parameters
    ----------
    config
        Reference and settings.

    Examples
    --------
    >>> oracle = ShapeOracle(ShapeOracleConfig(settings=ShapeSettings(conformers=1)))
    >>> table = oracle.measure([("key", "Cc1ccccc1")])
    >>> 0 < table["value"][0].as_py() < 1
    True
    """

    name = "shape"
    endpoint = "shape_overlap"
    unit = "1"
    higher_is_better = True

    def __init__(self, config: ShapeOracleConfig | None = None) -> None:
        self.config = config or ShapeOracleConfig()

    @property
    def target(self) -> str:
        """Name of the reference ligand."""
        return self.config.target

    @property
    def time_limit_s(self) -> float:
        """Seconds one compound may take."""
        return self.config.time_limit_s

    @property
    def fingerprint(self) -> str:
        """Of reference, settings, and the RDKit that makes the conformers."""
        several = {"further": self.config.further} if self.config.further else {}
        return fingerprint(
            {
                "target": self.config.target,
                "reference": self.config.reference,
                "settings": self.config.settings.model_dump(),
                "version": SHAPE_VERSION,
                "rdkit": versions()["rdkit"],
                **several,
            }
        )

    def prepare(self) -> list[ShapeReference]:
        """Return the references ready for overlays, made once in a process.

        Raises
        ------
        InputError
            If a reference cannot be read or embedded.
        """
        ligands = (self.config.reference, *self.config.further)
        return [reference_shape(ligand, self.config.settings) for ligand in ligands]

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Measure compounds; see :meth:`hitsieve.oracles.protocol.Oracle.measure`.

        Raises
        ------
        InputError
            If a reference itself cannot be embedded.
        """
        references = self.prepare()
        return label_rows(
            self, compounds, [_measured(references, smiles) for _, smiles in compounds]
        )


def _measured(references: Sequence[ShapeReference], smiles: str) -> Measurement:
    try:
        found = [reference.overlap(smiles) for reference in references]
    except InputError as error:
        return Measurement(None, code=Code.SYNTAX, message=error.message)
    overlaps = [one for one in found if one is not None]
    if not overlaps:
        return Measurement(None, code=Code.NO_CONFORMER, message="no 3D conformer could be made")
    best = max(overlaps, key=lambda one: one.combo)
    which = f", reference {found.index(best) + 1}" if len(references) > 1 else ""
    return Measurement(round(best.combo, _DIGITS), message=_words(best) + which)


def _words(found: ShapeOverlap) -> str:
    return f"shape {found.shape:.3f}, color {found.color:.3f}, {found.conformers} conformers"
