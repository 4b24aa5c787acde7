"""What to take out of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from hitsieve.chem.substructure import SubstructureFilter
from hitsieve.config import StrictConfig
from hitsieve.errors import UsageError, nearest
from hitsieve.schema.tables import DESCRIPTORS

PROPERTIES: Final = tuple(column.name for column in DESCRIPTORS)


class Window(StrictConfig):
    """Bounds of a property, both ends included.

    Parameters
    ----------
    minimum, maximum
        In the property's unit; an absent one does not bind.
    """

    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.minimum, self.maximum
        if low is not None and high is not None and low > high:
            raise ValueError(f"minimum {low:g} is above maximum {high:g}")
        return self


class Selection(StrictConfig):
    """Which compounds to take: those that pass every condition given.

    Parameters
    ----------
    properties
        Windows by column, such as ``mw: {minimum: 200, maximum: 450}``.
    present, absent
        SMARTS a compound must hold all of, and none of.
    ids
        Files with one identifier a line: a compound_id, InChIKey or supplier's identifier.
    structures
        Files with structures, in any format a library is built from; matched by structure.
    available
        Leave out compounds whose every identifier was withdrawn by its supplier.
    sample
        Take so many of those that pass, at random.
    seed
        Of the sample.
    """

    properties: dict[str, Window] = Field(default_factory=dict)
    present: list[str] = Field(default_factory=list)
    absent: list[str] = Field(default_factory=list)
    ids: list[Path] = Field(default_factory=list)
    structures: list[str] = Field(default_factory=list)
    available: bool = False
    sample: int | None = Field(default=None, ge=1)
    seed: int = 0

    @field_validator("properties")
    @classmethod
    def _known(cls, value: dict[str, Window]) -> dict[str, Window]:
        for name, window in value.items():
            if name not in PROPERTIES:
                raise ValueError(
                    f"no property {name!r}{nearest(name, PROPERTIES)}; "
                    f"there are {', '.join(PROPERTIES)}"
                )
            if window == Window():
                raise ValueError(f"{name} has neither a minimum nor a maximum; give one of them")
        return value

    @field_validator("present", "absent")
    @classmethod
    def _smarts(cls, value: list[str]) -> list[str]:
        try:
            SubstructureFilter(value)
        except UsageError as error:
            raise ValueError(error.message) from None
        return value


class SubsetConfig(Selection):
    """A library cut out of another.

    Parameters
    ----------
    library, output
        Folders of the library and of the one to make; an interrupted cut in it is continued.
    """

    library: Path
    output: Path

    @model_validator(mode="after")
    def _some_condition(self) -> Self:
        chosen = Selection.model_fields.keys() - {"seed"}
        if not any(getattr(self, name) for name in chosen):
            raise ValueError("no condition is given, and the whole library is there already")
        return self


def parse_window(text: str) -> tuple[str, Window]:
    """Read ``name=low:high``, where either end may be left out.

    Raises
    ------
    UsageError
        If it is written otherwise, or a bound is no finite number.

    Examples
    --------
    >>> parse_window("mw=200:450")
    ('mw', Window(minimum=200.0, maximum=450.0))
    >>> parse_window("clogp=:5")[1].maximum
    5.0
    """
    name, _, bounds = text.partition("=")
    low, colon, high = bounds.partition(":")
    try:
        window = Window(
            minimum=float(low) if low.strip() else None,
            maximum=float(high) if high.strip() else None,
        )
    except ValueError:
        colon = ""
    if not colon:
        raise UsageError(
            f"{text!r} is no property window", cure="write name=low:high, such as mw=200:450"
        )
    return name.strip(), window
