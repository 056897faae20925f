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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import generator, whole_number
from lib.data import digits, whiten
from lib.descent import Plain, Record, Trajectory, Weights, descend
from lib.linear_networks import at_scales, product_scale
from lib.trajectories.races import Race, budget, doubles, fastest, rate_grid, whole_race

# --- starts --------------------------------------------------------------------------------------


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
    doubles(target=target, **{f"W_{j}": w for j, w in enumerate(weights, 1)})
    rows = torch.cat([target.expand(*weights[0].shape[:-2], -1, -1), weights[0]], -2)
    if rows.shape[-2] > rows.shape[-1]:
        raise ValueError(
            f"reduce_inputs needs d_1 + d_N <= d_0, got {rows.shape[-2]} > {rows.shape[-1]}"
        )
    basis = torch.linalg.qr(rows.mT)[0]
    return (weights[0] @ basis, *weights[1:]), target @ basis


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
    rng, draws = generator(rng), whole_number("draws", draws, 1)
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
    doubles(along=along, across=across)
    depth = whole_number("depth", depth, 1)
    if not (torch.hypot(along, across) > 0).all():
        raise ValueError("along and across must not both be 0")
    layer = torch.hypot(along, across) ** (1 / depth)
    return layer, along / layer ** (depth - 1), across / layer ** (depth - 1)


# --- descent, and the search over learning rates -------------------------------------------------


def balanced_gradients(state: Weights, depth: int) -> Weights:
    """What descent of a balanced network subtracts from (a, p, q) of `balanced_state`, each (seeds,).

    With h = a^(N-1), r = h p - 1 and target 1 along: h r for p, h^2 q for q, and for a what each of the
    N - 1 equal layers gets, a^(N-2) (r p + h q^2).
    """
    a, p, q = state
    lower = a ** (depth - 2)
    h = lower * a
    missing, extra = h * p - 1, h * q
    return lower * (missing * p + extra * q), h * missing, h * extra


def balanced_loss(state: Weights, depth: int) -> Tensor:
    """Loss of a balanced network, 1/2 ((a^(N-1) p - 1)^2 + (a^(N-1) q)^2), from (a, p, q): (seeds,)."""
    a, p, q = state
    h = a ** (depth - 1)
    return ((h * p - 1).square() + (h * q).square()) / 2


def _parts(product, target):
    """The parts (along, across), each (seeds,), of end-to-end vectors (seeds, 1, d) and a unit target."""
    along = (product * target).sum((-2, -1))
    return along, (product.square().sum((-2, -1)) - along.square()).clamp(min=0).sqrt()


def _chain_norms(weights):
    """Largest singular values of W_a ... W_(b+1), the largest of the seeds: (N + 1, N + 1), 1 where a = b."""
    count = len(weights)
    norms = np.eye(count + 1)
    for b in range(count):
        chain = weights[b]
        norms[b + 1, b] = float(torch.linalg.matrix_norm(chain, 2).amax())
        for a in range(b + 1, count):
            chain = weights[a] @ chain
            norms[a + 1, b] = float(torch.linalg.matrix_norm(chain, 2).amax())
    return norms


