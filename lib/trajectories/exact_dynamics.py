"""Deep linear networks whose dynamics is known in closed form: sigmoids, depth, products of random layers.

Where a start is aligned with the target (every layer diagonal in the target's singular bases, all layers
of one size), each singular value u of the product is a problem of its own. Under gradient flow on
1/2 ||W_N ... W_1 - target||_F^2, time = learning rate x steps,

    du/dt = N |u|^(2 - 2/N) (s - u)                (Saxe et al. 2014, arXiv:1312.6120; their N_l is N + 1)

with s the target's singular value. The same holds for a complex eigenvalue u of a normal product and
s of a normal target (derived here). Everything is float64; weights are tuples W_1..W_N as in
`linear_networks`; random draws take a numpy generator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, descend


def _positive(name, value):
    array = np.asarray(value, dtype=float)
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return array


def _between(start, strength):
    """Both as arrays, if 0 < start < strength."""
    u, s = _positive("start", start), _positive("strength", strength)
    if not (u < s).all():
        raise ValueError("start must lie below strength: the mode grows from one to the other")
    return u, s


# --- two layers: the sigmoid ---------------------------------------------------------------------


def mode_strength(time: ArrayLike, strength: ArrayLike, start: ArrayLike) -> np.ndarray:
    """Strength u(t) of a mode of a two-layer network under gradient flow: numpy array.

        u(t) = s / (1 + (s/u_0 - 1) e^(-2 s t)),  s = strength, u_0 = start   (Saxe et al. 2014)

    Written so that nothing overflows. time, strength, start broadcast. Raises ValueError unless
    0 < start < strength.

    >>> mode_strength([0.0, 100.0], 2.0, 0.5).tolist()
    [0.5, 2.0]
    """
    u, s = _between(start, strength)
    return s / (1 + (s / u - 1) * np.exp(-2 * s * np.asarray(time, dtype=float)))


def half_time(strength: ArrayLike, start: ArrayLike) -> np.ndarray:
    """Time at which u(t) of `mode_strength` is s/2: ln(s/u_0 - 1) / (2 s). Numpy array.

    About 1/s for a start that is the same for all modes, up to the logarithm.
    Raises ValueError unless 0 < start < strength.

    >>> float(half_time(2.0, 1.0))
    0.0
    """
    u, s = _between(start, strength)
    return np.log(s / u - 1) / (2 * s)


def mode_strengths(weights: tuple[Tensor, ...], left: Tensor, right: Tensor) -> dict[str, Tensor]:
    """The product in the target's singular bases: strength of the modes, and how far it is from diagonal.

    With M = U^T W_N ... W_1 V: `strength` is M's diagonal (..., k), `coupling` its largest entry off
    the diagonal (...). left: U (..., d_N, k), right: V (..., d_0, k).
    """
    inside = left.mT @ ln.end_to_end(weights) @ right
    strength = inside.diagonal(dim1=-2, dim2=-1)
    coupling = (inside - torch.diag_embed(strength)).abs().amax((-2, -1))
    return {"strength": strength.clone(), "coupling": coupling}


def bases(seeds: int, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random singular bases of square targets: left U and right V, each (seeds, size, size), Haar."""
    return ln.orthogonal(size, rng, (seeds,)), ln.orthogonal(size, rng, (seeds,))


@dataclass(frozen=True)
class ModeRun:
    """What `follow_modes` brings back: times (records,), strength (records, seeds, k) and coupling
    (records, seeds) as `mode_strengths` measures them."""

    times: Tensor
    strength: Tensor
    coupling: Tensor


