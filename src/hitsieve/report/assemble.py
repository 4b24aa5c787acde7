"""The report of a screen: hit lists and score distributions gathered into what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from hitsieve import __version__
from hitsieve.hits.blocked import blocked_of
from hitsieve.metrics.running import Histogram
from hitsieve.report.content import Check, Distribution, Report, TargetSection
from hitsieve.schema import SCORES
from hitsieve.screen.cascade import read_cuts
from hitsieve.screen.status import screen_status
from hitsieve.store import Ledger
from hitsieve.store.place import place
from hitsieve.store.reader import read_committed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from hitsieve.hits import HitList
    from hitsieve.screen.plan import ScreenPlan

BINS = 60


def screen_report(
    screen: Path,
    lists: Sequence[HitList],
    *,
    title: str = "",
    checks: Sequence[Check] = (),
) -> Report:
    """Gather the report of a screen.

    Parameters
    ----------
    screen
        Folder of the screen.
    lists
        Its hit lists, from :func:`hitsieve.hits.collect_all`; each becomes a section.
    title
        Heading; the screen's name by default.
    checks
        Findings shown first.

    Raises
    ------
    HitsieveError
        Whatever the screen is refused for.
    """
    return Report(
        title=title or f"Screen {place(screen).resolve().name}",
        sections=tuple(section(screen, found) for found in lists),
        checks=(
            *_quarantines(lists),
            *_completeness(screen),
            *_stages(screen, lists),
            *_domains(lists),
            *checks,
        ),
        provenance=_provenance(lists),
    )


def section(screen: Path, found: HitList) -> TargetSection:
    """Turn a hit list into a section of a report."""
    return TargetSection(
        target=found.target.name,
        hits=found.hits,
        card=found.bundle.contents.card,
        direction=found.target.direction,
        distribution=score_distribution(
            screen, found.plan, found.target.name, found.model.reference
        ),
        known=found.known.values,
        level=found.bundle.config.level,
        model=found.model.reference,
    )


def score_distribution(
    screen: Path, plan: ScreenPlan, target: str, model: str, *, bins: int = BINS
) -> Distribution:
    """Count all scores of a target, one shard in memory at a time.

    Where a model rescored chosen compounds only, the shards that it scored wholly are counted:
    they are a uniform sample of the library, and what was chosen is not.

    Parameters
    ----------
    screen, plan
        The screen.
    target, model
        Whose scores.
    bins
        Bins between the lowest and the highest score.
    """
    low, high = np.inf, -np.inf
    scored = failed = inside = 0
    for table in _scores(screen, plan, target, model):
        column = table.column("score")
        limits = pc.min_max(column).as_py()
        if limits["min"] is not None:
            low, high = min(low, limits["min"]), max(high, limits["max"])
        failed += column.null_count
        scored += len(column) - column.null_count
        inside += pc.sum(table.filter(pc.is_valid(column)).column("in_domain")).as_py() or 0
    if not scored:
        low, high = 0.0, 1.0
    if low == high:
        low, high = low - 0.5, high + 0.5
    histogram = Histogram.empty(np.linspace(low, high, bins + 1))
    for table in _scores(screen, plan, target, model):
        histogram = histogram.update(table.column("score").drop_null().to_numpy())
    return Distribution(
        np.array(histogram.edges), np.array(histogram.counts), scored, failed, inside
    )


def _scores(screen: Path, plan: ScreenPlan, target: str, model: str) -> Iterator[pa.Table]:
    commits = Ledger(screen).committed()
    keys = [
        output.key
        for unit in plan.units
        for output in unit.outputs
        if (output.target, output.model) == (target, model)
        and not output.chosen_by
        and output.key in commits
        and commits[output.key].fingerprint == output.fingerprint
    ]
    return read_committed(screen, SCORES, keys, ["score", "in_domain"])


def _quarantines(lists: Sequence[HitList]) -> list[Check]:
    return [
        Check(
            "A model of this screen is quarantined",
            f"{name}: {block.reason}",
            (f"Since {block.at} (UTC). " if block.at else "")
            + (f"Blocked by {block.by}. " if block.by else "")
            + "Its scores stand below as they were made: choose no compound by them.",
            warning=True,
        )
        for name, block in blocked_of(lists).items()
    ]


def _completeness(screen: Path) -> list[Check]:
    status = screen_status(screen)
    if status.complete:
        return []
    share = f"{status.compounds_done:,} of {status.compounds_total:,} compounds"
    return [Check("This screen is not finished", share, "The lists below may still change.")]


def _stages(screen: Path, lists: Sequence[HitList]) -> list[Check]:
    """Say of a cascade what its lists rest on."""
    cascade = lists[0].plan.cascade if lists else None
    if cascade is None:
        return []
    cuts = read_cuts(screen)
    told = [
        f"{name}: {cut.recall:.1%} ({cut.low:.1%} to {cut.high:.1%})" for name, cut in cuts.items()
    ]
    return [
        Check(
            "This screen was scored in two stages",
            f"{cascade.student} scored everything, {cascade.teacher} what can be among the best "
            f"{cascade.top:,}",
            f"Foretold share of those among the rescored: {'; '.join(told) or 'not known yet'}. "
            "Distributions are those of the sample that both scored wholly.",
        )
    ]


def _domains(lists: Sequence[HitList]) -> list[Check]:
    """Say of each list where its model has seen nothing like what it ranks."""
    if any(found.in_domain for found in lists):
        return [
            Check(
                "Only compounds in the domain are listed",
                "Some outside it may score higher",
                "Their scores are guesses: the model has seen nothing like them.",
            )
        ]
    return [
        Check(
            f"Most hits of {found.target.name} lie outside the domain",
            f"{found.outside:,} of {found.hits.num_rows:,}",
            f"{found.model.reference} has seen nothing like them, and models err most where they "
            "know least: trust their ranks little. hitsieve hits --in-domain lists the best of "
            "the others.",
            warning=True,
        )
        for found in lists
        if found.outside > found.hits.num_rows / 2
    ]


def _provenance(lists: Sequence[HitList]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in lists:
        found["screen"] = item.plan.fingerprint
        found["library"] = (
            f"{Path(item.plan.library).name}: {item.plan.compounds:,} compounds in "
            f"{len(item.plan.shards):,} shards"
        )
        found[f"model {item.model.reference}"] = f"sha256 {item.model.sha256}"
    return {**found, "hitsieve": __version__}
