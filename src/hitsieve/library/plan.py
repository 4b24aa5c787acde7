"""The plan of a build: everything its rows depend on, so that no other build is continued."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.errors import ConfigError, InputError
from hitsieve.library.config import FormatOptions
from hitsieve.library.layout import MANIFEST, PLAN, STAGING
from hitsieve.library.manifest import read_manifest
from hitsieve.provenance import versions
from hitsieve.schema import LIBRARY
from hitsieve.store.files import write_json_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.library.config import LibraryConfig
    from hitsieve.library.inputs import CheckedInput

Plan = dict[str, Any]


def make_plan(config: LibraryConfig, inputs: Sequence[CheckedInput]) -> Plan:
    """Return the plan as plain JSON values."""
    options = {name: getattr(config, name) for name in FormatOptions.model_fields}
    return {
        "inputs": [
            {"name": i.file.name, "size": i.size, "sha256": i.sha256, "format": i.file.format}
            for i in inputs
        ],
        "options": options,
        "limit": config.limit,
        "supplier": config.supplier,
        "policy": config.policy.model_dump(mode="json"),
        "standardizer": config.policy.fingerprint(),
        "featurizer": featurizer_fingerprint(),
        "chunk_records": config.chunk_records,
        "shard_rows": config.shard_rows,
        "schema_version": LIBRARY.version,
        "rdkit": versions()["rdkit"],
    }


def claim_folder(root: Path, plan: Plan) -> None:
    """Start a build in a folder, or see that the one begun there has the same plan.

    Raises
    ------
    InputError
        If an input changed.
    ConfigError
        If a setting or a version changed; names each with both values.
    """
    if (root / MANIFEST).is_file():
        _compare(root, read_manifest(root).plan, plan)
    elif (root / PLAN).is_file():
        _compare(root, json.loads((root / PLAN).read_text(encoding="utf-8")), plan)
    else:
        write_json_atomic(root / PLAN, plan)


def refuse_foreign_folder(root: Path) -> None:
    """Refuse an output folder with something else in it.

    Raises
    ------
    ConfigError
        If it is a file, or a folder with content and no library.
    """
    if root.is_file():
        raise ConfigError(f"output {root} is a file", cure="choose a folder")
    if not root.is_dir() or (root / MANIFEST).is_file() or (root / PLAN).is_file():
        return
    foreign = sorted(path.name for path in root.iterdir() if path.name != STAGING)
    if foreign:
        raise ConfigError(
            f"output {root} holds no library, but {foreign[0]!r}",
            cure="choose a new or empty folder",
        )


def _compare(root: Path, old: Plan, new: Plan) -> None:
    cure = "choose another output folder, or remove this one to build it anew"
    changed = _differences("", old, new)
    inputs = [text for name, text in changed if name.startswith("inputs")]
    if inputs:
        raise InputError(f"{root} was begun with other inputs: {'; '.join(inputs)}", cure=cure)
    if changed:
        texts = "; ".join(text for _, text in changed)
        raise ConfigError(f"{root} was begun with other settings: {texts}", cure=cure)


def _differences(name: str, old: object, new: object) -> list[tuple[str, str]]:
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        old, new = dict(enumerate(old)), dict(enumerate(new))
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            found
            for key in sorted({*old, *new}, key=str)
            for found in _differences(f"{name}.{key}".strip("."), old.get(key), new.get(key))
        ]
    return [] if old == new else [(name, f"{name} was {old!r}, is {new!r}")]
