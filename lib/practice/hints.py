"""Hints: a deep thin student first imitates the middle layer of a teacher (Romero et al. 2015, FitNets).

A network has L hidden layers of d ReLU units, h_l = relu(W_l h_(l-1) + b_l), h_0 the image, and scores
z = V h_L + c over C classes. The teacher (wider, shallower) gives an image the hint t, its last hidden
layer, and the probabilities p = softmax(v / T), v its scores. The student learns in two stages:

    1. layers 1..L/2 and a linear map (M, e), which is then thrown away:  |M h_(L/2) + e - t|^2 / 2
    2. all layers:  CE(y, softmax(z)) + lambda CE(p, softmax(z / T)),  lambda falling linearly

(their equations 3 and 2, recalled; CE the cross-entropy in nats, y the label), each by Adam on minibatches.

A draw is a split of the data, an order, and starts; all arms share it. Targets are (draws, n, ...).
Networks are arms x draws, the draws innermost, and all hidden layers but the first lie in one tensor.
"""

from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.descent import Adam, descend
from lib.practice.classifiers import RELU, layer_outputs, train_apart


class Network(NamedTuple):
    """L hidden layers of d units, and what reads them: any number of networks.

    first: W_1 (networks, d, d_0); middle: W_2..W_L (networks, L - 1, d, d); biases: b_1..b_L
    (networks, L, d); last, shift: V (networks, outputs, d) and c (networks, outputs).
    """

    first: torch.Tensor
    middle: torch.Tensor
    biases: torch.Tensor
    last: torch.Tensor
    shift: torch.Tensor


# --- starts --------------------------------------------------------------------------------------


def _normal(shape, sd, generators):
    return torch.from_numpy(np.stack([g.standard_normal(shape) for g in generators]) * sd)


def glorot_start(inputs, width, layers, outputs, generators, gain=1.0):
    """One `Network` from each generator: entries N(0, gain^2 2/(in + out)), biases 0.

    gain 1: Glorot and Bengio 2010 ("Xavier"); gain sqrt 2: He et al. 2015, where in = out.

    >>> net = glorot_start(100, 16, 4, 10, [np.random.default_rng(0)])
    >>> [tuple(x.shape) for x in net]
    [(1, 16, 100), (1, 3, 16, 16), (1, 4, 16), (1, 10, 16), (1, 10)]
    """
    layers = whole_number("layers", layers, 2)
    if not (0 < gain < np.inf):
        raise ValueError(f"gain must be positive and finite, got {gain}")

    def sd(a, b):
        return gain * (2 / (a + b)) ** 0.5

    return Network(
        _normal((width, inputs), sd(inputs, width), generators),
        _normal((layers - 1, width, width), sd(width, width), generators),
        torch.zeros(len(generators), layers, width, dtype=torch.float64),
        _normal((outputs, width), sd(width, outputs), generators),
        torch.zeros(len(generators), outputs, dtype=torch.float64),
    )


def lower_half(network):
    """The first half of the hidden layers, without what reads them: (first, middle, biases)."""
    half = network.biases.shape[1] // 2
    return network.first, network.middle[:, : half - 1], network.biases[:, :half]


def with_lower_half(network, first, middle, biases):
    """The network with other weights in the first half of its hidden layers."""
    half = biases.shape[1]
    return network._replace(
        first=first,
        middle=torch.cat([middle, network.middle[:, half - 1 :]], 1),
        biases=torch.cat([biases, network.biases[:, half:]], 1),
    )


def _forward(network, images):
    """([h_1..h_L], outputs), (networks, d or outputs, m) each; images (networks, m, d_0)."""
    first, middle, biases, last, shift = network
    b = biases.unsqueeze(-1)
    hidden = [RELU.apply(torch.baddbmm(b[:, 0], first, images.mT))]
    for j in range(middle.shape[1]):
        hidden.append(RELU.apply(torch.baddbmm(b[:, j + 1], middle[:, j], hidden[-1])))
    return hidden, torch.baddbmm(shift.unsqueeze(-1), last, hidden[-1])


def hidden_layers(network, images):
    """h_1..h_L of every network, (networks, L, d, m); images (draws, m, d_0), shared by the arms."""
    arms = len(network.first) // len(images)
    return torch.stack(_forward(network, images.repeat(arms, 1, 1))[0], 1)


def scores_of(network, images):
    """Scores of every network, (networks, m, classes); images (draws, m, d_0), shared by the arms."""
    arms = len(network.first) // len(images)
    return _forward(network, images.repeat(arms, 1, 1))[1].mT


