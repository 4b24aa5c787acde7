"""The files of a campaign, which are all the state it has.

::

    campaign.json                 what the campaign is; another one is refused in this folder
    rounds/round-000.picks.json   what was chosen, before anything is measured
    rounds/round-000.parquet      LABELS of those compounds, failures included
    rounds/round-000.estimate.json  what the audit says of the share found
    rounds/round-001.known.parquet  of a laboratory: LABELS of all rounds before, as they stood when
                                  this one was chosen
    labels/<oracle>/…             one file a label, see hitsieve.oracles.store
    training/round-001.parquet    what the surrogate of a round learned from
    models/, screens/round-001/   the surrogates, and their scores of the library
    cache/                        features of the pool; may be deleted at any time
    runs/driver/                  which process works on it; runs/ holds what differs between runs
    runs/seconds.jsonl            how long each measurement took
    stopped.json                  somebody ended the campaign by hand
    _commits/round-000.json       the round is finished
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.campaign.found import read_estimate
from hitsieve.campaign.picks import Pick
from hitsieve.campaign.plan import RECORD, refuse_other
from hitsieve.campaign.rounds import Chosen, Round
from hitsieve.errors import ChecksumError
from hitsieve.provenance import fingerprint, sha256_file
from hitsieve.schema import LABELS, Status
from hitsieve.store.files import create_exclusive, json_bytes, write_parquet_atomic
from hitsieve.store.ledger import Commit, Ledger

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from hitsieve.campaign.estimate import Estimate


__all__ = ["CampaignFolder", "Chosen", "Round", "learnable"]


class CampaignFolder:
    """Reads and writes the state of one campaign.

    Parameters
    ----------
    root
        Its folder.
    plan
        All that decides what happens; a folder that was begun with another plan is refused.

    Raises
    ------
    UsageError
        If the folder holds another campaign.
    """

    def __init__(self, root: Path, plan: dict[str, Any]) -> None:
        self.root = root
        self.fingerprint = fingerprint(plan)
        self._ledger = Ledger(root)
        path = root / RECORD
        record = json_bytes({"fingerprint": self.fingerprint, **plan})
        if not create_exclusive(path, record):
            refuse_other(root, plan)

    @property
    def labels(self) -> Path:
        """Root of the label files."""
        return self.root / "labels"

    @property
    def registry(self) -> Path:
        """Where the surrogates are registered."""
        return self.root / "models"

    def screen(self, number: int) -> Path:
        """Folder of a round's screen."""
        return self.root / "screens" / _name(number)

    @property
    def cache(self) -> Path:
        """Folder for what can be computed again at any time."""
        return self.root / "cache"

    @property
    def driver(self) -> Path:
        """Folder of the lease that the process which works on the campaign holds."""
        return self.root / "runs" / "driver"

    def estimate_path(self, number: int) -> Path:
        """Return where the estimate of a round is kept."""
        return self.root / "rounds" / f"{_name(number)}.estimate.json"

    def estimate(self, number: int) -> Estimate | None:
        """Return the kept estimate of the share found after a round, or None."""
        return read_estimate(self.estimate_path(number))

    def rounds(self) -> list[Round]:
        """Return all finished rounds in order."""
        found: list[Round] = []
        while self.finished(len(found)):
            found.append(self.round(len(found)))
        return found

    def sweep(self) -> int:
        """Remove what killed writers left half written, of files that are whole by now."""
        whole = (path for path in self.root.rglob("*") if path.is_file())
        names = [path.relative_to(self.root).as_posix() for path in whole]
        return self._ledger.sweep_temporaries(finished=names)

    def stop(self, reason: str) -> None:
        """End the campaign by hand; what is finished stays."""
        create_exclusive(self.root / "stopped.json", json_bytes({"reason": reason}))

    def resume(self) -> bool:
        """Take a stop by hand back; False if there was none."""
        path = self.root / "stopped.json"
        stood = path.is_file()
        path.unlink(missing_ok=True)
        return stood

    @property
    def stopped(self) -> str | None:
        """Why the campaign was ended by hand; None if it was not."""
        path = self.root / "stopped.json"
        return json.loads(path.read_text(encoding="utf-8"))["reason"] if path.is_file() else None

    def choice(self, number: int) -> Chosen | None:
        """Return the picks of a round, or None if it has not chosen yet.

        Raises
        ------
        ChecksumError
            If the file is damaged.
        """
        path = self._picks_path(number)
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            picks = tuple(Pick(**one) for one in found["picks"])
            return Chosen(
                found["model"],
                picks,
                tuple(found["audit"]),
                found["surrogate"],
                found.get("short"),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ChecksumError(
                f"{path} is damaged: {error}", cure="restore the file; the round depends on it"
            ) from error

    def choose(self, number: int, chosen: Chosen) -> Chosen:
        """Record a round's picks and return those that stand: another driver's, if first."""
        record = {"round": number, **asdict(chosen)}
        create_exclusive(self._picks_path(number), json_bytes(record))
        standing = self.choice(number)
        if standing is None:
            raise ChecksumError(f"{self._picks_path(number)} vanished", cure="run it again")
        return standing

    def finish(self, number: int, labels: pa.Table) -> Round:
        """Keep the labels of a round and commit it."""
        path = self._labels_path(number)
        written = write_parquet_atomic(path, labels)
        picks, known = self._picks_path(number), self.known_path(number)
        files = {str(path.relative_to(self.root)): written.sha256}
        for part in (picks, known) if known.is_file() else (picks,):
            files[str(part.relative_to(self.root))] = sha256_file(part)
        self._ledger.commit(Commit(_name(number), files, written.rows, self.fingerprint))
        return self.round(number)

    def known_path(self, number: int) -> Path:
        """Return where the labels that a round of a laboratory is chosen by are kept."""
        return self.root / "rounds" / f"{_name(number)}.known.parquet"

    def settle(self, number: int, labels: pa.Table) -> pa.Table:
        """Keep the labels a round is chosen by, unless some are kept, and return those that are."""
        path = self.known_path(number)
        if not path.is_file():
            write_parquet_atomic(path, labels)
        kept = pq.read_table(path, memory_map=True)
        LABELS.check(kept.schema, where=str(path))
        return kept

    def unsettle(self, number: int) -> None:
        """Forget what a round was to learn from: it was too little, and more may be told."""
        self.known_path(number).unlink(missing_ok=True)
        for path in self.training_path(number).parent.glob(f"{_name(number)}*.parquet"):
            path.unlink(missing_ok=True)  # of a panel there is one a target too

    def finished(self, number: int) -> bool:
        """Whether a round is committed."""
        return self._ledger.get(_name(number)) is not None

    def round(self, number: int) -> Round:
        """Read a finished round.

        Raises
        ------
        NotFoundError
            If it is not finished.
        ChecksumError
            If a file differs from what was committed.
        """
        self._ledger.verify(_name(number))
        chosen = self.choice(number)
        labels = pq.read_table(self._labels_path(number), memory_map=True)
        LABELS.check(labels.schema, where=str(self._labels_path(number)))
        told = chosen or Chosen("", ())
        return Round(number, told.model, told.picks, labels, told.audit, told.surrogate, told.short)

    def training_table(self, number: int, labels: pa.Table, audit: Collection[str]) -> Path:
        """Write what the surrogate of a round learns from, unless that is settled already.

        Parameters
        ----------
        number
            Of the round.
        labels
            LABELS of all rounds before it.
        audit
            Compounds that are measured but never learned from.
        """
        path = self.training_path(number)
        if not path.is_file():
            write_parquet_atomic(path, learnable(labels, audit))
        return path

    def _picks_path(self, number: int) -> Path:
        return self.root / "rounds" / f"{_name(number)}.picks.json"

    def training_path(self, number: int) -> Path:
        """Return where it is kept what the surrogate of a round learns from."""
        return self.root / "training" / f"{_name(number)}.parquet"

    def _labels_path(self, number: int) -> Path:
        return self.root / "rounds" / f"{_name(number)}.parquet"


def learnable(labels: pa.Table, audit: Collection[str]) -> pa.Table:
    """Return the labels a surrogate may learn from, by compound: measured, and not of the audit."""
    good = pc.not_equal(labels["status"], str(Status.FAILED))
    hidden = pc.is_in(labels["compound_id"], value_set=pa.array(sorted(audit), pa.string()))
    return labels.filter(pc.and_(good, pc.invert(hidden))).sort_by("compound_id")


def _name(number: int) -> str:
    return f"round-{number:03d}"
