"""The parts of a dataset card: its files, and what each column of values means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from hitsieve.config import StrictConfig

Task = Literal["regression", "classification"]
Direction = Literal["higher", "lower"]
Part = Literal["", "train", "valid", "test"]
Transform = Literal[
    "none", "log10", "negative_log10", "pM_to_pX", "nM_to_pX", "uM_to_pX", "mM_to_pX", "M_to_pX",
    "unit_column_to_pX",
]  # fmt: skip

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class FileCard(StrictConfig):
    """One file of a data set.

    Parameters
    ----------
    path
        Where it lies in a data folder or mirror; relative, with ``/``.
    sha256
        Of the file as stored; empty only for a private file beside its own card.
    url
        Public address that serves exactly these bytes; empty where none is known.
    part
        Which part of a fixed split the whole file is; empty if it is none.
    """

    path: str
    sha256: str = ""
    url: str = ""
    part: Part = ""

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        parts = Path(value).parts
        if not parts or Path(value).is_absolute() or ".." in parts or "\\" in value:
            raise ValueError("a file's path is relative and stays inside the data folder")
        return value

    @field_validator("sha256")
    @classmethod
    def _is_digest(cls, value: str) -> str:
        if value and not _SHA256.match(value):
            raise ValueError("a sha256 has 64 lower-case hexadecimal digits")
        return value


class ColumnCard(StrictConfig):
    """What a column of values means.

    Parameters
    ----------
    endpoint
        What was measured, such as ``pIC50``.
    unit
        Unit of the value **after** the transform, such as ``pX`` or ``kcal/mol``; ``class`` for
        a classification.
    direction
        Whether a higher or a lower value is the wanted one.
    task
        ``regression`` or ``classification`` (values 0 and 1).
    target
        What it was measured on; ``{column}`` stands for the column's name. Empty: the column's
        name.
    transform
        Way from the file's number to the unit. ``unit_column_to_pX`` reads each row's unit from
        the card's ``unit_column``.
    title
        The target in words.
    active, inactive
        What a classification calls its classes, where that is not 1 and 0, such as
        ``active: [1, 2]`` and ``inactive: [0]``. A value of neither list is no label.
    """

    endpoint: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    direction: Direction
    task: Task
    target: str = ""
    transform: Transform = "none"
    title: str = ""
    active: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()

    @field_validator("active", "inactive", mode="before")
    @classmethod
    def _as_texts(cls, value: object) -> object:
        # YAML reads 2 as a number and yes as a truth value; a file holds texts
        return [str(one) for one in value] if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _classes_are_told_apart(self) -> ColumnCard:
        if bool(self.active) != bool(self.inactive):
            lacking = "inactive" if self.active else "active"
            raise ValueError(f"active and inactive belong together: {lacking} is missing")
        if self.active and self.task != "classification":
            raise ValueError(f"active and inactive belong to a classification, not to {self.task}")
        both = {class_key(one) for one in self.active} & {class_key(one) for one in self.inactive}
        if both:
            raise ValueError(f"{min(both)!r} stands in active and in inactive")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> ColumnCard:
        if self.transform.endswith("_to_pX") and self.unit != "pX":
            raise ValueError(f"transform {self.transform} gives pX, but unit is {self.unit!r}")
        if self.task == "classification" and (self.transform != "none" or self.unit != "class"):
            raise ValueError(
                "a classification has unit 'class' and transform none, not "
                f"{self.unit!r} and {self.transform}"
            )
        if self.task == "regression" and self.unit == "class":
            raise ValueError("unit 'class' belongs to a classification")
        return self


def class_key(text: str) -> str:
    """Return what two ways of writing a class have in common.

    Examples
    --------
    >>> class_key("2.0") == class_key(" 2"), class_key("Active")
    (True, 'active')
    """
    clean = text.strip().lower()
    try:
        return repr(float(clean) + 0.0)  # -0 is 0
    except ValueError:
        return clean


def list_entry(name: str) -> tuple[str, int]:
    """Take ``labels[2]`` apart into column and entry; entry is -1 for a plain name.

    Examples
    --------
    >>> list_entry("labels[2]")
    ('labels', 2)
    >>> list_entry("score")
    ('score', -1)
    """
    found = re.fullmatch(r"(.+)\[(\d+)\]", name)
    return (found.group(1), int(found.group(2))) if found else (name, -1)
