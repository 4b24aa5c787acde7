"""Dataset cards: what a measurement file is, where it comes from, and what its columns mean.

A card is a YAML file. Without one nothing can be trained on, because a column of numbers does not
say its unit, its direction or its license. A card may describe one data set, or a family of alike
ones (``members``), each named ``family/member``.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, model_validator

from hitsieve import resources
from hitsieve.assays.columns import ColumnCard, FileCard, list_entry
from hitsieve.config import StrictConfig, merge, parse_config
from hitsieve.errors import ConfigError, NotFoundError, UsageError, nearest
from hitsieve.plain_yaml import read_yaml


class DatasetCard(StrictConfig):
    """One data set: origin, license, files and the meaning of their columns.

    Parameters
    ----------
    name
        Short name, ``family/member`` for a member of a family.
    title
        One line for a reader.
    source
        Repository or publication it comes from.
    url, citation
        Its address and how it wishes to be cited; empty where unknown.
    license
        As the source states it.
    files
        Its files, all with the same columns.
    smiles_column
        Column of structures.
    columns
        Meaning of each value column. A name with ``*`` is a pattern for all columns it matches
        that are not named otherwise; ``name[i]`` is the i-th entry (from 0) of a column of JSON
        lists.
    mask_column
        Column of JSON lists beside such a list column: 0 where the entry was not measured.
    id_column
        Column of the source's compound identifiers.
    split_column
        Column naming the part (train, valid, test) of a published split.
    relation_column
        Column of ``=``, ``<`` or ``>``, in terms of the file's own numbers.
    unit_column
        Column of units, for the transform ``unit_column_to_pX``.
    time_column
        Column of the time of measurement: a year, or an ISO 8601 date.
    extra_columns
        Columns carried along with the labels as text.
    notes
        What a user must know.
    folder
        Folder of a private card, whose files lie beside it. Set when it is loaded.
    """

    name: str = Field(min_length=1)
    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    url: str = ""
    license: str = Field(min_length=1)
    citation: str = ""
    files: tuple[FileCard, ...] = Field(min_length=1)
    smiles_column: str = Field(min_length=1)
    columns: dict[str, ColumnCard] = Field(min_length=1)
    mask_column: str | None = None
    id_column: str | None = None
    split_column: str | None = None
    relation_column: str | None = None
    unit_column: str | None = None
    time_column: str | None = None
    extra_columns: tuple[str, ...] = ()
    notes: str = ""
    folder: Path | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _has_unit_column(self) -> DatasetCard:
        needs = any(c.transform == "unit_column_to_pX" for c in self.columns.values())
        if needs and self.unit_column is None:
            raise ValueError("transform unit_column_to_pX needs unit_column: the column of units")
        return self

    @property
    def split_is_given(self) -> bool:
        """Whether the card comes with a published split, by column or by file."""
        return self.split_column is not None or any(file.part for file in self.files)

    def resolve(self, header: list[str]) -> dict[str, ColumnCard]:
        """Return the meaning of each value column of a file, patterns and targets filled in.

        Parameters
        ----------
        header
            Column names of the file.

        Raises
        ------
        ConfigError
            If a column named in the card is not in the file, or two have one target.
        """
        special = {self.smiles_column, self.mask_column, self.id_column, self.split_column,
                   self.relation_column, self.unit_column, self.time_column,
                   *self.extra_columns}  # fmt: skip
        found: dict[str, ColumnCard] = {}
        for name, meaning in self.columns.items():
            for column in self._match(name, header, special):
                target = (meaning.target or "{column}").replace("{column}", column)
                found[column] = meaning.model_copy(update={"target": target})
        targets = [meaning.target for meaning in found.values()]
        twice = sorted({t for t in targets if targets.count(t) > 1})
        if twice:
            raise ConfigError(
                f"card {self.name}: columns share the target {twice[0]!r}",
                cure="give each a target of its own; {column} stands for the column's name",
            )
        return found

    def _match(self, name: str, header: list[str], special: set[str | None]) -> list[str]:
        if "*" in name:
            free = [c for c in header if c not in special and c not in self.columns]
            return [c for c in free if fnmatch.fnmatchcase(c, name)]
        base = list_entry(name)[0] if name not in header else name
        if base not in header:
            raise ConfigError(
                f"card {self.name}: the file has no column {base!r}{nearest(base, header)}",
                cure=f"columns of the file: {', '.join(header[:20])}",
            )
        return [name]


def load_card(name_or_path: str | Path) -> DatasetCard:
    """Load a card by its name (``esol``, ``moleculeace/CHEMBL1862_Ki``) or from a YAML file.

    Raises
    ------
    NotFoundError
        If there is no such card; names the closest one.
    UsageError
        If a whole family is named: its members are listed.
    ConfigError
        If the card is wrong.
    """
    text = str(name_or_path)
    if text.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise NotFoundError(f"no dataset card {path}", cure="check the path")
        values = _yaml(path)
        name = values.get("name", path.stem)
        name = str(name) if type(name) is int else name
        card = _card(values, name, where=str(path), member="")
        return card.model_copy(update={"folder": path.resolve().parent})
    family, _, member = text.partition("/")
    path = resources.folder("datasets") / f"{family}.yaml"
    if not re.fullmatch(r"[\w.-]+", family) or not path.is_file():
        known = list_cards()
        raise NotFoundError(
            f"no dataset card {text!r}{nearest(text, known)}",
            cure="`hitsieve data list` names all; for own data write a card (docs/datasets.md)",
        )
    return _card(_yaml(path), text, where=f"{path.name}", member=member)


def list_cards() -> list[str]:
    """Return the names of all packaged cards, members of families one by one, in order."""
    names: list[str] = []
    for path in sorted(resources.folder("datasets").glob("*.yaml")):
        members = _yaml(path).get("members")
        if members is None:
            names.append(path.stem)
        else:
            names.extend(f"{path.stem}/{member}" for member in sorted(members))
    return names


def find_cards(pattern: str) -> list[DatasetCard]:
    """Load all cards a pattern names: ``moleculeace/*``, or a single name or path.

    Raises
    ------
    NotFoundError
        If it names none.
    """
    if "*" not in pattern:
        return [load_card(pattern)]
    found = [name for name in list_cards() if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise NotFoundError(f"no dataset card matches {pattern!r}", cure="`hitsieve data list`")
    return [load_card(name) for name in found]


def _yaml(path: Path) -> dict[str, Any]:
    try:
        values = read_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not readable YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no card: `key: value` lines are needed")
    return values


def _card(values: dict[str, Any], name: str, *, where: str, member: str) -> DatasetCard:
    members = values.get("members")
    if members is None:
        if member:
            raise NotFoundError(f"dataset {where} has no members", cure=f"use {Path(where).stem!r}")
        return parse_config(DatasetCard, {**values, "name": name}, where=f"dataset card {where}")
    if not member:
        raise UsageError(
            f"{name!r} is a family of data sets",
            cure=f"name one of: {', '.join(f'{name}/{m}' for m in sorted(members))}",
        )
    if member not in members:
        raise NotFoundError(
            f"no member {member!r} in {where}{nearest(member, members)}",
            cure=f"members: {', '.join(sorted(members))}",
        )
    shared = {key: value for key, value in values.items() if key != "members"}
    full = merge(shared, members[member])
    return parse_config(DatasetCard, {**full, "name": name}, where=f"dataset card {where}:{member}")
