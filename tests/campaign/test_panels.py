from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.objective import ObjectiveConfig
from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.campaign.panels import open_panel
from hitsieve.errors import ConfigError
from hitsieve.oracles.open import OracleConfig

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.panel import Panel

COMMAND = {"kind": "command", "argv": ["true", "{input}"], "endpoint": "e", "unit": "1",
           "higher_is_better": True}  # fmt: skip
INBOX = {"kind": "inbox", "endpoint": "e", "unit": "1", "controls": []}


def opened(library: Path, folder: Path, wanted: str, *panel: dict[str, Any]) -> Panel:
    wishes = [{"target": name, "transform": {"low": 0, "high": 1}} for name in wanted]
    read: TypeAdapter[OracleConfig] = TypeAdapter(OracleConfig)
    return open_panel(
        [read.validate_python(one) for one in panel],
        ObjectiveConfig.model_validate({"components": wishes}),
        CampaignConfig(library=library, folder=folder),
    )


def test_only_what_is_wished_for_is_measured(library: Path, tmp_path: Path) -> None:
    panel = [{**COMMAND, "target": name} for name in "abc"]
    found = opened(library, tmp_path, "ca", *panel)
    assert list(found.oracles) == ["c", "a"]
    assert not isinstance(found, BenchPanel)


def test_inboxes_share_one_in_the_campaign_s_folder(library: Path, tmp_path: Path) -> None:
    found = opened(library, tmp_path, "ab", *({**INBOX, "target": name} for name in "abc"))
    assert isinstance(found, BenchPanel)
    assert list(found.bench.answers) == ["a", "b"]
    assert found.bench.folder == tmp_path / "inbox"


@pytest.mark.parametrize(("wanted", "given"), [("ab", "a"), ("a", "aa")])
def test_each_target_has_one_oracle(library: Path, tmp_path: Path, wanted: str, given: str) -> None:
    panel = [{**INBOX, "target": name} for name in given]
    with pytest.raises(ConfigError, match="the objective names"):
        opened(library, tmp_path, wanted, *panel)
