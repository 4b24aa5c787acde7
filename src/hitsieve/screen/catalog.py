"""The screens of a folder, found by listing it: a name from outside never becomes a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.errors import HitsieveError, NotFoundError
from hitsieve.screen.plan import PLAN_FILE, load_plan
from hitsieve.screen.status import screen_status

if TYPE_CHECKING:
    from hitsieve.screen.status import ScreenStatus


@dataclass(frozen=True, slots=True)
class Listed:
    """A screen of the folder: its state, or what is wrong with it."""

    name: str
    state: str
    targets: tuple[str, ...]
    done: int
    total: int
    problem: str = ""

    @property
    def share(self) -> float:
        """Share of the compounds that are scored; 0 for an empty or unreadable screen."""
        return self.done / self.total if self.total else 0.0


class Catalog:
    """The screens of one folder.

    Parameters
    ----------
    root
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def names(self) -> list[str]:
        """Return the names of all screens, sorted; hidden folders and links are left out."""
        return sorted(
            entry.name
            for entry in self.root.iterdir()
            if not entry.name.startswith(".")
            and not entry.is_symlink()
            and (entry / PLAN_FILE).is_file()
        )

    def folder(self, name: str) -> Path:
        """Return the folder of a screen.

        Raises
        ------
        NotFoundError
            If the listing holds no screen of exactly this name.
        """
        for known in self.names():
            if known == name:
                return self.root / known
        raise NotFoundError("no such screen", cure="the list of screens names all")

    def listed(self) -> list[Listed]:
        """Return all screens with their state; a damaged one says so and hides no other."""
        return [self._listed(name) for name in self.names()]

    def status(self, name: str, top: int = 0) -> ScreenStatus:
        """Return the state of one screen.

        Raises
        ------
        NotFoundError
            If there is no such screen.
        """
        return screen_status(self.folder(name), top)

    def _listed(self, name: str) -> Listed:
        try:
            folder = self.root / name
            plan, status = load_plan(folder), screen_status(folder)
        except HitsieveError as error:
            return Listed(name, "unreadable", (), 0, 0, error.message)
        targets = dict.fromkeys(t.name for m in plan.models for t in m.targets)
        return Listed(
            name, status.state, tuple(targets), status.compounds_done, status.compounds_total
        )
