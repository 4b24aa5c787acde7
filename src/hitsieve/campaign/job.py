"""A whole campaign from one configuration file: pool, oracle and surrogate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.surrogate import GraphSurrogate, GraphSurrogateConfig
from hitsieve.config import StrictConfig, dump_config, load_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import NotFoundError
from hitsieve.oracles import LookupOracle, ShapeOracle, ShapeOracleConfig
from hitsieve.oracles.inbox import InboxConfig, InboxOracle
from hitsieve.schema import LABELS
from hitsieve.store import open_parquet
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from hitsieve.campaign.run import CampaignSummary, OnProgress
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine.executor import Executor
    from hitsieve.oracles import Oracle


class ShapeChoice(StrictConfig):
    """Measure by 3D shape and color overlap with a reference ligand.

    Parameters
    ----------
    kind
        ``shape``.
    settings
        Reference ligand and conformers.
    """

    kind: Literal["shape"] = "shape"
    settings: ShapeOracleConfig = ShapeOracleConfig()


class LookupChoice(StrictConfig):
    """Take known values from a table of measurements, to replay a campaign.

    Parameters
    ----------
    kind
        ``lookup``.
    labels
        LABELS file (Parquet).
    target
        Whose values.
    direction
        Whether ``higher`` or ``lower`` values are wanted.
    """

    kind: Literal["lookup"]
    labels: Path
    target: str
    direction: Literal["higher", "lower"] = "higher"


OracleChoice = Annotated[ShapeChoice | LookupChoice | InboxConfig, Field(discriminator="kind")]
"""What measures, told apart by ``kind``."""


class CampaignJob(StrictConfig):
    """Everything an unattended campaign needs.

    Parameters
    ----------
    campaign
        Pool, folder, sizes and seed.
    oracle
        What measures.
    surrogate
        What learns and scores.
    """

    campaign: CampaignConfig
    oracle: OracleChoice = ShapeChoice()
    surrogate: Annotated[QuickConfig | GraphSurrogateConfig, Field(discriminator="kind")] = (
        QuickConfig()
    )


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
        campaign = open_campaign(_absolute(job), executor)
    write_atomic(campaign.folder.root / _FILE, dump_config(_absolute(job)).encode())
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


def _absolute(job: CampaignJob) -> CampaignJob:
    campaign = job.campaign.model_copy(
        update={
            "library": job.campaign.library.absolute(),
            "folder": job.campaign.folder.absolute(),
            "exclude": tuple(path.absolute() for path in job.campaign.exclude),
        }
    )
    oracle = job.oracle
    if isinstance(oracle, LookupChoice):
        oracle = oracle.model_copy(update={"labels": oracle.labels.absolute()})
    if isinstance(oracle, InboxConfig):
        oracle = oracle.model_copy(update={"folder": oracle.folder.absolute()})
    return job.model_copy(update={"campaign": campaign, "oracle": oracle})


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
    oracle = open_oracle(job.oracle)
    surrogate = open_surrogate(job.surrogate, oracle)
    return Campaign(job.campaign, oracle, surrogate, executor, progress)


def open_surrogate(config: QuickConfig | GraphSurrogateConfig, oracle: Oracle) -> Surrogate:
    """Build the surrogate a configuration chose, for the target of an oracle."""
    higher = oracle.higher_is_better
    if isinstance(config, QuickConfig):
        return QuickSurrogate(oracle.target, higher_is_better=higher, config=config)
    return GraphSurrogate(oracle.target, higher_is_better=higher, config=config)


def open_oracle(choice: OracleChoice) -> Oracle:
    """Build the oracle a configuration chose.

    Raises
    ------
    NotFoundError, SchemaError
        If the table of a lookup is absent or no LABELS file.
    DatasetError
        If it holds no value of the target.
    """
    if isinstance(choice, ShapeChoice):
        return ShapeOracle(choice.settings)
    if isinstance(choice, InboxConfig):
        return InboxOracle(choice)
    with open_parquet(choice.labels, LABELS) as opened:
        labels = opened.read(columns=LABELS.names)
    higher = choice.direction == "higher"
    return LookupOracle.from_labels(labels, choice.target, higher_is_better=higher)
