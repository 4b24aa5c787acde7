"""A holder is told apart from every other process, also from a later one of its number."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from hitsieve.store.holder import Holder, start_of


def test_this_process_is_known_by_number_and_start() -> None:
    here = Holder.here()
    assert (here.pid, here.started) == (os.getpid(), start_of(os.getpid()))
    assert here.is_local
    assert not here.released
    assert Holder.here().token != here.token


def test_a_process_of_another_machine_cannot_be_looked_at() -> None:
    assert not replace(Holder.here(), machine="another boot pid:[1]").is_local


def test_an_ended_process_has_no_start() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert start_of(child.pid) is not None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert start_of(child.pid) is None  # ended, and still in the table
    assert start_of(child.pid) is None
