"""Beyond plain descent: momentum, Nesterov's step and Adam where each can be worked out exactly.

Quadratics with curvatures from 1 to kappa: the rate of each method, tuned, and how much of Adam's lead
is owed to the axes. Linear losses that repeat (Reddi, Kale and Kumar 2018, recalled):

    m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,
    x <- x - step / sqrt(t) m / sqrt(v),   clipped to [-1, 1]

As the gradients do not depend on x, m and v become periodic, and the drift of x over a period is known
in closed form (derived here): to which end x goes changes at a critical beta2. That there is one, and
that it depends on the problem, is told by Zhang, Chen, Shi, Sun and Luo 2022 (arXiv:2208.09632, abstract).
Last, contests on digits, whose pixels may be of unequal size, along the axes or turned.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.signal import lfilter

from lib.checks import whole_number
from lib.descent import Momentum, Plain, Record, Stop, descend
from lib.linear_networks import orthogonal
from lib.practice.draws import Problems
from lib.practice.minibatches import least_loss, race

METHODS = ("descent", "heavy ball", "nesterov")

# --- rates on quadratics -------------------------------------------------------------------------


def _checked(method, condition):
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if not (math.isfinite(condition) and condition > 1):
        raise ValueError(f"condition must be a number above 1, got {condition}")
    return math.sqrt(condition)


def tuned(method: str, condition: float) -> tuple[float, float]:
    """Learning rate and momentum that are best for curvatures from 1 to kappa: two numbers.

    descent 2 / (kappa + 1) and 0; heavy ball 4 / (sqrt kappa + 1)^2 and the square of its rate (Polyak
    1964); nesterov 1 / kappa and (sqrt kappa - 1) / (sqrt kappa + 1) (Nesterov 1983; recalled).

    >>> tuned("nesterov", 100)
    (0.01, 0.8181818181818182)
    """
    root = _checked(method, condition)
    if method == "descent":
        return 2 / (condition + 1), 0.0
    if method == "heavy ball":
        return 4 / (root + 1) ** 2, quadratic_rate(method, condition) ** 2
    return 1 / condition, (root - 1) / (root + 1)


def quadratic_rate(method: str, condition: float) -> float:
    """Factor by which the error shrinks in a step of the tuned method, for kappa = `condition`.

    descent (kappa - 1)/(kappa + 1); heavy ball (sqrt kappa - 1)/(sqrt kappa + 1); nesterov
    1 - 1/sqrt kappa. The last two have a double root: their error falls as t rate^t.

    >>> [round(quadratic_rate(method, 100), 3) for method in METHODS]
    [0.98, 0.818, 0.9]
    """
    root = _checked(method, condition)
    if method == "descent":
        return (condition - 1) / (condition + 1)
    return (root - 1) / (root + 1) if method == "heavy ball" else 1 - 1 / root


def quadratic_errors(
    method: str, condition: float, starts: torch.Tensor, steps: int, record: Sequence[int]
) -> np.ndarray:
    """Distance from the minimum 0 of sum_k lambda_k x_k^2 / 2 after these steps: (records, draws).

    The curvatures lambda lie log-evenly from 1 to kappa; starts (draws, d).
    """
    rate, momentum = tuned(method, condition)
    curvature = torch.logspace(0, math.log10(condition), starts.shape[-1], dtype=torch.float64)

    def slope(weights):
        return (curvature * weights[0],)

    def ahead(pair):  # a step from y = x + momentum (x - before), as a step of the pair (x, before)
        x, before = pair
        y = x + momentum * (x - before)
        return curvature * y + (x - y) / rate, (before - x) / rate

    nesterov = method == "nesterov"
    rule = Momentum(rate, momentum) if momentum and not nesterov else Plain(rate)
    run = descend(
        ahead if nesterov else slope,
        (starts, starts) if nesterov else (starts,),
        rule=rule,
        steps=steps,
        record=Record(record, lambda weights: {"error": weights[0].norm(dim=-1)}),
    )
    return run.records["error"].numpy()


def fitted_rate(steps: Sequence[int], errors: np.ndarray, power: float = 0) -> np.ndarray:
    """Factor a step of errors (records, draws) that fall as t^power rate^t, over the later half: (draws,).

    >>> t = np.arange(1.0, 101)
    >>> fitted_rate(t, (t * 0.9**t)[:, None], 1).round(6).tolist()
    [0.9]
    """
    t = np.asarray(steps, float)
    late = t >= t[-1] / 2
    return np.exp(np.polyfit(t[late], np.log(errors[late] / t[late, None] ** power), 1)[0])


def rate_departure(method: str, condition: float, starts: torch.Tensor, power: float) -> np.ndarray:
    """Distance of (1 - rate) measured / predicted from 1 on a walk that takes about e^100 off: (draws,).

    The error is fitted as t^power rate^t; starts (draws, d) as for `quadratic_errors`.
    """
    left = 1 - quadratic_rate(method, condition)
    last = int(100 / left)
    looks = np.unique(np.linspace(last / 2, last, 200).astype(int))
    errors = quadratic_errors(method, condition, starts, last, looks)
    return np.abs((1 - fitted_rate(looks, errors, power)) / left - 1)


# --- axes ----------------------------------------------------------------------------------------


def turned(
    curvature: torch.Tensor, basis: torch.Tensor, starts: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """A quadratic whose axes are the rows of Q: (Q^T diag(lambda) Q, Q^T x), (draws, d, d) and (draws, d).

    curvature (d,), basis (draws, d, d); starts x (draws, d) along the axes turn with it, so that f is
    the same at the start.
    """
    return basis.mT @ (curvature.unsqueeze(-1) * basis), (starts.unsqueeze(-2) @ basis).squeeze(-2)


Bowl = tuple[torch.Tensor, torch.Tensor]  # matrices (draws, d, d) and starts (draws, d)


def draw_bowls(
    condition: float, dimensions: int, count: int, rng: np.random.Generator
) -> dict[str, Bowl]:
    """Quadratics `along` the axes, `turned` at random, and with their coordinates `shuffled`.

    Curvatures log-evenly from 1 to kappa, starts of size 1 to 2 in every direction, so that none is missing.
    """
    curvature = torch.logspace(0, math.log10(condition), dimensions, dtype=torch.float64)
    sizes = rng.uniform(1, 2, (count, dimensions))
    starts = torch.from_numpy(sizes * rng.choice([-1.0, 1.0], sizes.shape))
    eye = torch.eye(dimensions, dtype=torch.float64)
    bases = {
        "along": eye.expand(count, -1, -1),
        "turned": orthogonal(dimensions, rng, (count,)),
        "shuffled": eye[torch.from_numpy(rng.permutation(dimensions))].expand(count, -1, -1),
    }
    return {name: turned(curvature, basis, starts) for name, basis in bases.items()}


def round_fall(steps: int, momentum: float) -> float:
    """log10 of f / f at the start in a round bowl: momentum takes at best the factor momentum a step.

    The roots of z^2 - (1 + mu - eta lambda) z + mu have the product mu, so the larger is at least sqrt mu.

    >>> round(round_fall(500, 0.9), 2)
    -22.88
    """
    return whole_number("steps", steps) * math.log10(momentum)


def quadratic_fall(
    matrices: torch.Tensor,
    starts: torch.Tensor,
    rates: Sequence[float],
    steps: int,
    method: Callable = Plain,
) -> np.ndarray:
    """log10 of f / f at the start after these steps, f = x . H x / 2, at each rate: (rates, draws).

    matrices H (draws, d, d), starts (draws, d); method(rate): a rule of `descend`. A rate at which f
    overflows has inf.
    """
    draws, d = starts.shape
    if matrices.shape != (draws, d, d):
        raise ValueError(f"matrices must be (draws, d, d), got {tuple(matrices.shape)}")
    rates = torch.as_tensor(rates, dtype=torch.float64)

    def slope(weights, who):  # all rates of a draw in one product
        x = starts.new_zeros(len(rates) * draws, d)
        x[who] = weights[0]
        found = x.view(-1, draws, d).movedim(1, 0) @ matrices.mT
        return (found.movedim(0, 1).reshape(-1, d)[who],)

    every = torch.arange(len(rates) * draws)
    first = starts.repeat(len(rates), 1)
    run = descend(
        slope,
        (first,),
        problem=(every,),
        rule=method(rates.repeat_interleave(draws)),
        steps=steps,
        stop=Stop(diverged="keep"),
    )
    left, whole = ((x * slope((x,), every)[0]).sum(-1) for x in (run.weights[0], first))
    return (left / whole).log10().nan_to_num(nan=math.inf).view(-1, draws).numpy()


def decades_lost(
    bowl: Bowl, rates: Sequence[float], steps: int, method: Callable = Plain
) -> tuple[np.ndarray, bool]:
    """Decades that f has lost after these steps, at the rate of the best mean, and whether that lies inside.

    rates rise; returns ((draws,), True where neither the first nor the last is best).
    """
    fall = quadratic_fall(*bowl, rates, steps, method)
    best = int(fall.mean(1).argmin())
    return -fall[best], 0 < best < len(rates) - 1


# --- linear losses that repeat -------------------------------------------------------------------


def _gradients(gradients):
    g = np.asarray(gradients, float)
    if g.ndim != 1 or len(g) == 0 or not np.isfinite(g).all() or (g == 0).any():
        raise ValueError("gradients must be finite numbers other than 0, (period,)")
    return g


def _betas(**betas):
    for name, beta in betas.items():
        if not ((np.asarray(beta) >= 0) & (np.asarray(beta) < 1)).all():
            raise ValueError(f"{name} must lie in [0, 1), got {beta}")


def adam_path(
    gradients: Sequence[float],
    periods: int,
    *,
    beta1: float | np.ndarray = 0.0,
    beta2: float | np.ndarray,
    step: float = 0.5,
    maximum: bool = False,
) -> np.ndarray:
    """x in [-1, 1] from 0 under Adam with falling steps: (periods * period + 1, cases).

    gradients (period,): of the linear losses, one after the other, so many periods. beta1, beta2:
    numbers, or one a case. No correction of the bias, as in Reddi et al. 2018. maximum: AMSGrad, the
    step is divided by the largest v so far.

    >>> adam_path([1.0], 3, beta2=0.0).ravel().round(3).tolist()
    [0.0, -0.5, -0.854, -1.0]
    """
    _betas(beta1=beta1, beta2=beta2)
    g = np.tile(_gradients(gradients), whole_number("periods", periods))
    beta1, beta2 = np.broadcast_arrays(
        *(np.atleast_1d(beta).astype(float) for beta in (beta1, beta2))
    )
    x = np.zeros((len(g) + 1, len(beta2)))
    for case, (b, c) in enumerate(zip(beta1, beta2, strict=True)):
        m, v = (lfilter([1 - beta], [1, -beta], y) for beta, y in ((b, g), (c, g * g)))
        x[1:, case] = m / np.sqrt(np.maximum.accumulate(v) if maximum else v)
    x[1:] *= -step / np.sqrt(np.arange(1.0, len(x)))[:, None]
    for before, now in zip(x, x[1:], strict=False):  # now holds the step, then where it leads
        now += before
        np.minimum(np.maximum(now, -1, out=now), 1, out=now)
    return x


def average_regret(gradients: Sequence[float], path: np.ndarray) -> np.ndarray:
    """Mean over t = 1..T of the loss at x_t less that at the best fixed x in [-1, 1], for all T: like x_1...

    path: of `adam_path`; the last point has seen no loss. Returns (T, cases).
    """
    g = np.tile(_gradients(gradients), (len(path) - 1) // len(gradients))[:, None]
    total = g.cumsum(0)
    return ((g * path[:-1]).cumsum(0) + np.abs(total)) / np.arange(1.0, len(path))[:, None]


def decade_slope(curve: np.ndarray) -> float:
    """Slope of the last decade of a curve over 1, 2, ..., T, in log-log axes.

    >>> round(decade_slope(np.arange(1, 1001) ** -0.5), 12)
    -0.5
    """
    return float(np.log10(curve[-1] / curve[len(curve) // 10 - 1]))


def wrong_end_regret(gradients: Sequence[float]) -> float:
    """What a step costs at the wrong end of [-1, 1], against the right one: 2 |mean gradient|.

    >>> wrong_end_regret([4.0, -1.0, -1.0]) == 4 / 3
    True
    """
    return 2 * abs(float(_gradients(gradients).mean()))


def heading(path: np.ndarray, period: int) -> np.ndarray:
    """The end that each path goes to: the sign of x where it stands at an end, else of its last half.

    +1, -1 or 0, (cases,). Positions are means over a period.
    """
    half = (len(path) - 1) // period // 2 * period
    last, middle = path[-period:].mean(0), path[half - period : half].mean(0)
    return np.where(np.abs(last) > 0.95, np.sign(last), np.sign(last - middle)).astype(int)


def periodic_mean(values: Sequence[float], beta: float) -> np.ndarray:
    """Exponential mean of values that repeat for ever, at each place of the period: (period,).

        (1 - beta) / (1 - beta^P) sum_(j=0)^(P-1) beta^j values_(i-j)        (derived here)

    >>> periodic_mean([3.0, 0.0, 0.0], 0.5).round(3).tolist()
    [1.714, 0.857, 0.429]
    """
    _betas(beta=beta)
    values = np.asarray(values, float)
    once = lfilter([1 - beta], [1, -beta], values)
    before = beta ** np.arange(1, len(values) + 1) * once[-1] / (1 - beta ** len(values))
    return once + before


def periodic_drift(gradients: Sequence[float], beta1: float, beta2: float) -> float:
    """What a step of size 1 moves x on average once m and v are periodic: -mean of m / sqrt v.

    >>> round(periodic_drift([3.0, -1.0, -1.0], 0.0, 0.1), 3)
    0.227
    """
    g = _gradients(gradients)
    return float(-(periodic_mean(g, beta1) / np.sqrt(periodic_mean(g * g, beta2))).mean())


def critical_beta2(gradients: Sequence[float], beta1: float = 0.0) -> float:
    """The beta2 below which Adam goes to the wrong end, where the drift is 0; nan where it never does.

    Wrong is uphill on the mean loss: a drift with the sign of the mean gradient. The largest root, looked
    for where 1 - beta2 is above 1e-7. Raises ValueError for gradients of mean 0.

    >>> round(critical_beta2([3.0, -1.0, -1.0]), 4)
    0.4723
    """
    uphill = np.sign(_gradients(gradients).sum())
    if uphill == 0:
        raise ValueError("gradients must have a mean other than 0")
    left = np.geomspace(1e-7, 1, 200)  # 1 - beta2

    def wrong(left):
        return uphill * periodic_drift(gradients, beta1, 1 - left)

    found = np.array([wrong(x) for x in left]) > 0
    if not found.any():
        return math.nan
    first = max(int(found.argmax()), 1)
    return 1 - brentq(wrong, left[first - 1], left[first], xtol=1e-12)


def switch(settings: Sequence[float], ends: Sequence[int]) -> float:
    """Where the ends change from +1 to -1: midway, on rising settings. nan unless they do so once.

    >>> switch([0.1, 0.2, 0.3], [1, 1, -1])
    0.25
    """
    signs, place = np.asarray(ends), int((np.asarray(ends) > 0).sum())
    once = 0 < place < len(signs) and (signs[:place] > 0).all() and (signs[place:] < 0).all()
    return float(settings[place - 1] + settings[place]) / 2 if once else math.nan


# --- digits --------------------------------------------------------------------------------------


def unequal_pixels(
    problems: Problems, spread: float, generators: Sequence[np.random.Generator]
) -> tuple[Problems, Problems]:
    """The problems with pixels of unequal size, and the same turned: (along, turned).

    An image x (d_0,) becomes D x, D diagonal and drawn log-evenly from [1 / spread, 1], then of mean square 1.
    Turned it is Q^T D x, and the first layer starts from W_1 Q, Q a random rotation: what the network says,
    and every step of descent or momentum, is the same; Adam's is not. One generator for each draw.
    Raises ValueError for a spread below 1.
    """
    if not (math.isfinite(spread) and spread >= 1):
        raise ValueError(f"spread must be a number of at least 1, got {spread}")
    d = problems.images.shape[-1]
    sizes = torch.stack([torch.from_numpy(spread ** -g.random(d)) for g in generators])
    sizes = (sizes / sizes.square().mean(-1, keepdim=True).sqrt()).unsqueeze(1)
    bases = torch.stack([orthogonal(d, g) for g in generators])
    (tests, labels), (first, *rest) = problems.tests, problems.start.weights
    along = problems._replace(images=problems.images * sizes, tests=(tests * sizes, labels))
    turned_start = problems.start._replace(weights=(first @ bases, *rest))
    return along, along._replace(
        images=along.images @ bases, tests=(along.tests[0] @ bases, labels), start=turned_start
    )


def contest(
    problems: Problems, batch_size: int, rates: Sequence[float], method: Callable = Plain
) -> tuple[np.ndarray, np.ndarray]:
    """Training of every draw at every rate through all its examples: (losses, accuracies).

    problems: of `draws.draw_problems`; method(rate): a rule of `descend`. losses (rates, draws): mean loss
    [nats] on the training images at the end, nan where it diverged; accuracies: on the tests. Raises ValueError for a batch that does not divide the examples.
    """
    losses, accuracies = race(problems, batch_size, rates, [problems.order.shape[1]], method)
    return losses[0], accuracies


def best_rate(losses: np.ndarray) -> int:
    """Place of the rate with the least mean log loss over draws, losses (rates, draws)."""
    return int(least_loss(losses[None])[0])
