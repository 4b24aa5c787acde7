"""Settings of a lab inbox: what is measured, and on which plates."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from hitsieve.assays.replicates import Rule
from hitsieve.config import StrictConfig

PLATE_SHAPES = {96: (8, 12), 384: (16, 24)}
"""Rows and columns of a plate by its number of wells."""


class ControlConfig(StrictConfig):
    """A substance that stands on every plate beside the compounds.

    Parameters
    ----------
    name
        As the laboratory calls it, such as ``DMSO`` or ``staurosporine``.
    role
        ``negative`` for no effect, ``positive`` for the full one.
    wells
        Wells on each plate; taken from its first and last column in turn, so that drift across
        the plate shows.
    """

    name: str = Field(min_length=1, max_length=80)
    role: Literal["negative", "positive"]
    wells: int = Field(ge=1, le=32)


class InboxConfig(StrictConfig):
    """A laboratory that is asked by files and answers by files.

    Parameters
    ----------
    kind
        Names this oracle in a campaign's file.
    folder
        Where batches are written and results are kept, of one target, endpoint and unit only. A
        campaign keeps them in ``inbox`` of its own folder unless this is given.
    target, endpoint, unit
        What is measured. With unit ``pX``, results in molar concentrations are converted; unit
        ``class`` stands for 0 and 1.
    higher_is_better
        Which end of the scale is wanted.
    plate_wells
        96 or 384.
    replicates
        Wells each compound gets.
    controls
        Substances on every plate.
    shuffle
        Place compounds at random (by the batch's name), so that neither the edge of a plate nor
        the order of measuring favors the best ranked; otherwise in the order of the picks.
    rule
        How exact replicates are joined.
    show_reasons
        Whether forms, structures and plate maps say why each compound was picked; without it the
        bench is blind to what is hoped of a compound, and the picks file alone says it.
    show_predicted
        Whether they also hold what the model predicts, rounded.
    """

    kind: Literal["inbox"] = "inbox"
    folder: Path = Path("inbox")
    target: str = Field(min_length=1)
    endpoint: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    higher_is_better: bool = True
    plate_wells: Literal[96, 384] = 96
    replicates: int = Field(default=1, ge=1, le=16)
    controls: tuple[ControlConfig, ...] = (ControlConfig(name="DMSO", role="negative", wells=4),)
    shuffle: bool = True
    rule: Rule = "median"
    show_reasons: bool = True
    show_predicted: bool = False

    def inside(self, folder: Path) -> InboxConfig:
        """Return the settings with the inbox in a campaign's folder, unless they name another.

        Examples
        --------
        >>> asked = InboxConfig(target="ABL1", endpoint="pKd", unit="pX")
        >>> asked.inside(Path("campaigns/abl1")).folder.as_posix()
        'campaigns/abl1/inbox'
        """
        if "folder" in self.model_fields_set:
            return self
        return self.model_copy(update={"folder": folder / "inbox"})

    @property
    def task(self) -> Literal["regression", "classification"]:
        """Whether values are numbers or classes."""
        return "classification" if self.unit == "class" else "regression"

    @model_validator(mode="after")
    def _controls_fit(self) -> InboxConfig:
        rows = PLATE_SHAPES[self.plate_wells][0]
        asked = sum(control.wells for control in self.controls)
        if asked > 2 * rows:
            raise ValueError(
                f"{asked} control wells do not fit the two outer columns of a plate with "
                f"{self.plate_wells} wells ({2 * rows})"
            )
        names = [control.name for control in self.controls]
        if len(set(names)) != len(names):
            raise ValueError("a control is named twice; give it more wells instead")
        return self
