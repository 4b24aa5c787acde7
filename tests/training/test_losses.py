from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import log_loss, mean_squared_error

from hitsieve.training.losses import (
    LossSpec,
    censored_square,
    huber,
    multitask_loss,
    noisy_square,
    pairwise_ranking,
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


def _pairs(output: list[float], y: list[float], relation: list[int]) -> float:
    """The ranking loss by its definition, one pair after the other."""
    low = [-np.inf if r < 0 else v for v, r in zip(y, relation, strict=True)]
    high = [np.inf if r > 0 else v for v, r in zip(y, relation, strict=True)]
    cost = weight = 0.0
    for i in range(len(y)):
        for j in range(len(y)):
            if low[j] > high[i]:
                cost += np.logaddexp(0, output[i] - output[j])
                weight += 1
    return cost / weight if weight else 0.0


@given(
    rows=st.lists(
        st.tuples(
            st.floats(-9, 9), st.one_of(st.just(np.nan), st.floats(-9, 9)), st.integers(-1, 1)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_ranking_equals_its_definition(rows: list[tuple[float, float, int]]) -> None:
    output, y, relation = (list(column) for column in zip(*rows, strict=True))
    found = pairwise_ranking(
        torch.tensor(output, dtype=torch.float64)[:, None],
        torch.tensor(y, dtype=torch.float64)[:, None],
        torch.tensor(relation)[:, None],
    )
    assert found.tolist() == pytest.approx([_pairs(output, y, relation)], abs=1e-9)


def test_ranking_leaves_classes_and_gaps_alone() -> None:
    output = _random(12, 2).requires_grad_()
    y = torch.stack([_random(12, 3)[:, 2], (torch.arange(12) % 2).float()], dim=1)
    y[:6, 0] = torch.nan
    relation = torch.zeros(12, 2, dtype=torch.int8)
    plain = _spec("regression", "classification")
    ranked = LossSpec(plain.classification, plain.positive_weight, ranking=0.9)
    gradients = []
    for spec in (plain, ranked):
        (grad,) = torch.autograd.grad(multitask_loss(output, y, relation, spec), output)
        gradients.append(grad)
    torch.testing.assert_close(gradients[0][:, 1], gradients[1][:, 1])
    assert (gradients[1][:6, 0] == 0).all()
    assert not torch.allclose(gradients[0][6:, 0], gradients[1][6:, 0])


def test_ranking_is_not_led_astray_by_wild_scores() -> None:
    """A line through docking scores of which a tenth failed and came back as +500."""
    rng = np.random.default_rng(4)
    x = torch.tensor(rng.normal(size=(200, 3)))
    clean = x @ torch.tensor([1.0, -2.0, 0.5]).double()
    y = clean + 0.3 * torch.tensor(rng.normal(size=200))
    failed = torch.tensor(rng.choice(200, 20, replace=False))
    y[failed] = 500.0
    standardized = ((y - y.mean()) / y.std())[:, None]
    relation = torch.zeros(200, 1, dtype=torch.int8)
    found = {}
    for ranking in (0.0, 0.9):
        spec = LossSpec(torch.tensor([False]), torch.ones(1), ranking)
        weights = torch.zeros(3, 1, dtype=torch.float64, requires_grad=True)
        step = torch.optim.Adam([weights], lr=0.05)
        for _ in range(200):
            step.zero_grad()
            multitask_loss(x @ weights, standardized, relation, spec).backward()
            step.step()
        found[ranking] = spearmanr((x @ weights).detach().numpy()[:, 0], clean.numpy())[0]
    assert found[0.9] > 0.95
    assert found[0.9] > found[0.0] + 0.05


def test_learned_variance_equals_the_normal_likelihood() -> None:
    error, log_variance = _random(30, 1), _random(30, 2)[:, 1:]
    found = noisy_square(error.square(), log_variance, learning=False)
    normal = torch.distributions.Normal(torch.zeros_like(error), (0.5 * log_variance).exp())
    constant = 0.5 * np.log(2 * np.pi)
    torch.testing.assert_close(found, -normal.log_prob(error) - constant, rtol=1e-5, atol=1e-5)


def test_weighing_changes_no_best_variance() -> None:
    square = torch.full((1, 1), 0.49)
    for learning in (True, False):
        log_variance = torch.zeros(1, 1, requires_grad=True)
        step = torch.optim.Adam([log_variance], lr=0.05)
        for _ in range(400):
            step.zero_grad()
            noisy_square(square, log_variance, learning=learning).sum().backward()
            step.step()
        assert float(log_variance.detach().exp()) == pytest.approx(0.49, rel=1e-2)


def test_a_kept_bound_says_nothing_of_the_variance() -> None:
    output = torch.tensor([[4.0, -1.0], [7.0, -1.0]], requires_grad=True)
    y, relation = torch.full((2, 1), 5.0), torch.tensor([[-1], [-1]])
    multitask_loss(output, y, relation, _spec("regression")).backward()
    assert output.grad is not None
    assert output.grad[0].tolist() == [0, 0]
    assert (output.grad[1] != 0).all()


@given(error=st.floats(-50, 50), limit=st.floats(0.1, 5))
def test_huber_equals_its_definition(error: float, limit: float) -> None:
    found = huber(torch.tensor([[error]], dtype=torch.float64) ** 2, limit)
    expected = torch.nn.functional.huber_loss(
        torch.tensor([error], dtype=torch.float64),
        torch.zeros(1, dtype=torch.float64),
        delta=limit,
    )
    assert float(found) == pytest.approx(2 * float(expected), rel=1e-9, abs=1e-12)


def test_huber_has_a_finite_slope_everywhere_and_keeps_bounds() -> None:
    output = torch.tensor([[5.0], [4.0], [7.0], [20.0], [5.0]], requires_grad=True)
    y = torch.full((5, 1), 5.0)
    relation = torch.tensor([[0], [-1], [-1], [-1], [1]])
    spec = LossSpec(torch.tensor([False]), torch.ones(1), loss="huber")
    loss = multitask_loss(output, y, relation, spec)
    loss.backward()
    assert float(loss.detach()) == pytest.approx((2 * 0.5 * 2 - 0.25 + 2 * 0.5 * 15 - 0.25) / 5)
    assert output.grad is not None
    slopes = output.grad[:, 0].tolist()
    assert slopes[0] == slopes[1] == slopes[4] == 0
    # a bound broken by fifteen pulls no harder than one broken by two
    assert slopes[2] == pytest.approx(slopes[3])
    assert slopes[2] == pytest.approx(1 / 5)


def test_classes_do_not_know_huber() -> None:
    output, y = 5 * _random(20, 1), (_random(20, 2)[:, :1] > 0).float()
    relation = torch.zeros(20, 1, dtype=torch.int8)
    spec = LossSpec(torch.tensor([True]), torch.ones(1), loss="huber")
    plain = multitask_loss(output, y, relation, _spec("classification"))
    assert float(multitask_loss(output, y, relation, spec)) == float(plain)


def test_wild_labels_pull_a_line_less_with_huber() -> None:
    rng = np.random.default_rng(4)
    x = torch.tensor(rng.normal(size=(200, 3)))
    true = torch.tensor([1.0, -2.0, 0.5]).double()
    y = x @ true + 0.3 * torch.tensor(rng.normal(size=200))
    wild = torch.tensor(rng.choice(200, 20, replace=False))
    y[wild] += 12.0 * x[wild, 0].sign()
    scale = y.std()
    relation = torch.zeros(200, 1, dtype=torch.int8)
    off = {}
    for loss in ("square", "huber"):
        spec = LossSpec(torch.tensor([False]), torch.ones(1), loss=loss)  # type: ignore[arg-type]
        weights = torch.zeros(3, 1, dtype=torch.float64, requires_grad=True)
        step = torch.optim.Adam([weights], lr=0.05)
        for _ in range(300):
            step.zero_grad()
            multitask_loss(x @ weights, (y / scale)[:, None], relation, spec).backward()
            step.step()
        off[loss] = float((weights.detach()[:, 0] * scale - true).norm())
    assert off["huber"] < 0.5 * off["square"]
