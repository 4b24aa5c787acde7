"""The scoreboard of a campaign's models: what each foretold, and what was measured then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.campaign.laboratory import Laboratory
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.quick.pool import PoolScores
from hitsieve.campaign.reagents.run import ReagentCampaign
from hitsieve.campaign.state import Round
from hitsieve.campaign.surrogate import ScoredPool
from hitsieve.errors import DatasetError
from hitsieve.monitor.advice import advise
from hitsieve.monitor.comparison import compare
from hitsieve.monitor.new_labels import Known
from hitsieve.monitor.scoreboard import prospective
from hitsieve.schema import SCORES, Status
from hitsieve.screen.plan import PLAN_FILE
from hitsieve.store.files import write_json_atomic
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hitsieve.report.source import AnyCampaign

_LEVEL: Final = 0.9
_WIDTH: Final = 1.6448536269514722  # standard deviations on either side of 90 %
FILE: Final = "scoreboard.json"


def update_scoreboard(campaign: AnyCampaign) -> list[dict[str, Any]]:
    """Compare what was measured with what each round's model foretold, and keep the scoreboard.

    All compounds of a round count that its model had scored before they were measured, controls
    too, and none it had learned from. Of a laboratory all counts that is told by now: results of
    the open round, and those that came after a round was closed. The file ``scoreboard.json`` in
    the campaign's folder is written anew.

    Returns
    -------
    list of dict
        One entry a round and target: ``round``, ``model``, ``advice`` with ``why``, and the
        fields of :class:`hitsieve.monitor.scoreboard.Prospective`.
    """
    found = [entry for one in _told(campaign) if one.model for entry in _judged(campaign, one)]
    write_json_atomic(campaign.folder.root / FILE, found)
    return found


def _told(campaign: AnyCampaign) -> list[Round]:
    """Return all rounds with what is measured of them by now."""
    told = campaign.rounds()
    if not isinstance(campaign.oracle, Laboratory):
        return told
    opened = campaign.folder.choice(len(told))
    if opened is not None:
        labels = campaign.oracle.measure(campaign.compounds(opened))
        told.append(
            Round(len(told), opened.model, opened.picks, labels, surrogate=opened.surrogate)
        )
    return told


def _judged(campaign: AnyCampaign, one: Round) -> Iterator[dict[str, Any]]:
    known = _learned(campaign, one)
    for target, scores, told in _models(campaign, one):
        try:
            compared = compare(one.labels, scores, target, known=known)
        except DatasetError:
            continue  # nothing that was foretold could be measured exactly
        higher, seed = _direction(campaign, target), campaign.config.seed
        result = prospective(compared, higher_is_better=higher, seed=seed)
        entry = {"round": one.number, "model": one.model, **_plain(result.to_dict())}
        promised = _promised(told)
        if promised is not None:
            advice, why = advise(result, expected_rmse=promised, level=_LEVEL)
            entry |= {"advice": advice, "why": why, "promised_rmse": promised}
        yield entry


def _learned(campaign: AnyCampaign, one: Round) -> Known:
    """Return what the model of a round learned from; nothing of what a space was measured anew."""
    if isinstance(campaign, ReagentCampaign):
        return Known()
    name = f"{campaign.folder.screen(one.number).name}.parquet"
    with open_parquet(campaign.folder.root / "training" / name) as opened:
        ids = opened.read(columns=["compound_id"]).column("compound_id").to_pylist()
    return Known(learned=frozenset(ids))


def _promised(told: dict[str, Any]) -> float | None:
    """Return the error a surrogate expected: of the chosen kind, or on its card."""
    skill = told.get("skills", {}).get(told.get("chosen"), {})
    carded = {metric["metric"]: metric["value"] for metric in told.get("metrics", ())}
    found: float | None = skill.get("rmse", carded.get("rmse"))
    return found


def _models(campaign: AnyCampaign, one: Round) -> Iterator[tuple[str, pa.Table, dict[str, Any]]]:
    """Yield target, SCORES of the picks, and record of each model of a round."""
    if isinstance(campaign, ReagentCampaign):
        yield campaign.oracle.target, _scores_kept(one), one.surrogate
        return
    folder = campaign.folder.screen(one.number)
    measured = pa.array([pick.compound_id for pick in one.picks], pa.string())
    if not isinstance(campaign.oracle, Panel):
        target = campaign.oracle.target
        yield target, _scores_of(folder, target, measured), one.surrogate
        return
    for number, target in enumerate(campaign.oracle.oracles):
        scores = _scores_of(folder / f"target-{number}", target, measured)
        yield target, scores, one.surrogate["targets"][target]


def _scores_kept(one: Round) -> pa.Table:
    """Return SCORES of the picks as they stand with them, intervals of 90 % by the normal law."""
    picks = [pick for pick in one.picks if pick.predicted is not None and pick.std is not None]
    mean = np.array([pick.predicted for pick in picks], np.float64)
    std = np.array([pick.std for pick in picks], np.float64)
    return SCORES.build(
        {
            "compound_id": [pick.compound_id for pick in picks],
            "score": mean.astype(np.float32),
            "std": std.astype(np.float32),
            "lower": (mean - _WIDTH * std).astype(np.float32),
            "upper": (mean + _WIDTH * std).astype(np.float32),
            "in_domain": [True] * len(picks),
            "status": [str(Status.OK)] * len(picks),
        }
    )


def _direction(campaign: AnyCampaign, target: str) -> bool:
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
