"""Distillation: what a student learns from the probabilities of a teacher (Hinton, Vinyals, Dean 2015).

Targets are the teacher's probabilities at temperature T, p = softmax(v / T), v its scores. The loss of a
student with scores z is T^2 times the cross-entropy of softmax(z / T) against p; its gradient in z is

    T (softmax(z / T) - softmax(v / T))  =  (z - v) / C + O(1/T)     (both centred over the C classes)

(their equation 4, recalled). A linear student z = W x moves by sums of (something) x^T only: it never leaves
W_0 + (matrices whose rows lie in the span of the images), and the loss is convex. From W_0 it ends at

    W_0 + (W_T - W_0) P,   P the projection on the span of the images,

W_T the teacher, both centred over classes (derived here; Phuong and Lampert 2019 for two classes, recalled).

Networks are those of `classifiers`. A draw is a split of the data with starts and orders of its own; all arms
(kinds of targets) share it. Targets are (draws, n, classes).
"""

import numpy as np
import torch

from lib.checks import whole_number
from lib.data import split
from lib.descent import Adam, Momentum, descend
from lib.practice.classifiers import logits, train_apart

# --- targets -----------------------------------------------------------------------------------------


def _temperature(temperature):
    if not (0 < temperature < np.inf):
        raise ValueError(f"temperature must be positive and finite, got {temperature}")
    return temperature


def _floats(name, x, dims=1):
    if not isinstance(x, torch.Tensor) or x.dtype != torch.float64 or x.ndim < dims:
        raise ValueError(f"{name} must be a float64 tensor of {dims} dimensions or more")
    if not torch.isfinite(x).all():
        raise ValueError(f"{name} must be finite")
    return x


def soften(scores, temperature):
    """Probabilities softmax(scores / T) over the last dimension, the classes.

    >>> soften(torch.tensor([0.0, 2.0], dtype=torch.float64), 2).numpy().round(3).tolist()
    [0.269, 0.731]
    """
    return torch.softmax(_floats("scores", scores) / _temperature(temperature), -1)


def ensemble_targets(scores, temperature):
    """Mean over the teachers of their softened probabilities: (..., classes).

    scores: (teachers, ..., classes).
    """
    return soften(_floats("scores", scores, 2), temperature).mean(0)


def _others(targets):
    """(the likeliest class (..., 1), the other classes in order (..., classes - 1))."""
    classes = _floats("targets", targets).shape[-1]
    top = targets.argmax(-1, keepdim=True)
    others = torch.arange(classes - 1).expand(*targets.shape[:-1], -1)
    return top, others + (others >= top)


def flattened(targets):
    """The same confidence in the likeliest class, the rest spread evenly over the others.

    >>> flattened(torch.tensor([0.25, 0.75, 0.0], dtype=torch.float64)).tolist()
    [0.125, 0.75, 0.125]
    """
    top, others = _others(targets)
    rest = (1 - targets.gather(-1, top)) / others.shape[-1]
    return targets.scatter(-1, others, rest.expand(others.shape))


def permuted(targets, generators):
    """The likeliest class keeps its probability; the others are permuted anew for every image.

    targets: (draws, n, classes); generators: one numpy generator a draw.
    """
    if _floats("targets", targets, 3).ndim != 3 or len(generators) != len(targets):
        raise ValueError(
            f"targets must be (draws, n, classes), one generator a draw, not {len(generators)}"
        )
    _, others = _others(targets)
    mixed = [
        torch.from_numpy(g.permuted(o.numpy(), axis=-1))
        for g, o in zip(generators, others, strict=True)
    ]
    return targets.scatter(-1, others, targets.gather(-1, torch.stack(mixed)))


def hardened(targets):
    """Probability 1 for the likeliest class."""
    return torch.zeros_like(targets).scatter(-1, _others(targets)[0], 1.0)


# --- the gradient at high temperature ----------------------------------------------------------------


def soft_gradient(scores, teacher, temperature):
    """Derivative of T^2 cross-entropy in the scores: T (softmax(z / T) - softmax(v / T)), (..., classes).

    >>> z = torch.tensor([1.0, 0.0], dtype=torch.float64)
    >>> [round(x, 3) for x in soft_gradient(z, 0 * z, 1).tolist()]
    [0.231, -0.231]
    """
    return temperature * (soften(scores, temperature) - soften(teacher, temperature))


def centred(scores):
    """Scores less their mean over the classes, which no softmax sees."""
    return scores - scores.mean(-1, keepdim=True)


def matching_gradient(scores, teacher):
    """What the soft gradient becomes at high temperature, (z - v) / C with both centred."""
    return centred(scores - teacher) / scores.shape[-1]


def matching_error(scores, teacher, temperature):
    """First term of the relative error of `matching_gradient`: |c(z^2) - c(v^2)| / (2 T |z - v|), (...,).

    z, v: the centred scores, c: centring (derived here).
    """
    z, v = centred(scores), centred(teacher)
    return centred(z * z - v * v).norm(dim=-1) / (
        2 * _temperature(temperature) * (z - v).norm(dim=-1)
    )


# --- a linear student --------------------------------------------------------------------------------


def draw_teachers(draws, classes, dimension, size, rng):
    """Linear teachers (draws, classes, dimension), centred over classes; logits of sd `size`, nearly."""
    found = torch.from_numpy(rng.standard_normal((draws, classes, dimension)))
    return (found - found.mean(1, keepdim=True)) * (size / dimension**0.5)


