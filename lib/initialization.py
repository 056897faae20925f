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

from dataclasses import dataclass

import numpy as np
import torch

from lib import linear_networks as ln

# --- starts --------------------------------------------------------------------------------------


def reduce_inputs(weights, target):
    """The same descent with fewer inputs: (weights, target) in a basis of the rows that can move.

    Every gradient of W_1 has its rows in the span of the start's rows and the target's rows, so
    descent never leaves it: in an orthonormal basis of that span W_1 is (..., d_1, d_1 + d_N) and
    the target (..., d_N, d_1 + d_N); all other layers, the loss and its gradients are the same.
    Raises ValueError if that would not be fewer inputs.

    >>> w = ln.gaussian_weights([9, 2, 1], 4, np.random.default_rng(0))
    >>> (first, _), target = reduce_inputs(w, torch.ones(4, 1, 9, dtype=torch.float64))
    >>> tuple(first.shape), tuple(target.shape)
    ((4, 2, 3), (4, 1, 3))
    """
    rows = torch.cat([target.expand(*weights[0].shape[:-2], -1, -1), weights[0]], -2)
    if rows.shape[-2] > rows.shape[-1]:
        raise ValueError(
            f"reduce_inputs needs d_1 + d_N <= d_0, got {rows.shape[-2]} > {rows.shape[-1]}"
        )
    basis = torch.linalg.qr(rows.mT)[0]
    return (weights[0] @ basis, *weights[1:]), target @ basis


def at_scales(tensors, factors):
    """Every tensor (seeds, ...) times each factor (k,), in one batch: tuple of (k x seeds, ...).

    Factor by factor, so that a result (k x seeds,) is `.view(k, seeds)`. factors may also hold one
    row for each tensor (tensors, k).

    >>> at_scales((torch.tensor([1.0, 2.0]),), [1, 10])[0].tolist()
    [1.0, 2.0, 10.0, 20.0]
    """
    table = torch.as_tensor(np.asarray(factors), dtype=tensors[0].dtype)
    table = table.expand(len(tensors), -1)
    return tuple(
        (f.view(-1, *[1] * x.ndim) * x).flatten(0, 1) for x, f in zip(tensors, table, strict=True)
    )


def product_scale(widths, init_scale=1.0):
    """Standard deviation of an entry of W_N ... W_1 under a layer-wise start: s^N sqrt(d_1 ... d_(N-1)).

    >>> product_scale([784, 128, 32, 10], 0.5)
    8.0
    """
    return init_scale ** (len(widths) - 1) * float(np.prod(widths[1:-1], dtype=float)) ** 0.5


def product_parts(widths, init_scale, draws, rng):
    """End-to-end vectors of layer-wise starts, as their parts (along, across) a fixed unit target.

    A Gaussian matrix turns a vector into its length times a Gaussian vector, so W_N ... W_1 has a
    uniform direction and the length init_scale^N chi_(d_0) ... chi_(d_(N-1)), all independent: no
    matrix is drawn. widths [d_0, 1] give a Gaussian vector, the product of the balanced start.
    Returns two tensors (draws,): the part along the target, the length of the part across it.
    Raises ValueError unless d_N = 1.
    """
    if widths[-1] != 1 or len(widths) < 2:
        raise ValueError(f"widths must run from d_0 to d_N = 1, got {list(widths)}")
    along, across = rng.standard_normal(draws), np.sqrt(rng.chisquare(widths[0] - 1, draws))
    length = init_scale ** (len(widths) - 1) * np.ones(draws)
    for width in widths[1:-1]:
        length *= np.sqrt(rng.chisquare(width, draws))
    return torch.from_numpy(length * along), torch.from_numpy(length * across)


def balanced_state(along, across, depth):
    """Procedure 1 of Arora et al. 2018 at one output, reduced: (a, p, q), each (seeds,).

    The product's parts along and across the target fix the start: with r its length, the hidden
    layers are one number a = r^(1/N) each and W_1 is one vector of length a with the parts p and q.
    Descent keeps the N - 1 numbers equal and all other entries 0, exactly.
    """
    layer = torch.hypot(along, across) ** (1 / depth)
    return layer, along / layer ** (depth - 1), across / layer ** (depth - 1)


# --- descent, and the search over learning rates -------------------------------------------------


def _times(row, matrix):
    """Stacks of row @ matrix, by numpy: its BLAS is the faster one for small stacks."""
    return torch.from_numpy(np.matmul(row.numpy(), matrix.numpy()))


def layer_step(state, learning_rate):
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


def balanced_step(state, learning_rate, depth):
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


def can_reach(norms, learning_rates, *, final_loss, steps):
    """Which learning rates can bring a network to `final_loss` within `steps` at all: bool (rates, ...).

    norms: the largest singular values of W_1..W_N at the start, (N, ...). One step lengthens a layer
    by at most learning_rate (1 + P) P / ||W_j||, P = ||W_1|| ... ||W_N||, and the loss is above
    `final_loss` while P < 1 - sqrt(2 final_loss) (derived here; |target| = 1). False is a proof, True is not:
    from a tiny start the bound saves the search thousands of hopeless steps.
    """
    rates = _grid(learning_rates)
    rates = rates.view(-1, *[1] * (norms.ndim - 1))
    goal = 1 - (2 * final_loss) ** 0.5
    sizes = norms[:, None] * torch.ones_like(rates)
    product = sizes.prod(0)
    for _ in range(steps):
        short = product < goal
        if not short.any():
            break
        grown = sizes + rates * (1 + product) * product / sizes
        sizes = torch.where(short, grown, sizes)
        product = sizes.prod(0)
    return product >= goal


