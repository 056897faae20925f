"""Distillation: what a student learns from the probabilities of a teacher (Hinton, Vinyals, Dean 2015).

Targets are the teacher's probabilities at temperature T, p = softmax(v / T), v its scores. The loss of a
student with scores z is T^2 times the cross-entropy of softmax(z / T) against p; its gradient in z is

    T (softmax(z / T) - softmax(v / T))  =  (z - v) / C + O(1/T)     (both centred over the C classes)

(their equation 4, recalled). A linear student z = W x moves by sums of (something) x^T only: it never leaves
W_0 + (matrices whose rows lie in the span of the images), and the loss is convex. From W_0 it ends at

    W_0 + (W_T - W_0) P,   P the projection on the span of the images,

W_T the teacher, both centred over classes (derived here; Phuong and Lampert 2019 for two classes, recalled).

Networks are those of `networks`. A draw is a split of the data with starts and orders of its own; all arms
(kinds of targets) share it. Targets are (draws, n, classes).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Adam, Momentum, descend
from lib.practice.classifiers import train_apart
from lib.practice.networks import Network, accuracy, scores

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


def soften(scores: Tensor, temperature: float) -> Tensor:
    """Probabilities softmax(scores / T) over the last dimension, the classes.

    >>> soften(torch.tensor([0.0, 2.0], dtype=torch.float64), 2).numpy().round(3).tolist()
    [0.269, 0.731]
    """
    return torch.softmax(_floats("scores", scores) / _temperature(temperature), -1)


def ensemble_targets(scores: Tensor, temperature: float) -> Tensor:
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


def spread_evenly(targets: Tensor) -> Tensor:
    """The same confidence in the likeliest class, the rest spread evenly over the others.

    >>> spread_evenly(torch.tensor([0.25, 0.75, 0.0], dtype=torch.float64)).tolist()
    [0.125, 0.75, 0.125]
    """
    top, others = _others(targets)
    rest = (1 - targets.gather(-1, top)) / others.shape[-1]
    return targets.scatter(-1, others, rest.expand(others.shape))


def permuted(targets: Tensor, generators: Sequence[np.random.Generator]) -> Tensor:
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


def hardened(targets: Tensor) -> Tensor:
    """Probability 1 for the likeliest class."""
    return torch.zeros_like(targets).scatter(-1, _others(targets)[0], 1.0)


def smoothed(targets: Tensor, confidence: float) -> Tensor:
    """This probability for the likeliest class of every image, the rest spread evenly over the others.

    Label smoothing where the targets are labels (Szegedy et al. 2016, section 7, recalled). Raises ValueError
    unless the confidence lies between 1/classes and 1.

    >>> smoothed(torch.tensor([0.25, 0.75, 0.0], dtype=torch.float64), 0.5).tolist()
    [0.25, 0.5, 0.25]
    """
    classes, hard = targets.shape[-1], hardened(targets)
    if not 1 / classes <= confidence <= 1:
        raise ValueError(f"confidence must lie between 1/{classes} and 1, got {confidence}")
    return confidence * hard + (1 - confidence) / (classes - 1) * (1 - hard)


# --- the gradient at high temperature ----------------------------------------------------------------


def soft_gradient(scores: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Derivative of T^2 cross-entropy in the scores: T (softmax(z / T) - softmax(v / T)), (..., classes).

    >>> z = torch.tensor([1.0, 0.0], dtype=torch.float64)
    >>> [round(x, 3) for x in soft_gradient(z, 0 * z, 1).tolist()]
    [0.231, -0.231]
    """
    return temperature * (soften(scores, temperature) - soften(teacher, temperature))


def centred(scores: Tensor) -> Tensor:
    """Scores less their mean over the classes, which no softmax sees."""
    return scores - scores.mean(-1, keepdim=True)


def matching_gradient(scores: Tensor, teacher: Tensor) -> Tensor:
    """What the soft gradient becomes at high temperature, (z - v) / C with both centred."""
    return centred(scores - teacher) / scores.shape[-1]