def images_of_class(teachers, label, images, rng):
    """Gaussian images that each teacher gives this label, (draws, images, dimension)."""
    images = whole_number("images", images)
    label = whole_number("label", label, 0, teachers.shape[1] - 1)
    sets = []
    for teacher in teachers:
        found = teachers.new_zeros(0, teacher.shape[-1])
        while len(found) < images:
            x = torch.from_numpy(rng.standard_normal((20 * images, teacher.shape[-1])))
            found = torch.cat([found, x[(x @ teacher.mT).argmax(-1) == label]])
        sets.append(found[:images])
    return torch.stack(sets)


def student_limit(teachers, images, start):
    """Where the linear student ends: W_0 + (W_T - W_0) P, like `teachers` (draws, classes, dimension).

    images (draws, m, dimension); start like `teachers`. P projects on the span of the images.
    """
    span = torch.linalg.pinv(images) @ images
    return start + (teachers - start) @ span


def linear_student(images, targets, start, temperature, *, steps, momentum=0.993):
    """Descent with momentum of a linear student on all images, (draws, classes, dimension).

    images (draws, m, dimension), targets (draws, m, classes), start (draws, classes, dimension). The
    learning rate is 1/(largest curvature), 2 m / |X|^2, since no softmax bends by more than 1/2.
    Images that are 0 pull at nothing: sets of different sizes may be filled up with them.
    """
    _temperature(temperature)
    if targets.shape != (*images.shape[:2], start.shape[1]):
        raise ValueError(f"targets must be (draws, m, classes), got {tuple(targets.shape)}")

    def gradient(weights, x, p):
        (w,) = weights
        z = x @ w.mT
        return ((temperature * (torch.softmax(z / temperature, -1) - p)).mT @ x,)

    rate = 2 / torch.linalg.matrix_norm(images, 2).square()
    rule = Momentum(rate, momentum)
    return descend(gradient, (start,), rule, problem=(images, targets), steps=steps).weights[0]


# --- networks ----------------------------------------------------------------------------------------


def draw_splits(images, labels, training, generators):
    """One split from each generator: (images, labels) to train on, (images, labels) to test on.

    Each is stacked over the draws: (draws, n, d_0) and (draws, n).
    """
    sets = [split(images, labels, training, g) for g in generators]
    return tuple(
        tuple(torch.stack([one[side][k] for one in sets]) for k in (0, 1)) for side in (0, 1)
    )


def draw_orders(images, steps, batch_size, generators):
    """Minibatches epoch after epoch, each epoch in a fresh order: (draws, steps, batch)."""
    images, steps = whole_number("images", images), whole_number("steps", steps)
    epochs = -(-steps * whole_number("batch_size", batch_size) // images)
    rows = [np.concatenate([g.permutation(images) for _ in range(epochs)]) for g in generators]
    used = np.array(rows)[:, : steps * batch_size]
    return torch.from_numpy(used.reshape(len(rows), steps, batch_size))


def of_classes(images, labels, classes):
    """The images of these classes only, of every draw: (images (draws, m, d_0), labels (draws, m)).

    m is what the draw with the fewest of them has; the others lose their last.
    """
    kept = torch.isin(labels, torch.as_tensor(list(classes)))
    if not kept.any(1).all():
        raise ValueError(f"classes must occur in every draw, got {list(classes)}")
    m = int(kept.sum(1).min())
    places = torch.stack([k.nonzero()[:m, 0] for k in kept])
    return torch.stack([x[at] for x, at in zip(images, places, strict=True)]), labels.gather(
        1, places
    )


def scores_of(network, images):
    """Scores of networks on their draw's images, (networks, n, classes); images (draws, n, d_0)."""
    weights, biases = network
    copies = len(weights[0]) // len(images)
    return logits(weights, biases, images.repeat(copies, 1, 1)).mT


def learn(start, images, targets, orders, *, learning_rate, temperature=1.0):
    """Adam on minibatches: {name: (weights, biases)} of the students, one kind of targets each.

    start: networks of all draws, copies x draws; images (draws, n, d_0); targets: {name: (draws, n,
    classes)}, probabilities at this temperature; orders (draws, steps, batch). Every kind sees the same
    start, images and order.
    """
    kinds, draws = list(targets), len(images)
    if not kinds or any(len(p) != draws for p in targets.values()):
        raise ValueError(f"targets must be one or more, each of {draws} draws")
    copies = len(start[0][0]) // draws
    arms = [x.view(copies, 1, draws, *x.shape[1:]) for part in start for x in part]
    arms = [x.expand(-1, len(kinds), *x.shape[2:]).flatten(0, 2) for x in arms]
    depth = len(start[0])
    run = train_apart(
        (tuple(arms[:depth]), tuple(arms[depth:])),
        (images.repeat(len(kinds), 1, 1), torch.cat([targets[kind] for kind in kinds])),
        orders.repeat(len(kinds), 1, 1),
        Adam(learning_rate),
        temperature=temperature,
    )
    ends = [x.view(copies, len(kinds), draws, *x.shape[1:]).unbind(1) for x in run.weights]
    ends = [[x.flatten(0, 1) for x in arm] for arm in zip(*ends, strict=True)]
    return {k: (tuple(w[:depth]), tuple(w[depth:])) for k, w in zip(kinds, ends, strict=True)}


def accuracy(scores, labels):
    """Share of images whose largest score is that of their label, (...,); scores (..., n, classes)."""
    return (scores.argmax(-1) == labels).double().mean(-1)


def class_accuracy(scores, labels):
    """The same for the images of every class alone: (..., classes); nan for a class without images."""
    hits = (scores.argmax(-1) == labels).double()
    own = torch.nn.functional.one_hot(labels, scores.shape[-1]).double()
    return (hits.unsqueeze(-2) @ own).squeeze(-2) / own.sum(-2)
