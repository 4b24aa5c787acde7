"""The folder of one training run: what was asked, with what, on what, and what came out."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hitsieve.config import dump_config
from hitsieve.provenance import fingerprint, versions
from hitsieve.store.files import (
    make_folder,
    write_atomic,
    write_json_atomic,
    write_parquet_atomic,
)
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.modeling.config import Recipe, TrainConfig
    from hitsieve.training.fitted import FittedNetwork


class RunFolder:
    """Writes what a run leaves behind, file by file, as it becomes known.

    Parameters
    ----------
    config, recipe
        What was asked; written at once, so that a run that fails can be understood too.
    """

    def __init__(self, config: TrainConfig, recipe: Recipe) -> None:
        self.path = new_folder(config)
        write_atomic(self.path / "config.yaml", dump_config(config).encode())
        write_atomic(self.path / "recipe.yaml", dump_config(recipe).encode())
        whole = {"config": config.model_dump(mode="json"), "recipe": recipe.model_dump(mode="json")}
        self.states = config.runs / "unfinished" / f"{config.name}-{fingerprint(whole, length=16)}"
        self.json("versions.json", versions())
        self.json("seeds.json", {"seed": config.seed})

    def json(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a JSON file."""
        write_json_atomic(self.path / name, value)

    def table(self, name: str, table: pa.Table) -> None:
        """Write a Parquet file."""
        write_parquet_atomic(self.path / name, table)

    def trail(self) -> Trail:
        """Return where networks leave loss curves and states while they are fitted.

        States lie outside of the run, by what was asked: the same training asked for again goes
        on from them, in a run of its own.
        """
        # Workers may stand in another folder than this process.
        return Trail((self.path / "curves").resolve(), self.states.resolve())

    def finish(self) -> None:
        """Remove the states: the training has ended."""
        shutil.rmtree(self.states, ignore_errors=True)
        with suppress(OSError):  # others may have states there
            self.states.parent.rmdir()

    def history(self, fitted: Sequence[FittedNetwork]) -> None:
        """Write the loss curves: a line of JSON an epoch and member."""
        lines = [
            json.dumps(
                {
                    "member": number,
                    "epoch": epoch.number,
                    "train_loss": epoch.train_loss,
                    "stopping_loss": epoch.stopping_loss,
                    "rate": epoch.rate,
                    "best": epoch.number == member.best,
                }
            )
            for number, member in enumerate(fitted)
            for epoch in member.history
        ]
        write_atomic(self.path / "history.jsonl", ("\n".join(lines) + "\n").encode())


def new_folder(config: TrainConfig, kind: str = "train") -> Path:
    """Make a folder for a run; its name holds the kind, the model, the time and the question."""
    # The time makes runs sort; the fingerprint tells configs apart; the number settles ties.
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"{kind}-{config.name}-{now}-{fingerprint(config.model_dump(mode='json'), length=8)}"
    make_folder(config.runs)
    for number in range(1, 1000):
        path = config.runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{config.runs / stem} and 998 more exist")
