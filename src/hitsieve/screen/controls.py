"""Controls: compounds with known activity that travel with every shard, and never into hits.

They are scored in the same batch as the shard's compounds, by the same worker. A control that
comes out differently than in the golden run shows a wrong kernel or a sick device, whatever
shard it happens to, and that shard is not committed. Where the known actives land among the
shard's compounds tells the enrichment while the screen runs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.delimited import BrokenRow, split_rows
from hitsieve.errors import ChecksumError, GoldenMismatchError, InputError
from hitsieve.file_kinds import read_text
from hitsieve.provenance import fingerprint, sha256_bytes
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hitsieve.screen.plan import Output, ScreenPlan
    from hitsieve.screen.sources import Loaded, Score, Sources
    from hitsieve.store import Commit

HELD_OUT: Final = "held-out"
CONTROLS_FILE: Final = "controls.json"
_COLUMNS: Final = ("smiles", "target", "active")
PREFIX: Final = "control:"
ACTIVES: Final = 10
INACTIVES: Final = 30
"""Controls taken from the held-out part of a model's data, for each target."""
TOLERANCE: Final = 1e-4
"""Largest difference to a golden score, relative to its size plus the controls' spread."""
TOP_SHARE: Final = 0.01
_TRUTH: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Control:
    """A compound of known activity.

    Parameters
    ----------
    compound_id
        ``control:`` and a hash of its SMILES; no compound of a library is named so.
    smiles
        Standardized parent SMILES.
    active, inactive
        Targets it is known to hit, and not to hit.
    """

    compound_id: str
    smiles: str
    active: tuple[str, ...]
    inactive: tuple[str, ...]


def gather(known: Iterable[tuple[str, str, bool]]) -> tuple[Control, ...]:
    """Make controls of (standardized SMILES, target, active), in order of their ids.

    What is called both active and inactive for a target counts as neither.
    """
    facts: dict[str, dict[str, set[bool]]] = {}
    for smiles, target, active in known:
        facts.setdefault(smiles, {}).setdefault(target, set()).add(active)
    made = []
    for smiles, by_target in facts.items():
        hits = tuple(sorted(t for t, told in by_target.items() if told == {True}))
        misses = tuple(sorted(t for t, told in by_target.items() if told == {False}))
        if hits or misses:
            name = f"{PREFIX}{sha256_bytes(smiles.encode())[:16]}"
            made.append(Control(name, smiles, hits, misses))
    return tuple(sorted(made, key=lambda control: control.compound_id))


def read_controls(path: Path) -> tuple[Control, ...]:
    """Read controls from a CSV file with columns ``smiles``, ``target`` and ``active`` (0 or 1).

    Raises
    ------
    InputError
        If the file, a column or a value is not as it should be; names the line.
    """
    from hitsieve.chem.standardize import Standardizer

    standardize = Standardizer()
    known = []
    try:
        lines = read_text(Path(path)).split("\n")
    except OSError as error:
        raise InputError(f"controls {path} cannot be read: {error}", cure="check it") from error
    head = next(split_rows(lines, ","), [])
    names = head if isinstance(head, list) else [head.text]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"controls {path}: no column {', '.join(missing)}; the columns are {', '.join(names)}",
            cure=f"give columns {','.join(_COLUMNS)}, parted by commas, with active 0 or 1",
        )
    rows = split_rows(lines, ",", len(names), names.index("smiles"))
    for line, fields in enumerate(rows, 1):
        if isinstance(fields, BrokenRow):
            raise InputError(f"controls {path}, row {line}: {fields.reason}", cure="mend the row")
        if line == 1:
            continue
        row = dict(zip(names, fields, strict=False))
        truth = _TRUTH.get(row.get("active", "").strip().lower())
        found = standardize(row.get("smiles", ""))
        if truth is None or not row.get("target") or found.parent_smiles is None:
            raise InputError(
                f"controls {path}, line {line}: smiles {row.get('smiles')!r}, target "
                f"{row.get('target')!r}, active {row.get('active')!r}",
                cure=found.message or "name the target, and write 0 or 1 into active",
            )
        known.append((found.parent_smiles, row["target"], truth))
    return gather(known)


