from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve import resources
from hitsieve.config import dump_config, parse_config
from hitsieve.errors import ConfigError, NotFoundError
from hitsieve.modeling.config import Recipe, TrainConfig, list_recipes, load_recipe

if TYPE_CHECKING:
    from pathlib import Path


RECIPES = ["attentivefp", "default", "docking", "fast", "gine", "gps", "pna"]


def test_the_packaged_recipes() -> None:
    assert list_recipes() == RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_sets_and_explains_every_key(name: str) -> None:
    text = (resources.folder("models/recipes") / f"{name}.yaml").read_text()
    written = yaml.safe_load(text)
    assert written == yaml.safe_load(dump_config(load_recipe(name)))
    keys = [line for line in text.splitlines() if ":" in line and not line.startswith("#")]
    unexplained = [line for line in keys if "#" not in line and line not in _SECTIONS]
    assert unexplained == []


_SECTIONS = {"network:", "training:"}


def test_overrides_win_over_the_recipe() -> None:
    recipe = load_recipe("fast", {"training": {"members": 7}})
    assert recipe.training.members == 7
    assert recipe.training.epochs == load_recipe("fast").training.epochs


@pytest.mark.parametrize("name", ["defalt", "../fast", "/etc/passwd", "a\nb"])
def test_an_absent_recipe_lists_those_there_are(name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        load_recipe(name)
    assert ", ".join(RECIPES) in caught.value.cure
    if name == "defalt":
        assert "did you mean 'default'" in caught.value.message


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("training: {members: 2}\n")
    assert load_recipe(str(path)) == Recipe().model_copy(
        update={"training": Recipe().training.model_copy(update={"members": 2})}
    )
    path.write_text("training: {membres: 2}\n")
    with pytest.raises(ConfigError, match="did you mean 'members'"):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": []}, "data"),
        ({"data": [{"path": "x.csv"}]}, r"data\.0\.card\.card' is required"),
        ({"data": [{"labels": "x.parquet", "direction": "higher"}]}, "license' is required"),
        ({"data": [{"labels": "x.parquet", "direction": "up", "license": "own"}]}, "direction"),
        ({"name": "../outside"}, "cannot name a model"),
        ({"nmae": "x"}, "did you mean 'name'"),
        ({"split": {"kind": "random", "fractions": [0.9, 0.1, 0.0]}}, "three shares above 0"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_is_wrong_is_named(
    settings: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(TrainConfig, settings | change)


def test_wild_values_may_stay_where_only_their_order_is_learned() -> None:
    config = parse_config(
        TrainConfig,
        {"name": "m", "data": [{"card": "esol"}], "curation": {"replicates": "mean"}},
    )
    usual = config.curation_for(load_recipe("default"))
    assert (usual.replicates, usual.lone_variance) == ("mean", 0.5)
    ranked = config.curation_for(load_recipe("docking"))
    assert (ranked.replicates, ranked.lone_variance) == ("mean", 1.0)
