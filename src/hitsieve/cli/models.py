"""``hitsieve models``: what is in the registry, which model is champion, which is blocked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure
from hitsieve.cli.console import emit, emit_json, emit_table, say, visible
from hitsieve.cli.options import Data, Json, Models
from hitsieve.cli.settings import load_settings
from hitsieve.errors import UsageError

if TYPE_CHECKING:
    from hitsieve.registry.quarantine import Block
    from hitsieve.registry.registry import Entry, Registry

app = typer.Typer(no_args_is_help=True, help="List, show, promote and block models.")
Reference = Annotated[str, typer.Argument(help="Model as name@version.", metavar="NAME@VERSION")]


@app.command(name="list")
def list_models(models: Models = None, as_json: Json = False) -> None:
    """List every version of every model.

    Examples
    --------
    hitsieve models list
    """
    registry = registry_of(models)
    entries = registry.list()
    if as_json:
        emit_json([_plain(entry) for entry in entries])
        return
    rows = [(e.name, e.version, ", ".join(e.aliases), *(_blocked_words(e.block))) for e in entries]
    emit_table(("model", "version", "aliases", "quarantined because", "since", "by"), rows)
    if not entries:
        say(f"no models in {registry.root}; `hitsieve train` makes one", style="yellow")


@app.command()
def show(
    reference: Annotated[str, typer.Argument(help="name, name@version or name@champion.")],
    figures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Also draw loss curves and reliability here."),
    ] = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show a model's card, after checking every byte of its bundle.

    A quarantined model's is shown too, so that why can be studied; a line above it says so.

    Examples
    --------
    hitsieve models show bace

    hitsieve models show bace@2 --figures figures
    """
    from hitsieve.registry.bundle import read_bundle
    from hitsieve.report.model_figures import write_figures

    entry = registry_of(models).find(reference)
    # The card is shown even where this machine's chemistry differs from the model's.
    bundle = read_bundle(entry.folder, check_chemistry=False)
    for path in write_figures(bundle.contents.card, figures) if figures else []:
        say(f"figure: {path}")
    if entry.block:
        say(f"warning: {_banner(entry)}", style="bold yellow")
    if as_json:
        emit_json(
            {
                **_plain(entry),
                "digest": bundle.digest,
                "config": bundle.config.model_dump(mode="json"),
                "card": bundle.contents.card.model_dump(mode="json"),
            }
        )
        return
    banner = f"> **{visible(_banner(entry))}**\n\n" if entry.block else ""
    emit(banner + (entry.folder / "card.md").read_text(encoding="utf-8"))
    say(f"{entry.reference} · {entry.folder} · digest {bundle.digest[:16]}")


@app.command(name="import-chemprop")
def import_checkpoints(
    files: Annotated[
        list[Path], typer.Argument(help="Checkpoints (.pt, .ckpt); several make one ensemble.")
    ],
    name: Annotated[str, typer.Option(help="Name of the model.")],
    trust: Annotated[bool, typer.Option("--trust", help="Yes, I trust who made them.")] = False,
    data: Annotated[
        str | None, typer.Option(metavar="CARD", help="Data set it was trained on.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Names of the targets, in order; may be repeated.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the predictions.")] = None,
    lower: Annotated[
        list[str] | None, typer.Option(help="Lower is better for this target; may be repeated.")
    ] = None,
    models: Models = None,
    data_folder: Data = None,
    as_json: Json = False,
) -> None:
    """Turn Chemprop v2 checkpoints into a model, with the predictions Chemprop would give.

    A checkpoint is a pickle. It is opened in a process of its own, where nothing that it names
    is run, and only if you say that you trust it.

    Examples
    --------
    hitsieve models import-chemprop model_0/best.pt model_1/best.pt --name mine --trust
    """
    from hitsieve.modeling.import_chemprop import ImportConfig, import_chemprop

    settings = load_settings(models=models, data=data_folder)
    flags = {
        "name": name,
        "files": files,
        "trust": trust or None,
        "data": data,
        "targets": target,
        "unit": unit,
        "lower": lower,
    }
    defaults = {"registry": settings.models, "data_folder": settings.data}
    if trust:
        say("opening a pickle in a process of its own; import only what you trust", style="yellow")
    imported = import_chemprop(configure(ImportConfig, None, flags, defaults))
    reference = imported.entry.reference
    if as_json:
        emit_json({**_plain(imported.entry), "digest": imported.digest})
    for warning in imported.card.warnings:
        say(f"warning: {warning}", style="yellow")
    say(f"model: {reference}; its card: hitsieve models show {reference}", style="green")


