"""Textbook functions of one and two variables with exact derivatives, and what descent does on them.

Points are (..., d) float64 tensors, d = 1 or 2; a surface gives value (...), gradient (..., d) and
Hessian (..., d, d). The functions are those of the chapter "Optimization and deep learning" of Dive
into Deep Learning (d2l; Zhang, Lipton, Li, Smola). Also here: random symmetric matrices, the
chapter's model of Hessians in high dimension. time = learning rate x steps.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from scipy.optimize import brentq, minimize_scalar
from torch import Tensor

from lib.descent import Plain, Stop, Trajectory, descend


@dataclass(frozen=True)
class Surface:
    """A function with its exact derivatives, each a callable on points (..., d)."""

    value: Callable[[Tensor], Tensor]
    gradient: Callable[[Tensor], Tensor]
    hessian: Callable[[Tensor], Tensor]


def _of_one(value, slope, curvature):
    """Surface of one variable from three functions of numbers."""
    return Surface(
        value=lambda p: value(p[..., 0]),
        gradient=lambda p: slope(p),
        hessian=lambda p: curvature(p)[..., None],
    )


def quadratic(*curvatures: float) -> Surface:
    """1/2 sum curvature_i x_i^2: bowl, dome or saddle by the signs of its curvatures.

    >>> quadratic(2.0, -2.0).value(torch.tensor([3.0, 1.0], dtype=torch.float64)).item()
    8.0
    """
    c = torch.tensor(curvatures, dtype=torch.float64)
    return Surface(
        value=lambda p: (c * p * p).sum(-1) / 2,
        gradient=lambda p: c * p,
        hessian=lambda p: torch.diag(c).expand(*p.shape, len(c)),
    )


def wiggled_risk(
    amplitude: float | Tensor, phase: float | Tensor = 0.0, frequency: float = 5.0
) -> Surface:
    """x cos(pi x) + amplitude cos(frequency pi x + phase).

    d2l's risk has amplitude 0, its empirical risk 0.2. amplitude, phase: numbers or tensors that
    broadcast with the points' first dimensions.
    """
    pi, w = math.pi, math.pi * frequency
    cos, sin = torch.cos, torch.sin
    return _of_one(
        lambda x: x * cos(pi * x) + amplitude * cos(w * x + phase),
        lambda x: cos(pi * x) - pi * x * sin(pi * x) - amplitude * w * sin(w * x + phase),
        lambda x: (
            -2 * pi * sin(pi * x) - pi**2 * x * cos(pi * x) - amplitude * w**2 * cos(w * x + phase)
        ),
    )


risk = wiggled_risk(0.0)
empirical_risk = wiggled_risk(0.2)
cubic = _of_one(lambda x: x**3, lambda x: 3 * x * x, lambda x: 6 * x)
saddle = quadratic(2.0, -2.0)  # x^2 - y^2
tanh = _of_one(
    torch.tanh, lambda x: 1 / torch.cosh(x) ** 2, lambda x: -2 * torch.tanh(x) / torch.cosh(x) ** 2
)
sine = _of_one(torch.sin, torch.cos, lambda x: -torch.sin(x))  # tanh x with sin z = tanh x
relu = _of_one(torch.relu, lambda x: (x > 0).to(x.dtype), torch.zeros_like)


# --- critical points -----------------------------------------------------------------------------


def points(x: float | Sequence[float] | np.ndarray | Tensor) -> Tensor:
    """Numbers or arrays (...) as points of one variable, (..., 1)."""
    return torch.as_tensor(x, dtype=torch.float64)[..., None]


def signature(hessian: Tensor, tolerance: float = 1e-9) -> tuple[int, int, int]:
    """Numbers of (positive, negative, zero) eigenvalues of one symmetric matrix (d, d).

    An eigenvalue counts as zero up to `tolerance` times the largest, or 1.

    >>> signature(saddle.hessian(torch.zeros(2, dtype=torch.float64)))
    (1, 1, 0)
    """
    values = torch.linalg.eigvalsh(hessian)
    small = tolerance * max(1.0, float(values.abs().max()))
    return tuple(int(k.sum()) for k in (values > small, values < -small, values.abs() <= small))


def classify(hessian: Tensor, tolerance: float = 1e-9) -> str:
    """Second-derivative test at a critical point: "minimum", "maximum", "saddle" or "inconclusive".

    Both signs make a saddle, whatever the zeros; zeros beside one sign only leave it open (d2l).

    >>> classify(cubic.hessian(points(0.0)))
    'inconclusive'
    """
    positive, negative, zero = signature(hessian, tolerance)
    if positive and negative:
        return "saddle"
    return "inconclusive" if zero else "minimum" if positive else "maximum"


def class_by_descent(
    hessians: Tensor, rng: np.random.Generator, *, starts: int = 8, steps: int = 2000
) -> list[str]:
    """What descent and ascent do near critical points with these Hessians (n, d, d): a list of words.

    "minimum": descent on 1/2 x'Hx brings every random start nearer; "maximum": ascent does;
    "saddle": neither. The step is half the inverse of the largest |eigenvalue|, so that an eigenvalue
    below a hundredth of the largest may be missed.
    """
    size = torch.linalg.eigvalsh(hessians).abs().amax(-1)
    begin = torch.from_numpy(rng.standard_normal((len(hessians), hessians.shape[-1], starts)))

    def nearer(sign):
        run = descend(
            lambda w, h: (h @ w[0],),
            (begin,),
            problem=(sign * hessians,),
            rule=Plain(0.5 / size),
            steps=steps,
            stop=Stop(diverged="keep"),
        )
        return (run.weights[0].norm(dim=1) < begin.norm(dim=1)).all(-1)

    down, up = nearer(1).tolist(), nearer(-1).tolist()
    names = {(True, False): "minimum", (False, True): "maximum"}
    return [names.get(pair, "saddle") for pair in zip(down, up, strict=True)]


def turning_points(surface: Surface, low: float, high: float, *, grid: int = 2000) -> Tensor:
    """Critical points of a surface of one variable where the slope changes sign, ascending, (k, 1).

    Brackets on a grid, then Brent's method to rounding. A slope that touches zero without crossing,
    as that of x^3, is not found.
    """
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    x = torch.linspace(low, high, grid + 1, dtype=torch.float64)
    slope = surface.gradient(points(x))[:, 0]
    at = torch.nonzero(slope[:-1] * slope[1:] < 0)[:, 0].tolist()

    def f(z):
        return float(surface.gradient(points(z))[0])

    return points([brentq(f, float(x[k]), float(x[k + 1]), xtol=1e-15) for k in at])


def global_minimum(surface: Surface, low: float, high: float) -> Tensor:
    """The lowest critical point or end of [low, high] of a surface of one variable, a point (1,)."""
    inside = turning_points(surface, low, high)
    candidates = torch.cat([inside, points([float(low), float(high)])])
    return candidates[surface.value(candidates).argmin()]


# --- descent -------------------------------------------------------------------------------------


def follow(surface: Surface, starts: Tensor, rule: Plain, *, steps: int, **options) -> Trajectory:
    """`lib.descent.descend` on a surface from starts (seeds, d); options as there."""
    return descend(
        lambda w: (surface.gradient(w[0]),),
        (starts,),
        rule,
        steps=steps,
        **options,
    )


def steps_until(
    surface: Surface,
    starts: Tensor,
    reached: Callable[[Tensor], Tensor],
    rule: Plain,
    *,
    limit: int,
    check_every: int = 1,
) -> Tensor:
    """Steps from each start until `reached(points)` first holds, int64 (seeds,); -1 if not by `limit`.

    Exact for check_every=1, else rounded up to that grid. Divergence is no failure here.
    """
    run = follow(
        surface,
        starts,
        rule,
        steps=limit,
        stop=Stop(lambda w: reached(w[0]), every=check_every, diverged="keep"),
    )
    return run.stopped


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of a gradient: Gaussian of standard deviation `scales`, or with `batches` that of minibatches.

    scales: (seeds,). batches: whole numbers (seeds,); half of all samples tilt f by +scale x, the other half by
    -scale x, and each step sees the mean of so many. rng: the numpy generator of all steps.
    """

    scales: Tensor | np.ndarray | Sequence[float]
    rng: np.random.Generator
    batches: Tensor | np.ndarray | None = None

    def drawn(self, batch: Tensor) -> Tensor:
        """Of one step, in units of the scale: like batch, (seeds, 1)."""
        if self.batches is None:
            return torch.from_numpy(self.rng.standard_normal(tuple(batch.shape)))
        size = batch.numpy().astype(int)
        return torch.from_numpy(2 * self.rng.binomial(size, 0.5) / size - 1)


