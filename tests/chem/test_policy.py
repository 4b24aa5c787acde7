from __future__ import annotations

import pytest

from hitsieve.chem import policy as module
from hitsieve.chem.policy import ChemPolicy
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError


def test_every_setting_and_the_version_are_in_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = ChemPolicy()
    changed = []
    for name in ChemPolicy.model_fields:
        value = getattr(base, name)
        half = value // 2 if isinstance(value, int) else value / 2
        changed.append(base.model_copy(update={name: half}))
    prints = {base.fingerprint(), *(policy.fingerprint() for policy in changed)}
    assert len(prints) == len(changed) + 1
    monkeypatch.setattr(module, "STANDARDIZER_VERSION", module.STANDARDIZER_VERSION + 1)
    assert base.fingerprint() not in prints


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(ConfigError, match="max_heavy_atoms"):
        parse_config(ChemPolicy, {"max_heavy_atoms": 256})
    with pytest.raises(ConfigError, match="did you mean 'max_rings'"):
        parse_config(ChemPolicy, {"max_ring": 3})