def follow_modes(
    weights: tuple[Tensor, ...],
    strength: Tensor,
    left: Tensor,
    right: Tensor,
    *,
    learning_rate: float,
    time: float,
    every: float,
) -> ModeRun:
    """Descent on the target U diag(s) V^T, seen in its singular bases: a `ModeRun`.

    strength: s (seeds, k); left: U (seeds, d_N, k), right: V (seeds, d_0, k). Runs for `time`, with a
    record after each `every` units of time. Raises ValueError for `every` below the learning rate.
    """
    step, last = round(every / learning_rate), round(time / learning_rate)
    if step < 1:
        raise ValueError(f"every must be at least learning_rate = {learning_rate:g}, got {every}")
    run = descend(
        lambda weights, target, *_: ln.gradients(weights, target),
        weights,
        rule=Plain(learning_rate),
        steps=last,
        problem=(left @ torch.diag_embed(strength) @ right.mT, left, right),
        record=Record(
            range(0, last + 1, step),
            lambda weights, _, left, right: mode_strengths(weights, left, right),
        ),
    )
    return ModeRun(run.steps * learning_rate, run.records["strength"], run.records["coupling"])


def sigmoid_distance(run: ModeRun, strength: ArrayLike, start: ArrayLike) -> np.ndarray:
    """Largest |u - u(t)| / s of a `ModeRun` from the formula of `mode_strength`, over time and modes.

    strength: s (seeds, k); start: u_0, number or (seeds, k). Returns a numpy array (seeds,).
    """
    s = np.asarray(strength, dtype=float)
    law = mode_strength(run.times[:, None, None].numpy(), s, start)
    return (np.abs(run.strength.numpy() - law) / s).max((0, 2))


def growing_start(weights: tuple[Tensor, Tensor], left: Tensor, right: Tensor) -> Tensor:
    """Effective start u_0 of every mode of a small two-layer network that is not aligned: (..., k).

    Near zero, a_i = W_1 v_i and b_i = W_2^T u_i obey da/dt = s b, db/dt = s a: g_i = (a_i + b_i)/2 grows
    as e^(st), the rest decays. Stronger modes are learned first and take their hidden directions with
    them, in which a weaker one then decays. So mode i grows as if it had started aligned at
    |g_i without its parts along g_1..g_(i-1)|^2 (derived here, to leading order in the start's size).
    left: U (..., d_2, k), right: V (..., d_0, k), the strongest mode first; k <= hidden width.
    Raises ValueError unless there are two layers.
    """
    if len(weights) != 2:
        raise ValueError(f"weights must hold two layers, got {len(weights)}")
    first, second = weights
    growing = (first @ right + second.mT @ left) / 2
    return torch.linalg.qr(growing)[1].diagonal(dim1=-2, dim2=-1).square()


def crossing(times: Sequence[float], values: ArrayLike, level: ArrayLike) -> Tensor:
    """Time at which `values` first reach `level` from below, interpolated between records; inf if never.

    times: (records,); values: (records, ...); level: number or (...). Returns a float64 tensor (...).

    >>> float(crossing([0.0, 1.0, 2.0], torch.tensor([0.0, 1.0, 3.0]), 2.0))
    1.5
    """
    t = torch.as_tensor(times, dtype=torch.float64)
    y = torch.as_tensor(values, dtype=torch.float64) - torch.as_tensor(level, dtype=torch.float64)
    if len(t) != len(y):
        raise ValueError(f"times and values must have as many records, got {len(t)} and {len(y)}")
    reached = y >= 0
    after = reached.to(torch.int8).argmax(0)
    before = (after - 1).clamp(min=0)
    high, low = y.gather(0, after[None])[0], y.gather(0, before[None])[0]
    part = torch.where(after > 0, high / torch.where(after > 0, high - low, 1.0), 0.0)
    found = t[after] - part * (t[after] - t[before])
    return torch.where(reached.any(0), found, torch.inf)


def half_times(run: ModeRun, strength: ArrayLike) -> np.ndarray:
    """Time at which each mode of a run has half of its strength s (seeds, k): numpy (seeds, k)."""
    half = torch.as_tensor(np.asarray(strength, dtype=float) / 2)
    return crossing(run.times, run.strength, half).numpy()


def random_modes(
    strengths: Sequence[float], seeds: int, rng: np.random.Generator, jitter: float = 0.05
) -> tuple[np.ndarray, Tensor, Tensor]:
    """Targets with known modes: s (seeds, k), falling but for the jitter, and bases U, V (seeds, k, k).

    Each strength is moved by up to the share `jitter`, uniformly.
    """
    falling = np.sort(_positive("strengths", strengths))[::-1]
    moved = falling * rng.uniform(1 - jitter, 1 + jitter, (seeds, len(falling)))
    return moved, *bases(seeds, len(falling), rng)


