"""Several targets that one laboratory measures of the same wells.

::

    <inbox>/inbox.json             targets, endpoints, units and directions; others are refused
    <inbox>/batches/<batch>/       as of one target; the form has columns for each
    <inbox>/targets/<target>/      results and controls of one target
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from hitsieve.errors import ConfigError
from hitsieve.oracles.inbox.answers import Answers
from hitsieve.oracles.inbox.batch import close_batch, write_batch
from hitsieve.oracles.inbox.config import ControlConfig, InboxConfig
from hitsieve.oracles.inbox.parted import rows_of_targets
from hitsieve.oracles.inbox.purpose import check_purpose
from hitsieve.oracles.inbox.results import Taking, Told, asked_batches
from hitsieve.oracles.inbox.tables import read_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from hitsieve.oracles.inbox.parse import RefusedRow

_SHARED: Final = (
    "folder", "plate_wells", "replicates", "shuffle", "show_reasons", "show_predicted",
)  # fmt: skip
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Bench:
    """A laboratory that measures several targets of the same wells; asked and told by files.

    Parameters
    ----------
    configs
        What is measured, a target each. Folder, plates and what forms show are the same of all;
        each may bring controls of its own, which then stand on every plate.

    Raises
    ------
    ConfigError
        If they do not agree, or a target stands twice.
    UsageError
        If the folder is the inbox of something else.
    """

    def __init__(self, configs: Sequence[InboxConfig]) -> None:
        self.layout = shared_layout(configs)
        self.folder = self.layout.folder
        self.configs = tuple(configs)
        check_purpose(self.folder, *configs)
        self.answers = {
            one.target: Answers(
                one.model_copy(update={"folder": self.folder / "targets" / _slug(one.target)}),
                asked_in=self.folder,
            )
            for one in configs
        }

    @property
    def replicates(self) -> int:
        """Wells each compound gets."""
        return self.layout.replicates

    def ask(self, picks: pa.Table, *, batch: str) -> list[Path]:
        """Write a batch; see :func:`hitsieve.oracles.inbox.batch.write_batch`."""
        return write_batch(self.folder, picks, self.layout, batch=batch, beside=self.configs[1:])

    def close(self, batch: str, reason: str) -> None:
        """Stop waiting for a batch; see :func:`hitsieve.oracles.inbox.batch.close_batch`."""
        close_batch(self.folder, batch, reason)

    def waiting(self, compound_ids: Iterable[str]) -> list[str]:
        """Return the compounds that miss results of any target; a failure is a result."""
        names = list(compound_ids)
        missing = {name for one in self.answers.values() for name in one.waiting(names)}
        return [name for name in names if name in missing]

    def tell(self, path: Path, *, revise: bool = False, dry_run: bool = False) -> Told:
        """Take results of any targets; counts are of results, so a row may count several times.

        See :func:`hitsieve.oracles.inbox.results.read_results`, and
        :func:`hitsieve.oracles.inbox.parted.rows_of_targets` for what a file may look like.
        """
        check_purpose(self.folder, *self.configs)
        batches = asked_batches(self.folder)
        targets = list(self.answers)
        parts, refused = rows_of_targets(path, read_rows(path, targets), targets)
        told: dict[str, Told] = {}
        for target, rows in parts.items():
            config = self.answers[target].config
            taking = Taking(config.folder, config, clip(path.name), revise=revise, dry_run=dry_run)
            told[target] = taking.take(rows, batches)
        several = list(told.values())
        return Told(
            pa.concat_tables([one.labels for one in several]),
            tuple(_refused(refused, told)),
            sum(one.taken for one in several),
            sum(one.known for one in several),
            sum(one.empty for one in several),
            sum(one.controls for one in several),
            tuple(plate for one in several for plate in one.plates),
        )


def shared_layout(configs: Sequence[InboxConfig]) -> InboxConfig:
    """Return the first of some settings with the controls of all of them.

    Raises
    ------
    ConfigError
        If they do not agree on folder, plates or a control, or a target stands twice.
    """
    first = configs[0]
    names = [one.target.strip().casefold() for one in configs]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"a laboratory measures {[one.target for one in configs]}, one of them twice",
            cure="give each target another name; upper and lower case are the same",
        )
    controls: dict[str, ControlConfig] = {}
    for one in configs:
        for name in _SHARED:
            if getattr(one, name) != getattr(first, name):
                raise ConfigError(
                    f"`{name}` is {getattr(first, name)} for {first.target!r} and "
                    f"{getattr(one, name)} for {one.target!r}, which share their plates",
                    cure="give both the same",
                )
        for control in one.controls:
            if controls.setdefault(control.name, control) != control:
                raise ConfigError(
                    f"control {control.name!r} of {one.target!r} has another role or number of "
                    "wells than that of another target on the same plates",
                    cure="give both the same, or another name",
                )
    changed = first.model_dump() | {"controls": tuple(controls.values())}
    try:
        return InboxConfig(**changed)
    except ValueError as error:
        raise ConfigError(f"all controls together: {error}", cure="use fewer wells") from None


def _slug(target: str) -> str:
    """Return a name of a folder: readable, and no other target's on any file system."""
    return f"{_UNSAFE.sub('-', target)[:40]}-{fingerprint([target], length=8)}"


def _refused(before: Sequence[RefusedRow], told: Mapping[str, Told]) -> list[RefusedRow]:
    """Return refused rows, each reason once: what is wrong for all targets names none."""
    found = list(before)
    seen: dict[RefusedRow, list[str]] = {}
    for target, one in told.items():
        for row in one.refused:
            seen.setdefault(row, []).append(target)
    for row, targets in seen.items():
        common = len(targets) == len(told)
        word = "" if common else f"{', '.join(targets)}: "
        found.append(type(row)(row.row, row.name, word + row.reason))
    return sorted(found, key=lambda one: one.row)
