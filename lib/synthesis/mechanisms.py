"""One ordinary network under every mechanism of the suite: what is kept, what is taken away, what is left.

A classifier of `practice.networks` (rectifiers, softmax, cross-entropy in nats) is trained as it is and with one
thing changed: its noise, its signs, its balance, its curvature, its features. All arms of all draws descend side
by side; time is counted in steps.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.descent import Plain, Record, Stop, descend
from lib.practice.curvature import along, flattened, hessian_products, hessians, unflattened
from lib.practice.draws import batches, draw_order, draw_splits, minibatch
from lib.practice.networks import (
    Network,
    backward,
    cross_entropy_pull,
    evaluate,
    forward,
    joined,
    mean_gradient,
)
from lib.practice.starts import he, normal_start

# --- what a network is made of ---------------------------------------------------------------------


def unit_balance(network: Network) -> Tensor:
    """|w_in|^2 + b^2 - |w_out|^2 of every hidden unit, layer after layer: (networks, units).

    Gradient flow keeps it for rectifiers (Du, Hu and Lee 2018, abstract read); a step of descent at rate eta
    changes it by exactly eta^2 times the same expression of the gradient.
    """
    pairs = zip(network.weights, network.biases, network.weights[1:], strict=False)
    return torch.cat([(w**2).sum(2) + b**2 - (v**2).sum(1) for w, b, v in pairs], 1)


def matrix_balance(network: Network) -> Tensor:
    """The off-diagonal of W_j W_j^T + b_j b_j^T - W_(j+1)^T W_(j+1), layer after layer: (networks, entries).

    Deep linear networks keep it (Arora et al. 2018, definition 1); rectifiers do not.
    """
    found = []
    for w, b, v in zip(network.weights, network.biases, network.weights[1:], strict=False):
        square = w @ w.mT + b[:, :, None] * b[:, None, :] - v.mT @ v
        found.append((square - torch.diag_embed(square.diagonal(dim1=1, dim2=2))).flatten(1))
    return torch.cat(found, 1)


def rescaled(network: Network, factors: Sequence[float | Tensor]) -> Network:
    """The same function, its balance changed: into unit i of hidden layer j go c times the weights and bias,
    out of it 1/c times. factors: c > 0 for each hidden layer, a number or (networks, d_j).

    >>> one = Network((torch.ones(1, 1, 1), torch.ones(1, 1, 1)), (torch.ones(1, 1), torch.zeros(1, 1)))
    >>> [float(w) for w in rescaled(one, [4.0]).weights]
    [4.0, 0.25]
    """
    weights, biases = list(network.weights), list(network.biases)
    if len(factors) != len(weights) - 1:
        raise ValueError(f"factors must be {len(weights) - 1}, one for each hidden layer")
    for j, c in enumerate(factors):
        c = torch.as_tensor(c, dtype=torch.float64) * torch.ones_like(biases[j])
        weights[j], biases[j] = weights[j] * c[:, :, None], biases[j] * c
        weights[j + 1] = weights[j + 1] / c[:, None, :]
    return Network(tuple(weights), tuple(biases))


def balanced(network: Network, sweeps: int = 200) -> Network:
    """The same function with `unit_balance` 0: each unit rescaled in turn until nothing moves.

    Units whose weights in or out are all 0 cannot be balanced and are left as they are.
    """
    for _ in range(sweeps):
        for j in range(len(network.weights) - 1):
            into = (network.weights[j] ** 2).sum(2) + network.biases[j] ** 2
            out = (network.weights[j + 1] ** 2).sum(1)
            c = ((out / into) ** 0.25).where((out > 0) & (into > 0), 1.0)
            ones = [torch.ones_like(b) for b in network.biases[:-1]]
            network = rescaled(network, [*ones[:j], c, *ones[j + 1 :]])
    return network


def renumbered(network: Network, rng: np.random.Generator) -> Network:
    """The same function with the units of every hidden layer in another order, one order for all networks."""
    weights, biases = list(network.weights), list(network.biases)
    for j in range(len(weights) - 1):
        order = torch.from_numpy(rng.permutation(biases[j].shape[1]))
        weights[j], biases[j] = weights[j][:, order], biases[j][:, order]
        weights[j + 1] = weights[j + 1][:, :, order]
    return Network(tuple(weights), tuple(biases))


# --- tasks and arms --------------------------------------------------------------------------------


class Task(NamedTuple):
    """Independent draws side by side: what is learned, from where, in which order.

    images (draws, n, d_0), labels (draws, n), targets (draws, n, classes): the labels as probabilities;
    tests: (images, labels) for testing; start: one network a draw; orders (draws, steps, batch): minibatches.
    """

    images: Tensor
    labels: Tensor
    targets: Tensor
    tests: tuple[Tensor, Tensor]
    start: Network
    orders: Tensor

    def loss(self, network: Network) -> Tensor:
        """Mean cross-entropy on what is learned, in nats: (draws,)."""
        return evaluate(network, self.images, self.labels)[0]

    def accuracy(self, network: Network) -> Tensor:
        """Share of the tests whose label has the largest score: (draws,)."""
        return evaluate(network, *self.tests)[1]

    def gradient(self, network: Network) -> Network:
        """Gradient of the loss."""
        return mean_gradient(network, self.images, self.targets.mT)


def draw_task(
    pixels: Tensor,
    labels: Tensor,
    hidden: Sequence[int],
    generators: Sequence[np.random.Generator],
    *,
    images: int,
    batch: int,
    steps: int,
    tests: int = 1500,
) -> Task:
    """A `Task` from each generator: a split of pixels (m, d_0) with labels (m,), He's start, an order.

    hidden: units of the hidden layers; images: how many are learned; at most `tests` of the rest test.
    """
    sets, rest = draw_splits(pixels, labels, images, generators)
    classes = int(labels.max()) + 1
    start = normal_start([pixels.shape[1], *hidden, classes], generators, he)
    orders = batches(draw_order(images, steps * batch, generators), batch)
    targets = torch.nn.functional.one_hot(sets[1], classes).to(torch.float64)
    return Task(*sets, targets, tuple(part[:, :tests] for part in rest), start, orders)


class Arm(NamedTuple):
    """One way to train: a start for each draw, and what is changed.

    start: one network a draw. speeds: a factor for the rate of each of `Network.tensors`, matrices first; 0
    holds it. signs: True where weights may not change the signs that they start with.
    """

    start: Network
    speeds: tuple[float, ...] = ()
    signs: bool = False


class Trained(NamedTuple):
    """An arm at its end, `network`, and at the steps that were asked for, `states`."""

    network: Network
    states: list[Network]


def train(
    task: Task,
    arms: dict[str, Arm],
    *,
    rate: float,
    steps: int,
    noise: bool = True,
    pieces: int = 1,
    record: Sequence[int] = (),
) -> dict[str, Trained]:
    """Plain descent on all arms of all draws side by side: {name: `Trained`}.

    noise=False: all images at every step in place of the task's minibatches. pieces: every step of the run is
    taken in so many of 1/pieces of the rate, on the same minibatch, so that time stays; record counts whole
    steps. A weight that would cross 0 in an arm with `signs` stops there. Divergence is data: weights that
    are not finite. Raises ValueError as `descend`, and for more steps than the task has minibatches.
    """
    draws = len(task.images)
    start = joined([arm.start for arm in arms.values()])
    speeds = _speeds(arms, draws, len(start.tensors()))
    one_speed = bool((speeds == 1).all())
    if noise and steps > task.orders.shape[1]:
        raise ValueError(f"steps must be at most the task's {task.orders.shape[1]}, got {steps}")

    def gradient(weights, who, own, x, y):
        found = mean_gradient(start.like(weights), x, y).tensors()
        if one_speed:
            return found
        return tuple(
            g * pace.reshape(-1, *[1] * (g.ndim - 1))
            for g, pace in zip(found, own.unbind(1), strict=True)
        )

    def states(weights, *_):
        return {"flattened": flattened(start.like(weights))}

    run = descend(
        gradient,
        start.tensors(),
        Plain(rate / pieces, retraction=_keeping_signs(start, arms, draws)),
        steps=steps * pieces,
        problem=(torch.arange(start.count), speeds),
        sees=_what_is_seen(task, len(arms), pieces, noise),
        record=Record([pieces * t for t in record], states) if record else None,
        stop=Stop(every=max(1, steps * pieces), diverged="keep"),
    )
    ends = start.like(run.weights)
    found = {}
    for k, name in enumerate(arms):
        here = slice(k * draws, (k + 1) * draws)
        rows = run.records["flattened"][:, here] if record else []
        end = ends.map(lambda x, here=here: x[here])
        found[name] = Trained(end, [unflattened(row, task.start) for row in rows])
    return found


def _speeds(arms, draws, tensors):
    """The factors of the rate, (networks, tensors)."""
    speeds = [arm.speeds or [1.0] * tensors for arm in arms.values()]
    return torch.tensor(speeds, dtype=torch.float64).repeat_interleave(draws, 0)


def _keeping_signs(start, arms, draws):
    """The retraction that stops at 0 what would change its sign, in arms with `signs`; None without one."""
    held = torch.tensor([arm.signs for arm in arms.values()]).repeat_interleave(draws)

    def keep_signs(weights):
        kept = tuple(
            torch.where(held[:, None, None] & (w * s < 0), 0.0, w)
            for w, s in zip(weights, start.weights, strict=False)
        )
        return kept + tuple(weights[len(kept) :])

    return keep_signs if bool(held.any()) else None


def _what_is_seen(task, arms, pieces, noise):
    """The `sees` of a run: the minibatch of a step, or everything."""
    if noise:
        sees = minibatch(task.orders, task.images, task.targets)
        return lambda t, *own: sees(t // pieces, *own)
    everything = task.images.repeat(arms, 1, 1), task.targets.mT.repeat(arms, 1, 1)
    return lambda t, *_: everything


def train_linearized(task: Task, *, rate: float, steps: int) -> Network:
    """How far the network that is linear in its weights moves: scores f(w_0) + f'(w_0) d, descent on d.

    From d = 0, on the task's minibatches; returns d, a `Network`. Scores by `linearized_scores`.
    """
    start = task.start

    def gradient(moves, who, x, y):
        run = forward(start, x)
        scores = run.scores + along(start, run, start.like(moves))[1][-1]
        return backward(start, run, cross_entropy_pull(scores, y)).tensors()

    run = descend(
        gradient,
        tuple(map(torch.zeros_like, start.tensors())),
        Plain(rate),
        steps=steps,
        problem=(torch.arange(start.count),),
        sees=minibatch(task.orders, task.images, task.targets),
        stop=Stop(every=max(1, steps)),
    )
    return start.like(run.weights)


def linearized_scores(start: Network, move: Network, images: Tensor) -> Tensor:
    """f(w_0) + f'(w_0) d on images (networks, m, d_0): (networks, m, classes)."""
    run = forward(start, images)
    return (run.scores + along(start, run, move)[1][-1]).mT


