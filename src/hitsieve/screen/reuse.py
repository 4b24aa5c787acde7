"""Answers of earlier screens: the same shard, model and options are never scored twice.

The fingerprint of an output covers everything its bytes depend on. So a file that a neighboring
screen committed under the same fingerprint is the file this screen owes, byte for byte; it is
checked against its recorded checksum and linked, and the commit is the same too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.errors import ChecksumError, HitsieveError
from hitsieve.screen.plan import PLAN_FILE, load_plan
from hitsieve.store import Ledger
from hitsieve.store.files import link_atomic
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hitsieve.screen.plan import Output
    from hitsieve.store import Commit

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Donor:
    """A finished file of another screen: its place and its commit record."""

    path: str
    commit: Commit


def find_donors(outputs: Iterable[Output], folder: Path, neighbors: Path) -> dict[str, Donor]:
    """Find outputs of a screen that other screens have finished.

    Parameters
    ----------
    outputs
        What is to be scored.
    folder
        Folder of this screen, which is no neighbor of itself.
    neighbors
        Folder that holds screens.

    Returns
    -------
    dict
        Fingerprint of the output to its donor.
    """
    wanted = {output.fingerprint for output in outputs}
    found: dict[str, Donor] = {}
    for other in _screens(neighbors, but=folder):
        if not wanted:
            break
        found |= {donor.commit.fingerprint: donor for donor in _offers(other, wanted)}
        wanted -= set(found)
    return found


def adopt(ledger: Ledger, output: Output, donor: Donor) -> bool:
    """Link a donor's file into a screen and commit it.

    Returns
    -------
    bool
        False if the donor's file is gone or was changed; then it must be scored.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    sha256 = donor.commit.files[output.path]
    if not place(donor.path).is_file():
        return False
    try:
        link_atomic(place(donor.path), ledger.root / output.path, sha256)
    except ChecksumError as error:
        _LOG.warning("%s is not reused: %s", donor.path, error.message)
        return False
    ledger.commit(donor.commit)
    return True


def _screens(neighbors: Path, but: Path) -> Iterator[Path]:
    for entry in sorted(neighbors.iterdir()):
        hidden = entry.name.startswith(".") or entry.is_symlink()
        if not hidden and (entry / PLAN_FILE).is_file() and entry.resolve() != but.resolve():
            yield entry


def _offers(screen: Path, wanted: Iterable[str]) -> Iterator[Donor]:
    try:
        outputs = [output for unit in load_plan(screen).units for output in unit.outputs]
        matching = [output for output in outputs if output.fingerprint in wanted]
        commits = Ledger(screen).committed() if matching else {}
    except HitsieveError as error:  # a damaged neighbor is no reason to stop
        _LOG.info("%s lends no answers: %s", screen, error.message)
        return
    for output in matching:
        commit = commits.get(output.key)
        if commit is not None and commit.fingerprint == output.fingerprint:
            yield Donor(str(screen / output.path), commit)
