"""Reading and writing YAML without surprises: a text stays the text that somebody wrote.

PyYAML follows YAML 1.1, in which ``NO`` is false, ``0123`` is 83, ``12:30`` is 750, ``1_000`` is
1000 and ``2019-05-01`` is no text, and of a key that stands twice the last wins. A class called
``Yes``, an assay numbered ``0123`` or the first of two columns would be changed or lost in silence.
Here, as in the core schema of YAML 1.2, only ``true`` and ``false`` are truth values and only
decimal numbers are numbers; what else a setting can be is decided by its type, which takes ``yes``
for true where a truth value is asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Hashable

_EXPONENT: Final = r"(?:[eE][-+]?[0-9]+)?"
_PLAIN: Final = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"~|null|Null|NULL|", ("~", "n", "N", "")),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (
        rf"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+){_EXPONENT}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "merge": (r"<<", "<"),
}


_BREAKS: Final = frozenset("\x85\u2028\u2029")


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with fewer guesses, and an error where a key stands twice."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - PyYAML's own name and place

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping.

        Raises
        ------
        yaml.constructor.ConstructorError
            If a key stands twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


for _kind, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def read_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """Return what a YAML text holds.

    Parameters
    ----------
    text
        The text.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML, or a key stands twice.

    Examples
    --------
    >>> read_yaml("{target: NO, assay: 0123, rate: 0.5, epochs: 20, shuffle: true}")
    {'target': 'NO', 'assay': '0123', 'rate': 0.5, 'epochs': 20, 'shuffle': True}
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - made from the safe loader


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper, which lost a line break of Unicode in a text that it did not quote."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write_yaml(value: object) -> str:
    """Return plain values as YAML, keys in their order, which :func:`read_yaml` reads back equal.

    Parameters
    ----------
    value
        Mappings, lists, texts, numbers, truth values and None.

    Raises
    ------
    yaml.YAMLError
        If there is anything else in it.

    Examples
    --------
    >>> print(write_yaml({"target": "NO", "assay": "0123", "on": True}), end="")
    target: 'NO'
    assay: '0123'
    'on': true
    """
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
