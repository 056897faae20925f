"""Rectifiers by their negative slope: the scale of a deep network layer by layer, and training of many at once.

A rectifier of negative slope a maps z to max(z, 0) + a min(z, 0): ReLU has a = 0, leaky ReLU a small fixed
a, PReLU (He et al. 2015, arXiv:1502.01852) learns one a for each layer by descent. Weights start as
N(0, s^2 / fan-in); s^2 is `fan_in_variance`: 1 after LeCun et al. 1998 and, in square layers, Glorot and
Bengio 2010 ("Xavier"), 2 / (1 + a^2) after He et al. 2015. The second moment of a layer of n units is q,
the mean of their squares on one input. Given it, the next pre-activations are exactly N(0, s^2 q I), so

    E q' = r q,   E q'^2 = (1 + k/n) (r q)^2,   r = s^2 (1 + a^2) / 2,   k = 6 (1 + a^4) / (1 + a^2)^2 - 1

at every width n (derived here; r is He et al.'s). Everything is float64.
"""

from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.data import one_hot
from lib.descent import Momentum, descend, snapped

# --- the second moment, layer by layer --------------------------------------------------------------


def _at_least_zero(name, number):
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be a finite number >= 0, got {number}")
    return float(number)


def he_variance(negative_slope):
    """s^2 = 2 / (1 + a^2), at which the mean second moment stays: He et al. 2015, eq. 15.

    >>> he_variance(0), he_variance(1)
    (2.0, 1.0)
    """
    return 2 / (1 + _at_least_zero("negative_slope", negative_slope) ** 2)


def second_moment_ratio(fan_in_variance, negative_slope):
    """r = s^2 (1 + a^2) / 2: E q' / q of one layer, at every width.

    >>> second_moment_ratio(1, 0)
    0.5
    """
    scale = _at_least_zero("fan_in_variance", fan_in_variance)
    return scale * (1 + _at_least_zero("negative_slope", negative_slope) ** 2) / 2


def moment_spread(negative_slope):
    """k = 6 (1 + a^4) / (1 + a^2)^2 - 1: the relative variance of q' / q at n units is k/n.

    >>> moment_spread(0), moment_spread(1)
    (5.0, 2.0)
    """
    a2 = _at_least_zero("negative_slope", negative_slope) ** 2
    return 6 * (1 + a2 * a2) / (1 + a2) ** 2 - 1


def log_drift(width, negative_slope):
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


def dying(width, depth):
    """Share of ReLU networks in which some layer of `depth` is off on one input: 1 - (1 - 2^-n)^depth.

    >>> dying(1, 2)
    0.75
    """
    return 1 - (1 - 0.5 ** whole_number("width", width)) ** whole_number("depth", depth)


def rectify(z, negative_slope):
    """max(z, 0) + a min(z, 0), for numpy arrays.

    >>> rectify(np.array([-2.0, 3.0]), 0.25).tolist()
    [-0.5, 3.0]
    """
    return np.where(z > 0, z, negative_slope * z)


def redrawn_moments(width, depth, fan_in_variance, negative_slope, networks, rng):
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


def matrix_moments(width, depth, fan_in_variance, negative_slope, networks, rng):
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


def cosine_map(cosine, negative_slope):
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


def redrawn_cosines(width, depth, negative_slope, networks, rng):
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


# --- the gradient of networks with their negative slopes ---------------------------------------------


def _rectified(z, a):
    """(h, min(z, 0)) of pre-activations z (networks, n, m), which h overwrites; a (networks,)."""
    below = z.clamp(max=0)
    return z.addcmul_(below, (a - 1)[:, None, None]), below


def _check_slopes(weights, slopes):
    wanted = (len(weights[0]), len(weights) - 1)
    if len(weights) < 2 or slopes.shape != wanted:
        raise ValueError(
            f"slopes must be {wanted}, one for each hidden layer, got {tuple(slopes.shape)}"
        )


def scores(weights, biases, slopes, images):
    """Scores (networks, classes, m) of images (networks, m, d_0) or (m, d_0).

    weights: W_j (networks, d_j, d_(j-1)); biases: (networks, d_j); slopes: (networks, hidden layers).
    Raises ValueError for slopes of another shape.
    """
    _check_slopes(weights, slopes)
    h = images.mT
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = w @ h + b[:, :, None]
        h = _rectified(z, slopes[:, j])[0] if j < len(weights) - 1 else z
    return h


@torch.no_grad()
def gradients(weights, biases, slopes, images, targets):
    """Gradient of the mean cross-entropy: (in the weights, in the biases, in the slopes).

    images (networks, m, d_0), targets one-hot (networks, classes, m); else as `scores`. With d_j the
    derivative in h_j, that in z_j is d_j where z_j > 0 and a_j d_j elsewhere, and that in a_j is the sum
    of d_j min(z_j, 0) (He et al. 2015, eq. 8).
    """
    _check_slopes(weights, slopes)
    inputs, lower = [images.mT], []
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = torch.bmm(w, inputs[-1]).add_(b.unsqueeze(-1))
        if j < len(weights) - 1:
            h, below = _rectified(z, slopes[:, j])
            inputs.append(h)
            lower.append(below)
    delta = torch.softmax(z, 1).sub_(targets).div_(images.shape[1])
    by_weights, by_biases, by_slopes = [], [], []
    for j in reversed(range(len(weights))):
        if j < len(weights) - 1:
            pair = delta.flatten(1).numpy(), lower[j].flatten(1).numpy()
            by_slopes.append(torch.from_numpy(np.einsum("rn,rn->r", *pair)))
            lower[j].sign_().mul_(delta)  # minus delta where z_j < 0, else 0
            delta.addcmul_(lower[j], (1 - slopes[:, j])[:, None, None])
        by_weights.append(torch.bmm(delta, inputs[j].mT))
        by_biases.append(delta.sum(-1))
        if j:
            delta = torch.bmm(weights[j].mT, delta)
    return tuple(by_weights[::-1]), tuple(by_biases[::-1]), torch.stack(by_slopes[::-1], 1)


