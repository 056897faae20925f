"""Classification of separable data by deep linear networks: the loss without a minimum, and the rate that follows.

The logistic loss L = sum_i ln(1 + exp(-z_i . w)) of one output, z_i = y_i x_i with labels y = +-1 and
w = W_N ... W_1 (Soudry et al. 2018; Lyu and Li 2020). If some w has z_i . w > 0 for all i, L falls for ever and w
grows along the direction of the largest margin gamma. For balanced layers, late, with flow time t,

    |grad L|^2 = N gamma^2 |w|^(2 - 2/N) L^2,     d(1/L)/dt = N gamma^2 |w|^(2 - 2/N),     |w| = ln(1/L) / gamma.

Examples z: (problems, n, d), weights: tuple of (problems, d_j, d_(j-1)) with d_N = 1, float64. Time = learning rate x steps.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Weights, descend

# --- the problem -----------------------------------------------------------------------------------


def separable_classes(
    problems: int, samples: int, inputs: int, gap: float, rng: np.random.Generator
) -> Tensor:
    """Gaussian points, labelled by a random direction and moved apart along it by `gap`: z (problems, n, d).

    Raises ValueError for a gap that is not positive.
    """
    if not gap > 0:
        raise ValueError(f"gap must be positive, got {gap}")
    u = rng.standard_normal((problems, 1, inputs))
    u /= np.linalg.norm(u, axis=-1, keepdims=True)
    x = rng.standard_normal((problems, samples, inputs))
    return torch.from_numpy(x * np.sign((x * u).sum(-1, keepdims=True)) + gap * u)


def overlapping_classes(
    problems: int, samples: int, inputs: int, odds: int, rng: np.random.Generator
) -> Tensor:
    """The same with no gap, each point `odds` times with its label and once with the other: z (problems, (odds + 1) n, d).

    The loss has a minimum if the points span all directions: each of them pulls both ways.
    """
    z = separable_classes(problems, samples, inputs, 1e-9, rng)
    return torch.cat([*[z] * odds, -z], 1)


class Margin(NamedTuple):
    """The largest margin of each problem, gamma (problems,), and its direction of length 1 (problems, d)."""

    size: Tensor
    direction: Tensor


def largest_margin(z: Tensor) -> Margin:
    """max over |w| = 1 of min_i z_i . w: the hard-margin support vector machine, by non-negative least squares.

    The least |w| with z_i . w >= 1 is found from the dual (Lawson and Hanson 1974, chapter 23), gamma = 1 / |w|.
    Raises ValueError for examples that no w separates.
    """
    found = []
    for one in z.numpy():
        a = np.vstack([one.T, np.ones(len(one))])
        goal = np.append(np.zeros(one.shape[1]), 1.0)
        r = a @ nnls(a, goal, maxiter=100 * len(one))[0] - goal
        if not np.linalg.norm(r) > 1e-9:
            raise ValueError("examples must be separable: no w has z . w > 0 for all of them")
        found.append(-r[:-1] / r[-1])
    w = torch.from_numpy(np.stack(found))
    return Margin(1 / w.norm(dim=-1), w / w.norm(dim=-1, keepdim=True))


def _margins(w, z):
    """z_i . w, (problems, n); w (problems, 1, d)."""
    return (z @ w.mT)[..., 0]


def logistic_loss(weights: Weights, z: Tensor) -> Tensor:
    """sum_i ln(1 + exp(-z_i . w)), (problems,)."""
    return torch.nn.functional.softplus(-_margins(ln.end_to_end(weights), z)).sum(-1)


def log_logistic_loss(weights: Weights, z: Tensor) -> Tensor:
    """ln of `logistic_loss`, without underflow, (problems,)."""
    return _log_loss(_margins(ln.end_to_end(weights), z))


def _log_loss(m):
    # ln ln(1 + e^-m) is -m to rounding beyond 40, where e^-m would at last underflow.
    near = torch.nn.functional.softplus(-m.clamp(max=40)).log()
    return torch.where(m > 40, -m, near).logsumexp(-1)


def logistic_slope(w: Tensor, z: Tensor) -> Tensor:
    """dL/dw = -sum_i sigmoid(-z_i . w) z_i, (problems, 1, d)."""
    return -torch.sigmoid(-_margins(w, z))[:, None] @ z


def logistic_gradients(weights: Weights, z: Tensor) -> Weights:
    """Gradient of `logistic_loss` in every layer: a tuple like `weights`."""
    return ln.layer_gradients(weights, lambda w: logistic_slope(w, z))


def log_gradients(weights: Weights, z: Tensor) -> Weights:
    """Gradient of ln L in every layer, grad L / L: a tuple like `weights`."""

    def slope(w):
        m = _margins(w, z)
        return -torch.exp(torch.nn.functional.logsigmoid(-m) - _log_loss(m)[:, None])[:, None] @ z

    return ln.layer_gradients(weights, slope)


def balanced_start(
    problems: int, inputs: int, depth: int, size: float, rng: np.random.Generator, width: int = 4
) -> Weights:
    """Balanced layers inputs-width-...-width-1 whose product is a random direction of this size."""
    w = rng.standard_normal((problems, 1, inputs))
    w *= size / np.linalg.norm(w, axis=-1, keepdims=True)
    widths = [inputs, *[width] * (depth - 1), 1]
    return ln.balanced_factors(torch.from_numpy(w), widths, rng)


# --- descent ---------------------------------------------------------------------------------------


class Descended(NamedTuple):
    """Plain descent: times, losses and sizes |w|, each (records, problems)."""

    times: Tensor
    losses: Tensor
    sizes: Tensor


def stable_rate(z: Tensor, depth: int) -> Tensor:
    """4 / (N lambda), lambda the largest eigenvalue of sum_i z_i z_i': the inverse curvature where |w| <= 1, (problems,)."""
    return 4 / (depth * torch.linalg.matrix_norm(z, 2).square())


