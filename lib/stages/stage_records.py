"""Stages of networks that are not linear: what is measured on the way, and where the loss waits."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lib.descent import Plain, Record, descend
from lib.stages.two_layer import (
    network_gradients,
    network_loss,
)


def stage_record(
    weights: Sequence[Tensor],
    inputs: Tensor,
    outputs: Tensor,
    *,
    learning_rate: float,
    activation: str = "linear",
) -> dict[str, Tensor]:
    """For `descend`: the `loss` and its relative `fall` in a step, eta |gradient|^2 / loss, (seeds,)."""
    value = network_loss(weights, inputs, outputs, activation)
    power = sum(
        g.square().sum((-2, -1)) for g in network_gradients(weights, inputs, outputs, activation)
    )
    return {"loss": value, "fall": learning_rate * power / value}


def activation_record(
    weights: Sequence[Tensor],
    inputs: Tensor,
    outputs: Tensor,
    learning_rate: float,
    activation: str,
    *,
    steps: int,
    every: int = 10,
) -> dict[str, Tensor]:
    """What `stage_record` finds along descent with some activation, {name: (records, seeds)}."""
    return descend(
        lambda w, x, y: network_gradients(w, x, y, activation),
        tuple(weights),
        Plain(learning_rate),
        problem=(inputs, outputs),
        steps=steps,
        record=Record(
            range(0, steps + 1, every),
            lambda w, x, y: stage_record(
                w, x, y, learning_rate=learning_rate, activation=activation
            ),
        ),
    ).records


def plateau_depths(
    falls: Tensor, losses: Tensor, levels: Tensor, until: float = 0.01
) -> tuple[Tensor, Tensor]:
    """The deepest plateau at each level of the loss: (depths, losses there), both (seeds, K).

    A plateau is a dip of `falls` (records, seeds), the relative fall of the loss in a step, and
    belongs to the nearest of `levels` (seeds, K), positive, on a log scale; its depth, in decades, is
    how much slower descent is than in the slower of the two drops beside it. 0 and nan where a level
    has none. Only records with a loss above `until` of the first count: a run's end is no plateau.

    >>> falls = torch.tensor([[1e-1], [1e-1], [1e-3], [1e-2], [1e-3]], dtype=torch.float64)
    >>> depths, at = plateau_depths(falls, torch.ones_like(falls), torch.tensor([[4.0, 1.2]]))
    >>> depths.tolist(), at.tolist()
    ([[0.0, 1.0]], [[nan, 1.0]])
    """
    from scipy.signal import find_peaks

    found = torch.zeros(levels.shape, dtype=torch.float64)
    at = torch.full(levels.shape, math.nan, dtype=torch.float64)
    for seed, part in enumerate((losses / losses[0]).mT):
        inside = part > until
        peaks, shape = find_peaks(-falls[inside, seed].log10().numpy(), prominence=0)
        for value, depth in zip(losses[inside, seed][peaks], shape["prominences"], strict=True):
            k = (value.log() - levels[seed].log()).abs().argmin()
            if depth > found[seed, k]:
                found[seed, k], at[seed, k] = depth, value
    return found, at
