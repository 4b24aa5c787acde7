"""A whole campaign from one configuration file: pool, oracle and surrogate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, model_validator

from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.objective import ObjectiveConfig
from hitsieve.campaign.offers import unread_offers
from hitsieve.campaign.panel import Panel, PanelSurrogate
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.surrogate import GraphSurrogate, GraphSurrogateConfig
from hitsieve.config import StrictConfig, dump_config, load_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError
from hitsieve.library import Library
from hitsieve.oracles.inbox import InboxConfig
from hitsieve.oracles.open import OracleConfig, open_oracle
from hitsieve.oracles.shape import ShapeOracleConfig
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from hitsieve.campaign.loop import CampaignSummary, OnProgress
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles import Oracle


class CampaignJob(StrictConfig):
    """Everything an unattended campaign needs.

    Parameters
    ----------
    campaign
        Pool, folder, sizes and seed.
    oracle
        What measures.
    panel
        Oracles of several targets instead of one oracle; they measure by themselves.
    objective
        What the targets of a panel are wished to be together.
    surrogate
        What learns and scores; one for each target of a panel.
    """

    campaign: CampaignConfig
    oracle: OracleConfig = ShapeOracleConfig()
    panel: tuple[OracleConfig, ...] = ()
    objective: ObjectiveConfig | None = None
    surrogate: Annotated[QuickConfig | GraphSurrogateConfig, Field(discriminator="kind")] = (
        QuickConfig()
    )

    @model_validator(mode="after")
    def _panel_has_an_objective(self) -> Self:
        if bool(self.panel) != (self.objective is not None):
            raise ValueError("`panel` and `objective` are given together")
        if any(isinstance(one, InboxConfig) for one in self.panel):
            raise ValueError("a laboratory cannot be part of a panel; give it a campaign")
        return self


_FILE: Final = "campaign.yaml"


def start_job(job: CampaignJob) -> Path:
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
        campaign = open_campaign(absolute_job(job), executor)
    write_atomic(campaign.folder.root / _FILE, dump_config(absolute_job(job)).encode())
    return campaign.folder.root


def load_job(folder: Path) -> CampaignJob:
    """Read the configuration of a campaign that was begun.

    Raises
    ------
    NotFoundError
        If no campaign was begun there.
    """
    path = folder / _FILE
    if not path.is_file():
        raise NotFoundError(
            f"no campaign in {folder}", cure="begin one: hitsieve campaign start campaign.yaml"
        )
    return load_config(CampaignJob, path)


def misread_offers(job: CampaignJob) -> list[str]:
    """Say which prices and times of delivery of a library are not understood, by vendor column."""
    library = Library.open(job.campaign.library)
    return [one.sentence() for one in unread_offers(library, job.campaign.budget)]


def absolute_job(job: CampaignJob) -> CampaignJob:
    """Return a configuration with every path absolute: a campaign is run from any folder."""
    campaign = job.campaign.model_copy(
        update={
            "library": job.campaign.library.absolute(),
            "folder": job.campaign.folder.absolute(),
            "exclude": tuple(path.absolute() for path in job.campaign.exclude),
        }
    )
    oracle = _absolute_oracle(job.oracle, campaign.folder)
    panel = tuple(_absolute_oracle(one, campaign.folder) for one in job.panel)
    return job.model_copy(update={"campaign": campaign, "oracle": oracle, "panel": panel})


def _absolute_oracle(oracle: OracleConfig, folder: Path) -> OracleConfig:
    if isinstance(oracle, InboxConfig):
        oracle = oracle.inside(folder)
    found: dict[str, object] = {}
    for name in type(oracle).model_fields:
        value = getattr(oracle, name)
        if isinstance(value, Path):
            found[name] = value.absolute()
        elif isinstance(value, tuple) and value and isinstance(value[0], Path):
            found[name] = tuple(path.absolute() for path in value)
    return oracle.model_copy(update=found)


def run_job(
    job: CampaignJob, executor: Executor, *, progress: OnProgress | None = None
) -> CampaignSummary:
    """Run a campaign to its last round, or go on with it; see :func:`run_campaign`.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    return open_campaign(job, executor, progress=progress).run()


def open_campaign(
    job: CampaignJob, executor: Executor, *, progress: OnProgress | None = None
) -> Campaign:
    """Return the campaign a configuration describes, to be taken step by step.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    if job.objective is not None:
        panel, several = _open_panel(job, job.objective)
        return Campaign(job.campaign, panel, several, executor, progress)
    oracle = open_oracle(job.oracle, job.campaign.folder)
    surrogate = open_surrogate(job.surrogate, oracle)
    return Campaign(job.campaign, oracle, surrogate, executor, progress)


def _open_panel(job: CampaignJob, objective: ObjectiveConfig) -> tuple[Panel, PanelSurrogate]:
    opened = [open_oracle(one) for one in job.panel]
    oracles = {oracle.target: oracle for oracle in opened}
    missing = [target for target in objective.targets if target not in oracles]
    if missing or len(oracles) < len(opened):
        raise ConfigError(
            f"the objective names {objective.targets}, the panel measures "
            f"{[oracle.target for oracle in opened]}",
            cure="give one oracle for each target",
        )
    wanted = {target: oracles[target] for target in objective.targets}
    parts = {target: open_surrogate(job.surrogate, one) for target, one in wanted.items()}
    return Panel(objective, wanted, job.campaign.library), PanelSurrogate(objective, parts)


def open_surrogate(config: QuickConfig | GraphSurrogateConfig, oracle: Oracle) -> Surrogate:
    """Build the surrogate a configuration chose, for the target of an oracle."""
    higher = oracle.higher_is_better
    if isinstance(config, QuickConfig):
        return QuickSurrogate(oracle.target, higher_is_better=higher, config=config)
    return GraphSurrogate(oracle.target, higher_is_better=higher, config=config)
