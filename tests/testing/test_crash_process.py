"""How processes that may crash end, and what waits for what they forked."""

from __future__ import annotations

import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import InputError
from hitsieve.testing.crash_process import end_as_command, hold, run_process, wait_for_orphans

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, 0, ""),
        (InputError("no such file"), 3, "InputError: no such file"),
        (KeyboardInterrupt(), 130, ""),
        (OSError("disk full"), 1, "OSError: disk full"),
    ],
)
def test_it_ends_with_the_code_of_a_command(
    error: BaseException | None, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        if error is not None:
            raise error

    with pytest.raises(SystemExit) as ended:
        end_as_command(work)
    assert ended.value.code == code
    assert capsys.readouterr().err.strip() == told


def test_exit_codes_and_signals_come_back() -> None:
    imports = ["hitsieve.testing.crash_process"]
    assert run_process(partial(sys.exit, 5), imports) == 5
    assert run_process(partial(signal.raise_signal, signal.SIGKILL), imports) == -signal.SIGKILL


def test_who_holds_the_lock_is_waited_for(tmp_path: Path) -> None:
    first, second = hold(tmp_path), hold(tmp_path)
    waiting = threading.Thread(target=wait_for_orphans, args=(tmp_path,), daemon=True)
    waiting.start()
    first.close()
    waiting.join(0.3)
    assert waiting.is_alive()
    second.close()
    waiting.join(60)
    assert not waiting.is_alive()
