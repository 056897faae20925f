"""Gradient descent on a whole batch of seeds at once: the one time-stepper of the suite."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number


class DivergenceError(ArithmeticError):
    """Descent left the finite numbers where convergence was promised."""


class Adam(NamedTuple):
    """The numbers of Adam (Kingma, Ba 2015, algorithm 1), g the gradient at step t = 1, 2, ...:

        m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,
        w <- w - learning_rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)

    corrected=False leaves the two divisions by 1 - beta^t out: `Adam(0, 0.9, corrected=False)` is RMSprop.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    corrected: bool = True


@dataclass(frozen=True)
class Trajectory:
    """What `descend` brings back.

    weights: the final weights, tuple of (seeds, ...).
    steps: the recorded steps, int64 (records,).
    records: name -> (records, seeds, ...) as measured at those steps; a seed that has stopped keeps
        its last value, one that has diverged has nan (what is no floating number keeps its value).
    stopped: the step at which `stop` first held when checked, int64 (seeds,); -1 if it never did.
    diverged: the step at which weights were first seen not to be finite, int64 (seeds,); -1 if never.
        Looked at when `stop` is, and at every recorded step.
    """

    weights: tuple
    steps: torch.Tensor
    records: dict
    stopped: torch.Tensor
    diverged: torch.Tensor


def log_steps(steps, per_decade=20):
    """About `per_decade` record steps in each decade of 1..steps, with 0 and `steps` included.

    Raises ValueError unless steps is a whole number >= 0 and per_decade is positive.

    >>> log_steps(10, per_decade=2)
    [0, 1, 3, 10]
    """
    steps = whole_number("steps", steps, 0)
    if not (per_decade > 0 and np.isfinite(per_decade)):
        raise ValueError(f"per_decade must be positive and finite, got {per_decade}")
    if steps == 0:
        return [0]
    count = max(2, round(per_decade * np.log10(max(steps, 10))) + 1)
    return sorted({0, steps, *np.geomspace(1, steps, count).astype(int).tolist()})


def decay_rate(steps, losses, high, low):
    """Rate and straightness of log loss between two levels, for every seed.

    Least-squares line through log(loss) against the step, over the records with
    low <= loss <= high (numbers or (seeds,)). steps: (records,); losses: (records, seeds).
    Returns (decay per step (seeds,), squared correlation (seeds,)); nan where fewer than three
    records lie between the levels.

    >>> steps = torch.arange(10.0, dtype=torch.float64)
    >>> rate, fit = decay_rate(steps, torch.exp(-0.3 * steps)[:, None], 1.0, 0.0)
    >>> round(float(rate), 6), round(float(fit), 6)
    (0.3, 1.0)
    """
    inside = (losses >= low) & (losses <= high)
    count = inside.sum(0)
    x = steps.to(torch.float64)[:, None].expand_as(losses)
    y = torch.where(inside, losses, torch.ones_like(losses)).log()

    def mean(values):
        return (values * inside).sum(0) / count

    dx, dy = x - mean(x), y - mean(y)
    sxx, sxy, syy = mean(dx * dx), mean(dx * dy), mean(dy * dy)
    enough = torch.where(count >= 3, 1.0, torch.nan)
    return -sxy / sxx * enough, sxy.square() / (sxx * syy) * enough


def snapped(weights, grid=2.0**-18):
    """The weights, in place, at the nearest multiples of `grid`, a power of 2: a `retraction` of `descend`.

    Where descent is chaotic the last bits of another processor would be another run. Rounded after every
    step, runs are the same but for what lies within rounding of the middle between two multiples.
    Weights must be below 2^51 grid.

    >>> snapped((torch.tensor([0.3, -0.3], dtype=torch.float64),), 0.25)[0].tolist()
    [0.25, -0.25]
    """
    far = 1.5 * 2.0**52 * grid  # there neighbouring floating numbers are `grid` apart
    for w in weights:
        w.add_(far).sub_(far)
    return weights


