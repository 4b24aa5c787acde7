"""Strict configuration: unknown keys, wrong types and impossible values fail before any work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from hitsieve.errors import ConfigError, NotFoundError, listed, nearest
from hitsieve.plain_yaml import read_yaml, write_yaml

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS: Final = "flags"
_LONGEST: Final = 200
_CORRECT: Final = "correct the named keys"
_GIVE: Final = "give what is missing as a flag, or by its key in the file of --config"
_LISTED: Final = "`--help` and docs/configuration.md list what is allowed"


class StrictConfig(BaseModel):
    """Base of every configuration: immutable, no unknown keys, finite numbers, defaults checked."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        protected_namespaces=(),
        allow_inf_nan=False,
    )


C = TypeVar("C", bound=StrictConfig)


def parse_config(
    kind: type[C],
    values: dict[str, Any],
    *,
    where: str = "configuration",
    over: dict[str, Any] | None = None,
    over_where: str = _FLAGS,
) -> C:
    """Build a configuration from plain values.

    Parameters
    ----------
    kind
        The configuration class.
    values
        Plain mapping, as read from YAML.
    where
        Named in the error: the file or the flag the values came from.
    over
        The part of the values that was laid over the others, and came from elsewhere.
    over_where
        Where that came from.

    Raises
    ------
    ConfigError
        Names every wrong key with its path, where it came from, the value, and the nearest
        allowed key.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        told: dict[str, list[str]] = {where: [], over_where: []}
        lacking = all(issue["type"] == "missing" for issue in error.errors())
        for issue in error.errors():
            source = over_where if over and _reaches(over, issue["loc"]) else where
            told[source].append(_explain(kind, issue))
        raise ConfigError(
            "; ".join(f"{source}: {'; '.join(lines)}" for source, lines in told.items() if lines),
            cure=f"{_GIVE if lacking and where == _FLAGS else _CORRECT}; {_LISTED}",
        ) from None


def load_config(
    kind: type[C],
    path: Path,
    overrides: dict[str, Any] | None = None,
    *,
    over_where: str = _FLAGS,
) -> C:
    """Read a YAML file into a configuration; ``overrides`` win over the file.

    Parameters
    ----------
    kind
        The configuration class.
    path
        The file.
    overrides
        Values laid over it, such as flags.
    over_where
        Where these came from: named in the error instead of the file, if they are what is wrong.

    Raises
    ------
    NotFoundError
        If the file does not exist.
    ConfigError
        If it is no YAML mapping, or a key or value is wrong.
    """
    if not path.is_file():
        raise NotFoundError(f"no configuration file {path}", cure="check the path")
    try:
        values = read_yaml(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not readable YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds a {type(values).__name__}, not `key: value` lines")
    over = overrides or {}
    merged = merge(values, over)
    return parse_config(kind, merged, where=str(path), over=over, over_where=over_where)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``over`` laid over it, key by key into nested mappings.

    Examples
    --------
    >>> merge({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 9}})
    {'a': 1, 'b': {'c': 9, 'd': 3}}
    """
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        both_mappings = isinstance(known, dict) and isinstance(value, dict)
        merged[key] = merge(known, value) if both_mappings else value  # type: ignore[arg-type]
    return merged


def dump_config(config: StrictConfig) -> str:
    """Return a configuration as YAML, every default written out."""
    return write_yaml(config.model_dump(mode="json"))


def _reaches(over: dict[str, Any], loc: tuple[Any, ...]) -> bool:
    """Tell whether what is wrong lies in the values that were laid over the others."""
    inner: Any = over
    for part in loc:
        if not isinstance(inner, dict):
            return True  # a list or a value was replaced as a whole
        if part not in inner:
            return False
        inner = inner[part]
    return bool(loc)


def _explain(kind: type[StrictConfig], issue: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    path = ".".join(str(part) for part in issue["loc"]) or "(top level)"
    if issue["type"] == "extra_forbidden":
        return f"unknown key {path!r}{nearest(str(issue['loc'][-1]), _keys(kind, issue['loc']))}"
    if issue["type"] == "missing":
        return f"key {path!r} is required"
    quotes = "; write it in quotes" if issue["type"] == "string_type" else ""
    said = issue["msg"].removeprefix("Value error, ")
    if issue["type"] == "value_error" and isinstance(issue["input"], dict):
        return f"{path}: {said}"  # of keys beside each other, which it names with their values
    return f"{path} = {listed([repr(issue['input'])], longest=_LONGEST)}: {said}{quotes}"


def _keys(kind: type[StrictConfig], loc: tuple[Any, ...]) -> list[str]:
    fields = kind.model_fields
    for part in loc[:-1]:
        inner = fields[part].annotation if part in fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        fields = inner.model_fields
    return list(fields)