def linearized(task: Task, *, rate: float, steps: int) -> dict[str, Tensor]:
    """The network that is linear in its weights after `train_linearized`, each (draws,): its mean cross-entropy
    on what is learned, in nats, "loss", and the share of tests that it reads rightly, "accuracy"."""
    move = train_linearized(task, rate=rate, steps=steps)
    learned, tested = (
        linearized_scores(task.start, move, images) for images in (task.images, task.tests[0])
    )
    return {
        "loss": -(learned.log_softmax(-1) * task.targets).sum(-1).mean(-1),
        "accuracy": (tested.argmax(-1) == task.tests[1]).to(torch.float64).mean(-1),
    }


# --- what is met on the way ------------------------------------------------------------------------


def curvature_along_gradient(task: Task, network: Network) -> Tensor:
    """g^T H g / |g|^2 of the loss on all images, (draws,): how it curves along its own gradient."""
    slope = task.gradient(network)
    g = flattened(slope)
    product = flattened(hessian_products(network, task.images, task.targets.mT, slope))
    return (g * product).sum(1) / g.square().sum(1)


def agreement(task: Task, network: Network, end: Network) -> Tensor:
    """The cosine between the gradient and the way back from an end, <g, w - w_end> / (|g| |w - w_end|),
    (draws,): positive where a small step leads nearer to that end."""
    g, way = flattened(task.gradient(network)), flattened(network) - flattened(end)
    return (g * way).sum(1) / (g.norm(dim=1) * way.norm(dim=1))


