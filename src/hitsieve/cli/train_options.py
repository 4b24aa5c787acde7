"""Options of ``hitsieve train``, and those it shares with ``pretrain`` and ``distill``."""

from __future__ import annotations

from typing import Annotated

import typer

DataSets = Annotated[
    list[str] | None,
    typer.Argument(help="Data sets by name, or YAML cards of your own; see `data list`."),
]
Name = Annotated[str | None, typer.Option(help="Name of the model.")]
Target = Annotated[
    list[str] | None, typer.Option(help="Learn these targets only; may be repeated.")
]
Recipe = Annotated[
    str | None,
    typer.Option(help="Packaged recipe (default, fast, docking, gps, …) or YAML file."),
]
Split = Annotated[
    str | None,
    typer.Option(metavar="scaffold|cluster|random|time|column", help="How to divide."),
]
Twins = Annotated[
    str | None,
    typer.Option(
        metavar="together|drop|apart", help="Stereoisomers and tautomers in several parts."
    ),
]
Leaks = Annotated[
    str | None,
    typer.Option(metavar="report|refuse", help="Such compounds that still stand in two."),
]
CompareSplits = Annotated[
    bool, typer.Option("--compare-splits", help="Also judge it by random, scaffold, cluster.")
]
Tune = Annotated[
    float | None,
    typer.Option(min=0.01, metavar="MINUTES", help="First search the recipe's settings."),
]
Replicates = Annotated[
    str | None,
    typer.Option(metavar="median|mean", help="How measurements of one compound are joined."),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Of everything random.")]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay over the recipe: training.epochs=9"),
]
