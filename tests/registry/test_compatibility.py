from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import FingerprintError
from hitsieve.library.manifest import CountsEntry, Manifest
from hitsieve.registry.compatibility import refuse_other_chemistry

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents


def manifest(policy: ChemPolicy, **changes: str) -> Manifest:
    values: dict[str, Any] = {
        "standardizer": policy.fingerprint(),
        "featurizer": featurizer_fingerprint(),
        "plan": {"policy": policy.model_dump(mode="json")},
        "inputs": [],
        "counts": CountsEntry.model_construct(),
        "shards": [],
        "rejects": [],
        "duplicate_ids": "refuse",
        "versions": {},
    }
    return Manifest.model_construct(**{**values, **changes})


def test_the_same_chemistry_passes(contents: BundleContents) -> None:
    policy = ChemPolicy.model_validate(contents.config.policy)
    refuse_other_chemistry(contents.config, manifest(policy), where="here")


def test_each_setting_that_differs_is_named_with_both_values(contents: BundleContents) -> None:
    policy = ChemPolicy.model_validate(contents.config.policy)
    other = policy.model_copy(update={"max_heavy_atoms": 60, "max_rings": 7})
    with pytest.raises(FingerprintError) as caught:
        refuse_other_chemistry(contents.config, manifest(other), where="m@1 on library L")
    assert "m@1 on library L" in caught.value.message
    assert (
        f"max_heavy_atoms is {policy.max_heavy_atoms} for the model, 60 for the library; "
        f"max_rings is {policy.max_rings} for the model, 7 for the library"
    ) in caught.value.message
    assert caught.value.cure


def test_other_rules_and_other_codes_are_told(contents: BundleContents) -> None:
    policy = ChemPolicy.model_validate(contents.config.policy)
    for part, word in (("standardizer", "another version"), ("featurizer", "featurizer is")):
        changed = manifest(policy, **{part: "0" * 16})
        with pytest.raises(FingerprintError, match=word) as caught:
            refuse_other_chemistry(contents.config, changed, where="here")
        assert "0" * 16 in caught.value.message
