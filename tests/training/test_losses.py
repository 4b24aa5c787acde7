from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, mean_squared_error

from hitsieve.training.losses import (
    LossSpec,
    censored_square,
    multitask_loss,
    weighted_cross_entropy,
)


def _spec(*tasks: str) -> LossSpec:
    flags = torch.tensor([task == "classification" for task in tasks])
    return LossSpec(flags, torch.ones(len(tasks)))


def _random(n: int, columns: int) -> torch.Tensor:
    return torch.randn(n, columns, generator=torch.Generator().manual_seed(3))


def test_regression_equals_scikit_learn() -> None:
    output, y = _random(20, 1), _random(20, 2)[:, :1]
    loss = multitask_loss(output, y, torch.zeros(20, 1, dtype=torch.int8), _spec("regression"))
    assert float(loss) == pytest.approx(mean_squared_error(y.numpy(), output.numpy()), rel=1e-6)


def test_classification_equals_scikit_learn() -> None:
    output = _random(20, 1)
    y = (_random(20, 2)[:, :1] > 0).float()
    loss = multitask_loss(output, y, torch.zeros(20, 1, dtype=torch.int8), _spec("classification"))
    expected = log_loss(y.numpy(), torch.sigmoid(output).numpy())
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_gaps_give_no_loss_and_no_gradient() -> None:
    output = _random(6, 2).requires_grad_()
    y = torch.where(_random(6, 2) > 0, torch.full((6, 2), torch.nan), torch.ones(6, 2))
    loss = multitask_loss(
        output, y, torch.zeros(6, 2, dtype=torch.int8), _spec("regression", "classification")
    )
    loss.backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()
    assert (output.grad[torch.isnan(y)] == 0).all()
    assert (output.grad[~torch.isnan(y)] != 0).all()


def test_nothing_measured_is_zero_with_zero_gradient() -> None:
    output = _random(4, 2).requires_grad_()
    y = torch.full((4, 2), torch.nan)
    loss = multitask_loss(
        output, y, torch.zeros(4, 2, dtype=torch.int8), _spec("regression", "classification")
    )
    loss.backward()
    assert float(loss.detach()) == 0
    assert output.grad is not None
    assert (output.grad == 0).all()


@given(
    prediction=st.floats(-50, 50), bound=st.floats(-50, 50), relation=st.sampled_from([-1, 0, 1])
)
def test_a_bound_costs_only_its_wrong_side(prediction: float, bound: float, relation: int) -> None:
    loss = censored_square(
        torch.tensor([[prediction]], dtype=torch.float64),
        torch.tensor([[bound]], dtype=torch.float64),
        torch.tensor([[relation]]),
    )
    wrong = {
        -1: max(prediction - bound, 0.0),
        1: max(bound - prediction, 0.0),
        0: prediction - bound,
    }[relation]
    assert float(loss) == pytest.approx(wrong**2)


def test_the_weight_moves_the_best_logit_by_its_logarithm() -> None:
    logits = torch.linspace(-6, 6, 24001)[:, None]
    positive, negative = (
        weighted_cross_entropy(logits, torch.full_like(logits, label), torch.tensor([4.0]))
        for label in (1.0, 0.0)
    )
    best = float(logits[int((20 * positive + 80 * negative).argmin())])
    assert best - np.log(4.0) == pytest.approx(np.log(20 / 80), abs=2e-3)
