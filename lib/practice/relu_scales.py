"""Start scales of ReLU networks on digits: layer-wise and balanced starts (Arora et al. 2018)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain
from lib.practice.classifiers import train_together
from lib.practice.networks import Network, evaluate


@dataclass(frozen=True)
class ReluEnds:
    """Final training losses [nats] from both starts, inf where training diverged: see `relu_ends`.

    scale, product: (k,) of an entry and of the product of the layer-wise starts; layered: (k, draws) their
    losses. products: (m,) the scales of the balanced starts, rising; balanced: (m, draws) their losses.
    """

    scale: np.ndarray
    product: np.ndarray
    layered: Tensor
    products: np.ndarray
    balanced: Tensor

    def balanced_at(self, scales: np.ndarray) -> Tensor:
        """The losses of the balanced starts at some of their scales: (scales, draws); ValueError for others."""
        if not np.isin(scales, self.products).all():
            raise ValueError(f"scales must be among {self.products.tolist()}, got {list(scales)}")
        return self.balanced[np.searchsorted(self.products, scales)]


def relu_ends(
    images: Tensor,
    labels: Tensor,
    widths: Sequence[int],
    scales: Sequence[float],
    draws: int,
    rng: np.random.Generator,
    **training,
) -> ReluEnds:
    """Final training loss of ReLU networks from both starts, over scales: `ReluEnds`.

    Arora et al. 2018, section 4: `layer-wise` at these `scales` of an entry, and `balanced` (procedure 1 as
    if the network were linear, with random rotations between the layers), at a product of the same scales
    and of those of the layer-wise products. Biases start at 0. In each draw the starts are drawn once, at
    scale 1, and all its networks see the same minibatches; every draw has its own. Pixels that are dark in
    99 of 100 images are taken as dark in all: their weights neither act nor move. float32, for speed: nothing
    here asks for small numbers. training: `learning_rate`, `batch_size`, `epochs` of `classifiers.train_together`.

    >>> x, y = torch.ones(4, 6), torch.tensor([0, 1, 0, 1])
    >>> ends = relu_ends(x, y, [6, 3, 2], [0.1, 1.0], 2, np.random.default_rng(0),
    ...                  learning_rate=0.1, batch_size=2, epochs=1)
    >>> tuple(ends.layered.shape), tuple(ends.balanced.shape)
    ((2, 2), (4, 2))
    """
    scales, depth = np.asarray(scales, float), len(widths) - 1
    equal = ln.product_scale(widths) * scales**depth
    products = np.unique(np.concatenate([scales, equal]))
    lit = (images > 0).double().mean(0) > 0.01
    seen = images[:, lit], labels
    options, rule = dict(training), Plain(training["learning_rate"])
    del options["learning_rate"]
    found = []
    for _ in range(draws):
        layered = ln.gaussian_weights(widths, 1, rng)
        matrix = torch.from_numpy(rng.standard_normal((1, widths[-1], widths[0])))
        even = ln.balanced_factors(matrix, widths, rng)
        starts = ln.at_scales(layered, scales), ln.at_scales(even, products ** (1 / depth))
        first, *rest = (torch.cat(both).float() for both in zip(*starts, strict=True))
        weights = (first[:, :, lit].contiguous(), *rest)
        start = Network(weights, tuple(torch.zeros(w.shape[:2]) for w in weights))
        run = train_together(start, *seen, rule, rng=rng, diverged="keep", **options)
        losses = evaluate(start.like(run.weights), *seen)[0].double()
        losses = losses.nan_to_num(torch.inf, torch.inf).masked_fill(run.diverged >= 0, torch.inf)
        found.append(losses)
    layered, balanced = torch.stack(found, 1).split([len(scales), len(products)])
    return ReluEnds(scales, equal, layered, products, balanced)
