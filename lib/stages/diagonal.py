"""Diagonal linear networks: w = u^2 - v^2, the smallest model of a start that decides where descent ends.

Regression of n samples on d > n inputs, L(w) = |X w - y|^2 / 2n, in which every coordinate of w is a network of two
equal layers. From u = v = alpha descent ends at a w with X w = y that depends on alpha: sparse from a small start, the
one of least norm from a large one (Woodworth et al. 2020). From a very small start the way there is a staircase, whose
jumps are known beforehand (Pesme and Flammarion 2023).

X: (problems, n, d), y: (problems, n), w: (problems, d), float64. Time = learning rate x steps.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.optimize import linprog, nnls
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, Weights, descend

# --- the model -----------------------------------------------------------------------------------


class Regression(NamedTuple):
    """Regressions y = X w without noise on Gaussian inputs: inputs X, targets y, and the w that made them."""

    inputs: Tensor
    targets: Tensor
    truth: Tensor

    @property
    def stiffness(self) -> Tensor:
        """The largest eigenvalue of X X^T / n, (problems,)."""
        return torch.linalg.matrix_norm(self.inputs, 2).square() / self.inputs.shape[1]


def sparse_regressions(
    problems: int, samples: int, inputs: int, values: list[float], rng: np.random.Generator
) -> Regression:
    """Regressions whose w is `values` with random signs, then zeros: a `Regression`.

    Raises ValueError for fewer inputs than values, and for as many samples as inputs or more.
    """
    problems, samples = whole_number("problems", problems), whole_number("samples", samples)
    inputs = whole_number("inputs", inputs)
    if not max(len(values), samples + 1) <= inputs:
        raise ValueError(f"inputs must be more than samples and values, got {inputs}")
    x = torch.from_numpy(rng.standard_normal((problems, samples, inputs)))
    w = np.zeros((problems, inputs))
    w[:, : len(values)] = rng.choice([-1.0, 1.0], (problems, len(values))) * values
    truth = torch.from_numpy(w)
    return Regression(x, (x @ truth[..., None])[..., 0], truth)


def coordinates(weights: Weights) -> Tensor:
    """w = u^2 - v^2, (problems, d)."""
    u, v = weights
    return u.square() - v.square()


def squared_loss(weights: Weights, inputs: Tensor, targets: Tensor) -> Tensor:
    """|X w - y|^2 / 2n, (problems,)."""
    return _residual(weights, inputs, targets).square().mean(-1) / 2


def slopes(weights: Weights, inputs: Tensor, targets: Tensor) -> Weights:
    """Gradient of `squared_loss`: (2 g u, -2 g v) with g = X^T (X w - y) / n."""
    r = _residual(weights, inputs, targets)
    g = 2 * (inputs.mT @ r[..., None])[..., 0] / inputs.shape[1]
    return g * weights[0], -g * weights[1]


def _residual(weights, inputs, targets):
    return (inputs @ coordinates(weights)[..., None])[..., 0] - targets


# --- where descent ends ----------------------------------------------------------------------------


def interpolator(regression: Regression, scale: float | Tensor, steps: int = 200) -> Tensor:
    """Where the flow from u v = scale^2 ends: the w of least potential among those with X w = y, (problems, d).

    w = 2 scale^2 sinh(X^T nu), the nu from X w = y (Woodworth et al. 2020, theorem 1): Newton's method on the
    convex dual sum_j 2 scale_j^2 cosh(X^T nu)_j - y . nu, by halved steps where it does not fall.
    scale: number, or (problems, d) for a start of its own in every coordinate.
    Raises ArithmeticError if it does not converge.
    """
    x, y = regression.inputs, regression.targets
    size = 2 * (torch.as_tensor(scale, dtype=torch.float64) ** 2).expand(len(x), x.shape[2])
    nu = torch.zeros_like(y)

    def dual(nu):
        z = (x.mT @ nu[..., None])[..., 0]
        value = (size * torch.cosh(z)).sum(-1) - (y * nu).sum(-1)
        return z, torch.where(value.isfinite() & (z.abs().amax(-1) < 500), value, torch.inf)

    z, value = dual(nu)
    for _ in range(steps):
        slope = (x @ (size * torch.sinh(z))[..., None])[..., 0] - y
        if (slope.abs().amax(-1) <= 1e-11 * y.abs().amax(-1)).all():
            return size * torch.sinh(z)
        hessian = (x * (size * torch.cosh(z))[:, None]) @ x.mT
        way, share = torch.linalg.solve(hessian, slope), torch.ones_like(value)[:, None]
        for _ in range(60):
            moved, found = dual(nu - share * way)
            worse = ~(found <= value + 1e-13 * value.abs())
            if not worse.any():
                break
            share = torch.where(worse[:, None], share / 2, share)
        nu = nu - share * way
        z, value = moved, found
    raise ArithmeticError(f"no interpolator after {steps} steps of Newton's method")


def least_l1(regression: Regression) -> Tensor:
    """The w with X w = y of least sum |w_j| (basis pursuit, by linear programming), (problems, d)."""
    found = []
    for x, y in zip(regression.inputs.numpy(), regression.targets.numpy(), strict=True):
        both = linprog(np.ones(2 * x.shape[1]), A_eq=np.hstack([x, -x]), b_eq=y).x
        found.append(both[: x.shape[1]] - both[x.shape[1] :])
    return torch.from_numpy(np.stack(found))


def least_norm(regression: Regression) -> Tensor:
    """The w with X w = y of least |w|, (problems, d)."""
    return (torch.linalg.pinv(regression.inputs) @ regression.targets[..., None])[..., 0]


class Ended(NamedTuple):
    """Ends of descent: w (problems, d); kept: sqrt(u v) of every coordinate at the end; relative residual (problems,)."""

    coordinates: Tensor
    kept: Tensor
    residual: Tensor


def descend_from(
    regression: Regression,
    scale: float,
    rate: float | Tensor,
    steps: int,
    tolerance: float = 1e-9,
) -> Ended:
    """Plain descent from u = v = scale until |X w - y| <= tolerance |y|, by `steps` at most: `Ended`.

    rate: number, or (problems,).
    """
    x, y = regression.inputs, regression.targets
    start = torch.full_like(regression.truth, scale)
    goal = tolerance**2 * y.square().mean(-1) / 2
    run = descend(
        lambda w, x, y, _: slopes(w, x, y),
        (start, start),
        Plain(rate),
        steps=steps,
        problem=(x, y, goal),
        stop=Stop(lambda w, x, y, low: squared_loss(w, x, y) <= low),
    )
    left = _residual(run.weights, x, y).norm(dim=-1) / y.norm(dim=-1)
    return Ended(coordinates(run.weights), (run.weights[0] * run.weights[1]).sqrt(), left)


def stable_rate(regression: Regression, scale: float, end: Tensor | None = None) -> Tensor:
    """2 / (4 lambda max_j (u^2 + v^2)) at an end w of the flow from u v = scale^2, (problems,).

    About the largest rate at which that end is stable; lambda is the `stiffness`. end: (problems, d); the
    `interpolator` without.
    """
    end = interpolator(regression, scale) if end is None else end
    size = (end.square() + 4 * scale**4).sqrt().amax(-1)
    return 1 / (2 * regression.stiffness * size)


# --- the staircase -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Staircase:
    """The stages of descent from a vanishing start, one problem.

    times: of the jumps, in units of ln(1/alpha), (jumps,). values: w on the plateaus, from 0 on, (jumps + 1, d).
    losses: there, (jumps + 1,).
    """

    times: np.ndarray
    values: np.ndarray
    losses: np.ndarray

    def large(self, share: float = 0.01) -> np.ndarray:
        """The places of the jumps that lower the loss by more than this share of the first loss."""
        return np.flatnonzero(-np.diff(self.losses) > share * self.losses[0])

    def lowest(self) -> float:
        """A loss that descent has only after its last large jump."""
        k = self.large()[-1]
        return float(0.9 * self.losses[k + 1] + 0.1 * self.losses[k])


def staircase(x: np.ndarray, y: np.ndarray, rate: float = 0.0, most: int = 200) -> Staircase:
    """The stages of descent on one regression as the start vanishes: `Staircase`.

    On a plateau w rests and g = X^T (X w - y) / n is constant, so ln u and ln v move in lines, from ln alpha, by
    -2 g and +2 g (for steps of a `rate` by ln(1 - 2 rate g) / rate and ln(1 + 2 rate g) / rate). When one arrives
    at 0 its coordinate may move: descent is then, at once, at the least squares over the coordinates that are at 0,
    each with the sign of its side; those that this sets to 0 fall behind again
    (for the flow: Pesme and Flammarion 2023; with a rate: ours).
    Raises ArithmeticError for more than `most` jumps.
    """
    n, d = x.shape
    log_size = np.full((2, d), -1.0)  # of u and v, in units of ln(1/alpha)
    w, now = np.zeros(d), 0.0
    times, values, losses = [], [w], [float(y @ y) / 2 / n]
    for _ in range(most):
        g = 2 * x.T @ (x @ w - y) / n
        g[np.abs(g) <= 1e-10 * np.abs(y).max()] = 0
        speed = np.stack([-g, g])
        if rate:
            speed = np.log1p(rate * speed) / rate
        waiting = (speed > 0) & (log_size < 0)
        if not waiting.any():
            return Staircase(np.array(times), np.stack(values), np.array(losses))
        wait = np.where(waiting, -log_size / np.where(waiting, speed, 1.0), np.inf)
        now += wait.min()
        log_size = np.minimum(log_size + wait.min() * speed, 0.0)
        log_size[wait <= wait.min() * (1 + 1e-12)] = 0.0
        side, who = np.nonzero(log_size > -1e-9)
        log_size[side, who] = 0.0
        sign = 1.0 - 2.0 * side
        found, _ = nnls(x[:, who] * sign, y, maxiter=100 * d)
        w = np.zeros(d)
        w[who] = sign * found
        times.append(now)
        values.append(w)
        losses.append(float(np.square(x @ w - y).mean()) / 2)
    raise ArithmeticError(f"more than {most} jumps")


def staircases(regression: Regression, rate: Tensor | float = 0.0) -> list[Staircase]:
    """`staircase` of every regression; rate: number, or (problems,)."""
    rates = torch.as_tensor(rate, dtype=torch.float64).expand(len(regression.inputs))
    every = zip(regression.inputs.numpy(), regression.targets.numpy(), rates.tolist(), strict=True)
    return [staircase(x, y, own) for x, y, own in every]


class Climb(NamedTuple):
    """Descent from a small start: the recorded steps (records,), losses (records, problems), w (records, problems, d)."""

    steps: Tensor
    losses: Tensor
    paths: Tensor


def climb(
    regression: Regression, scale: float, rate: Tensor, lowest: ArrayLike, every: int = 4
) -> Climb:
    """Plain descent from u = v = scale until the loss is below `lowest` (problems,), looked at `every` so many steps.

    rate: (problems,). At most as many steps as 20 ln(1/scale) / rate.
    """
    start = torch.full_like(regression.truth, scale)
    lowest = torch.as_tensor(lowest, dtype=torch.float64)
    steps = every * int(20 * np.log(1 / scale) / float(rate.min()) / every)
    run = descend(
        lambda w, x, y, _: slopes(w, x, y),
        (start, start),
        Plain(rate),
        steps=steps,
        problem=(regression.inputs, regression.targets, lowest),
        record=Record(
            range(0, steps + 1, every),
            lambda w, x, y, _: {"loss": squared_loss(w, x, y), "w": coordinates(w)},
            until=lambda t, seen, x, y, low: seen["loss"] < low,
        ),
    )
    used = 1 + int(run.stopped.max()) // every
    return Climb(run.steps[:used], run.records["loss"][:used], run.records["w"][:used])


def jump_steps(run: Climb, stairs: list[Staircase]) -> list[np.ndarray]:
    """The steps at which each problem's loss is first below the middle of its large jumps, (jumps,) each."""
    steps, losses = run.steps.numpy(), run.losses.numpy()
    found = []
    for k, one in enumerate(stairs):
        places = one.large()
        middles = (one.losses[places] + one.losses[places + 1]) / 2
        found.append(steps[(losses[:, k, None] < middles).argmax(0)])
    return found