@torch.no_grad()
def fastest(step, state, learning_rates, *, final_loss, steps, possible=None, block=20):
    """Steps to `final_loss` at the best learning rate of a grid, for every seed.

    step(state, rates) -> losses: one step of descent in place, such as `layer_step`. Every seed
    runs at all rates side by side until one of them gets there: that one is the fastest, and the
    others cost nothing from then on. A rate that diverges is out.

    state: tuple of (seeds, ...), not changed. steps: the most allowed. possible: bool
    (rates, seeds), False where a pair need not be run (`can_reach`). block: seeds run at once.
    Returns (steps (seeds,), inf where no rate gets there; learning rates (seeds,), nan there).
    """
    rates = _grid(learning_rates)
    seeds = len(state[0])
    if possible is None:
        possible = torch.ones(len(rates), seeds, dtype=torch.bool)
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


def balance(weights, target):
    """Loss, imbalance and the smallest ||W_j W_j^T||_F over the layers, of every seed: for `descend`.

    As `loss`, `imbalance`, `smallest` (Arora et al. 2018, section 4: balance against weights).
    """
    sizes = [torch.linalg.matrix_norm(w @ w.mT) for w in weights]
    return {
        "loss": ln.loss(weights, target),
        "imbalance": ln.imbalance(weights),
        "smallest": torch.stack(sizes).amin(0),
    }


def working_decades(scales, values, limit):
    """How many decades of `scales` (k,) have a value of at most `limit`: (...) from values (k, ...).

    Between neighbouring scales log(value) is taken as a line against log(scale); next to a value
    of inf nothing is added. limit: number or (...).

    >>> values = torch.tensor([1000.0, 10.0, 10.0, torch.inf])
    >>> float(working_decades([0.01, 0.1, 1, 10], values, 100.0))
    1.5
    """
    x = torch.as_tensor(scales, dtype=torch.float64).log10()
    y = values.log10() - torch.as_tensor(limit, dtype=torch.float64).log10()
    low, high = (-y).clamp(min=0), y.clamp(min=0)
    below, above = low[1:] + low[:-1], high[1:] + high[:-1]
    share = torch.where(below + above == 0, 1.0, below / (below + above))
    return (share * x.diff().view(-1, *[1] * (y.ndim - 1))).sum(0)


# --- what is promised ----------------------------------------------------------------------------


def margin(along, across):
    """Deficiency margin c = 1 - |W - target| of a product with these parts, |target| = 1: (...)."""
    return 1 - torch.hypot(along - 1, across)


def positive_margins(widths, product_scales, draws, rng):
    """How many of `draws` layer-wise starts have a positive margin, at each scale of their product.

    widths as in `product_parts`: [d_0, 1] is the balanced start. Returns a list of counts.
    """
    unit, depth = product_scale(widths), len(widths) - 1
    scales = [(wanted / unit) ** (1 / depth) for wanted in product_scales]
    return [int((margin(*product_parts(widths, s, draws, rng)) > 0).sum()) for s in scales]


def margin_probability(init_scale, size, least=0.0):
    """Probability that a Gaussian vector of N(0, init_scale^2) entries has margin >= `least`, exact.

    |W - target|^2 / init_scale^2 is noncentral chi-square with `size` degrees of freedom and
    noncentrality 1 / init_scale^2 (derived here). Tends to 1/2 for least = 0, init_scale -> 0.

    >>> round(margin_probability(1e-4, 128), 3)
    0.497
    """
    from scipy.stats import ncx2

    return float(ncx2.cdf(((1 - least) / init_scale) ** 2, size, init_scale**-2))


@dataclass(frozen=True)
class BalancedPromise:
    """Constants of the theorem on balanced initialization; see `balanced_promise`."""

    init_scale: float
    margin: float
    probability: float
    learning_rate: float
    time_to_half: float
    depth: int

    def time(self, final_loss):
        """Promised learning_rate x steps to `final_loss` (< 1/8)."""
        return 4 * (self.time_to_half + np.log(1 / (8 * final_loss)))

    def steps(self, final_loss):
        """Promised steps to `final_loss` (< 1/8) at `learning_rate`."""
        return self.time(final_loss) / self.learning_rate


def balanced_promise(size, depth, spread):
    """What theorem 2 of Arora et al. 2018 promises for one output and |target| = 1.

    With d_0 = size, a = spread, the product's entries from N(0, s^2), s^2 = 1 / (a d_0^2):

        margin        = s^2 d_0 / 2 at the start, with at least
        probability   = (1 - 2 exp(-d_0/16)) (3 - 4 F(2 sqrt(2/a))) / 2      (F: normal cdf)
        learning_rate = (s^2 d_0)^(4 - 2/N) / (1e5 N^3)
        steps(e)      = (4 / learning_rate) (ln(4) (s^2 d_0)^(2/N - 2) + ln(1/(8 e)))

    Raises ValueError where that promises nothing (probability <= 0: size or spread too small).

    >>> round(balanced_promise(100, 3, 100).probability, 2)
    0.28
    """
    from scipy.stats import norm

    variance = 1 / (spread * size**2)
    chance = (1 - 2 * np.exp(-size / 16)) * (3 - 4 * norm.cdf(2 * np.sqrt(2 / spread))) / 2
    if not chance > 0 or size < 12:
        raise ValueError(f"size {size} and spread {spread} are too small: nothing is promised")
    return BalancedPromise(
        init_scale=float(variance**0.5),
        margin=variance * size / 2,
        probability=float(chance),
        learning_rate=(variance * size) ** (4 - 2 / depth) / (1e5 * depth**3),
        time_to_half=float(np.log(4) * (variance * size) ** (2 / depth - 2)),
        depth=int(depth),
    )
