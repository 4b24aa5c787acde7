"""A whole campaign from one configuration file: pool, oracle and surrogate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.run import run_campaign
from hitsieve.campaign.surrogate import GraphSurrogate, GraphSurrogateConfig
from hitsieve.config import StrictConfig
from hitsieve.oracles import LookupOracle, ShapeOracle, ShapeOracleConfig
from hitsieve.schema import LABELS
from hitsieve.store import open_parquet

if TYPE_CHECKING:
    from hitsieve.campaign.run import CampaignSummary, OnProgress
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
    oracle: Annotated[ShapeChoice | LookupChoice, Field(discriminator="kind")] = ShapeChoice()
    surrogate: GraphSurrogateConfig = GraphSurrogateConfig()


def run_job(
    job: CampaignJob, executor: Executor, *, progress: OnProgress | None = None
) -> CampaignSummary:
    """Run a campaign to its last round, or go on with it; see :func:`run_campaign`.

    Raises
    ------
    HitsieveError
        Whatever library, labels or campaign are refused for.
    """
    oracle = open_oracle(job.oracle)
    surrogate = GraphSurrogate(
        oracle.target, higher_is_better=oracle.higher_is_better, config=job.surrogate
    )
    return run_campaign(job.campaign, oracle, surrogate, executor, progress=progress)


def open_oracle(choice: ShapeChoice | LookupChoice) -> Oracle:
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
    with open_parquet(choice.labels, LABELS) as opened:
        labels = opened.read(columns=LABELS.names)
    higher = choice.direction == "higher"
    return LookupOracle.from_labels(labels, choice.target, higher_is_better=higher)