def noisy_escape(
    surface: Surface,
    starts: Tensor,
    noise: Noise,
    escaped: Callable[[Tensor], Tensor],
    *,
    learning_rate: float,
    steps: int,
    within: tuple[float, float],
) -> Tensor:
    """Has descent with gradient noise met `escaped(points)` by `steps`? bool (seeds,).

    x <- x - learning_rate (f'(x) + noise), kept in the interval `within`; starts (seeds, 1). Looked at
    every 10 steps.
    """
    sizes = torch.ones(len(starts)) if noise.batches is None else noise.batches
    run = descend(
        lambda w, scale, batch, drawn: (surface.gradient(w[0]) + scale * drawn,),
        (starts,),
        Plain(learning_rate, retraction=lambda w: (w[0].clamp(*within),)),
        steps=steps,
        problem=(points(noise.scales), points(sizes)),
        sees=lambda t, scale, batch: (noise.drawn(batch),),
        stop=Stop(lambda w, scale, batch: escaped(w[0]), every=10),
    )
    return run.stopped >= 0


def minibatch_scale(sample_scale: float, batch: float | np.ndarray) -> float | np.ndarray:
    """Standard deviation of the mean of `batch` independent gradients, each with `sample_scale`.

    >>> float(minibatch_scale(20.0, 16))
    5.0
    """
    return sample_scale / np.sqrt(batch)