def slopes(network, images, pull):
    """Gradient of a loss in the network, a `Network`.

    images (networks, m, d_0); pull(outputs) -> derivative of the loss in the outputs, both
    (networks, outputs, m).
    """
    hidden, outputs = _forward(network, images)
    delta = pull(outputs)
    by_middle, by_biases = torch.empty_like(network.middle), torch.empty_like(network.biases)
    below = torch.bmm(network.last.mT, delta)
    for j in range(len(hidden) - 1, 0, -1):
        below.mul_(RELU.slope(hidden[j]))
        by_biases[:, j] = below.sum(-1)
        by_middle[:, j - 1] = torch.bmm(below, hidden[j - 1].mT)
        below = torch.bmm(network.middle[:, j - 1].mT, below)
    below.mul_(RELU.slope(hidden[0]))
    by_biases[:, 0] = below.sum(-1)
    by_last = torch.bmm(delta, hidden[-1].mT)
    return Network(torch.bmm(below, images), by_middle, by_biases, by_last, delta.sum(-1))


def hint_pull(outputs, hints):
    """Derivative of the mean over images of |output - hint|^2 / 2: (outputs - hints) / m."""
    return (outputs - hints) / outputs.shape[-1]


def soft_pull(scores, labels, soft, weight, temperature):
    """Derivative of the mean over images of CE(y, softmax z) + weight CE(p, softmax(z / T)):

        (softmax(z) - y + (weight / T) (softmax(z / T) - p)) / m

    scores, labels (as probabilities), soft: (networks, classes, m); weight: number or (networks, 1, 1).
    """
    pull = torch.softmax(scores, 1) - labels
    pull += weight / temperature * (torch.softmax(scores / temperature, 1) - soft)
    return pull.div_(scores.shape[-1])


def falling_weight(step, steps, high, low):
    """The weight of the soft targets at this step of so many: from `high` to `low` in a line.

    >>> [falling_weight(k, 5, 4.0, 1.0) for k in range(5)]
    [4.0, 3.25, 2.5, 1.75, 1.0]
    """
    return high + (low - high) * step / max(steps - 1, 1)


# --- training ----------------------------------------------------------------------------------------


def _walk(network, images, targets, orders, pull, learning_rate):
    """Adam on minibatches: the final tensors. pull(outputs, step, *targets of the minibatch)."""
    draws, count = len(images), len(network[0])
    if count % draws or len(orders) != draws:
        raise ValueError(f"networks must be a multiple of the {draws} draws, one order for each")
    own = [x.flatten(0, 1) for x in targets]  # (count n, ...): every network has its targets
    pixels, n = images.flatten(0, 1), images.shape[1]
    who = torch.arange(count)

    def minibatch(t, some):
        places = orders[some % draws, t]
        x = pixels[places + n * (some % draws)[:, None]]
        return t, x, *(y[places + n * some[:, None]].mT for y in own)

    def gradient(both, _, step, x, *given):
        return tuple(slopes(Network(*both), x, lambda z: pull(z, step, *given)))

    return descend(
        gradient,
        tuple(network),
        problem=(who,),
        sees=minibatch,
        rule=Adam(learning_rate),
        steps=orders.shape[1],
    ).weights


