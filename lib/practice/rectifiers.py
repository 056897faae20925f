"""Rectifiers by their negative slope: the scale of a deep network layer by layer, and training of many at once.

A rectifier of negative slope a maps z to max(z, 0) + a min(z, 0): ReLU has a = 0, leaky ReLU a small fixed
a, PReLU (He et al. 2015, arXiv:1502.01852) learns one a for each layer by descent. Weights start as
N(0, s^2 / fan-in); s^2 is `fan_in_variance`: 1 after LeCun et al. 1998 and, in square layers, Glorot and
Bengio 2010 ("Xavier"), 2 / (1 + a^2) after He et al. 2015. The second moment of a layer of n units is q,
the mean of their squares on one input. Given it, the next pre-activations are exactly N(0, s^2 q I), so

    E q' = r q,   E q'^2 = (1 + k/n) (r q)^2,   r = s^2 (1 + a^2) / 2,   k = 6 (1 + a^4) / (1 + a^2)^2 - 1

at every width n (derived here; r is He et al.'s). Everything is float64.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Record, Stop, snapped
from lib.practice.classifiers import FallingMomentum, train_apart
from lib.practice.draws import Problems, batches, draw_order, draw_splits
from lib.practice.networks import PLAIN, Form, Network, evaluate, leaky
from lib.practice.starts import lecun, normal_start

# --- the second moment, layer by layer --------------------------------------------------------------


def _at_least_zero(name, number):
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be a finite number >= 0, got {number}")
    return float(number)


def he_variance(negative_slope: float) -> float:
    """s^2 = 2 / (1 + a^2), at which the mean second moment stays: He et al. 2015, eq. 15.

    >>> he_variance(0), he_variance(1)
    (2.0, 1.0)
    """
    return 2 / (1 + _at_least_zero("negative_slope", negative_slope) ** 2)


def second_moment_ratio(fan_in_variance: float, negative_slope: float) -> float:
    """r = s^2 (1 + a^2) / 2: E q' / q of one layer, at every width.

    >>> second_moment_ratio(1, 0)
    0.5
    """
    scale = _at_least_zero("fan_in_variance", fan_in_variance)
    return scale * (1 + _at_least_zero("negative_slope", negative_slope) ** 2) / 2


def moment_spread(negative_slope: float) -> float:
    """k = 6 (1 + a^4) / (1 + a^2)^2 - 1: the relative variance of q' / q at n units is k/n.

    >>> moment_spread(0), moment_spread(1)
    (5.0, 2.0)
    """
    a2 = _at_least_zero("negative_slope", negative_slope) ** 2
    return 6 * (1 + a2 * a2) / (1 + a2) ** 2 - 1


def log_drift(width: int, negative_slope: float) -> float:
    """E log (q' / (r q)) of a layer that lives (q' > 0), to rounding: about -k/(2n), negative.

    X = q' / (r q) is a mean of n independent squares, so its Laplace transform is a power,

        E log X = int_0^inf (exp(-t) - E exp(-t X)) / t dt,   E exp(-t X) = (f(c) + f(c a^2))^n,

    f(x) = (1 + x)^(-1/2) / 2, c = 4 t / (n (1 + a^2)) (derived here). For a = 0 the 2^-n of the layers
    that die is taken out.

    >>> round(log_drift(64, 0.0), 4), round(-moment_spread(0) / 128, 4)
    (-0.0401, -0.0391)
    """
    n = whole_number("width", width)
    a2 = _at_least_zero("negative_slope", negative_slope) ** 2
    x, step = np.linspace(-40, 400, 17601, retstep=True)  # x = log t: smooth, so the sum is exact
    t = np.exp(x)
    c = 4 * t / (n * (1 + a2))
    transform = np.exp(n * np.log((1 + c) ** -0.5 / 2 + (1 + c * a2) ** -0.5 / 2))
    if a2 == 0:
        transform = (transform - 0.5**n) / (1 - 0.5**n)
    return float(step * (np.exp(-t) - transform).sum())


def dying(width: int, depth: int) -> float:
    """Share of ReLU networks in which some layer of `depth` is off on one input: 1 - (1 - 2^-n)^depth.

    >>> dying(1, 2)
    0.75
    """
    return 1 - (1 - 0.5 ** whole_number("width", width)) ** whole_number("depth", depth)


def rectify(z: np.ndarray, negative_slope: float) -> np.ndarray:
    """max(z, 0) + a min(z, 0), for numpy arrays.

    >>> rectify(np.array([-2.0, 3.0]), 0.25).tolist()
    [-0.5, 3.0]
    """
    return np.where(z > 0, z, negative_slope * z)


def redrawn_moments(
    width: int,
    depth: int,
    fan_in_variance: float,
    negative_slope: float,
    networks: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Second moments of random networks, q_0 = 1, q_1, ..., q_depth: (depth + 1, networks).

    Without matrices: the pre-activations of a layer are redrawn from their law N(0, s^2 q I).
    """
    width, depth = whole_number("width", width), whole_number("depth", depth)
    scale = _at_least_zero("fan_in_variance", fan_in_variance)
    q = np.ones((depth + 1, whole_number("networks", networks)))
    for layer in range(depth):
        h = rectify(rng.standard_normal((q.shape[1], width)), negative_slope)
        q[layer + 1] = scale * q[layer] * np.einsum("rn,rn->r", h, h) / width
    return q


