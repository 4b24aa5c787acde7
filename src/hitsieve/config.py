"""Strict configuration: unknown keys, wrong types and impossible values fail before any work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from hitsieve.errors import ConfigError, NotFoundError, nearest

if TYPE_CHECKING:
    from pathlib import Path


class StrictConfig(BaseModel):
    """Base of every configuration: immutable, no unknown keys, defaults checked too."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, protected_namespaces=()
    )


C = TypeVar("C", bound=StrictConfig)


def parse_config(kind: type[C], values: dict[str, Any], *, where: str = "configuration") -> C:
    """Build a configuration from plain values.

    Parameters
    ----------
    kind
        The configuration class.
    values
        Plain mapping, as read from YAML.
    where
        Named in the error: the file or the flag the values came from.

    Raises
    ------
    ConfigError
        Names every wrong key with its path, the value, and the nearest allowed key.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = [_explain(kind, issue) for issue in error.errors()]
        raise ConfigError(
            f"{where}: " + "; ".join(lines),
            cure="correct the named keys; `--help` and docs/configuration.md list what is allowed",
        ) from None


def load_config(kind: type[C], path: Path, overrides: dict[str, Any] | None = None) -> C:
    """Read a YAML file into a configuration; ``overrides`` (flags) win over the file.

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
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not readable YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds a {type(values).__name__}, not `key: value` lines")
    return parse_config(kind, merge(values, overrides or {}), where=str(path))


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
    text: str = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return text


def _explain(kind: type[StrictConfig], issue: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    path = ".".join(str(part) for part in issue["loc"]) or "(top level)"
    if issue["type"] == "extra_forbidden":
        return f"unknown key {path!r}{nearest(str(issue['loc'][-1]), _keys(kind, issue['loc']))}"
    if issue["type"] == "missing":
        return f"key {path!r} is required"
    return f"{path} = {issue['input']!r}: {issue['msg']}"


def _keys(kind: type[StrictConfig], loc: tuple[Any, ...]) -> list[str]:
    fields = kind.model_fields
    for part in loc[:-1]:
        inner = fields[part].annotation if part in fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        fields = inner.model_fields
    return list(fields)
