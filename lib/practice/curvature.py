"""The curvature of a network's loss: exact products with its Hessian, the largest curvature, the whole Hessian.

A product with the Hessian costs two passes (Pearlmutter 1994, recalled): along a direction V of the weights,
with h_0 = x, an activation f and the derivative D of everything in that direction,

    D a_j = V_j h_(j-1) + c_j + W_j D h_(j-1),      D h_j = f'(a_j) D a_j,

and the same rule differentiates the backward pass. Networks are side by side as in `networks`, each with a
direction of its own; layers that normalize are not known here.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.practice.networks import (
    PLAIN,
    RELU,
    SIGMOID,
    TANH,
    Form,
    Network,
    Pass,
    cross_entropy_pull,
    forward,
    stacked_product,
)


class Loss(NamedTuple):
    """A loss of the scores, the mean over m examples, by its derivatives, both (networks, classes, m).

    pull(scores, targets): the derivative in the scores, which it may overwrite; turn(scores, moved): how the
    pull moves, to first order, where the scores move by `moved`.
    """

    pull: Callable
    turn: Callable


def _turn_of_cross_entropy(scores, moved):
    q = torch.softmax(scores, 1)
    moved = q * moved
    return (moved - q * moved.sum(1, keepdim=True)) / scores.shape[-1]


CROSS_ENTROPY = Loss(cross_entropy_pull, _turn_of_cross_entropy)
SQUARES = Loss(  # |scores - targets|^2 / 2 m
    lambda scores, targets: (scores - targets) / scores.shape[-1],
    lambda scores, moved: moved / scores.shape[-1],
)

# f''(a) from the output h = f(a); a rectifier has none but at its kink.
BEND = {
    RELU: None,
    TANH: lambda h: -2 * h * (1 - h * h),
    SIGMOID: lambda h: h * (1 - h) * (1 - 2 * h),
}


def along(
    network: Network, run: Pass, direction: Network, form: Form = PLAIN
) -> tuple[list[Tensor], list[Tensor]]:
    """What a direction in the weights does to a pass, to first order: (D h_j for j < N, D a_j for j >= 1).

    run: as `networks.forward` gives it; tensors (networks, d_j, m), D h_0 = 0.
    """
    if network.gains or network.slopes or form.places(len(network.weights)):
        raise ValueError("curvature is known for plain networks: no normalized layers, no slopes")
    pushed, before = [], []
    for j, (w, v, c) in enumerate(
        zip(network.weights, direction.weights, direction.biases, strict=True)
    ):
        moved = stacked_product(v, run.inputs[j]) + c.unsqueeze(-1)
        if j:
            pushed.append(form.activation.slope(run.inputs[j]) * before[-1])
            moved = moved + stacked_product(w, pushed[-1])
        before.append(moved)
    return pushed, before


def scores_along(
    network: Network, images: Tensor, direction: Network, form: Form = PLAIN
) -> Tensor:
    """Derivative of the scores in a direction of the weights, (networks, classes, m)."""
    return along(network, forward(network, images, form), direction, form)[1][-1]


@torch.no_grad()
@np.errstate(all="ignore")  # what is not finite shows in the result, as with torch
def hessian_products(
    network: Network,
    images: Tensor,
    targets: Tensor,
    direction: Network,
    form: Form = PLAIN,
    loss: Loss = CROSS_ENTROPY,
) -> Network:
    """H V, the Hessian of the mean loss times a direction, each network with its own: a `Network`.

    images (networks, m, d_0) or (m, d_0); targets: probabilities (networks, classes, m) or (classes, m);
    exact (but for the kinks of rectifiers, which have measure zero). One network may be given many
    directions. Raises ValueError for an activation
    whose second derivative is not known here, and for networks that normalize.
    """
    if form.activation not in BEND:
        raise ValueError("form.activation must be RELU, TANH or SIGMOID")
    slope, bend = form.activation.slope, BEND[form.activation]
    run = forward(network, images, form)
    pushed, before = along(network, run, direction, form)
    moved = loss.turn(run.scores, before[-1])
    pull = loss.pull(run.scores.clone(), targets)
    by_weights, by_biases = [], []
    for j in reversed(range(len(network.weights))):
        h = run.inputs[j]
        found = stacked_product(moved, h.mT)
        if j:
            found = found + stacked_product(pull, pushed[j - 1].mT)
        by_weights.append(found)
        by_biases.append(moved.sum(-1))
        if j:
            above = stacked_product(network.weights[j].mT, pull)
            carried = stacked_product(network.weights[j].mT, moved)
            f = slope(h)
            moved = f * (stacked_product(direction.weights[j].mT, pull) + carried)
            if bend is not None:
                moved = moved + bend(h) * before[j - 1] * above
            pull = f * above
    return Network(tuple(by_weights[::-1]), tuple(by_biases[::-1]))


def flattened(network: Network) -> Tensor:
    """All parameters of every network in one row, (networks, P): weights first, then biases."""
    return torch.cat([x.flatten(1) for x in network.tensors()], 1)


def unflattened(rows: Tensor, like: Network) -> Network:
    """The network whose parameters `flattened` would put into these rows (networks, P).

    >>> one = Network((torch.ones(1, 2, 3),), (torch.zeros(1, 2),))
    >>> torch.equal(flattened(unflattened(flattened(one), one)), flattened(one))
    True
    """
    sizes = [x[0].numel() for x in like.tensors()]
    parts = rows.split(sizes, 1)
    return like.like(
        tuple(p.reshape(-1, *x.shape[1:]) for p, x in zip(parts, like.tensors(), strict=True))
    )


def curving(
    network: Network,
    images: Tensor,
    targets: Tensor,
    form: Form = PLAIN,
    loss: Loss = CROSS_ENTROPY,
) -> Callable[[Tensor], Tensor]:
    """The Hessians as functions on rows, (networks, P) -> (networks, P); arguments as in `hessian_products`."""

    def product(rows):
        direction = unflattened(rows, network)
        return flattened(hessian_products(network, images, targets, direction, form, loss))

    return product


def hessians(network: Network, images: Tensor, targets: Tensor, form: Form = PLAIN) -> Tensor:
    """The exact Hessian of the mean cross-entropy in the order of `flattened`: (networks, P, P).

    images (networks, m, d_0); targets (networks, classes, m). Column by column, P products at once.
    """
    found = []
    for r in range(network.count):
        one = network.map(lambda x, r=r: x[r : r + 1])
        identity = unflattened(torch.eye(flattened(one).shape[1], dtype=torch.float64), one)
        found.append(flattened(hessian_products(one, images[r], targets[r], identity, form)))
    return torch.stack(found)


def _lanczos(product, start, steps):
    """The Lanczos basis (networks, steps, P) from `start` (networks, P), and H in it, (networks, steps, steps).

    All earlier vectors are taken out of each new one twice.
    """
    basis = [start / start.norm(dim=1, keepdim=True)]
    inside, beside = [], []
    for _ in range(steps):
        w = product(basis[-1])
        inside.append((w * basis[-1]).sum(1))
        known = torch.stack(basis, 1)
        for _ in range(2):
            w = w - torch.einsum("rkp,rk->rp", known, torch.einsum("rkp,rp->rk", known, w))
        length = w.norm(dim=1)
        length = length.where(
            length > 1e-10 * inside[0].abs(), 0
        )  # nothing new: the rest is rounding
        beside.append(length)
        basis.append(torch.where(length[:, None] > 0, w / length[:, None], 0))
    side = torch.stack(beside[:-1], 1) if steps > 1 else start.new_zeros(len(start), 0)
    small = torch.diag_embed(torch.stack(inside, 1))
    small = small + torch.diag_embed(side, 1) + torch.diag_embed(side, -1)
    return known, small


def largest_curvature(
    network: Network,
    images: Tensor,
    targets: Tensor,
    rng: np.random.Generator,
    form: Form = PLAIN,
    steps: int = 12,
    loss: Loss = CROSS_ENTROPY,
) -> Tensor:
    """The largest eigenvalue of the Hessian of every network, (networks,), by Lanczos' method.

    steps: products with the Hessian, from a random direction, all earlier ones taken out of each new one
    twice. What comes back is a lower bound that rises with the steps. Arguments as in `hessian_products`.
    Raises ValueError for steps below 1.
    """
    return steepest(network, images, targets, 1, rng, form, steps, loss)[0][:, 0]


def steepest(
    network: Network,
    images: Tensor,
    targets: Tensor,
    count: int,
    rng: np.random.Generator,
    form: Form = PLAIN,
    steps: int = 40,
    loss: Loss = CROSS_ENTROPY,
) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues of every Hessian, falling, (networks, count), and their eigenvectors (networks, P, count).

    By Lanczos' method as `largest_curvature`; raises ValueError for a count above the steps.
    """
    count = whole_number("count", count, 1, whole_number("steps", steps))
    start = torch.from_numpy(rng.standard_normal(tuple(flattened(network).shape)))
    basis, small = _lanczos(curving(network, images, targets, form, loss), start, steps)
    values, vectors = torch.linalg.eigh(small)
    return values[:, -count:].flip(1), basis.mT @ vectors[:, :, -count:].flip(2)
