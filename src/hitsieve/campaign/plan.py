"""What makes a campaign the one it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import UsageError
from hitsieve.oracles.store import LabelStore
from hitsieve.provenance import fingerprint
from hitsieve.store.files import json_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.library import Library
    from hitsieve.oracles.protocol import Oracle

RECORD: Final = "campaign.json"
"""File of a campaign's folder that holds its plan."""

_ABSENT: Final = object()
_LONGEST: Final = 60
_NAMED: Final = 5
_MAY_CHANGE: Final = frozenset(
    # The slider only sets others, which are told.
    {"library", "folder", "measure", "rounds", "budget", "stop", "exclude", "batch", "explore"}
)


# Settings that came later, with the value that leaves picks as they were without them: there they
# are not told, so that campaigns begun before go on.
_CAME_LATER: Final = {"diversity": {"space": "fingerprint"}}


def plan_of(
    config: CampaignConfig, oracle: Oracle, surrogate: Surrogate, library: Library
) -> dict[str, Any]:
    """Return what decides picks; neither places, nor limits, nor the executor do.

    Rounds, their size, budget, exclusions and stopping are left out: a campaign may be prolonged.
    """
    told = config.model_dump(mode="json", exclude=set(_MAY_CHANGE))
    for part, settings in _CAME_LATER.items():
        for name, before in settings.items():
            if told[part][name] == before:
                del told[part][name]
    return {
        "config": told,
        "oracle": LabelStore.of(config.folder, oracle).key,
        "surrogate": surrogate.settings,
        "shards": [[shard.name, shard.sha256] for shard in library.shards],
    }


def differences(known: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Say which keys of two plans differ, with both values.

    Examples
    --------
    >>> differences({"config": {"seed": 7, "initial": 9}}, {"config": {"seed": 8, "initial": 9}})
    ['config.seed was 7 and is 8']
    """
    before, now = _flat(known), _flat(asked)
    return [
        f"{key} was {_said(before, key)} and is {_said(now, key)}"
        for key in dict.fromkeys([*now, *before])
        if before.get(key, _ABSENT) != now.get(key, _ABSENT)
    ]


def _flat(value: Any, path: str = "") -> dict[str, Any]:  # noqa: ANN401 - a JSON value
    if isinstance(value, dict) and value:
        parts = (
            _flat(inner, f"{path}.{key}" if path else str(key)) for key, inner in value.items()
        )
        return {key: leaf for part in parts for key, leaf in part.items()}
    return {path: value}


def _said(flat: Mapping[str, Any], key: str) -> str:
    if key not in flat:
        return "not set"
    text = json.dumps(flat[key], ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def refuse_other(root: Path, plan: dict[str, Any]) -> None:
    """Refuse a folder that holds a campaign of another plan; nothing is written.

    Raises
    ------
    UsageError
        If it does; names the keys that differ, with both values.
    """
    path = root / RECORD
    # As JSON has it, so that a plan compares equal to the one that was read back.
    record = json_bytes({"fingerprint": fingerprint(plan), **plan})
    if path.is_file() and path.read_bytes() != record:
        raise UsageError(
            f"{root} holds another campaign: {_difference(path, json.loads(record))}",
            cure="use its settings, or another folder",
        )


def _difference(path: Path, plan: dict[str, Any]) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        told = differences(
            *({k: v for k, v in one.items() if k != "fingerprint"} for one in (found, plan))
        )
    except (ValueError, AttributeError):
        return f"{RECORD} is damaged"
    if not told:
        return "it was written by another version"
    more = f"; and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    return "; ".join(told[:_NAMED]) + more
