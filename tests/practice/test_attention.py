"""The lookup against autograd and against descent on its embeddings."""

import numpy as np
import pytest
import torch

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


def test_a_step_of_the_products_is_that_of_the_embeddings():
    rng = np.random.default_rng(1)
    q, k, g = (torch.from_numpy(rng.standard_normal(s)) for s in ((2, 6, 3), (2, 6, 3), (2, 6, 6)))
    rate = torch.tensor([0.1, 0.3]).double()
    state = q @ k.mT, q @ q.mT, k @ k.mT
    change, rate = at.product_change(state, g, rate), rate[:, None, None]
    q, k = q - rate * g @ k, k - rate * g.mT @ q
    for x, by, y in zip(state, change, (q @ k.mT, q @ q.mT, k @ k.mT), strict=True):
        torch.testing.assert_close(x - rate * by, y)


def by_autograd(q, k, rate, scale, contexts):
    """Q K^T after descent on one start, by autograd."""
    q, k = q.clone().requires_grad_(), k.clone().requires_grad_()
    for context in contexts:
        logits = scale * (q[context[:, :1]] * k[context]).sum(-1)
        p = torch.softmax(logits, -1)
        e = torch.zeros_like(p)
        e[:, 0] = 1
        loss = (p - e).square().sum(-1).mean() / 2
        gq, gk = torch.autograd.grad(loss, (q, k))
        q, k = ((w - rate * g).detach().requires_grad_() for w, g in ((q, gq), (k, gk)))
    return (q @ k.mT).detach()


def test_the_steps_needed_are_those_of_descent_on_the_embeddings():
    rng = np.random.default_rng(3)
    start = at.products(8, 4, 2, 1.0, rng)
    q, k = torch.from_numpy(np.random.default_rng(3).standard_normal((2, 2, 8, 4)))
    contexts, tests = at.tasks(8, 4, (60, 2, 16), rng), at.tasks(8, 4, (100,), rng)
    found = at.solving_steps(start, [4.0, 16.0], 0.5, contexts, tests)
    assert found.shape == (2, 2) and found.isfinite().any()
    for i, rate in enumerate((4.0, 16.0)):
        for seed in range(2):
            steps = found[i, seed]
            last = int(steps) if steps.isfinite() else 60
            for count, reached in ((last, bool(steps.isfinite())), (last - 5, False)):
                s = by_autograd(q[seed], k[seed], rate, 0.5, contexts[:count, seed])
                right = s[tests[:, :1], tests].argmax(-1) == 0
                assert (float(right.double().mean()) >= 0.9) == reached


def test_a_run_that_leaves_the_finite_numbers_is_not_solved():
    rng = np.random.default_rng(0)
    start = at.products(8, 4, 1, 1.0, rng)
    contexts, tests = at.tasks(8, 4, (20, 1, 8), rng), at.tasks(8, 4, (50,), rng)
    assert at.solving_steps(start, [1e160], 1.0, contexts, tests).isinf().all()


def test_bad_embeddings_are_refused():
    with pytest.raises(ValueError, match="dimension and sd"):
        at.products(8, 0, 1, 1.0, np.random.default_rng(0))
