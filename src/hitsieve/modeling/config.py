"""What to train on, how, and where the model goes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from hitsieve import resources
from hitsieve.chem.policy import ChemPolicy
from hitsieve.config import StrictConfig, load_config
from hitsieve.errors import ConfigError, NotFoundError, nearest
from hitsieve.networks.config import NetworkConfig
from hitsieve.registry.names import check_name
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.training.config import TrainingConfig

LAID_OVER: Final = "settings laid over the recipe (--set, or `overrides`)"
_RECIPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Recipe(StrictConfig):
    """How a model is made, whatever it is made from.

    Parameters
    ----------
    network
        Shape of the graph network.
    encoder
        Pretrained encoder that networks start from: the name of a packaged one, or its folder;
        from nothing if empty.
    training
        The loop and the ensemble.
    blend
        The fingerprint models beside the networks.
    leave_out
        What is left out together while fitting, to stop networks and to weigh and calibrate
        members: ``as_divided`` follows the split (families of a scaffold or cluster stay together
        where those of the test part do, else each compound is left out alone), ``scaffold`` and
        ``cluster`` keep families together under any split, ``random`` under none.
    calibrate
        What intervals, probabilities and the domain are fitted on: the ``validation`` part, or
        every compound as members say that ``left_out`` it; the model learns from that part then.
        It is held out in any case for networks alone, by time, and where a set comes with one.
    baseline
        The fingerprint forest every model is compared with.
    level
        Share of true values the calibrated intervals are to hold.
    """

    network: NetworkConfig = NetworkConfig()
    encoder: str = ""
    training: TrainingConfig = TrainingConfig()
    blend: BlendConfig = BlendConfig()
    leave_out: Literal["as_divided", "scaffold", "cluster", "random"] = "as_divided"
    calibrate: Literal["left_out", "validation"] = "validation"
    baseline: ForestConfig = ForestConfig()
    level: float = Field(default=0.9, gt=0.5, lt=1)


class CardData(StrictConfig):
    """Measurements with a dataset card.

    Parameters
    ----------
    card
        Name of a card, or path of a YAML file.
    path
        Folder or file of the measurements; where the card's files were fetched to if not given.
    targets
        Targets to learn; all of the card if empty.
    """

    card: str
    path: Path | None = None
    targets: tuple[str, ...] = ()


class LabelData(StrictConfig):
    """A LABELS table, as an oracle writes it, with what its columns do not say.

    Parameters
    ----------
    labels
        Parquet file, or folder of Parquet files. A column ``part`` of train, valid and test beside
        LABELS is taken by ``split: {kind: column}``.
    direction
        Whether higher or lower values are wanted.
    license
        Under which terms the labels and what they were computed from may be used.
    task
        ``regression`` or ``classification``.
    title
        What the labels are, in words.
    """

    labels: Path
    direction: Literal["higher", "lower"]
    license: str = Field(min_length=1)
    task: Literal["regression", "classification"] = "regression"
    title: str = ""


def _source_kind(value: object) -> str:
    # What is neither is read as a set with a card, so that a missing card is what is asked for.
    if isinstance(value, dict):
        return "labels" if "labels" in value else "card"
    return "labels" if isinstance(value, LabelData) else "card"


Source = Annotated[
    Annotated[CardData, Tag("card")] | Annotated[LabelData, Tag("labels")],
    Discriminator(_source_kind),
]


class SplitConfig(StrictConfig):
    """How compounds are divided.

    Parameters
    ----------
    kind
        ``scaffold`` tests on scaffolds never trained on; ``cluster`` on clusters of similar
        compounds; ``random`` on chance; ``time`` on the newest compounds; ``column`` takes the
        parts the data set comes with (a missing validation part is cut from the training part
        at random).
    fractions
        Shares of train, valid and test; not used by ``column``.
    valid_fraction
        Share of the training part for validation where ``column`` gives none.
    twins
        What becomes of stereoisomers and tautomers of one compound that fall into several parts.
        ``together`` moves them into one, of scaffold, random and cluster splits; by ``time`` and
        ``column`` they stay where they are and are counted as leaks. ``drop`` leaves those in the
        later part (of train, valid and test) out, of any kind of split. ``apart`` lets them fall
        where they fall.
    """

    kind: Literal["scaffold", "random", "cluster", "time", "column"] = "scaffold"
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    valid_fraction: float = Field(default=0.1, gt=0, lt=0.5)
    twins: Literal["together", "drop", "apart"] = "together"

    @field_validator("fractions")
    @classmethod
    def _all_parts(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(value) <= 0 or abs(sum(value) - 1) > 1e-6:  # noqa: PLR2004 - rounding of 0.7+0.2+0.1
            raise ValueError("three shares above 0 that add up to 1 are needed, as 0.8, 0.1, 0.1")
        return value


class CurationConfig(StrictConfig):
    """How measurements become labels.

    Parameters
    ----------
    replicates
        How exact replicates of one compound are joined: by their ``median`` or their ``mean``.
        Classes go by majority, and of bounds the tightest is taken.
    lone_variance
        Largest share of the variance of a target's values that one value may hold, more than ten
        standard deviations of the others from their mean, as one that is mistyped or in another
        unit does; 1 refuses none. A few values, one in twenty at most, may hold 99 %.
    """

    replicates: Literal["median", "mean"] = "median"
    lone_variance: float = Field(default=0.5, gt=0, le=1)


class TrainConfig(StrictConfig):
    """One training.

    Parameters
    ----------
    name
        Of the model in the registry.
    data
        Sets of measurements; their targets become the columns of one matrix.
    split
        How compounds are divided.
    recipe
        Name of a packaged recipe, or path of a YAML file.
    overrides
        Settings laid over the recipe, such as ``{training: {members: 5}}``.
    seed
        Of everything random.
    registry
        Folder of models.
    runs
        Folder that gets a folder a run, with the effective config, versions and curves.
    data_folder
        Where sets without a path are looked for, and fetched to.
    policy
        Which structures are kept; part of the model from then on.
    curation
        How replicates are merged, and which values are too wild to learn from.
    leaks
        ``report`` counts compounds of one part that stand in another in some form, and those that
        stand in two parts of the split a set comes with; ``refuse`` makes any of them an error.
    compare_splits
        Also train and judge the model under random, scaffold and cluster splits, for the card;
        takes about three times as long.
    """

    name: str
    data: tuple[Source, ...] = Field(min_length=1)
    split: SplitConfig = SplitConfig()
    recipe: str = "default"
    overrides: dict[str, Any] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0)
    registry: Path = Path("models")
    runs: Path = Path("runs")
    data_folder: Path = Path("data")
    policy: ChemPolicy = ChemPolicy()
    curation: CurationConfig = CurationConfig()
    leaks: Literal["report", "refuse"] = "report"
    compare_splits: bool = False

    @model_validator(mode="after")
    def _legal_name(self) -> Self:
        try:
            check_name(self.name)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self

    def load_recipe(self) -> Recipe:
        """Return the recipe with the overrides laid over it."""
        return load_recipe(self.recipe, self.overrides)

    def curation_for(self, recipe: Recipe) -> CurationConfig:
        """Return how measurements become labels; where their order is learned, wild ones may stay.

        With a ranking loss above 0.5 a wild value, such as the score of a failed pose, pulls no
        other with it.
        """
        if recipe.training.ranking <= 0.5:  # noqa: PLR2004 - half of the loss
            return self.curation
        return self.curation.model_copy(update={"lone_variance": 1.0})


class PromotionConfig(StrictConfig):
    """What the test set of a version must hold, so that promotion can judge by it.

    Parameters
    ----------
    min_test
        Compounds a target with a measured value, bounds not counted, and a prediction.
    min_class
        Compounds of the rarer class, where a target has classes.
    """

    min_test: int = Field(default=30, ge=2)
    min_class: int = Field(default=5, ge=1)


def load_recipe(name_or_path: str, overrides: dict[str, Any] | None = None) -> Recipe:
    """Load a recipe by name or from a YAML file.

    Raises
    ------
    NotFoundError
        If there is none of that name; names the nearest.
    ConfigError
        If a key or value of the recipe or of the overrides is wrong.
    """
    _refuse_other_keys(overrides or {})
    if name_or_path.endswith((".yaml", ".yml")):
        return load_config(Recipe, Path(name_or_path), overrides, over_where=LAID_OVER)
    known = list_recipes()
    if not _RECIPE_NAME.fullmatch(name_or_path) or name_or_path not in known:
        raise NotFoundError(
            f"no recipe {name_or_path!r}{nearest(name_or_path, known)}",
            cure=f"recipes: {', '.join(known)}; or the path of a YAML file",
        )
    path = resources.folder("models/recipes") / f"{name_or_path}.yaml"
    return load_config(Recipe, path, overrides, over_where=LAID_OVER)


def _refuse_other_keys(overrides: dict[str, Any]) -> None:
    """Say of keys that belong to the training, and not to its recipe, where they go."""
    wrong = [
        name
        for name in overrides
        if name in set(TrainConfig.model_fields) - set(Recipe.model_fields)
    ]
    if wrong:
        raise ConfigError(
            f"{LAID_OVER}: {wrong[0]!r} is no setting of a recipe",
            cure=f"it belongs to the training: use its flag (`hitsieve train --help`), or "
            f"`{wrong[0]}:` in a file named by --config",
        )


def list_recipes() -> list[str]:
    """Return the names of the packaged recipes, in order."""
    return sorted(path.stem for path in resources.folder("models/recipes").glob("*.yaml"))
