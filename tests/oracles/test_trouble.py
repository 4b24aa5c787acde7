from __future__ import annotations

import errno
import os
import pickle

import pytest

from hitsieve.errors import ClusterError, InputError, StorageError
from hitsieve.oracles.trouble import Trouble, TroubleError, trouble_of
from hitsieve.schema import Code


@pytest.mark.parametrize(
    "number",
    [
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.ESTALE,
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
    ],
)
def test_disks_and_descriptors_are_the_machines(number: int) -> None:
    found = trouble_of(OSError(number, os.strerror(number)))
    assert found.machine
    assert found.code is Code.INTERNAL
    assert os.strerror(number) in found.message


@pytest.mark.parametrize("error", [StorageError("no disk"), ClusterError("no cluster")])
def test_so_are_storage_and_cluster(error: Exception) -> None:
    assert trouble_of(error).machine


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "no memory")])
def test_memory_may_be_the_compounds(error: Exception) -> None:
    found = trouble_of(error)
    assert found.code is Code.OUT_OF_MEMORY
    assert not found.machine


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("on fire"), "RuntimeError: on fire"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "FileNotFoundError: [Errno 2] No such"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (SystemExit(3), "SystemExit: 3"),
        (InputError("no receptor", cure="give one"), "InputError: no receptor"),
    ],
)
def test_all_else_is_told_and_undecided(error: BaseException, said: str) -> None:
    found = trouble_of(error)
    assert found.message.startswith(said)
    assert "cure" not in found.message
    assert (found.code, found.machine) == (Code.INTERNAL, False)


def test_an_oracle_may_know_better_and_it_travels() -> None:
    known = Trouble(Code.CRASHED, "killed from outside", machine=True)
    assert trouble_of(TroubleError(known)) == known
    assert pickle.loads(pickle.dumps(known)) == known  # noqa: S301 - our own bytes


def test_a_long_message_is_cut() -> None:
    assert len(trouble_of(RuntimeError("x" * 1000)).message) == 300