def crossing(x: np.ndarray, shares: np.ndarray, level: float = 0.5) -> float:
    """Where shares (k,) over rising x (k,) first reach `level`, by straight lines between.

    The running maximum of the shares is taken; x[0] or x[-1] where they never cross.

    >>> crossing(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.25, 0.75]))
    2.5
    """
    return float(np.interp(level, np.maximum.accumulate(shares), x))


def mean_escape_time(
    surface: Surface,
    begin: float,
    end: float,
    low: float,
    noise_scale: float,
    learning_rate: float,
    *,
    grid: int = 4000,
) -> float:
    """Mean time to pass from `begin` to `end` > begin under gradient noise; time = rate x steps.

    Small steps make a diffusion with temperature D = learning_rate noise_scale^2 / 2, reflected at
    `low`:  T = 1/D int_begin^end e^{f(y)/D} int_low^y e^{-f(z)/D} dz dy  (Kramers 1940; the
    double integral is standard). Escapes from a well are then nearly exponential in time.
    """
    if not low <= begin < end:
        raise ValueError(f"low <= begin < end must hold, got {low}, {begin}, {end}")
    temperature = learning_rate * noise_scale**2 / 2
    z = torch.linspace(low, end, grid + 1, dtype=torch.float64)
    f = surface.value(points(z)) / temperature
    inner = torch.cumulative_trapezoid((f.min() - f).exp(), z)
    outer = (f[1:] - f.min()).exp() * inner * (z[1:] >= begin)
    return float(torch.trapezoid(outer, z[1:])) / temperature