def noise_scale(task: Task, network: Network, at: Tensor) -> Tensor:
    """tr Sigma / |g|^2, Sigma the covariance of the gradient of one image, (draws,).

    The minibatch size at which noise and gradient are equally large (McCandlish et al. 2018, recalled), from
    minibatches `at` (draws, k, batch), drawn without replacement: their variance times B (n - 1) / (n - B).
    """
    rows, n, size = torch.arange(len(at))[:, None], task.images.shape[1], at.shape[-1]
    g = flattened(task.gradient(network))
    apart = [
        flattened(mean_gradient(network, task.images[rows, one], task.targets[rows, one].mT)) - g
        for one in at.unbind(1)
    ]
    variance = torch.stack([d.square().sum(1) for d in apart]).mean(0)
    return variance * size * (n - 1) / (n - size) / g.square().sum(1)


# --- curvature that is taken away ------------------------------------------------------------------


def negative_directions(hessian: Tensor) -> list[Tensor]:
    """An orthonormal basis, (P, k), of the eigenvectors of each matrix (P, P) with an eigenvalue below
    -1e-6 of the largest."""
    values, vectors = map(torch.from_numpy, np.linalg.eigh(hessian.numpy()))
    return [v[:, e < -1e-6 * e[-1]] for e, v in zip(values, vectors, strict=True)]


