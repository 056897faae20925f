"""Networks with batch normalization: exact gradients, exact invariances, races to a target.

A hidden layer of a normalized network (Ioffe and Szegedy 2015, algorithm 1), on a minibatch:

    z = W h,   z^ = (z - mean z) / sqrt(var z + epsilon),   h' = f(gain z^ + shift)

mean and variance of every unit are taken over the examples of the minibatch, or of each of its groups
("ghost batches": Hoffer, Hubara and Soudry 2017, arXiv:1705.08741, recalled), or are given. The last layer
is not normalized. Layout as in `classifiers`: weights (networks, d_j, d_(j-1)), biases (networks, d_j),
which are the shifts of normalized layers; gains: one (networks, d_j) a hidden layer, or () for a plain
network, h' = f(W h + shift). Examples are columns: values (..., m). Everything is float64.
"""

from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.descent import Plain, descend, snapped
from lib.practice.classifiers import RELU
from lib.practice.minibatches import normal_start

EPSILON = 1e-5  # what the paper adds to the variance

# --- one layer -----------------------------------------------------------------------------------


def _grouped(values, groups):
    return values.unflatten(-1, (groups, values.shape[-1] // groups))


def normalize(values, groups=1, epsilon=EPSILON, statistics=None):
    """Values (..., m) of mean 0 and variance 1 over the examples of each group, and (mean, sd) before.

    groups: so many runs of m / groups neighbours, each with its own mean and sd, (..., groups).
    statistics: (mean, sd), each (..., 1), to be used instead. sd = sqrt(variance + epsilon), the variance
    that of the group itself (divided by m / groups). Raises ValueError for groups that do not divide m
    or hold one example, values that are not float64, epsilon < 0.

    >>> normalize(torch.tensor([[1.0, 3.0, 0.0, 8.0]]).double(), 2, 0.0)[0].tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    m = values.shape[-1]
    if values.dtype != torch.float64 or not 0 <= epsilon < np.inf:
        raise ValueError(
            f"values must be float64, epsilon at least 0; got {values.dtype}, {epsilon}"
        )
    if statistics is None and (groups < 1 or m % groups or m // groups < 2):
        raise ValueError(f"groups must divide the {m} examples into two or more, got {groups}")
    if statistics is not None:
        mean, sd = statistics
        return (values - mean) / sd, (mean, sd)
    parts = _grouped(values, groups)
    mean = parts.mean(-1)
    parts = parts - mean.unsqueeze(-1)
    sd = (parts.square().mean(-1) + epsilon).sqrt_()
    return parts.div_(sd.unsqueeze(-1)).flatten(-2), (mean, sd)


def slope_before(slope, normalized, sd):
    """Derivative in the values, from that in the normalized ones: both (..., m).

    slope D at z^ = `normalized`, with sd (..., groups) as `normalize` gives them; in every group

        (D - mean D - z^ mean(D z^)) / sd        (Ioffe and Szegedy 2015, section 3)

    mean and sd move with the values: what is left is across (1, ..., 1), and across z^ where epsilon is 0.

    >>> z, (_, sd) = normalize(torch.tensor([1.0, 2.0, 4.0]).double(), 1, 0.0)
    >>> slope_before(5 * z + 3, z, sd).abs().max().item() < 1e-12
    True
    """
    groups = sd.shape[-1]
    slope, normalized = _grouped(slope, groups), _grouped(normalized, groups)
    along = (slope * normalized).mean(-1, keepdim=True)
    found = slope - slope.mean(-1, keepdim=True)
    return found.addcmul_(normalized, along, value=-1).div_(sd.unsqueeze(-1)).flatten(-2)


# --- whole networks --------------------------------------------------------------------------------


def _check(weights, biases, gains, images, groups):
    """Raises ValueError for a network and images that do not fit."""
    count, hidden = len(weights[0]), [tuple(w.shape[:2]) for w in weights[:-1]]
    if any(x.dtype != torch.float64 for part in (weights, biases, gains) for x in part):
        raise ValueError("weights, biases and gains must be float64")
    if any(w.ndim != 3 or len(w) != count for w in weights) or any(
        a.shape[1] != b.shape[2] for a, b in zip(weights, weights[1:], strict=False)
    ):
        raise ValueError("weights must chain: (networks, d_j, d_(j-1))")
    if [tuple(b.shape) for b in biases] != [tuple(w.shape[:2]) for w in weights]:
        raise ValueError("biases must be (networks, d_j), one for each matrix of weights")
    if len(gains) and [tuple(g.shape) for g in gains] != hidden:
        raise ValueError(f"gains must be () or {hidden}, one for each hidden layer")
    shape = (count, images.shape[-2], weights[0].shape[-1])
    if images.dtype != torch.float64 or tuple(images.shape) != shape:
        raise ValueError(
            f"images must be float64 {shape}, got {images.dtype} {tuple(images.shape)}"
        )
    whole_number("groups", groups)


class Layers(NamedTuple):
    """What a pass leaves: inputs [x, h_1, ..] of every layer (networks, d, m), the scores, and of every
    hidden layer the normalized values and the statistics (mean, sd); those are [] for a plain network."""

    inputs: list
    scores: torch.Tensor
    normalized: list
    statistics: list


def _forward(weights, biases, gains, images, activation, groups, epsilon, statistics=None):
    inputs, normalized, found = [images.mT], [], []
    for j, (w, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        if gains:
            given = statistics and statistics[j]
            z, own = normalize(w @ inputs[-1], groups, epsilon, given)
            normalized.append(z)
            found.append(own)
            out = torch.addcmul(b.unsqueeze(-1), z, gains[j].unsqueeze(-1))
        else:
            out = torch.baddbmm(b.unsqueeze(-1), w, inputs[-1])
        inputs.append(activation.apply(out))
    scores = torch.baddbmm(biases[-1].unsqueeze(-1), weights[-1], inputs[-1])
    return Layers(inputs, scores, normalized, found)


def forward(
    weights,
    biases,
    gains,
    images,
    activation=RELU,
    *,
    groups=1,
    epsilon=EPSILON,
    statistics=None,
):
    """`Layers` of every network on its images (networks, m, d_0).

    statistics: those of another pass (its `Layers.statistics`), used instead of the minibatch's own.
    Raises ValueError for shapes that do not fit, types other than float64, groups that do not divide m.
    """
    _check(weights, biases, gains, images, groups)
    return _forward(weights, biases, gains, images, activation, groups, epsilon, statistics)


def _gradients(weights, biases, gains, images, one_hot, activation, groups, epsilon):
    layers = _forward(weights, biases, gains, images, activation, groups, epsilon)
    delta = torch.softmax(layers.scores, 1).sub_(one_hot).div_(images.shape[1])
    by_weights, by_biases, by_gains = [], [], []
    for j in reversed(range(len(weights))):
        if j < len(weights) - 1:
            delta = delta.mul_(activation.slope(layers.inputs[j + 1]))
        by_biases.insert(0, delta.sum(-1))
        if gains and j < len(weights) - 1:
            z, (_, sd) = layers.normalized[j], layers.statistics[j]
            by_gains.insert(0, (delta * z).sum(-1))
            delta = slope_before(delta.mul_(gains[j].unsqueeze(-1)), z, sd)
        by_weights.insert(0, delta @ layers.inputs[j].mT)
        delta = weights[j].mT @ delta if j else None
    return (*by_weights, *by_biases, *by_gains)


def gradients(
    weights, biases, gains, images, labels, activation=RELU, *, groups=1, epsilon=EPSILON
):
    """Gradient of the mean cross-entropy: (W_1.., b_1.., gain_1..) in one tuple.

    images (networks, m, d_0), labels (networks, m) int64; statistics are those of the minibatch, and
    move with the weights. Raises ValueError as `forward`, and for labels that name no class.
    """
    _check(weights, biases, gains, images, groups)
    classes = weights[-1].shape[1]
    if labels.dtype != torch.int64 or labels.shape != images.shape[:2]:
        raise ValueError(f"labels must be int64 {tuple(images.shape[:2])}")
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(f"labels must lie in 0..{classes - 1}")
    one_hot = torch.nn.functional.one_hot(labels, classes).mT.double()
    return _gradients(weights, biases, gains, images, one_hot, activation, groups, epsilon)


# --- training --------------------------------------------------------------------------------------


def lecun_start(widths, generators, scale=1.0):
    """(weights, biases) of one network a generator: N(0, scale^2 / d_(j-1)), biases 0.

    widths: d_0..d_N. The start of LeCun et al. 1998 at scale 1. Raises ValueError as `minibatches.normal_start`.

    >>> weights, biases = lecun_start([4, 3, 2], [np.random.default_rng(0)] * 5)
    >>> [tuple(x.shape) for x in (*weights, *biases)]
    [(5, 3, 4), (5, 2, 3), (5, 3), (5, 2)]
    """
    return normal_start(widths, generators, lambda inputs, _: scale**2 / inputs)


def train(
    start,
    sets,
    orders,
    rule,
    *,
    normalized,
    activation=RELU,
    groups=1,
    epsilon=EPSILON,
    factors=None,
    measure=None,
    **options,
):
    """Descent of every network on its own minibatches: a `descent.Trajectory`.

    start: (weights, biases) of arms x sets networks, the sets innermost; gains start at 1. sets: images
    (sets, n, d_0) and labels (sets, n); orders (sets, steps, batch): the images of every minibatch.
    normalized: plain networks if False. factors: numbers, one for each tensor (W_1.., b_1.., gain_1..),
    that multiply its gradient. measure(weights, biases, gains, who): `who` are the numbers of the
    networks that still run; rule and other options are those of `descend`.
    The final weights are (W_1.., b_1.., gain_1..).
    """
    (weights, biases), (images, labels) = start, sets
    depth, count = len(weights), len(images)
    gains = tuple(torch.ones_like(b) for b in biases[:-1]) if normalized else ()
    if len(weights[0]) % count or len(orders) != count or orders.dtype != torch.int64:
        raise ValueError(f"networks must be a multiple of the {count} sets, orders one int64 a set")
    first = [tuple(x[:count] for x in part) for part in (weights, biases, gains)]
    _check(*first, images, groups)
    flat = images.flatten(0, 1)
    one_hot = torch.nn.functional.one_hot(labels.flatten(), weights[-1].shape[1]).double()

    def parted(parameters):
        return parameters[:depth], parameters[depth : 2 * depth], parameters[2 * depth :]

    def minibatch(t, who):
        at = orders[who % count, t] + images.shape[1] * (who % count)[:, None]
        return flat[at], one_hot[at].mT

    def gradient(parameters, _, *given):
        found = _gradients(*parted(parameters), *given, activation, groups, epsilon)
        for g, factor in zip(found, factors or (), strict=False):
            g.mul_(factor)
        return found

    if measure is not None:
        options["measure"] = lambda parameters, who: measure(*parted(parameters), who)
    who = torch.arange(len(weights[0]))
    parameters = *weights, *biases, *gains
    return descend(gradient, parameters, rule, problem=(who,), sees=minibatch, **options)


def log_checks(steps, every=5, growth=0.04):
    """Steps at which a race is looked at, up to `steps`: `every` apart, later `growth` of the step.

    >>> log_checks(40, 5, 0.5)
    [5, 10, 15, 20, 30]
    """
    found = [every]
    while found[-1] < steps:
        found.append(found[-1] + every * max(1, int(found[-1] * growth / every)))
    return [n for n in found if n <= steps]


def race(
    problems,
    start,
    rates,
    batch_size,
    targets,
    steps,
    *,
    normalized,
    activation,
    tests=500,
    groups=1,
    epsilon=EPSILON,
):
    """Steps to each test accuracy, (targets, rates, draws); inf where it is not reached in `steps`.

    problems: `minibatches.Problems`, whose own start is not used; start: (weights, biases), one network a
    draw. Looked at after `log_checks(steps)`, on the first `tests` test images; normalized networks then
    use the statistics of the first `tests` training images. A network that reached the last target, which
    is the highest, stops; so does one that diverged. Weights are `descent.snapped` after every step.
    """
    draws = len(problems.images)
    batch_size, steps = whole_number("batch_size", batch_size), whole_number("steps", steps)
    if steps * batch_size > problems.order.shape[1] or list(targets) != sorted(targets):
        raise ValueError(f"steps must be within {problems.order.shape[1]} examples, targets rise")
    orders = problems.order[:, : steps * batch_size].view(draws, steps, batch_size)
    repeated = [tuple(torch.cat([x] * len(rates)) for x in part) for part in start]
    wanted = torch.tensor(targets, dtype=torch.float64)

    def measure(weights, biases, gains, who):
        at, given = who % draws, None
        if normalized:
            given = _forward(
                weights, biases, gains, problems.images[at, :tests], activation, 1, EPSILON
            )
            given = given.statistics
        images, labels = (part[at, :tests] for part in problems.tests)
        found = _forward(weights, biases, gains, images, activation, 1, epsilon, given)
        return {"accuracy": (found.scores.argmax(1) == labels).double().mean(-1)}

    run = train(
        repeated,
        (problems.images, problems.labels),
        orders,
        Plain(torch.tensor(rates, dtype=torch.float64).repeat_interleave(draws)),
        normalized=normalized,
        activation=activation,
        groups=groups,
        epsilon=epsilon,
        steps=steps,
        record=log_checks(steps),
        measure=measure,
        until=lambda t, seen, who: seen["accuracy"] >= wanted[-1],
        check_every=5,
        retraction=snapped,
        keep_diverged=True,
    )
    there = run.records["accuracy"] >= wanted[:, None, None]  # (targets, looks, networks)
    first = run.steps[there.to(torch.int8).argmax(1)].double()
    reached = torch.where(there.any(1), first, torch.inf)
    return reached.view(len(targets), len(rates), draws).numpy()


def best_of(steps, most):
    """The place of the rate with the least mean log steps to the last target; never counts as `most`.

    steps: (targets, rates, draws), as `race` gives them. Of equal rates it is the first.

    >>> best_of(np.array([[[20.0, 80.0], [30.0, 30.0], [10.0, np.inf]]]), 100)
    1
    """
    return int(np.log(np.minimum(steps[-1], most)).mean(-1).argmin())


def race_at_its_best(tuning, judged, rates, batch_size, targets, steps, **options):
    """The best rate on some draws, and the race of others at it: (rate, steps (targets, draws)).

    tuning, judged: (problems, start) as in `race`, independent of each other. A target that is not
    reached counts as `steps`.
    """
    found = race(*tuning, rates, batch_size, targets[-1:], steps, **options)
    rate = rates[best_of(found, steps)]
    found = race(*judged, [rate], batch_size, targets, steps, **options)
    return rate, np.minimum(found[:, 0], steps)


# --- exact invariances -----------------------------------------------------------------------------


class Paths(NamedTuple):
    """Plain descent, recorded before every step: across (steps, networks), the largest
    |w . g| / (|w| |g|) over the hidden units; squares and growth (steps, networks): |W|^2 of all hidden
    weights and eta^2 |g|^2 of the step that follows; scores (steps, networks, d_N, m) on the first set."""

    across: torch.Tensor
    squares: torch.Tensor
    growth: torch.Tensor
    scores: torch.Tensor


def paths(start, sets, orders, rate, *, normalized, activation, scale=1.0):
    """`Paths` of networks whose hidden weights are multiplied by c = `scale`, and their rate by c^2.

    With normalized units and epsilon = 0 the loss does not know the length of a unit's weights w. So
    w . g = 0; |w|^2 grows by eta^2 |g|^2 a step; and the scores do not depend on c (derived here;
    van Laarhoven 2017, arXiv:1706.05350, recalled). start, sets, orders as in `train`.
    """
    weights, biases = start
    hidden = len(weights) - 1
    images, labels = sets
    weights = (*(w * scale for w in weights[:-1]), weights[-1])
    factors = (*[scale**2] * hidden, *[1.0] * (2 * hidden + 2))

    def seen(weights, biases, gains, at):
        x, y = (torch.stack([one[k] for one, k in zip(s, at, strict=True)]) for s in sets)
        found = gradients(weights, biases, gains, x, y, activation, epsilon=0.0)[:hidden]
        pairs = list(zip(weights, found, strict=False))
        across = [(w * g).sum(-1).abs() / (w.norm(dim=-1) * g.norm(dim=-1)) for w, g in pairs]
        return {
            "across": torch.cat(across, 1).amax(1),
            "squares": sum(w.square().sum((1, 2)) for w, _ in pairs),
            "growth": sum((rate * scale**2 * g).square().sum((1, 2)) for _, g in pairs),
            "scores": _forward(weights, biases, gains, images, activation, 1, 0.0).scores,
        }

    def parts(weights, biases, gains, who):
        return {f"{kind}{k}": x for kind, xs in (("w", weights), ("b", biases), ("g", gains))
                for k, x in enumerate(xs)}  # fmt: skip

    run = train(
        (weights, biases),
        (images, labels),
        orders,
        Plain(rate),
        normalized=normalized,
        activation=activation,
        epsilon=0.0,
        factors=factors,
        steps=orders.shape[1] - 1,
        record=range(orders.shape[1]),
        measure=parts,
    )
    rows = []
    for t in range(orders.shape[1]):
        own = [[x[t] for name, x in run.records.items() if name[0] == kind] for kind in "wbg"]
        rows.append(seen(*map(tuple, own), orders[:, t]))
    return Paths(**{name: torch.stack([row[name] for row in rows]) for name in rows[0]})