def plain_run(z: Tensor, weights: Weights, rate: Tensor, steps: int, every: int = 10) -> Descended:
    """Descent at fixed rates (problems,) on `logistic_loss`: `Descended`, recorded `every` so many steps."""
    run = descend(
        logistic_gradients,
        weights,
        Plain(rate),
        steps=steps,
        problem=(z,),
        record=Record(
            range(0, steps + 1, every),
            lambda w, z: {
                "loss": logistic_loss(w, z),
                "size": ln.end_to_end(w).norm(dim=(-2, -1)),
            },
        ),
    )
    return Descended(run.steps[:, None] * rate, run.records["loss"], run.records["size"])


class Far(NamedTuple):
    """The flow, very far: natural logarithms of time and loss, |w|, ln |grad L|^2, (records, problems); w / |w|."""

    log_time: Tensor
    log_loss: Tensor
    sizes: Tensor
    log_square: Tensor
    directions: Tensor


def pace(z: Tensor) -> Tensor:
    """1 / max_i |z_i|^2, (problems,): steps of it are stable on ln L, whose curvature in w is at most its inverse."""
    return 1 / z.square().sum(-1).amax(-1)


def far_run(z: Tensor, weights: Weights, steps: int, share: float = 1.0, every: int = 5) -> Far:
    """The flow's path to losses as small as one likes, by descent with another clock: `Far`, recorded `every` so many steps.

    A step moves the weights by -h grad(ln L) / (N max(1, |w|)^(2 - 2/N)), h = share x `pace`: the path is that of the flow on
    L, and the time of the flow that passes in it is h / (L N |w|^(2 - 2/N)), whose logarithm is taken to be straight
    between records. First order in h.
    """
    depth = len(weights)

    def slowness(size):
        # From 1 on: next to w = 0, where layers do not yet point the same way, so long a step would leave the path.
        return depth * size.clamp(min=1) ** (2 - 2 / depth)

    def paced(weights, z):
        slow = slowness(ln.end_to_end(weights).norm(dim=(-2, -1)))[:, None, None]
        return tuple(g / slow for g in log_gradients(weights, z))

    def measure(weights, z):
        square = sum(g.square().sum((-2, -1)) for g in log_gradients(weights, z))
        w = ln.end_to_end(weights)[:, 0].clone()
        return {"log_loss": log_logistic_loss(weights, z), "w": w, "square": square}

    run = descend(
        paced,
        weights,
        Plain(share * pace(z)),
        steps=steps,
        problem=(z,),
        record=Record(range(0, steps + 1, every), measure),
    )
    log_loss, w = run.records["log_loss"], run.records["w"]
    sizes = w.norm(dim=-1)
    speed = (share * pace(z)).log() - log_loss - slowness(sizes).log()
    rise = speed.diff(dim=0)
    passed = np.log(every) + speed[:-1] + (rise.expm1() / rise).log()
    log_time = torch.cat([torch.full_like(passed[:1], -torch.inf), passed.logcumsumexp(0)])
    square = run.records["square"].log() + 2 * log_loss
    return Far(log_time, log_loss, sizes, square, w / sizes[..., None])


def measured_growth(far: Far) -> tuple[Tensor, Tensor]:
    """ln d(1/L)/dt between records, and ln ln(1/L) in their middles, (records - 1, problems) each."""
    up, time = -far.log_loss, far.log_time
    risen = up[:-1] + up.diff(dim=0).expm1().log()
    passed = time[:-1] + time.diff(dim=0).expm1().log()
    return risen - passed, ((up[1:] + up[:-1]) / 2).log()


# --- what is predicted -----------------------------------------------------------------------------


def gradient_square(margin: Tensor, sizes: Tensor, log_loss: Tensor, depth: int) -> Tensor:
    """ln of N gamma^2 |w|^(2 - 2/N) L^2 (Lyu and Li 2020, recalled), shaped like sizes and log_loss (records, problems)."""
    return np.log(depth) + 2 * margin.log() + (2 - 2 / depth) * sizes.log() + 2 * log_loss


