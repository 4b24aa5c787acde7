"""The inbox as an oracle: its measurements are what a laboratory has told so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from hitsieve.errors import IncompleteError
from hitsieve.oracles.inbox.answers import Answers
from hitsieve.oracles.inbox.batch import close_batch, read_batches, write_batch
from hitsieve.oracles.inbox.purpose import check_purpose
from hitsieve.oracles.inbox.results import Told, read_results
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.protocol import Compound


class InboxOracle(Answers):
    """A laboratory behind a folder: asked by :meth:`ask`, answering by :meth:`tell`.

    All state is in files, so weeks and restarts may pass between the two.

    Parameters
    ----------
    config
        What is measured, on which plates, and the folder.

    Raises
    ------
    UsageError
        If the folder is the inbox of another target, endpoint, unit or direction.
    """

    def __init__(self, config: InboxConfig) -> None:
        check_purpose(config.folder, config)
        super().__init__(config)

    @property
    def replicates(self) -> int:
        """Wells each compound gets."""
        return self.config.replicates

    def ask(self, picks: pa.Table, *, batch: str) -> list[Path]:
        """Write a batch; see :func:`hitsieve.oracles.inbox.batch.write_batch`."""
        return write_batch(self.config.folder, picks, self.config, batch=batch)

    def tell(self, path: Path, *, revise: bool = False, dry_run: bool = False) -> Told:
        """Take results; see :func:`hitsieve.oracles.inbox.results.read_results`."""
        return read_results(path, self.config.folder, self.config, revise=revise, dry_run=dry_run)

    def close(self, batch: str, reason: str) -> None:
        """Stop waiting for a batch; see :func:`hitsieve.oracles.inbox.batch.close_batch`."""
        close_batch(self.config.folder, batch, reason)

    def collect(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return the labels of compounds once all that was asked is told or given up.

        Compounds that were never asked are asked now.

        Raises
        ------
        IncompleteError
            If results are missing; names the files to fill in.
        """
        batches = read_batches(self.config.folder)
        known = {pick["compound_id"] for batch in batches for pick in batch.compounds}
        fresh = [compound for compound in dict.fromkeys(compounds) if compound[0] not in known]
        if fresh:
            self._ask_plainly(fresh)
        wanted = list(dict(compounds).items())
        waiting = self.waiting(name for name, _ in wanted)
        if waiting:
            raise IncompleteError(
                f"{len(waiting)} of {len(wanted)} compounds wait for results of the laboratory",
                cure=f"fill in the forms under {self.config.folder / 'batches'}, tell them, and "
                "run the same command again",
            )
        return self.measure(wanted)

    def _ask_plainly(self, compounds: Sequence[Compound]) -> None:
        picks = {
            "compound_id": [name for name, _ in compounds],
            "smiles": [smiles for _, smiles in compounds],
            "reason": ["asked for"] * len(compounds),
        }
        self.ask(pa.table(picks), batch=f"batch-{fingerprint(picks, length=8)}")
