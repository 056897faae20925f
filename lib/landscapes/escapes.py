"""Escaping saddles: one perturbation, noise at every step, a landscape of octopus arms, Newton's steps.

Functions on points (seeds, n), float64; a field gives gradient (seeds, n) and Hessian (seeds, n, n). Steps
are steps of descent, not time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.integrate import quad
from scipy.special import digamma
from torch import Tensor

from lib.descent import Plain, Record, Stop, Trajectory, descend
from lib.linear_networks import end_to_end, gradients
from lib.spectral import spectral_descent

Rng = np.random.Generator

# --- one perturbation ------------------------------------------------------------------------------


def in_ball(seeds: int, size: int, radius: float, rng: Rng, kept: int | None = None) -> Tensor:
    """Points uniform in the ball of `radius` in `size` dimensions, (seeds, size).

    With `kept` = m < size: the first m coordinates and the norm of all others, (seeds, m + 1), drawn
    without making the others: sqrt of a chi-square number of size - m degrees of freedom.

    >>> in_ball(2, 10**6, 1.0, np.random.default_rng(0), kept=1).shape
    torch.Size([2, 2])
    """
    if not radius > 0 or size < 1 or (kept is not None and not 0 < kept < size):
        raise ValueError(f"radius > 0, size >= 1, 0 < kept < size, got {radius}, {size}, {kept}")
    if kept is None:
        points = rng.standard_normal((seeds, size))
    else:
        rest = np.sqrt(rng.chisquare(size - kept, (seeds, 1)))
        points = np.hstack([rng.standard_normal((seeds, kept)), rest])
    length = radius * rng.random((seeds, 1)) ** (1 / size)
    return torch.from_numpy(length * points / np.linalg.norm(points, axis=1, keepdims=True))


def double_well(points: Tensor, gamma: float) -> Tensor:
    """f = -gamma/2 x^2 + x^4/4 + |y|^2/2, x the first coordinate, y the others: (seeds,)."""
    x, rest = points[:, 0], points[:, 1:]
    return -gamma / 2 * x**2 + x**4 / 4 + rest.square().sum(1) / 2


def double_well_gradient(points: Tensor, gamma: float) -> Tensor:
    """Gradient of `double_well`, (seeds, n)."""
    x = points[:, :1]
    return torch.cat([x**3 - gamma * x, points[:, 1:]], 1)


def perturbation_slope(gamma: float, learning_rate: float) -> float:
    """Steps per ln(dimension) after one perturbation at a strict saddle: 1 / (2 ln(1 + eta gamma)).

    The perturbation has the size r / sqrt(d) in the one direction that leads out (derived here).
    """
    return 1 / (2 * math.log(1 + learning_rate * gamma))


def well_reach(gamma: float, learning_rate: float) -> float:
    """The size K at which growth by 1 + eta gamma a step, without end, would be half of the way down.

    Descent from x near 0 in `double_well` is at f = -gamma^2 / 8 after ln(K / |x|) / ln(1 + eta gamma)
    steps (rounded up). K is found by going back from there, x (1 + eta gamma) - eta x^3 = next, to 1e-9.

    >>> round(well_reach(1.0, 0.05), 4)
    0.6357
    """
    growth = 1 + learning_rate * gamma
    x, back = math.sqrt(gamma * (1 - math.sqrt(0.5))), 0
    while x > 1e-9:
        following = x
        for _ in range(50):  # Newton
            x -= (growth * x - learning_rate * x**3 - following) / (
                growth - 3 * learning_rate * x**2
            )
        back += 1
    return x * growth**back


def perturbed_steps_law(size: int, *, gamma: float, radius: float, learning_rate: float) -> float:
    """Mean of `strict_saddle_steps` (derived here):

        (ln K - E ln|x|) / ln(1 + eta gamma) + 1/2,
        E ln|x| = ln r - 1/d - (0.5772 + ln 2) / 2 - (psi(d/2) + ln 2) / 2

    with K = `well_reach` and x one coordinate of a point uniform in the ball: r u^(1/d) z / |g|, where u is
    uniform and z one of the d Gaussian numbers g. For large d the last part is (ln d) / 2.

    >>> round(perturbed_steps_law(10**6, gamma=1.0, radius=0.01, learning_rate=0.05))
    240
    """
    direction = -(np.euler_gamma + digamma(size / 2)) / 2 - math.log(2)
    start = math.log(radius) - 1 / size + direction
    growth = math.log1p(learning_rate * gamma)
    return (math.log(well_reach(gamma, learning_rate)) - start) / growth + 0.5


def strict_saddle_steps(
    size: int, runs: int, rng: Rng, *, gamma: float, radius: float, learning_rate: float
) -> Tensor:
    """Steps that descent needs to leave the saddle of `double_well` at 0 after one perturbation: (runs,).

    Until f <= -gamma^2 / 8, half of the way down; -1 where that takes more than four times the mean of
    `perturbed_steps_law`, once in a million runs or less. The perturbation is uniform in the ball of `radius` in `size` dimensions; the idle coordinates
    shrink together, so their norm stands for them all.
    """
    law = perturbed_steps_law(size, gamma=gamma, radius=radius, learning_rate=learning_rate)
    run = descend(
        lambda w: (double_well_gradient(w[0], gamma),),
        (in_ball(runs, size, radius, rng, kept=1),),
        rule=Plain(learning_rate),
        steps=math.ceil(4 * law),
        stop=Stop(lambda w: double_well(w[0], gamma) <= -(gamma**2) / 8, every=1),
    )
    return run.stopped


def _others(x: Tensor) -> Tensor:
    """Products of all other coordinates, (..., n) from (..., n), exact at zeros."""
    return torch.stack(
        [torch.cat([x[..., :j], x[..., j + 1 :]], -1).prod(-1) for j in range(x.shape[-1])], -1
    )


def chain_loss(x: Tensor) -> Tensor:
    """1/2 (1 - x_1 ... x_N)^2, a network of N scalar layers: (...) from (..., N)."""
    return (1 - x.prod(-1)).square() / 2


def chain_field(x: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient (..., N) and Hessian (..., N, N) of `chain_loss`; at 0 a saddle, flat for N >= 3."""
    short = x.prod(-1, keepdim=True) - 1
    others = _others(x)
    size = x.shape[-1]
    pairs = torch.zeros(*x.shape, size, dtype=x.dtype)
    for j in range(size):
        for k in range(j + 1, size):
            left = [i for i in range(size) if i not in (j, k)]
            pairs[..., j, k] = pairs[..., k, j] = x[..., left].prod(-1)
    outer = others[..., :, None] * others[..., None, :]
    return short * others, outer + short[..., None] * pairs