def aligned_run(
    modes: tuple[np.ndarray, Tensor, Tensor],
    start: float,
    hidden: Sequence[int],
    rng: np.random.Generator,
    learning_rate: float,
) -> ModeRun:
    """Descent on `random_modes` from balanced layers with product start x U V^T, for twice the longest half time.

    hidden: widths of the hidden layers, none for a single layer.
    """
    s, left, right = modes
    widths = [s.shape[1], *hidden, s.shape[1]]
    weights = ln.balanced_factors(start * left @ right.mT, widths, rng)
    time = 2 * half_time(s, start).max()
    options = {"learning_rate": learning_rate, "time": time, "every": 0.05}
    return follow_modes(weights, torch.from_numpy(s), left, right, **options)


@dataclass(frozen=True)
class GaussianRun:
    """What `gaussian_run` brings back, numpy (seeds, k) but for the run.

    run: the modes. start: u_0 by `growing_start`. half: measured half times; law: those of the formula with
    u_0, naive: with |g_i|^2, from which nothing is taken out.
    """

    run: ModeRun
    start: np.ndarray
    half: np.ndarray
    law: np.ndarray
    naive: np.ndarray


def gaussian_run(
    modes: tuple[np.ndarray, Tensor, Tensor],
    unit: tuple[Tensor, Tensor],
    scale: float,
    learning_rate: float = 0.01,
) -> GaussianRun:
    """Descent of two layers on `random_modes` from scale x `unit`, a third longer than the formula says."""
    s, left, right = modes
    weights = tuple(scale * w for w in unit)
    start = growing_start(weights, left, right).numpy()
    whole = ((weights[0] @ right + weights[1].mT @ left) / 2).square().sum(-2).numpy()
    law = half_time(s, start)
    options = {"learning_rate": learning_rate, "time": 1.3 * law.max(), "every": 0.05}
    run = follow_modes(weights, torch.from_numpy(s), left, right, **options)
    return GaussianRun(run, start, half_times(run, s), law, half_time(s, whole))


def power_of_strength(strength: ArrayLike, times: ArrayLike) -> np.ndarray:
    """Least-squares exponent of times as a power of strength, over the modes: (seeds,).

    strength, times: positive, (seeds, k).

    >>> power_of_strength([[1.0, 2.0, 4.0]], [[8.0, 4.0, 2.0]]).round(12).tolist()
    [-1.0]
    """
    x = np.log(_positive("strength", strength))
    x = x - x.mean(-1, keepdims=True)
    return (x * np.log(_positive("times", times))).sum(-1) / (x * x).sum(-1)


# --- any depth -----------------------------------------------------------------------------------


def transit_time(start: complex, wanted: complex, depth: int, left: float) -> float:
    """Time that the flow needs until `left` of the way from `start` to `wanted` is left: a float.

        du/dt = N |u|^(2 - 2/N) (s - u),  u(0) = start, s = wanted

    For real numbers this is Saxe et al. 2014 (section on deep networks). For complex ones u moves on
    the straight line from start to wanted, the chord (derived here), and
    t = int_0^(ln 1/left) dx / (N |u|^(2 - 2/N)),  u = s - (s - start) e^-x. Adaptive quadrature;
    inf where the chord passes through 0 and N > 1. Raises ValueError for left outside (0, 1].

    >>> round(transit_time(0.1, 1.0, 2, 0.5 / 0.9), 6) == round(float(half_time(1.0, 0.1)), 6)
    True
    """
    from scipy.integrate import quad

    n = whole_number("depth", depth)
    if not 0 < left <= 1:
        raise ValueError(f"left must lie in (0, 1], got {left}")
    u, s = complex(start), complex(wanted)
    way = s - u
    if way == 0:
        raise ValueError("start and wanted must differ")
    nearest = min(max((-u * way.conjugate()).real / abs(way) ** 2, 0.0), 1.0)  # share of the way
    if abs(u + nearest * way) < 1e-15 and n > 1 and nearest <= 1 - left:
        return float("inf")
    end = -np.log(left)
    # Equal pieces in the logarithm of the distance from the nearest point: the peak may be narrow.
    peak = -np.log1p(-min(nearest, 1 - left))
    steps = np.geomspace(1e-9, end, 28) if end > 1e-9 else [end]
    cuts = {0.0, end, *(x for d in steps for x in (peak - d, peak + d) if 0 < x < end)}
    cuts |= {peak} if 0 < peak < end else set()
    cuts = sorted(cuts)

    def slowness(x):
        return abs(s - way * np.exp(-x)) ** (2 / n - 2) / n

    return float(sum(quad(slowness, a, b)[0] for a, b in zip(cuts, cuts[1:], strict=False)))


