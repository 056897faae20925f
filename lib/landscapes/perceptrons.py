"""Many small networks at once: logistic units, one hidden layer, all patterns in every sweep.

The setting of Rumelhart, Hinton and Williams 1986 (Nature 323:533, doi:10.1038/323533a0):

    y = s(v . s(W x) + c),   s(z) = 1 / (1 + exp(-z)),   E = 1/2 sum over patterns (y - target)^2

A batch of networks is a tuple (hidden, output): hidden (seeds, h, n + 1) holds W with the biases of
the hidden units as its last column, output (seeds, h + 1) holds v and, last, c. A third tensor
direct (seeds, n), where there is one, holds connections d from the inputs to the answer: d . x is added to v . s + c.
Everything is float64. `start` lays the seeds out last in memory: a step of 2000 networks is a few long operations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import torch
from torch import Tensor

from lib.descent import Momentum, Plain, Record, Stop, Trajectory, Weights, descend
from lib.newton import find_roots

_UNITS = {"logistic": torch.sigmoid, "tanh": torch.tanh}

# --- tasks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Patterns and what to answer.

    inputs: (patterns, n + 1), the last column ones; targets: (patterns,).
    """

    inputs: Tensor
    targets: Tensor


def task(inputs: Tensor | np.ndarray, targets: Tensor | np.ndarray) -> Task:
    """Task of patterns (patterns, n) and targets (patterns,); appends the constant input."""
    inputs, targets = (torch.as_tensor(x, dtype=torch.float64) for x in (inputs, targets))
    if inputs.ndim != 2 or targets.shape != inputs.shape[:1]:
        raise ValueError(
            f"inputs must be (patterns, n) and targets (patterns,), got {tuple(inputs.shape)} "
            f"and {tuple(targets.shape)}"
        )
    return Task(torch.cat([inputs, inputs.new_ones(len(inputs), 1)], -1), targets)


def _all_patterns(bits):
    return np.array(list(product((0.0, 1.0), repeat=bits)))


