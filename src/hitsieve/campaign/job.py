"""A whole campaign from one configuration file: what it chooses from, and what measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self, overload

import yaml
from pydantic import Field, model_validator

from hitsieve.campaign.check import check_campaign
from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.excluded import read_names
from hitsieve.campaign.objective import ObjectiveConfig
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.panels import open_panel
from hitsieve.campaign.plan import RECORD
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.reagents.choices import count
from hitsieve.campaign.reagents.job import ReagentJob, absolute_reagents
from hitsieve.campaign.reagents.prices import unread_prices
from hitsieve.campaign.reagents.run import ReagentCampaign
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.campaign.relocate import JOB_FILE, relocated
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.surrogate import GraphSurrogate, GraphSurrogateConfig
from hitsieve.config import StrictConfig, dump_config, load_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError
from hitsieve.library import Library
from hitsieve.modeling.config import load_recipe
from hitsieve.oracles.inbox import InboxConfig
from hitsieve.oracles.open import OracleConfig, absolute_oracle, open_oracle, refuse_unnamed
from hitsieve.oracles.shape import ShapeOracleConfig
from hitsieve.plain_yaml import read_yaml
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.loop import CampaignSummary, Loop, OnProgress
    from hitsieve.campaign.panel import Panel
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles import Oracle


class CampaignJob(StrictConfig):
    """Everything a campaign over a built library needs; its ``library`` is a folder.

    Parameters
    ----------
    campaign
        Pool, folder, sizes and seed.
    oracle
        What measures; ``kind: shape`` names its ``reference``.
    panel
        Oracles of several targets instead of one oracle: all measure by themselves, or all are
        of kind ``inbox``, which share their plates.
    objective
        What the targets of a panel are wished to be together.
    surrogate
        What learns and scores; one for each target of a panel.
    """

    campaign: CampaignConfig
    oracle: OracleConfig | None = None
    panel: tuple[OracleConfig, ...] = ()
    objective: ObjectiveConfig | None = None
    surrogate: Annotated[QuickConfig | GraphSurrogateConfig, Field(discriminator="kind")] = (
        QuickConfig()
    )

    @model_validator(mode="after")
    def _panel_has_an_objective(self) -> Self:
        if bool(self.panel) != (self.objective is not None):
            raise ValueError("`panel` and `objective` are given together")
        if len({isinstance(one, InboxConfig) for one in self.panel}) > 1:
            raise ValueError(
                "a panel is measured by a laboratory (`kind: inbox` for each target), or by "
                "oracles that measure by themselves: not by both"
            )
        return self

    @model_validator(mode="after")
    def _something_measures(self) -> Self:
        if not self.panel:
            refuse_unnamed(self.oracle)
        # Older versions kept the default beside a panel.
        elif self.oracle not in (None, ShapeOracleConfig()):
            raise ValueError("`panel` measures instead of `oracle`: give one of them")
        return self


Job = CampaignJob | ReagentJob
"""Any campaign: over a library, or over reagents."""


def read_job(path: Path) -> Job:
    """Read a campaign's file: one over reagents where ``campaign.library`` is a mapping.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ConfigError
        If it is no YAML mapping, or a key or value is wrong.
    """
    if _names_reagents(path):
        return load_config(ReagentJob, path)
    return load_config(CampaignJob, path)


def _names_reagents(path: Path) -> bool:
    try:
        told = read_yaml(path.read_text(encoding="utf-8"))
        return isinstance(told["campaign"]["library"], dict)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return False  # what is wrong is said where it is read in earnest


def start_job(job: Job) -> Path:
    """Begin a campaign: keep its configuration in its folder, which then is all one needs.

    Beginning again with other rounds, budget or limits changes those; what decides picks that
    were made cannot change.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    """
    with SerialExecutor() as executor:
        campaign: Loop = open_campaign(absolute_job(job), executor)
    write_atomic(campaign.folder.root / JOB_FILE, dump_config(absolute_job(job)).encode())
    return campaign.folder.root


def load_job(folder: Path) -> Job:
    """Read the configuration of a campaign that was begun; its folder may have moved since.

    Raises
    ------
    NotFoundError
        If no campaign was begun there.
    """
    path = folder / JOB_FILE
    if not path.is_file():
        raise NotFoundError(
            f"no campaign in {folder}", cure="begin one: hitsieve campaign start campaign.yaml"
        )
    job = read_job(path)
    known = job.campaign.folder
    begun = known.is_absolute() and (folder / RECORD).is_file()
    if not begun and folder.resolve() != known.resolve():
        raise NotFoundError(
            f"no campaign was begun in {folder}: {path} is of {known}",
            cure=f"begin it: hitsieve campaign start {path}",
        )
    return relocated(job, folder)


def asks_by_files(job: Job) -> bool:
    """Whether a laboratory measures, which is asked and told by files."""
    if isinstance(job, CampaignJob) and job.panel:
        return isinstance(job.panel[0], InboxConfig)
    return isinstance(job.oracle, InboxConfig)


def pool_words(job: Job) -> str:
    """Say what is chosen from, and how much it is.

    Raises
    ------
    HitsieveError
        Whatever library, reactions or reagents are refused for.
    """
    if isinstance(job, ReagentJob):
        space = SynthonSpace(job.campaign.library, job.campaign.budget)
        return f"{count(space):,} products of {len(space.plans)} reactions"
    return f"{len(Library.open(job.campaign.library)):,} compounds"


def absolute_job(job: Job) -> Job:
    """Return a configuration with every path absolute: a campaign is run from any folder."""
    if isinstance(job, ReagentJob):
        found = {
            "campaign": absolute_reagents(job.campaign),
            "oracle": absolute_oracle(job.oracle, job.campaign.folder),
        }
        return job.model_copy(update=found)
    campaign = job.campaign.model_copy(
        update={
            "library": job.campaign.library.absolute(),
            "folder": job.campaign.folder.absolute(),
            "exclude": tuple(path.absolute() for path in job.campaign.exclude),
        }
    )
    oracle = None if job.oracle is None else absolute_oracle(job.oracle, campaign.folder)
    panel = tuple(absolute_oracle(one, campaign.folder) for one in job.panel)
    return job.model_copy(update={"campaign": campaign, "oracle": oracle, "panel": panel})


def run_job(job: Job, executor: Executor, *, progress: OnProgress | None = None) -> CampaignSummary:
    """Run a campaign to its end, or go on with it; see :meth:`Loop.run`.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    return open_campaign(job, executor, progress=progress).run()


