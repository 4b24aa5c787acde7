from __future__ import annotations

import pickle

import pytest

from hitsieve.engine import Limits, Outcome, Task
from hitsieve.errors import UsageError


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"attempts": 0}, "attempts = 0"),
        ({"deadline_s": 0}, "deadline_s = 0"),
        ({"deadline_s": -1.0}, "deadline_s = -1"),
        ({"cpus": -1}, "cpus = -1"),
        ({"gpus": -0.5}, "gpus = -0.5"),
        ({"max_in_flight": 0}, "max_in_flight = 0"),
    ],
)
def test_impossible_limits_fail_at_construction(wrong: dict[str, float], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Limits(**wrong)  # type: ignore[arg-type]


def test_an_outcome_without_value_may_be_fine() -> None:
    assert Outcome("k", None).ok
    assert not Outcome("k", None, "lost", "WorkerLost").ok


def test_messages_travel() -> None:
    for message in (Task("k", [1]), Limits(attempts=2), Outcome("k", 3)):
        assert pickle.loads(pickle.dumps(message)) == message  # noqa: S301 - our own bytes
