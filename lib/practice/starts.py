"""Starts of networks, by the names of their field: a variance for the weights of each layer, biases 0.

Independent draws have a numpy generator each, that gives layer after layer: the start of a draw does not depend
on how many draws there are. What is drawn are standard normals, so starts from equal generators differ in
scale alone.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from lib.checks import generator, whole_number
from lib.practice.networks import Network


def lecun(inputs: int, outputs: int) -> float:
    """Variance 1 / d_(j-1) of LeCun et al. 1998."""
    return 1 / inputs


def glorot(inputs: int, outputs: int) -> float:
    """Variance 2 / (d_(j-1) + d_j) of Glorot and Bengio 2010 ("Xavier")."""
    return 2 / (inputs + outputs)


def he(inputs: int, outputs: int) -> float:
    """Variance 2 / d_(j-1) of He et al. 2015."""
    return 2 / inputs


def check_generators(generators: Sequence[np.random.Generator], draws: int | None = None) -> None:
    """Raises ValueError unless these are numpy generators, one for each draw."""
    if not len(generators) or any(not isinstance(g, np.random.Generator) for g in generators):
        raise ValueError("generators must be numpy generators, one for each draw")
    if draws is not None and len(generators) != draws:
        raise ValueError(f"generators must be {draws}, one for each draw, got {len(generators)}")


def _checked_widths(widths):
    widths = [whole_number("widths", d) for d in widths]
    if len(widths) < 2:
        raise ValueError(f"widths must be d_0..d_N, two or more, got {widths}")
    return list(zip(widths, widths[1:], strict=False))


def normal_start(
    widths: Sequence[int],
    generators: Sequence[np.random.Generator],
    variance: Callable[[int, int], float],
    copies: int = 1,
    *,
    gain: float = 1.0,
) -> Network:
    """Starts of copies x draws networks, the draws innermost; one numpy generator a draw.

    Entries of W_j are N(0, gain^2 variance(d_(j-1), d_j)), such as `he`, `glorot`, `lecun`; widths:
    d_0..d_N. Raises ValueError for fewer than two widths, generators that are none, a gain that is not
    positive.

    >>> start = normal_start([4, 3, 2], [np.random.default_rng(0)] * 5, he, copies=2)
    >>> [tuple(x.shape) for x in start.tensors()]
    [(10, 3, 4), (10, 2, 3), (10, 3), (10, 2)]
    """
    pairs, copies = _checked_widths(widths), whole_number("copies", copies)
    check_generators(generators)
    if not 0 < gain < np.inf:
        raise ValueError(f"gain must be positive and finite, got {gain}")
    weights = []
    for inputs, outputs in pairs:
        drawn = [g.standard_normal((copies, outputs, inputs)) for g in generators]
        scaled = np.stack(drawn, 1) * (gain * variance(inputs, outputs) ** 0.5)
        weights.append(torch.from_numpy(scaled).flatten(0, 1))
    return Network(tuple(weights), tuple(w.new_zeros(w.shape[:2]) for w in weights))


def uniform_start(
    widths: Sequence[int],
    networks: int,
    rng: np.random.Generator,
    dtype: torch.dtype = torch.float64,
) -> Network:
    """Weights and biases drawn uniformly from +-1/sqrt(d_(j-1)), all networks from one generator.

    The default start of a linear layer in Torch, used by Choromanska et al. 2015 (their code).
    widths: d_0..d_N; rng: numpy generator. Raises ValueError for widths or networks below 1.

    >>> start = uniform_start([4, 3, 2], 10, np.random.default_rng(0))
    >>> [tuple(x.shape) for x in start.tensors()]
    [(10, 3, 4), (10, 2, 3), (10, 3), (10, 2)]
    """
    pairs, networks = _checked_widths(widths), whole_number("networks", networks)
    generator(rng)

    def draw(fan_in, *shape):
        side = fan_in**-0.5
        return torch.from_numpy(rng.uniform(-side, side, (networks, *shape))).to(dtype)

    weights = tuple(draw(a, b, a) for a, b in pairs)
    return Network(weights, tuple(draw(a, b) for a, b in pairs))
