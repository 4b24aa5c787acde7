"""Write the pages of docs/ that are made from code: run by `make docs`.

file-formats.md comes from the declared tables, codes.md from the outcome codes, exit-codes.md
from the exception tree, configuration.md from the configuration classes. A test compares the
pages with what this script would write.
"""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hitsieve import errors
from hitsieve.schema import CODES, TABLES, Status

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

DOCS = Path(__file__).resolve().parent
NOTE = "<!-- Written by `make docs` from the code; edit the code instead. -->\n"

ROOTS = (
    "hitsieve.cli.settings.Settings",
    "hitsieve.library.config.LibraryConfig",
    "hitsieve.library.config.AddConfig",
    "hitsieve.library.cut.selection.SubsetConfig",
    "hitsieve.library.enumerate.EnumerationConfig",
    "hitsieve.chem.reactions.Reaction",
    "hitsieve.assays.cards.DatasetCard",
    "hitsieve.modeling.config.TrainConfig",
    "hitsieve.modeling.config.Recipe",
    "hitsieve.modeling.config.PromotionConfig",
    "hitsieve.modeling.import_chemprop.ImportConfig",
    "hitsieve.modeling.distill.DistillConfig",
    "hitsieve.screen.config.ScreenConfig",
    "hitsieve.campaign.job.CampaignJob",
    "hitsieve.campaign.reagents.job.ReagentJob",
    "hitsieve.cli.demo_summary.DemoConfig",
)

FORMATS = """\
# File formats

Parquet is hitsieve's public interface. Each table is declared once, in
`hitsieve.schema.tables`; readers check a file's columns against the declaration before they
touch data. Further columns are allowed: columns only accrue. Where each table lies on disk is
told in [concepts](concepts.md).
"""

OUTCOMES = """\
# Outcome codes

N records in, N rows accounted for. Each record ends with a `status`, a `code` from this closed
list, and a `message` of at most 300 characters. A bad record never raises an error, never shifts
a neighbor, and never becomes a zero.
"""

STATUS_WORDS = {
    Status.OK: "Kept as given.",
    Status.STANDARDIZED: "Kept, changed as the code says.",
    Status.REJECTED: "Not kept: the record is no compound that can be screened.",
    Status.FAILED: "Not kept or not measured, though no fault of the record is known.",
}

EXITS = """\
# Exit codes

What a command ends with. An error prints what is wrong and a cure on stderr; stdout holds data
only, so a failed command leaves no half table in a pipe.

| code | meaning | what to do |
|---|---|---|
| 0 | done | |
| 1 | unexpected: a bug | the message names a log file; report it |
| 2 | the request itself is wrong: a flag or a configuration key | correct it; `--help` lists flags, [configuration](configuration.md) lists keys |
| 3 | an input was refused: a file, a table, a name that does not exist | the message names file and place |
| 4 | more records were refused than allowed | look at the rejects by [code](codes.md), then correct the file or raise the limit |
| 5 | incomplete: interrupted, disk full, or shards that failed again and again | run the same command again, it goes on from there |
| 6 | a model may not be used: changed bytes, other chemistry, blocked | the message names which; restore it, train it again, or lift the quarantine with `hitsieve models lift` |
| 7 | the Ray cluster cannot be reached or is unsafe | check `RAY_ADDRESS`, or use `--executor serial` |
| 130 | interrupted by Ctrl-C where there is nothing to resume | |

The exceptions of the Python interface carry the same codes:

"""

CONFIGURATION = """\
# Configuration

Configurations are strict: an unknown key, a wrong type or an impossible value stops a command
before any work, and the message names the nearest allowed key. Each run writes its effective
configuration, every default included, beside its results.

A flag wins over the environment (`HITSIEVE_MODELS`, `HITSIEVE_EXECUTOR`, …), the environment over
`hitsieve.yaml` in the current folder, that over `~/.config/hitsieve/config.yaml`; these hold the
keys of `Settings`. A file named by `--config` holds the keys of the command's own class.
"""


def pages() -> dict[str, str]:
    """Return the text of every generated page by file name."""
    return {
        "file-formats.md": file_formats(),
        "codes.md": codes(),
        "exit-codes.md": exit_codes(),
        "configuration.md": configuration(),
    }


def file_formats() -> str:
    """Return the page on tables."""
    parts = [NOTE, FORMATS]
    for table in TABLES.values():
        parts.append(f"\n## {table.name.upper()}\n\nVersion {table.version}.\n\n")
        parts.append("| column | type | unit | null | meaning |\n|---|---|---|---|---|\n")
        parts += [
            f"| `{c.name}` | {c.type} | {c.unit} | {'yes' if c.nullable else ''} | {cell(c.meaning)} |\n"
            for c in table.columns
        ]
    return "".join(parts)