@overload
def open_campaign(
    job: CampaignJob, executor: Executor, *, progress: OnProgress | None = None
) -> Campaign: ...


@overload
def open_campaign(
    job: ReagentJob, executor: Executor, *, progress: OnProgress | None = None
) -> ReagentCampaign: ...


def open_campaign(
    job: Job, executor: Executor, *, progress: OnProgress | None = None
) -> Campaign | ReagentCampaign:
    """Return the campaign a configuration describes, to be taken step by step.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    if isinstance(job, ReagentJob):
        oracle = open_oracle(job.oracle, job.campaign.folder)
        return ReagentCampaign(job.campaign, oracle, executor, progress)
    oracle, surrogate = _opened(job)
    return Campaign(job.campaign, oracle, surrogate, executor, progress)


def check_job(job: Job) -> list[str]:
    """Open all that a campaign needs, as if it began; see :func:`check_campaign`.

    Returns
    -------
    list of str
        What is odd and no reason to refuse it, in sentences.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    if isinstance(job, ReagentJob):
        open_oracle(job.oracle, job.campaign.folder)
        read_names(job.campaign.exclude)
        space = SynthonSpace(job.campaign.library, job.campaign.budget)
        return [one.sentence() for one in unread_prices(space.plans, job.campaign.budget)]
    if isinstance(job.surrogate, GraphSurrogateConfig):
        load_recipe(job.surrogate.recipe, job.surrogate.overrides)
    return check_campaign(job.campaign, *_opened(job))


def _opened(job: CampaignJob) -> tuple[Oracle, Surrogate]:
    """Return what measures, and what learns from it."""
    if job.objective is not None:
        return _open_panel(job, job.objective)
    if job.oracle is None:  # no configuration is without both
        raise ConfigError("nothing measures", cure="give `oracle`, or `panel` with `objective`")
    oracle = open_oracle(job.oracle, job.campaign.folder)
    return oracle, open_surrogate(job.surrogate, oracle)


def _open_panel(job: CampaignJob, objective: ObjectiveConfig) -> tuple[Panel, PanelSurrogate]:
    panel = open_panel(job.panel, objective, job.campaign)
    # All targets together decide what is left out.
    single, prune = job.surrogate, PruneConfig()
    if isinstance(single, QuickConfig):
        single, prune = single.model_copy(update={"prune": prune}), single.prune
    parts = {target: open_surrogate(single, one) for target, one in panel.oracles.items()}
    return panel, PanelSurrogate(objective, parts, prune)


def open_surrogate(config: QuickConfig | GraphSurrogateConfig, oracle: Oracle) -> Surrogate:
    """Build the surrogate a configuration chose, for the target of an oracle."""
    higher = oracle.higher_is_better
    if isinstance(config, QuickConfig):
        return QuickSurrogate(oracle.target, higher_is_better=higher, config=config)
    return GraphSurrogate(oracle.target, higher_is_better=higher, config=config)
