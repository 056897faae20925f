"""What depth does to descent: the end-to-end rule, its line integrals, and when it buys speed.

A balanced linear network of depth N moves its end-to-end matrix W as descent on W would, with the
slope G of the loss passed through a linear map of W (Arora, Cohen and Hazan 2018, arXiv:1802.06509,
theorem 1 and claim 2, recalled). With one output the network is reduced without loss to one vector
v and one number a: W_1 = v, and N - 1 equal hidden layers a (`linear_networks` has the whole thing).
Everything is float64; time = learning rate x steps.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Momentum, Plain, Record, Stop, Weights, descend
from lib.linear_networks import end_to_end, gradients, orthogonal
from lib.trajectories.races import Race, fastest

# --- the rule ------------------------------------------------------------------------------------


def _power(power):
    if not (math.isfinite(power) and power >= 2):
        raise ValueError(f"power must be a number >= 2, got {power}")
    return float(power)


def end_to_end_slope(matrix: Tensor, slope: Tensor, depth: int) -> Tensor:
    """What a balanced network of depth N descends along instead of the slope G, (..., d_N, d_0).

        sum_(j=1)^N (W W^T)^((N-j)/N) G (W^T W)^((j-1)/N)

    (Arora, Cohen and Hazan 2018, theorem 1, recalled). The step W <- W - eta x this is theirs up to
    O(eta^2), whatever the hidden widths. matrix W and slope G: (..., d_N, d_0); depth 1 gives G.
    Raises ValueError for shapes that differ and a depth below 1.

    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> float(end_to_end_slope(4 * one, one, 2))  # N w^(2 - 2/N)
    8.0
    """
    depth = whole_number("depth", depth)
    if matrix.shape != slope.shape:
        raise ValueError(
            f"matrix and slope must have one shape, got {tuple(matrix.shape)} and {tuple(slope.shape)}"
        )
    left, sizes, right = torch.linalg.svd(matrix)
    rows, columns = (
        torch.nn.functional.pad(sizes, (0, size - sizes.shape[-1])) for size in matrix.shape[-2:]
    )
    weight = sum(
        (rows ** (2 * (depth - j) / depth)).unsqueeze(-1)
        * (columns ** (2 * (j - 1) / depth)).unsqueeze(-2)
        for j in range(1, depth + 1)
    )
    return left @ (weight * (left.mT @ slope @ right.mT)) @ right


def rule_gap(
    weights: tuple[Tensor, ...], target: Tensor, learning_rate: float, time: float
) -> Tensor:
    """Largest distance |W_deep - W_rule|_F, relative to |target|_F, on the way to `time`: (seeds,).

    A network from `weights` on `linear_networks.loss`, and its end-to-end matrix moved by
    `end_to_end_slope` instead, both at the same learning rate, compared at every step.
    """
    steps = round(time / learning_rate)
    options = {"problem": (target,), "rule": Plain(learning_rate), "steps": steps}
    options["record"] = Record(range(steps + 1), lambda w, _: {"product": end_to_end(w)})
    depth = len(weights)
    deep = descend(gradients, weights, **options)
    ruled = descend(
        lambda w, target: (end_to_end_slope(w[0], w[0] - target, depth),),
        (end_to_end(weights),),
        **options,
    )
    away = (deep.records["product"] - ruled.records["product"]).norm(dim=(-2, -1))
    return away.amax(0) / target.norm(dim=(-2, -1))


def row_field(w: Tensor, slope: Tensor, depth: int) -> Tensor:
    """`end_to_end_slope` of one output, F(w) = |w|^(2-2/N) (g + (N-1) (w.g) w / |w|^2), (..., d).

    Arora, Cohen and Hazan 2018, claim 2 (recalled). w, slope g: (..., d), w not 0.
    """
    depth = whole_number("depth", depth)
    square = w.square().sum(-1, keepdim=True)
    along = (w * slope).sum(-1, keepdim=True) / square * w
    return square ** (1 - 1 / depth) * (slope + (depth - 1) * along)


# --- no potential --------------------------------------------------------------------------------


def loop_integral(
    field: Callable[[Tensor], Tensor],
    inner: float | Tensor,
    outer: float | Tensor,
    first: float | Tensor,
    second: float | Tensor,
    points: int = 100,
) -> Tensor:
    """Integral of a plane field round the loop of theorem 2: out, along an arc, in, and back, (...).

    The ray at angle `first` from radius `inner` to `outer`, the outer arc to `second`, the ray back,
    the inner arc back. Gauss-Legendre with `points` nodes on each piece. field(w) -> values, both
    (points, ..., 2); radii and angles: numbers or (...).
    """
    inner, outer, first, second = torch.broadcast_tensors(
        *(torch.as_tensor(x, dtype=torch.float64) for x in (inner, outer, first, second))
    )
    nodes, weights = (torch.from_numpy(x) for x in np.polynomial.legendre.leggauss(points))
    nodes, weights = (x.reshape(-1, *[1] * inner.ndim) / 2 for x in (nodes + 1, weights))

    def ray(angle):
        unit = torch.stack((angle.cos(), angle.sin()), -1)
        radius = inner + (outer - inner) * nodes
        along = (field(radius.unsqueeze(-1) * unit) * unit).sum(-1)
        return (weights * along).sum(0) * (outer - inner)

    def arc(radius):
        angle = first + (second - first) * nodes
        unit = torch.stack((angle.cos(), angle.sin()), -1)
        across = torch.stack((-angle.sin(), angle.cos()), -1)
        along = (field(radius.unsqueeze(-1) * unit) * across).sum(-1)
        return (weights * along).sum(0) * radius * (second - first)

    return ray(first) + arc(outer) - ray(second) - arc(inner)


def loop_formula(
    size: float,
    inner: float | Tensor,
    outer: float | Tensor,
    first: float | Tensor,
    second: float | Tensor,
    depth: int,
) -> Tensor:
    """The loop integral of `row_field` for a constant slope of length `size`, (...).

        (N-1)(N-2)/(3N-2) |g| (R^(3-2/N) - r^(3-2/N)) (cos a_1 - cos a_2)

    (derived here): 0 at N = 1 and N = 2, where F has a potential. inner r, outer R; angles a_1, a_2
    from the direction of g.

    >>> float(loop_formula(1.0, 0.0, 1.0, 0.0, math.pi, 3)).__round__(4)
    0.5714
    """
    n = whole_number("depth", depth)
    inner, outer, first, second = (
        torch.as_tensor(x, dtype=torch.float64) for x in (inner, outer, first, second)
    )
    power = 3 - 2 / n
    radii = outer**power - inner**power
    return (n - 1) * (n - 2) / (3 * n - 2) * size * radii * (first.cos() - second.cos())


# --- one large target and one small ----------------------------------------------------------------


def _power_of(a, exponent):
    """a^exponent by products: numpy's power is ten times as slow."""
    result = np.ones_like(a)
    for _ in range(exponent):
        result = result * a
    return result


