"""What differs between two screens: how compounds moved in rank, and why they did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import HitsieveError, NotFoundError
from hitsieve.screen.plan import load_plan
from hitsieve.screen.scores import Scores
from hitsieve.store.queries import sql

if TYPE_CHECKING:
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.sources import Model

_SAMPLE: Final = 1_000_000
_CHEMISTRY: Final = ("standardizer", "featurizer")
_BUNDLE: Final = ("standardizer", "featurizer", "vocabulary", "network", "network_code", "members")


@dataclass(frozen=True, slots=True)
class Cause:
    """One difference in what two screens were made of.

    Parameters
    ----------
    part
        ``library``, ``standardizer``, ``featurizer``, ``model``, ``targets`` or ``cascade``.
    message
        What differs, in words.
    """

    part: str
    message: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A compound that is among the best of either screen; ranks are None where it is absent."""

    compound_id: str
    rank_a: int | None
    rank_b: int | None
    score_a: float | None
    score_b: float | None

    @property
    def shift(self) -> int | None:
        """Places it rose from A to B; negative if it fell."""
        if self.rank_a is None or self.rank_b is None:
            return None
        return self.rank_a - self.rank_b


@dataclass(frozen=True, slots=True)
class TargetDiff:
    """How the scores of one target differ.

    Parameters
    ----------
    target, model_a, model_b
        Whose scores.
    common
        Compounds with a score in both screens, among those compared.
    identical
        Those of them whose scores are equal.
    correlation
        Pearson correlation of the common scores; None if it is not defined.
    largest
        Largest difference of a common score.
    overlap
        Compounds that are among the best of both.
    shifts
        The best of either screen, in order of A's ranks, then B's.
    """

    target: str
    model_a: str
    model_b: str
    common: int
    identical: int
    correlation: float | None
    largest: float | None
    overlap: int
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class ScreenDiff:
    """All that differs between two screens; no cause means they are the same screen."""

    causes: tuple[Cause, ...]
    targets: tuple[TargetDiff, ...]


def diff_screens(a: Path, b: Path, *, k: int = 100) -> ScreenDiff:
    """Compare two screens: what they were made of, and the best ``k`` of each common target.

    Raises
    ------
    NotFoundError
        If a folder holds no screen.
    """
    first, second = load_plan(a), load_plan(b)
    pairs = [
        (target.name, left, right)
        for left in first.models
        for target in left.targets
        for right in [_counterpart(left, target.name, second)]
        if right is not None
    ]
    targets = []
    for target, left, right in pairs:
        try:
            scores = (
                Scores.open(a, target, left.reference),
                Scores.open(b, target, right.reference),
            )
        except NotFoundError:  # nothing is scored yet in one of them
            continue
        targets.append(_compare(*scores, k))
    return ScreenDiff(tuple(causes(first, second)), tuple(targets))


def causes(a: ScreenPlan, b: ScreenPlan) -> list[Cause]:
    """Say what differs in library, chemistry, models and targets of two plans."""
    found = _library_causes(a, b)
    for left in a.models:
        for right in b.models:
            if left.reference.split("@")[0] == right.reference.split("@")[0]:
                found += _model_causes(left, right)
    names = [
        {(m.reference.split("@")[0], t.name) for m in p.models for t in m.targets} for p in (a, b)
    ]
    for place, only in (("first", names[0] - names[1]), ("second", names[1] - names[0])):
        if only:
            listed = ", ".join(f"{target} by {model}" for model, target in sorted(only))
            found.append(Cause("targets", f"only the {place} screen scores {listed}"))
    found += _cascade_causes(a, b)
    return list(dict.fromkeys(found))


def _cascade_causes(a: ScreenPlan, b: ScreenPlan) -> list[Cause]:
    told = [
        f"{c.teacher} rescores what {c.student} finds of the best {c.top:,}, recall {c.recall:g}"
        if (c := plan.cascade) is not None
        else "every model scores everything"
        for plan in (a, b)
    ]
    if told[0] == told[1]:
        return []
    return [Cause("cascade", f"in the first screen {told[0]}, in the second {told[1]}")]