def _rate(learning_rate, seeds):
    rate = torch.as_tensor(learning_rate, dtype=torch.float64)
    if not (torch.isfinite(rate).all() and (rate > 0).all()):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    if rate.ndim > 1 or (rate.ndim == 1 and len(rate) != seeds):
        raise ValueError(f"learning_rate must be one number or ({seeds},), got {tuple(rate.shape)}")
    return rate


def _check_tensors(name, tensors):
    """A tuple or list of tensors, float64 where they are floating: else a ValueError."""
    if not isinstance(tensors, tuple | list):
        raise ValueError(f"{name} must be a tuple of tensors, got {type(tensors).__name__}")
    for x in tensors:
        if not isinstance(x, torch.Tensor):
            raise ValueError(f"{name} must hold torch tensors, got {type(x).__name__}")
        if x.ndim == 0 or (x.dtype.is_floating_point and x.dtype != torch.float64):
            raise ValueError(
                f"{name} must hold float64 tensors (seeds, ...), got {x.dtype} {tuple(x.shape)}"
            )


def _checked(gradient):
    """`gradient`, whose first answer must be shaped and typed like the weights."""
    asked = False

    def first_checked(weights, *problem):
        nonlocal asked
        found = gradient(weights, *problem)
        if not asked:
            asked = True
            got, wanted = ([(x.dtype, tuple(x.shape)) for x in xs] for xs in (found, weights))
            if got != wanted:
                raise ValueError(f"gradient must return tensors like weights, {wanted}, got {got}")
        return found

    return first_checked


def _packed(tensors):
    """Copies of the tensors; tiny matrices with seeds innermost in memory, where work on all seeds
    at once is a run over neighbours. Shape and values stay."""
    return tuple(
        w.permute(1, 2, 0).clone(memory_format=torch.contiguous_format).permute(2, 0, 1)
        if w.ndim == 3 and len(w) >= 500 and w.shape[1] * w.shape[2] <= 36
        else w.clone()
        for w in tensors
    )


def _rows(tensor, keep):
    """tensor[keep] along the seeds, with the seeds innermost in memory if they are so in `tensor`."""
    if tensor.ndim > 1 and tensor.stride(0) == 1:
        return tensor.movedim(0, -1)[..., keep].contiguous().movedim(-1, 0)
    return tensor[keep]


def _blocks(weights, cache=1 << 21):
    """Slices over the seeds: one, or blocks of about `cache` bytes where all seeds are far more."""
    seeds, size = len(weights[0]), sum(w.numel() for w in weights) * 8
    if size <= 3 * cache:
        return [slice(None)]
    count = max(1, round(seeds * cache / size))
    return [slice(first, first + count) for first in range(0, seeds, count)]


def _finite(weights):
    flags = [torch.isfinite(w).flatten(1).all(1) for w in weights]
    return torch.stack(flags).all(0)


def _check_rule(momentum, adam):
    """Raises ValueError for numbers under which the averages of the gradient are none."""
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be in [0, 1), got {momentum}")
    if adam is None:
        return
    if not isinstance(adam, Adam) or momentum:
        raise ValueError(f"adam must be an Adam, without momentum beside it, got {adam!r}")
    if not (0 <= adam.beta1 < 1 and 0 <= adam.beta2 < 1 and adam.epsilon >= 0):
        raise ValueError(f"adam must have beta1, beta2 in [0, 1) and epsilon >= 0, got {adam}")


def _adapt(weights, averages, updates, rates, adam, t):
    """Step number t = 1, 2, ... of Adam, in place."""
    first, second = (1 - adam.beta1**t, 1 - adam.beta2**t) if adam.corrected else (1.0, 1.0)
    for w, m, v, g, rate in zip(weights, *averages, updates, rates, strict=True):
        m.mul_(adam.beta1).add_(g, alpha=1 - adam.beta1)
        v.mul_(adam.beta2).addcmul_(g, g, value=1 - adam.beta2)
        size = v.sqrt().mul_(second**-0.5).add_(adam.epsilon)
        if isinstance(rate, float):
            w.addcdiv_(m, size, value=-rate / first)
        else:
            w.sub_((m / size).mul_(rate / first))


