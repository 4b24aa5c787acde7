"""A folder of models: numbered versions, aliases, and a list of blocked ones.

::

    models/
      bace/
        1/  2/  3/              bundles, immutable
        aliases/champion.json   which version an alias names now, named before, since when
        quarantine/2.json       why version 2 may not be used, or why it may again
        frozen.parquet          what every version is judged on (hitsieve.modeling.frozen)
        changing/               who changes aliases or blocks now: one process at a time
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ConfigError, NotFoundError, StorageError, nearest
from hitsieve.registry import quarantine
from hitsieve.registry.aliases import ALIASES, Alias
from hitsieve.registry.bundle import read_bundle, verify_bundle, write_bundle
from hitsieve.registry.changing import Changing
from hitsieve.registry.entries import Entries, Entry, choose
from hitsieve.registry.names import check_name, is_model

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.quarantine import Block

__all__ = ["Entries", "Entry", "Registry"]

_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
_ATTEMPTS: Final = 1000


class Registry:
    """The models of one folder.

    Parameters
    ----------
    root
        The folder; made when the first model is added.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._changing: dict[str, Changing] = {}

    def changing(self, name: str) -> AbstractContextManager[None]:
        """Return the right to change a model's aliases and blocks, as a context.

        One process at a time has it, and may take it again inside. Raises as
        :meth:`.changing.Changing.alone` does, and for an illegal name.
        """
        found = self._changing.setdefault(name, Changing(self.root / check_name(name)))
        return found.alone()

    def list(self) -> Entries:
        """Return every version of every model, by name and number."""
        if not self.root.is_dir():
            return []
        names = sorted(entry.name for entry in self.root.iterdir() if is_model(entry))
        return [entry for name in names for entry in self.versions(name)]

    def versions(self, name: str) -> Entries:
        """Return the versions of one model, oldest first; empty if there is none."""
        folder = self.root / check_name(name)
        if not folder.is_dir():
            return []
        named: dict[int, list[str]] = {}
        for alias in ALIASES:
            history = self.alias(name, alias).history
            if history:
                named.setdefault(history[-1], []).append(alias)
        numbers = sorted(int(f.name) for f in folder.iterdir() if _VERSION.fullmatch(f.name))
        return [
            Entry(
                name,
                number,
                folder / str(number),
                tuple(named.get(number, ())),
                self._block(name, number),
            )
            for number in numbers
        ]

    def find(self, reference: str) -> Entry:
        """Find the version a reference names, blocked or not: to look at it, not to use it.

        Parameters
        ----------
        reference
            ``name`` (the champion; without one, the newest version that is not blocked),
            ``name@3``, or ``name@champion``.

        Raises
        ------
        ConfigError
            If the name is not a legal one.
        NotFoundError
            If there is no such model, version or alias; names the nearest there is.
        """
        name, _, wanted = reference.partition("@")
        entries = self.versions(name)
        if not entries:
            known = sorted({entry.name for entry in self.list()})
            raise NotFoundError(
                f"no model {name!r} in {self.root}{nearest(name, known)}",
                cure="`hitsieve models list` shows what there is; `hitsieve train` makes one",
            )
        return choose(entries, wanted, reference)

    def resolve(self, reference: str) -> Entry:
        """Find the version a reference names, if it may be used.

        Parameters
        ----------
        reference
            As of :meth:`find`.

        Raises
        ------
        ConfigError, NotFoundError
            As :meth:`find` does.
        QuarantinedError
            If the version is blocked, or its bytes are; gives the reason.
        """
        entry = self.find(reference)
        quarantine.refuse_blocked(entry.folder, self.root)
        return entry

    def read(self, reference: str) -> Bundle:
        """Resolve a reference and read its bundle, verified; raises as both of these do."""
        return read_bundle(self.resolve(reference).folder)

    def add(self, contents: BundleContents) -> Entry:
        """Write a bundle under the next free version of its name.

        Writers may race: each number has one winner, and the others take the next.

        Raises
        ------
        ConfigError
            If the name is not a legal one.
        StorageError
            If the storage is full or read-only.
        """
        name = check_name(contents.config.name)
        for _ in range(_ATTEMPTS):
            entries = self.versions(name)
            number = entries[-1].version + 1 if entries else 1
            folder = self.root / name / str(number)
            try:
                write_bundle(folder, contents)
            except FileExistsError:
                continue
            return Entry(name, number, folder)
        raise StorageError(f"no free version of {name} in {self.root} after {_ATTEMPTS} attempts")

    def set_alias(
        self, name: str, alias: str, version: int, *, event: str = "named", frozen: str = ""
    ) -> Entry:
        """Let an alias name a version from now on; the former ones stay in its history.

        The bundle is verified first. Whether the version deserves the name is another question:
        :mod:`hitsieve.modeling.promote`. ``event`` says for the alias's log what happened,
        ``frozen`` is the SHA-256 of the frozen test set it was judged on.

        Raises
        ------
        ConfigError
            If there is no such alias.
        NotFoundError
            If there is no such version.
        ModelRefusedError
            If the version is blocked or damaged.
        IncompleteError, StorageError
            As of :meth:`changing`; so in all that changes a record.
        """
        book = self.alias(name, alias)
        entry = self.resolve(f"{name}@{version}")
        verify_bundle(entry.folder)
        with self.changing(name):
            book.rename([*book.history, version], event, frozen=frozen)
        return self.resolve(f"{name}@{version}")

    def rollback(self, name: str, alias: str = "champion") -> Entry:
        """Let an alias name again what it named before; blocked versions are passed over.

        Raises
        ------
        ConfigError
            If there is no such alias.
        NotFoundError
            If the alias has named no other version that may be used.
        ModelRefusedError
            If the former version is damaged.
        """
        book = self.alias(name, alias)
        if not book.history:
            raise _no_earlier(name, alias)
        with self.changing(name):
            history = list(book.history)
            left = history.pop()
            while history and (history[-1] == left or self._block(name, history[-1])):
                history.pop()
            if not history:
                raise _no_earlier(name, alias)
            entry = self.resolve(f"{name}@{history[-1]}")
            verify_bundle(entry.folder)
            book.rename(history, "rolled back")
        return self.resolve(entry.reference)

    def champion(self, name: str) -> Entry | None:
        """Return the champion, blocked or not; None if a model has none."""
        return next((e for e in self.versions(name) if "champion" in e.aliases), None)

    def alias(self, name: str, alias: str = "champion") -> Alias:
        """Return an alias with its history and log."""
        return Alias.of(self.root / check_name(name), alias)

    def quarantine(self, name: str, version: int, reason: str) -> Entry:
        """Block a version from use, whatever alias names it.

        Raises
        ------
        ConfigError
            If no reason is given.
        NotFoundError
            If there is no such version.
        """
        if not reason.strip():
            raise ConfigError("a quarantine needs a reason", cure="say why the model is blocked")
        entry = self._version(name, version)
        digest = quarantine.bundle_digest(entry.folder)
        with self.changing(name):
            block = quarantine.block(quarantine.record_of(entry.folder), reason.strip(), digest)
        return replace(entry, block=block)

    def lift_quarantine(self, name: str, version: int, reason: str) -> Entry:
        """Let a blocked version be used again; why it was blocked and lifted stays on record.

        Raises
        ------
        ConfigError
            If no reason is given, or the version is not blocked.
        NotFoundError
            If there is no such version.
        """
        if not reason.strip():
            raise ConfigError("lifting a quarantine needs a reason", cure="say what was mended")
        entry = self._version(name, version)
        if not entry.block:
            raise ConfigError(f"{entry.reference} is not quarantined", cure="nothing is to be done")
        record = quarantine.record_of(entry.folder)
        with self.changing(name):
            if quarantine.block_of(record) is None:
                raise ConfigError(
                    entry.block.told(entry.reference), cure="lift the quarantine of that version"
                )
            quarantine.lift(record, reason.strip())
        return replace(entry, block=self._block(name, version))

    def _version(self, name: str, version: int) -> Entry:
        entries = self.versions(name)
        if not entries:
            raise NotFoundError(f"no model {name!r} in {self.root}", cure="`hitsieve models list`")
        return choose(entries, str(version), f"{name}@{version}")

    def _block(self, name: str, version: int) -> Block | None:
        return quarantine.block_at(self.root / name / str(version))


def _no_earlier(name: str, alias: str) -> NotFoundError:
    return NotFoundError(
        f"{alias} of {name} has named no earlier version that may be used",
        cure="promote another version by its number; `hitsieve models list` shows them",
    )
