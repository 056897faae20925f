"""A lookup by dot-product attention, trained by descent: find the value that stands at a key.

V words have a query and a key embedding each, the rows of Q and K, (runs, V, d). A task names one of n
different words of a context. The attention is p = softmax(c q.k) over the context, c = `scale`; the output
is sum p_i v_i. Values are independent with unit covariance, so the mean squared loss of the output is

    loss = |p - e|^2 / 2,      e the named word,

and with `on_weights` it is the cross-entropy of the attention itself, -ln p_e. Descent on Q and K is
followed through the three V x V matrices Q K^T, Q Q^T, K K^T, which close under its steps: its cost does
not depend on d. Everything is float64.
"""

from typing import NamedTuple

import numpy as np
import torch


def tasks(words, places, shape, rng):
    """Contexts (*shape, places): different words out of `words`; the one at place 0 is asked for."""
    if not 2 <= places <= words:
        raise ValueError(f"places must be in 2..{words} (the words), got {places}")
    return torch.from_numpy(rng.random((*shape, words)).argsort(-1)[..., :places])


def logit_gradient(logits, on_weights=False):
    """Gradient (..., n) of the loss with respect to the logits (..., n), the named word at place 0."""
    p = torch.softmax(logits, -1)
    away = p.clone()
    away[..., 0] -= 1
    if on_weights:
        return away
    return p * (away - (p * away).sum(-1, keepdim=True))


class Products(NamedTuple):
    """Q K^T, Q Q^T and K K^T, each (runs, V, V)."""

    qk: torch.Tensor
    qq: torch.Tensor
    kk: torch.Tensor


def products(words, dimension, seeds, sd, rng):
    """Products of `seeds` Gaussian embeddings with entries N(0, sd^2), drawn one after another."""
    if dimension < 1 or not 0 < sd < np.inf:
        raise ValueError(f"dimension and sd must be positive, got {dimension}, {sd}")
    q, k = torch.from_numpy(sd * rng.standard_normal((2, seeds, words, dimension)))
    return Products(q @ k.mT, q @ q.mT, k @ k.mT)


def descend_products(state, slope, rate):
    """Products after the step Q - rate G K, K - rate G^T Q, where G = `slope` = d loss / d(Q K^T).

    rate: (runs, 1, 1). Exact: the second-order terms are kept.
    """
    s, a, b = state
    g, t = rate * slope, (rate * slope).mT
    gs, gb, ag, ts = g @ s.mT, g @ b, a @ g, t @ s
    return Products(
        s - gb - ag + gs @ g,
        a - gs - gs.mT + gb @ t,
        b - ts - ts.mT + t @ ag,
    )


def solving_steps(start, rates, scale, contexts, tests, *, goal=0.9, every=5, on_weights=False):
    """(rates, seeds): the first checked step at which `goal` of the tests are answered; inf for never.

    start: Products of the seeds; contexts (steps, seeds, batch, n): the tasks of each step, the same for
    all rates; tests (m, n). A test is answered if the named word has the largest weight of its context.
    A run that leaves the finite numbers is not solved.
    """
    steps, seeds, _, _ = contexts.shape
    count, words = len(rates), start.qk.shape[-1]
    state = Products(*(x.repeat(count, 1, 1) for x in start))
    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(seeds)
    owner = torch.arange(seeds).repeat(count)
    found = torch.full((count * seeds,), torch.inf, dtype=torch.float64)
    active = torch.arange(count * seeds)
    cells = tests[:, :1] * words + tests
    flat = contexts[..., :1] * words + contexts
    for step in range(steps + 1):
        if step % every == 0:
            said = state.qk.flatten(1)[:, cells].argmax(-1) == 0
            done = said.double().mean(1) >= goal
            bad = ~state.qk.flatten(1).isfinite().all(1)
            found[active[done & ~bad]] = step
            keep = ~(done | bad)
            active, state = active[keep], Products(*(x[keep] for x in state))
        if step == steps or not len(active):
            break
        where = flat[step][owner[active]].flatten(1)
        logits = scale * state.qk.flatten(1).gather(1, where)
        gradient = logit_gradient(logits.view(len(active), -1, contexts.shape[-1]), on_weights)
        slope = torch.zeros(len(active), words * words, dtype=torch.float64)
        slope.scatter_add_(1, where, gradient.flatten(1) * (scale / contexts.shape[2]))
        state = descend_products(state, slope.view(-1, words, words), rate[active][:, None, None])
    return found.view(count, seeds)