def imitate(students, images, hints, orders, generators, *, learning_rate):
    """Stage 1: the lower half of every student learns the hints: a `Network`.

    students: arms x draws; images (draws, n, d_0); hints: (arms x draws, n, d_t), one set a student;
    orders (draws, steps, batch); generators: one a draw, for the start of the map, shared by the arms.
    The upper half and what reads it stay as they are.
    """
    if len(hints) != len(students.first):
        raise ValueError(f"hints must be of {len(students.first)} students, got {len(hints)}")
    lower, width, size = lower_half(students), students.first.shape[1], hints.shape[-1]
    reading = _normal((size, width), (2 / (width + size)) ** 0.5, generators)
    reading = reading.repeat(len(hints) // len(images), 1, 1)
    start = Network(*lower, reading, reading.new_zeros(reading.shape[:2]))
    pull = lambda z, step, t: hint_pull(z, t)  # noqa: E731
    *learned, _, _ = _walk(start, images, [hints], orders, pull, learning_rate)
    return with_lower_half(students, *learned)


def learn(students, images, labels, soft, orders, *, learning_rate, weights, temperature):
    """Stage 2: labels and soft targets, with a rate five times smaller in the last quarter: a `Network`.

    students: arms x draws; images (draws, n, d_0); labels (draws, n); soft: (arms x draws, n, classes),
    probabilities at this temperature; orders (draws, steps, batch); weights: (high, low) of the soft
    targets. Adam starts afresh with the smaller rate. weights = (0, 0): labels alone.
    """
    steps, (high, low) = orders.shape[1], weights
    if soft.shape != (len(students.first), *labels.shape[1:], students.last.shape[1]):
        raise ValueError(f"soft must be (students, n, classes), got {tuple(soft.shape)}")
    hard = torch.nn.functional.one_hot(labels, soft.shape[-1]).to(soft.dtype)
    hard = hard.repeat(len(soft) // len(hard), 1, 1)
    quarter = steps - steps // 4
    for first, last, rate in ((0, quarter, 1.0), (quarter, steps, 0.2)):

        def pull(z, step, y, p, first=first):
            weight = falling_weight(first + step, steps, high, low)
            return soft_pull(z, y, p, weight, temperature)

        given = images, [hard, soft], orders[:, first:last], pull
        students = Network(*_walk(students, *given, learning_rate * rate))
    return students


def train_teachers(start, images, labels, orders, *, learning_rate):
    """Adam on labels: (weights, biases) of the teachers, one a draw."""
    run = train_apart(start, (images, labels), orders, Adam(learning_rate)).weights
    depth = len(start[0])
    return run[:depth], run[depth:]


def said_by(teachers, images, temperature):
    """What teachers say of their draw's images: (hints (draws, n, d_t), soft targets (draws, n, classes)).

    The hint is the last hidden layer.
    """
    *_, hints, scores = layer_outputs(*teachers, images)
    return hints.mT.contiguous(), torch.softmax(scores.mT / temperature, -1)


# --- who is alive ----------------------------------------------------------------------------------


def accuracy(network, images, labels):
    """Share of right answers of every network, (arms, draws), images (draws, m, d_0)."""
    scores = scores_of(network, images)
    right = scores.argmax(-1).view(-1, *labels.shape) == labels
    return right.double().mean(-1)


def living_units(network, images):
    """Units of every hidden layer whose output differs between images: (arms, draws, L).

    A unit that is constant over all images, to a billionth, tells nothing about them.
    """
    hidden = hidden_layers(network, images)
    most = hidden.amax(-1)
    varies = (most - hidden.amin(-1) > 1e-9 * most).sum(-1)
    return varies.view(-1, len(images), varies.shape[-1])


def score_range(network, images):
    """Largest range of a score over the images, (arms, draws): 0 if all images get the same answer."""
    scores = scores_of(network, images)
    return (scores.amax(1) - scores.amin(1)).amax(-1).view(-1, len(images))


def first_dead_layer(living):
    """Number of the first hidden layer in which no unit lives, nan if there is none; living (..., L).

    >>> first_dead_layer(torch.tensor([[3, 0, 0], [3, 2, 1]])).tolist()
    [2.0, nan]
    """
    dead = living == 0
    layer = dead.double().argmax(-1) + 1.0
    return torch.where(dead.any(-1), layer, torch.nan)


def repeated(network, arms):
    """The same networks for so many arms."""
    return Network(*(x.repeat(arms, *[1] * (x.ndim - 1)) for x in network))


def taught(start, images, labels, orders, said, hint_steps, generators, **options):
    """Both stages for every teacher: a `Network` of len(said) x draws students.

    start: one student a draw; orders (draws, steps, batch): the first hint_steps are stage 1;
    said: for each teacher (hints, soft targets) as `said_by` gives them; generators: as in `imitate`;
    options: learning_rate, weights, temperature as in `learn`.
    """
    hints, soft = (torch.cat(x) for x in zip(*said, strict=True))
    rate = {"learning_rate": options["learning_rate"]}
    students = repeated(start, len(said))
    students = imitate(students, images, hints, orders[:, :hint_steps], generators, **rate)
    return learn(students, images, labels, soft, orders[:, hint_steps:], **options)


def plain(start, images, labels, orders, *, learning_rate):
    """Labels alone, in as many steps: a `Network` of one student a draw."""
    classes = start.last.shape[1]
    none = images.new_full((*labels.shape, classes), 1 / classes)
    options = {"learning_rate": learning_rate, "weights": (0.0, 0.0), "temperature": 1.0}
    return learn(start, images, labels, none, orders, **options)