@dataclass(frozen=True, slots=True)
class Spikes:
    """Controls ready to travel: in memory, with the scores they must get.

    Parameters
    ----------
    loaded
        The controls as a batch.
    controls
        Who they are.
    golden
        By target and model, each control's score; None where it has none.
    """

    loaded: Loaded
    controls: tuple[Control, ...]
    golden: dict[str, dict[str, float | None]]

    def take_out(self, table: pa.Table, output: Output) -> tuple[pa.Table, dict[str, Any]]:
        """Split the controls from a SCORES table and compare them with their golden scores.

        Returns
        -------
        tuple
            The table without controls, and for each control of known activity the share of
            the shard's compounds that are better: JSON values for the commit record.

        Raises
        ------
        GoldenMismatchError
            If a control is missing or its score drifted.
        """
        ids = pa.array([control.compound_id for control in self.controls])
        marked = pc.is_in(table.column("compound_id"), ids)
        rest, mine = table.filter(pc.invert(marked)), table.filter(marked)
        scores = dict(
            zip(*(mine.column(n).to_pylist() for n in ("compound_id", "score")), strict=True)
        )
        _refuse_drift(scores, self.golden[_pair(output)], output)
        return rest, _places(self.controls, scores, rest, output)


def golden_scores(
    plan: ScreenPlan, sources: Sources, scorers: Mapping[str, Score], root: Path
) -> Spikes:
    """Return the controls with the scores they got when the screen was begun.

    The first worker scores them by themselves and keeps the result beside the plan.

    Raises
    ------
    ChecksumError
        If the file beside the plan is of other controls.
    StorageError
        If the storage refuses.
    """
    path = root / CONTROLS_FILE
    loaded = sources.controls_batch(plan.controls)
    if not path.exists():
        found = {}
        for model in plan.models:
            tables = scorers[model.reference](loaded.batch)
            for target in model.targets:
                rows = tables[target.name].select(["compound_id", "score"]).to_pylist()
                scores = {row["compound_id"]: row["score"] for row in rows}
                found[f"{target.name} by {model.reference}"] = dict(sorted(scores.items()))
        create_exclusive(path, json_bytes({"controls": digest(plan.controls), "scores": found}))
    kept = json.loads(path.read_text(encoding="utf-8"))
    if kept.get("controls") != digest(plan.controls):
        raise ChecksumError(f"{path} is of other controls", cure="screen into a new folder")
    return Spikes(loaded, plan.controls, kept["scores"])


def digest(controls: Sequence[Control]) -> str:
    """Return a fingerprint of controls."""
    return fingerprint([asdict(control) for control in controls])


def enrichment(commits: Sequence[Commit]) -> dict[str, Any] | None:
    """Tell where the controls landed, over the committed shards of one target and model.

    Returns
    -------
    dict or None
        ``actives`` and ``inactives``: how many; ``auc``: probability that a known active is
        better than a library compound, 0.5 by chance; ``enrichment``: share of actives within
        the best 1 %, over 1 %; both as means over shards weighted by their rows. None without
        known actives.
    """
    told = [(c.rows, c.extra["controls"]) for c in commits if "controls" in c.extra and c.rows]
    if not told or not told[0][1]["active"]:
        return None
    weights = np.array([rows for rows, _ in told], dtype=np.float64)
    above = np.array([list(facts["active"].values()) for _, facts in told])
    mean = np.average(above, axis=0, weights=weights)
    return {
        "actives": above.shape[1],
        "inactives": len(told[0][1]["inactive"]),
        "auc": round(float(1 - mean.mean()), 4),
        "enrichment": round(float((mean < TOP_SHARE).mean() / TOP_SHARE), 2),
        "shards": len(told),
    }


def _pair(output: Output) -> str:
    return f"{output.target} by {output.model}"


def _refuse_drift(
    scores: Mapping[str, float | None], golden: Mapping[str, float | None], output: Output
) -> None:
    numbers = [value for value in golden.values() if value is not None]
    spread = float(np.std(numbers)) if numbers else 0.0
    for name, expected in golden.items():
        found = scores.get(name)
        if expected is None or found is None:
            drifted = found is not expected or name not in scores
        else:
            drifted = not abs(found - expected) <= TOLERANCE * (abs(expected) + spread)
        if drifted:
            raise GoldenMismatchError(
                f"{output.key}: {name} scores {found}, in the golden run {expected}: "
                "this worker does not compute what others do",
                cure="look at the node's device and libraries, then run the screen again",
            )


def _places(
    controls: Sequence[Control], scores: Mapping[str, float | None], rest: pa.Table, output: Output
) -> dict[str, Any]:
    values = np.sort(rest.column("score").drop_null().to_numpy().astype(np.float64))
    higher = output.direction == "higher"

    def above(score: float | None) -> float:
        if score is None or not len(values):
            return 1.0
        place = (
            len(values) - np.searchsorted(values, score, side="right")
            if higher
            else (np.searchsorted(values, score, side="left"))
        )
        return round(float(place) / len(values), 6)

    return {
        "active": {
            c.compound_id: above(scores[c.compound_id])
            for c in controls
            if output.target in c.active
        },
        "inactive": {
            c.compound_id: above(scores[c.compound_id])
            for c in controls
            if output.target in c.inactive
        },
    }
