"""Start scales of ReLU networks on digits: layer-wise and balanced starts (Arora et al. 2018)."""

from collections.abc import Sequence

import numpy as np
import torch

from lib import linear_networks as ln
from lib.descent import Plain
from lib.practice.classifiers import train_together
from lib.practice.networks import Network, evaluate
from lib.trajectories.initialization import at_scales, product_scale


def relu_ends(
    images: torch.Tensor,
    labels: torch.Tensor,
    widths: Sequence[int],
    scales: Sequence[float],
    products: Sequence[float],
    networks: int,
    rng: np.random.Generator,
    **training,
) -> dict[str, tuple]:
    """Final training loss of ReLU networks from both starts: {scheme: (scale, product, losses)}.

    Arora et al. 2018, section 4: `layer-wise` at these `scales` of an entry, `balanced` (procedure 1
    as if the network were linear, with random rotations between the layers) at these `products`,
    and `balanced, equal product` at the products of the layer-wise ones. Biases start at 0. Each start
    is drawn once at scale 1; all networks see the same minibatches. losses: (k, networks) [nats],
    inf where training diverged. Pixels that are 0 in all images are left out: their weights would
    neither act nor move. float32, for speed: nothing here asks for small numbers.
    training: `learning_rate`, `batch_size`, `epochs` of `classifiers.train_together`.

    >>> x, y = torch.ones(4, 6), torch.tensor([0, 1, 0, 1])
    >>> ends = relu_ends(x, y, [6, 3, 2], [0.1, 1.0], [0.1], 2, np.random.default_rng(0),
    ...                  learning_rate=0.1, batch_size=2, epochs=1)
    >>> [tuple(losses.shape) for _, _, losses in ends.values()]
    [(2, 2), (1, 2), (2, 2)]
    """
    scales, products = np.asarray(scales, float), np.asarray(products, float)
    lit, root = images.amax(0) > 0, 1 / (len(widths) - 1)
    layered = ln.gaussian_weights(widths, networks, rng)
    matrix = rng.standard_normal((networks, widths[-1], widths[0]))
    even = ln.balanced_factors(torch.from_numpy(matrix), widths, rng)
    equal = product_scale(widths) * scales ** (len(widths) - 1)
    arms = {
        "layer-wise": (scales, equal, at_scales(layered, scales)),
        "balanced": (products, products, at_scales(even, products**root)),
        "balanced, equal product": (scales, equal, at_scales(even, equal**root)),
    }
    joined = zip(*(starts for *_, starts in arms.values()), strict=True)
    first, *rest = (torch.cat(layers).float() for layers in joined)
    weights = (first[:, :, lit].contiguous(), *rest)
    start = Network(weights, tuple(torch.zeros(w.shape[:2]) for w in weights))
    seen = images[:, lit], labels
    rule = Plain(training.pop("learning_rate"))
    run = train_together(start, *seen, rule, rng=rng, diverged="keep", **training)
    losses = evaluate(start.like(run.weights), *seen)[0].double()
    losses = losses.nan_to_num(torch.inf, torch.inf).masked_fill(run.diverged >= 0, torch.inf)
    pieces = losses.split([len(scale) * networks for scale, *_ in arms.values()])
    return {
        name: (scale, product, piece.view(-1, networks))
        for (name, (scale, product, _)), piece in zip(arms.items(), pieces, strict=True)
    }
