"""Batch normalization raced against plain networks, and what it does to gradients.

The networks are those of `networks`, on the start of `starts`: a `Form` says what is normalized.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.descent import Plain, Record, Stop, descend, snapped
from lib.practice.classifiers import train_apart
from lib.practice.draws import Problems, batches, minibatch
from lib.practice.networks import (
    Activation,
    Form,
    Network,
    accuracy,
    columns,
    forward,
    layers,
    loss_gradient,
    mean_gradient,
)
from lib.practice.starts import lecun, normal_start

# --- gradients through depth -----------------------------------------------------------------------


def growth_factor(activation: Activation, batch: float = np.inf) -> float:
    """Factor by which the square of the gradient grows from one normalized layer to the layer below:

        E f'(z)^2 / Var f(z),  z ~ N(0, 1),  times (B - 2) / (B - 3) for minibatches of B

    in wide networks with random weights (Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz 2019, abstract
    read; the derivation is in notebook 51). The backward pass through a layer multiplies the square by n E W^2 E f'^2
    and, in normalizing, by (1 - 2/B) B / (B - 3) over the variance n E W^2 Var f of what is normalized: two
    directions of B are lost, and E 1/var is that of B - 1 degrees of freedom. It is 1 for a linear
    layer, above 1 for every other (Gaussian Poincare inequality). Raises ValueError for B of 3 or less.

    >>> from lib.practice.networks import LINEAR, RELU
    >>> round(growth_factor(RELU), 4), round(np.pi / (np.pi - 1), 4), round(growth_factor(LINEAR), 4)
    (1.4669, 1.4669, 1.0)
    """
    if not batch > 3:
        raise ValueError(f"batch must be above 3, got {batch}")
    edges = torch.linspace(-12, 12, 240_001, dtype=torch.float64)  # 0 is an edge: f' may jump there
    z = (edges[1:] + edges[:-1]) / 2
    weight = torch.exp(-z * z / 2)
    weight /= weight.sum()
    h = activation.apply(z.clone())
    square = (weight * activation.slope(h).square()).sum()
    variance = (weight * h * h).sum() - (weight * h).sum() ** 2
    return float(square / variance) * (1.0 if np.isinf(batch) else (batch - 2) / (batch - 3))


def gradient_squares(
    form: Form,
    widths: Sequence[int],
    generators: Sequence[np.random.Generator],
    *,
    examples: int = 64,
    variance: Callable = lecun,
) -> Tensor:
    """|dL/dW_j|^2 at the start, of every layer of one network a generator: (draws, N).

    Random weights of this `starts` variance, Gaussian inputs and random labels, the cross-entropy of so many
    examples. One network is held at a time.
    """
    found = []
    for g in generators:
        network = normal_start(widths, [g], variance)
        x = torch.from_numpy(g.standard_normal((examples, widths[0])))
        y = torch.from_numpy(g.integers(widths[-1], size=examples))
        slopes = loss_gradient(network, x, y, form)
        found.append(torch.cat([w.square().sum((1, 2)) for w in slopes.weights]))
    return torch.stack(found)


def factor_a_layer(squares: Tensor, first: int = 4) -> np.ndarray:
    """The factor by which squares (draws, N) grow from a layer to that below, of the hidden layers from number
    `first` on: exp of minus the least-squares slope of their logarithms, (draws,).

    >>> factor_a_layer(0.5 ** torch.arange(9.0, dtype=torch.float64)[None]).round(6).tolist()
    [2.0]
    """
    logs = squares[:, first:-1].log().numpy()
    if logs.shape[1] < 2:
        raise ValueError(f"layers from number {first} on must be two or more hidden ones")
    return np.exp(-np.polyfit(np.arange(logs.shape[1]), logs.T, 1)[0])


# --- races -----------------------------------------------------------------------------------------


def log_checks(steps: int, every: int = 5, growth: float = 0.04) -> list[int]:
    """Steps at which a race is looked at, up to `steps`: `every` apart, later `growth` of the step.

    >>> log_checks(40, 5, 0.5)
    [5, 10, 15, 20, 30]
    """
    found = [every]
    while found[-1] < steps:
        found.append(found[-1] + every * max(1, int(found[-1] * growth / every)))
    return [n for n in found if n <= steps]


class Racer(NamedTuple):
    """What runs in a race: networks of one form, at each of some learning rates.

    gains: whether gains are learned (else they stay at 1).
    shaken: (m, s, seed), noise put back: after normalization each unit is multiplied by a number from 1 - s
        to 1 + s and gets one from -m to m, uniform, new at every step; after Santurkar, Tsipras, Ilyas,
        Madry 2018 (arXiv:1805.11604, recalled), whose noise was drawn otherwise. None in tests.
    """

    form: Form
    rates: Sequence[float]
    gains: bool = True
    shaken: tuple[float, float, int] | None = None

    def begun(self, start: Network) -> Network:
        """The start at every rate, with the gains that are learned."""
        whole = start.repeated(len(self.rates))
        return whole.with_gains(self.form) if self.gains else whole

    def noise(self, start: Network, steps: int) -> Tensor | None:
        """(size, shift) of the units of every normalized layer: (networks, steps, 2, layers, d)."""
        if self.shaken is None:
            return None
        m, s, seed = self.shaken
        widths = {start.biases[j].shape[1] for j in self.form.places(len(start.weights))}
        if len(widths) != 1 or not self.gains:
            raise ValueError("noise needs normalized layers of one width, with gains")
        shape = steps, 2, len(self.form.places(len(start.weights))), *widths
        own = [np.random.default_rng([seed, k]).uniform(-1, 1, shape) for k in range(start.count)]
        found = torch.from_numpy(np.stack(own))
        found[:, :, 0].mul_(s).add_(1)
        found[:, :, 1].mul_(m)
        return found


def shaken_gradient(
    network: Network, images: Tensor, targets: Tensor, noise: Tensor, form: Form
) -> Network:
    """Gradient where every normalized value z^ becomes size z^ + shift; noise (networks, 2, layers, d).

    gain (size z^ + shift) + b is the unit of gain `gain size` and bias `b + gain shift`; targets as in
    `networks.cross_entropy_pull`.
    """
    places, (size, shift) = form.places(len(network.weights)), noise.unbind(1)
    biases = list(network.biases)
    for k, j in enumerate(places):
        biases[j] = biases[j] + network.gains[k] * shift[:, k]
    gains = tuple(gain * size[:, k] for k, gain in enumerate(network.gains))
    moved = network._replace(biases=tuple(biases), gains=gains)
    found = mean_gradient(moved, images, targets, form)
    pairs = zip(found.gains, places, strict=True)
    own = [g * size[:, k] + found.biases[j] * shift[:, k] for k, (g, j) in enumerate(pairs)]
    return found._replace(gains=tuple(own))


def steps_to_accuracy(
    problems: Problems,
    start: Network,
    arm: Racer,
    batch_size: int,
    targets: Sequence[float],
    steps: int,
    *,
    tests: int = 500,
) -> np.ndarray:
    """Steps to each test accuracy, (targets, rates, draws); inf where it is not reached in `steps`.

    problems: their own start is not used; start: one network a draw. Looked at after `log_checks(steps)`, on
    the first `tests` test images; normalized networks then use the statistics of the first `tests` training
    images. A network that reached the last target, which is the highest, stops; so does one that
    diverged. Weights are `descent.snapped` after every step.
    """
    draws, form, whole = len(problems.images), arm.form, arm.form._replace(groups=1)
    orders = batches(problems.order, batch_size, steps)
    if list(targets) != sorted(targets):
        raise ValueError(f"targets must rise, got {targets}")
    wanted = torch.tensor(targets, dtype=torch.float64)
    begun, noise = arm.begun(start), arm.noise(start, steps)
    sees = minibatch(orders, problems.images, columns(start, problems.labels).mT.contiguous())

    def seen(t, who, *_):
        return (*sees(t, who), *(() if noise is None else (noise[who % draws, t],)))

    def gradient(tensors, who, *given):
        slopes = mean_gradient if noise is None else shaken_gradient
        return slopes(begun.like(tensors), *given, form=form).tensors()

    def measure(tensors, who):
        at, given, network = who % draws, None, begun.like(tensors)
        if form.normalized:
            given = forward(network, problems.images[at, :tests], whole).statistics
        images, labels = (part[at, :tests] for part in problems.tests)
        return {"accuracy": accuracy(forward(network, images, whole, given).scores.mT, labels)}

    every_rate = torch.tensor(arm.rates, dtype=torch.float64).repeat_interleave(draws)
    run = descend(
        gradient,
        begun.tensors(),
        Plain(every_rate, retraction=snapped),
        steps=steps,
        problem=(torch.arange(begun.count),),
        sees=seen,
        record=Record(log_checks(steps), measure, lambda t, now, _: now["accuracy"] >= wanted[-1]),
        stop=Stop(every=5, diverged="keep"),
    )
    there = run.records["accuracy"] >= wanted[:, None, None]  # (targets, looks, networks)
    first = run.steps[there.to(torch.int8).argmax(1)].double()
    reached = torch.where(there.any(1), first, torch.inf)
    return reached.view(len(targets), len(arm.rates), draws).numpy()


def fewest_steps_rate(steps: np.ndarray, most: int) -> int:
    """The place of the rate with the least mean log steps to the last target; never counts as `most`.

    steps: (targets, rates, draws), as `steps_to_accuracy` gives them. Of equal rates it is the first.

    >>> fewest_steps_rate(np.array([[[20.0, 80.0], [30.0, 30.0], [10.0, np.inf]]]), 100)
    1
    """
    return int(np.log(np.minimum(steps[-1], most)).mean(-1).argmin())


class Race(NamedTuple):
    """An arm at its best rate: rate, whether it is inside the grid (no end of it), whether any network
    arrived when it was chosen; cap, the most steps; steps (targets, draws), inf where a run met the cap."""

    rate: float
    inside: bool
    tuned: bool
    cap: int
    steps: np.ndarray

    @property
    def capped(self) -> np.ndarray:
        """How many runs did not arrive at each target: (targets,)."""
        return np.isinf(self.steps).sum(1)

    @property
    def logs(self) -> np.ndarray:
        """ln of the steps, (targets, draws); nan for a run that met the cap: no quotient is made of it."""
        return np.log(np.where(np.isinf(self.steps), np.nan, self.steps))


def race_at_its_best(
    tuning: tuple[Problems, Network],
    judged: tuple[Problems, Network],
    arm: Racer,
    batch_size: int,
    targets: Sequence[float],
    steps: int,
) -> Race:
    """The best of the arm's rates on some draws, and the race of others at it: a `Race`.

    tuning, judged: (problems, start) as in `steps_to_accuracy`, independent of each other. Rates are chosen in
    half of the steps; a target that is not reached counts as that.
    """
    found = steps_to_accuracy(*tuning, arm, batch_size, targets[-1:], steps // 2)
    place = fewest_steps_rate(found, steps // 2)
    best = arm._replace(rates=[arm.rates[place]])
    run = steps_to_accuracy(*judged, best, batch_size, targets, steps)[:, 0]
    inside = arm.rates[place] not in (min(arm.rates), max(arm.rates))
    return Race(arm.rates[place], inside, bool(np.isfinite(found).any()), steps, run)


# --- what a layer's values look like ---------------------------------------------------------------


def condition_numbers(network: Network, images: Tensor, form: Form) -> Tensor:
    """Condition number of the covariance of what enters the units of each hidden layer: (layers, networks).

    1 if the values are white. images (networks, m, d_0), with statistics over all of them; gains and biases,
    which no covariance of normalized values has, count.
    """
    run = layers(network, images, form)
    found = []
    for j, (w, b) in enumerate(zip(network.weights[:-1], network.biases, strict=False)):
        own = run.normalized.get(j)
        values = w @ run.inputs[j] + b.unsqueeze(-1) if own is None else own
        values = values - values.mean(-1, keepdim=True)
        spread = torch.linalg.eigvalsh(values @ values.mT / values.shape[-1])
        found.append(spread[..., -1] / spread[..., 0])
    return torch.stack(found)


# --- exact invariances -----------------------------------------------------------------------------


class Paths(NamedTuple):
    """Plain descent, recorded before every step: across (steps, networks), the largest
    |w . g| / (|w| |g|) over the hidden units; squares and growth (steps, networks): |W|^2 of all hidden
    weights and eta^2 |g|^2 of the step that follows; scores (steps, networks, d_N, m) on the first set."""

    across: torch.Tensor
    squares: torch.Tensor
    growth: torch.Tensor
    scores: torch.Tensor


def paths(
    start: Network,
    sets: tuple[Tensor, Tensor],
    orders: Tensor,
    rate: float,
    *,
    form: Form,
    scale: float = 1.0,
) -> Paths:
    """`Paths` of networks whose hidden weights are multiplied by c = `scale`, and their rate by c^2.

    With normalized units and epsilon = 0 the loss does not know the length of a unit's weights w. So
    w . g = 0; |w|^2 grows by eta^2 |g|^2 a step; and the scores do not depend on c (derived here;
    van Laarhoven 2017, arXiv:1706.05350, recalled). start, sets, orders as in `train_apart`; epsilon of the
    form is not used.
    """
    hidden, form = len(start.weights) - 1, form._replace(epsilon=0.0)
    start = start._replace(weights=(*(w * scale for w in start.weights[:-1]), start.weights[-1]))
    start = start.with_gains(form)
    c2 = torch.full_like(start.weights[0][:, :1, :1], scale**2)
    faster = (*(c2.expand_as(w) for w in start.weights[:-1]), torch.ones_like(start.weights[-1]))
    run = train_apart(
        start,
        sets,
        orders,
        Plain(rate),
        form=form,
        factors=Network(faster, ()),
        steps=orders.shape[1] - 1,
        record=Record(
            range(orders.shape[1]),
            lambda network, who: {str(k): x for k, x in enumerate(network.tensors())},
        ),
    )

    def seen(network, at):
        x, y = (torch.stack([one[k] for one, k in zip(s, at, strict=True)]) for s in sets)
        found = loss_gradient(network, x, y, form).weights[:hidden]
        pairs = list(zip(network.weights, found, strict=False))
        across = [(w * g).sum(-1).abs() / (w.norm(dim=-1) * g.norm(dim=-1)) for w, g in pairs]
        return {
            "across": torch.cat(across, 1).amax(1),
            "squares": sum(w.square().sum((1, 2)) for w, _ in pairs),
            "growth": sum((rate * scale**2 * g).square().sum((1, 2)) for _, g in pairs),
            "scores": layers(network, sets[0], form).scores,
        }

    rows = [
        seen(start.like(tuple(x[t] for x in run.records.values())), orders[:, t])
        for t in range(orders.shape[1])
    ]
    return Paths(**{name: torch.stack([row[name] for row in rows]) for name in rows[0]})