def slopes_of_jumps(
    runs: tuple[Climb, Climb], scales: tuple[float, float], stairs: list[Staircase], rate: Tensor
) -> list[np.ndarray]:
    """How the times of the large jumps grow with ln(1/scale), between two runs, (jumps,) for each problem."""
    early, late = (jump_steps(run, stairs) for run in runs)
    spread = np.log(scales[0] / scales[1])
    return [own * (b - a) / spread for own, a, b in zip(rate.tolist(), early, late, strict=True)]


def plateau_distances(
    run: Climb, scale: float, stairs: list[Staircase], rate: Tensor, *, longer: float = 0.1
) -> list[np.ndarray]:
    """Distance of w, halfway on each computed plateau, from its computed place, relative to that: (plateaus,) each.

    Of plateaus longer than `longer` ln(1/scale), up to the last large jump.
    """
    found = []
    for k, one in enumerate(stairs):
        ends = one.times[: one.large()[-1] + 1]
        middles, lengths = (ends[1:] + ends[:-1]) / 2, np.diff(ends)
        places = np.flatnonzero(lengths > longer)
        at = middles[places] * np.log(1 / scale) / float(rate[k])
        row = np.searchsorted(run.steps.numpy(), at).clip(max=len(run.steps) - 1)
        computed = one.values[places + 1]
        away = run.paths[row, k].numpy() - computed
        found.append(np.linalg.norm(away, axis=-1) / np.linalg.norm(computed, axis=-1))
    return found