def depth_limit(strength: ArrayLike, start: ArrayLike, end: ArrayLike) -> np.ndarray:
    """N x `transit_time` for N -> infinity: numpy array.

        s^-2 ln(u_f (s - u_0) / (u_0 (s - u_f))) + 1/(s u_0) - 1/(s u_f)      (Saxe et al. 2014)

    s = strength, u_0 = start, u_f = end. At the step size c/(N s^(2 - 2/N)) the steps are s^2/c times
    that: depth costs a finite number of steps, but one that grows as 1/u_0.
    Raises ValueError unless 0 < start < end < strength.
    """
    (u, f), (_, s) = _between(start, end), _between(end, strength)
    return np.log(f * (s - u) / (u * (s - f))) / s**2 + 1 / (s * u) - 1 / (s * f)


def curvature_step(strength: ArrayLike, depth: int, share: float) -> np.ndarray:
    """Step size share / (N s^(2 - 2/N)): `share` of the inverse curvature at the minimum. Array.

    With N equal layers the curvature along them is N s^(2 - 2/N), s the largest strength; descent
    settles there for share < 2 (derived here; Saxe et al. 2014 give the order 1/(N s^2)).

    >>> float(curvature_step(4.0, 2, 0.5))
    0.0625
    """
    s = _positive("strength", strength)
    return np.asarray(share, dtype=float) / (whole_number("depth", depth) * s ** (2 - 2 / depth))


def settles(strength: ArrayLike, depth: int, share: float) -> np.ndarray:
    """Whether descent at `curvature_step` stays by the target: bool array, like strength.

    It starts one part in ten thousand above and must be nearer after 200 steps.

    >>> settles([1.0, 2.0], 3, 1.98).tolist(), settles([1.0, 2.0], 3, 2.02).tolist()
    ([True, True], [False, False])
    """
    s = _positive("strength", strength)
    options = {"learning_rate": curvature_step(s, depth, share), "record": [0, 200]}
    start, end = np.abs(equal_layers_descent(1.0001 * s, s, depth, **options) - s)
    return end < start


def equal_layers_descent(
    start: ArrayLike,
    wanted: ArrayLike,
    depth: int,
    *,
    learning_rate: ArrayLike,
    record: Iterable[int],
) -> np.ndarray:
    """Descent on N equal normal layers, one eigenvalue z each, exactly: products z^N (records, ...).

        z <- z - learning_rate conj(z)^(N-1) (z^N - wanted),   z(0) = start^(1/N), the principal root

    This is what whole matrices do from a start that commutes with a normal target, for every discrete
    step: all layers stay equal and keep the target's eigenvectors (Bartlett et al. 2018, lemma 6,
    recalled, for symmetric targets; derived here for normal ones). start, wanted: real or complex,
    broadcast together; learning_rate: number, or broadcast against them. record: steps to keep, the
    last is the number of steps. Returns float64 if start and wanted are real and start > 0, else
    complex128. Overflow is data here.

    >>> equal_layers_descent(1.0, 4.0, 2, learning_rate=0.1, record=[0, 500]).round(6).tolist()
    [1.0, 4.0]
    """
    n, record = whole_number("depth", depth), sorted({int(step) for step in record})
    if not record or record[0] < 0:
        raise ValueError("record must hold one step or more, none negative")
    rate = _positive("learning_rate", learning_rate)
    u, s = np.asarray(start), np.asarray(wanted)
    real = np.isrealobj(u) and np.isrealobj(s) and (u > 0).all()
    u, s = (x.astype(float if real else complex) for x in (u, s))
    z = np.broadcast_to(u ** (1 / n), np.broadcast_shapes(u.shape, s.shape, rate.shape)).copy()
    kept, now = np.empty((len(record), *z.shape), dtype=z.dtype), 0
    with np.errstate(all="ignore"):
        for row, event in enumerate(record):
            for _ in range(event - now):
                power = _power(z, n - 1)
                z = z - rate * (power if real else power.conj()) * (power * z - s)
            now = event
            kept[row] = _power(z, n)
    return kept


