"""Where descent starts: customary and balanced initialization of single-output deep linear networks.

The experiments of Arora et al. 2018 (section 4) minimise 1/2 |W_N ... W_1 - target|^2 with one output:
target and product are row vectors. Their data enter through the target alone (whitening), labels are
rescaled so that |target| = 1, and neither Gaussian start prefers a direction: any unit vector gives
the same law. Two further reductions are exact for every discrete step, and make a search over
thousands of (start, learning rate) pairs cheap:

* any start: the rows of W_1 never leave the span of the target and of their own start
  (`reduce_inputs`: 128 inputs become 33 at width 32);
* a balanced start: every hidden layer is one number a, and W_1 one vector, of which only the
  parts along and across the target matter (`balanced_state`).

Weights are tuples W_1..W_N as in `linear_networks`; everything is float64; the target has norm 1
unless a function takes it. Arora et al. 2018 is arXiv:1810.02281.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import whole_number
from lib.descent import Plain, Record, descend

# --- starts --------------------------------------------------------------------------------------


def _doubles(**tensors):
    """Refuse what is no float64 tensor, is not finite, or empty."""
    for name, x in tensors.items():
        if not isinstance(x, torch.Tensor) or x.dtype != torch.float64:
            raise ValueError(f"{name} must be a float64 tensor, got {getattr(x, 'dtype', type(x))}")
        if x.numel() == 0 or not torch.isfinite(x).all():
            raise ValueError(f"{name} must hold finite numbers, one or more")


def _generator(rng):
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy generator, got {type(rng).__name__}")
    return rng


def reduce_inputs(weights: Sequence[Tensor], target: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """The same descent with fewer inputs: (weights, target) in a basis of the rows that can move.

    Every gradient of W_1 has its rows in the span of the start's rows and the target's rows, so
    descent never leaves it: in an orthonormal basis of that span W_1 is (..., d_1, d_1 + d_N) and
    the target (..., d_N, d_1 + d_N); all other layers, the loss and its gradients are the same.
    Raises ValueError if that would not be fewer inputs, or for tensors that are not finite float64.

    >>> w = ln.gaussian_weights([9, 2, 1], 4, np.random.default_rng(0))
    >>> (first, _), target = reduce_inputs(w, torch.ones(4, 1, 9, dtype=torch.float64))
    >>> tuple(first.shape), tuple(target.shape)
    ((4, 2, 3), (4, 1, 3))
    """
    _doubles(target=target, **{f"W_{j}": w for j, w in enumerate(weights, 1)})
    rows = torch.cat([target.expand(*weights[0].shape[:-2], -1, -1), weights[0]], -2)
    if rows.shape[-2] > rows.shape[-1]:
        raise ValueError(
            f"reduce_inputs needs d_1 + d_N <= d_0, got {rows.shape[-2]} > {rows.shape[-1]}"
        )
    basis = torch.linalg.qr(rows.mT)[0]
    return (weights[0] @ basis, *weights[1:]), target @ basis


def at_scales(tensors: Sequence[Tensor], factors: ArrayLike) -> tuple[Tensor, ...]:
    """Every tensor (seeds, ...) times each factor (k,), in one batch: tuple of (k x seeds, ...).

    Factor by factor, so that a result (k x seeds,) is `.view(k, seeds)`. factors may also hold one
    row for each tensor (tensors, k). Raises ValueError for other factors.

    >>> at_scales((torch.tensor([1.0, 2.0]),), [1, 10])[0].tolist()
    [1.0, 2.0, 10.0, 20.0]
    """
    table = torch.as_tensor(np.asarray(factors), dtype=tensors[0].dtype)
    if table.ndim not in (1, 2) or (table.ndim == 2 and len(table) != len(tensors)):
        raise ValueError(f"factors must be (k,) or ({len(tensors)}, k), got {tuple(table.shape)}")
    table = table.expand(len(tensors), -1)
    return tuple(
        (f.view(-1, *[1] * x.ndim) * x).flatten(0, 1) for x, f in zip(tensors, table, strict=True)
    )


def product_scale(widths: Sequence[int], init_scale: float = 1.0) -> float:
    """Standard deviation of an entry of W_N ... W_1 under a layer-wise start: s^N sqrt(d_1 ... d_(N-1)).

    >>> product_scale([784, 128, 32, 10], 0.5)
    8.0
    """
    return init_scale ** (len(widths) - 1) * float(np.prod(widths[1:-1], dtype=float)) ** 0.5


def product_parts(
    widths: Sequence[int], init_scale: float, draws: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """End-to-end vectors of layer-wise starts, as their parts (along, across) a fixed unit target.

    A Gaussian matrix turns a vector into its length times a Gaussian vector, so W_N ... W_1 has a
    uniform direction and the length init_scale^N chi_(d_0) ... chi_(d_(N-1)), all independent: no
    matrix is drawn. widths [d_0, 1] give a Gaussian vector, the product of the balanced start.
    Returns two tensors (draws,): the part along the target, the length of the part across it.
    Raises ValueError unless d_N = 1.
    """
    if len(widths) < 2 or widths[-1] != 1 or widths[0] < 2:
        raise ValueError(f"widths must run from d_0 >= 2 to d_N = 1, got {list(widths)}")
    rng, draws = _generator(rng), whole_number("draws", draws, 1)
    along, across = rng.standard_normal(draws), np.sqrt(rng.chisquare(widths[0] - 1, draws))
    length = init_scale ** (len(widths) - 1) * np.ones(draws)
    for width in widths[1:-1]:
        length *= np.sqrt(rng.chisquare(width, draws))
    return torch.from_numpy(length * along), torch.from_numpy(length * across)


def balanced_state(along: Tensor, across: Tensor, depth: int) -> tuple[Tensor, Tensor, Tensor]:
    """Procedure 1 of Arora et al. 2018 at one output, reduced: (a, p, q), each (seeds,).

    The product's parts along and across the target fix the start: with r its length, the hidden
    layers are one number a = r^(1/N) each and W_1 is one vector of length a with the parts p and q.
    Descent keeps the N - 1 numbers equal and all other entries 0, exactly.
    Raises ValueError for a product of length 0, which has no direction.
    """
    _doubles(along=along, across=across)
    depth = whole_number("depth", depth, 1)
    if not (torch.hypot(along, across) > 0).all():
        raise ValueError("along and across must not both be 0")
    layer = torch.hypot(along, across) ** (1 / depth)
    return layer, along / layer ** (depth - 1), across / layer ** (depth - 1)


# --- descent, and the search over learning rates -------------------------------------------------


def _times(row, matrix):
    """Stacks of row @ matrix, by numpy: its BLAS is the faster one for small stacks."""
    return torch.from_numpy(np.matmul(row.numpy(), matrix.numpy()))


def layer_step(state: Sequence[Tensor], learning_rate: Tensor) -> Tensor:
    """One step of descent on single-output networks, in place; returns the loss before it, (seeds,).

    state: (W_1, ..., W_N, target), each (seeds, ., .), d_N = 1; learning_rate: (seeds,). The same
    step as `descend` on `linear_networks.gradients`: every gradient is an outer product here, and
    is added without being formed.
    """
    *weights, target = state
    above = [weights[-1]]
    for w in weights[-2::-1]:
        above.append(_times(above[-1], w))
    back = above.pop() - target
    loss = back.square().sum((-2, -1)) / 2
    back = back * -learning_rate[:, None, None]
    for w, upper in zip(weights[:-1], reversed(above), strict=True):
        below = _times(back, w.mT)
        w.addcmul_(upper.mT, back)
        back = below
    weights[-1].add_(back)
    return loss


def balanced_step(state: Sequence[Tensor], learning_rate: Tensor, depth: int) -> Tensor:
    """One step of descent from a balanced start, in place; returns the loss before it, (seeds,).

    state: (a, p, q) of `balanced_state`; with h = a^(N-1) and target 1 along:
    p <- p - eta h (h p - 1), q <- q - eta h^2 q, a <- a - eta a^(N-2) ((h p - 1) p + h q^2).
    """
    a, p, q = state
    lower = a ** (depth - 2)
    h = lower * a
    missing, extra = h * p - 1, h * q
    loss = (missing.square() + extra.square()) / 2
    change = learning_rate * lower * (missing * p + extra * q)
    step = learning_rate * h
    p.sub_(step * missing)
    q.sub_(step * extra)
    a.sub_(change)
    return loss


def _grid(learning_rates):
    rates = torch.as_tensor(learning_rates, dtype=torch.float64)
    if rates.ndim != 1 or len(rates) == 0 or not (torch.isfinite(rates) & (rates > 0)).all():
        raise ValueError(
            f"learning_rates must be positive and finite numbers, got {learning_rates}"
        )
    return rates


def _budget(final_loss, steps):
    if not (np.isfinite(final_loss) and final_loss > 0):
        raise ValueError(f"final_loss must be positive and finite, got {final_loss}")
    return whole_number("steps", steps, 0)


def _products_of_others(sizes):
    """The product over all layers but one, for each: (N, ...), without a division."""
    return torch.stack([torch.cat([sizes[:j], sizes[j + 1 :]]).prod(0) for j in range(len(sizes))])


def can_reach(norms: Tensor, learning_rates: ArrayLike, *, final_loss: float, steps: int) -> Tensor:
    """Which learning rates can bring a network to `final_loss` within `steps` at all: bool (rates, ...).

    norms: the largest singular values of W_1..W_N at the start, (N, ...). One step lengthens a layer
    by at most learning_rate (1 + P) P / ||W_j||, P = ||W_1|| ... ||W_N||, and the loss is above
    `final_loss` while P < 1 - sqrt(2 final_loss) (derived here; |target| = 1). False is a proof, True is not:
    from a tiny start the bound saves the search thousands of hopeless steps.
    Raises ValueError for norms that are negative or not finite.
    """
    rates, steps = _grid(learning_rates), _budget(final_loss, steps)
    _doubles(norms=norms)
    if (norms < 0).any():
        raise ValueError("norms must be >= 0")
    rates = rates.view(-1, *[1] * (norms.ndim - 1))
    goal = 1 - (2 * final_loss) ** 0.5
    sizes = norms[:, None] * torch.ones_like(rates)
    product = sizes.prod(0)
    for _ in range(steps):
        short = product < goal
        if not short.any():
            break
        others = _products_of_others(sizes)
        grown = sizes + rates * (1 + product) * others
        sizes = torch.where(short, grown, sizes)
        product = sizes.prod(0)
    return product >= goal


@torch.no_grad()
def fastest(
    step: Callable[..., Tensor],
    state: Sequence[Tensor],
    learning_rates: ArrayLike,
    *,
    final_loss: float,
    steps: int,
    possible: Tensor | None = None,
    block: int = 20,
) -> tuple[Tensor, Tensor]:
    """Steps to `final_loss` at the best learning rate of a grid, for every seed.

    step(state, rates) -> losses: one step of descent in place, such as `layer_step`. Every seed
    runs at all rates side by side until one of them gets there: that one is the fastest, and the
    others cost nothing from then on. A rate that diverges is out.

    state: tuple of (seeds, ...), not changed. steps: the most allowed. possible: bool
    (rates, seeds), False where a pair need not be run (`can_reach`). block: seeds run at once.
    Returns (steps (seeds,), inf where no rate gets there; learning rates (seeds,), nan there).
    Raises ValueError for a state that is not finite float64 with one row a seed, and a `possible`
    of another shape.
    """
    rates, steps = _grid(learning_rates), _budget(final_loss, steps)
    _doubles(**{f"state[{j}]": x for j, x in enumerate(state)})
    seeds, block = len(state[0]), whole_number("block", block, 1)
    if any(x.ndim == 0 or len(x) != seeds for x in state):
        raise ValueError(f"state must hold {seeds} seeds in every tensor")
    if possible is None:
        possible = torch.ones(len(rates), seeds, dtype=torch.bool)
    if tuple(possible.shape) != (len(rates), seeds):
        raise ValueError(f"possible must be ({len(rates)}, {seeds}), got {tuple(possible.shape)}")
    needed = torch.full((seeds,), torch.inf, dtype=torch.float64)
    chosen = torch.zeros(seeds, dtype=torch.float64)
    for members in torch.arange(seeds).split(block):
        which, column = possible[:, members].nonzero(as_tuple=True)
        seed, rate = members[column], rates[which]
        now = tuple(x[seed] for x in state)
        for t in range(steps + 1):
            if not len(seed):
                break
            with np.errstate(all="ignore"):  # a rate that is too large is data here
                losses = step(now, rate)
            new = (losses <= final_loss) & needed[seed].isinf()
            if new.any():
                needed[seed[new]] = t
                chosen.scatter_reduce_(0, seed[new], rate[new], "amax")
            if t % 10 == 0:
                alive = torch.isfinite(losses) & needed[seed].isinf()
                if alive.sum() <= 0.9 * len(seed):
                    now = tuple(x[alive] for x in now)
                    seed, rate = seed[alive], rate[alive]
    return needed, torch.where(needed.isinf(), torch.nan, chosen)


def reduction_check(
    inputs: Tensor,
    outputs: Tensor,
    widths: Sequence[int],
    seeds: int,
    rng: np.random.Generator,
    *,
    final_loss: float,
    learning_rate: float = 0.1,
    steps: int = 150,
) -> tuple[float, Tensor, Tensor]:
    """Descent on whitened data against its reductions: (excess loss off, steps on the data, steps reduced).

    Layer-wise (s = 0.1) and balanced starts (product of scale 0.1) of regression of one output with
    |target| = 1. off: largest difference between the loss above its optimum and the loss of
    `reduce_inputs`, layer-wise, over all steps and seeds; the steps to `final_loss`: (2, seeds) each.

    >>> x = torch.eye(6, dtype=torch.float64) * 6**0.5
    >>> y = torch.ones(1, 6, dtype=torch.float64)
    >>> off, on_data, reduced = reduction_check(x, y, [6, 3, 3, 1], 2, np.random.default_rng(0),
    ...                                         final_loss=1e-3)
    >>> off < 1e-12, torch.equal(on_data, reduced)
    (True, True)
    """
    target, constant = ln.whitened_problem(inputs, outputs)
    depth, options = len(widths) - 1, {"rule": Plain(learning_rate), "steps": steps}

    def on_the_data(start):
        return descend(
            lambda w: ln.regression_gradients(w, inputs, outputs),
            start,
            record=Record(
                range(steps + 1), lambda w: {"loss": ln.regression_loss(w, inputs, outputs)}
            ),
            **options,
        ).records["loss"]

    layered = ln.gaussian_weights(widths, seeds, rng, 0.1)
    vectors = torch.from_numpy(0.1 * rng.standard_normal((seeds, 1, widths[0])))
    balanced = ln.balanced_factors(vectors, widths, rng)
    excess = torch.stack([on_the_data(start) for start in (layered, balanced)]) - constant
    small, aim = reduce_inputs(layered, target)
    less = descend(
        ln.gradients,
        small,
        problem=(aim,),
        record=Record(range(steps + 1), lambda w, t: {"loss": ln.loss(w, t)}),
        **options,
    ).records["loss"]
    along = (vectors * target).sum((-2, -1))
    across = (vectors.square().sum((-2, -1)) - along**2).sqrt()
    count = partial(fastest, learning_rates=[learning_rate], final_loss=final_loss, steps=steps)
    counts = [
        count(layer_step, (*small, aim))[0],
        count(partial(balanced_step, depth=depth), balanced_state(along, across, depth))[0],
    ]
    reached = (excess <= final_loss).any(1)
    on_data = torch.where(reached, (excess > final_loss).double().cumprod(1).sum(1), torch.inf)
    return float((excess[0] - less).abs().max()), on_data, torch.stack(counts)


@dataclass(frozen=True)
class Search:
    """What `search_scales` finds for one scheme.

    scale: (k,) the scheme's own scale; product: (k,) the scale of the product W there.
    steps, rate: (k, seeds) steps to `final_loss` at the best learning rate, and that rate (inf, nan
        where none gets there).
    tried: share of the (scale, rate) pairs that had to be run.
    """

    scale: np.ndarray
    product: np.ndarray
    steps: torch.Tensor
    rate: torch.Tensor
    tried: float

    def best(self) -> float:
        """The least number of steps that half of the starts need, over the scales."""
        return float(self.steps.median(1).values.min())

    def decades(self, factor: float = 10) -> Tensor:
        """Decades of the scheme's scale that need at most `factor` times `best()`: (seeds,)."""
        return working_decades(self.scale, self.steps, factor * self.best())


