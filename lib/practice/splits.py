"""Small classifiers on many splits of the data side by side: their ends, and the curvature there.

All networks of a split see the same minibatches. Where they have one width a split is one matrix product; networks of
other widths are filled up with dead units.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, Trajectory, descend
from lib.practice.classifiers import check_depth, dead_units, hessian
from lib.practice.draws import check_orders, draw_order
from lib.practice.networks import (
    Network,
    check,
    check_labels,
    columns,
    evaluate,
    joined,
    mean_gradient,
)
from lib.practice.starts import uniform_start

# --- training --------------------------------------------------------------------------------------


def with_units(network: Network, units: int) -> Network:
    """Networks of one hidden layer with so many units: the last ones left out, or dead ones added.

    All weights of a dead unit are 0, and so is their gradient (the slope of a rectifier at 0 is 0 here): it stays as
    it is. Networks of several widths can so be trained side by side. Raises ValueError unless depth is 2.

    >>> net = uniform_start([4, 3, 2], 5, np.random.default_rng(0))
    >>> wide = with_units(net, 6)
    >>> tuple(wide.weights[1].shape), torch.equal(with_units(wide, 3).weights[1], net.weights[1])
    ((5, 2, 6), True)
    """
    check_depth(network)
    (first, second), (b, last) = network.weights, network.biases
    more = units - first.shape[1]  # a negative number cuts

    def padded(x, *after):
        return torch.nn.functional.pad(x, (*after, 0, more))

    return Network((padded(first, 0, 0), padded(second)), (padded(b), last))


def _minibatches(start, images, labels, orders, batch_size):
    """The `sees` of all sets: images (sets, batch, d_0) and one-hot labels (sets, classes, batch) of a step."""
    rows = images.to(start.weights[0].dtype).flatten(0, 1)
    hot = columns(start, labels).mT.flatten(0, 1)
    places = orders + images.shape[1] * torch.arange(len(images))[:, None, None]
    seen = [batch for epoch in places.unbind(1) for batch in epoch.split(batch_size, 1)]

    def minibatch_of_sets(t, who):
        at, shape = seen[t][who].flatten(), (len(who), -1)
        x, y = rows.index_select(0, at), hot.index_select(0, at)
        return x.unflatten(0, shape), y.unflatten(0, shape).mT.contiguous()

    return minibatch_of_sets


def train_on_splits(
    start: Network,
    sets: tuple,
    orders: Tensor,
    rule: Plain,
    *,
    batch_size: int,
    record: Record | None = None,
) -> Trajectory:
    """Training on many splits side by side, with the losses on both sides: a `descent.Trajectory`.

    start: sets x r networks, float64, those of a set neighbours, which see the same minibatches. sets: images
    (sets, m, d_0) and labels (sets, m) to train on, and the same to test on, as `draws.draw_splits` gives them.
    orders: (sets, epochs, m), the images of every epoch in their order; the last minibatch of one may be short.
    rule: as `descend` takes it, such as `Falling`; its rate is one number or (sets,).
    record: `at` counts epochs (0: the start); measure(network, images, labels, test images, test labels) is asked
    for each set apart and gives a dict of tensors (r, ...). Without it `train` and `test`, the mean losses [nats].
    The records are (records, sets r, ...).
    Raises DivergenceError; ValueError for shapes, labels and numbers that do not fit.

    >>> x, y = torch.eye(4, dtype=torch.float64)[None], torch.tensor([[0, 1, 0, 1]])
    >>> start = uniform_start([4, 3, 2], 5, np.random.default_rng(0))
    >>> order = torch.arange(4).expand(1, 3, 4)
    >>> run = train_on_splits(start, ((x, y), (x, y)), order, Plain(0.1), batch_size=2, record=Record([0, 3]))
    >>> run.records["test"].shape
    torch.Size([2, 5])
    """
    (images, labels), tests = sets
    batch_size = whole_number("batch_size", batch_size)
    count, epochs = _checked_splits(start, images, labels, orders), orders.shape[1]
    each, r = -(-images.shape[1] // batch_size), start.count // count

    def gradient(tensors, who, x, y):
        network = start.like([w.flatten(0, 1) for w in tensors])
        return tuple(g.unflatten(0, (-1, r)) for g in mean_gradient(network, x, y).tensors())

    def look(tensors, who):
        found = [
            measure(start.like([w[place] for w in tensors]), *(part[k] for part in given))
            for place, k in enumerate(who.tolist())
        ]
        return {name: torch.stack([part[name] for part in found]) for name in found[0]}

    if record is not None:
        measure, given = record.measure or losses, (images, labels, *tests)
        record = Record([each * whole_number("at", epoch, 0, epochs) for epoch in record.at], look)
    run = descend(
        gradient,
        tuple(w.unflatten(0, (count, r)) for w in start.tensors()),
        rule,
        steps=epochs * each,
        problem=(torch.arange(count),),
        sees=_minibatches(start, images, labels, orders, batch_size),
        record=record,
        stop=Stop(every=each),
    )
    return replace(
        run,
        weights=tuple(w.flatten(0, 1) for w in run.weights),
        records={name: found.flatten(1, 2) for name, found in run.records.items()},
        stopped=run.stopped.repeat_interleave(r),
        diverged=run.diverged.repeat_interleave(r),
    )


def _checked_splits(start, images, labels, orders):
    """The number of sets; ValueError for what does not fit."""
    count = len(images)
    if count == 0 or start.count % count:
        raise ValueError(f"networks must be a multiple of the {count} sets, got {start.count}")
    for x, y in zip(images, labels, strict=True):
        check(start, x)
        check_labels(start, x, y)
    if orders.ndim != 3 or orders.shape[::2] != labels.shape or orders.dtype != torch.int64:
        raise ValueError(
            f"orders must be int64 ({count}, epochs, {labels.shape[1]}), got {tuple(orders.shape)}"
        )
    check_orders(orders, count, images.shape[1], start.count)
    return count


def losses(
    network: Network, images: Tensor, labels: Tensor, test_images: Tensor, test_labels: Tensor
) -> dict[str, Tensor]:
    """Mean losses of training and test [nats], `train` and `test`, each (networks,)."""
    return {
        "train": evaluate(network, images, labels)[0],
        "test": evaluate(network, test_images, test_labels)[0],
    }


def losses_and_dead(network: Network, images: Tensor, *given: Tensor) -> dict[str, Tensor]:
    """`losses`, and the units that are `dead` on the training images, (networks,)."""
    return losses(network, images, *given) | {"dead": dead_units(network, images)}


# --- starts and orders that are drawn --------------------------------------------------------------


class SplitRun(NamedTuple):
    """What `train_drawn` brings back.

    units: of the networks of each place, (places,); start, end: places x r networks, as wide as the widest, those of
    a place neighbours; records: name -> (places, records, r), numpy.
    """

    units: list[int]
    start: Network
    end: Network
    records: dict[str, np.ndarray]

    def stacked(self, *names: str) -> np.ndarray:
        """These records side by side, (places, names, records, r)."""
        return np.stack([self.records[name] for name in names], 1)


def train_drawn(
    sets: tuple,
    units: Sequence[int],
    networks: int,
    rule: Callable[[int], Plain],
    rng: np.random.Generator,
    *,
    epochs: int,
    batch_size: int,
    record: Record | None = None,
) -> SplitRun:
    """Networks of one hidden layer on some splits, starts and orders drawn from `rng`: a `SplitRun`.

    sets: as in `train_on_splits`. units: of the hidden layer; the places are units x splits, the splits innermost, and
    place after place is drawn its start (`starts.uniform_start`) of `networks` networks, and its order.
    rule(steps): the rule of a run of so many steps, such as `partial(Falling, 0.5)`. record: as in `train_on_splits`.

    >>> x, y = torch.eye(4, dtype=torch.float64)[None], torch.tensor([[0, 1, 0, 1]])
    >>> run = train_drawn(((x, y), (x, y)), [2, 3], 5, lambda steps: Plain(0.1), np.random.default_rng(0),
    ...                   epochs=2, batch_size=3, record=Record([0, 2]))
    >>> run.units, run.records["test"].shape
    ([2, 3], (2, 2, 5))
    """
    (images, labels), _ = sets
    splits, m = labels.shape
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    places = [h for h in units for _ in range(splits)]
    sizes, starts, orders = (images.shape[-1], int(labels.max()) + 1), [], []
    for h in places:
        starts.append(uniform_start([sizes[0], h, sizes[1]], networks, rng))
        orders.append(draw_order(m, epochs * m, [rng]).view(1, epochs, m))
    widest = max(one.weights[0].shape[1] for one in starts)
    start = joined([with_units(one, widest) for one in starts])
    many = [[torch.cat([part] * len(units)) for part in side] for side in sets]
    run = train_on_splits(
        start,
        many,
        torch.cat(orders),
        rule(epochs * -(-m // batch_size)),
        batch_size=batch_size,
        record=record,
    )
    records = {
        name: found.unflatten(1, (-1, networks)).transpose(0, 1).numpy()
        for name, found in run.records.items()
    }
    return SplitRun(places, start, start.like(run.weights), records)


def spectra(run: SplitRun, sets: tuple) -> dict[int, np.ndarray]:
    """Eigenvalues of the exact Hessian at start and end: {units: (splits, 2, networks, D)}.

    Of the mean loss on the training images of each split, in all parameters of a network of so many units.
    sets: as `train_drawn` was given them.
    """
    (images, labels), _ = sets
    found, r = {}, run.start.count // len(run.units)
    for place, h in enumerate(run.units):
        own, k = slice(r * place, r * place + r), place % len(images)
        pair = [with_units(net.map(lambda x, own=own: x[own]), h) for net in (run.start, run.end)]
        values = [np.linalg.eigvalsh(hessian(net, images[k], labels[k])) for net in pair]
        found.setdefault(h, []).append(values)
    return {h: np.array(pairs) for h, pairs in found.items()}