def given_back(run: Climb, least: float = 0.1) -> Tensor:
    """Has some |w_j| grown beyond `least` and then lost half of its largest size? bool (problems,)."""
    sizes = run.paths.abs()
    peak = sizes.amax(0)
    return ((peak > least) & (sizes[-1] < peak / 2)).any(-1)


@dataclass(frozen=True)
class Ascent:
    """Descent from two small starts, beside its computed stairs.

    scales: of the starts, falling. rate: (problems,). stairs: a `Staircase` for each problem. runs: a `Climb` for each start.
    """

    scales: tuple[float, float]
    rate: Tensor
    stairs: list[Staircase]
    runs: list[Climb]

    def computed(self) -> list[np.ndarray]:
        """The times of the large jumps, in units of ln(1/scale), (jumps,) for each problem."""
        return [one.times[one.large()] for one in self.stairs]

    def measured(self) -> list[np.ndarray]:
        """How the measured times of the large jumps grow with ln(1/scale), (jumps,) for each problem."""
        return slopes_of_jumps(self.runs, self.scales, self.stairs, self.rate)

    def quotients(self) -> list[np.ndarray]:
        """Measured over computed, (jumps,) for each problem."""
        return [a / b for a, b in zip(self.measured(), self.computed(), strict=True)]

    def away(self) -> list[np.ndarray]:
        """`plateau_distances` from the smaller start, (plateaus,) for each problem."""
        return plateau_distances(self.runs[1], self.scales[1], self.stairs, self.rate)

    def stages(self) -> list[np.ndarray]:
        """The computed w after each large jump, (jumps, d) for each problem."""
        return [one.values[one.large() + 1] for one in self.stairs]

    def losses(self, problem: int) -> dict[str, tuple[Tensor, Tensor]]:
        """{start: (time in units of ln(1/scale), loss over the first loss)} of one problem, until its last large jump."""
        first, found = self.stairs[problem].losses[0], {}
        for scale, run in zip(self.scales, self.runs, strict=True):
            used = slice(1 + int((run.losses[:, problem] > self.stairs[problem].lowest()).sum()))
            time = run.steps[used] * float(self.rate[problem]) / np.log(1 / scale)
            found[f"α = {scale:g}"] = time, run.losses[used, problem] / first
        return found