def can_reach(
    weights: Weights,
    scales: ArrayLike,
    learning_rates: ArrayLike,
    *,
    final_loss: float,
    steps: int,
) -> Tensor:
    """Which learning rates can bring starts scale x weights to `final_loss` within `steps` at all.

    Let M_ab be a bound on the norm of W_a ... W_(b+1), and P = M_N0. A step changes W_k by at most
    D_k = learning_rate (1 + P) M_Nk M_(k-1)0, and the new products are bound by M (1 - D M)^-1, with D_k
    below the diagonal; the loss is above `final_loss` while P < 1 - sqrt(2 final_loss) (derived here;
    |target| = 1). False is a proof for every seed, True is not: from tiny starts the bound saves the
    search thousands of hopeless steps. weights: (seeds, ., .); scales: (k,). Returns bool (rates, k).
    Raises ValueError for weights that are not finite float64 and scales that are negative or not finite.
    """
    rates, steps = rate_grid(learning_rates).numpy(), budget(final_loss, steps)
    doubles(**{f"W_{j}": w for j, w in enumerate(weights, 1)})
    scales = np.asarray(scales, float)
    if scales.ndim != 1 or not (np.isfinite(scales) & (scales >= 0)).all():
        raise ValueError("scales must be finite numbers >= 0")
    count, layer = len(weights), np.arange(len(weights))
    power = np.tril(np.subtract.outer(np.arange(count + 1), np.arange(count + 1)))
    bounds = np.tile(_chain_norms(weights) * scales[:, None, None] ** power, (len(rates), 1, 1))
    pace, reached = np.repeat(rates, len(scales)), np.zeros(len(bounds), bool)
    left = np.arange(len(bounds))
    for _ in range(steps + 1):
        there = bounds[left, count, 0] >= 1 - (2 * final_loss) ** 0.5
        reached[left[there]] = True
        left = left[~there]
        if not len(left):
            break
        m = bounds[left]
        change = np.zeros_like(m)
        push = pace[left] * (1 + m[:, count, 0])
        change[:, layer + 1, layer] = push[:, None] * m[:, count, 1:] * m[:, layer, 0]
        bounds[left] = m @ np.linalg.inv(np.eye(count + 1) - change @ m)
    return torch.from_numpy(reached.reshape(len(rates), len(scales)))


def balanced_steps(
    state: Weights, depth: int, rates: ArrayLike, *, final_loss: float, steps: int
) -> tuple[Tensor, Tensor]:
    """Steps to `final_loss` from balanced starts (a, p, q) at the best rate of a grid: as `fastest`."""
    race = Race(
        lambda now: balanced_gradients(now, depth),
        lambda now: balanced_loss(now, depth) <= final_loss,
    )
    return fastest(race, state, rates, steps=budget(final_loss, steps))


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
    state, rates = balanced_state(*_parts(vectors, target), depth), [learning_rate]
    counts = [
        fastest(whole_race(final_loss), small, rates, steps=steps, problem=(aim,))[0],
        balanced_steps(state, depth, rates, final_loss=final_loss, steps=steps)[0],
    ]
    reached = (excess <= final_loss).any(1)
    on_data = torch.where(reached, (excess > final_loss).double().cumprod(1).sum(1), torch.inf)
    return float((excess[0] - less).abs().max()), on_data, torch.stack(counts)