def flat_saddle_exponent(depth: int, *, matrices: bool = False) -> float:
    """Exponent of the dimension D in the steps after one perturbation of fixed radius at a flat saddle.

    Near 0 the loss is homogeneous of degree N, so that T ~ (size of the perturbation)^-(N - 2). With N
    scalar layers and D - N idle coordinates that size is r / sqrt(D): the exponent is (N - 2) / 2. With
    `matrices`, N layers d x d and D = N d^2, a layer acts on one direction by d entries at once, with the
    size r sqrt(d / D) ~ D^(-1/4): it is (N - 2) / 4. Derived here. 0 at N = 2: a logarithm.

    >>> flat_saddle_exponent(3), flat_saddle_exponent(3, matrices=True)
    (0.5, 0.25)
    """
    return (depth - 2) / (4 if matrices else 2)


def network_steps(
    depth: int,
    width: int,
    runs: int,
    rng: Rng,
    *,
    radius: float,
    learning_rate: float,
    steps: int,
    check_every: int = 1,
) -> Tensor:
    """Steps of descent from a perturbed saddle of a deep linear network until half a mode is learned: (runs,).

    `depth` layers width x width, all weights together uniform in the ball of `radius`; loss
    1/2 |W_N ... W_1 - e_1 e_1^T|^2. Looked at every `check_every` steps; -1 if not within `steps`.
    """
    start = in_ball(runs, depth * width**2, radius, rng).reshape(runs, depth, width, width)
    target = torch.zeros(runs, width, width, dtype=torch.float64)
    target[:, 0, 0] = 1
    run = descend(
        gradients,
        start.unbind(1),
        Plain(learning_rate),
        problem=(target,),
        steps=steps,
        stop=Stop(lambda w, _: end_to_end(w)[:, 0, 0] >= 0.5, every=check_every),
    )
    return run.stopped