def _power(z, exponent):
    """z^exponent: by products where that is the faster way."""
    if exponent > 16:
        return z**exponent
    power = np.ones_like(z)
    for _ in range(exponent):
        power = power * z
    return power


# --- random layers -------------------------------------------------------------------------------


def orthogonal_weights(
    widths: Sequence[int], seeds: int, rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Layers with orthonormal rows or columns, Haar: tuple of (seeds, d_j, d_(j-1)).

    Where the widths never rise, or never fall, every singular value of the product is 1
    (Saxe et al. 2014). widths: d_0..d_N.

    >>> w = orthogonal_weights([3, 2], 1, np.random.default_rng(0))[0]
    >>> bool(torch.allclose(w @ w.mT, torch.eye(2, dtype=torch.float64)))
    True
    """
    pairs = list(zip(widths, widths[1:], strict=False))
    if not pairs or min(widths) < 1:
        raise ValueError(f"widths must hold two whole numbers >= 1 or more, got {list(widths)}")
    return tuple(ln.orthogonal(max(a, b), rng, (seeds,))[:, :b, :a].clone() for a, b in pairs)


def lyapunov_exponents(size: int) -> np.ndarray:
    """Growth per layer of the logarithm of the k-th singular value of Gaussian products: (size,).

        lambda_k = 1/2 (psi((n - k + 1)/2) + ln(2/n)),  entries N(0, 1/n), n = size

    (Newman 1986, recalled; psi is the digamma function). Exact at every depth for `layer_growth`.

    >>> lyapunov_exponents(16).round(2).tolist()[::5]
    [-0.03, -0.23, -0.58, -2.02]
    """
    from scipy.special import digamma

    size = whole_number("size", size)
    k = np.arange(1, int(size) + 1)
    return (digamma((size - k + 1) / 2) + np.log(2 / size)) / 2


def layer_growth(weights: tuple[Tensor, ...], columns: int | None = None) -> Tensor:
    """ln R_kk per layer along the product W_N ... W_1 of square layers, (..., columns), by repeated QR.

    The mean over the layers of ln |R_kk| in W_j Q_(j-1) = Q_j R_j, Q_0 = I: the growth of k-volumes
    that an orthogonal frame meets. Sums over k <= m are the growth of an m-volume; nothing under- or
    overflows at any depth. columns: of the frame, all n unless given. Raises ValueError unless all
    layers are square and of one size, and columns is a whole number from 1 to n.

    >>> halves = (torch.eye(3, dtype=torch.float64) / 2,) * 5
    >>> layer_growth(halves, 2).exp().tolist()
    [0.5, 0.5]
    """
    n = weights[0].shape[-1]
    columns = n if columns is None else whole_number("columns", columns)
    if columns > n:
        raise ValueError(f"columns must be at most {n}, got {columns}")
    if any(w.shape[-2:] != (n, n) for w in weights):
        raise ValueError(f"layers must all be ({n}, {n}), got {[tuple(w.shape) for w in weights]}")
    frame, total = torch.eye(n, columns, dtype=torch.float64), 0.0
    for w in weights:
        frame, upper = torch.linalg.qr(w @ frame)
        total = total + upper.diagonal(dim1=-2, dim2=-1).abs().log()
    return total / len(weights)


def isotropic_weights(
    widths: Sequence[int], seeds: int, rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Gaussian layers with entries N(0, 1/d_(j-1)): tuple of (seeds, d_j, d_(j-1)), widths d_0..d_N.

    An entry of W x has the mean square of those of x on average, at every width.

    >>> w = isotropic_weights([400, 100], 2, np.random.default_rng(0))[0]
    >>> round(float(w.square().mean() * 400), 1)
    1.0
    """
    layers = ln.gaussian_weights(widths, seeds, rng)
    return tuple(w / w.shape[-1] ** 0.5 for w in layers)


def exponent_errors(
    size: int, columns: int, products: int, rng: np.random.Generator, layers: int = 32
) -> tuple[np.ndarray, float]:
    """How far `layer_growth` of Gaussian products is from `lyapunov_exponents`, in standard errors.

    The first `columns` exponents (columns,), and the spread of the first and the last of them.
    """
    weights = ln.gaussian_weights([size] * (layers + 1), products, rng, size**-0.5)
    away = layer_growth(weights, columns).numpy() - lyapunov_exponents(size)[:columns]
    away = np.column_stack([away, away[:, 0] - away[:, -1]])
    found = np.abs(away.mean(0)) / away.std(0, ddof=1) * products**0.5
    return found[:-1], float(found[-1])


def log_conditions(weights: tuple[Tensor, ...]) -> Tensor:
    """ln of the condition number of W_j ... W_1 for j = 1..N: (N, ...). Trust it below ln 1e14 = 32."""
    product, found = weights[0], []
    for w in (None, *weights[1:]):
        product = product if w is None else w @ product
        values = torch.linalg.svdvals(product)
        found.append((values[..., 0] / values[..., -1]).log())
    return torch.stack(found)


# --- training from random layers -----------------------------------------------------------------


def same_side(weights: tuple[Tensor, ...], target: Tensor) -> Tensor:
    """Whether det(W_N ... W_1) and det(target) have one sign, bool (...): square targets only.

    A descent that has to change the sign must pass through a singular matrix.
    """
    product = ln.end_to_end(weights)
    if target.shape[-2:] != product.shape[-2:] or target.shape[-1] != target.shape[-2]:
        raise ValueError(f"target must be square like the product, got {tuple(target.shape)}")
    return torch.linalg.det(product) * torch.linalg.det(target) > 0


def fewest_steps(
    weights: tuple[Tensor, ...],
    target: Tensor,
    learning_rates: ArrayLike,
    *,
    final_loss: float,
    steps: int,
    check_every: int = 1,
) -> Tensor:
    """Steps to `final_loss` at the best learning rate of a list, (problems,); inf where none gets there.

    weights: tuple of (problems, ...); target: (problems, d_N, d_0). Every problem runs at all rates side
    by side until one of them arrives; a rate that diverges is out. check_every: in so many steps a
    look is taken.
    """
    rates, problems = _positive("learning_rates", learning_rates).reshape(-1), len(target)
    number = torch.arange(problems).repeat(len(rates))
    arrived = torch.zeros(problems, dtype=torch.bool)

    def stop(weights, target, number):
        there = ln.loss(weights, target) <= final_loss
        arrived[number[there]] = True
        return arrived[number]

    run = descend(
        lambda weights, target, number: ln.gradients(weights, target),
        tuple(w.repeat(len(rates), 1, 1) for w in weights),
        rule=Plain(torch.from_numpy(rates).repeat_interleave(problems)),
        steps=steps,
        problem=(target.repeat(len(rates), 1, 1), number),
        stop=Stop(stop, every=check_every, diverged="keep"),
    )
    needed = torch.where(run.stopped >= 0, run.stopped.double(), torch.inf)
    return needed.view(len(rates), problems).amin(0)


def descend_losses(
    weights: tuple[Tensor, ...],
    target: Tensor,
    learning_rate: float | Tensor,
    record: Iterable[int],
) -> Tensor:
    """Losses of descent at the steps of `record`, (records, seeds); the last one is the last step."""
    run = descend(
        ln.gradients,
        weights,
        rule=Plain(learning_rate),
        steps=max(record),
        problem=(target,),
        record=Record(record, lambda weights, target: {"loss": ln.loss(weights, target)}),
    )
    return run.records["loss"]