def reduction_on_digits(
    seeds: int, rng: np.random.Generator, *, final_loss: float
) -> tuple[float, Tensor, Tensor]:
    """`reduction_check` on every fourth of the whitened digits, 128 inputs, their values as labels.

    Three layers, 32 units wide; the labels are rescaled so that |target| = 1.
    """
    images, labels = digits()
    inputs, outputs = whiten(images[::4].mT, 128), labels[None, ::4].double()
    outputs = outputs / ln.whitened_problem(inputs, outputs)[0].norm()
    return reduction_check(inputs, outputs, [128, 32, 32, 1], seeds, rng, final_loss=final_loss)


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

    def decades(self, limit: float | None = None) -> Tensor:
        """Decades of the scheme's scale that need at most `limit` steps, or ten times `best()`: (seeds,)."""
        return working_decades(self.scale, self.steps, limit or 10 * self.best())

    def held(self, small: np.ndarray, factor: float = 8) -> dict[str, Tensor]:
        """The runs that wait: those at the scales `small`, bool (k,), with more than `factor` times the steps
        of `best()`. For `statistics.slope`: x log scale, y log steps, groups the number of the start."""
        waits = (self.steps > factor * self.best()) & self.steps.isfinite()
        waits &= torch.from_numpy(small)[:, None]
        scale = torch.from_numpy(self.scale)[:, None].expand_as(self.steps)
        start = torch.arange(self.steps.shape[1]).expand_as(self.steps)
        return {"x": scale[waits].log(), "y": self.steps[waits].log(), "groups": start[waits]}

    def off_best(self, decades: float) -> Tensor:
        """Steps at the scales that lie so many decades or more off the one of `best()`: (scales, seeds)."""
        place = np.log10(self.scale)
        best = place[int(self.steps.median(1).values.argmin())]
        return self.steps[torch.from_numpy(abs(place - best) > decades - 1e-9)]


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

    The protocol of Arora et al. 2018, section 4, for `layer-wise` starts (N(0, s^2) entries) and `balanced`
    ones at one output and |target| = 1: each balanced start is procedure 1 on the product of a layer-wise
    one. Every start is drawn once, at scale 1, and multiplied. Only the rates below 2/N are tried: no minimum is flatter than N (the balanced one),
    so no other can stay there; it would pass through `final_loss` by luck, and rounding decides when.
    widths: d_0..d_N, d_N = 1; products: (k,) rising standard deviations of an entry of W.
    Raises ValueError for widths, scales, rates and budgets that do not fit.

    >>> found = search_scales([40, 4, 4, 1], [0.01, 0.1], 2, np.random.default_rng(0),
    ...                       learning_rates=[0.3], final_loss=1e-5, steps=300)
    >>> found["balanced"].steps.shape
    torch.Size([2, 2])
    """
    products, depth = np.asarray(products, float), len(widths) - 1
    rising = (np.diff(products, prepend=0) > 0).all() and np.isfinite(products).all()
    if not rising or depth < 1 or widths[-1] != 1:
        raise ValueError("products must be positive, finite and rise, widths end in d_N = 1")
    rates = [rate for rate in rate_grid(learning_rates).tolist() if rate < 2 / depth]
    factors, shape = products / product_scale(widths), (len(products), seeds)
    s = factors ** (1 / depth)
    unit = torch.eye(1, widths[0], dtype=torch.float64)
    weights, aim = reduce_inputs(ln.gaussian_weights(widths, seeds, rng), unit)
    possible = can_reach(weights, s, rates, final_loss=final_loss, steps=steps)
    *layers, aims = at_scales((*weights, aim), [s] * depth + [np.ones_like(s)])
    found = fastest(
        whole_race(final_loss),
        tuple(layers),
        rates,
        steps=steps,
        problem=(aims,),
        possible=possible.repeat_interleave(seeds, 1),
    )
    layered = Search(s, products, *(x.view(shape) for x in found), float(possible.double().mean()))
    parts = at_scales(_parts(ln.end_to_end(weights), aim), factors)
    state = balanced_state(*parts, depth)
    found = balanced_steps(state, depth, rates, final_loss=final_loss, steps=steps)
    even = Search(products, products, *(x.view(shape) for x in found), 1.0)
    return {"layer-wise": layered, "balanced": even}


def balance(weights: Weights, target: Tensor) -> dict[str, Tensor]:
    """Loss, imbalance and the smallest ||W_j W_j^T||_F over the layers, of every seed: for `descend`.

    As `loss`, `imbalance`, `smallest` (Arora et al. 2018, section 4: balance against weights).
    """
    sizes = [torch.linalg.matrix_norm(w @ w.mT) for w in weights]
    return {
        "loss": ln.loss(weights, target),
        "imbalance": ln.imbalance(weights),
        "smallest": torch.stack(sizes).amin(0),
    }


def balance_run(
    widths: Sequence[int],
    init_scale: float,
    learning_rate: float,
    seeds: int,
    rng: np.random.Generator,
    *,
    steps: int = 1500,
) -> Trajectory:
    """Descent from layer-wise starts at one output and |target| = 1, with `balance` every ten steps.

    >>> run = balance_run([9, 4, 1], 0.1, 0.3, 2, np.random.default_rng(0), steps=20)
    >>> run.steps.tolist(), run.records["smallest"].shape
    ([0, 10, 20], torch.Size([3, 2]))
    """
    unit = torch.eye(1, widths[0], dtype=torch.float64)
    small, aim = reduce_inputs(ln.gaussian_weights(widths, seeds, rng, init_scale), unit)
    return descend(
        ln.gradients,
        small,
        Plain(learning_rate),
        steps=steps,
        problem=(aim,),
        record=Record(range(0, steps + 1, 10), balance),
    )


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
