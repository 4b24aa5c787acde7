from __future__ import annotations

import pytest

from hitsieve.chem.schemes import Reaction, Role, compile_pattern, compile_reaction
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError


@pytest.mark.parametrize(
    ("smarts", "roles", "message"),
    [
        ("[C:1]>>[C:1]", 2, "1 templates but 2 roles"),
        ("[C:1].[N:2]>>[C:1].[N:2]", 2, "exactly one product"),
        ("[C:1", 1, "no valid reaction SMARTS"),
    ],
)
def test_wrong_reactions_are_refused(smarts: str, roles: int, message: str) -> None:
    values = {
        "name": "test",
        "title": "test",
        "reference": "none",
        "smarts": smarts,
        "roles": [{"name": f"r{i}", "smarts": "C"} for i in range(roles)],
    }
    with pytest.raises(ConfigError, match=message):
        parse_config(Reaction, values)


def test_wrong_role_smarts_are_refused() -> None:
    with pytest.raises(ValueError, match="no valid SMARTS"):
        Reaction(
            name="t",
            title="t",
            reference="-",
            smarts="[C:1]>>[C:1]",
            roles=(Role(name="r", smarts="[C"),),
        )


def test_sound_patterns_compile() -> None:
    assert compile_reaction("[C:1].[N:2]>>[C:1][N:2]").GetNumReactantTemplates() == 2
    assert compile_pattern("c[Br,I]").GetNumAtoms() == 2
