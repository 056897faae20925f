"""Learning in stages: waits at the saddles, plateaus of a run, and the jump over a plateau.

Two-layer linear networks (W_1, W_2) as in `two_layer`, on any quadratic loss of W = W_2 W_1: the moments
of a regression, or the seen entries of a matrix. `staged_descent` walks or jumps from saddle to
saddle. Also here: stages of ReLU and tanh networks.
Source, where nothing else is said: Arata's thesis summary, sections 3 and 4; the algorithm behind its
figure 2 is not spelled out there, so that its details are derived here. Everything is float64.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.stages.two_layer import (
    from_units,
    growing_directions,
    moment_loss,
    moment_slope,
    network_gradients,
    network_loss,
    own_span,
    saddle_matrix,
    units,
)

# --- waits -----------------------------------------------------------------------------------------


def steps_per_log_scale(cxx: Tensor, cyx: Tensor, learning_rate: float, stages: int) -> Tensor:
    """Steps that each stage adds for each unit of log(1/start scale): (..., stages).

    Stage k waits until the (k+1)-th singular value of Omega, eps^e at the saddle's arrival, is of
    order 1: e / log(1 + eta s_1) steps, s the speeds at saddle k. Meanwhile the (k+1+j)-th grows
    with s_(1+j) (singular values follow the growth of volumes; derived here). The first is theorem
    1's 1 / log(1 + eta s_1).
    """
    left = torch.ones((*cyx.shape[:-2], stages), dtype=torch.float64)
    waits = []
    for k in range(stages):
        speeds = torch.linalg.svdvals(saddle_matrix(cxx, cyx, k))[..., : stages - k]
        rates = torch.log1p(learning_rate * speeds)
        wait = left[..., 0] / rates[..., 0]
        left = (left - rates * wait.unsqueeze(-1))[..., 1:]
        waits.append(wait)
    return torch.stack(waits, -1)


def falls_below(times: Tensor, losses: Tensor, level: Tensor) -> Tensor:
    """When the losses (records, ...) first fall below `level` (...), between records linearly: (...).

    times: (records,). nan where they never do, and where they start below.

    >>> losses = torch.tensor([4.0, 2.0, 0.0], dtype=torch.float64)
    >>> float(falls_below(torch.tensor([0, 10, 20]), losses, torch.tensor(1.0)))
    15.0
    """
    after = (losses < level).to(torch.int8).argmax(0, keepdim=True)
    high = losses.gather(0, (after - 1).clamp(min=0))[0]
    low, after = losses.gather(0, after)[0], after[0]
    times = times.to(torch.float64)
    step = times[after] - times[(after - 1).clamp(min=0)]
    return torch.where(after > 0, times[after] - step * (level - low) / (high - low), math.nan)


# --- the jump --------------------------------------------------------------------------------------


def stretch(
    weights: Sequence[Tensor], direction: Tensor, length: Tensor, active: Tensor
) -> tuple[Tensor, Tensor]:
    """Units moved along `direction` (seeds, m0 + m2) until their components there have length `length`.

    c_i = direction . w_i, cleared of the `active` leading left singular vectors of Omega (the
    directions that the network uses already, whose rest would be blown up), is scaled to
    |c| = length (seeds,) if it is shorter; the change is put back into the units. This is the
    linear phase of the plateau at once (section 4; details derived here). active: int (seeds,).
    """
    omega = units(weights)
    left = torch.linalg.svd(omega, full_matrices=False).U
    c = (omega @ direction.unsqueeze(-1)).squeeze(-1)
    used = torch.arange(left.shape[-1]) < active.unsqueeze(-1)
    overlap = (left.mT @ c.unsqueeze(-1)).squeeze(-1) * used
    c = c - (left @ overlap.unsqueeze(-1)).squeeze(-1)
    size = c.norm(dim=-1, keepdim=True)
    # A component lost to underflow: take the strongest unused profile of the units instead.
    spare = left.gather(
        -1, active.clamp(max=left.shape[-1] - 1)[:, None, None].expand(-1, left.shape[-2], 1)
    )
    unit = torch.where(size > 1e-200, c / size.clamp(min=1e-200), spare.squeeze(-1))
    change = unit * (torch.maximum(length.unsqueeze(-1), size) - size)
    moved = omega + change.unsqueeze(-1) * direction.unsqueeze(-2)
    return from_units(moved, weights[0].shape[-1])


def _outer(direction, inputs):
    """b a^T of directions (a, b)/sqrt 2, (..., m2, m0)."""
    return 2 * direction[..., inputs:, None] * direction[..., None, :inputs]


def jump(
    weights: Sequence[Tensor],
    slope: Callable[..., Tensor],
    problem: Sequence[Tensor],
    *,
    size: float | None = None,
    pair: int = 0,
    direction: Tensor | None = None,
    clear_growing: bool = False,
    clear_used: bool = True,
) -> tuple[Tensor, Tensor]:
    """Weights (seeds, ...) past a plateau: `stretch` along the top pair of M = -dloss/dW.

    slope(W, *problem) -> dloss/dW of a quadratic loss, such as `moment_slope`, `completion_slope`.
    size: the length of the units' components after the jump; None finds the exact minimum along
    the line loss(W + x b a^T), x = s / curvature, length sqrt(2 x). A direction of the units
    counts as used if its squared singular value is above a quarter of 2x, what the next one will
    have. For controls: another `pair`; direction (seeds, m0 + m2) instead of the pair, with
    `clear_growing` taken clear of all that grows (singular values above 1e-6 of the largest: below it
    the pairs are rounding's); clear_used = False leaves the used directions in.
    Cost: two small SVDs and three slopes.
    """
    m0 = weights[0].shape[-1]
    s, growing = growing_directions(-slope(ln.end_to_end(weights), *problem))
    chosen = growing[..., pair]
    best = 2 * s[..., pair] / _curvature(_outer(chosen, m0), slope, problem)
    active = (torch.linalg.svdvals(units(weights)).square() > best.unsqueeze(-1) / 4).sum(-1)
    active = active if clear_used else torch.zeros_like(active)
    if direction is not None:
        chosen = direction
        if clear_growing:
            rising = (s > 1e-6 * s[..., :1]).unsqueeze(-1)
            overlap = (growing.mT @ chosen.unsqueeze(-1)) * rising
            chosen = chosen - (growing @ overlap).squeeze(-1)
            chosen = chosen / chosen.norm(dim=-1, keepdim=True)
    length = best.sqrt() if size is None else torch.full_like(best, size)
    return stretch(weights, chosen, length, active)


def growth_rates(speeds: Tensor, learning_rate: float) -> Tensor:
    """What a step adds to the logarithm of a growing direction's part, log(1 + eta s), (..., K)."""
    return torch.log1p(learning_rate * speeds)


def fast_forward(
    weights: Sequence[Tensor],
    slope: Callable[..., Tensor],
    problem: Sequence[Tensor],
    *,
    learning_rate: float,
    size: float | Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Weights (seeds, ...) past a plateau: all growing directions carried by their own powers.

    With M = -dloss/dW frozen, T steps of descent multiply the units' components along direction j by
    (1 + eta s_j)^T (lemma 1). T is the time of the first direction to arrive, the least of

        log(L_j / |c_j|) / log(1 + eta s_j),    c_j = Omega d_j,

    L_j = `size`, or for None the length sqrt(2 s_j / curvature_j) at which the loss is least along the
    pair. Directions that the units use already (see `jump`) are cleared from c; those longer than L_j
    stay. Kunin et al. 2025 (arXiv:2506.06489) let dormant neurons race to the next activation alike; the
    details are derived here. slope, problem as for `jump`. Cost: two small SVDs, a slope for each pair.
    """
    m0 = weights[0].shape[-1]
    here = -slope(ln.end_to_end(weights), *problem)
    s, growing = growing_directions(here)
    curvature = [_curvature(_outer(d, m0), slope, problem) for d in growing.unbind(-1)]
    reach = (2 * s / torch.stack(curvature, -1)).sqrt()
    omega = units(weights)
    left, sizes, _ = torch.linalg.svd(omega, full_matrices=False)
    used = sizes > reach[..., :1] / 2
    along = omega @ growing
    along = along - left @ (used.unsqueeze(-1) * (left.mT @ along))
    goal = reach if size is None else torch.zeros_like(reach) + size
    have = along.norm(dim=-2).clamp(min=1e-300)
    waiting = (s > 1e-6 * s[..., :1]) & (have < goal)
    rates = growth_rates(s, learning_rate)
    steps = torch.where(waiting, (goal / have).log() / rates, torch.inf).amin(-1, keepdim=True)
    factor = torch.where(waiting, torch.expm1(rates * steps), 0)
    return from_units(omega + (along * factor.unsqueeze(-2)) @ growing.mT, m0)


def _curvature(matrix, slope, problem):
    """Second derivative of a quadratic loss along a matrix D: <D, G(D) - G(0)>, (...)."""
    origin = torch.zeros_like(matrix)
    return (matrix * (slope(matrix, *problem) - slope(origin, *problem))).sum((-2, -1))


def kicks(runs: int, tries: int, inputs: int, outputs: int, seed: Sequence[int]) -> Tensor:
    """Random unit vectors (runs, tries, inputs + outputs) for control jumps, one stream for each run.

    Input and output part are equally long, as in a growing direction. seed: a list of integers; run r
    draws from default_rng([*seed, r]), so that no run's kicks depend on another's plateaus.
    """
    drawn = np.stack(
        [
            np.random.default_rng([*seed, run]).standard_normal((tries, inputs + outputs))
            for run in range(runs)
        ]
    )
    parts = torch.from_numpy(drawn).split((inputs, outputs), -1)
    return torch.cat([p / p.norm(dim=-1, keepdim=True) for p in parts], -1) / math.sqrt(2)


# --- descent through the stages --------------------------------------------------------------------


@dataclass(frozen=True)
class Quadratic:
    """A quadratic loss of W = W_2 W_1: loss(W, *problem) -> (runs,), slope(W, *problem) -> dloss/dW."""

    loss: Callable[..., Tensor]
    slope: Callable[..., Tensor]


REGRESSION = Quadratic(moment_loss, moment_slope)  # problem: `moments`


@dataclass(frozen=True)
class Jumps:
    """What `staged_descent` does at a plateau, and what one is.

    skip(weights, slope, problem) -> weights, such as `jump`, is applied as soon as a plateau is seen, but
    not within `rest` steps of the last jump, and at most `most` times, a number or (runs,); then, and
    without `skip`, the plateau is walked. directions (runs, tries, m0 + m2): handed to `skip` as
    `direction`, one for each jump. quiet: a plateau is where descent's promise eta |gradient|^2 / loss,
    the relative fall of the loss in a step, is below it.
    """

    skip: Callable[..., tuple[Tensor, ...]] | None = None
    directions: Tensor | None = None
    most: int | Tensor = 1_000_000
    rest: int = 20
    quiet: float = 1e-4

    def allowed(self, runs: int) -> Tensor:
        """How many jumps each run may make, (runs,)."""
        return torch.zeros(runs) if self.skip is None else torch.as_tensor(self.most).expand(runs)

    def made(self, weights, slope, problem, runs, jumps) -> tuple[Tensor, ...]:
        """Weights of these `runs` after the next jump; jumps: how many each has made, (runs,)."""
        if self.directions is None:
            return self.skip(weights, slope, problem)
        return self.skip(weights, slope, problem, direction=self.directions[runs, jumps])


@dataclass(frozen=True)
class StagedRun:
    """What `staged_descent` brings back, runs first.

    weights: the final weights. steps: int64 (runs,), a jump counted as one; -1 where the final loss
    was not reached. jumps: int64 (runs,). saddles: loss at each plateau in turn, (runs, most), nan
    where there was none. remainders: derivative of the loss along the top pair after each jump over
    that before, (runs, most jumps), nan where there was none. times, losses: the steps checked
    (records,) and the loss there (records, runs), nan once a run has finished.
    """

    weights: tuple
    steps: torch.Tensor
    jumps: torch.Tensor
    saddles: torch.Tensor
    remainders: torch.Tensor
    times: torch.Tensor
    losses: torch.Tensor

    @property
    def matrix(self) -> Tensor:
        """The end-to-end matrices at the end, (runs, m2, m0)."""
        return ln.end_to_end(self.weights)

    @property
    def omega(self) -> Tensor:
        """The units at the end, (runs, m1, m0 + m2)."""
        return units(self.weights)

    def curve(self, run: int, every: int = 3) -> tuple[Tensor, Tensor]:
        """(steps, losses) of one run up to its end, every so many records."""
        losses = self.losses[:, run]
        losses = losses[losses.isfinite()]
        return self.times[: len(losses) : every], losses[::every]


def above(level: float, times: Tensor, losses: Tensor) -> tuple[Tensor, Tensor]:
    """The part of a curve, times and losses (records,), until the loss first falls below `level`.

    >>> [part.tolist() for part in above(1.5, torch.arange(3), torch.tensor([3.0, 2.0, 1.0]))]
    [[0, 1], [3.0, 2.0]]
    """
    count = int((losses >= level).long().cumprod(0).sum())
    return times[:count], losses[:count]


def relative_distance(found: Tensor, reference: Tensor) -> Tensor:
    """|found - reference|_F / |reference|_F of matrices (..., a, b): (...).

    >>> one = torch.ones(2, 2, dtype=torch.float64)
    >>> float(relative_distance(3 * one, one))
    2.0
    """
    return (found - reference).norm(dim=(-2, -1)) / reference.norm(dim=(-2, -1))


def distance_from_levels(losses: Tensor, levels: Tensor) -> Tensor:
    """Relative distance of losses (..., plateaus) from the nearest of the levels (..., K): like `losses`.

    >>> float(distance_from_levels(torch.tensor([1.5]), torch.tensor([4.0, 1.0])))
    0.5
    """
    return (losses.unsqueeze(-1) / levels.unsqueeze(-2) - 1).abs().amin(-1)


def distance_in_order(losses: Tensor, levels: Tensor) -> Tensor:
    """Relative distance of the k-th plateau's loss from the k-th level, (seeds, K).

    losses (seeds, plateaus), nan where there was none; nan for a run with more or fewer plateaus than
    levels (seeds, K).

    >>> seen = torch.tensor([[4.0, 1.5], [4.0, math.nan]])
    >>> distance_in_order(seen, torch.tensor([[4.0, 1.0], [4.0, 1.0]])).tolist()
    [[0.0, 0.5], [nan, nan]]
    """
    complete = losses.isfinite().sum(1) == levels.shape[1]
    losses = torch.nn.functional.pad(losses, (0, levels.shape[1]), value=math.nan)
    found = (losses[:, : levels.shape[1]] / levels - 1).abs()
    return found.where(complete[:, None], math.nan)


def portion(run: StagedRun, which: slice | Tensor) -> StagedRun:
    """A `StagedRun` of some of its runs; which: a slice or an index tensor."""
    return StagedRun(
        weights=tuple(w[which] for w in run.weights),
        steps=run.steps[which],
        jumps=run.jumps[which],
        saddles=run.saddles[which],
        remainders=run.remainders[which],
        times=run.times,
        losses=run.losses[:, which],
    )


def plateau_losses(falls: Tensor, losses: Tensor, quiet: float, ends: bool) -> list[float]:
    """Losses at the plateaus of one run, in turn: a list.

    A plateau is a stretch of records where `falls`, the relative fall of the loss in a step, is below
    `quiet`; its loss is that where the fall is least. ends: whether the last record ends one.

    >>> falls = torch.tensor([1e-5, 1e-6, 1e-2, 1e-6], dtype=torch.float64)
    >>> plateau_losses(falls, torch.tensor([4.0, 3.0, 2.0, 1.0]), 1e-4, False)
    [3.0]
    """
    still = torch.cat((torch.tensor([False]), falls < quiet, torch.tensor([False]))).to(torch.int8)
    turns = still.diff()
    found = []
    for first, last in zip((turns == 1).nonzero(), (turns == -1).nonzero(), strict=True):
        if last < len(falls) or ends:
            found.append(float(losses[first + falls[int(first) : int(last)].argmin()]))
    return found


class _Log:
    """What has become of each run so far: steps, jumps, losses at plateaus and in between."""

    def __init__(self, runs):
        self.taken = torch.full((runs,), -1)
        self.clock, self.jumps = (torch.zeros(runs, dtype=int) for _ in "cj")
        self.saddles, self.remainders, self.curves = ([[] for _ in range(runs)] for _ in "src")

    def walked(self, live, run, over, quiet, every):
        """Note descent of the `live` runs to a plateau or the end; which of them are on a plateau."""
        met = run.stopped >= 0
        ended = torch.where(met, run.stopped, run.steps[-1])
        waits = met & ~over
        for k, r in enumerate(live.tolist()):
            seen = slice(1 if self.curves[r] else 0, int(ended[k]) // every + 1)
            fall, value = run.records["fall"][seen, k], run.records["loss"][seen, k]
            self.curves[r].append(value)
            self.saddles[r] += plateau_losses(fall, value, quiet, bool(waits[k]))
        self.clock[live] += ended
        done = live[met & over]
        self.taken[done] = (self.clock + self.jumps)[done]
        return waits

    def jumped(self, live, remainder):
        """Note a jump of the `live` runs."""
        for r, left in zip(live.tolist(), remainder.tolist(), strict=True):
            self.remainders[r].append(left)
        self.jumps[live] += 1


def _put(weights, runs, part):
    """Put the weights of some runs in place."""
    for whole, new in zip(weights, part, strict=True):
        whole[runs] = new


def staged_descent(
    weights: Sequence[Tensor],
    problem: Sequence[Tensor],
    objective: Quadratic,
    *,
    learning_rate: float,
    steps: int,
    final_loss: float | Tensor,
    jumps: Jumps = Jumps(),
    check_every: int = 5,
) -> StagedRun:
    """Descent of linear two-layer networks from saddle to saddle, with a jump at each plateau or not.

    weights (runs, ...); objective: a quadratic loss of W = W_2 W_1, such as `REGRESSION`; problem: its
    tensors (runs, ...). final_loss: number or (runs,). Each plateau's loss is noted where the fall is
    least. steps: at most, between two jumps.

    The units are first rotated into their own span (`own_span`), and rotated back at the end. Raises
    ValueError for a learning rate that is not positive, DivergenceError where weights are not finite.
    """
    frame, core = own_span(weights)
    runs = len(core[0])
    goal = torch.as_tensor(final_loss, dtype=torch.float64).expand(runs)
    most, log, live = jumps.allowed(runs), _Log(runs), torch.arange(runs)
    while len(live):
        given = tuple(p[live] for p in problem)
        run, over = _until_plateau(
            tuple(w[live] for w in core),
            (*given, goal[live], (log.jumps < most)[live].to(torch.float64)),
            limits=(jumps.quiet, jumps.rest if log.clock.any() else 0),
            functions=(objective.loss, objective.slope),
            options={"learning_rate": learning_rate, "steps": steps, "check_every": check_every},
        )
        _put(core, live, run.weights)
        waits = log.walked(live, run, over, jumps.quiet, check_every)
        live, given = live[waits], tuple(p[waits] for p in given)
        if len(live):
            here = tuple(w[live] for w in core)
            there = jumps.made(here, objective.slope, given, live, log.jumps[live])
            log.jumped(live, _remainder(here, there, objective.slope, given))
            _put(core, live, there)
    losses = torch.nn.utils.rnn.pad_sequence(
        [torch.cat(curve) for curve in log.curves], padding_value=math.nan
    )
    return StagedRun(
        weights=from_units(frame @ units(core), weights[0].shape[-1]),
        steps=log.taken,
        jumps=log.jumps,
        saddles=_padded(log.saddles),
        remainders=_padded(log.remainders),
        times=torch.arange(len(losses)) * check_every,
        losses=losses,
    )


def _padded(rows):
    most = max(map(len, rows))
    rows = [row + [math.nan] * (most - len(row)) for row in rows]
    return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), most)


def _remainder(before, after, slope, problem):
    """Derivative of the loss along the top pair of the first weights, after over before: (...)."""
    first = -slope(ln.end_to_end(before), *problem)
    pair = _outer(growing_directions(first)[1][..., 0], before[0].shape[-1])
    now = -slope(ln.end_to_end(after), *problem)
    return (pair * now).sum((-2, -1)) / (pair * first).sum((-2, -1))


def _until_plateau(weights, problem, *, limits, functions, options):
    """(run, over): descent to the next plateau, or to the goal where `over`.

    problem ends with the goal and with 1 where a plateau ends the run; limits: the relative fall of the
    loss that makes one, and the step before which none is looked for.
    """
    loss, slope = functions
    quiet, rest = limits
    rate, steps, every = (options[name] for name in ("learning_rate", "steps", "check_every"))

    def gradient(w, *given):
        return ln.layer_gradients(w, lambda matrix: slope(matrix, *given[:-2]))

    def measure(w, *given):
        value = loss(ln.end_to_end(w), *given[:-2])
        power = sum(g.square().sum((-2, -1)) for g in gradient(w, *given))
        return {"loss": value, "fall": rate * power / value}

    def ended(t, seen, *given):
        ready = (seen["fall"] < quiet) & (given[-1] > 0) & (t >= rest)
        return ready | (seen["loss"] <= given[-2])

    run = descend(
        gradient,
        tuple(weights),
        Plain(rate),
        steps=steps,
        problem=problem,
        record=Record({*range(0, steps + 1, every), steps}, measure, ended),
        stop=Stop(every=every),
    )
    return run, loss(ln.end_to_end(run.weights), *problem[:-2]) <= problem[-2]


def relu_jump(
    weights: Sequence[Tensor], inputs: Tensor, outputs: Tensor, *, size: float, iterations: int = 15
) -> tuple[Tensor, Tensor]:
    """ReLU (or linear) weights past the plateau at the origin, unit by unit.

    With the output gradient frozen every unit follows its own A_i (its active samples), so each
    direction is found by `iterations` passes of u <- unit vector of u + z / max |z|, z the unit's
    growth (unit by unit power iteration; derived here). Then the linear phase is run forward until
    the longest unit has length `size`: |w_i| grows by exp(speed_i T), T = log(size / max |w|) /
    max speed. Units never shrink, and a unit that is zero stays so. Cost: `iterations` gradients.
    Raises ValueError where no unit can grow.
    """
    m0 = inputs.shape[-2]
    start = units(weights)
    length = start.norm(dim=-1, keepdim=True)
    residual = (weights[1] @ weights[0].matmul(inputs).clamp(min=0) - outputs) / inputs.shape[-1]
    u = start / length.clamp(min=1e-300)

    def growth(u):
        on = (u[..., :m0] @ inputs > 0).to(u.dtype)
        below = -(u[..., m0:] @ residual * on) @ inputs.mT
        above = -(u[..., :m0] @ inputs).clamp(min=0) @ residual.mT
        return torch.cat((below, above), -1)

    for _ in range(iterations):
        z = growth(u)
        u = u + z / z.norm(dim=-1).amax(-1)[..., None, None]
        u = u / u.norm(dim=-1, keepdim=True).clamp(min=1e-300)
    speed = (u * growth(u)).sum(-1, keepdim=True)
    fastest = speed.amax(-2, keepdim=True)
    if not (fastest > 0).all():
        raise ValueError("weights must hold a unit that can grow, in every seed")
    time = (size / length.amax(-2, keepdim=True)).log().clamp(min=0) / fastest
    return from_units(u * length * (speed.clamp(min=0) * time).exp(), m0)


def relu_steps(
    weights: Sequence[Tensor],
    inputs: Tensor,
    outputs: Tensor,
    learning_rate: float,
    share: float,
    steps: int = 20_000,
) -> Tensor:
    """Steps of descent of ReLU networks until the loss is `share` of that of zero weights, (seeds,); -1
    where `steps` are not enough. Looked for every ten steps.
    """
    low = share * network_loss(tuple(0 * w for w in weights), inputs, outputs)
    return descend(
        lambda w, x, y, _: network_gradients(w, x, y, "relu"),
        weights,
        Plain(learning_rate),
        problem=(inputs, outputs, low),
        steps=steps,
        stop=Stop(lambda w, x, y, low: network_loss(w, x, y, "relu") < low, every=10),
    ).stopped
