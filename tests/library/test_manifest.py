from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import NotFoundError, SchemaError
from hitsieve.library.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_it_names_what_a_model_has_to_compare(build: Build, tmp_path: Path) -> None:
    (tmp_path / "x.smi").write_text("CCO a\n")
    policy = {"max_heavy_atoms": 40}
    manifest = build(tmp_path / "x.smi", policy=policy).manifest
    assert manifest.standardizer == ChemPolicy(max_heavy_atoms=40).fingerprint()
    assert manifest.standardizer != ChemPolicy().fingerprint()
    assert manifest.featurizer == featurizer_fingerprint()
    assert manifest.plan["policy"]["max_heavy_atoms"] == 40
    assert read_manifest(tmp_path / "library") == manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda _: "[]", "damaged"),
        (lambda text: json.dumps(json.loads(text) | {"format": 99}), "format 99"),
        (lambda text: json.dumps(json.loads(text) | {"colour": 1}), "'colour'"),
    ],
)
def test_damage_and_newer_formats_are_told(
    build: Build, tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    (tmp_path / "x.smi").write_text("CCO a\n")
    path = build(tmp_path / "x.smi").root / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(SchemaError, match=message):
        read_manifest(path.parent)


def test_a_begun_library_says_how_to_finish_it(tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    with pytest.raises(NotFoundError) as caught:
        read_manifest(tmp_path)
    assert "again to finish" in caught.value.cure
