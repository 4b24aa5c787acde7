"""A panel whose targets a laboratory measures of the same wells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.campaign.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.objective import ObjectiveConfig
    from hitsieve.oracles.inbox import Bench, Told
    from hitsieve.oracles.protocol import Compound


class BenchPanel(Panel):
    """A panel that answers later: one batch asks for all targets, each is told when it comes.

    A compound is measured once each target has a result or a failure; its utility is known once
    each has a value. Until then it waits, or fails as ``not_measured`` where the batch is closed.

    Parameters
    ----------
    objective
        The wishes.
    bench
        What measures all of their targets.
    library
        Whose descriptors count.
    """

    def __init__(self, objective: ObjectiveConfig, bench: Bench, library: Path) -> None:
        super().__init__(objective, dict(bench.answers), library)
        self.bench = bench

    @property
    def replicates(self) -> int:
        """Measurements of each compound, all targets together."""
        return self.bench.replicates

    def ask(self, picks: pa.Table, *, batch: str) -> list[Path]:
        """Write a batch; asking it again changes nothing."""
        return self.bench.ask(picks, batch=batch)

    def tell(self, path: Path, *, revise: bool = False, dry_run: bool = False) -> Told:
        """Take results of any targets."""
        return self.bench.tell(path, revise=revise, dry_run=dry_run)

    def close(self, batch: str, reason: str) -> None:
        """Stop waiting for a batch."""
        self.bench.close(batch, reason)

    def waiting(self, compound_ids: Sequence[str]) -> list[str]:
        """Return the compounds that miss results of a target."""
        return self.bench.waiting(compound_ids)

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return what was told.

        Returns
        -------
        pyarrow.Table
            LABELS: first the utility of each compound in the order given, then the values of
            each target, as of :meth:`~hitsieve.campaign.panel.Panel.measure_all`.
        """
        parts = {target: one.measure(compounds) for target, one in self.oracles.items()}
        return pa.concat_tables([self._utility(compounds, parts), *parts.values()])

    def labels(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return the utility of compounds that have a result of each target; others are left out.

        A failure is a result: such a compound has a row without a value.
        """
        told = [
            set(one.labels(compounds)["compound_id"].to_pylist())
            for one in self.bench.answers.values()
        ]
        whole = pa.array(sorted(set.intersection(*told)), pa.string())
        utility = self.measure(compounds).slice(0, len(compounds))
        return utility.filter(pc.is_in(utility["compound_id"], value_set=whole))