def opposite_directions(hessian: Tensor) -> list[Tensor]:
    """An orthonormal basis, (P, k), of eigenvectors of positive curvature of each matrix (P, P): as many as
    `negative_directions` has, paired with them so that the sum of |ln(curvature / |curvature|)| is least."""
    from scipy.optimize import linear_sum_assignment

    found = []
    for values, vectors in zip(*np.linalg.eigh(hessian.numpy()), strict=True):
        least = 1e-6 * values[-1]
        down, up = values < -least, values > least
        apart = np.log(values[up])[None] - np.log(-values[down])[:, None]
        found.append(torch.from_numpy(vectors[:, up][:, linear_sum_assignment(abs(apart))[1]]))
    return found


def train_without(
    task: Task,
    forbidden: Callable[[Network], list[Tensor]],
    *,
    rate: float,
    steps: int,
    every: int,
) -> Network:
    """Descent on all images whose every step has no part in some directions: the network at its end.

    forbidden(network) -> orthonormal bases, one (P, k) a network, asked anew every `every` steps.
    """
    network = task.start

    def gradient(weights, _, bases):
        here = network.like(weights)
        g = flattened(task.gradient(here))
        inside = [q @ (q.mT @ one) for q, one in zip(bases, g, strict=True)]
        return unflattened(g - torch.stack(inside), here).tensors()

    for first in range(0, steps, every):
        bases = forbidden(network)
        run = descend(
            gradient,
            network.tensors(),
            Plain(rate),
            steps=min(every, steps - first),
            problem=(torch.arange(network.count),),
            sees=lambda t, who, bases=bases: (bases,),
        )
        network = network.like(run.weights)
    return network


def without_negative(task: Task) -> Callable[[Network], list[Tensor]]:
    """For `train_without`: all directions of negative curvature of the task's loss."""
    return lambda network: negative_directions(hessians(network, task.images, task.targets.mT))


def without_opposite(task: Task) -> Callable[[Network], list[Tensor]]:
    """For `train_without`: as many directions that curve up as much as those of negative curvature down."""
    return lambda network: opposite_directions(hessians(network, task.images, task.targets.mT))


def without_random(count: int, rng: np.random.Generator) -> Callable[[Network], list[Tensor]]:
    """For `train_without`: so many random directions."""

    def bases(network):
        drawn = rng.standard_normal((network.count, flattened(network).shape[1], count))
        return list(torch.linalg.qr(torch.from_numpy(drawn))[0])

    return bases
