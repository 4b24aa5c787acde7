"""Fixtures shared by all tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from hitsieve.engine import open_executor

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.engine import Executor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests last: some end the Ray cluster that :func:`ray_executor` shares."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture(scope="session")
def ray_executor() -> Iterator[Executor]:
    """Two workers on one private cluster, started once for all tests marked ``ray``."""
    with open_executor("ray", workers=2) as executor:
        yield executor


@dataclass(frozen=True)
class TinyScreen:
    """A finished screen of the compounds in tests/data/drugs.csv, and what it was made from."""

    root: Path
    card: Path
    library: Path
    models: Path
    model: str
    screen: Path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyScreen:
    """Build, train and screen once for all tests of a process: a few seconds; never changed."""
    from hitsieve.engine import SerialExecutor
    from hitsieve.library import LibraryConfig, build_library
    from hitsieve.modeling.config import CardData, SplitConfig, TrainConfig
    from hitsieve.modeling.train import train_model
    from hitsieve.screen import ScreenConfig, run_screen

    root = tmp_path_factory.mktemp("tiny")
    data = Path(__file__).parent / "data"
    made = TinyScreen(
        root,
        data / "drugs.yaml",
        root / "library",
        root / "models",
        "clogp@1",
        root / "screens/first",
    )
    library = LibraryConfig(inputs=[str(data / "drugs.csv")], output=made.library, shard_rows=20)
    train = TrainConfig(
        name="clogp",
        data=(CardData(card=str(made.card)),),
        split=SplitConfig(kind="random"),
        recipe="fast",
        overrides={"training": {"members": 2, "epochs": 4}},
        registry=made.models,
        runs=root / "runs",
        data_folder=root / "data",
    )
    screen = ScreenConfig(
        library=made.library, models=["clogp"], output=made.screen, registry=made.models
    )
    with SerialExecutor() as executor:
        build_library(library, executor)
        train_model(train, executor)
        run_screen(screen, executor)
    return made