def codes() -> str:
    """Return the page on outcome codes."""
    parts = [NOTE, OUTCOMES]
    for status in Status:
        parts.append(f"\n## {status.value}\n\n{STATUS_WORDS[status]}\n\n")
        parts.append("| code | meaning | what to do | example |\n|---|---|---|---|\n")
        parts += [
            f"| `{code.value}` | {cell(info.meaning)} | {cell(info.cure)} | {literal(info.example)} |\n"
            for code, info in CODES.items()
            if info.status is status
        ]
    return "".join(parts)


def exit_codes() -> str:
    """Return the page on exit codes, with the exception tree as the code draws it."""
    tree = inspect.getdoc(errors) or ""
    drawn = tree.split("::\n\n", 1)[1].split("\n\n", 1)[0]
    return f"{NOTE}{EXITS}```\n{textwrap.dedent(drawn)}\n```\n"


def configuration() -> str:
    """Return the page on configuration classes."""
    parts = [NOTE, CONFIGURATION]
    for kind in config_classes():
        parts.append(f"\n## {kind.__name__}\n\n{summary(kind)} (`{kind.__module__}`)\n\n")
        parts.append("| key | type | default | meaning |\n|---|---|---|---|\n")
        told = parameter_docs(kind)
        parts += [
            f"| `{name}` | {cell(type_name(field.annotation))} | {default(field)} | "
            f"{cell(field.description or told.get(name, ''))} |\n"
            for name, field in kind.model_fields.items()
        ]
    return "".join(parts)


def config_classes() -> list[type[BaseModel]]:
    """Return every class a user's file can fill in: the roots and all they hold, in order."""
    found: dict[type[BaseModel], None] = {}
    for path in ROOTS:
        module, _, name = path.rpartition(".")
        _collect(getattr(importlib.import_module(module), name), found)
    return list(found)


def _collect(kind: object, found: dict[type[BaseModel], None]) -> None:
    for inner in get_args(kind):
        _collect(inner, found)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
        found[kind] = None
        for field in kind.model_fields.values():
            _collect(field.annotation, found)


def summary(kind: type[BaseModel]) -> str:
    """Return the first paragraph of a class's docstring on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def parameter_docs(kind: type[BaseModel]) -> dict[str, str]:
    """Return the meaning of each field, from the docstrings of the class and its bases."""
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, BaseModel):
            told |= _told_by(inspect.cleandoc(base.__doc__ or ""))
    return told


def _told_by(text: str) -> dict[str, str]:
    section = r"(?:Parameters|Attributes)\n-+\n(.*?)(?=\n\n?\w[^\n]*\n-{3,}\n|\Z)"
    found = re.search(section, text, re.DOTALL)
    told: dict[str, str] = {}
    names: list[str] = []
    for line in (found[1] if found else "").splitlines():
        if line and not line.startswith(" "):
            names = [part.strip() for part in line.split(":")[0].split(",")]
        elif line.strip():
            for name in names:
                told[name] = f"{told.get(name, '')} {line.strip()}".strip()
    return told


WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false",
         "Path": "path", "NoneType": "empty", "Any": "any value"}  # fmt: skip


def type_name(kind: object) -> str:
    """Return a type in the words of somebody who writes YAML.

    Examples
    --------
    >>> type_name(dict[str, list[int]])
    'mapping of text to list of whole number'
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(repr(value) if value == "" else str(value) for value in inner)
    parts = [type_name(part) for part in inner]
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(parts))
    if origin is dict:
        return f"mapping of {parts[0]} to {parts[1]}"
    if origin is tuple and Ellipsis not in inner:
        return f"list of {len(parts)}: {', '.join(parts)}"
    if origin in {list, tuple}:
        return f"list of {parts[0]}"
    name = getattr(kind, "__name__", str(kind))
    return parts[0] if origin is Annotated else WORDS.get(name, name)


def default(field: FieldInfo) -> str:
    """Return a field's default as a cell."""
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        made = field.default_factory()  # type: ignore[call-arg]
        return literal("own defaults" if isinstance(made, BaseModel) else str(made))
    value = field.default
    if value is PydanticUndefined or value is None:
        return ""
    return "own defaults" if isinstance(value, BaseModel) else literal(str(value))


def cell(text: str) -> str:
    """Return text that is safe inside a Markdown table cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("``", "`")


def literal(text: str) -> str:
    """Return text as code inside a table cell; nothing for no text."""
    safe = text.replace("|", "\\|").replace("\n", " ")
    return f"`{safe}`" if safe else ""


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