@app.command()
def quarantine(
    reference: Reference,
    reason: Annotated[str, typer.Option(help="Why it is blocked; shown to everybody.")],
    screens: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where to look for screens it scored.")
    ] = Path("screens"),
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Block a version from use, whatever alias names it, and list the screens it scored.

    It is refused by the path of its folder too, and a copy of it wherever this registry is used.
    Models that were distilled from it are named: what it got wrong, they learned.

    Examples
    --------
    hitsieve models quarantine bace@3 --reason "trained on mislabeled plates"
    """
    from hitsieve.registry.quarantine import bundle_digest
    from hitsieve.registry.students import students_of
    from hitsieve.screen.touched import touched_screens

    name, version = numbered(reference)
    registry = registry_of(models)
    entry = registry.quarantine(name, version, reason)
    digest = bundle_digest(entry.folder)
    touched = [str(f) for f in touched_screens(screens, entry.folder, entry.reference, digest)]
    students = [one.reference for one in students_of(digest, registry.list())]
    if as_json:
        emit_json({**_plain(entry), "screens": touched, "students": students})
    else:
        emit_table(("screens it scored",), [(folder,) for folder in touched])
    say(_banner(entry), style="yellow")
    say(f"{len(touched)} screens under {screens} hold its scores", style="yellow")
    for student in students:
        say(
            f"warning: {student} was distilled from it and can be used still; "
            f"`hitsieve models quarantine {student} --reason …` blocks it too",
            style="bold yellow",
        )


@app.command()
def lift(
    reference: Reference,
    reason: Annotated[str, typer.Option(help="What was mended or found to be fine.")],
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Let a quarantined version be used again; both reasons stay on record.

    Examples
    --------
    hitsieve models lift bace@3 --reason "the plates were read anew: labels were right"
    """
    name, version = numbered(reference)
    entry = registry_of(models).lift_quarantine(name, version, reason)
    if as_json:
        emit_json(_plain(entry))
    say(f"{entry.reference} may be used again")


def registry_of(models: Models) -> Registry:
    """Return the registry that a command works on."""
    from hitsieve.registry.registry import Registry

    return Registry(load_settings(models=models).models)


def numbered(reference: str) -> tuple[str, int]:
    """Return name and version of ``name@version``.

    Raises
    ------
    UsageError
        If it names no version by its number.
    """
    name, _, version = reference.partition("@")
    if not version.isascii() or not version.isdigit():
        raise UsageError(
            f"{reference!r} names no version", cure="write name@version, such as bace@3"
        )
    return name, int(version)


def _banner(entry: Entry) -> str:
    """Say that a version is blocked; empty where it is not."""
    return f"{entry.block.told(entry.reference)}; it scores nothing" if entry.block else ""


def _blocked_words(block: Block | None) -> tuple[str, str, str]:
    return (block.reason, block.at, block.by) if block else ("", "", "")


def _plain(entry: Entry) -> dict[str, object]:
    return {
        "model": entry.name,
        "version": entry.version,
        "aliases": list(entry.aliases),
        "quarantine": entry.quarantine,
        "quarantined_at": entry.block.at if entry.block else "",
        "quarantined_by": entry.block.by if entry.block else "",
        "folder": str(entry.folder),
    }