@cache
def usable_step(depth: int, power: float, spacing: float = 0.01, longest: float = 8.0) -> float:
    """Largest scaled step c up to which one mode settles from every small start: a number.

        a <- a + c a^(N-1) (1 - a^N) |1 - a^N|^(p-2)

    is a mode of a balanced network of depth N on |w - target|^p / p, in units of the target
    (derived here): learning rate c target^(2/N - p). Steps are tried upwards from 1/4, `spacing`
    apart, from 64 starts that cover one step of the growth from 0.3; the first that leaves a start
    unsettled ends the search: a 2-cycle has been born. At p = 4 it lasts for half a percent of c only,
    and above it steps settle again up to c = 3.9, 3.27, 2.7 (N = 2, 3, 4): a bisection oversteps it.
    At depth 1 it is 2. Raises ValueError if every step up to `longest` settles.

    >>> round(usable_step(1, 4.0), 1)
    2.0
    """
    depth, power = whole_number("depth", depth), _power(power)

    def moved(a, c):
        lower = _power_of(a, depth - 1)
        rest = 1 - lower * a
        square = rest * rest
        return a + c * lower * (square if power == 4 else square ** (power / 2 - 1)) * rest

    for begin in np.arange(0.25, longest, 0.25):
        c = begin + spacing * np.arange(round(0.25 / spacing))[:, None]
        low = np.full_like(c, 0.3 if depth > 1 else 0.0)
        a = low + (moved(low, c) - low) * np.linspace(0, 1, 64)
        with np.errstate(all="ignore"):
            for _ in range(100 + int(100 / begin)):
                a = moved(a, c)
            last = [a := moved(a, c) for _ in range(4)]  # one point of a cycle may look settled
            unsettled = ~(np.abs(1 - _power_of(np.hstack(last), depth)) < 0.2).all(1)
        if unsettled.any():
            return float(c[unsettled.argmax(), 0]) - spacing
    raise ValueError(f"longest must exceed the usable step, got {longest}")