def _step(weights, averages, updates, rates, rule, t):
    """One step in place: w <- w - rate g; v <- momentum v - rate g, w <- w + v; or Adam."""
    if isinstance(rule, Adam):
        _adapt(weights, averages, updates, rates, rule, t)
    elif rule:
        for w, v, g, rate in zip(weights, *averages, updates, rates, strict=True):
            w.add_(v.mul_(rule).sub_(rate * g))
    elif isinstance(rates[0], float):
        for w, g, rate in zip(weights, updates, rates, strict=True):
            w.add_(g, alpha=-rate)
    else:
        for w, g, rate in zip(weights, updates, rates, strict=True):
            w.addcmul_(rate, g, value=-1)


@torch.no_grad()
@np.errstate(all="ignore")  # overflow is seen by the check for finite weights, not by a warning
def descend(
    gradient,
    weights,
    *,
    learning_rate,
    steps,
    problem=(),
    momentum=0.0,
    adam=None,
    retraction=None,
    record=(),
    measure=None,
    stop=None,
    check_every=100,
    keep_diverged=False,
):
    """Plain gradient descent, w <- w - learning_rate * gradient(w), on every seed of a batch.

    gradient(weights, *problem) -> tuple like `weights`: the exact gradient.
    weights: tuple of float64 tensors (seeds, ...), not changed.
    learning_rate: one number, or one for each seed (seeds,). Time = learning_rate * steps.
    steps: the number of steps at most.
    problem: tensors with a leading seed dimension that belong to each seed, such as its target.
    momentum: mu of v <- mu v - learning_rate * gradient, w <- w + v (Rumelhart et al. 1986).
    adam: an `Adam` in place of plain steps.
    retraction(weights) -> weights: applied after every step, such as back to a sphere.
    record, measure: at these steps keep measure(weights, *problem), a dict of tensors (seeds, ...).
    stop(weights, *problem) -> bool (seeds,): a seed for which it holds is finished and costs
        nothing from then on. Checked, with divergence, every `check_every` steps and at the end.
    keep_diverged: True where divergence is data: such a seed is finished, its step noted.

    Raises DivergenceError naming step, seed and learning rate unless `keep_diverged`; ValueError
    for weights that are no finite float64 tensors, a learning rate that is not positive, `record`
    without `measure` or the reverse, and for steps or shapes that do not fit.

    >>> run = descend(lambda w: w, (torch.ones(3, 1, dtype=torch.float64),), learning_rate=0.5, steps=2)
    >>> run.weights[0].flatten().tolist()
    [0.25, 0.25, 0.25]
    """
    _check_tensors("weights", weights)
    _check_tensors("problem", problem)
    seeds = len(weights[0]) if len(weights) else 0
    if seeds == 0:
        raise ValueError("weights must hold one tensor or more, of one seed or more")
    if any(len(w) != seeds for w in (*weights, *problem)):
        raise ValueError(f"weights and problem must share the leading seed dimension {seeds}")
    if not all(w.dtype == torch.float64 for w in weights) or not _finite(weights).all():
        raise ValueError("weights must be finite and float64 at the start")
    _check_rule(momentum, adam)
    gradient = _checked(gradient)
    rule = adam or momentum
    whole_start = weights, problem
    weights, problem = _packed(weights), _packed(problem)
    steps, check_every = (
        whole_number("steps", steps, 0),
        whole_number("check_every", check_every, 1),
    )
    rate = _rate(learning_rate, seeds)
    wanted = sorted({whole_number("record", s, 0) for s in record})
    if bool(wanted) != (measure is not None) or (wanted and wanted[-1] > steps):
        raise ValueError(f"record and measure need each other, and record steps within 0..{steps}")

    final = tuple(w.clone() for w in weights)
    # What the rule keeps of the gradients: nothing, the velocities, or Adam's m and v.
    kinds = 2 if adam else bool(momentum)
    averages = [tuple(torch.zeros_like(w) for w in weights) for _ in range(kinds)]
    stopped, diverged = (torch.full((seeds,), -1, dtype=torch.int64) for _ in range(2))
    active = torch.arange(seeds)
    # latest: name -> (seeds, ...), the last measurement of every seed, finished ones included.
    latest, records = {}, []

    def rates():
        if rate.ndim == 0:
            return (float(rate),) * len(weights)
        return tuple(rate[active].reshape(-1, *[1] * (w.ndim - 1)) for w in weights)

    def refresh():
        if not len(active) and latest:
            return
        # Where every seed has diverged before the first record, the start tells names and shapes.
        now = (weights, problem) if len(active) else whole_start
        for name, value in measure(now[0], *now[1]).items():
            if name not in latest:
                latest[name] = value.new_zeros((seeds, *value.shape[1:]))
                if value.dtype.is_floating_point:
                    latest[name].fill_(torch.nan)
            if len(active):
                latest[name][active] = value

    def leave(done):
        """Take the finished seeds out of the work."""
        nonlocal weights, averages, problem, active, layer_rates
        for whole, part in zip(final, weights, strict=True):
            whole[active[done]] = part[done]
        weights, problem = (tuple(_rows(x, ~done) for x in xs) for xs in (weights, problem))
        averages = [tuple(_rows(x, ~done) for x in xs) for xs in averages]
        active = active[~done]
        layer_rates = rates()

    def drop_diverged(now):
        done = ~_finite(weights)
        if not done.any():
            return
        seed = int(active[done][0])
        size = float(rate if rate.ndim == 0 else rate[seed])
        if not keep_diverged:
            raise DivergenceError(
                f"descent diverged by step {now} at learning rate {size:g} (seed {seed} of "
                f"{seeds}); a smaller learning_rate is needed"
            )
        diverged[active[done]] = now
        for value in latest.values():
            if value.dtype.is_floating_point:
                value[active[done]] = torch.nan
        leave(done)

    def drop_stopped(now):
        done = stop(weights, *problem)
        if not done.any():
            return
        stopped[active[done]] = now
        if wanted:
            refresh()
        leave(done)

    def walk(first, last):
        """Steps first + 1, ..., last."""
        if retraction is not None:
            found = weights
            for t in range(first, last):
                _step(found, averages, gradient(found, *problem), layer_rates, rule, t + 1)
                found = tuple(retraction(found))
            return found
        # Block by block, so that a block's weights stay in the cache for all these steps.
        for block in _blocks(weights):
            part, *kept_parts = (tuple(x[block] for x in xs) for xs in (weights, *averages))
            own = tuple(x[block] for x in problem)
            sizes = tuple(r[block] if torch.is_tensor(r) else r for r in layer_rates)
            for t in range(first, last):
                _step(part, kept_parts, gradient(part, *own), sizes, rule, t + 1)
        return weights

    layer_rates = rates()
    now = 0
    kept, resting = {*wanted}, None
    for event in sorted({0, steps, *wanted, *range(0, steps, check_every)}):
        if not len(active):
            now = event
        if now < event:
            weights = walk(now, event)
            now = event
        checked = event % check_every == 0 or event == steps
        if len(active) and (checked or event in kept):
            drop_diverged(event)
        if event in kept:
            refresh()
            row = resting or {name: value.clone() for name, value in latest.items()}
            resting = None if len(active) else row  # nothing changes any more
            records.append(row)
        if len(active) and checked and stop is not None:
            drop_stopped(event)
    for whole, part in zip(final, weights, strict=True):
        whole[active] = part
    return Trajectory(
        weights=final,
        steps=torch.tensor(wanted, dtype=torch.int64),
        records={name: torch.stack([row[name] for row in records]) for name in latest},
        stopped=stopped,
        diverged=diverged,
    )