def chain_steps(starts: Tensor, *, learning_rate: float, steps: int, quorum: float = 1.0) -> Tensor:
    """Steps of plain descent on `chain_loss` until the product is 1/2, from starts (runs, N): (runs,).

    Exact up to 100 steps, then looked at every 1% of the steps gone so far. inf for runs not through
    when a share `quorum` is, or after `steps`: for medians, since the late tail is long.
    """
    modes, now = starts.T[..., None], 0
    needed = torch.full((len(starts),), torch.inf, dtype=torch.float64)
    while now < steps and needed.isfinite().double().mean() < quorum:
        stride = max(1, now // 100)
        looks = range(stride, min(20 * stride, steps - now) + 1, stride)
        at, path = spectral_descent(
            modes, torch.ones(1, dtype=torch.float64), learning_rate=learning_rate, record=looks
        )
        through = path.prod(1)[..., 0] >= 0.5
        first = now + at[through.int().argmax(0)].double()
        needed = torch.where(needed.isinf() & through.any(0), first, needed)
        modes, now = path[-1], now + int(at[-1])
    return needed


# --- the octopus -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Octopus:
    """A chain of d strict saddles, each with one way out, to the next (Du et al. 2017).

    Stage k: x_1..x_(k-1) rest at 4 tau, x_k leaves 0 with curvature -2 gamma, all later ones are
    pressed to 0 with curvature 2 L. While x_k goes from tau to 2 tau, x_(k+1) turns from pressed to
    leaving: g_1(x_k) + g_2(x_k) x_(k+1)^2 with

        g_1' = -2 gamma x + (10 gamma - 14 L) (x - tau)^2 / tau + (10 L - 6 gamma) (x - tau)^3 / tau^2
        g_2 = -gamma - (L + gamma) (10 s^3 + 15 s^4 + 6 s^5),  s = (x - 2 tau) / tau

    (a public implementation; continuous with its slope). Even in every coordinate.
    """

    L: float
    gamma: float
    tau: float = math.e

    def bridge_slope(self, x: Tensor) -> Tensor:
        """g_1'(x) between tau and 2 tau."""
        far = (x - self.tau) / self.tau
        push = (10 * self.gamma - 14 * self.L) * far**2 + (10 * self.L - 6 * self.gamma) * far**3
        return -2 * self.gamma * x + push * self.tau

    def coupling(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """g_2(x), from L at tau to -gamma at 2 tau, and its slope."""
        s = (x - 2 * self.tau) / self.tau
        rise = self.L + self.gamma
        value = -self.gamma - rise * (10 * s**3 + 15 * s**4 + 6 * s**5)
        return value, -rise * (30 * s**2 + 60 * s**3 + 30 * s**4) / self.tau

    def stage(self, x: Tensor) -> Tensor:
        """How many leading coordinates have left, |x_i| > 2 tau: int64 (...) from (..., d)."""
        return (x.abs() > 2 * self.tau).to(torch.int64).cumprod(-1).sum(-1)

    def gradient(self, x: Tensor) -> Tensor:
        """Exact gradient at points (seeds, d) that leave in the order of the coordinates."""
        a, size = x.abs(), x.shape[1]
        k = self.stage(x)[:, None]
        place = torch.arange(size)
        slope = 2 * self.L * torch.where(place < k, a - 4 * self.tau, a)
        at = k.clamp(max=size - 1)
        now = a.gather(1, at)
        following = torch.where(k + 1 < size, a.gather(1, (k + 1).clamp(max=size - 1)), 0)
        value, turn = self.coupling(now)
        bridge = now > self.tau
        moving = torch.where(
            bridge, self.bridge_slope(now) + turn * following**2, -2 * self.gamma * now
        )
        slope = torch.where(place == k, moving, slope)
        slope = torch.where((place == k + 1) & bridge, 2 * value * a, slope)
        return slope * torch.sign(x)

    def factor(self, learning_rate: float) -> float:
        """By what exit times of late stages multiply: 1 + kappa (derived here),

        kappa = -ln(1 - 2 eta L) / ln(1 + 2 eta gamma), which is L / gamma only for eta -> 0.
        Raises ValueError unless 2 eta L < 1.
        """
        if not 0 < 2 * learning_rate * self.L < 1:
            raise ValueError(f"learning_rate must lie in (0, 1/(2 L)), got {learning_rate}")
        shrink = -math.log1p(-2 * learning_rate * self.L)
        return 1 + shrink / math.log1p(2 * learning_rate * self.gamma)

    def exits(self, starts: Tensor, learning_rate: float) -> Tensor:
        """Steps after which x_k has passed 2 tau, k = 1..d, without underflow: (seeds, d).

        Plain descent, exactly, with coordinates kept as logarithms: all but those between tau and
        2 tau are multiplied by constants. starts: (seeds, d), in (0, tau].
        """
        if not bool(((starts > 0) & (starts <= self.tau)).all()):
            raise ValueError("starts must lie in (0, tau]")
        grow = math.log1p(2 * learning_rate * self.gamma)
        shrink = math.log1p(-2 * learning_rate * self.L)
        logs = torch.cat([starts.log(), torch.full_like(starts[:, :2], -torch.inf)], 1)
        exits, now = torch.empty_like(starts), torch.zeros_like(starts[:, 0])
        for k in range(starts.shape[1]):
            count = ((math.log(self.tau) - logs[:, k]) / grow).ceil().clamp(min=0)
            x = (logs[:, k] + count * grow).exp()
            logs[:, k + 1 :] += count[:, None] * shrink
            while bool((x <= 2 * self.tau).any()):
                going = x <= 2 * self.tau
                value, turn = self.coupling(x)
                push = self.bridge_slope(x) + turn * (2 * logs[:, k + 1]).exp()
                x = torch.where(going, x - learning_rate * push, x)
                logs[:, k + 1] += torch.where(going, (-2 * learning_rate * value).log1p(), 0)
                logs[:, k + 2 :] += going[:, None] * shrink
                count = count + going
            now = now + count
            exits[:, k] = now
        return exits


def first_steps(stages: Tensor, size: int) -> Tensor:
    """Step at which each stage 1..size was first reached, (seeds, size); inf if never.

    stages: what `Octopus.stage` says after every step, (steps + 1, seeds).
    """
    reached = stages[..., None] > torch.arange(size)
    first = reached.int().argmax(0).double()
    return torch.where(reached.any(0), first, torch.inf)


def perturbed_descent(
    gradient: Callable[[Tensor], Tensor],
    starts: Tensor,
    *,
    radius: float,
    threshold: float,
    wait: int,
    rng: Rng,
    learning_rate: float,
    **options,
) -> Trajectory:
    """Perturbed gradient descent (Jin et al. 2017): a `Trajectory` of (points, clock).

    Where |gradient| <= threshold, and `wait` steps after the last perturbation at the earliest, a
    point uniform in the ball of `radius` is added after the step. `options` are those of `descend`.
    clock (seeds, 1) counts the steps since, and is 0 just after a perturbation.
    """

    def nudged(weights):
        x, clock = weights
        small = torch.linalg.vector_norm(gradient(x), dim=1, keepdim=True) <= threshold
        due = small & (clock >= wait - 0.5)
        x = x + due * in_ball(*x.shape, radius, rng)
        return x, torch.where(due, 0, clock)

    return descend(
        lambda w: (gradient(w[0]), torch.full_like(w[1], -1 / learning_rate)),
        (starts, torch.full_like(starts[:, :1], float(wait))),
        rule=Plain(learning_rate, retraction=nudged),
        **options,
    )


def perturbed_octopus(
    octopus: Octopus,
    starts: Tensor,
    *,
    radius: float,
    learning_rate: float,
    steps: int,
    rng: Rng,
) -> tuple[Tensor, Tensor]:
    """`perturbed_descent` on an octopus: exits of every stage and perturbations until the last, counted.

    starts: (seeds, d). Perturbed where |gradient| <= tau / 100, every 10 steps at most. Returns the
    steps at which stages 1..d were passed (seeds, d), inf if never, and the perturbations up to the last
    of them (seeds,).
    """
    run = perturbed_descent(
        octopus.gradient,
        starts,
        radius=radius,
        threshold=octopus.tau / 100,
        wait=10,
        rng=rng,
        learning_rate=learning_rate,
        steps=steps,
        record=Record(
            range(steps + 1), lambda w: {"stage": octopus.stage(w[0]), "pushed": w[1][:, 0] < 0.5}
        ),
    )
    exits = first_steps(run.records["stage"], starts.shape[1])
    pushes = run.records["pushed"].double().cumsum(0)
    return exits, pushes.gather(0, exits[:, -1].clamp(max=steps).long()[None])[0]


def plain_octopus(octopus: Octopus, starts: Tensor, *, learning_rate: float, steps: int) -> Tensor:
    """The last points of plain descent on an octopus, in float64 as it is, with its underflow: (seeds, d)."""
    run = descend(lambda w: (octopus.gradient(w[0]),), (starts,), Plain(learning_rate), steps=steps)
    return run.weights[0]


# --- Newton's steps --------------------------------------------------------------------------------


def newton_direction(
    field: Callable[[Tensor], tuple[Tensor, Tensor]], *, absolute: bool, floor: float = 1e-9
) -> Callable[[tuple[Tensor, ...]], tuple[Tensor]]:
    """H^-1 g, or with `absolute` the saddle-free |H|^-1 g (Dauphin et al. 2014), for `descend`.

    |eigenvalues| below floor x the largest are raised to it. field(points) -> gradient, Hessian.
    Near a saddle where the loss is homogeneous of degree N Euler gives H x = (N - 1) g: Newton's
    step shrinks x by 1 - eta/(N - 1), the saddle-free one lets it grow by 1 + eta/(N - 1), however
    flat the saddle is (derived here).
    """

    def direction(weights):
        slope, curvature = field(weights[0])
        values, axes = torch.linalg.eigh(curvature)
        sizes = values.abs()
        sizes = torch.maximum(sizes, floor * sizes.amax(-1, keepdim=True))
        scale = 1 / sizes if absolute else torch.where(values < 0, -1, 1) / sizes
        parts = (axes.mT @ slope[..., None]) * scale[..., None]
        return ((axes @ parts)[..., 0],)

    return direction


def steps_out(
    direction: Callable,
    starts: Tensor,
    left: Callable[[Tensor], Tensor],
    *,
    learning_rate: float = 0.5,
    steps: int = 1000,
) -> Tensor:
    """Steps along -direction until `left(points)` holds, (seeds,) floats; -1 if not within `steps`.

    direction: a gradient as `descend` takes it, such as `newton_direction`; starts: (seeds, n).
    """
    run = descend(
        direction,
        (starts,),
        rule=Plain(learning_rate),
        steps=steps,
        stop=Stop(lambda w: left(w[0]), every=1),
    )
    return run.stopped.double()


def saddle_free_growth(depth: int, learning_rate: float) -> float:
    """Growth per step of the saddle-free Newton method at a saddle of degree N: 1 + eta / (N - 1)."""
    return 1 + learning_rate / (depth - 1)


# --- noise at every step ---------------------------------------------------------------------------


def noisy_steps(
    runs: int,
    rng: Rng,
    *,
    gamma: float,
    noise_scale: float,
    learning_rate: float,
    boundary: float,
) -> Tensor:
    """Steps until |y| > boundary, y <- (1 + eta gamma) y - eta sigma xi from 0: (runs,).

    -1 where that takes more than four times the mean of `noisy_law` and 100 steps.

    Descent on -gamma y^2 / 2 with Gaussian noise of scale sigma = `noise_scale` in the gradient.
    """
    zero = torch.zeros(runs, 1, dtype=torch.float64)
    setting = {"gamma": gamma, "noise_scale": noise_scale, "learning_rate": learning_rate}
    law = noisy_law(boundary=boundary, **setting)
    run = descend(
        lambda w, _, noise: (noise_scale * noise - gamma * w[0],),
        (zero,),
        Plain(learning_rate),
        problem=(zero,),
        sees=lambda t, at: (torch.from_numpy(rng.standard_normal(tuple(at.shape))),),
        steps=100 + math.ceil(4 * law),
        stop=Stop(lambda w, _: w[0][:, 0].abs() > boundary, every=1),
    )
    return run.stopped


def noisy_law(*, gamma: float, noise_scale: float, learning_rate: float, boundary: float) -> float:
    """Mean of `noisy_steps` for little noise (derived here):

        [ln(boundary / s) + (0.5772 + ln 2) / 2] / ln(1 + eta gamma) + 1/2,

    s = eta sigma / sqrt((1 + eta gamma)^2 - 1) the scale of the Gaussian that y / growth^t tends to.

    >>> law = dict(gamma=1.0, noise_scale=1e-4, boundary=1.0)
    >>> round(noisy_law(learning_rate=0.05, **law), 1)
    240.3
    """
    growth = 1 + learning_rate * gamma
    spread = learning_rate * noise_scale / math.sqrt(growth**2 - 1)
    away = math.log(boundary / spread) + (np.euler_gamma + math.log(2)) / 2
    return away / math.log(growth) + 0.5


def label_noise_leaves(
    runs: int, rng: Rng, *, size: float, noise_scale: float, learning_rate: float, steps: int
) -> Tensor:
    """Which runs leave the saddle of two scalar layers under label noise, |x_1 x_2| >= 1/2: bool (runs,).

    From Gaussian starts of scale `size`. Each step descends on (x_1 x_2 - y)^2 / 2 with a label
    y = 1 + sigma xi of its own. At x = 0 the gradient is 0 whatever the label: the noise vanishes at the
    saddle.
    """

    def gradient(weights, _, label):
        x = weights[0]
        return ((x.prod(1, keepdim=True) - label) * x.flip(1),)

    starts = torch.from_numpy(size * rng.standard_normal((runs, 2)))
    run = descend(
        gradient,
        (starts,),
        Plain(learning_rate),
        problem=(starts[:, :1],),
        sees=lambda t, at: (
            torch.from_numpy(1 + noise_scale * rng.standard_normal(tuple(at.shape))),
        ),
        steps=steps,
        stop=Stop(lambda w, _: w[0].prod(1).abs() >= 0.5, every=1),
    )
    return run.stopped >= 0


def label_noise_exponent(noise_scale: float, learning_rate: float) -> float:
    """Growth of ln|x_1 + x_2| a step near the saddle under label noise: E ln|1 + eta (1 + sigma xi)|.

    The larger of the two Lyapunov exponents there (the other has -eta for eta): above 0 descent leaves
    the saddle, below 0 it falls into it, though the mean curvature is negative (Ziyin et al. 2023). Raises
    ValueError unless noise_scale and learning_rate are positive.

    >>> [round(label_noise_exponent(sigma, 0.1), 3) for sigma in (1.0, 6.0)]
    [0.091, -0.101]
    """
    if not (noise_scale > 0 and learning_rate > 0):
        raise ValueError(
            f"noise_scale and learning_rate must be positive, got {noise_scale}, {learning_rate}"
        )

    def density(z):
        factor = abs(1 + learning_rate * (1 + noise_scale * z))
        return math.log(factor) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) if factor else 0.0

    zero = -(1 / learning_rate + 1) / noise_scale  # where the logarithm has its pole
    ends = [-12.0, *([zero] if abs(zero) < 12 else []), 12.0]
    return sum(quad(density, a, b, limit=500)[0] for a, b in zip(ends, ends[1:], strict=False))
