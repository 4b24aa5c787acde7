"""The scoreboard of a campaign's models: what each foretold, and what was measured then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.campaign.panel import Panel
from hitsieve.campaign.quick.pool import PoolScores
from hitsieve.campaign.surrogate import ScoredPool
from hitsieve.errors import DatasetError
from hitsieve.monitor.scoreboard import advise, prospective
from hitsieve.schema import SCORES
from hitsieve.screen.plan import PLAN_FILE
from hitsieve.store.files import write_json_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round

_LEVEL: Final = 0.9
FILE: Final = "scoreboard.json"


def update_scoreboard(campaign: Campaign) -> list[dict[str, Any]]:
    """Compare every finished round with what its model foretold, and keep the scoreboard.

    All compounds of a round count that its model had scored before they were measured, controls
    too. The file ``scoreboard.json`` in the campaign's folder is written anew.

    Returns
    -------
    list of dict
        One entry a round and target: ``round``, ``model``, ``advice`` with ``why``, and the
        fields of :class:`hitsieve.monitor.scoreboard.Prospective`.
    """
    found = [
        entry for one in campaign.folder.rounds() if one.model for entry in _judged(campaign, one)
    ]
    write_json_atomic(campaign.folder.root / FILE, found)
    return found


def _judged(campaign: Campaign, one: Round) -> Iterator[dict[str, Any]]:
    for target, folder, told in _models(campaign, one):
        measured = pa.array([pick.compound_id for pick in one.picks], pa.string())
        scores = _scores_of(folder, target, measured)
        try:
            result = prospective(
                one.labels,
                scores,
                target,
                higher_is_better=_direction(campaign, target),
                seed=campaign.config.seed,
            )
        except DatasetError:
            continue  # nothing that was foretold could be measured exactly
        promised = told.get("skills", {}).get(told.get("chosen"), {}).get("rmse")
        entry = {"round": one.number, "model": one.model, **_plain(result.to_dict())}
        if promised is not None:
            advice, why = advise(result, expected_rmse=promised, level=_LEVEL)
            entry |= {"advice": advice, "why": why, "promised_rmse": promised}
        yield entry


def _models(campaign: Campaign, one: Round) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Yield target, folder and record of each model of a round."""
    folder = campaign.folder.screen(one.number)
    if not isinstance(campaign.oracle, Panel):
        yield campaign.oracle.target, folder, one.surrogate
        return
    for number, target in enumerate(campaign.oracle.oracles):
        yield target, folder / f"target-{number}", one.surrogate["targets"][target]


def _direction(campaign: Campaign, target: str) -> bool:
    oracle = campaign.oracle
    if isinstance(oracle, Panel):
        return oracle.oracles[target].higher_is_better
    return oracle.higher_is_better


def _scores_of(folder: Path, target: str, measured: pa.Array) -> pa.Table:
    screened = (folder / PLAN_FILE).is_file()
    pool: Iterable[pa.Table] = ScoredPool(folder, target) if screened else PoolScores(folder)
    parts = [
        table.filter(pc.is_in(table.column("compound_id"), value_set=measured)) for table in pool
    ]
    return pa.concat_tables([SCORES.empty(), *(part.cast(SCORES.schema) for part in parts)])


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them: no NaN, no tuples."""
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, tuple | list):
        return [_cell(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
