"""``hitsieve models diff``: how two models rank the same compounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say, visible
from hitsieve.cli.models import registry_of
from hitsieve.cli.options import Json, Models
from hitsieve.registry.markdown import numbers

if TYPE_CHECKING:
    from hitsieve.modeling.differ import ModelDiff
    from hitsieve.scoring.load import BundleScorer

_NAMED: Final = 5
"""Refused records that are told one by one."""


def diff(
    before: Annotated[str, typer.Argument(help="name, name@version or name@champion.")],
    after: Annotated[str, typer.Argument(help="The other model.")],
    on: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compounds, as for a library; default: both test parts."),
    ] = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Compare how two models rank the same compounds: correlation, top 10 %, largest shifts.

    Examples
    --------
    hitsieve models diff bace@2 bace@3

    hitsieve models diff bace@champion bace@candidate --on series.sdf
    """
    from hitsieve.modeling.differ import diff_models
    from hitsieve.modeling.reference import held_out_compounds
    from hitsieve.scoring.load import load_scorer

    registry = registry_of(models)
    folders = [registry.resolve(reference).folder for reference in (before, after)]
    first, second = (load_scorer(folder) for folder in folders)
    smiles = held_out_compounds(folders) if on is None else _listed(on, second)
    found = diff_models(first, second, smiles)
    if as_json:
        emit_json([item.to_dict() for item in found])
        return
    for item in found:
        _show(item, first.name, second.name)


def _listed(file: Path, scorer: BundleScorer) -> tuple[str, ...]:
    """Read the compounds of a file, and say which records of it are none."""
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.config import parse_config
    from hitsieve.modeling.reference import read_reference

    policy = parse_config(ChemPolicy, scorer.config.policy, where=f"policy of {scorer.name}")
    found = read_reference(file, policy)
    refused = found.refused
    if refused:
        read = len(refused) + len(found.smiles)
        say(f"warning: {len(refused):,} of {read:,} records are left out", style="yellow")
        for text in refused[:_NAMED]:
            say(f"  {visible(text)}")
        if len(refused) > _NAMED:
            say(f"  and {len(refused) - _NAMED:,} more")
    return found.smiles


def _show(item: ModelDiff, before: str, after: str) -> None:
    emit_pairs(
        {
            "target": item.target,
            "before": before,
            "after": after,
            "compounds": item.compounds,
            "rank correlation": f"{item.correlation:.3f}",
            "mean shift of the score": f"{'+' if item.mean_shift >= 0 else ''}"
            f"{numbers(item.mean_shift)[0]}",
            "best 10 % kept": f"{item.top_kept:.0%}",
        },
        title=f"{item.target}: {before} to {after}",
    )
    rows = [
        (item.target, s.smiles, s.before, s.after, *numbers(s.score_before, s.score_after))
        for s in item.shifts
    ]
    head = ("target", "compound", "rank before", "after", "score before", "after")
    emit_table(head, rows, title="largest shifts")


def add_to(app: typer.Typer) -> None:
    """Register the command under ``hitsieve models``."""
    app.command()(diff)
