"""Winning tickets: sparse networks found by pruning, rewound to the start and trained again.

Iterative magnitude pruning (Frankle, Carbin 2019, section 2, recalled). A mask m holds 0 or 1 for every
weight. Each round trains m * W_0 to W, closes in every layer the open weights that ended smallest, and
rewinds the rest to W_0. The network (W_0, m) is the ticket. What makes it one is asked by arms that take
away one thing each: the start (new weights), the places (a shuffled mask), the sizes (one size for a
layer), the signs (random ones); the last two after Zhou et al. 2019.

Weights are tuples of (networks, d_j, d_(j-1)), one network a draw; a mask is shaped like them. Biases
are never pruned and start at 0. A draw is a split, a start and an order of the examples, that all arms
share.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Adam, Record, snapped
from lib.practice.classifiers import train_apart
from lib.practice.draws import batches, draw_problems
from lib.practice.networks import Network, evaluate
from lib.practice.starts import check_generators, glorot, normal_start

Tensors = tuple[Tensor, ...]


class TicketDraws(NamedTuple):
    """Independent draws, side by side.

    training, validation, tests: (images (draws, n, d_0), labels (draws, n)); start: the weights
    W_0, one network a draw; order: (draws, steps, batch), the images of every minibatch.
    """

    training: tuple
    validation: tuple
    tests: tuple
    start: tuple
    order: torch.Tensor


class Ticket(NamedTuple):
    """What training makes of the networks of one arm, at every learning rate.

    weights: the final ones, each (rates * draws, d_j, d_(j-1)), the draws innermost; accuracy: (rates, draws),
    on the tests, at the end; steps: (looks,); validation_loss [nats], validation_accuracy: (looks, rates,
    draws), after these steps.
    """

    weights: tuple
    accuracy: np.ndarray
    steps: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray

    @property
    def best(self) -> int:
        """The place of the rate that reads the validation images best at the end, in the mean over the draws."""
        return int(self.validation_accuracy[-1].mean(-1).argmax())

    def at_best(self, values: np.ndarray | None = None) -> np.ndarray:
        """Of values (..., rates, draws) those at the best rate, (..., draws); of the accuracy if none are given."""
        return (self.accuracy if values is None else values)[..., self.best, :]


class Round(NamedTuple):
    """One round of pruning: the mask it started from, and what training made of the ticket."""

    mask: tuple
    trained: Ticket


# --- starts --------------------------------------------------------------------------------------


def _drawn(shapes, generators, draw):
    """draw(generator, shape) for every generator and shape: tuple of (draws, *shape)."""
    rows = [[draw(g, shape) for shape in shapes] for g in generators]
    return tuple(torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))


def new_weights(widths: Sequence[int], generators: Sequence[np.random.Generator]) -> Tensors:
    """Weights drawn from N(0, 2 / (d_(j-1) + d_j)), one network a numpy generator.

    The start of Frankle and Carbin 2019 (recalled), after Glorot and Bengio 2010. widths: d_0..d_N.
    Raises ValueError as `starts.normal_start`.

    >>> [tuple(w.shape) for w in new_weights([4, 3, 2], [np.random.default_rng(0)])]
    [(1, 3, 4), (1, 2, 3)]
    """
    return normal_start(widths, generators, glorot).weights


def draw_tickets(
    images: Tensor,
    labels: Tensor,
    training: int,
    validation: int,
    epochs: int,
    batch_size: int,
    widths: Sequence[int],
    generators: Sequence[np.random.Generator],
) -> TicketDraws:
    """One split, start and order of the examples from each numpy generator: `TicketDraws`.

    training, validation: numbers of images, the others are tests; epochs: passes over the training
    images in minibatches of `batch_size`, which must divide them; widths: d_0..d_N. Pixels are
    `descent.snapped`.
    """
    batch_size, validation = (
        whole_number("batch_size", batch_size),
        whole_number("validation", validation, 1, len(images) - training - 1),
    )
    if training % batch_size:
        raise ValueError(f"batch_size must divide the {training} images, got {batch_size}")
    examples = whole_number("epochs", epochs) * training
    # Of equal weights on equal pixels a unit's sum may be 0: on the grid it is so on every processor.
    (images,) = snapped((images.clone(),))
    found = draw_problems(images, labels, training, examples, widths, generators)
    return TicketDraws(
        (found.images, found.labels),
        tuple(x[:, :validation] for x in found.tests),
        tuple(x[:, validation:] for x in found.tests),
        new_weights(widths, generators),
        batches(found.order, batch_size),
    )


def constant_size(weights: Tensors) -> Tensors:
    """Every weight with its sign, at the root mean square of its layer and network, `descent.snapped`.

    >>> constant_size((torch.tensor([[[1.0, -7.0]]], dtype=torch.float64),))[0].tolist()
    [[[5.0, -5.0]]]
    """
    sizes = snapped([w.square().mean((1, 2), keepdim=True).sqrt() for w in weights])
    return tuple(w.sign() * size for w, size in zip(weights, sizes, strict=True))


def random_signs(weights: Tensors, generators: Sequence[np.random.Generator]) -> Tensors:
    """Every weight at its size, with a fair random sign; one numpy generator a network."""
    check_generators(generators, len(weights[0]))
    shapes = [w.shape[1:] for w in weights]
    signs = _drawn(shapes, generators, lambda g, s: 2.0 * g.integers(0, 2, s) - 1)
    return tuple(w.abs() * sign for w, sign in zip(weights, signs, strict=True))


# --- masks ---------------------------------------------------------------------------------------


def open_mask(weights: Tensors) -> Tensors:
    """The mask that closes nothing: ones shaped like the weights."""
    return tuple(torch.ones_like(w) for w in weights)


def masked(weights: Tensors, mask: Tensors) -> Tensors:
    """The weights, with 0 where the mask is closed."""
    return tuple(w * m for w, m in zip(weights, mask, strict=True))


def keep_largest(weights: Tensors, mask: Tensors, keep: Sequence[float]) -> Tensors:
    """The mask that leaves open, of the open weights of each layer, this share: the largest in size.

    keep: one share in (0, 1] for each layer; every network of a layer keeps the same number, that of
    keep * open rounded, at least 1. Raises ValueError for other shares, and masks whose networks
    have not the same number of open weights.

    >>> w, m = torch.tensor([[[0.1, -3.0, 2.0, 9.0]]]), torch.tensor([[[1.0, 1.0, 1.0, 0.0]]])
    >>> keep_largest((w,), (m,), [2 / 3])[0].tolist()
    [[[0.0, 1.0, 1.0, 0.0]]]
    """
    if len(keep) != len(weights) or not all(0 < k <= 1 for k in keep):
        raise ValueError(f"keep must be {len(weights)} shares in (0, 1], got {keep}")
    found = []
    for w, m, k in zip(weights, mask, keep, strict=True):
        left = m.flatten(1).sum(1)
        if (left != left[0]).any():
            raise ValueError("mask must have as many open weights in every network")
        sizes = torch.where(m > 0, w.abs(), -1.0).flatten(1)
        # Snapped weights tie: the first of them, on every processor, which topk does not promise.
        largest = sizes.argsort(dim=1, descending=True, stable=True)
        largest = largest[:, : max(1, round(float(left[0]) * k))]
        found.append(torch.zeros_like(sizes).scatter_(1, largest, 1).view(w.shape))
    return tuple(found)


def shuffled(mask: Tensors, generators: Sequence[np.random.Generator]) -> Tensors:
    """As many open weights in every layer of every network, at random places."""
    check_generators(generators, len(mask[0]))
    shapes = [m.shape[1:].numel() for m in mask]
    orders = _drawn(shapes, generators, lambda g, n: g.permutation(n))
    return tuple(
        m.flatten(1).gather(1, order).view(m.shape) for m, order in zip(mask, orders, strict=True)
    )


def kept_share(mask: Tensors) -> Tensor:
    """The share of all weights that is open, (networks,)."""
    return torch.cat([m.flatten(1) for m in mask], 1).mean(1)


def same_sign(weights: Tensors, others: Tensors, mask: Tensors) -> Tensor:
    """The share of the open weights that have the same sign in both, (networks,)."""
    same = [(m * (w * v > 0)).flatten(1) for w, v, m in zip(weights, others, mask, strict=True)]
    return torch.cat(same, 1).sum(1) / torch.cat([m.flatten(1) for m in mask], 1).sum(1)


# --- training ------------------------------------------------------------------------------------


def _at_each_rate(tensors, networks):
    """Tensors of one network a draw, repeated for every rate; those that are for each rate already, as they are."""
    return tuple(x.repeat(networks // len(x), 1, 1) for x in tensors)


def train_arms(
    draws: TicketDraws,
    arms: dict[str, tuple[Tensors, Tensors]],
    *,
    rates: Sequence[float],
    looks: Sequence[int],
) -> dict[str, Ticket]:
    """Adam on every arm of every draw at every learning rate, side by side: {name: Ticket}.

    arms: {name: (weights, mask)}, each of one network a draw, or of rates * draws, the draws innermost;
    closed weights are set to 0 and stay there. looks: the steps after which loss and accuracy on the
    validation images are kept, one or more. Weights are `descent.snapped` after every step.
    Raises ValueError for arms that are neither, and DivergenceError.
    """
    count = len(draws.order)
    networks = len(rates) * count
    for name, arm in arms.items():
        shapes = [[x.shape[1:] for x in part] for part in (draws.start, *arm)]
        if shapes[1:] != shapes[:1] * 2 or {len(x) for x in sum(arm, ())} - {count, networks}:
            raise ValueError(f"arms must be shaped like the start, {name!r} is not")
    if not len(looks):
        raise ValueError("looks must be one step or more")

    def measure(network, who):
        loss, accuracy = evaluate(network, *(x[who % count] for x in draws.validation))
        return {"loss": loss, "accuracy": accuracy}

    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(count)
    found = {}
    for name, arm in arms.items():  # one by one: together they would not fit the cache
        weights, mask = (_at_each_rate(part, networks) for part in arm)
        weights = masked(weights, mask)
        start = Network(weights, tuple(w.new_zeros(w.shape[:2]) for w in weights))
        run = train_apart(
            start,
            draws.training,
            draws.order,
            Adam(rate, retraction=snapped),
            factors=Network(mask, ()),
            record=Record(looks, measure),
        )
        ended = start.like(run.weights)
        tests = (x.repeat(len(rates), *[1] * (x.ndim - 1)) for x in draws.tests)
        by_rate = (len(rates), count)
        found[name] = Ticket(
            ended.weights,
            evaluate(ended, *tests)[1].view(by_rate).numpy(),
            run.steps.numpy(),
            run.records["loss"].view(-1, *by_rate).numpy(),
            run.records["accuracy"].view(-1, *by_rate).numpy(),
        )
    return found


def prune_by_rounds(
    draws: TicketDraws,
    keep: Sequence[float],
    rounds: int,
    *,
    by: str = "size",
    dense: Ticket | None = None,
    **options,
) -> list[Round]:
    """Iterative pruning from the start of every draw, at every learning rate: a list of rounds + 1 `Round`.

    Round 0 is dense; each later one starts from the same weights and from what `keep_largest` leaves
    of the round before: keep is one share for each layer. by: "size", |W|, of the weights at the end
    (Frankle and Carbin 2019), or "movement", |W - W_0| (Zhou et al. 2019). dense: round 0, if it has been
    trained. options: those of `train_arms`. Raises ValueError for another word.
    """
    if by not in ("size", "movement"):
        raise ValueError(f"by must be 'size' or 'movement', got {by!r}")
    networks = len(options["rates"]) * len(draws.order)
    start = _at_each_rate(draws.start, networks)
    mask, found = open_mask(start), []
    for k in range(whole_number("rounds", rounds, 0) + 1):
        if k:
            ended = found[-1].trained.weights
            far = tuple(w - v for w, v in zip(ended, start, strict=True))
            mask = keep_largest(ended if by == "size" else far, mask, keep)
        trained = dense if k == 0 else None
        if trained is None:
            trained = train_arms(draws, {"ticket": (start, mask)}, **options)["ticket"]
        found.append(Round(mask, trained))
    return found
