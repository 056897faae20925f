"""Independent draws, side by side: a split of the data, a start, an order of the examples; minibatches of them.

Every draw has a numpy generator of its own, and none depends on how many draws there are. All arms of an
experiment share its draws: networks are arms x draws, the draws innermost, and network r has draw r mod draws.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.data import split
from lib.practice.networks import Network
from lib.practice.starts import check_generators, uniform_start


class Problems(NamedTuple):
    """Independent draws, side by side.

    images (draws, n, d_0), labels (draws, n): to train on; tests: (images, labels) to test on;
    start: one network a draw; order: (draws, examples), the examples one by one.
    """

    images: Tensor
    labels: Tensor
    tests: tuple[Tensor, Tensor]
    start: Network
    order: Tensor


def draw_splits(
    images: Tensor, labels: Tensor, training: int, generators: Sequence[np.random.Generator]
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """One split from each generator: (images, labels) to train on, (images, labels) to test on.

    Each is stacked over the draws: (draws, n, d_0) and (draws, n). Raises ValueError as `data.split`.
    """
    check_generators(generators)
    sets = [split(images, labels, training, g) for g in generators]
    return tuple(
        tuple(torch.stack([one[side][k] for one in sets]) for k in (0, 1)) for side in (0, 1)
    )


def some_splits(sets: tuple, which: slice) -> tuple:
    """Some of the splits that `draw_splits` gives, in the same form."""
    return tuple(tuple(part[which] for part in side) for side in sets)


def draw_order(
    images: int,
    examples: int,
    generators: Sequence[np.random.Generator],
    *,
    whole_batches: int | None = None,
) -> Tensor:
    """So many examples, epoch after epoch, each in a fresh order: int64 (draws, examples) below `images`.

    whole_batches=B: only as many images of an epoch as fill minibatches of B; the others are left out.

    >>> draw_order(3, 5, [np.random.default_rng(0)] * 2).shape
    torch.Size([2, 5])
    """
    images, examples = whole_number("images", images), whole_number("examples", examples)
    check_generators(generators)
    size = whole_number("batch_size", whole_batches or 1, 1, images)
    used = images // size * size
    epochs = range(-(-examples // used))
    rows = [np.concatenate([g.permutation(images)[:used] for _ in epochs]) for g in generators]
    return torch.from_numpy(np.stack(rows)[:, :examples])


def batches(order: Tensor, size: int, steps: int | None = None) -> Tensor:
    """The first minibatches of this size in an order (draws, examples): (draws, steps, size).

    Raises ValueError for more steps than there are examples.

    >>> batches(torch.arange(6)[None], 2).tolist()
    [[[0, 1], [2, 3], [4, 5]]]
    """
    draws, examples = order.shape
    size = whole_number("batch_size", size, 1, examples)
    steps = whole_number("steps", examples // size if steps is None else steps, 0, examples // size)
    return order[:, : steps * size].reshape(draws, steps, size)


def draw_problems(
    images: Tensor,
    labels: Tensor,
    training: int,
    examples: int,
    widths: Sequence[int],
    generators: Sequence[np.random.Generator],
) -> Problems:
    """One split, start (`starts.uniform_start`) and order from each numpy generator: `Problems`.

    training: images to train on, the rest are tests; examples: a multiple of it; widths: d_0..d_N.
    """
    sets, tests = draw_splits(images, labels, training, generators)
    parts = zip(*(uniform_start(widths, 1, g).tensors() for g in generators), strict=True)
    tensors = tuple(map(torch.cat, parts))
    start = Network(tensors[: len(widths) - 1], tensors[len(widths) - 1 :])
    if examples % training:
        raise ValueError(f"examples must be a multiple of the {training} images, got {examples}")
    return Problems(*sets, tests, start, draw_order(training, examples, generators))


def check_orders(orders: Tensor, sets: int, images: int, networks: int) -> None:
    """Raises ValueError unless these are minibatches of as many sets, each of so many images."""
    if orders.ndim != 3 or len(orders) != sets or orders.dtype != torch.int64:
        raise ValueError(f"orders must be int64 ({sets}, steps, batch), got {tuple(orders.shape)}")
    if networks % sets:
        raise ValueError(f"networks must be a multiple of the {sets} sets, got {networks}")
    if orders.numel() and not 0 <= int(orders.min()) <= int(orders.max()) < images:
        raise ValueError(f"orders must lie in 0..{images - 1}")


def minibatch(orders: Tensor, images: Tensor, *targets: Tensor) -> Callable:
    """The `sees` of `descend` for networks each on the minibatches of its draw.

    orders (draws, steps, batch): the images of every minibatch; images (draws, n, d_0); targets
    (draws, n, k), or (networks, n, k) where every network has its own. The first of the problem tensors must be
    the numbers of the networks. Gives images (networks, batch, d_0) and targets (networks, k, batch).

    >>> x = torch.arange(6.0).view(2, 3, 1)
    >>> sees = minibatch(torch.tensor([[[0, 2]], [[1, 1]]]), x, 10 * x)
    >>> [part.flatten().tolist() for part in sees(0, torch.tensor([1, 0]))]
    [[4.0, 4.0, 0.0, 2.0], [40.0, 40.0, 0.0, 20.0]]
    """
    draws, n = images.shape[:2]
    places = (orders + n * torch.arange(draws)[:, None, None]).transpose(0, 1).contiguous()
    rows, given = images.flatten(0, 1), [(y.flatten(0, 1), len(y) != draws) for y in targets]

    def sees(t, who, *_):
        draw = who % draws
        at = places[t][draw]
        own = at + (n * (who - draw))[:, None] if any(apart for _, apart in given) else at
        return _rows(rows, at), *(_rows(y, own if apart else at).mT for y, apart in given)

    return sees


def _rows(table, at):
    """table[at]: whole rows by the call that copies whole rows."""
    return table.index_select(0, at.flatten()).view(*at.shape, *table.shape[1:])
