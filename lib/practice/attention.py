"""A lookup by dot-product attention, trained by descent: find the value that stands at a key.

V words have a query and a key embedding each, the rows of Q and K, (runs, V, d). A task names one of n
different words of a context. The attention is p = softmax(c q.k) over the context, c = `scale`; the output
is sum p_i v_i. Values are independent with unit covariance, so the mean squared loss of the output is

    loss = |p - e|^2 / 2,      e the named word,

and with `on_weights` it is the cross-entropy of the attention itself, -ln p_e. Descent on Q and K is
followed through the three V x V matrices Q K^T, Q Q^T, K K^T, which close under its steps: its cost does
not depend on d. Everything is float64.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.descent import Plain, Stop, descend


def tasks(words: int, places: int, shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Contexts (*shape, places): different words out of `words`; the one at place 0 is asked for."""
    if not 2 <= places <= words:
        raise ValueError(f"places must be in 2..{words} (the words), got {places}")
    return torch.from_numpy(rng.random((*shape, words)).argsort(-1)[..., :places])


def logit_gradient(logits: Tensor, on_weights: bool = False) -> Tensor:
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


def products(
    words: int, dimension: int, seeds: int, sd: float, rng: np.random.Generator
) -> Products:
    """Products of `seeds` Gaussian embeddings with entries N(0, sd^2), drawn one after another."""
    if dimension < 1 or not 0 < sd < np.inf:
        raise ValueError(f"dimension and sd must be positive, got {dimension}, {sd}")
    q, k = torch.from_numpy(sd * rng.standard_normal((2, seeds, words, dimension)))
    return Products(q @ k.mT, q @ q.mT, k @ k.mT)


def product_change(state: tuple, slope: Tensor, rate: Tensor) -> tuple:
    """Change of the products in the step Q - rate G K, K - rate G^T Q, where G = `slope` = d loss / d(Q K^T).

    Divided by the rate, (runs,): what stands for a gradient. Exact: the second-order terms are kept.
    """
    s, a, b = state
    g, t, rate = slope, slope.mT, rate[:, None, None]
    gs, gb, ag, ts = g @ s.mT, g @ b, a @ g, t @ s
    return (
        gb + ag - rate * (gs @ g),
        gs + gs.mT - rate * (gb @ t),
        ts + ts.mT - rate * (t @ ag),
    )


def solving_steps(
    start: Products,
    rates: Sequence[float],
    scale: float,
    contexts: Tensor,
    tests: Tensor,
    *,
    goal: float = 0.9,
    every: int = 5,
    on_weights: bool = False,
) -> Tensor:
    """(rates, seeds): the first checked step at which `goal` of the tests are answered; inf for never.

    start: Products of the seeds; contexts (steps, seeds, batch, n): the tasks of each step, the same for
    all rates; tests (m, n). A test is answered if the named word has the largest weight of its context.
    A run that leaves the finite numbers is not solved.
    """
    steps, seeds, batch, n = contexts.shape
    words = start.qk.shape[-1]
    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(seeds)
    cells, flat = tests[:, :1] * words + tests, contexts[..., :1] * words + contexts

    def gradient(state, seed, rate, where):
        where = where.flatten(1)
        logits = scale * state[0].flatten(1).gather(1, where)
        by_logits = logit_gradient(logits.view(len(seed), -1, n), on_weights).flatten(1)
        slope = state[0].new_zeros(len(seed), words * words)
        slope.scatter_add_(1, where, by_logits * (scale / batch))
        return product_change(state, slope.view(-1, words, words), rate)

    def solved(state, *_):
        said = state[0].flatten(1)[:, cells].argmax(-1) == 0
        return said.double().mean(1) >= goal

    run = descend(
        gradient,
        tuple(x.repeat(len(rates), 1, 1) for x in start),
        Plain(rate),
        steps=steps,
        problem=(torch.arange(seeds).repeat(len(rates)), rate),
        sees=lambda t, seed, rate: (flat[t][seed],),
        stop=Stop(solved, every=every, diverged="keep"),
    )
    found = torch.where(run.stopped < 0, torch.inf, run.stopped.double())
    return found.view(len(rates), seeds)