def matching_error(scores: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """First term of the relative error of `matching_gradient`: |c(z^2) - c(v^2)| / (2 T |z - v|), (...,).

    z, v: the centred scores, c: centring (derived here).
    """
    z, v = centred(scores), centred(teacher)
    return centred(z * z - v * v).norm(dim=-1) / (
        2 * _temperature(temperature) * (z - v).norm(dim=-1)
    )


def relative_error(scores: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """What `soft_gradient` differs from `matching_gradient` by, in units of the latter: (...,).

    >>> z = torch.tensor([1.0, 0.0], dtype=torch.float64)
    >>> round(relative_error(z, 0 * z, 1).item(), 3)
    0.076
    """
    matched = matching_gradient(scores, teacher)
    off = soft_gradient(scores, teacher, temperature) - matched
    return off.norm(dim=-1) / matched.norm(dim=-1)


# --- a linear student --------------------------------------------------------------------------------


def draw_teachers(
    draws: int, classes: int, dimension: int, size: float, rng: np.random.Generator
) -> Tensor:
    """Linear teachers (draws, classes, dimension), centred over classes; logits of sd `size`, nearly."""
    found = torch.from_numpy(rng.standard_normal((draws, classes, dimension)))
    return (found - found.mean(1, keepdim=True)) * (size / dimension**0.5)


def images_of_class(teachers: Tensor, label: int, images: int, rng: np.random.Generator) -> Tensor:
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


def student_limit(teachers: Tensor, images: Tensor, start: Tensor) -> Tensor:
    """Where the linear student ends: W_0 + (W_T - W_0) P, like `teachers` (draws, classes, dimension).

    images (draws, m, dimension); start like `teachers`. P projects on the span of the images.
    """
    span = torch.linalg.pinv(images) @ images
    return start + (teachers - start) @ span


def agreement(
    teachers: Tensor, students: Tensor, rng: np.random.Generator, images: int = 1000
) -> Tensor:
    """Share of fresh Gaussian images to which student and teacher give the same class: (..., draws).

    teachers (draws, classes, dimension); students (..., draws, classes, dimension). All students see the
    same images of their draw.
    """
    draws, _, dimension = teachers.shape
    fresh = torch.from_numpy(rng.standard_normal((draws, images, dimension)))
    return accuracy(fresh @ students.mT, (fresh @ teachers.mT).argmax(-1))


def agreement_by_images(
    teachers: Tensor, counts: Iterable[int], rng: np.random.Generator
) -> Tensor:
    """`agreement` of the limits from 0 on so many images of class 0, each the first of more: (counts, draws)."""
    counts = list(counts)
    images = images_of_class(teachers, 0, max(counts), rng)
    limits = [student_limit(teachers, images[:, :m], 0 * teachers) for m in counts]
    return agreement(teachers, torch.stack(limits), rng)


def linear_student(
    images: Tensor,
    targets: Tensor,
    start: Tensor,
    temperature: float,
    *,
    steps: int,
    momentum: float = 0.993,
) -> Tensor:
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


def of_classes(images: Tensor, labels: Tensor, classes: Iterable[int]) -> tuple[Tensor, Tensor]:
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


def learn_from(
    start: Network,
    images: Tensor,
    targets: dict[str, Tensor],
    orders: Tensor,
    *,
    learning_rate: float,
    temperature: float = 1.0,
) -> dict[str, Network]:
    """Adam on minibatches: {name: `Network`} of the students, one kind of targets each.

    start: networks of all draws, copies x draws; images (draws, n, d_0); targets: {name: (draws, n,
    classes)}, probabilities at this temperature; orders (draws, steps, batch). Every kind sees the same
    start, images and order.
    """
    kinds, draws = list(targets), len(images)
    if not kinds or any(len(p) != draws for p in targets.values()):
        raise ValueError(f"targets must be one or more, each of {draws} draws")
    copies = start.count // draws
    arms = start.map(
        lambda x: (
            x.view(copies, 1, draws, *x.shape[1:])
            .expand(-1, len(kinds), draws, *x.shape[1:])
            .flatten(0, 2)
        )
    )
    run = train_apart(
        arms,
        (images.repeat(len(kinds), 1, 1), torch.cat([targets[kind] for kind in kinds])),
        orders.repeat(len(kinds), 1, 1),
        Adam(learning_rate),
        temperature=temperature,
    )
    ended = arms.like(run.weights)

    def of_kind(k):
        return ended.map(
            lambda x: x.view(copies, len(kinds), draws, *x.shape[1:])[:, k].flatten(0, 1)
        )

    return {kind: of_kind(k) for k, kind in enumerate(kinds)}


def at_best_rates(
    start: Network,
    images: Tensor,
    targets: dict[str, Tensor],
    orders: Tensor,
    tests: tuple[Tensor, Tensor],
    *,
    rates: Iterable[float],
    temperature: float = 1.0,
) -> dict[str, tuple[float, Network]]:
    """`learn_from` at each of these rates: {name: (rate of the highest mean accuracy, `Network`)}.

    tests: (images (draws, m, d_0), labels (draws, m)) that decide. One rate serves all draws of a kind. Where
    the start holds several copies the first of them decides, and all are trained at its best rate.
    """
    first, best = start.map(lambda x: x[: len(images)]), {}
    for rate in rates:
        way = {"learning_rate": rate, "temperature": temperature}
        for kind, network in learn_from(first, images, targets, orders, **way).items():
            right = accuracy(scores(network, tests[0]), tests[1]).mean().item()
            if kind not in best or right > best[kind][0]:
                best[kind] = right, rate, network
    found = {kind: (rate, network) for kind, (_, rate, network) in best.items()}
    if start.count == first.count:
        return found
    for kind, (rate, _) in found.items():
        way = {"learning_rate": rate, "temperature": temperature}
        own = learn_from(start, images, {kind: targets[kind]}, orders, **way)
        found[kind] = rate, own[kind]
    return found


def class_accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of right answers (`networks.accuracy`) on the images of every class alone: (..., classes); nan for a class without images."""
    hits = (scores.argmax(-1) == labels).double()
    own = torch.nn.functional.one_hot(labels, scores.shape[-1]).double()
    return (hits.unsqueeze(-2) @ own).squeeze(-2) / own.sum(-2)
