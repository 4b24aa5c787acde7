"""How the demo tells what it is doing: progress bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hitsieve.cli.console import say, stderr

if TYPE_CHECKING:
    from hitsieve.cli.demo_summary import DemoSummary


class Reporter(Protocol):
    """Is told what the demo does, from the process that runs it."""

    def begin(self, number: int, total: int, title: str) -> None:
        """Note that step ``number`` of ``total`` begins."""

    def advance(self, stage: str, done: int, total: int) -> None:
        """Note that a stage of the step is done up to ``done`` of ``total``."""

    def end(self, finding: str, seconds: float) -> None:
        """Note that the step has ended, and what came of it."""

    def stop(self) -> None:
        """Leave the terminal as it was; called once, also after an error."""

    def finish(self, summary: DemoSummary) -> None:
        """Show the closing summary."""


class ConsoleReporter:
    """Tells it on stderr."""

    def __init__(self) -> None:
        self._console = stderr()
        self._bars: Progress | None = None
        self._rows: dict[str, Any] = {}

    def begin(self, number: int, total: int, title: str) -> None:
        """Print the title of a step."""
        self.stop()
        say(f"[{number}/{total}] {title}", style="bold")

    def advance(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage."""
        if not self._console.is_terminal:
            return
        if self._bars is None:
            columns = (
                TextColumn("      {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bars = Progress(*columns, console=self._console)
            self._bars.start()
        if stage not in self._rows:
            self._rows[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._rows[stage], completed=done, total=total)

    def end(self, finding: str, seconds: float) -> None:
        """Print what came of a step."""
        self.stop()
        say(f"      {finding + ' · ' if finding else ''}{seconds:.1f} s", style="green")

    def stop(self) -> None:
        """Take the bars down."""
        if self._bars is not None:
            self._bars.stop()
        self._bars, self._rows = None, {}

    def finish(self, summary: DemoSummary) -> None:
        """Print the closing summary."""
        say("")
        for line in summary.lines():
            say(line)