def growth(margin: Tensor, sizes: Tensor, depth: int) -> Tensor:
    """d(1/L)/dt = N gamma^2 |w|^(2 - 2/N), like sizes (records, problems)."""
    return depth * margin.square() * sizes ** (2 - 2 / depth)


def linear_rate(z: Tensor, w: Tensor, rate: float) -> Tensor:
    """-ln of the factor a step takes from the excess loss near a minimum w (problems, d) of one layer, (problems,).

    -2 ln(1 - rate lambda_min), lambda_min of the Hessian sum_i s_i (1 - s_i) z_i z_i', s = sigmoid(z . w).
    """
    s = torch.sigmoid((z @ w[..., None])[..., 0])
    hessian = (z * (s * (1 - s))[..., None]).mT @ z
    return -2 * torch.log1p(-rate * torch.linalg.eigvalsh(hessian)[:, 0])


def minimum(z: Tensor, steps: int = 100) -> Tensor:
    """The w of least logistic loss of one layer, by Newton's method, (problems, d).

    Raises ArithmeticError where none is reached, as on separable classes.
    """
    w = torch.zeros_like(z[:, 0])
    for _ in range(steps):
        s = torch.sigmoid((z @ w[..., None])[..., 0])
        slope = ((1 - s)[:, None] @ z)[:, 0]
        if bool((slope.abs() <= 1e-12 * z.abs().amax((-2, -1))[:, None]).all()):
            return w
        w = w + torch.linalg.solve((z * (s * (1 - s))[..., None]).mT @ z, slope)
    raise ArithmeticError("the logistic loss has no minimum that Newton's method finds")


def tail_rate(excess: Tensor) -> Tensor:
    """-d ln(excess loss) a step, from 1e-7 of the first excess to 1e-11 of it, (problems,); nan if it is not reached.

    excess: (steps, problems).
    """
    share = excess / excess[0]
    first, last = ((share > level).sum(0) for level in (1e-7, 1e-11))
    inside = [at.clamp(max=len(share) - 1) for at in (first, last)]
    ends = [share.gather(0, at[None])[0].log() for at in inside]
    return torch.where(last < len(share), (ends[0] - ends[1]) / (last - first), torch.nan)


def relative_imbalance(z: Tensor, weights: Weights, steps: int) -> Tensor:
    """Largest |W_(j+1)' W_(j+1) - W_j W_j'| over the square of the largest layer after plain descent, (problems,)."""
    run = descend(
        logistic_gradients,
        weights,
        Plain(stable_rate(z, len(weights))),
        steps=steps,
        problem=(z,),
    )
    size = torch.stack([w.square().sum((-2, -1)) for w in run.weights]).amax(0)
    return ln.imbalance(run.weights) / size


def same_time_gap(plain: Descended, far: Far) -> Tensor:
    """|difference of ln L| of both runs at the last time of the plain one, (problems,)."""
    gaps = []
    for k, time in enumerate(plain.times[-1].log().tolist()):
        there = np.interp(time, far.log_time[1:, k].numpy(), far.log_loss[1:, k].numpy())
        gaps.append(abs(float(plain.losses[-1, k].log()) - there))
    return torch.tensor(gaps, dtype=torch.float64)


def growth_from(plain: Descended, margin: Tensor, depth: int, first: int) -> tuple[Tensor, Tensor]:
    """1/L of plain descent from record `first` on, less what it was there: measured and predicted, (records, problems)."""
    wanted = torch.cumulative_trapezoid(
        growth(margin, plain.sizes[first:], depth), plain.times[first:], dim=0
    )
    wanted = torch.cat([torch.zeros_like(wanted[:1]), wanted])
    return 1 / plain.losses[first:] - 1 / plain.losses[first], wanted


def time_exponent(plain: Descended, first: int) -> Tensor:
    """The power of t in L between record `first` and the last one, (problems,)."""
    losses, times = (x[-1] / x[first] for x in (plain.losses, plain.times))
    return losses.log() / times.log()


def growth_power(far: Far) -> Tensor:
    """The power of ln(1/L) in d(1/L)/dt, fitted over the second half of the run, (problems,)."""
    rise, x = (a[len(a) // 2 :] for a in measured_growth(far))
    return _slope(x, rise)


def angle_power(far: Far, direction: Tensor) -> Tensor:
    """The power of ln t in 1 - cos to a direction (problems, d), fitted after the first quarter of the run, (problems,)."""
    first = len(far.log_time) // 4
    return _slope(far.log_time[first:].log(), turn(far, direction)[first:].log())


def turn(far: Far, direction: Tensor) -> Tensor:
    """1 - cos between w and a direction (problems, d), (records, problems)."""
    return 1 - (far.directions * direction).sum(-1)


def _slope(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    return (x * y).sum(0) / x.square().sum(0)


def falls_a_step(far: Far, every: int = 5) -> Tensor:
    """By how much ln L falls in a step, over the second half of the run, (problems,)."""
    half = len(far.log_loss) // 2
    return (far.log_loss[half] - far.log_loss[-1]) / (every * (len(far.log_loss) - 1 - half))
