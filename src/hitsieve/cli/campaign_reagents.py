"""``hitsieve campaign reagents``: search a make-on-demand space without enumerating it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.configs import show_plan
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, progress
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings

_SHOWN = ("compound_id", "value", "product", "smiles")


def reagents(
    config: Annotated[Path, typer.Argument(help="YAML file: campaign and oracle.")],
    executor: Executor = None,
    workers: Workers = None,
    top: Annotated[int, typer.Option(min=0, help="Products to show, best first.")] = 10,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Search the products of reactions and reagents by measuring few of them, or go on.

    The products are never enumerated: which reagents are good with which is learned from those
    measured so far.

    Examples
    --------
    hitsieve campaign reagents space.yaml --dry-run

    hitsieve campaign reagents space.yaml --executor ray --workers 8 --top 100
    """
    from hitsieve.campaign.reagents.job import ReagentJob, run_reagent_job
    from hitsieve.campaign.reagents.space import SynthonSpace
    from hitsieve.config import load_config
    from hitsieve.engine import open_executor
    from hitsieve.oracles.open import open_oracle

    job = load_config(ReagentJob, config)
    if dry_run:
        n = SynthonSpace(job.campaign.space).combinations
        show_plan(job, f"{job.campaign.evaluations:,} of {n:,} products would be measured")
        return
    settings = load_settings(executor=executor, workers=workers)
    with (
        resumable("the campaign"),
        progress("campaign") as report,
        open_executor(settings.executor, settings.workers) as opened,
    ):
        found = run_reagent_job(
            job, opened, progress=lambda stage, done, total: report(done, total, stage)
        )
    higher = open_oracle(job.oracle).higher_is_better
    best = [
        {name: row[name] for name in _SHOWN} for row in found.best(top, higher_is_better=higher)
    ]
    told = {
        "folder": str(found.folder),
        "products": found.combinations,
        "measured": found.measured,
        "rounds": len(found.rounds),
    }
    if as_json:
        emit_json({**told, "best": best})
        return
    emit_pairs(told, title="campaign over reagents")
    emit_table(_SHOWN, [list(row.values()) for row in best])