def ascend(regression: Regression, scales: tuple[float, float], share: float) -> Ascent:
    """Plain descent from both starts, at a `share` of the rate that is stable on every plateau of the flow: `Ascent`."""
    peak = torch.tensor(np.stack([np.abs(s.values).max(0) for s in staircases(regression)]))
    rate = share * stable_rate(regression, 0.0, peak)
    stairs = staircases(regression, rate)
    lowest = [one.lowest() for one in stairs]
    return Ascent(
        scales, rate, stairs, [climb(regression, scale, rate, lowest) for scale in scales]
    )


def nearest_to_stages(run: Climb, stages: list[np.ndarray]) -> list[np.ndarray]:
    """How near w comes to each stage (stages, d) on its way, relative to that stage's size, (stages,) a problem."""
    found = []
    for k, goals in enumerate(stages):
        path = run.paths[:, k].numpy()
        away = [np.linalg.norm(path - goal, axis=-1).min() for goal in goals]
        found.append(np.array(away) / np.linalg.norm(goals, axis=-1))
    return found


def matching_pursuit(x: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """The stages of orthogonal matching pursuit, (stages, d): one coordinate after the other, none is given back.

    The next is that of the largest |X^T (X w - y)|, then w is the least squares over all chosen ones; until the
    data are fit, by `steps` stages at most.
    """
    chosen, found, r = [], [], y
    while len(found) < steps and np.linalg.norm(r) > 1e-9 * np.linalg.norm(y):
        chosen.append(int(np.abs(x.T @ r).argmax()))
        w = np.zeros(x.shape[1])
        w[chosen] = np.linalg.lstsq(x[:, chosen], y, rcond=None)[0]
        r = y - x @ w
        found.append(w)
    return np.stack(found)