def search_scales(
    widths: Sequence[int],
    products: ArrayLike,
    seeds: int,
    rng: np.random.Generator,
    *,
    learning_rates: ArrayLike,
    final_loss: float,
    steps: int,
) -> dict[str, Search]:
    """Steps to `final_loss` at the best learning rate, over scales of the product: {scheme: `Search`}.

    The protocol of Arora et al. 2018, section 4, for `layer-wise` (N(0, s^2) entries) and `balanced`
    starts (procedure 1) at one output and |target| = 1. Every start is drawn once, at scale 1, and
    multiplied. Only the rates below 2/N are tried: no minimum is flatter than N (the balanced one),
    so no other can stay there; it would pass through `final_loss` by luck, and rounding decides when.
    widths: d_0..d_N, d_N = 1; products: (k,) rising standard deviations of an entry of W.
    Raises ValueError for widths, scales, rates and budgets that do not fit.

    >>> found = search_scales([40, 4, 4, 1], [0.01, 0.1], 2, np.random.default_rng(0),
    ...                       learning_rates=[0.3], final_loss=1e-5, steps=300)
    >>> found["balanced"].steps.shape
    torch.Size([2, 2])
    """
    products, depth = np.asarray(products, float), len(widths) - 1
    if (
        not (products > 0).all()
        or not (np.diff(products) > 0).all()
        or depth < 1
        or widths[-1] != 1
    ):
        raise ValueError("products must be positive and rise, widths end in d_N = 1")
    rates = [rate for rate in _grid(learning_rates).tolist() if rate < 2 / depth]
    find = partial(fastest, learning_rates=rates, final_loss=final_loss, steps=steps)
    shape = len(products), seeds
    s = (products / product_scale(widths)) ** (1 / depth)
    unit = torch.eye(1, widths[0], dtype=torch.float64)
    weights, aim = reduce_inputs(ln.gaussian_weights(widths, seeds, rng), unit)
    norms = torch.stack([torch.linalg.matrix_norm(w, 2).amax() for w in weights])
    norms = norms[:, None] * torch.from_numpy(s)
    possible = can_reach(norms, rates, final_loss=final_loss, steps=steps)
    starts = at_scales((*weights, aim), [s] * depth + [np.ones_like(s)])
    count, rate = find(layer_step, starts, possible=possible.repeat_interleave(seeds, 1))
    tried = float(possible.double().mean())
    layered = Search(s, products, count.view(shape), rate.view(shape), tried)
    parts = at_scales(product_parts([widths[0], 1], 1.0, seeds, rng), products)
    state = balanced_state(*parts, depth)
    count, rate = find(partial(balanced_step, depth=depth), state, block=len(state[0]))
    even = Search(products, products, count.view(shape), rate.view(shape), 1.0)
    return {"layer-wise": layered, "balanced": even}