def crawl_steps(ratio: float, power: float, tolerance: float, step: float) -> float:
    """Steps that the small one of two targets (ratio, 1) needs at scaled step c: a number.

        ((tolerance^-(p-2) - 1) / (p - 2)) ratio^(p-2) / c,    log(1/tolerance) / c at p = 2

    until it is within `tolerance`: the large target allows the learning rate, and once it is fitted
    a network of any depth moves the small one alike (derived here, for small learning rates).
    """
    if power == 2:
        return math.log(1 / tolerance) / step
    return (tolerance ** (2 - power) - 1) / (power - 2) * ratio ** (power - 2) / step


def balanced_row(w: Tensor, depth: int) -> tuple[Tensor, Tensor]:
    """Balanced network of end-to-end vector w (..., d), reduced: (v (..., d), a (..., 1)).

    a = |w|^(1/N) is each of the N - 1 hidden layers, v = w / a^(N-1) the first one.
    """
    a = w.norm(dim=-1, keepdim=True) ** (1 / whole_number("depth", depth))
    return w / a ** (depth - 1), a


def row_gradients(
    weights: tuple[Tensor, Tensor], slope: Tensor, depth: int
) -> tuple[Tensor, Tensor]:
    """Gradient in v and in each hidden layer, for `balanced_row`: tuple of (..., d), (..., 1).

    slope: dloss/dw at w = a^(N-1) v. Each hidden layer has the gradient a^(N-2) (slope . v), so they
    stay equal for ever; at depth 1 there is none.
    """
    v, a = weights
    if depth == 1:
        return slope, torch.zeros_like(a)
    lower = a ** (depth - 2)
    return lower * a * slope, lower * (slope * v).sum(-1, keepdim=True)


def power_slope(error: Tensor, power: float) -> Tensor:
    """error |error|^(p-2), the derivative of |error|^p / p."""
    if power == 2:
        return error
    return error * (error.square() if power == 4 else error.abs() ** (power - 2))


def scaled_rate(
    step: float | np.ndarray, ratio: float, depth: int, power: float
) -> float | np.ndarray:
    """Learning rate c ratio^(2/N - p) of scaled step c for the target `ratio`: see `usable_step`.

    step: a number or an array; the rate is alike.
    """
    return step * ratio ** (2 / whole_number("depth", depth) - _power(power))


def small_starts(
    seeds: int, rng: np.random.Generator, least: float = 1e-4, most: float = 1e-3
) -> Tensor:
    """End-to-end vectors in units of the two targets, entries log-uniform in [least, most]: (seeds, 2).

    Small modes grow by 1 + c a step at depth 2: a decade covers every phase of the growth up to c = 9.
    """
    if not 0 < least <= most:
        raise ValueError(f"least must be positive and at most `most`, got {least}, {most}")
    return torch.from_numpy(np.exp(rng.uniform(np.log(least), np.log(most), (seeds, 2))))


def _two_targets(ratio, seeds):
    if not ratio >= 1:
        raise ValueError(f"ratio must be >= 1, got {ratio}")
    return torch.tensor([float(ratio), 1.0], dtype=torch.float64).expand(seeds, 2)


def _targets_gradient(depth, power):
    """Gradient in (v, a) of sum_i |w_i - y_i|^p / p, w = a^(N-1) v."""

    def gradient(weights, targets):
        v, a = weights
        return row_gradients(weights, power_slope(a ** (depth - 1) * v - targets, power), depth)

    return gradient


