from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError, UsageError
from hitsieve.library import LibraryConfig, build_library
from hitsieve.modeling.pretrain import PretrainConfig, pretrain_encoder
from hitsieve.networks.model import build_network
from hitsieve.registry.encoders import read_encoder

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {
    "network": {"hidden": 16, "depth": 2, "head_hidden": 16},
    "pretraining": {"epochs": 2, "batch_size": 16, "holdout": 16},
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pretraining")
    ends = ("O", "N", "C(=O)O", "c1ccccc1", "C#N", "S(C)(=O)=O")
    lines = [f"{'C' * n}{end} {n}{place}" for n in range(2, 22) for place, end in enumerate(ends)]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return config.output


def configure(library: Path, folder: Path, **changes: object) -> PretrainConfig:
    values = {
        "library": library,
        "out": folder / "small",
        "license": "CC0",
        "overrides": SMALL,
        "work": folder / "work",
        "compounds": 100,
    }
    return PretrainConfig.model_validate(values | changes)


def test_a_library_becomes_an_encoder(library: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    config = configure(library, tmp_path)
    with SerialExecutor() as executor:
        made = pretrain_encoder(config, executor, lambda *step: told.append(step))
    encoder = read_encoder(str(made.folder))
    assert encoder.digest == made.digest
    assert made.card.compounds == 100
    assert made.card.license == "CC0"
    assert len(made.card.history) == 2
    assert {name for name, _, _ in told} == {"label", "pretrain"}
    assert told[-1] == ("pretrain", 2, 2)
    network = config.load_recipe().network
    encoder.require_fit(network)
    found = build_network(network, 1)
    found.load_state_dict(encoder.state, strict=False)
    assert torch.equal(
        found.state_dict()["encoder.W_i.weight"], encoder.state["encoder.W_i.weight"]
    )


def test_labels_are_computed_once(library: Path, tmp_path: Path) -> None:
    with SerialExecutor() as executor:
        first = pretrain_encoder(configure(library, tmp_path), executor)
    stored = sorted((tmp_path / "work" / "labels").iterdir())
    times = [path.stat().st_mtime_ns for path in stored]
    with SerialExecutor() as executor:
        again = pretrain_encoder(
            configure(library, tmp_path, out=tmp_path / "b" / "small"), executor
        )
    assert [path.stat().st_mtime_ns for path in stored] == times
    assert again.digest == first.digest


def test_more_compounds_in_the_same_folder_of_work(library: Path, tmp_path: Path) -> None:
    with SerialExecutor() as executor:
        pretrain_encoder(configure(library, tmp_path), executor)
        more = configure(library, tmp_path, out=tmp_path / "more", compounds=110)
        assert pretrain_encoder(more, executor).card.compounds == 110


def test_an_encoder_is_never_overwritten(library: Path, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    with SerialExecutor() as executor, pytest.raises(UsageError, match="immutable"):
        pretrain_encoder(configure(library, tmp_path), executor)


def test_an_unknown_recipe_is_told(library: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no recipe 'dmpn'.*dmpnn"):
        configure(library, tmp_path, recipe="dmpn").load_recipe()


def test_a_wrong_setting_is_told(library: Path, tmp_path: Path) -> None:
    wrong = {"pretraining": {"epoch": 3}}
    with pytest.raises(ConfigError, match="epoch"):
        configure(library, tmp_path, overrides=wrong).load_recipe()


def test_the_packaged_recipe_can_be_read(library: Path, tmp_path: Path) -> None:
    recipe = configure(library, tmp_path, overrides={}).load_recipe()
    assert recipe.network.encoder == "dmpnn"
    assert recipe.pretraining.batch_size >= 128
