"""Following a submitted job: its logs, its end, and its next attempt."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ENDED: Final = {"SUCCEEDED", "FAILED", "STOPPED"}
FINAL_CODES: Final = {2, 3, 4, 6}
"""Exit codes a second run would only repeat: usage, input, reject rate, model refused."""
STOPPED_CODE: Final = 5
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 300.0
_POLL_S: Final = 1.0


@dataclass(slots=True)
class Follower:
    """Submits a job under one name, and under its next names when an attempt is lost.

    Attempts are called ``<name>``, ``<name>-r2``, ``<name>-r3`` and so on. Which one is next is
    read from the cluster, so any number of followers agree on it.

    Parameters
    ----------
    client
        Ray's ``JobSubmissionClient``.
    name
        Submission id of the first attempt.
    retries
        How often a lost job is submitted again.
    again
        Whether a job that succeeded before is run once more.
    pause
        Waits some seconds.
    """

    client: Any
    name: str
    retries: int = 3
    again: bool = False
    pause: Callable[[float], None] = field(default=time.sleep)

    def run(self, command: str, environment: dict[str, Any], *, wait: bool = True) -> int:
        """Submit the job, or join it where it runs already; return its exit code.

        Parameters
        ----------
        command
            Entry point.
        environment
            Runtime environment.
        wait
            Whether to follow it to its end.
        """
        waited, submitted = _FIRST_PAUSE_S, 0
        attempt = self._first()
        while True:
            identity = self._id(attempt)
            state = self._state(identity)
            if state == "SUCCEEDED":
                _say(f"{identity} succeeded before; --again runs it once more")
                return 0
            if state is None:
                self._submit(identity, command, environment)
                submitted += 1
            _say(f"{'following' if state else 'submitted'} {identity}")
            if not wait:
                return 0
            code = self.follow(identity)
            lost = code not in FINAL_CODES | {0} and self._state(identity) != "STOPPED"
            if not lost or submitted > self.retries:
                return code
            _say(f"{identity} ended with code {code}; submitting it again in {waited:g} s")
            self.pause(waited)
            waited, attempt = min(2 * waited, _LONGEST_PAUSE_S), attempt + 1

    def follow(self, identity: str) -> int:
        """Print a job's logs until it ends; return its exit code, 1 if it was lost without one."""
        printed = 0
        while True:
            printed = asyncio.run(self._print_logs(identity, printed))
            info = self.client.get_job_info(identity)
            if _name(info.status) in ENDED:
                break
            self.pause(_POLL_S)  # the connection broke, or the job has not begun
        if _name(info.status) == "SUCCEEDED":
            return 0
        if _name(info.status) == "STOPPED":
            return STOPPED_CODE
        _say(info.message or "it failed")
        return info.driver_exit_code if (info.driver_exit_code or 0) > 0 else 1

    def _first(self) -> int:
        """Return the attempt to join or begin: the first that is not over."""
        attempt = 1
        while (state := self._state(self._id(attempt))) in ENDED:
            if state == "SUCCEEDED" and not self.again:
                break
            attempt += 1
        return attempt

    def _id(self, attempt: int) -> str:
        return self.name if attempt == 1 else f"{self.name}-r{attempt}"

    def _state(self, identity: str) -> str | None:
        try:
            return _name(self.client.get_job_status(identity))
        except RuntimeError as error:
            if "404" in str(error) or "does not exist" in str(error):
                return None
            raise

    def _submit(self, identity: str, command: str, environment: dict[str, Any]) -> None:
        try:
            self.client.submit_job(
                entrypoint=command, submission_id=identity, runtime_env=environment
            )
        except RuntimeError:
            # Somebody else was faster, and the cluster refused the second job of this name.
            if self._state(identity) is None:
                raise

    async def _print_logs(self, identity: str, printed: int) -> int:
        """Print what was logged beyond the characters printed before; return their number."""
        seen = 0
        try:
            async for text in self.client.tail_job_logs(identity):
                new = text[max(0, printed - seen) :]
                seen += len(text)
                sys.stdout.write(new)
                sys.stdout.flush()
        except (OSError, RuntimeError) as error:  # aiohttp's connection errors are OSErrors
            _say(f"lost the logs for a moment: {error}")
        return max(printed, seen)


def _name(status: Any) -> str:  # noqa: ANN401 - Ray's enumeration
    return str(getattr(status, "value", status))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
