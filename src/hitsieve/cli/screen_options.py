"""Options that the commands of ``hitsieve screen`` share, and the configuration they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hitsieve.cli.configs import configure
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.screen import ScreenConfig

Library = Annotated[Path | None, typer.Argument(help="Folder of the library.")]
Model = Annotated[
    list[str] | None,
    typer.Option(help="name, name@version, name@champion or a folder; may be repeated."),
]
Target = Annotated[list[str] | None, typer.Option(help="Score this target only; may be repeated.")]
Student = Annotated[
    str | None, typer.Option(help="Cheap model that scores everything; --model rescores its best.")
]
Top = Annotated[
    float | None, typer.Option(help="What to find with --student: a share below 1, or a number.")
]
Recall = Annotated[float | None, typer.Option(help="Share of that top to be found at least; 0.95.")]
FullRescore = Annotated[
    bool, typer.Option("--full-rescore", help="Let --model score everything after all.")
]
Gpus = Annotated[float | None, typer.Option(min=0, help="GPUs each worker reserves.")]
Precision = Annotated[
    str | None, typer.Option(metavar="fp32|bf16|auto", help="bf16 only where ranks stay.")
]
Device = Annotated[
    str | None, typer.Option(metavar="cpu|cuda|auto", help="Where networks compute.")
]
Controls = Annotated[
    str | None,
    typer.Option(help="held-out, or a CSV file of known actives and inactives to watch."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the screen.")]
Untouched = Annotated[
    Path | None, typer.Option("--out", help="Folder the screen will have; stays untouched.")
]
Reuse = Annotated[
    bool | None,
    typer.Option("--reuse/--no-reuse", help="Take shards that neighboring screens scored."),
]
Price = Annotated[
    float | None, typer.Option(min=0, help="Of a core-hour, or of a GPU-hour with --gpus.")
]
SampleSeconds = Annotated[float, typer.Option(min=0.01, help="Seconds each worker measures for.")]

_CASCADE: Final = ("student", "top", "recall")


def screen_config(
    file: Path | None, flags: Mapping[str, Any], output: Path | None = None
) -> ScreenConfig:
    """Return the configuration of a screen: flags over the file over the shared settings.

    Parameters
    ----------
    file
        YAML file of ``--config``, if given.
    flags
        Settings of the screen by name, those of a cascade by ``student``, ``top`` and
        ``recall``; None where the flag was not given.
    output
        Folder of the screen where neither flag nor file names one.

    Raises
    ------
    HitsieveError
        If the file or a value is refused.
    """
    from hitsieve.screen import ScreenConfig

    rest = {name: value for name, value in flags.items() if name not in _CASCADE}
    cascade = {name: flags[name] for name in _CASCADE if flags.get(name) is not None}
    settings = load_settings(
        models=rest["registry"], executor=rest["executor"], workers=rest["workers"]
    )
    defaults: dict[str, object] = {
        "registry": settings.models,
        "executor": settings.executor,
        "workers": settings.workers,
    }
    if output is not None:
        defaults["output"] = output
    return configure(ScreenConfig, file, rest | {"cascade": cascade or None}, defaults)