def _counterpart(model: Model, target: str, plan: ScreenPlan) -> Model | None:
    able = [m for m in plan.models if target in {t.name for t in m.targets}]
    name = model.reference.split("@")[0]
    same = [m for m in able if m.reference == model.reference]
    akin = [m for m in able if m.reference.split("@")[0] == name]
    return next(iter([*same, *akin, *able]), None)


def _compare(a: Scores, b: Scores, k: int) -> TargetDiff:
    tops = [table.filter(table.column("score").is_valid()) for table in (a.top(k), b.top(k))]
    ids = [table.column("compound_id").to_pylist() for table in tops]
    wanted = list(dict.fromkeys([*ids[0], *ids[1]]))
    in_a, in_b = a.ranks(wanted), b.ranks(wanted)
    none = (None, None)
    shifts = [
        Shift(name, in_a.get(name, none)[0], in_b.get(name, none)[0],
              in_a.get(name, none)[1], in_b.get(name, none)[1])
        for name in wanted
    ]  # fmt: skip
    facts = _common(a, b)
    return TargetDiff(
        a.target.name, a.model.reference, b.model.reference, **facts,
        overlap=len(set(ids[0]) & set(ids[1])), shifts=tuple(shifts),
    )  # fmt: skip


def _common(a: Scores, b: Scores) -> dict[str, Any]:
    rows = a.dataset().count_rows()
    every = max(1, rows // _SAMPLE)  # ids are hashes, so a share of them is a fair sample
    row = sql(
        f"""
        select count(*) as common,
               count(*) filter (x.score = y.score) as identical,
               corr(x.score::double, y.score::double) as correlation,
               max(abs(x.score::double - y.score::double)) as largest
        from x join y using (compound_id)
        where x.score is not null and y.score is not null and hash(compound_id) % {every} = 0
        """,  # noqa: S608 - the one value is an integer made above
        x=a.dataset(),
        y=b.dataset(),
    ).to_pylist()[0]
    correlation = row["correlation"]
    defined = correlation is not None and correlation == correlation  # noqa: PLR0124 - NaN differs from itself
    return {**row, "correlation": correlation if defined else None}


def _library_causes(a: ScreenPlan, b: ScreenPlan) -> list[Cause]:
    if [s.sha256 for s in a.shards] == [s.sha256 for s in b.shards]:
        return []
    found = [
        Cause(
            "library",
            f"{Path(a.library).name} has {a.compounds:,} compounds in {len(a.shards)} shards, "
            f"{Path(b.library).name} {b.compounds:,} in {len(b.shards)}; "
            f"{len({s.sha256 for s in a.shards} & {s.sha256 for s in b.shards})} shards are equal",
        )
    ]
    manifests = [_json(Path(plan.library) / "manifest.json") for plan in (a, b)]
    return found + _fields(manifests, _CHEMISTRY, "the libraries'")


def _model_causes(a: Model, b: Model) -> list[Cause]:
    if (a.reference, a.sha256) == (b.reference, b.sha256):
        return []
    found = [Cause("model", f"{a.reference} ({a.sha256[:8]}) and {b.reference} ({b.sha256[:8]})")]
    configs = [_json(Path(model.folder) / "config.json") for model in (a, b)]
    return found + _fields(configs, _BUNDLE, f"{a.reference} and {b.reference}:")


def _fields(pair: list[dict[str, Any]], names: tuple[str, ...], whose: str) -> list[Cause]:
    found = []
    for name in names:
        values = [one.get(name) for one in pair]
        if None not in values and values[0] != values[1]:
            part = name if name in _CHEMISTRY else "model"
            found.append(Cause(part, f"{whose} {name} differs: {values[0]} and {values[1]}"))
    return found


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, HitsieveError):
        return {}  # moved or deleted since: the checksums in the plan still tell that it differs
    return found if isinstance(found, dict) else {}