# --- training, arm by arm ----------------------------------------------------------------------------


class Arm(NamedTuple):
    """One way to train: the negative slope (at the start, where it is learned) and the start's s^2."""

    negative_slope: float
    fan_in_variance: float
    learned: bool = False


class Draws(NamedTuple):
    """Independent draws, each shared by all arms.

    orders (draws, steps, batch): the images of every minibatch; tests (draws, t): those to test on;
    normals: (draws, d_j, d_(j-1)), the weights of the start before they are scaled.
    """

    orders: torch.Tensor
    tests: torch.Tensor
    normals: tuple


class Trained(NamedTuple):
    """accuracy (arms, draws) on the test images; slopes (arms, draws, hidden layers) at the end."""

    accuracy: np.ndarray
    slopes: np.ndarray


def draw(count, training, widths, steps, batch_size, generators):
    """One split of `count` images, order of minibatches and start from each numpy generator: `Draws`.

    An epoch goes through the `training` images in a fresh order; a short last minibatch is left out.
    Raises ValueError for numbers that do not fit, fewer than two layers, and generators that are none.
    """
    training = whole_number("training", training, 1, count - 1)
    batch_size = whole_number("batch_size", batch_size, 1, training)
    widths, steps = [whole_number("widths", d) for d in widths], whole_number("steps", steps)
    if len(widths) < 3:
        raise ValueError(f"widths must be d_0, one hidden layer or more, classes; got {widths}")
    if not generators or any(not isinstance(g, np.random.Generator) for g in generators):
        raise ValueError("generators must be numpy generators, one for each draw")
    each, orders, tests, normals = training // batch_size, [], [], []
    for rng in generators:
        split = rng.permutation(count)
        tests.append(split[training:])
        epochs = [
            rng.permutation(split[:training])[: each * batch_size] for _ in range(-(-steps // each))
        ]
        orders.append(np.concatenate(epochs)[: steps * batch_size].reshape(steps, batch_size))
        shapes = zip(widths[1:], widths[:-1], strict=True)
        normals.append([rng.standard_normal(shape) for shape in shapes])
    return Draws(
        torch.from_numpy(np.array(orders)),
        torch.from_numpy(np.array(tests)),
        tuple(torch.from_numpy(np.array(w)) for w in zip(*normals, strict=True)),
    )


def start(arms, normals):
    """Weights, biases 0 and slopes of arms x draws networks, the draws innermost: scaled `normals`."""
    draws = len(normals[0])

    def each(numbers):
        return torch.tensor(numbers, dtype=torch.float64).repeat_interleave(draws)

    s = each([_at_least_zero("fan_in_variance", arm.fan_in_variance) ** 0.5 for arm in arms])
    weights = tuple(
        w.repeat(len(arms), 1, 1) * s[:, None, None] / w.shape[-1] ** 0.5 for w in normals
    )
    biases = tuple(torch.zeros(w.shape[:2], dtype=torch.float64) for w in weights)
    slopes = each([_at_least_zero("negative_slope", arm.negative_slope) for arm in arms])
    return weights, biases, slopes[:, None].repeat(1, len(normals) - 1)


@torch.no_grad()
def _train_one(arm, drawn, images, labels, learning_rate, momentum):
    """(accuracy (draws,), slopes (draws, hidden layers)) of one arm."""
    draws, depth = len(drawn.orders), len(drawn.normals)
    weights, biases, slopes = start([arm], drawn.normals)
    targets = one_hot(labels, weights[-1].shape[1])

    def minibatch(t, who):
        at = drawn.orders[who, t]
        return images[at], targets[:, at].movedim(0, 1)

    def gradient(all_parts, _, x, y):
        own = all_parts[:depth], all_parts[depth:-1], all_parts[-1]
        by_weights, by_biases, by_slopes = gradients(*own, x, y)
        return (*by_weights, *by_biases, by_slopes * arm.learned)

    ended = descend(
        gradient,
        (*weights, *biases, slopes),
        problem=(torch.arange(draws),),
        sees=minibatch,
        rule=Momentum(learning_rate, momentum),
        steps=drawn.orders.shape[1],
        retraction=lambda now: (*snapped(now[:-1]), now[-1]),  # fixed slopes stay what they are
    ).weights
    own = ended[:depth], ended[depth:-1], ended[-1]
    said = scores(*own, images[drawn.tests]).argmax(1)
    return (said == labels[drawn.tests]).double().mean(1).numpy(), ended[-1].numpy()


def train(arms, drawn, images, labels, *, learning_rate, momentum=0.9):
    """Descent with momentum of every arm on every draw: `Trained`.

    arms: list of `Arm`; drawn: `Draws`; images (m, d_0) and labels (m,), float64 and int64. Weights and
    biases are `descent.snapped` after every step: sixteen layers carry rounding far.
    Raises DivergenceError at learning rates that are too large, ValueError for what does not fit.

    >>> x, y = torch.eye(4, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    >>> drawn = draw(4, 3, [4, 5, 2], 6, 1, [np.random.default_rng(0)])
    >>> train([Arm(0.0, 2.0)], drawn, x, y, learning_rate=0.01).slopes.tolist()
    [[[0.0]]]
    """
    # Arm by arm: all draws of all arms at once would not fit the cache, and take half as long again.
    given = drawn, images, labels, learning_rate, momentum
    accuracy, slopes = zip(*(_train_one(arm, *given) for arm in arms), strict=True)
    return Trained(np.stack(accuracy), np.stack(slopes))
