"""Networks as classifiers: all on the same minibatches, or each on its own; what becomes of their units and curvature.

The networks, their loss and its gradient are those of `networks`.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib.checks import generator, whole_number
from lib.descent import Momentum, Plain, Record, Stop, Trajectory, Weights, descend
from lib.practice.draws import check_orders, minibatch
from lib.practice.networks import (
    PLAIN,
    Form,
    Network,
    check,
    check_labels,
    check_targets,
    columns,
    evaluate,
    mean_gradient,
    stacked_product,
)
from lib.practice.starts import uniform_start as uniform_start

# --- all networks on the same minibatches ----------------------------------------------------------


def dead_units(network: Network, images: Tensor) -> Tensor:
    """Number of units of the first hidden layer that are off on every one of these images, (networks,).

    Such a unit has no gradient there: descent on these images never wakes it again.
    Raises ValueError if there is no image, or the shapes do not chain.

    >>> start = uniform_start([4, 3, 2], 1, np.random.default_rng(0))
    >>> off = start._replace(biases=(start.biases[0] - 9, start.biases[1]))
    >>> int(dead_units(off, torch.ones(5, 4)))
    3
    """
    check(network, images)
    if len(images) == 0:
        raise ValueError("images must be one or more")
    w, b = network.weights[0], network.biases[0]
    first = torch.tensordot(w, images.to(w.dtype), dims=([2], [1]))
    return (first + b.unsqueeze(-1) <= 0).all(-1).sum(-1)


@dataclass(frozen=True, eq=False)
class Falling(Plain):
    """w <- w - rate (1 - (t - 1) / steps) g at step t = 1, 2, ...: the rate falls in a line to 0."""

    steps: int

    def step(self, weights: Weights, kept: list, slopes: Weights, rates: tuple, t: int) -> None:
        """Step number t in place."""
        left = 1 - (t - 1) / self.steps
        super().step(weights, kept, slopes, [rate * left for rate in rates], t)


@dataclass(frozen=True, eq=False)
class FallingMomentum(Falling, Momentum):
    """v <- mu v - rate (1 - (t - 1) / steps) g, w <- w + v: `Momentum(rate, mu)` whose rate falls in a line to 0.

    >>> FallingMomentum(0.1, 0.9, 100).steps
    100
    """


def train_together(
    start: Network,
    images: Tensor,
    labels: Tensor,
    rule: Plain,
    *,
    batch_size: int,
    epochs: int,
    rng: np.random.Generator,
    **options,
) -> Trajectory:
    """Stochastic gradient descent of all networks on the same minibatches: a `descent.Trajectory`.

    Every epoch goes once through the images in a fresh order, the last minibatch of an epoch may be short.

    start: float64 or float32; images (m, d_0), labels (m,): turned into the type of the weights.
    rule: as `descend` takes it; batch_size, epochs: whole numbers; rng: the numpy generator of the orders.
    options: `record`, whose `at` counts epochs (0: the start) and whose measure(network) is a dict of tensors
        (networks, ...); `diverged` as in `Stop`, looked for once an epoch.
    Raises DivergenceError unless it is kept; ValueError for shapes, labels and numbers that do not fit.
    """
    check(start, images)
    check_labels(start, images, labels)
    batch_size = whole_number("batch_size", batch_size)
    epochs = whole_number("epochs", epochs, 0)
    generator(rng)
    dtype, each = start.weights[0].dtype, -(-len(images) // batch_size)
    images, one_hot = images.to(dtype), columns(start, labels)
    orders = [torch.from_numpy(rng.permutation(len(images))) for _ in range(epochs)]
    seen = [batch for order in orders for batch in order.split(batch_size)]

    def minibatch_of_all(t):
        return images.index_select(0, seen[t]), one_hot.index_select(1, seen[t])

    record, diverged = options.pop("record", None), options.pop("diverged", "raise")
    if record is not None:
        if record.measure is None:
            raise ValueError("measure is needed in a record of networks trained together")
        at = [each * whole_number("at", epoch, 0, epochs) for epoch in record.at]
        record = Record(at, lambda tensors, of=record.measure: of(start.like(tensors)))
    return descend(
        lambda tensors, x, y: mean_gradient(start.like(tensors), x, y).tensors(),
        start.tensors(),
        rule,
        steps=epochs * each,
        sees=minibatch_of_all,
        record=record,
        stop=Stop(every=each, diverged=diverged),
        **options,
    )


# --- each network on its own minibatches -----------------------------------------------------------


def train_apart(
    start: Network,
    sets: tuple[Tensor, Tensor],
    orders: Tensor,
    rule: Plain,
    *,
    form: Form = PLAIN,
    temperature: float = 1.0,
    factors: Network | None = None,
    **options,
) -> Trajectory:
    """Descent of every network on its own minibatches, in a given order: a `descent.Trajectory`.

    start: arms x sets networks, float64, the sets innermost: network r sees set r mod sets. sets: images
    (sets, n, d_0) and labels (sets, n), or probabilities (sets, n, classes). orders: (sets, steps, batch),
    whole numbers below n: the images of every minibatch.
    rule: as `descend` takes it. form, temperature: as in `networks.loss_gradient`.
    factors: tensors that multiply the gradient of the parts they are given for, each like its tensor: 0
        holds a weight where it is. Parts may be left empty.
    options: `record` and `stop` of `descend`; `steps`, fewer than there are minibatches. measure(network, who)
        is asked at a record, who the numbers of the networks that still run; without it `loss` is kept, the
        mean over the whole set [nats], (records, networks).
    `start.like(run.weights)` is the network at the end.
    Raises DivergenceError unless `stop` keeps it; ValueError for shapes that do not fit.

    >>> x, y = torch.eye(4, dtype=torch.float64)[None], torch.tensor([[0, 1, 0, 1]])
    >>> start = uniform_start([4, 3, 2], 5, np.random.default_rng(0))
    >>> run = train_apart(start, (x, y), torch.tensor([[[0], [3]]]), Plain(0.1), record=Record([0, 2]))
    >>> run.records["loss"].shape
    torch.Size([2, 5])
    """
    images, labels = sets
    count, record = len(images), options.pop("record", None)
    check_orders(orders, count, images.shape[1], start.count)
    one = start.map(lambda x: x[:count])
    check(one, images, form)
    check_targets(one, images, labels, temperature)
    held = _factors(start, factors)
    if record and record.measure is None and labels.is_floating_point():
        raise ValueError("measure is needed where labels are probabilities")

    def gradient(tensors, who, *given):
        *multiplied, x, y = given
        found = mean_gradient(start.like(tensors), x, y, form, temperature).tensors()
        for place, factor in zip(held, multiplied, strict=True):
            found[place].mul_(factor)
        return found

    def loss(network, who):
        own = images[who % count], labels[who % count]
        return {"loss": evaluate(network, *own, form)[0]}

    if record is not None:
        own = record.measure or loss
        record = replace(record, measure=lambda w, who, *_: own(start.like(w), who))
    return descend(
        gradient,
        start.tensors(),
        rule,
        problem=(torch.arange(start.count), *held.values()),
        sees=minibatch(orders, images, columns(start, labels).mT.contiguous()),
        record=record,
        **{"steps": orders.shape[1]} | options,
    )


def _factors(start, factors):
    """{place among the tensors of the start: what multiplies its gradient}."""
    held, first = {}, 0
    for name, own in start._asdict().items():
        given = () if factors is None else getattr(factors, name)
        if given and [f.shape for f in given] != [x.shape for x in own]:
            raise ValueError(f"factors must be shaped like the {name}, or ()")
        held |= {first + k: factor for k, factor in enumerate(given)}
        first += len(own)
    return held


# --- curvature of networks with one hidden layer -------------------------------------------------


def _hessian(first, second, images, one_hot):
    """Hessian of one network; first (h, d + 1) and second (c, h + 1) carry the biases last."""
    (h, d1), c, m = first.shape, len(second), len(images)
    x = torch.cat([images, images.new_ones(m, 1)], 1)
    a = x @ first.mT
    hidden = torch.cat([a.relu(), a.new_ones(m, 1)], 1)
    q = torch.softmax(hidden @ second.mT, 1)
    w = second[:, :-1]
    # pull[:, k, j] = (S W_2)_kj with S = diag(q) - q q^T, and both sides: W_2^T S W_2.
    pull = q.unsqueeze(-1) * (w - (q @ w).unsqueeze(1))
    both = torch.einsum("mkj,kl->mjl", pull, w) * (a > 0).unsqueeze(1)
    residual = q - one_hot.mT
    out = x.new_zeros(h * d1 + c * (h + 1), h * d1 + c * (h + 1))
    for j in range(h):
        on = a[:, j] > 0  # a unit that is off adds nothing: work on its own images only
        x_on, rows = x[on], slice(j * d1, (j + 1) * d1)
        right = (both[on, j, j:].unsqueeze(-1) * x_on.unsqueeze(1)).flatten(1)
        out[rows, j * d1 : h * d1] = stacked_product(x_on.mT, right)
        cross = pull[on, :, j].unsqueeze(-1) * hidden[on].unsqueeze(1)
        cross[:, :, j] += residual[on]
        out[rows, h * d1 :] = stacked_product(x_on.mT, cross.flatten(1))
    for k in range(c):
        s = -q[:, k, None] * q
        s[:, k] += q[:, k]
        rows = slice(h * d1 + k * (h + 1), h * d1 + (k + 1) * (h + 1))
        pairs = (s.unsqueeze(-1) * hidden.unsqueeze(1)).flatten(1)
        out[rows, h * d1 :] = stacked_product(hidden.mT, pairs)
    return (out.triu() + out.triu(1).mT) / m


def check_depth(network: Network) -> None:
    """Raises ValueError unless networks have one hidden layer."""
    depth = len(network.weights)
    if depth != 2:
        raise ValueError(f"weights must be those of one hidden layer (depth 2), got {depth}")


def _each(network, images, labels):
    """Every network alone, (first, second, images, one-hot) as `_hessian` takes them."""
    check(network, images)
    check_labels(network, images, labels)
    check_depth(network)
    pairs = zip(network.weights, network.biases, strict=True)
    layers = (torch.cat([w, b.unsqueeze(-1)], -1).unbind() for w, b in pairs)
    data = images.to(network.weights[0].dtype), columns(network, labels)
    return [(first, second, *data) for first, second in zip(*layers, strict=True)]


@torch.no_grad()
def hessian(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """Exact Hessian of the mean loss, one hidden layer: (networks, D, D), D = all parameters.

    Order of the parameters: (row of W_1, its bias) for every hidden unit, then (row of W_2, its
    bias) for every class. With x~ = (x, 1), h~ = (relu(a), 1), on = [a > 0], q = softmax,
    r = q - one_hot, S = diag(q) - q q^T, and w_j the j-th column of W_2, the blocks are the means of

        x~ x~^T on_j on_l w_j^T S w_l,   x~ [on_j (S w_j)_k h~_i + on_j r_k (i = j)],   h~ h~^T S_kk'

    (derived here; relu has no curvature of its own). Raises ValueError unless depth is 2.
    """
    return torch.stack([_hessian(*n) for n in _each(network, images, labels)])


@torch.no_grad()
def index_fraction(
    network: Network, images: Tensor, labels: Tensor, *, below: float = -1e-3
) -> Tensor:
    """Share of eigenvalues of the exact Hessian that are smaller than `below`: (networks,).

    The normalised index of Choromanska et al. 2015 (their code counts below -0.001). One Hessian is
    held at a time. Raises ValueError unless depth is 2.
    """
    shares = []
    for one in _each(network, images, labels):
        shares.append((torch.linalg.eigvalsh(_hessian(*one)) < below).double().mean())
    return torch.stack(shares)
