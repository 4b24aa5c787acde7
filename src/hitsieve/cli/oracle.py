"""``hitsieve oracle``: check what measures, before a campaign relies on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import ConfigFile, DryRun, Json

if TYPE_CHECKING:
    from hitsieve.oracles.docking import DockingConfig, Redocked

app = typer.Typer(no_args_is_help=True, help="Check what measures in campaigns.")
_FOUND_A: Final = 2.0


@app.callback()
def oracle() -> None:
    """Check what measures in campaigns."""


@app.command()
def redock(
    ligand: Annotated[Path, typer.Argument(help="SDF of the known pose, in the receptor's frame.")],
    config: ConfigFile = None,
    receptor: Annotated[
        Path | None, typer.Option("--receptor", help="Rigid receptor as PDBQT.")
    ] = None,
    box_file: Annotated[
        Path | None, typer.Option("--box-file", help="File of center and size, as Vina reads.")
    ] = None,
    exhaustiveness: Annotated[int | None, typer.Option(min=1, help="Independent searches.")] = None,
    seed: Annotated[int | None, typer.Option(min=1, help="Of searches and conformers.")] = None,
    within: Annotated[
        float, typer.Option(min=0.0, help="Å up to which the known pose counts as found.")
    ] = _FOUND_A,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Dock a ligand from its structure alone, and compare its poses with a known one.

    The first check of any docking setting: one that does not find the pose of a crystal structure
    again ranks other compounds hardly better. `--config` names a file with the keys that stand
    under `oracle` in a campaign's file. Needs the extra `docking`.

    Examples
    --------
    hitsieve oracle redock ligand.sdf --receptor abl1.pdbqt --box-file abl1.box.txt

    hitsieve oracle redock ligand.sdf --config docking.yaml --json
    """
    from hitsieve.chem.poses import read_pose
    from hitsieve.oracles import docking

    flags = {
        "receptor": receptor,
        "box_file": box_file,
        "exhaustiveness": exhaustiveness,
        "seed": seed,
    }
    target = "receptor" if receptor is None else receptor.stem
    settings = configure(docking.DockingConfig, config, flags, {"target": target})
    known = read_pose(ligand)
    if dry_run:
        show_plan(settings, f"{ligand} would be docked into {settings.receptor}")
        return
    say(f"docks {ligand.name} on one core: {_effort(settings)}")
    found = docking.redock(docking.DockingOracle(settings), known)
    _show(settings.target, found, within, as_json=as_json)


def _effort(settings: DockingConfig) -> str:
    several = f"{settings.exhaustiveness} searches"
    if settings.evaluations:
        return f"{several} of at most {settings.evaluations:,} evaluations each"
    return f"{several} as long as Vina likes, of a drug-like ligand some 20 s each"


def _show(target: str, found: Redocked, within: float, *, as_json: bool) -> None:
    is_found = found.rmsd[0] <= within
    told = {
        "target": target,
        "smiles": found.smiles,
        "affinity": round(found.affinity, 3),
        "unit": "kcal/mol",
        "rmsd": round(found.rmsd[0], 3),
        "within": within,
        "found": is_found,
    }
    if as_json:
        emit_json({**told, "poses": [round(one, 3) for one in found.rmsd]})
        return
    emit_pairs(told)
    emit_table(("pose", "rmsd"), [[n, round(one, 3)] for n, one in enumerate(found.rmsd, 1)])
    if not is_found:
        say(
            f"the best pose is {found.rmsd[0]:.1f} Å from the known one: look at box, protonation "
            "and exhaustiveness before you trust this setting",
            style="yellow",
        )
