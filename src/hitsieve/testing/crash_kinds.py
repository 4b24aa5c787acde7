"""Further campaigns to be crashed: of several targets, and with a program that measures."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.acquisition.desirability import TransformConfig
from hitsieve.campaign import run_campaign
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.config import PruneConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.oracles.command import CommandConfig, CommandOracle
from hitsieve.oracles.protocol import Measurement
from hitsieve.testing.crash import Point
from hitsieve.testing.crash_campaigns import POINTS
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.campaign import CampaignConfig
    from hitsieve.campaign.quick.config import QuickConfig
    from hitsieve.campaign.surrogate import Surrogate
    from hitsieve.engine import Executor
    from hitsieve.oracles.protocol import Compound, Oracle

_RESCORE: Final = "hitsieve.campaign.quick.rescore"

PANEL_POINTS: Final = {
    **POINTS,
    "targets trained": Point(
        "hitsieve.campaign.panel_surrogate:PanelSurrogate", "train", "after", in_worker=False
    ),
    "kept not named": Point(
        "hitsieve.campaign.hopeless", "write_parquet_atomic", "before", in_worker=False
    ),
    "mid-kept": Point("pyarrow.parquet", "write_table", "middle", "kept", in_worker=False),
    "mid-front": Point("pathlib:Path", "write_bytes", "middle", "pareto.csv", 2, in_worker=False),
}
"""Points of a campaign of several targets."""

RESCORE_POINTS: Final = {
    **POINTS,
    "rescored": Point(_RESCORE, "write_parquet_atomic", "before"),
    "mid-rescored": Point("pyarrow.parquet", "write_table", "middle", "rescored"),
    "rescored not committed": Point(_RESCORE, "write_parquet_atomic", "after"),
}
"""Points of a campaign whose surrogates score in two stages."""

OBJECTIVE: Final = ObjectiveConfig(
    components=(
        ComponentConfig(target="length", transform=TransformConfig(low=5.0, high=30.0)),
        ComponentConfig(
            target="shortness", transform=TransformConfig(kind="falling", low=-40.0, high=-5.0)
        ),
    )
)
"""What a crashed panel wishes: both targets want the longest compounds."""

_PROGRAM: Final = """\
import os, signal, sys
rows = [line.split() for line in open(sys.argv[1])]
log = os.environ["HITSIEVE_CRASH_LOG"]
with open(log, "a") as stream:
    stream.write("".join(name + "\\n" for _, name in rows))
at, _, fired = os.environ["HITSIEVE_CRASH_PROGRAM"].partition(":")
# Two programs may note at once, so the count can pass the number without meeting it.
if 0 < int(at) <= len(open(log).read().split()):
    try:
        open(fired, "x").close()
        os.kill(os.getpid(), signal.SIGKILL)
    except FileExistsError:
        pass
print("compound_id,value")
for smiles, name in rows:
    print(name + "," + str(len(smiles)))
"""


class Shortness(FakeOracle):
    """Gives the negative length of a SMILES, and notes compounds as ``short:<id>``."""

    name = "short"
    target = "shortness"
    endpoint = "negative_length"
    higher_is_better = False

    def __init__(self, notes: Path) -> None:
        super().__init__()
        self.notes = notes

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Note compounds, then measure them."""
        with self.notes.open("a", encoding="utf-8") as stream:
            stream.write("".join(f"short:{name}\n" for name, _ in compounds))
        return super().measure(compounds)

    def _found(self, compound: Compound) -> Measurement:
        return Measurement(-float(len(compound[1])))


@dataclass(frozen=True, slots=True)
class PanelSetting:
    """A campaign of two targets: its configuration, surrogates, and the log of measurements."""

    config: CampaignConfig
    quick: QuickConfig
    log: Path

    def run(self, executor: Executor) -> None:
        """Run it to its end; all targets together decide what is left out."""
        oracles: dict[str, Oracle] = {
            "length": FakeOracle(log=self.log),
            "shortness": Shortness(self.log),
        }
        single = self.quick.model_copy(update={"prune": PruneConfig()})
        parts: dict[str, Surrogate] = {
            target: QuickSurrogate(target, higher_is_better=one.higher_is_better, config=single)
            for target, one in oracles.items()
        }
        panel = Panel(OBJECTIVE, oracles, self.config.library)
        surrogate = PanelSurrogate(OBJECTIVE, parts, self.quick.prune)
        run_campaign(self.config, panel, surrogate, executor)


@dataclass(frozen=True, slots=True)
class ProgramSetting:
    """A campaign with a program as oracle: configuration, surrogate, and the program's log.

    Parameters
    ----------
    config, quick, log
        As of any campaign.
    scratch
        Where it is noted that the program was killed.
    kill_at
        It is killed once, in the middle of so many measurements; 0 for never.
    """

    config: CampaignConfig
    quick: QuickConfig
    log: Path
    scratch: Path
    kill_at: int = 0

    def run(self, executor: Executor) -> None:
        """Run it to its end; the program learns from the environment where it notes."""
        os.environ["HITSIEVE_CRASH_LOG"] = str(self.log)
        os.environ["HITSIEVE_CRASH_PROGRAM"] = f"{self.kill_at}:{self.scratch / 'fired'}"
        argv = (sys.executable, "-I", "-S", "-c", _PROGRAM, "{input}")
        oracle = CommandOracle(
            CommandConfig(
                argv=argv, target="length", endpoint="length", unit="1", higher_is_better=True
            )
        )
        surrogate = QuickSurrogate(oracle.target, config=self.quick)
        run_campaign(self.config, oracle, surrogate, executor)
