from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from hitsieve.engine.executor import Outcome
from hitsieve.engine.open import open_executor
from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import DatasetError, IncompleteError, UsageError
from hitsieve.training.ensemble import fit_ensemble, plan_members, plan_refits
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.fitted import FittedNetwork


def test_members_stop_on_folds_of_their_own(config: TrainingConfig) -> None:
    members = plan_members(96, config.model_copy(update={"members": 10}), seed=1)
    assert sorted(np.concatenate([m.stop for m in members]).tolist()) == list(range(96))
    assert len({m.seed for m in members}) == 10
    for member in members:
        together = np.concatenate([member.learn, member.stop])
        assert sorted(together.tolist()) == list(range(96))


def test_more_members_than_folds_start_over(config: TrainingConfig) -> None:
    members = plan_members(96, config.model_copy(update={"members": 12}), seed=1)
    assert members[11].stop.tolist() == members[1].stop.tolist()
    assert members[11].seed != members[1].seed


def test_a_member_more_leaves_the_others_alone(config: TrainingConfig) -> None:
    few = plan_members(96, config.model_copy(update={"members": 2}), seed=1)
    more = plan_members(96, config.model_copy(update={"members": 3}), seed=1)
    for a, b in zip(few, more, strict=False):
        assert (a.seed, a.learn.tolist()) == (b.seed, b.learn.tolist())


def test_molecules_of_one_family_stop_the_same_member(config: TrainingConfig) -> None:
    groups = np.arange(96) // 3
    members = plan_members(96, config.model_copy(update={"members": 10}), 1, groups)
    assert sorted(np.concatenate([m.stop for m in members]).tolist()) == list(range(96))
    for member in members:
        assert not np.isin(groups[member.learn], groups[member.stop]).any()
        assert len(member.learn) + len(member.stop) == 96


def test_too_few_molecules_are_refused(config: TrainingConfig) -> None:
    with pytest.raises(DatasetError, match="8 molecules") as caught:
        plan_members(8, config, seed=1)
    assert "at least 40, or raise training.holdout" in caught.value.cure
    with pytest.raises(DatasetError, match="fold would hold 1") as caught:
        plan_members(8, config, 1, folds=np.arange(8) % 5)
    assert "at least 20, or lower blend.folds" in caught.value.cure


def test_given_folds_are_left_out_in_turn(config: TrainingConfig) -> None:
    folds = np.arange(96) % 4
    members = plan_members(96, config.model_copy(update={"members": 6}), 1, folds=folds)
    for member in members:
        assert member.stop.tolist() == np.flatnonzero(folds == member.number % 4).tolist()
        assert member.learn.tolist() == np.flatnonzero(folds != member.number % 4).tolist()


def test_networks_fitted_to_all_follow_the_members(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    again = config.model_copy(update={"refit": 2, "keep": "last", "epochs": 2})
    planned = plan_refits(96, again, 1)
    assert [m.number for m in planned] == [2, 3]
    assert all(m.learn.tolist() == list(range(96)) and not len(m.stop) for m in planned)
    fitted = fit_ensemble(SerialExecutor(), data, network, again, 1)
    members = fit_ensemble(
        SerialExecutor(), data, network, again.model_copy(update={"refit": 0}), 1
    )
    assert len(fitted) == 4
    assert _bytes(fitted[:2]) == _bytes(members)
    assert len(set(_bytes(fitted))) == 4
    assert [len(one.history) for one in fitted] == [2, 2, 2, 2]
    assert [one.history[-1].stopping_loss for one in fitted[2:]] == [0.0, 0.0]


def _bytes(fitted: list[FittedNetwork]) -> list[bytes]:
    return [
        b"".join(tensor.numpy().tobytes() for _, tensor in sorted(one.state.items()))
        for one in fitted
    ]


def test_members_differ_and_share_the_scaling(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    heard: list[int] = []
    fitted = fit_ensemble(
        SerialExecutor(), data, network, config, 1, progress=lambda n, _: heard.append(n)
    )
    assert heard == [0, 1]
    assert len(set(_bytes(fitted))) == 2
    assert fitted[0].mean.tolist() == fitted[1].mean.tolist()
    assert fitted[0].mean[0] == pytest.approx(data.y[:, 0].mean())


@pytest.mark.ray
@pytest.mark.slow
def test_ray_gives_the_bytes_of_the_serial_executor(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    serial = fit_ensemble(SerialExecutor(), data, network, config, 3)
    with open_executor("ray", workers=2) as executor:
        spread = fit_ensemble(executor, data, network, config, 3)
    assert _bytes(spread) == _bytes(serial)


class _Backwards(SerialExecutor):
    def map(self, *arguments: Any) -> Any:
        return reversed(list(super().map(*arguments)))


class _Failing(SerialExecutor):
    def __init__(self, error: str, error_type: str) -> None:
        self.error, self.error_type = error, error_type

    def map(self, *arguments: Any) -> Any:
        for task in arguments[1]:
            yield Outcome(task.key, None, self.error, self.error_type, 2)


def test_the_order_of_finishing_does_not_matter(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    short = config.model_copy(update={"epochs": 2})
    backwards = fit_ensemble(_Backwards(), data, network, short, 1)
    assert _bytes(backwards) == _bytes(fit_ensemble(SerialExecutor(), data, network, short, 1))


def test_a_lost_member_is_an_error_that_names_it(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    gone = _Failing("the node is gone", "WorkerLost")
    with pytest.raises(IncompleteError, match=r"member-0 .* the node is gone"):
        fit_ensemble(gone, data, network, config, 1)


def test_what_a_member_cannot_learn_from_is_a_dataset_error(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    with pytest.raises(DatasetError, match="huge values"):
        fit_ensemble(_Failing("huge values", "DatasetError"), data, network, config, 1)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_processes_on_ray_share_the_batches_of_a_network(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig, tmp_path: Path
) -> None:
    shared = config.model_copy(update={"processes": 2, "members": 1, "epochs": 4})
    with RayExecutor(2) as executor:
        trail = Trail(tmp_path / "curves", tmp_path / "states", seconds=0)
        first = fit_ensemble(executor, data, network, shared, 5, trail=trail)[0]
        second = fit_ensemble(executor, data, network, shared, 5)[0]
    assert first.history == second.history
    assert all(torch.equal(first.state[name], second.state[name]) for name in first.state)
    assert [path.name for path in (tmp_path / "curves").iterdir()] == ["member-0.jsonl"]
    alone = fit_ensemble(
        SerialExecutor(), data, network, shared.model_copy(update={"processes": 1}), 5
    )[0]
    for name, value in alone.state.items():
        torch.testing.assert_close(first.state[name], value, rtol=1e-2, atol=1e-4)


def test_processes_share_on_ray_only(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    with pytest.raises(UsageError, match="2 processes cannot share"):
        fit_ensemble(SerialExecutor(), data, network, config.model_copy(update={"processes": 2}), 5)
