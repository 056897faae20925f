"""Descent on deep linear networks mode by mode: the spectral recursion, exact for every discrete step.

Where all layers are diagonal in the target's singular bases, a network is one number a_j a layer and mode. Everything is
float64; time = learning rate x steps.
"""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib.checks import generator
from lib.descent import Weights
from lib.linear_networks import unbalance


def _array(values):
    return torch.as_tensor(values, dtype=torch.float64).numpy()


def spectral_descent(
    modes: ArrayLike,
    singular_values: ArrayLike,
    *,
    learning_rate: float | ArrayLike,
    record: Iterable[int],
    final_loss: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Descent on factors that are diagonal in the target's singular bases, exactly.

    If W_j = Q_j diag(a_j) Q_(j-1)^T with Q_0, Q_N the singular bases of the target and any
    orthogonal Q_j between, every mode is a problem of its own, for every discrete step:

        a_j <- a_j - learning_rate (a_N ... a_1 - s) prod_(l != j) a_l.

    modes: (N, ..., k), a_j of every seed; singular_values: s, (..., k) or (k,). learning_rate: one
    number, or an array that broadcasts against (..., k). record: the steps to keep, the last of
    them is the number of steps. final_loss (...): end at the first record where no seed's loss
    1/2 sum (a_N ... a_1 - s)^2 is above it.
    Returns (steps (records,), a_j at those steps (records, N, ..., k)). A step costs N + 4 array
    operations, a few microseconds: numpy, since for so few numbers a tensor's dispatch is most of
    the cost. Overflow is data here: modes turn inf or nan, silently.
    """
    layers = [_array(a).copy() for a in modes]
    if not layers or any(a.shape != layers[0].shape for a in layers):
        raise ValueError("modes must hold one array or more, all of one shape")
    wanted, rate = _array(singular_values), _array(learning_rate)
    record = sorted({int(step) for step in record})
    if not (np.isfinite(rate).all() and (rate > 0).all()):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    if not record or record[0] < 0:
        raise ValueError("record must hold one step or more, none negative")
    state, walk = _spectral_walk(np.stack(layers), wanted, rate)
    kept = np.empty((len(record), *state.shape))
    now = 0
    with np.errstate(all="ignore"):
        for row, event in enumerate(record):
            walk(event - now)
            now = event
            kept[row] = state
            if final_loss is not None:
                losses = np.square(np.prod(state, axis=0) - wanted).sum(-1) / 2
                if (losses <= _array(final_loss)).all():
                    break
    return torch.tensor(record[: row + 1]), torch.from_numpy(kept[: row + 1])


def _spectral_walk(layers, wanted, rate):
    """(layers (N, ..., k), walk(steps), which moves them): the products of the others for all layers at once.

    They stand in a ring a_1 .. a_N a_1 .. a_(N-1), of which N - 1 neighbours are the others of the one before.
    """
    depth, shape = len(layers), layers.shape[1:]
    wanted, rate = (np.broadcast_to(x, shape).copy() for x in (wanted, rate))
    ring = np.concatenate([layers, layers[:-1]])
    layers, head, tail = ring[:depth], ring[: depth - 1], ring[depth:]
    first, *more = [ring[j : j + depth] for j in range(1, depth)] or [np.ones_like(ring)]
    back, change = np.empty(shape), np.empty_like(layers)
    # Bound once: looking the functions up would be a tenth of the loop.
    multiply, subtract, copy = np.multiply, np.subtract, np.copyto

    def walk(steps):
        for _ in range(steps):
            others = first
            for factor in more:
                others = multiply(others, factor, change)
            multiply(others[0], layers[0], back)
            subtract(back, wanted, back)
            multiply(back, rate, back)
            multiply(others, back, change)
            subtract(layers, change, layers)
            copy(tail, head)

    return layers, walk


def spectral_factors(
    values: ArrayLike, depth: int, imbalance_wanted: float | ArrayLike, rng: np.random.Generator
) -> Tensor:
    """Modes (N, ..., k) for `spectral_descent`: product `values` > 0, a given imbalance, at random.

    Layers are diag(a_j) with a_N ... a_1 = values (..., k); imbalance_wanted: number or (...).
    Raises ValueError for values that are not positive.
    """
    generator(rng)
    if not bool((values > 0).all()):
        raise ValueError("values must be positive: they are the modes of the product")
    layer = torch.diag_embed(values ** (1 / depth))
    draws = [torch.from_numpy(rng.standard_normal(tuple(values.shape))) for _ in range(depth - 1)]
    weights = unbalance((layer,) * depth, imbalance_wanted, [torch.diag_embed(k) for k in draws])
    return torch.stack([w.diagonal(dim1=-2, dim2=-1) for w in weights])


def spectral_weights(modes: ArrayLike, left: Tensor, right: Tensor) -> Weights:
    """The weight matrices that `modes` (N, ..., k) stand for: W_1 = diag(a_1) V^T, W_N = U diag(a_N).

    left: U (..., d_N, k), right: V^T (..., k, d_0), the singular bases of the target.
    """
    layers = [torch.diag_embed(a) for a in modes]
    layers[0] = layers[0] @ right
    layers[-1] = left @ layers[-1]
    return tuple(layers)
