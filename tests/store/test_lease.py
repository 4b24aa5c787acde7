from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import IncompleteError
from hitsieve.store.files import temporary_of
from hitsieve.store.holder import start_of
from hitsieve.store.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator

FORK = multiprocessing.get_context("fork")


def hold(folder: Path, seconds: float) -> None:
    with Lease(folder, "it"):
        (folder.parent / "held").touch()
        time.sleep(seconds)


@contextmanager
def another(folder: Path, seconds: float = 60.0) -> Iterator[Any]:
    """Another process that holds the lease."""
    process = FORK.Process(target=hold, args=(folder, seconds))
    process.start()
    while not (folder.parent / "held").exists():
        time.sleep(0.01)
    try:
        yield process
    finally:
        process.kill()
        process.join()


def rewrite(folder: Path, **changes: object) -> Path:
    """Make the holder on record another one."""
    (path,) = folder.glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def check_until(lease: Lease, end: float) -> None:
    while time.monotonic() < end:
        lease.check()
        time.sleep(0.01)


def take(folder: Path, **options: float) -> int:
    with Lease(folder, "the campaign", **options):
        return int(max(path.stem for path in folder.glob("*.json")))


def test_it_is_taken_given_back_and_taken_again(tmp_path: Path) -> None:
    for turn in (1, 2, 3):
        assert take(tmp_path / "l") == turn
    (last,) = (tmp_path / "l").iterdir()
    assert json.loads(last.read_text())["released"] is True


def test_inside_itself_it_is_taken_once(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "l", "it")
    with lease:
        with lease:
            pass
        with pytest.raises(IncompleteError, match="another process"):
            take(tmp_path / "l")
    assert take(tmp_path / "l") == 2


def test_a_living_process_is_named_with_the_cure(tmp_path: Path) -> None:
    with another(tmp_path / "l") as holder:
        with pytest.raises(IncompleteError) as caught:
            take(tmp_path / "l")
        assert caught.value.exit_code == 5
        named = f"the campaign is being worked on by another process: {holder.pid} on "
        assert named + socket.gethostname() in str(caught.value)
        assert f"kill {holder.pid}" in caught.value.cure


def test_a_killed_process_holds_nothing_even_unreaped(tmp_path: Path) -> None:
    with another(tmp_path / "l") as holder:
        os.kill(holder.pid, signal.SIGKILL)
        while start_of(holder.pid) is not None:
            time.sleep(0.01)
        assert Path(f"/proc/{holder.pid}").exists()  # a zombie: nobody has asked for it yet
        assert take(tmp_path / "l") == 2


def test_a_killed_process_is_given_the_moment_that_it_needs_to_end(tmp_path: Path) -> None:
    with another(tmp_path / "l", seconds=0.3):
        assert take(tmp_path / "l", grace_s=60.0) == 2


def test_a_stopped_process_still_holds_it(tmp_path: Path) -> None:
    with another(tmp_path / "l") as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        with pytest.raises(IncompleteError, match="another process"):
            take(tmp_path / "l", gone_after_s=0.0, grace_s=0.0)


def test_a_process_that_got_the_number_of_the_holder_is_another(tmp_path: Path) -> None:
    with another(tmp_path / "l"):
        rewrite(tmp_path / "l", started="1")
        assert take(tmp_path / "l") == 2


def test_another_machine_is_judged_by_its_last_sign_of_life(tmp_path: Path) -> None:
    take(tmp_path / "l")
    path = rewrite(tmp_path / "l", machine="other", host="node7", released=False, pid=1)
    with pytest.raises(IncompleteError, match=r"1 on node7.*last heard of") as caught:
        take(tmp_path / "l")
    assert "300 s" in caught.value.cure
    long_ago = path.stat().st_mtime - 301
    os.utime(path, (long_ago, long_ago))
    assert take(tmp_path / "l") == 2
    assert all(temporary_of(path.name) is None for path in (tmp_path / "l").iterdir())


def test_a_holder_shows_that_it_lives(tmp_path: Path) -> None:
    with Lease(tmp_path / "l", "it", beat_s=0.01):
        (path,) = (tmp_path / "l").glob("*.json")
        os.utime(path, (1, 1))
        until = time.monotonic() + 10
        while path.stat().st_mtime < 2:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_who_was_silent_too_long_learns_that_it_lost(tmp_path: Path) -> None:
    with Lease(tmp_path / "l", "the campaign", beat_s=0.01) as lease:
        lease.check()
        rewrite(tmp_path / "l", machine="other")
        assert take(tmp_path / "l", gone_after_s=-1.0) == 2
        with pytest.raises(IncompleteError, match="was taken over by another process"):
            check_until(lease, time.monotonic() + 10)
    # Nor does it give back what is not its own any more.
    assert take(tmp_path / "l") == 3


def test_a_damaged_record_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "l").mkdir()
    (tmp_path / "l" / "000004.json").write_text("{")
    assert take(tmp_path / "l") == 5


def test_a_number_that_was_used_up_meanwhile_counts_no_more(tmp_path: Path) -> None:
    class Slow(Lease):
        slow = True

        def _refuse_living(self, number: int) -> None:
            super()._refuse_living(number)
            if self.slow:  # two others come and go before this one creates its file
                self.slow = False
                assert [take(tmp_path / "l") for _ in range(2)] == [2, 3]

    take(tmp_path / "l")
    with Slow(tmp_path / "l", "it"):
        assert [path.name for path in (tmp_path / "l").iterdir()] == ["000004.json"]
        with pytest.raises(IncompleteError, match="another process"):
            take(tmp_path / "l")


def test_of_many_at_once_one_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    barrier, inside, most = threading.Barrier(8), [0], [0]
    refused: list[int] = []
    guard = threading.Lock()

    def race() -> None:
        for turn in range(12):
            barrier.wait()
            try:
                with Lease(folder, "it"):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    time.sleep(0.002)
                    with guard:
                        inside[0] -= 1
            except IncompleteError:
                refused.append(turn)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert refused


def test_a_lease_that_was_being_given_back_when_interrupted_can_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hitsieve.store.lease.write_atomic", interrupted)
        with pytest.raises(KeyboardInterrupt), Lease(tmp_path / "driver", "it"):
            pass
    with Lease(tmp_path / "driver", "it"), pytest.raises(IncompleteError, match="another process"):
        Lease(tmp_path / "driver", "it").__enter__()


def test_a_folder_that_is_cleared_away_ends_no_lease_badly(tmp_path: Path) -> None:
    with Lease(tmp_path / "driver", "it") as held:
        shutil.rmtree(tmp_path / "driver")
    held.check()