def escape_factor(
    gone: np.ndarray, trials: int, times: np.ndarray, horizon: float
) -> tuple[float, list[float]]:
    """(k, 95% interval): the mean escape times are k times `times` (m,), by `gone` of `trials` runs each.

    Maximum likelihood of P(gone by `horizon`) = 1 - exp(-horizon / (k times)); the interval is that of ln k
    at the curvature of the likelihood.

    >>> k, _ = escape_factor(np.array([393469]), 1000000, np.array([2.0]), 1.0)
    >>> round(k, 3)
    1.0
    """

    def cost(logarithm: float) -> float:
        share = -np.expm1(-horizon / (np.exp(logarithm) * times))
        share = share.clip(1e-12, 1 - 1e-12)
        return -float((gone * np.log(share) + (trials - gone) * np.log1p(-share)).sum())

    best = float(minimize_scalar(cost, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x)
    curvature = (cost(best + 0.01) - 2 * cost(best) + cost(best - 0.01)) / 1e-4
    reach = 1.96 / math.sqrt(max(curvature, 1e-9))
    return math.exp(best), [math.exp(best - reach), math.exp(best + reach)]


def saddle_steps(
    delta: float | np.ndarray, learning_rate: float, momentum: float = 0.0
) -> float | np.ndarray:
    """Steps for x^2 - y^2 to carry |y| from delta to 1: log(1/delta) / log(growth), a number.

    Without momentum y grows by 1 + 2 eta a step exactly. With momentum mu the growth is the larger
    root of r^2 - (1 + mu + 2 eta) r + mu, and the count is right up to a constant.
    """
    b = 1 + momentum + 2 * learning_rate
    return np.log(1 / np.asarray(delta)) / math.log((b + math.sqrt(b * b - 4 * momentum)) / 2)


def conditioned_steps(condition: float, reduction: float) -> float:
    """Steps that cut the distance to the minimum of a quadratic to `reduction`, at the best step size.

    Curvatures 1 and kappa, eta = 2/(1 + kappa): both modes shrink by (kappa - 1)/(kappa + 1) a step
    (Polyak 1964, recalled; two lines of algebra).

    >>> round(conditioned_steps(100.0, 1e-6))
    691
    """
    return math.log(1 / reduction) / math.log((condition + 1) / (condition - 1))


def steps_at_best_rate(condition: float, reduction: float, limit: int = 20000) -> int:
    """Steps that descent on 1/2 (x^2 + condition y^2) takes from (1, 1) at the rate 2/(1 + condition)."""
    bowl, corner = quadratic(1.0, condition), torch.ones(1, 2, dtype=torch.float64)

    def near(p: Tensor) -> Tensor:
        return p.norm(dim=-1) <= reduction * 2**0.5

    return int(steps_until(bowl, corner, near, Plain(2 / (1 + condition)), limit=limit))


def distance_at_rate(condition: float, rate: float, steps: int = 1000) -> float:
    """Distance from the minimum of 1/2 (x^2 + condition y^2) after some steps of descent from (1, 1)."""
    corner = torch.ones(1, 2, dtype=torch.float64)
    return float(
        follow(quadratic(1.0, condition), corner, Plain(rate), steps=steps).weights[0].norm()
    )


def cubic_time(start: float | Tensor, end: float | Tensor) -> float | Tensor:
    """Time of gradient flow on x^3 from start to end, both of one sign: (1/end - 1/start)/3.

    >>> cubic_time(1.0, 0.25)
    1.0
    """
    return (1 / end - 1 / start) / 3


def wiggle_excess(amplitude: float, frequency: float = 5.0) -> float:
    """Excess risk of the minimum of `wiggled_risk(amplitude)` near the global minimum, to leading order.

    The wiggle moves the minimum by its slope over the curvature f'', and costs f'' shift^2 / 2.

    >>> round(wiggle_excess(0.002) / wiggle_excess(0.001), 6)
    4.0
    """
    best = global_minimum(risk, 0.5, 1.5)
    slope = float((wiggled_risk(amplitude, 0.0, frequency).gradient(best) - risk.gradient(best))[0])
    return slope**2 / (2 * float(risk.hessian(best)))


def tanh_steps(x: float | np.ndarray, learning_rate: float) -> float | np.ndarray:
    """Steps of descent on tanh from x to 0, before they are rounded up: T(x) / rate + ln cosh(x).

    T is `tanh_time`; a step of Euler's method is behind the flow by rate/2 times the change of ln f',
    which adds up to ln cosh x steps (derived here).
    """
    return tanh_time(x) / learning_rate + np.log(np.cosh(np.asarray(x)))


def tanh_time(x: float | np.ndarray) -> float | np.ndarray:
    """Time of gradient flow on tanh from x down to 0: x/2 + sinh(2x)/4.

    >>> float(tanh_time(4.0).round(2))
    374.62
    """
    return x / 2 + np.sinh(2 * np.asarray(x)) / 4


# --- random symmetric matrices -------------------------------------------------------------------


def spectrum_signs(
    size: int, values: Sequence[float], probabilities: Sequence[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Exact probabilities that an eigenvalue is (positive, negative, zero), and of the same for the largest.

    Symmetric matrices with independent entries on and above the diagonal, each `values[i]` with
    probability `probabilities[i]`; all matrices are enumerated (len(values)^(size (size + 1) / 2)).
    The eigenvalue is picked uniformly among the `size`. Returns two tuples of three.
    """
    values, chances = np.asarray(values, float), np.asarray(probabilities, float)
    if len(values) != len(chances) or abs(chances.sum() - 1) > 1e-12 or (chances < 0).any():
        raise ValueError("probabilities must match values, be >= 0 and sum to 1")
    picks = np.array(list(product(range(len(values)), repeat=size * (size + 1) // 2)))
    rows, columns = np.triu_indices(size)
    matrices = np.zeros((len(picks), size, size))
    matrices[:, rows, columns] = matrices[:, columns, rows] = values[picks]
    weight = chances[picks].prod(1)
    spectra = np.linalg.eigvalsh(matrices)
    signs = [spectra > 1e-9, spectra < -1e-9, np.abs(spectra) <= 1e-9]
    uniform = tuple(float(weight @ s.mean(1)) for s in signs)
    return uniform, tuple(float(weight @ s[:, -1]) for s in signs)


def count_positive_definite(
    size: int, samples: int, rng: np.random.Generator, shift: float = 0.0
) -> int:
    """How many of `samples` GOE matrices of `size`, plus shift times I, have only positive eigenvalues.

    Entries above the diagonal have variance 1/2, on it 1. Returns a count.
    """
    count = 0
    for part in range(0, samples, 100_000):
        a = torch.from_numpy(rng.standard_normal((min(100_000, samples - part), size, size)))
        a = (a + a.mT) / 2 + shift * torch.eye(size, dtype=torch.float64)
        count += int((torch.linalg.cholesky_ex(a).info == 0).sum())
    return count


def probability_positive_definite(size: int) -> float:
    """P(all eigenvalues of a GOE matrix of `size` are positive), a number.

    Integrates the joint density prod |l_i - l_j| exp(-sum l^2 / 2) over the positive and over all
    real l by de Bruijn's Pfaffian (de Bruijn 1955): both are Pfaffians of double integrals
    A_ij = int int sign(y - x) p_i(x) p_j(y), here by Gauss-Legendre sums. Known: 1/2,
    (2 - sqrt 2)/4, 1/4 - sqrt 2/(2 pi).

    >>> round(probability_positive_definite(2), 10), round((2 - 2**0.5) / 4, 10)
    (0.1464466094, 0.1464466094)
    """
    if not 1 <= size <= 12:
        raise ValueError(f"size must be in 1..12, got {size}")
    return math.exp(_log_pfaffian(size, 0.0) - _log_pfaffian(size, -1.0))


def _log_pfaffian(size, sign):
    """log of de Bruijn's Pfaffian for l on (0, inf) (sign 0) or on the whole line (sign -1)."""
    degrees = size + size % 2
    high = 2 * math.sqrt(degrees) + 8
    # Panels of Gauss-Legendre nodes; within a panel the running integral is a matrix product.
    nodes, weights = np.polynomial.legendre.leggauss(16)
    running = np.array([_running(nodes, k) for k in range(16)]).T @ np.linalg.inv(
        np.polynomial.legendre.legvander(nodes, 15)
    )
    edges = np.linspace(sign * high, high, 81)
    half = np.diff(edges)[:, None] / 2
    x = (edges[:-1, None] + half) + half * nodes
    # Hermite functions keep the Pfaffian well scaled; any basis of polynomials gives the same ratio.
    p = [np.exp(-x * x / 2), x * np.exp(-x * x / 2)]
    for k in range(1, degrees - 1):
        p.append((x * p[k] * math.sqrt(2) - math.sqrt(k) * p[k - 1]) / math.sqrt(k + 1))
    p = np.array(p[:size])
    mass = (p * half * weights).sum(-1)
    below = np.cumsum(mass, 1) - mass
    cumulative = below[..., None] + half * (p @ running.T)
    total = mass.sum(-1)
    a = np.einsum("ikq,jkq,kq->ij", p, 2 * cumulative - total[:, None, None], half * weights)
    if size % 2:
        a = np.block([[a, -total[:, None]], [total[None], np.zeros((1, 1))]])
    return np.linalg.slogdet(a)[1] / 2


def _running(nodes, k):
    """Integral of the k-th Legendre polynomial from -1 to each node."""
    legendre = np.polynomial.legendre.Legendre.basis(k)
    return legendre.integ(lbnd=-1)(nodes)
