"""What descent keeps of the balance between layers, and what noisy labels make of it.

With f(z) = z f'(z), as for rectifiers, the gradient g of any loss has <w_in, g_in> + b g_b = <w_out, g_out> at every
hidden unit, so that its balance D = |w_in|^2 + b^2 - |w_out|^2 changes in a step of descent by exactly

    D(w - rate g) = D(w) + rate^2 D(g)              (the flow: Du, Hu, Lee 2018; steps: Kunin et al. 2021; abstracts read).

Where labels are noisy g does not die out. Two linear layers whose target has noise of standard deviation sigma in
every entry, afresh in every step, follow, with M = W1 W1' - W2' W2, tau = (rate sigma)^2 x steps and small rates,

    dM / dtau = d_in W2' W2 - d_out W1 W1'          (derived here, after Ziyin, Li, Ueda 2023).

Weights: tuple of (runs, d_j, d_(j-1)), float64.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import generator
from lib.descent import Plain, Record, Weights, descend
from lib.trajectories.counterexamples import modes_of_imbalance

# --- what descent keeps ----------------------------------------------------------------------------


def balance_matrices(tensors: Weights) -> Weights:
    """W_j W_j' + b_j b_j' - W_(j+1)' W_(j+1) of every hidden layer, (networks, d_j, d_j) each.

    tensors: (W_1, ..., W_N, b_1, ..., b_N). Of linear layers the flow keeps all entries, of rectifiers the diagonal.

    >>> one = torch.ones(1, 1, 1, dtype=torch.float64)
    >>> float(balance_matrices((2 * one, 3 * one, one[0], one[0]))[0])
    -4.0
    """
    layers = len(tensors) // 2
    weights, biases = tensors[:layers], tensors[layers:]
    with_bias = [torch.cat([w, b[..., None]], -1) for w, b in zip(weights, biases, strict=True)]
    pairs = zip(with_bias, weights[1:], strict=False)
    return tuple(below @ below.mT - above.mT @ above for below, above in pairs)


def unit_balance(tensors: Weights) -> Tensor:
    """The diagonals of `balance_matrices`: |w_in|^2 + b^2 - |w_out|^2 of all hidden units, (networks, units)."""
    return torch.cat([m.diagonal(dim1=-2, dim2=-1) for m in balance_matrices(tensors)], -1)


def pair_balance(tensors: Weights) -> Tensor:
    """What stands above the diagonals of `balance_matrices`, (networks, pairs of units of one layer)."""
    found = []
    for m in balance_matrices(tensors):
        row, column = torch.triu_indices(*m.shape[-2:], 1)
        found.append(m[..., row, column])
    return torch.cat(found, -1)


class Drift(NamedTuple):
    """What a run has changed since its start.

    units: the balance of units, (networks, units). pairs: that of pairs, (networks, pairs). squares: rate^2 times the
    sum over the steps of the balance of the gradients, (networks, units).
    """

    units: Tensor
    pairs: Tensor
    squares: Tensor

    def sizes(self) -> tuple[Tensor, Tensor]:
        """Roots of the sums of squares over units and over pairs, (networks,) each."""
        return self.units.norm(dim=-1), self.pairs.norm(dim=-1)

    def gap(self) -> Tensor:
        """Largest |units - squares| over the largest |units|, (networks,)."""
        return (self.units - self.squares).abs().amax(-1) / self.units.abs().amax(-1)


def balance_drift(
    gradient: Callable, tensors: Weights, problem: Weights, rate: float, time: float
) -> Drift:
    """Plain descent for a `time` (rate x steps) on gradient(tensors, *problem): `Drift`.

    tensors: as for `balance_matrices`.
    """
    steps = max(1, round(time / rate))

    def pulls(tensors, *given):
        return {"pull": unit_balance(gradient(tensors, *given))}

    record = Record(range(steps), pulls)
    run = descend(gradient, tensors, Plain(rate), steps=steps, problem=problem, record=record)
    return Drift(
        unit_balance(run.weights) - unit_balance(tensors),
        pair_balance(run.weights) - pair_balance(tensors),
        rate**2 * run.records["pull"].sum(0),
    )


# --- two linear layers under label noise -----------------------------------------------------------


def minibatch_gradients(weights: Weights, target: Tensor, inputs: Tensor, noise: Tensor) -> Weights:
    """Gradient of |W2 W1 X - target X - noise|^2 / 2B for B examples, X (runs, d_in, B), noise (runs, d_out, B)."""

    def slope(product):
        return ((product - target) @ inputs - noise) @ inputs.mT / inputs.shape[-1]

    return ln.layer_gradients(weights, slope)


class NoisyRun(NamedTuple):
    """Descent under label noise: times tau (records,); |W1|^2 and |W2|^2, (records, runs); the last weights."""

    times: Tensor
    first: Tensor
    second: Tensor
    weights: Weights

    def ratio(self) -> Tensor:
        """|W1|^2 / |W2|^2, (records, runs)."""
        return self.first / self.second

    def difference(self) -> Tensor:
        """|W1|^2 - |W2|^2, (records, runs)."""
        return self.first - self.second


def _noise(there, size, rng):
    """A function that draws noise of sd `size` (runs,) where `there` (runs, ...) is true, else 0.

    Runs are innermost in memory, as `descend` keeps many small matrices.
    """
    runs, *shape = there.shape
    at = there.permute(1, 2, 0).flatten().nonzero()[:, 0]
    scale = size[at % runs]

    def drawn():
        found = torch.zeros(there.numel(), dtype=torch.float64)
        found[at] = scale * torch.from_numpy(rng.standard_normal(len(at)))
        return found.view(*shape, runs).permute(2, 0, 1)

    return drawn


def noisy_run(
    weights: Weights,
    target: Tensor,
    rate: float | Tensor,
    strength: float,
    time: float,
    rng: np.random.Generator,
    entries: Tensor | None = None,
    batch: int = 0,
) -> NoisyRun:
    """Descent on |W2 W1 - target - noise|^2 / 2 with new noise in every step: `NoisyRun`, of 100 records and the start.

    rate: number or (runs,). strength: rate x sigma; time: strength^2 x steps. entries: true where the target
    (runs, d_out, d_in) of a run has an entry. batch: so many new examples with Gaussian inputs in every step, the labels
    with noise of sd sigma sqrt(batch); 0: noise of sd sigma in every entry of the target.
    """
    generator(rng)
    steps = 100 * max(1, round(time / strength**2 / 100))
    sigma = strength / torch.as_tensor(rate, dtype=torch.float64).expand(len(target))
    entries = torch.ones_like(target, dtype=torch.bool) if entries is None else entries
    if batch:
        inputs, outputs = entries.any(1)[..., None], entries.any(2)[..., None]
        draws = (
            _noise(inputs.expand(-1, -1, batch), torch.ones_like(sigma), rng),
            _noise(outputs.expand(-1, -1, batch), sigma * batch**0.5, rng),
        )
    else:
        draws = (_noise(entries, sigma, rng),)

    def gradient(weights, target, *drawn):
        if batch:
            return minibatch_gradients(weights, target, *drawn)
        return ln.gradients(weights, target + drawn[0])

    def squares(weights, _):
        return {k: w.square().sum((-2, -1)) for k, w in zip("12", weights, strict=True)}

    run = descend(
        gradient,
        weights,
        Plain(rate),
        steps=steps,
        problem=(target,),
        sees=lambda t, _: tuple(draw() for draw in draws),
        record=Record(range(0, steps + 1, steps // 100), squares),
    )
    return NoisyRun(strength**2 * run.steps, run.records["1"], run.records["2"], run.weights)


# --- two numbers -----------------------------------------------------------------------------------


class Numbers(NamedTuple):
    """Pairs of numbers a, b with the target a b = 1: D = a^2 - b^2, S = sqrt(D^2 + 4), learning rates, all (runs,).

    modes: a and b, (2, runs).
    """

    imbalance: Tensor
    curvature: Tensor
    rate: Tensor
    modes: Tensor

    @property
    def stretch(self) -> Tensor:
        """rate S, (runs,)."""
        return self.rate * self.curvature

    def weights(self) -> Weights:
        """As two layers, (runs, 1, 1) each."""
        return tuple(self.modes[..., None, None].clone())

    def wear(self, strength: float, time: float, rng: np.random.Generator) -> NoisyRun:
        """`noisy_run` from here."""
        goal = torch.ones_like(self.modes[0])[:, None, None]
        return noisy_run(self.weights(), goal, self.rate, strength, time, rng)


def unbalanced_numbers(runs: int, rng: np.random.Generator) -> Numbers:
    """Starts of product 3/4 with D uniform in [8, 16], learning rates with rate S uniform in [0.4, 1.2]: `Numbers`."""
    imbalance = torch.from_numpy(rng.uniform(8, 16, runs))
    curvature = (imbalance**2 + 4).sqrt()
    rate = torch.from_numpy(rng.uniform(0.4, 1.2, runs)) / curvature
    return Numbers(imbalance, curvature, rate, modes_of_imbalance(imbalance, 2, 0.75))


def decay_time(start: float | Tensor, end: float | Tensor, rate: float | Tensor) -> Tensor:
    """The time tau in which noise wears the imbalance D = a^2 - b^2 of two numbers with a b = 1 down, (...).

    A step multiplies D by 1 - rate^2 e^2, and the error e = a b - 1 - noise has the mean square
    2 sigma^2 / (2 - rate S), S = sqrt(D^2 + 4). So d ln D / dtau = -2 / (2 - rate S), and

        tau = ln D - rate / 2 (S - 2 arsinh(2 / D))  at the start, less that at the end      (derived here).

    start > end > 0, and rate S < 2 at the start.

    >>> round(float(decay_time(10.0, 5.0, 0.0)), 4)
    0.6931
    """

    def antiderivative(imbalance):
        d = torch.as_tensor(imbalance, dtype=torch.float64)
        return d.log() - torch.as_tensor(rate, dtype=torch.float64) / 2 * (
            (d**2 + 4).sqrt() - 2 * torch.asinh(2 / d)
        )

    return antiderivative(start) - antiderivative(end)


def halving(run: NoisyRun) -> Tensor:
    """The time tau at which |W1|^2 - |W2|^2 is half of its start, its logarithm straight between records, (runs,).

    The time of the whole run where it is never so small.
    """
    left = (run.difference() / run.difference()[0]).clamp(min=1e-300).log()
    found = [np.interp(np.log(2), -path, run.times.numpy()) for path in left.mT.numpy()]
    return torch.tensor(found, dtype=torch.float64)


# --- matrices --------------------------------------------------------------------------------------


def noise_flow(
    strengths: Tensor, widths: tuple[int, int], rate: float, ratio: float, times: Tensor
) -> Tensor:
    """|W1|^2 / |W2|^2 under label noise, from `ratio` in every mode, computed beforehand, (times, runs).

    strengths: singular values s_k of the target, (runs, k). widths: (d_in, d_out). times: rising. With a_k^2 and b_k^2,
    a_k b_k = s_k, the squares of mode k in W1 and W2, and D_k = a_k^2 - b_k^2,

        dD_k / dtau = b_k^2 sum_l n(b_k, a_l) - a_k^2 sum_m n(b_m, a_k),    n(b, a) = 2 / (2 - rate (b^2 + a^2))

    over the d_in inputs l and d_out outputs m (a_l, b_m = 0 beyond the modes): n sigma^2 is the mean square of the
    error in an entry. At rate 0 every mode has dx / dtau = 2 x (d_in - d_out x) / (1 + x), x = a^2 / b^2 (derived here).
    """
    s, (inputs, outputs) = strengths.numpy(), widths

    def squares(u):
        return s * np.exp(u), s * np.exp(-u)

    def padded(x, count):
        return np.pad(x, ((0, 0), (0, count - x.shape[1])))

    def slope(_, u):
        a, b = squares(u.reshape(s.shape))
        by_inputs = 2 / (2 - rate * (b[:, :, None] + padded(a, inputs)[:, None]))
        by_outputs = 2 / (2 - rate * (padded(b, outputs)[:, None] + a[:, :, None]))
        return ((b * by_inputs.sum(-1) - a * by_outputs.sum(-1)) / (a + b)).ravel()

    at = times.numpy()
    start = np.full(s.size, np.log(ratio) / 2)
    found = solve_ivp(slope, (0, at[-1]), start, t_eval=at, rtol=1e-8, atol=1e-10).y
    a, b = squares(found.T.reshape(len(at), *s.shape))
    return torch.from_numpy(a.sum(-1) / b.sum(-1))


def noise_limit(widths: tuple[int, int]) -> float:
    """d_in / d_out, the |W1|^2 / |W2|^2 at which noise of small rate leaves the layers alone."""
    return widths[0] / widths[1]


def curvature_sum(first: Tensor, second: Tensor, widths: tuple[int, int]) -> Tensor:
    """d_in |W2|^2 + d_out |W1|^2, the sum of the curvatures of the loss where it is 0; of |W1|^2 and |W2|^2 (...)."""
    return widths[0] * second + widths[1] * first


def least_curvature_sum(strengths: Tensor, widths: tuple[int, int]) -> Tensor:
    """The least `curvature_sum` of all pairs of layers with one product: 2 sqrt(d_in d_out) sum_k s_k, (...)."""
    return 2 * (widths[0] * widths[1]) ** 0.5 * strengths.sum(-1)


class Arms(NamedTuple):
    """Networks of several shapes side by side, padded with zeros: weights, target and where it has entries, (runs, ...).

    widths: (d_in, d_out) of each arm. ratios: |W1|^2 / |W2|^2 at its start. strengths: singular values of its
    targets, (count, k).
    """

    weights: Weights
    target: Tensor
    entries: Tensor
    widths: list[tuple[int, int]]
    ratios: list[float]
    strengths: list[Tensor]

    def split(self, values: Tensor) -> list[Tensor]:
        """Values (..., runs) of each arm, (..., count) each."""
        return list(values.tensor_split(len(self.widths), -1))

    def labels(self) -> list[str]:
        """Names: "5 → 1" of balanced starts, "from 4" of others."""
        each = zip(self.widths, self.ratios, strict=True)
        return [f"{w[0]} → {w[1]}" if x == 1 else f"from {x:g}" for w, x in each]

    def limits(self) -> list[float]:
        """`noise_limit` of each arm."""
        return [noise_limit(w) for w in self.widths]

    def flows(self, rate: float, times: Tensor) -> list[Tensor]:
        """`noise_flow` of each arm, (times, count) each."""
        each = zip(self.strengths, self.widths, self.ratios, strict=True)
        return [noise_flow(s, w, rate, ratio, times) for s, w, ratio in each]

    def steepness(self, run: NoisyRun) -> list[Tensor]:
        """`curvature_sum` over the least of all with the same product, of each arm, (records, count) each."""
        each = zip(
            self.split(run.first), self.split(run.second), self.widths, self.strengths, strict=True
        )
        return [curvature_sum(a, b, w) / least_curvature_sum(s, w) for a, b, w, s in each]

    def excess(self, run: NoisyRun) -> list[Tensor]:
        """Last imbalance over the largest one that theorem 1 of Arora et al. 2018 allows, of each arm, (count,) each.

        Allowed at the margin sigma_min of the target, which no start exceeds.
        """
        found = self.split(ln.imbalance(run.weights))
        targets = [torch.diag_embed(s) for s in self.strengths]
        allowed = [ln.convergence_guarantee(t, 2, ln.smallest_singular_value(t)) for t in targets]
        return [x / one.imbalance for x, one in zip(found, allowed, strict=True)]


def fan(ends: int, count: int, rng: np.random.Generator) -> Arms:
    """`noisy_arms` in balance for d_in = 1..ends - 1, d_out = ends - d_in; then d_in = ends / 2 + 1 from 0.1, 4 and 16."""
    shapes = [(d, ends - d) for d in range(1, ends)]
    return noisy_arms(
        [*shapes, *[shapes[ends // 2]] * 3], [1.0] * len(shapes) + [0.1, 4.0, 16.0], count, rng
    )


def noisy_arms(
    widths: Sequence[tuple[int, int]],
    ratios: Sequence[float],
    count: int,
    rng: np.random.Generator,
) -> Arms:
    """For each (d_in, d_out), `count` pairs of layers whose product is a random target: `Arms`.

    Balanced layers, then W1 times ratio^(1/4) and W2 over it. Singular values are uniform in [0.7, 1.3]; there are as
    many hidden units as the smaller width of the squarest arm.
    """
    inputs, outputs = (max(w[k] for w in widths) for k in (0, 1))
    hidden = max(min(w) for w in widths)
    parts, strengths = [], []

    def padded(x, rows, columns):
        room = (0, columns - x.shape[-1], 0, rows - x.shape[-2])
        return torch.nn.functional.pad(x, room)

    for (d_in, d_out), ratio in zip(widths, ratios, strict=True):
        s = torch.from_numpy(rng.uniform(0.7, 1.3, (count, min(d_in, d_out))))
        left, right = (ln.orthogonal(d, rng, (count,)) for d in (d_out, d_in))
        target = (left[..., : s.shape[1]] * s[:, None]) @ right[:, : s.shape[1]]
        first, second = ln.balanced_factors(target, [d_in, hidden, d_out], rng)
        parts.append(
            (
                padded(first * ratio**0.25, hidden, inputs),
                padded(second / ratio**0.25, outputs, hidden),
                padded(target, outputs, inputs),
                padded(torch.ones_like(target), outputs, inputs) > 0,
            )
        )
        strengths.append(s)
    first, second, target, there = (torch.cat(x) for x in zip(*parts, strict=True))
    return Arms((first, second), target, there, list(widths), list(ratios), strengths)


# --- rectifiers ------------------------------------------------------------------------------------


def rectifier_gradients(
    weights: Weights, inputs: Tensor, outputs: Tensor, noise: Tensor
) -> Weights:
    """Gradient of |W2 relu(W1 X) - outputs - noise|^2 / 2B for B examples, X (runs, d_in, B), outputs (runs, d_out, B)."""
    first, second = weights
    hidden = (first @ inputs).clamp(min=0)
    error = (second @ hidden - outputs - noise) / inputs.shape[-1]
    return ((second.mT @ error) * hidden.sign()) @ inputs.mT, error @ hidden.mT


def rectifier_run(
    widths: tuple[int, int],
    count: int,
    rate: float,
    strength: float,
    time: float,
    rng: np.random.Generator,
    batch: int = 8,
) -> Tensor:
    """|w_in|^2 / |w_out|^2 of two rectifiers under label noise, at 20 records and the start, (21, count, 2).

    The network is its own teacher at the start: rows of W1 and columns of W2 are orthonormal. batch: so many new
    examples with Gaussian inputs in every step, labels with noise of sd sigma sqrt(batch), sigma = strength / rate.
    time: strength^2 x steps. A unit is open for half of the inputs, so that its ratio x has
    dx / dtau = x (d_in - d_out x) / (1 + x) at small rates (derived here).
    """
    generator(rng)
    steps = 20 * max(1, round(time / strength**2 / 20))
    first = ln.orthogonal(widths[0], rng, (count,))[:, :2].contiguous()
    second = ln.orthogonal(widths[1], rng, (count,))[..., :2].contiguous()

    def sees(t, first, second):
        x, xi = (torch.from_numpy(rng.standard_normal((count, d, batch))) for d in widths)
        labels = second @ (first @ x).clamp(min=0)
        return x, labels, strength / rate * batch**0.5 * xi

    def ratio(weights, *_):
        return {"ratio": weights[0].square().sum(-1) / weights[1].square().sum(-2)}

    run = descend(
        lambda w, first, second, *seen: rectifier_gradients(w, *seen),
        (first, second),
        Plain(rate),
        steps=steps,
        problem=(first, second),
        sees=sees,
        record=Record(range(0, steps + 1, steps // 20), ratio),
    )
    return run.records["ratio"]
