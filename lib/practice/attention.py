"""A lookup by attention, trained by descent: find the value that stands at a key.

V words have a query and a key embedding each, the rows of q and k, (runs, V, d). A task names one of n
different words of a context. The attention is p = softmax(c s) over the context, c = `scale`, with scores

    s_ij = q_i . k_j                    `Dot` (Vaswani et al. 2017)
    s_ij = v . tanh(q_i + k_j)          `Additive`, v learned, too (Bahdanau, Cho, Bengio 2015; recalled)

and the output is sum p_i v_i. Values are independent with unit covariance, so the mean squared loss is

    loss = |p - e|^2 / 2,      e the named word,

and with `on_weights` it is the cross-entropy of the attention itself, -ln p_e. Everything is float64.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.descent import Plain, Stop, descend, snapped


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


# --- scores of queries and keys --------------------------------------------------------------------


class Dot(NamedTuple):
    """Embeddings q, k (runs, V, d) whose scores are products."""

    q: Tensor
    k: Tensor

    def scores(self) -> Tensor:
        """Of every query with every key: (runs, V, V)."""
        return self.q @ self.k.mT

    def gradient(self, slope: Tensor) -> tuple[Tensor, ...]:
        """Of a loss with the gradient `slope`, (runs, V, V), with respect to the scores: like self."""
        return slope @ self.k, slope.mT @ self.q


class Additive(NamedTuple):
    """Embeddings q, k (runs, V, d) and weights v (runs, d) of hidden units that add them up."""

    q: Tensor
    k: Tensor
    v: Tensor

    def _hidden(self):
        return (self.q.unsqueeze(2) + self.k.unsqueeze(1)).tanh_()

    def scores(self) -> Tensor:
        """Of every query with every key: (runs, V, V)."""
        hidden = self._hidden()
        return (hidden.flatten(1, 2) @ self.v.unsqueeze(-1)).view(hidden.shape[:3])

    def gradient(self, slope: Tensor) -> tuple[Tensor, ...]:
        """Of a loss with the gradient `slope`, (runs, V, V), with respect to the scores: like self."""
        hidden = self._hidden()
        by_v = (slope.flatten(1).unsqueeze(1) @ hidden.flatten(1, 2)).squeeze(1)
        inside = hidden.square_().neg_().add_(1).mul_(slope.unsqueeze(-1))
        inside.mul_(self.v[:, None, None])
        return inside.sum(2), inside.sum(1), by_v


def _embeddings(words, dimension, seeds, sd, rng):
    if dimension < 1 or not 0 < sd < np.inf:
        raise ValueError(f"dimension and sd must be positive, got {dimension}, {sd}")
    return torch.from_numpy(sd * rng.standard_normal((2, seeds, words, dimension)))


def dot(words: int, dimension: int, seeds: int, sd: float, rng: np.random.Generator) -> Dot:
    """`seeds` Gaussian starts with entries N(0, sd^2); scores then have the sd sd^2 sqrt(d)."""
    return Dot(*_embeddings(words, dimension, seeds, sd, rng))


def additive(
    words: int, dimension: int, seeds: int, spread: float, rng: np.random.Generator
) -> Additive:
    """`seeds` starts with q, k ~ N(0, 1), and v Gaussian of the size at which scores have the sd `spread`.

    That is spread / sqrt(d E tanh^2(x)), x ~ N(0, 2); E tanh^2 = 0.519.
    """
    q, k = _embeddings(words, dimension, seeds, 1.0, rng)
    if not 0 < spread < np.inf:
        raise ValueError(f"spread must be positive, got {spread}")
    x, weight = np.polynomial.hermite_e.hermegauss(80)
    square = (weight * np.tanh(np.sqrt(2) * x) ** 2).sum() / weight.sum()
    v = torch.from_numpy(rng.standard_normal((seeds, dimension)))
    return Additive(q, k, v * spread / np.sqrt(dimension * square))


# --- training --------------------------------------------------------------------------------------


def solving_steps(
    start: Dot | Additive,
    rates: Sequence[float],
    scale: float,
    contexts: Tensor,
    tests: Tensor,
    *,
    rule: Callable = Plain,
    every: int = 5,
    on_weights: bool = False,
) -> Tensor:
    """(rates, seeds): the first checked step at which nine of ten tests are answered; inf for never.

    start: embeddings of the seeds; contexts (steps, seeds, batch, n): the tasks of each step, the same for
    all rates; tests (m, n). A test is answered if the named word has the largest weight of its context.
    rule(rate, retraction=): a rule of `descend`; weights are `snapped`, since large rates are chaotic. A run
    that leaves the finite numbers is not solved.
    """
    steps, seeds, batch, n = contexts.shape
    words, kind = start.q.shape[1], type(start)
    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(seeds)
    cells, flat = tests[:, :1] * words + tests, contexts[..., :1] * words + contexts

    def gradient(state, seed, where):
        here, where = kind(*state), where.flatten(1)
        logits = scale * here.scores().flatten(1).gather(1, where)
        by_logits = logit_gradient(logits.view(len(seed), -1, n), on_weights).flatten(1)
        slope = logits.new_zeros(len(seed), words * words)
        slope.scatter_add_(1, where, by_logits * (scale / batch))
        return here.gradient(slope.view(-1, words, words))

    def solved(state, *_):
        said = kind(*state).scores().flatten(1)[:, cells].argmax(-1) == 0
        return said.double().mean(1) >= 0.9

    run = descend(
        gradient,
        tuple(x.repeat(len(rates), *[1] * (x.ndim - 1)) for x in start),
        rule(rate, retraction=snapped),
        steps=steps,
        problem=(torch.arange(seeds).repeat(len(rates)),),
        sees=lambda t, seed: (flat[t][seed],),
        stop=Stop(solved, every=every, diverged="keep"),
    )
    found = torch.where(run.stopped < 0, torch.inf, run.stopped.double())
    return found.view(len(rates), seeds)