def xor() -> Task:
    """Exclusive or: 4 patterns of 2 bits.

    >>> xor().targets.tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    return parity(2)


def parity(bits: int) -> Task:
    """Is the number of ones odd? All 2^bits patterns. Raises ValueError for bits < 1."""
    if bits < 1:
        raise ValueError(f"bits must be 1 or more, got {bits}")
    patterns = _all_patterns(bits)
    return task(patterns, patterns.sum(1) % 2)


def mirror_symmetry(bits: int = 6) -> Task:
    """Is the string its own mirror image? All 2^bits patterns (Rumelhart et al. 1986, figure 1).

    >>> int(mirror_symmetry(6).targets.sum())
    8
    """
    if bits < 2:
        raise ValueError(f"bits must be 2 or more, got {bits}")
    patterns = _all_patterns(bits)
    return task(patterns, (patterns == patterns[:, ::-1]).all(1))


# --- the model -----------------------------------------------------------------------------------


def _seeds_last(weights):
    """The same weights with the seed dimension last in memory."""
    return tuple(w.movedim(0, -1).contiguous().movedim(-1, 0) for w in weights)


def start(
    seeds: int, inputs: int, hidden_units: int, half_width: float, rng: np.random.Generator
) -> Weights:
    """Networks with all weights and biases uniform on [-half_width, half_width].

    inputs: n; rng: a numpy generator. Returns (hidden, output). Raises ValueError for sizes < 1.
    """
    if min(seeds, inputs, hidden_units) < 1:
        raise ValueError(
            f"seeds, inputs and hidden_units must be 1 or more, got {seeds}, {inputs}, {hidden_units}"
        )
    shapes = (seeds, hidden_units, inputs + 1), (seeds, hidden_units + 1)
    return _seeds_last(
        [torch.from_numpy(rng.uniform(-half_width, half_width, shape)) for shape in shapes]
    )


def _check(weights, inputs, units="logistic"):
    if units not in _UNITS:
        raise ValueError(f"units must be one of {', '.join(_UNITS)}, got {units!r}")
    hidden, output, *direct = weights
    good = hidden.ndim == 3 and hidden.shape[2] == inputs.shape[1] and len(direct) <= 1
    good = good and output.shape == (len(hidden), hidden.shape[1] + 1)
    if not good or any(d.shape != (len(hidden), inputs.shape[1] - 1) for d in direct):
        raise ValueError(
            f"weights must be (seeds, h, {inputs.shape[1]}), (seeds, h + 1) and, if any, (seeds, "
            f"{inputs.shape[1] - 1}) for this task, got {[tuple(w.shape) for w in weights]}"
        )
    if any(w.dtype != torch.float64 for w in weights):
        raise ValueError(f"weights must be float64 tensors, got {[str(w.dtype) for w in weights]}")


def _product(a, b):
    """a @ b; through numpy, whose BLAS is the faster one on such sizes, unless autograd may be watching."""
    if torch.is_grad_enabled():
        return a @ b
    return torch.from_numpy(np.matmul(a.numpy(), b.numpy()))


def _forward(weights, inputs, units):
    """Hidden (h, patterns, seeds) and final (patterns, seeds) outputs, and v (h, 1, seeds); unchecked."""
    hidden, output = weights[0].permute(1, 2, 0), weights[1].T
    s = _UNITS[units](_product(inputs, hidden))
    v = output[:-1, None]
    y = (s * v).sum(0).add_(output[-1])
    if len(weights) == 3:
        y.add_(inputs[:, :-1] @ weights[2].T)
    return s, y.sigmoid_(), v


def _slopes(s, units):
    """First and second derivative of the hidden unit at output s."""
    if units == "logistic":
        return s * (1 - s), s * (1 - s) * (1 - 2 * s)
    return 1 - s * s, -2 * s * (1 - s * s)


def outputs(weights: Weights, task: Task, *, units: str = "logistic") -> Tensor:
    """Answers y of every network, (seeds, patterns). units: of the hidden layer, or "tanh"."""
    _check(weights, task.inputs, units)
    return _forward(weights, task.inputs, units)[1].T


def squared_error(weights: Weights, task: Task, *, units: str = "logistic") -> Tensor:
    """E = 1/2 sum over patterns (y - target)^2 of every network, (seeds,)."""
    return (outputs(weights, task, units=units) - task.targets).square().sum(-1) / 2


def error_gradient(weights: Weights, task: Task, *, units: str = "logistic") -> Weights:
    """Gradient of `squared_error`: tuple like `weights` (backpropagation, Rumelhart et al. 1986, eq. 6, 7).

    With delta = (y - t) y (1 - y): dE/dv = sum delta s, dE/dc = sum delta, and for hidden unit j
    dE/dW_j = sum delta v_j s'_j x. Raises ValueError if the weights do not fit the task.
    """
    _check(weights, task.inputs, units)
    return _error_gradient(weights, task, units)


def _error_gradient(weights, task, units="logistic"):
    """`error_gradient`, unchecked, for a step of descent."""
    s, y, v = _forward(weights, task.inputs, units)
    delta = (y - task.targets[:, None]).mul_(y)
    delta.addcmul_(delta, y, value=-1)
    back = s * delta
    output = torch.cat([back.sum(1), delta.sum(0, keepdim=True)])
    if units == "logistic":
        back.addcmul_(back, s, value=-1).mul_(v)
    else:
        back = delta * v * (1 - s * s)
    direct = [(task.inputs[:, :-1].T @ delta).T] if len(weights) == 3 else []
    return _product(task.inputs.T, back).permute(2, 0, 1), output.T, *direct


def gradient_norm(weights: Weights, task: Task) -> Tensor:
    """Norm of the whole gradient of every network, (seeds,)."""
    return (
        torch.stack([g.flatten(1).square().sum(1) for g in error_gradient(weights, task)])
        .sum(0)
        .sqrt()
    )


def hessians(weights: Weights, task: Task, *, units: str = "logistic") -> Tensor:
    """Hessian of `energy` in all weights, (seeds, m, m); order: hidden row by row, then output.

    sum of kappa J J^T + delta (second derivatives of v . s), with J the Jacobian of a = v . s + c,
    delta = dE/da = (y - t) y', kappa = d2E/da2 = y'^2 + (y - t) y''.
    Raises ValueError for networks with direct connections.
    """
    if len(weights) != 2:
        raise ValueError("weights must be (hidden, output): no direct connections in `hessians`")
    _check(weights, task.inputs, units)
    s, y, v = _forward(weights, task.inputs, units)
    s, y, v, x = s.permute(2, 1, 0), y.T, v.permute(2, 1, 0), task.inputs
    slope = y * (1 - y)
    delta = (y - task.targets) * slope
    kappa = slope**2 + delta * (1 - 2 * y)
    first, second = _slopes(s, units)
    reach = (v * first)[..., None] * x[:, None]  # da/dW_j, (seeds, patterns, h, n + 1)
    jacobian = torch.cat([reach.flatten(2), s, torch.ones_like(s[..., :1])], -1)
    found = (jacobian * kappa[..., None]).mT @ jacobian
    h, n = reach.shape[2:]
    for j in range(h):
        rows = slice(j * n, (j + 1) * n)
        found[:, rows, rows] += (x * (delta * v[..., j] * second[..., j])[..., None]).mT @ x
        mixed = (delta * first[..., j]) @ x
        found[:, rows, h * n + j] += mixed
        found[:, h * n + j, rows] += mixed
    return found


def smallest_eigenvalue(weights: Weights, task: Task) -> Tensor:
    """Smallest Hessian eigenvalue of every network, (seeds,)."""
    return torch.linalg.eigvalsh(hessians(weights, task))[:, 0]


# --- training ------------------------------------------------------------------------------------


def solved(weights: Weights, task: Task, tolerance: float) -> Tensor:
    """Is every answer within `tolerance` of its target? bool (seeds,)."""
    return (outputs(weights, task) - task.targets).abs().amax(-1) < tolerance


def train(
    weights: Weights,
    task: Task,
    *,
    learning_rate: float,
    sweeps: int,
    tolerance: float,
    momentum: float = 0.9,
    check_every: int = 50,
) -> Trajectory:
    """Full-batch descent with momentum until `solved`: a Trajectory of `lib.descent`.

    dw(t) = -learning_rate dE/dw + momentum dw(t - 1) (Rumelhart et al. 1986, eq. 9). A network that
    is solved when checked, every `check_every` sweeps, is finished; `stopped` holds that sweep, -1
    for a network that is stuck: not solved within `sweeps`.
    """
    _check(weights, task.inputs)
    return descend(
        lambda w: _error_gradient(w, task),
        weights,
        Momentum(learning_rate, momentum),
        steps=sweeps,
        stop=Stop(lambda w: solved(w, task, tolerance), every=check_every),
    )


def train_online(
    weights: tuple[Tensor, ...],
    task: Task,
    rng: np.random.Generator,
    *,
    learning_rate: float,
    sweeps: int,
    tolerance: float,
    momentum: float = 0.9,
) -> Trajectory:
    """`train` with one pattern a step, drawn at random for each network: a Trajectory of `lib.descent`.

    As many steps as `sweeps` x patterns; asked every 50 sweeps whether it is solved. The gradient is that
    of the pattern alone, so that its mean over a sweep is that of the full batch over the patterns.
    """
    _check(weights, task.inputs)
    if len(weights) != 2:
        raise ValueError("weights must be (hidden, output): no direct connections one by one")
    patterns, drawn = len(task.targets), {}
    period = 50 * patterns  # in between the networks at work are the same

    def one_pattern(t, marks):
        if t % period == 0:
            seen = torch.from_numpy(rng.integers(patterns, size=(period, len(marks))))
            drawn["inputs"] = task.inputs[seen].mT.contiguous()  # (period, n + 1, seeds)
            drawn["targets"] = task.targets[seen]
        return drawn["inputs"][t % period], drawn["targets"][t % period]

    return descend(
        lambda w, _, x, target: _gradient_of_one(w, x, target),
        weights,
        Momentum(learning_rate, momentum),
        problem=(torch.zeros(len(weights[0]), 1, dtype=torch.float64),),
        sees=one_pattern,
        steps=sweeps * patterns,
        stop=Stop(lambda w, _: solved(w, task, tolerance), every=period),
    )


def _gradient_of_one(weights, x, target):
    """`error_gradient` where each network sees a pattern of its own: x (n + 1, seeds), target (seeds,)."""
    hidden, output = weights[0].permute(1, 2, 0), weights[1].T
    s = (hidden * x).sum(1).sigmoid_()
    v = output[:-1]
    y = (s * v).sum(0).add_(output[-1]).sigmoid_()
    delta = (y - target).mul_(y)
    delta.addcmul_(delta, y, value=-1)
    back = s * delta
    slopes = torch.cat([back, delta[None]]).T
    back.addcmul_(back, s, value=-1).mul_(v)
    return (back[:, None] * x).permute(2, 0, 1), slopes


def local_minimum(
    weights: Weights,
    task: Task,
    *,
    weight_decay: float,
    learning_rate: float,
    steps: int,
    units: str = "logistic",
) -> tuple[Weights, Tensor, Tensor]:
    """The best settled of a batch of networks after descent on E + weight_decay/2 |weights|^2.

    The decay keeps every minimum at finite weights and isolated; the loss still does not know the
    order of the units, nor a tanh unit's sign. Returns (network, gradient norm, lowest curvature), of the decayed loss.
    """

    def gradient(w):
        found = error_gradient(w, task, units=units)
        return tuple(g + weight_decay * x for g, x in zip(found, w, strict=True))

    run = descend(gradient, weights, Momentum(learning_rate, 0.9), steps=steps)
    size = torch.cat([g.flatten(1) for g in gradient(run.weights)], 1).norm(dim=1)
    best = size.argmin()[None]
    network = chosen(run.weights, best)
    lowest = torch.linalg.eigvalsh(hessians(network, task, units=units))[0, 0] + weight_decay
    return network, float(size[best]), float(lowest)


def chosen(weights: Weights, which: Tensor | slice) -> Weights:
    """The networks `which` (bool or indices over seeds), as `start` lays them out."""
    return _seeds_last([w[which] for w in weights])


# --- units added without changing the function ---------------------------------------------------


def _grown(weights, incoming, outgoing):
    hidden, output = weights
    return _seeds_last(
        [torch.cat([hidden, incoming], 1), torch.cat([output[:, :-1], outgoing, output[:, -1:]], 1)]
    )


def add_units(weights: Weights, count: int, half_width: float, rng: np.random.Generator) -> Weights:
    """`count` new hidden units: incoming uniform on [-half_width, half_width], outgoing weights 0.

    The function and the energy do not change; the gradient gains dE/dv_new = sum delta s(w . x).
    """
    hidden = weights[0]
    shape = (len(hidden), count, hidden.shape[2])
    incoming = torch.from_numpy(rng.uniform(-half_width, half_width, shape))
    return _grown(weights, incoming, hidden.new_zeros(shape[:2]))


def add_silent(weights: Weights, count: int = 1) -> Weights:
    """`count` new hidden units with all weights 0.

    Function and energy do not change. The only new gradient is dE/dv_new = 1/2 dE/dc, so the
    gradient norm grows by the factor sqrt(5/4) at most: a stationary point stays one.
    """
    hidden = weights[0]
    shape = (len(hidden), count, hidden.shape[2])
    return _grown(weights, hidden.new_zeros(shape), hidden.new_zeros(shape[:2]))


def add_connections(weights: Weights) -> Weights:
    """Connections of weight 0 from every input to the answer: a third tensor (seeds, n).

    Function and energy do not change; the gradient gains dE/dd = sum delta x.
    """
    hidden = weights[0]
    return (*weights[:2], hidden.new_zeros(len(hidden), hidden.shape[2] - 1))


def split_units(weights: Weights, count: int) -> Weights:
    """Duplicate hidden units 1..count; unit and copy share the outgoing weight equally.

    The function does not change and descent cannot tell the copies apart: both follow the same path.
    Raises ValueError if there are fewer than `count` units.
    """
    hidden, output = weights
    if not 1 <= count <= hidden.shape[1]:
        raise ValueError(f"count must be in 1..{hidden.shape[1]}, got {count}")
    halves = output.clone()
    halves[:, :count] /= 2
    return _grown((hidden, halves), hidden[:, :count], halves[:, :count])


def add_noise(weights: Weights, standard_deviation: float, rng: np.random.Generator) -> Weights:
    """Every weight plus independent Gaussian noise."""
    noise = [torch.from_numpy(rng.standard_normal(tuple(w.shape))) for w in weights]
    return _seeds_last([w + standard_deviation * e for w, e in zip(weights, noise, strict=True)])


def silent_coupling(weights: Weights, task: Task) -> Tensor:
    """|q| for q = d2E/dv dw of a silent unit, (seeds,): q = 1/4 sum over patterns delta x.

    delta = (y - target) y (1 - y), x with its constant 1. The incoming weights w of a silent unit
    meet nothing in the Hessian but its outgoing weight v, and there they meet q (derived here).
    """
    _check(weights, task.inputs)
    _, y, _ = _forward(weights, task.inputs, "logistic")
    delta = (y - task.targets[:, None]) * y * (1 - y)
    return (delta.T @ task.inputs).norm(dim=-1) / 4


def silent_eigenvalue_bounds(weights: Weights, task: Task) -> tuple[Tensor, Tensor]:
    """Bounds (low, high) on the smallest Hessian eigenvalue after `add_silent`, each (seeds,).

        -|q| + 5/4 min(0, old smallest eigenvalue)  <=  eigenvalue  <=  -(2 / sqrt 5) |q|

    Derived here. With w = 0 the energy knows v and the output bias c only as c + v/2, so the
    direction (v, c) = (2, -1) / sqrt 5 is flat and couples to w by 2q / sqrt 5: the bound from above.
    Weyl's inequality gives the other. So a stationary point without negative eigenvalue becomes a
    saddle if and only if q is not 0.
    """
    q = silent_coupling(weights, task)
    old = smallest_eigenvalue(weights, task).clamp(max=0)
    return -q + 1.25 * old, -2 / 5**0.5 * q


def freed(
    weights: Weights, task: Task, changes: dict[str, Callable[[Weights], Weights]], **setting
) -> dict[str, "Freed"]:
    """What comes of stuck networks after each change, the same budget again: {name: `Freed`}.

    changes: {name: function of the weights}; setting: as of `train`.
    """
    changed = {name: change(weights) for name, change in changes.items()}
    alike = {}  # networks of one shape are trained side by side
    for name, one in changed.items():
        alike.setdefault(tuple(w.shape for w in one), []).append(name)
    found = {}
    for names in alike.values():
        begin = _seeds_last(map(torch.cat, zip(*(changed[name] for name in names), strict=True)))
        found |= zip(names, _retrained(begin, task, setting, len(names)), strict=True)
    return {name: found[name] for name in changes}


@dataclass(frozen=True)
class Freed:
    """Networks before and after they were trained on.

    solved: bool (seeds,). energy: at the end, (seeds,). slope: gradient norm at the new start,
    (seeds,). lowest: smallest Hessian eigenvalue there, (seeds,), nan with direct connections.
    """

    solved: Tensor
    energy: Tensor
    slope: Tensor
    lowest: Tensor


def _retrained(weights, task, setting, arms):
    """What comes of some arms of networks, one after the other: a `Freed` for each."""
    run = train(weights, task, **setting)
    plain = len(weights) == 2
    lowest = (
        smallest_eigenvalue(weights, task) if plain else torch.full((len(weights[0]),), torch.nan)
    )
    all_arms = (
        run.stopped >= 0,
        squared_error(run.weights, task),
        gradient_norm(weights, task),
        lowest,
    )
    return [Freed(*parts) for parts in zip(*(one.chunk(arms) for one in all_arms), strict=True)]


# --- symmetries ----------------------------------------------------------------------------------


def equivalent_networks(weights: Weights, *, flips: bool = False) -> Weights:
    """All networks that differ from one network by the order of its hidden units, and by signs.

    weights: one network (1, h, n + 1), (1, h + 1). Returns h! networks, or with `flips` 2^h h!: a
    tanh unit whose incoming and outgoing weights all change sign computes the same.
    Distinct only if no two units agree (for `flips`, up to sign) and none is 0.

    >>> w = start(1, 2, 3, 1.0, np.random.default_rng(0))
    >>> len(equivalent_networks(w)[0]), len(equivalent_networks(w, flips=True)[0])
    (6, 48)
    """
    hidden, output = weights
    if len(hidden) != 1:
        raise ValueError(f"weights must hold one network, got {len(hidden)}")
    h = hidden.shape[1]
    orders = torch.tensor(list(permutations(range(h))))
    signs = torch.tensor(list(product((1.0, -1.0), repeat=h if flips else 0)), dtype=hidden.dtype)
    signs = signs if flips else torch.ones(1, h, dtype=hidden.dtype)
    rows = (signs[:, None, :, None] * hidden[0][orders]).flatten(0, 1)
    out = (signs[:, None] * output[0, :h][orders]).flatten(0, 1)
    return _seeds_last([rows, torch.cat([out, output[:, h:].expand(len(out), 1)], 1)])


def count_distinct(weights: Weights, resolution: float = 1e-6) -> int:
    """The number of networks in a batch that differ by more than `resolution` in some weight."""
    flat = torch.cat([w.flatten(1) for w in weights], 1)
    return len(torch.unique((flat / resolution).round(), dim=0))


# --- critical points of every index ---------------------------------------------------------------


@dataclass(frozen=True)
class CriticalNetworks:
    """What `critical_points` brings back, one entry a distinct critical point.

    weights: the networks. loss: of the decayed loss; misfit: without the decay. index_fraction:
    negative Hessian eigenvalues / parameters; smallest: the least |eigenvalue|. searches, converged:
    counts, before copies were dropped.
    """

    weights: tuple
    loss: Tensor
    misfit: Tensor
    index_fraction: Tensor
    smallest: Tensor
    searches: int
    converged: int


@torch.no_grad()
def _walked(v, gradient, learning_rate, walk, rng):
    """Each after 1 to `walk` steps of its own, log-uniform, the longest walk first."""
    length = torch.from_numpy(np.exp(rng.uniform(0, np.log(walk), len(v))))
    record = Record(range(int(walk) + 1), lambda *_: {}, lambda t, _, length: length <= t)
    run = descend(
        lambda v, length: (gradient(*v),), (v,), Plain(learning_rate),
        steps=int(walk), problem=(length,), record=record,
    )  # fmt: skip
    return run.weights[0][length.argsort(descending=True)]


def critical_points(
    weights: Weights,
    task: Task,
    rng: np.random.Generator,
    *,
    weight_decay: float,
    walk: int,
    learning_rate: float,
    units: str = "tanh",
    steps: int = 150,
) -> CriticalNetworks:
    """Critical points of L = E / patterns + weight_decay/2 |weights|^2, searched from every network.

    A network first takes 1 to `walk` steps of descent, log-uniform, so that the searches begin at all heights; then
    Levenberg-Marquardt on |gradient of L|^2 (`lib.newton.find_roots`). Converged means |gradient| < 1e-8. Two points are
    one if loss and both ends of the spectrum agree to 1e-6: that drops copies with units exchanged or signs flipped.
    """
    h, n = weights[0].shape[1:]
    patterns = len(task.inputs)

    def flat(w):
        return torch.cat([w[0].flatten(1), w[1]], 1)

    def network(v):
        return v[:, : h * n].reshape(-1, h, n), v[:, h * n :]

    def gradient(v):
        return flat(error_gradient(network(v), task, units=units)) / patterns + weight_decay * v

    def field(v):
        matrix = hessians(network(v), task, units=units) / patterns
        matrix.diagonal(dim1=-2, dim2=-1).add_(weight_decay)
        return gradient(v), matrix

    v = _walked(flat(weights), gradient, learning_rate, walk, rng)
    v, size = find_roots(field, v, steps=steps, tolerance=1e-10, longest=1.0)
    v = v[size < 1e-8]
    converged = len(v)
    values = torch.linalg.eigvalsh(field(v)[1])
    misfit = squared_error(network(v), task, units=units) / patterns
    loss = misfit + weight_decay / 2 * v.square().sum(1)
    key = torch.stack([loss, values[:, 0], values[:, -1]], 1)
    copies = torch.triu((key[:, None] - key).abs().amax(-1) <= 1e-6, 1).any(0)
    v, values, loss, misfit = (x[~copies] for x in (v, values, loss, misfit))
    return CriticalNetworks(
        weights=network(v),
        loss=loss,
        misfit=misfit,
        index_fraction=(values < 0).to(torch.float64).mean(1),
        smallest=values.abs().amin(1),
        searches=len(size),
        converged=converged,
    )