def matrix_moments(
    width: int,
    depth: int,
    fan_in_variance: float,
    negative_slope: float,
    networks: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """As `redrawn_moments`, through the weight matrices themselves, from the input (1, ..., 1)."""
    sizes = whole_number("networks", networks), whole_number("width", width)
    scale = _at_least_zero("fan_in_variance", fan_in_variance)
    q = np.ones((whole_number("depth", depth) + 1, sizes[0]))
    h = np.ones(sizes)
    for layer in range(depth):
        w = rng.standard_normal((*sizes, width)) * (scale / width) ** 0.5
        h = rectify((w @ h[:, :, None])[:, :, 0], negative_slope)
        q[layer + 1] = np.einsum("rn,rn->r", h, h) / width
    return q


# --- two inputs through one network ------------------------------------------------------------------


def cosine_map(cosine: np.ndarray | float, negative_slope: float) -> np.ndarray:
    """Cosine of the outputs of a wide layer from that of its inputs, arrays alike.

        c' = (2 a c + (1 - a)^2 J(c)) / (1 + a^2),   J(c) = (sqrt(1 - c^2) + (pi - arccos c) c) / pi

    (Cho and Saul 2009, the kernel of degree 1, for a = 0). Raises ValueError for |c| > 1.

    >>> round(float(cosine_map(0.0, 0.0)), 4), float(cosine_map(-0.5, 1.0))
    (0.3183, -0.5)
    """
    a, c = _at_least_zero("negative_slope", negative_slope), np.asarray(cosine, dtype=np.float64)
    if not (np.abs(c) <= 1).all():
        raise ValueError(f"cosine must be in [-1, 1], got {cosine}")
    kernel = (np.sqrt(1 - c * c) + (np.pi - np.arccos(c)) * c) / np.pi
    return (2 * a * c + (1 - a) ** 2 * kernel) / (1 + a * a)


def redrawn_cosines(
    width: int, depth: int, negative_slope: float, networks: int, rng: np.random.Generator
) -> np.ndarray:
    """Cosine of two inputs at right angles, then of their layers: (depth + 1, networks).

    Without matrices: given the cosine, both pre-activations are redrawn from their joint law.
    """
    sizes = whole_number("networks", networks), whole_number("width", width)
    c = np.zeros((whole_number("depth", depth) + 1, sizes[0]))
    for layer in range(depth):
        one, two = rng.standard_normal((2, *sizes))
        two = c[layer, :, None] * one + np.sqrt(1 - c[layer, :, None] ** 2) * two
        h, g = rectify(one, negative_slope), rectify(two, negative_slope)
        lengths = np.sqrt((h * h).sum(-1) * (g * g).sum(-1))
        c[layer + 1] = ((h * g).sum(-1) / lengths).clip(-1, 1)
    return c


# --- training, arm by arm ----------------------------------------------------------------------------


class Arm(NamedTuple):
    """One way to train: the negative slope (at the start, where it is learned) and the start's s^2."""

    negative_slope: float
    fan_in_variance: float
    learned: bool = False


class Rectified(NamedTuple):
    """What training makes of one arm, each draw at the learning rate that reads held-out images best.

    steps (looks,); accuracy (looks, draws) on the tests; at the end: rate, loss [nats] on the training images,
    both (draws,); slopes (draws, hidden layers). every (rates, draws): accuracy of all rates at the end, 0
    where descent diverged.
    """

    steps: np.ndarray
    accuracy: np.ndarray
    rate: np.ndarray
    loss: np.ndarray
    slopes: np.ndarray
    every: np.ndarray


def draw(
    images: Tensor,
    labels: Tensor,
    training: int,
    widths: Sequence[int],
    steps: int,
    batch_size: int,
    generators: Sequence[np.random.Generator],
) -> Problems:
    """One split, order of minibatches and start from each numpy generator: `Problems`.

    An epoch goes through the `training` images in a fresh order; a short last minibatch is left out. The
    start is `starts.lecun`, to be scaled by each arm.
    Raises ValueError for numbers that do not fit, fewer than two layers, and generators that are none.
    """
    training = whole_number("training", training, 1, len(images) - 1)
    batch_size = whole_number("batch_size", batch_size, 1, training)
    widths, steps = [whole_number("widths", d) for d in widths], whole_number("steps", steps)
    if len(widths) < 3:
        raise ValueError(f"widths must be d_0, one hidden layer or more, classes; got {widths}")
    sets, tests = draw_splits(images, labels, training, generators)
    examples = steps * batch_size
    order = draw_order(training, examples, generators, whole_batches=batch_size)
    return Problems(*sets, tests, normal_start(widths, generators, lecun), order)


def start(arms: Sequence[Arm], drawn: Network) -> Network:
    """The networks of arms x draws, the draws innermost: `drawn`, one a draw at s^2 = 1, scaled by each arm.

    Biases are 0, and every hidden layer has the slope of its arm.
    """
    each = [
        torch.tensor(numbers, dtype=torch.float64).repeat_interleave(drawn.count)
        for numbers in (
            [_at_least_zero("fan_in_variance", arm.fan_in_variance) ** 0.5 for arm in arms],
            [_at_least_zero("negative_slope", arm.negative_slope) for arm in arms],
        )
    ]
    many = drawn.repeated(len(arms))
    weights = tuple(w * each[0][:, None, None] for w in many.weights)
    slopes = each[1][:, None].repeat(1, len(weights) - 1)
    return many._replace(weights=weights, slopes=(slopes,))


def _descended(arm, problems, batch_size, rates, momentum, record):
    """Descent of one arm on every draw at every rate: (networks at the end, the run)."""
    own, orders = start([arm] * len(rates), problems.start), batches(problems.order, batch_size)
    form, retraction = PLAIN, _snapped_but_slopes
    if not arm.learned:  # a slope that is fixed belongs to the form, which takes less time
        own, form, retraction = own._replace(slopes=()), _form(arm), snapped
    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(problems.start.count)
    rule = FallingMomentum(rate, momentum, orders.shape[1], retraction=retraction)
    sets, stop = (problems.images, problems.labels), Stop(diverged="keep")
    run = train_apart(own, sets, orders, rule, form=form, record=record, stop=stop)
    return own.like(run.weights), run


def _form(arm):
    """The form of an arm's networks."""
    return Form(leaky(arm.negative_slope)) if arm.negative_slope and not arm.learned else PLAIN


def _snapped_but_slopes(tensors):
    return *snapped(tensors[:-1]), tensors[-1]


def train_rectifiers(
    arms: dict[str, Arm],
    problems: Problems,
    batch_size: int,
    *,
    rates: Sequence[float],
    looks: Sequence[int],
    held: int,
    momentum: float = 0.9,
) -> dict[str, Rectified]:
    """Descent with momentum of every arm on every draw, at the best of some learning rates: {name: `Rectified`}.

    rates: learning rates, each of which falls in a line to 0. Every network is trained at each of them, and
    after each of the steps `looks`, rising and with the last one, the one is kept that reads the first `held` of
    the draw's tests best (the larger rate of two that are as good); the other tests tell its accuracy. Descent that
    diverges reads nothing. Weights and biases are `descent.snapped` after every step: deep networks carry rounding far.
    Raises ValueError for what does not fit.

    >>> x, y = torch.eye(4, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    >>> drawn = draw(x, y, 2, [4, 5, 2], 6, 1, [np.random.default_rng(0)])
    >>> found = train_rectifiers({"ReLU": Arm(0.0, 2.0)}, drawn, 1, rates=[0.01], looks=[6], held=1)
    >>> found["ReLU"].rate.tolist()
    [0.01]
    """
    draws, rates = problems.start.count, sorted(rates, reverse=True)
    held = whole_number("held", held, 1, problems.tests[1].shape[1] - 1)
    parts = [[x[:, part] for x in problems.tests] for part in (slice(held), slice(held, None))]
    found = {}
    for name, arm in arms.items():
        form = _form(arm)

        def measure(network, who, form=form):
            seen = [evaluate(network, *(x[who % draws] for x in part), form)[1] for part in parts]
            return {"held": seen[0], "tests": seen[1]}

        ended, run = _descended(arm, problems, batch_size, rates, momentum, Record(looks, measure))
        # Descent that has diverged is nan: it reads nothing.
        said, tests = (
            run.records[one].nan_to_num(0).view(-1, len(rates), draws) for one in ("held", "tests")
        )
        best = said.argmax(1)
        last = best[-1] * draws + torch.arange(draws)
        kept = ended.map(lambda x, last=last: x[last])
        found[name] = Rectified(
            run.steps.numpy(),
            tests.gather(1, best[:, None])[:, 0].numpy(),
            np.array(rates)[best[-1].numpy()],
            evaluate(kept, problems.images, problems.labels, form)[0].numpy(),
            kept.slopes[0].numpy()
            if arm.learned
            else np.full((draws, len(kept.weights) - 1), arm.negative_slope),
            tests[-1].numpy(),
        )
    return found