def balance(weights: Sequence[Tensor], target: Tensor) -> dict[str, Tensor]:
    """Loss, imbalance and the smallest ||W_j W_j^T||_F over the layers, of every seed: for `descend`.

    As `loss`, `imbalance`, `smallest` (Arora et al. 2018, section 4: balance against weights).
    """
    sizes = [torch.linalg.matrix_norm(w @ w.mT) for w in weights]
    return {
        "loss": ln.loss(weights, target),
        "imbalance": ln.imbalance(weights),
        "smallest": torch.stack(sizes).amin(0),
    }


def working_decades(scales: ArrayLike, values: Tensor, limit: float | Tensor) -> Tensor:
    """How many decades of `scales` (k,) have a value of at most `limit`: (...) from values (k, ...).

    Between neighbouring scales log(value) is taken as a line against log(scale); next to a value
    of inf nothing is added. limit: number or (...).
    Raises ValueError unless the scales rise and all values are positive (inf is allowed).

    >>> values = torch.tensor([1000.0, 10.0, 10.0, torch.inf])
    >>> float(working_decades([0.01, 0.1, 1, 10], values, 100.0))
    1.5
    """
    x = torch.as_tensor(scales, dtype=torch.float64).log10()
    if x.ndim != 1 or not torch.isfinite(x).all() or not (x.diff() > 0).all():
        raise ValueError("scales must be positive, finite and rise")
    if len(values) != len(x) or not (values > 0).all():
        raise ValueError(f"values must be ({len(x)}, ...) and positive")
    y = values.log10() - torch.as_tensor(limit, dtype=torch.float64).log10()
    low, high = (-y).clamp(min=0), y.clamp(min=0)
    below, above = low[1:] + low[:-1], high[1:] + high[:-1]
    share = torch.where(below + above == 0, 1.0, below / (below + above))
    return (share * x.diff().view(-1, *[1] * (y.ndim - 1))).sum(0)
