"""Verifying a screen: every checksum, every count, and nothing that does not belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ChecksumError, HitsieveError
from hitsieve.schema import SCORES
from hitsieve.screen.cascade import CASCADE_FILE, choose_cuts, read_cuts
from hitsieve.screen.manifest import MANIFEST_FILE, read_manifest
from hitsieve.screen.plan import SCORES_FOLDER, load_plan
from hitsieve.screen.rescore import choose
from hitsieve.store import Ledger, open_parquet
from hitsieve.store.files import temporary_of
from hitsieve.store.place import place
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hitsieve.metrics.retrieval import Cut
    from hitsieve.screen.plan import Output, ScreenPlan, Unit
    from hitsieve.store import Commit

_LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified.

    Parameters
    ----------
    files, rows
        Committed files compared with their checksums, and the rows in them.
    complete
        Whether the screen is whole, and its manifest agrees.
    problems
        All that is wrong, in words; empty for a sound screen.
    """

    files: int
    rows: int
    complete: bool
    problems: tuple[str, ...]

    def raise_problems(self) -> None:
        """Raise if anything is wrong.

        Raises
        ------
        ChecksumError
            Names the first problems.
        """
        if self.problems:
            more = len(self.problems) - _LISTED
            listed = "; ".join(self.problems[:_LISTED]) + (f"; and {more} more" if more > 0 else "")
            raise ChecksumError(
                f"{len(self.problems)} problems: {listed}",
                cure="delete the named files with their commit records and run the screen again",
            )


def verify_screen(folder: Path) -> Verified:
    """Compare every committed file of a screen with all that is recorded about it.

    Looked at are each file's SHA-256, its number of rows in the commit record and the plan,
    the fingerprint in its footer and in the plan, the manifest, and files nobody owns; of a
    cascade also the cuts and the rows they choose, from the scores they rest on.

    Raises
    ------
    NotFoundError
        If the folder holds no screen.
    InputError
        If its plan cannot be read.
    """
    folder = place(folder)
    plan, ledger = load_plan(folder), Ledger(folder)
    commits = ledger.committed()
    owed = {output.key: (unit, output) for unit in plan.units for output in unit.outputs}
    problems = [f"commit {key} is not of this plan" for key in commits if key not in owed]
    done = [key for key in owed if key in commits]
    cuts, wrong = _cuts(plan, folder, done)
    problems += wrong
    for key in done:
        unit, output = owed[key]
        problems += _piece_problems(ledger, output, commits[key])
        problems += _count_problems(ledger, unit, output, commits[key], cuts)
    complete = len(done) == len(owed)
    problems += _manifest_problems(plan, folder, commits, complete=complete)
    problems += _strangers(folder, commits)
    rows = sum(commits[key].rows for key in done)
    return Verified(len(done), rows, complete, tuple(problems))


def _cuts(plan: ScreenPlan, folder: Path, done: Sequence[str]) -> tuple[dict[str, Cut], list[str]]:
    """Return the cuts that the sample gives, once it is whole, and what is wrong with the file."""
    if plan.cascade is None or not all(o.key in done for u in plan.stages[0] for o in u.outputs):
        return {}, []
    try:
        cuts = choose_cuts(plan, folder)
        recorded = read_cuts(folder)
    except HitsieveError as error:
        return {}, [error.message]
    rescored = len(done) > sum(len(unit.outputs) for unit in plan.stages[0])
    if recorded == cuts or not (recorded or rescored):
        return cuts, []
    return cuts, [f"{folder / CASCADE_FILE} does not hold the cuts that the sample gives"]


def _count_problems(
    ledger: Ledger, unit: Unit, output: Output, commit: Commit, cuts: dict[str, Cut]
) -> Iterator[str]:
    rows, owing = unit.shard.rows, "its shard has"
    if output.chosen_by:
        try:
            rows, owing = len(choose(ledger, output, cuts)), "chosen are"
        except HitsieveError as error:
            yield error.message
            return
    if commit.rows != rows:
        yield f"{output.key} is committed with {commit.rows} rows, {owing} {rows}"


def _piece_problems(ledger: Ledger, output: Output, commit: Commit) -> Iterator[str]:
    if commit.fingerprint != output.fingerprint:
        yield f"{output.key} is committed as {commit.fingerprint}, planned {output.fingerprint}"
    try:
        ledger.verify(output.key)
        with open_parquet(ledger.root / output.path, SCORES) as opened:
            tags = opened.schema_arrow.metadata or {}
            rows = opened.metadata.num_rows
    except HitsieveError as error:
        yield error.message
        return
    if rows != commit.rows:
        yield f"{output.path} has {rows} rows, its commit record says {commit.rows}"
    if tags.get(FINGERPRINT_TAG.encode(), b"").decode() != output.fingerprint:
        yield f"{output.path} bears another fingerprint in its footer"


def _manifest_problems(
    plan: ScreenPlan, folder: Path, commits: dict[str, Commit], *, complete: bool
) -> Iterator[str]:
    try:
        manifest = read_manifest(folder)
    except HitsieveError as error:
        yield error.message
        return
    if manifest is None:
        if complete:
            yield f"{folder / MANIFEST_FILE} is missing, though every shard is committed"
        return
    recorded = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    found = {name: sha for commit in commits.values() for name, sha in commit.files.items()}
    for name in sorted(recorded.keys() | found.keys()):
        if recorded.get(name) != found.get(name):
            yield f"manifest and commit records differ on {name}"
    if manifest.get("fingerprint") != plan.fingerprint:
        yield "the manifest is of another plan"
    total = sum(commit.rows for commit in commits.values())
    if manifest.get("rows") != total:
        yield f"the manifest counts {manifest.get('rows')} rows, the commit records {total}"


def _strangers(folder: Path, commits: dict[str, Commit]) -> Iterator[str]:
    owned = {name for commit in commits.values() for name in commit.files}
    for path in sorted((folder / SCORES_FOLDER).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in owned and temporary_of(path.name) is None:
            yield f"{name} is not committed: left by a killed run, or foreign"