def two_target_steps(
    starts: Tensor, ratio: float, depth: int, power: float, step: float, *, tolerance: float = 0.05
) -> Tensor:
    """Steps of descent until w is within `tolerance` of both targets (ratio, 1), relatively: (seeds,).

    Loss sum_i |w_i - y_i|^p / p: two samples, one input each (Arora, Cohen and Hazan 2018, section
    6), from balanced `starts` (seeds, 2) in units of the targets, at scaled step `step`. Counted in
    units of a thousandth of `crawl_steps`, at least 1; nan where four times as many (and 500 for the
    escape) do not suffice.
    """
    depth, power = whole_number("depth", depth), _power(power)
    crawl, targets = (
        int(crawl_steps(ratio, power, tolerance, step)),
        _two_targets(ratio, len(starts)),
    )

    def near(weights, targets):
        v, a = weights
        return ((a ** (depth - 1) * v / targets - 1).abs() <= tolerance).all(-1)

    run = descend(
        _targets_gradient(depth, power),
        balanced_row(starts * targets, depth),
        problem=(targets,),
        rule=Plain(scaled_rate(step, ratio, depth, power)),
        steps=500 + 4 * crawl,
        stop=Stop(near, every=1 + crawl // 1000, diverged="keep"),
    )
    return run.stopped.double().where(run.stopped >= 0, torch.nan)


def _escape_steps(start, depth, step):
    """About twice the steps that a mode of relative size `start` needs to be of order one."""
    a = start ** (1 / depth)
    if depth <= 2:
        return int(2 * math.log(1 / a) / math.log(1 + step))
    return int(2 * a ** (2 - depth) / (step * (depth - 2)))


def failing_share(
    starts: Tensor, ratio: float, depth: int, power: float, scaled_steps: Sequence[float]
) -> Tensor:
    """Share of the starts that do not settle at the large one of two targets, for each step: (steps,).

    Networks from `starts` (seeds, 2) in units of the targets (ratio, 1), as in `two_target_steps`. One
    has settled if it stays within a fifth of the large target in the last eight of some 120 steps after
    the slowest escape.
    """
    depth, power = whole_number("depth", depth), _power(power)
    seeds, count = len(starts), len(scaled_steps)
    targets = _two_targets(ratio, count * seeds)
    last = 120 + _escape_steps(float(starts.min()), depth, float(np.min(scaled_steps)))
    rates = torch.as_tensor(
        np.repeat(scaled_rate(np.asarray(scaled_steps), ratio, depth, power), seeds)
    )

    def unsettled(weights, targets):
        v, a = weights
        return {"away": (a ** (depth - 1) * v / targets - 1)[:, 0].abs()}

    run = descend(
        _targets_gradient(depth, power),
        balanced_row(starts.repeat(count, 1) * targets, depth),
        problem=(targets,),
        rule=Plain(rates),
        steps=last,
        record=Record(range(last - 7, last + 1), unsettled),
        stop=Stop(diverged="keep"),
    )
    settled = (run.records["away"] < 0.2).all(0)  # nan, where it has diverged, is not
    return (~settled).reshape(count, seeds).double().mean(1)


def safe_step(
    starts: Tensor, ratio: float, depth: int, power: float, scaled_steps: Sequence[float]
) -> float:
    """The last of the rising `scaled_steps` before the first at which a start fails: `failing_share`.

    Raises ValueError for steps that do not rise, and where the first fails or none does.
    """
    steps, safe = np.asarray(scaled_steps, dtype=float), None
    if not (np.diff(steps) > 0).all():
        raise ValueError(f"scaled_steps must rise, got {scaled_steps}")
    for part in np.array_split(steps, -(-len(steps) // 50)):
        fails = (failing_share(starts, ratio, depth, power, part) > 0).numpy()
        tried = [safe, *part]
        if fails.any() and tried[fails.argmax()] is not None:
            return float(tried[fails.argmax()])
        if fails.any():
            break
        safe = part[-1]
    raise ValueError("scaled_steps must begin where every start settles and end where one fails")


# --- random regressions, every method at its best rate ---------------------------------------------


def power_regressions(
    seeds: int,
    rng: np.random.Generator,
    *,
    samples: int = 100,
    inputs: int = 10,
    condition: float = 10.0,
) -> tuple[Tensor, Tensor]:
    """Random regressions with a teacher: X (seeds, samples, inputs), y (seeds, samples, 1).

    Rows of X are Gaussian with a covariance whose eigenvalues fall geometrically from 1 to
    1/condition, in a random basis; labels y = X w, the entries of w from N(0, 1).
    """
    deviations = torch.from_numpy(np.geomspace(1, condition**-0.5, inputs))
    scores = torch.from_numpy(rng.standard_normal((seeds, samples, inputs))) * deviations
    x = scores @ orthogonal(inputs, rng, (seeds,))
    return x, x @ torch.from_numpy(rng.standard_normal((seeds, inputs, 1)))


def power_loss(w: Tensor, inputs: Tensor, outputs: Tensor, power: float) -> tuple[Tensor, Tensor]:
    """Loss mean_i |x_i . w - y_i|^p / p and its slope in w: (...), (..., d).

    w: (..., d); inputs X: (..., m, d); outputs y: (..., m, 1).
    """
    error = torch.from_numpy(np.matmul(inputs.numpy(), w.unsqueeze(-1).numpy())) - outputs
    slope = power_slope(error, power) / inputs.shape[-2]
    back = torch.from_numpy(np.matmul(slope.mT.numpy(), inputs.numpy()))
    return (slope * error).sum((-2, -1)) / power, back[..., 0, :]


class AdaGrad(Plain):
    """w <- w - rate g / sqrt(sum of all g^2 so far): Duchi, Hazan and Singer 2011, epsilon 0."""

    def start(self, weights: Weights) -> list[Weights]:
        """The sums of squares."""
        return [tuple(torch.zeros_like(w) for w in weights)]

    def step(
        self, weights: Weights, kept: list[Weights], slopes: Weights, rates: tuple, t: int
    ) -> None:
        """One step in place."""
        for w, squares, g, rate in zip(weights, *kept, slopes, rates, strict=True):
            w.sub_(rate * g / squares.add_(g.square()).sqrt())


METHODS = {"descent": Plain, "momentum": Momentum, "AdaGrad": AdaGrad}


def tuned_to_reduction(
    method: str,
    starts: Tensor,
    problem: tuple[Tensor, Tensor],
    power: float,
    rates: Sequence[float],
    *,
    depth: int = 1,
    mu: float = 0.9,
    reduction: float = 1e-4,
) -> tuple[Tensor, Tensor]:
    """Steps until `power_loss` has fallen to `reduction` of its first value, at the best rate.

    method: one of `METHODS`; momentum goes v <- mu v - rate x slope, w <- w + v, AdaGrad divides by the
    root of the sum of squared slopes. depth > 1: descent on a balanced network. starts: end-to-end
    vectors (seeds, d); problem: X, y as `power_regressions` gives them; rates: grid of learning rates,
    of which each seed has its own. Returns (steps (seeds,), inf where 5,000 do not suffice; the best
    rates (seeds,), nan there). Raises ValueError for an unknown method, for a depth above 1 with another
    method than descent, and for mu outside [0, 1).
    """
    if method not in METHODS or (method != "descent" and depth != 1):
        raise ValueError(
            f"method must be one of {', '.join(METHODS)}, and descent for depth > 1; got {method!r}, depth {depth}"
        )
    rule = partial(Momentum, mu=mu) if method == "momentum" else METHODS[method]
    first, _ = power_loss(starts, *problem, power)

    def product(weights):
        return weights[1] ** (depth - 1) * weights[0] if depth > 1 else weights[0]

    def gradient(weights, x, y, first):
        slope = power_loss(product(weights), x, y, power)[1]
        return row_gradients(weights, slope, depth) if depth > 1 else (slope,)

    def arrived(weights, x, y, first):
        return power_loss(product(weights), x, y, power)[0] <= reduction * first

    race = Race(
        gradient, arrived, rule, every=1
    )  # momentum overshoots: it may pass by and come back
    weights = balanced_row(starts, depth) if depth > 1 else (starts,)
    return fastest(race, weights, rates, steps=5000, problem=(*problem, first))
