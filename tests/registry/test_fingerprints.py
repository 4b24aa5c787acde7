from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import FingerprintError
from hitsieve.registry.fingerprints import check_fingerprints, installed_fingerprints

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents


def test_the_installed_code_passes(contents: BundleContents) -> None:
    check_fingerprints(contents.config, where="here")


def test_a_changed_network_version_is_noticed(
    contents: BundleContents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitsieve.networks.config.NETWORK_VERSION", 10**6)
    with pytest.raises(FingerprintError, match="network_code"):
        check_fingerprints(contents.config, where="here")


def test_another_table_of_trees_is_noticed(
    contents: BundleContents, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = contents.config
    before = installed_fingerprints(config.policy, config.network)
    monkeypatch.setattr("hitsieve.registry.fingerprints.TREE_COLUMNS", 10)
    after = installed_fingerprints(config.policy, config.network)
    assert {name for name in before if before[name] != after[name]} == {"inputs"}


def test_a_changed_policy_changes_only_the_standardizer(contents: BundleContents) -> None:
    config = contents.config
    before = installed_fingerprints(config.policy, config.network)
    after = installed_fingerprints(config.policy | {"max_heavy_atoms": 60}, config.network)
    assert {name for name in before if before[name] != after[name]} == {"standardizer"}
