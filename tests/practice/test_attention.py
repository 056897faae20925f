"""The lookup against autograd: its scores, its gradient, whole runs."""

import numpy as np
import pytest
import torch

from lib.descent import Adam, Plain
from lib.practice import attention as at


@pytest.mark.parametrize("on_weights", [False, True])
def test_the_gradient_of_the_logits_is_that_of_autograd(on_weights):
    logits = torch.from_numpy(np.random.default_rng(0).standard_normal((5, 4))).requires_grad_()
    p = torch.softmax(logits, -1)
    e = torch.eye(4, dtype=torch.float64)[0]
    loss = -p[:, 0].log().sum() if on_weights else ((p - e).square() / 2).sum()
    (expected,) = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(at.logit_gradient(logits.detach(), on_weights), expected)


def test_the_loss_is_the_mean_over_random_values():
    rng = np.random.default_rng(0)
    p = torch.tensor([0.2, 0.5, 0.3]).double()
    values = torch.from_numpy(rng.standard_normal((100000, 3)))
    measured = (values @ p - values[:, 0]).square().mean() / 2
    assert float(measured) == pytest.approx((0.64 + 0.25 + 0.09) / 2, rel=0.02)


def test_contexts_hold_different_words():
    found = at.tasks(8, 5, (40, 3), np.random.default_rng(0))
    assert found.shape == (40, 3, 5) and int(found.min()) >= 0 and int(found.max()) < 8
    assert (found.sort(-1).values.diff(dim=-1) > 0).all()
    with pytest.raises(ValueError, match="places must be"):
        at.tasks(4, 5, (1,), np.random.default_rng(0))


def starts(kind, d=3, seeds=2, words=6, seed=1):
    rng = np.random.default_rng(seed)
    return (
        at.dot(words, d, seeds, 1.0, rng)
        if kind == "dot"
        else at.additive(words, d, seeds, 2.0, rng)
    )


def score(kind, weights, i, j):
    """Scores of words i with words j of one start, written out."""
    if kind == "dot":
        return (weights[0][i] * weights[1][j]).sum(-1)
    return torch.tanh(weights[0][i] + weights[1][j]) @ weights[2]


@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_the_gradient_of_the_scores_is_that_of_autograd(kind):
    start = starts(kind)
    slope = torch.from_numpy(np.random.default_rng(2).standard_normal((2, 6, 6)))
    free = type(start)(*(w.clone().requires_grad_() for w in start))
    expected = torch.autograd.grad((free.scores() * slope).sum(), free)
    for x, y in zip(start.gradient(slope), expected, strict=True):
        torch.testing.assert_close(x, y)
    i, j = torch.arange(6)[:, None], torch.arange(6)[None]
    torch.testing.assert_close(start.scores()[1], score(kind, [w[1] for w in start], i, j))


def test_scores_start_as_spread_as_was_asked():
    rng = np.random.default_rng(0)
    assert at.additive(32, 64, 200, 2.0, rng).scores().std().item() == pytest.approx(2, rel=0.03)
    assert at.dot(32, 64, 50, 0.5, rng).scores().std().item() == pytest.approx(2, rel=0.03)


def by_autograd(kind, weights, rate, scale, contexts):
    """The weights after descent on one start, by autograd."""
    for context in contexts:
        weights = [w.clone().requires_grad_() for w in weights]
        logits = scale * score(kind, weights, context[:, :1], context)
        e = torch.zeros_like(logits)
        e[:, 0] = 1
        loss = (torch.softmax(logits, -1) - e).square().sum(-1).mean() / 2
        slopes = torch.autograd.grad(loss, weights)
        weights = [(w - rate * g).detach() for w, g in zip(weights, slopes, strict=True)]
    return weights


@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_the_steps_needed_are_those_of_descent_by_autograd(kind):
    start, rng = starts(kind, d=4, words=8, seed=3), np.random.default_rng(4)
    contexts, tests = at.tasks(8, 4, (60, 2, 16), rng), at.tasks(8, 4, (100,), rng)
    rates = (4.0, 16.0) if kind == "dot" else (1.0, 4.0)
    found = at.solving_steps(start, rates, 0.5, contexts, tests)
    assert found.shape == (2, 2) and found.isfinite().any()
    for i, rate in enumerate(rates):
        for seed in range(2):
            steps = found[i, seed]
            last = int(steps) if steps.isfinite() else 60
            for count, reached in ((last, bool(steps.isfinite())), (last - 5, False)):
                own = [w[seed] for w in start]
                own = by_autograd(kind, own, rate, 0.5, contexts[:count, seed])
                right = score(kind, own, tests[:, :1], tests).argmax(-1) == 0
                assert (float(right.double().mean()) >= 0.9) == reached


def test_the_factor_is_a_size_of_the_start_and_a_rate():
    """Entries d^(-1/4) and the rate / sqrt d: the run with the factor 1 / sqrt d, for descent and for Adam.

    Snapping is relative to the size, so that the weights here have a power of two as their factor."""
    rng = np.random.default_rng(5)
    large = at.dot(8, 16, 3, 1.0, rng)
    small = at.Dot(*(w / 2 for w in large))
    contexts, tests = at.tasks(8, 4, (40, 3, 16), rng), at.tasks(8, 4, (100,), rng)
    for rule, rate, by in ((Plain, 32.0, 4), (Adam, 0.05, 2)):
        expected = at.solving_steps(large, [rate], 0.25, contexts, tests, rule=rule)
        found = at.solving_steps(small, [rate / by], 1.0, contexts, tests, rule=rule)
        assert expected.isfinite().all() and (found - expected).abs().max() <= 5


def test_a_run_that_leaves_the_finite_numbers_is_not_solved():
    rng = np.random.default_rng(0)
    start = at.dot(8, 4, 1, 1.0, rng)
    contexts, tests = at.tasks(8, 4, (20, 1, 8), rng), at.tasks(8, 4, (50,), rng)
    assert at.solving_steps(start, [1e160], 1.0, contexts, tests).isinf().all()


def test_bad_embeddings_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="dimension and sd"):
        at.dot(8, 0, 1, 1.0, rng)
    with pytest.raises(ValueError, match="spread"):
        at.additive(8, 4, 1, 0.0, rng)
