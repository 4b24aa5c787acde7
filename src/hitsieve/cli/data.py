"""``hitsieve data``: the data sets hitsieve knows, and fetching them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli import data_check
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Data, DryRun, Json
from hitsieve.cli.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="List, show, check and fetch data sets.")
data_check.add_to(app)
Mirror = Annotated[
    Path | None,
    typer.Option("--data-mirror", metavar="FOLDER", help="Copy files from here, not the source."),
]


@app.command(name="list")
def list_data(as_json: Json = False) -> None:
    """List the data sets that have a card.

    Examples
    --------
    hitsieve data list
    """
    from hitsieve.assays.cards import list_cards, load_card

    cards = [load_card(name) for name in list_cards()]
    if as_json:
        emit_json([{"name": c.name, "title": c.title, "license": c.license} for c in cards])
    else:
        rows = [(card.name, card.title, card.license) for card in cards]
        emit_table(("name", "title", "license"), rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a data set, or a card's YAML file.")],
    as_json: Json = False,
) -> None:
    """Show a card: origin, license, files, and what each column means.

    Examples
    --------
    hitsieve data show esol
    """
    from hitsieve.assays.cards import load_card

    card = load_card(name)
    if as_json:
        emit_json(card.model_dump(mode="json"))
        return
    facts = {
        "title": card.title,
        "source": card.source,
        "license": card.license,
        "files": ", ".join(file.path for file in card.files),
        "structures": f"column {card.smiles_column}",
        "notes": card.notes,
    }
    emit_pairs(facts, title=card.name)
    rows = [
        (column, c.target or column, c.endpoint, c.unit, c.direction, c.task)
        for column, c in card.columns.items()
    ]
    emit_table(("column", "target", "endpoint", "unit", "wanted", "task"), rows, title="columns")


@app.command()
def fetch(
    names: Annotated[
        list[str], typer.Argument(help="Data sets; a pattern such as moleculeace/* takes many.")
    ],
    data: Data = None,
    data_mirror: Mirror = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Fetch data sets from their source or a mirror folder, checked against their SHA-256.

    Examples
    --------
    hitsieve data fetch esol

    HITSIEVE_DATA_MIRROR=/archive hitsieve data fetch "moleculeace/*"
    """
    from hitsieve.assays.cards import find_cards
    from hitsieve.assays.fetch import fetch as fetch_card

    settings = load_settings(data=data, data_mirror=data_mirror)
    cards = [card for name in names for card in find_cards(name)]
    if dry_run:
        emit_table(
            ("name", "file"), [(card.name, file.path) for card in cards for file in card.files]
        )
        say(f"dry run: would fetch into {settings.data}", style="yellow")
        return
    done = {}
    for card in cards:
        done[card.name] = str(fetch_card(card, settings.data, settings.data_mirror))
        say(f"fetched {card.name} ({card.license})")
    if as_json:
        emit_json(done)
    else:
        emit_table(("name", "folder"), list(done.items()))
