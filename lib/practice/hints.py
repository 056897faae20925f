"""Hints: a deep thin student first imitates the middle layer of a teacher (Romero et al. 2015, FitNets).

A network has L hidden layers of d ReLU units, h_l = relu(W_l h_(l-1) + b_l), h_0 the image, and scores
z = V h_L + c over C classes. The teacher (wider, shallower) gives an image the hint t, its last hidden
layer, and the probabilities p = softmax(v / T), v its scores. The student learns in two stages:

    1. layers 1..L/2 and a linear map (M, e), which is then thrown away:  |M h_(L/2) + e - t|^2 / 2
    2. all layers:  CE(y, softmax(z)) + lambda CE(p, softmax(z / T)),  lambda falling linearly

(their equations 3 and 2, recalled; CE the cross-entropy in nats, y the label), each by Adam on minibatches.

A draw is a split of the data, an order, and starts; all arms share it. Targets are (draws, n, ...).
Networks are those of `networks`, arms x draws, the draws innermost.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lib.descent import Adam, descend
from lib.practice.classifiers import train_apart
from lib.practice.draws import check_orders, minibatch
from lib.practice.networks import (
    RELU,
    Form,
    Network,
    Packing,
    accuracy,
    backward,
    forward,
    layers,
    scores,
)
from lib.practice.starts import check_generators, glorot, normal_start

# --- what pulls at the outputs ---------------------------------------------------------------------


def hint_pull(outputs: Tensor, hints: Tensor) -> Tensor:
    """Derivative of the mean over images of |output - hint|^2 / 2: (outputs - hints) / m."""
    return (outputs - hints) / outputs.shape[-1]


def soft_pull(
    scores: Tensor, labels: Tensor, soft: Tensor, weight: float | Tensor, temperature: float
) -> Tensor:
    """Derivative of the mean over images of CE(y, softmax z) + weight CE(p, softmax(z / T)):

        (softmax(z) - y + (weight / T) (softmax(z / T) - p)) / m

    scores, labels (as probabilities), soft: (networks, classes, m); weight: number or (networks, 1, 1).
    """
    pull = torch.softmax(scores, 1) - labels
    pull += weight / temperature * (torch.softmax(scores / temperature, 1) - soft)
    return pull.div_(scores.shape[-1])


def falling_weight(step: int, steps: int, high: float, low: float) -> float:
    """The weight of the soft targets at this step of so many: from `high` to `low` in a line.

    >>> [falling_weight(k, 5, 4.0, 1.0) for k in range(5)]
    [4.0, 3.25, 2.5, 1.75, 1.0]
    """
    return high + (low - high) * step / max(steps - 1, 1)


# --- what is taken away from soft targets, and from the start ------------------------------------------


def constant_targets(soft: Tensor) -> Tensor:
    """The mean answer of each draw in place of the answer to each image: (draws, n, classes).

    >>> constant_targets(torch.tensor([[[0.9, 0.1], [0.5, 0.5]]]).double()).numpy().round(3).tolist()
    [[[0.7, 0.3], [0.7, 0.3]]]
    """
    return soft.mean(1, keepdim=True).expand_as(soft).contiguous()


def varying_targets(soft: Tensor) -> Tensor:
    """What differs from image to image alone: soft - mean + 1/classes, (draws, n, classes).

    The mean over the images is uniform; where answers vary much, some numbers may lie below 0.

    >>> varying_targets(torch.tensor([[[0.9, 0.1], [0.5, 0.5]]]).double()).numpy().round(3).tolist()
    [[[0.7, 0.3], [0.3, 0.7]]]
    """
    return soft - soft.mean(1, keepdim=True) + 1 / soft.shape[-1]


def with_output_biases(
    network: Network, size: float, generators: Sequence[np.random.Generator]
) -> Network:
    """The network with biases of the scores from N(0, size^2), one generator a draw, shared by the arms.

    Raises ValueError for a size that is negative or not finite.
    """
    if not 0 <= size < math.inf:
        raise ValueError(f"size must be at least 0 and finite, got {size}")
    check_generators(generators)
    classes, arms = network.biases[-1].shape[1], network.count // len(generators)
    drawn = torch.from_numpy(np.stack([g.standard_normal(classes) for g in generators]) * size)
    return network._replace(biases=(*network.biases[:-1], drawn.repeat(arms, 1)))


# --- training ----------------------------------------------------------------------------------------


def lower_half(network: Network) -> Network:
    """The first half of the hidden layers, without what reads them."""
    half = (len(network.weights) - 1) // 2
    return Network(network.weights[:half], network.biases[:half])


def with_lower_half(network: Network, lower: Network) -> Network:
    """The network with other weights in the first half of its hidden layers."""
    half = len(lower.weights)
    weights = (*lower.weights[:half], *network.weights[half:])
    return network._replace(weights=weights, biases=(*lower.biases[:half], *network.biases[half:]))


def _walk(network, images, targets, orders, pull, learning_rate):
    """Adam on minibatches: the network at the end. pull(outputs, step, *targets of the minibatch); every
    network has targets of its own."""
    check_orders(orders, len(images), images.shape[1], network.count)
    packing, form = Packing(network), Form(RELU)
    sees = minibatch(orders, images, *targets)

    def gradient(packed, who, step, x, *given):
        network = packing.unpack(packed)
        run = forward(network, x, form)
        return packing.pack(backward(network, run, pull(run.scores, step, *given), form))

    ended = descend(
        gradient,
        packing.pack(network),
        Adam(learning_rate),
        problem=(torch.arange(network.count),),
        sees=lambda t, who: (t, *sees(t, who)),
        steps=orders.shape[1],
    ).weights
    return packing.unpack(ended)


def imitate(
    students: Network,
    images: Tensor,
    hints: Tensor,
    orders: Tensor,
    generators: Sequence[np.random.Generator],
    *,
    learning_rate: float,
) -> Network:
    """Stage 1: the lower half of every student learns the hints: a `Network`.

    students: arms x draws; images (draws, n, d_0); hints: (arms x draws, n, d_t), one set a student;
    orders (draws, steps, batch); generators: one a draw, for the start of the map, shared by the arms.
    The upper half and what reads it stay as they are.
    """
    if len(hints) != students.count:
        raise ValueError(f"hints must be of {students.count} students, got {len(hints)}")
    lower, arms = lower_half(students), students.count // len(images)
    width, size = lower.weights[-1].shape[1], hints.shape[-1]
    reading = normal_start([width, size], generators, glorot).repeated(arms)
    start = Network((*lower.weights, *reading.weights), (*lower.biases, *reading.biases))
    learned = _walk(
        start, images, [hints], orders, lambda z, step, t: hint_pull(z, t), learning_rate
    )
    return with_lower_half(students, Network(learned.weights[:-1], learned.biases[:-1]))


def second_stage(
    students: Network,
    sets: tuple[Tensor, Tensor],
    soft: Tensor,
    orders: Tensor,
    *,
    learning_rate: float,
    weights: tuple[float, float],
    temperature: float,
    slower: float = 5.0,
) -> Network:
    """Stage 2: labels and soft targets, with a rate `slower` times smaller in the last quarter: a `Network`.

    students: arms x draws; sets: images (draws, n, d_0) and labels (draws, n); soft: (arms x draws, n, classes),
    probabilities at this temperature; orders (draws, steps, batch); weights: (high, low) of the soft
    targets. Adam starts afresh with the smaller rate. weights = (0, 0): labels alone; slower = 1: one rate.
    """
    (images, labels), steps, (high, low) = sets, orders.shape[1], weights
    if soft.shape != (students.count, *labels.shape[1:], students.biases[-1].shape[1]):
        raise ValueError(f"soft must be (students, n, classes), got {tuple(soft.shape)}")
    hard = torch.nn.functional.one_hot(labels, soft.shape[-1]).to(soft.dtype)
    hard = hard.repeat(len(soft) // len(hard), 1, 1)
    quarter = steps - steps // 4
    parts = ((0, quarter, 1.0), (quarter, steps, 1 / slower))
    for first, last, rate in parts if slower != 1 else ((0, steps, 1.0),):

        def pull(z, step, y, p, first=first):
            weight = falling_weight(first + step, steps, high, low)
            return soft_pull(z, y, p, weight, temperature)

        given = images, [hard, soft], orders[:, first:last], pull
        students = _walk(students, *given, learning_rate * rate)
    return students


def plain(
    start: Network,
    sets: tuple[Tensor, Tensor],
    orders: Tensor,
    *,
    learning_rate: float,
    slower: float = 5.0,
) -> Network:
    """Labels alone: a `Network`; arguments as in `second_stage`."""
    classes, (images, labels) = start.biases[-1].shape[1], sets
    none = images.new_full((start.count, labels.shape[1], classes), 1 / classes)
    options = {"learning_rate": learning_rate, "weights": (0.0, 0.0), "temperature": 1.0}
    return second_stage(start, sets, none, orders, slower=slower, **options)


def train_teachers(
    start: Network, images: Tensor, labels: Tensor, orders: Tensor, *, learning_rate: float
) -> Network:
    """Adam on labels: the teachers, one a draw."""
    return start.like(train_apart(start, (images, labels), orders, Adam(learning_rate)).weights)


def said_by(teachers: Network, images: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """What teachers say of their draw's images: (hints (draws, n, d_t), soft targets (draws, n, classes)).

    The hint is the last hidden layer.
    """
    run = layers(teachers, images)
    hints, soft = run.inputs[-1].mT, torch.softmax(run.scores.mT / temperature, -1)
    return hints.contiguous(), soft


# --- who is alive ----------------------------------------------------------------------------------


def right_answers(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """Share of right answers of every network, (arms, draws); images (draws, m, d_0), labels (draws, m)."""
    said = scores(network, images, Form(RELU))
    return accuracy(said.unflatten(0, (-1, len(images))), labels)


def living_units(network: Network, images: Tensor) -> Tensor:
    """Units of every hidden layer whose output differs between images: (arms, draws, L).

    A unit that is constant over all images, to a billionth, tells nothing about them.
    """
    arms, counts = network.count // len(images), []
    for hidden in layers(network, images.repeat(arms, 1, 1), Form(RELU)).inputs[1:]:
        most = hidden.amax(-1)
        counts.append((most - hidden.amin(-1) > 1e-9 * most).sum(-1))
    return torch.stack(counts, -1).unflatten(0, (arms, len(images)))


def score_range(network: Network, images: Tensor) -> Tensor:
    """Largest range of a score over the images, (arms, draws): 0 if all images get the same answer."""
    said = scores(network, images, Form(RELU))
    return (said.amax(1) - said.amin(1)).amax(-1).unflatten(0, (-1, len(images)))


def dead(network: Network, images: Tensor) -> Tensor:
    """Networks with a hidden layer in which no unit lives, bool (arms, draws): one answer to all images."""
    return (living_units(network, images) == 0).any(-1)


def taught(
    start: Network,
    sets: tuple[Tensor, Tensor],
    said: Sequence[Tensor],
    orders: Tensor,
    hint_steps: int,
    generators: Sequence[np.random.Generator],
    *,
    learning_rate: float,
) -> Network:
    """Both stages, the first of so many steps, soft targets at T = 3 with weights from 4 to 1: a `Network`.

    said: (hints, soft targets) as `said_by` gives them; generators: as in `imitate`; others as in
    `second_stage`.
    """
    (hints, soft), rate = said, {"learning_rate": learning_rate}
    students = imitate(start, sets[0], hints, orders[:, :hint_steps], generators, **rate)
    options = rate | {"weights": (4.0, 1.0), "temperature": 3.0}
    return second_stage(students, sets, soft, orders[:, hint_steps:], **options)
