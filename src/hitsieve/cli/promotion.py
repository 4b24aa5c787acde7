"""``hitsieve models promote | rollback | refreeze``: which version is champion, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure
from hitsieve.cli.console import emit_json, emit_table, say
from hitsieve.cli.models import Reference, numbered, registry_of
from hitsieve.cli.options import ConfigFile, DryRun, Json, Models

if TYPE_CHECKING:
    from hitsieve.modeling.gates import Gate

Name = Annotated[str, typer.Argument(help="Name of the model.")]


def promote(
    reference: Reference,
    alias: Annotated[str, typer.Option(help="champion or candidate.")] = "champion",
    min_test: Annotated[
        int | None, typer.Option(min=2, help="Measured test compounds a target needs; 30.")
    ] = None,
    min_class: Annotated[
        int | None, typer.Option(min=1, help="Test compounds each class needs; 5.")
    ] = None,
    models: Models = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make a version champion, if it passes all gates; `candidate` only nominates it.

    Gates: the bundle is whole and reproduces its golden molecules; the card is complete; the
    frozen test set is the recorded one; the leak audit is clean and nothing frozen was learned
    from; the test set is large enough and holds each class, for every target; intervals and
    probabilities hold on it; and no target is predicted worse there than by the present champion,
    beyond chance. Less may be asked of a small set; the champion's log tells what was asked.

    Examples
    --------
    hitsieve models promote bace@3 --dry-run

    hitsieve models promote bace@3

    hitsieve models promote rare@1 --min-test 15 --min-class 3
    """
    from hitsieve.modeling.config import PromotionConfig
    from hitsieve.modeling.promote import examine
    from hitsieve.modeling.promote import promote as pass_gates

    name, version = numbered(reference)
    registry = registry_of(models)
    asked = configure(PromotionConfig, config, {"min_test": min_test, "min_class": min_class})
    if dry_run:
        _show_gates(examine(registry, reference, asked), as_json=as_json)
        say(f"dry run: would let {alias} name {reference}, if all gates are passed")
        return
    if alias == "champion":
        entry, gates = pass_gates(registry, reference, asked)
        _show_gates(gates, as_json=as_json)
    else:
        entry = registry.set_alias(name, alias, version)
    say(f"{alias} of {name} is now {entry.reference}", style="green")


def rollback(
    name: Name,
    alias: Annotated[str, typer.Option(help="champion or candidate.")] = "champion",
    models: Models = None,
) -> None:
    """Let an alias name again what it named before; blocked versions are passed over.

    Examples
    --------
    hitsieve models rollback bace
    """
    entry = registry_of(models).rollback(name, alias)
    say(f"{alias} of {name} is again {entry.reference}", style="green")


def refreeze(name: Name, models: Models = None) -> None:
    """Write a lost or changed frozen test set anew, from the bundle of the first champion.

    Every version of a model is judged on the frozen test set; without it none is promoted or
    trained. The log of the champion tells that, when and by whom it was written anew.

    Examples
    --------
    hitsieve models refreeze bace
    """
    from hitsieve.modeling.frozen import refreeze as write_anew

    if write_anew(registry_of(models), name):
        say(f"the frozen test set of {name} is again what was recorded", style="green")
    else:
        say(
            f"the frozen test set of {name} holds the test part of its first champion again, in "
            "other bytes than those recorded; the log holds both checksums",
            style="yellow",
        )


def add_to(app: typer.Typer) -> None:
    """Register the commands under ``hitsieve models``."""
    for command in (promote, rollback, refreeze):
        app.command()(command)


def _show_gates(gates: tuple[Gate, ...], *, as_json: bool) -> None:
    if as_json:
        emit_json([gate.to_dict() for gate in gates])
    else:
        rows = [(g.name, "passed" if g.passed else "FAILED", g.finding, g.cure) for g in gates]
        emit_table(("gate", "", "finding", "cure"), rows)
