"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, for machines.")]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="YAML file with settings; flags win over it."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, with all settings, and stop.")
]
Executor = Annotated[
    str | None,
    typer.Option("--executor", metavar="auto|serial|ray", help="How the work runs."),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Workers of the executor; default: cores.")
]
Models = Annotated[
    Path | None, typer.Option("--models", metavar="FOLDER", help="Folder of the model registry.")
]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="Folder of fetched data sets.")
]
