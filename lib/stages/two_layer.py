"""Two-layer networks unit by unit: problems, exact gradients, the matrix that moves a unit, alignment.

A network f(X) = W_2 sigma(W_1 X) has weights (W_1, W_2) of shape (..., m1, m0) and (..., m2, m1);
leading dimensions are seeds. Unit i is w_i = (row i of W_1, column i of W_2) in R^(m0+m2); `units`
stacks them as Omega, (..., m1, m0 + m2). The loss is |f(X) - Y|^2 / (2n) on inputs X (..., m0, n)
and outputs Y (..., m2, n). A linear network sees only the moments

    Cxx = X X^T / n,   Cyx = Y X^T / n,   cyy = |Y|^2 / (2n)

so its steps cost the same for any n; M = Cyx - W_2 W_1 Cxx is minus the slope of the loss in W_2 W_1.
Source, where nothing else is said: Arata's thesis summary (University of Tokyo), definition 1, lemmas
1 and 2, theorem 1; what it leaves open is derived here and marked so. Everything is float64; rates
are for a step, not for a unit of time. Plateaus in turn and the jump over them: `stagewise`.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import generator
from lib.descent import Plain, Record, Stop, descend

ACTIVATIONS = ("linear", "relu", "tanh")


# --- problems and weights --------------------------------------------------------------------------


def teacher_problem(
    seeds: int,
    rng: np.random.Generator,
    *,
    variances: Sequence[float],
    singular_values: Sequence[float],
    outputs: int,
    samples: int,
) -> tuple[Tensor, Tensor]:
    """Random regression problems Y = T X: inputs (seeds, m0, n), outputs (seeds, outputs, n).

    X X^T / n = Q diag(variances) Q^T exactly (Gaussian samples, orthogonalised) with m0 =
    len(variances), and T = U diag(singular_values) V^T; Q, U, V are random rotations. Equal
    variances are isotropic inputs. Raises ValueError for samples < m0, too many singular values,
    and an `rng` that is no numpy Generator.

    >>> rng = np.random.default_rng(0)
    >>> shape = {"variances": [2, 1], "singular_values": [1], "outputs": 3, "samples": 5}
    >>> [tuple(x.shape) for x in teacher_problem(4, rng, **shape)]
    [(4, 2, 5), (4, 3, 5)]
    """
    size = len(variances)
    if samples < size:
        raise ValueError(f"samples must be at least len(variances) = {size}, got {samples}")
    if not 1 <= len(singular_values) <= min(size, outputs):
        raise ValueError(f"singular_values must hold 1..{min(size, outputs)} numbers")
    gaussian = torch.from_numpy(generator(rng).standard_normal((seeds, samples, size)))
    scores = torch.linalg.qr(gaussian).Q.mT * samples**0.5
    deviations = torch.as_tensor(variances, dtype=torch.float64).sqrt()
    x = ln.orthogonal(size, rng, (seeds,)) @ (deviations[:, None] * scores)
    k = len(singular_values)
    left = ln.orthogonal(outputs, rng, (seeds,))[..., :k]
    right = ln.orthogonal(size, rng, (seeds,))[..., :k]
    teacher = left * torch.as_tensor(singular_values, dtype=torch.float64) @ right.mT
    return x, teacher @ x


def moments(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What a linear network sees of its data: Cxx (..., m0, m0), Cyx (..., m2, m0), cyy (...).

    inputs (..., m0, n), outputs (..., m2, n); raises ValueError for other numbers of samples.

    >>> one = torch.ones(1, 2, dtype=torch.float64)
    >>> [float(m) for m in moments(one, 3 * one)]
    [1.0, 3.0, 4.5]
    """
    n = inputs.shape[-1]
    if outputs.shape[-1] != n:
        raise ValueError(f"outputs must hold n = {n} samples, got {outputs.shape[-1]}")
    return (
        inputs @ inputs.mT / n,
        outputs @ inputs.mT / n,
        outputs.square().sum((-2, -1)) / (2 * n),
    )


def units(weights: Sequence[Tensor]) -> Tensor:
    """Units Omega = [W_1, W_2^T], (..., m1, m0 + m2): row i is unit i (definition 1).

    Raises ValueError unless there are two weights, float64 tensors that chain.

    >>> w = torch.ones(3, 2, dtype=torch.float64), torch.ones(1, 3, dtype=torch.float64)
    >>> tuple(units(w).shape)
    (3, 3)
    """
    if len(weights) != 2 or not all(torch.is_tensor(w) and w.ndim >= 2 for w in weights):
        raise ValueError("weights must be (W_1, W_2), two tensors of matrices")
    if any(w.dtype != torch.float64 for w in weights):
        raise ValueError(f"weights must be float64, got {[str(w.dtype) for w in weights]}")
    if weights[0].shape[-2] != weights[1].shape[-1]:
        raise ValueError("weights must be (W_1, W_2), W_2 with a column for each row of W_1")
    return torch.cat((weights[0], weights[1].mT), -1)


def from_units(omega: Tensor, inputs: int) -> tuple[Tensor, Tensor]:
    """Weights (W_1, W_2) of the units Omega (..., m1, m0 + m2), copied; inputs = m0.

    >>> [tuple(w.shape) for w in from_units(torch.ones(3, 5, dtype=torch.float64), 2)]
    [(3, 2), (3, 3)]
    """
    if not 1 <= inputs < omega.shape[-1]:
        raise ValueError(f"inputs must be 1..{omega.shape[-1] - 1}, got {inputs}")
    return omega[..., :inputs].clone(), omega[..., inputs:].mT.clone()


def own_span(weights: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """(frame, core): Omega = frame @ units(core) with orthonormal columns of `frame`.

    core are the weights of min(m1, m0 + m2) units. A linear network with them takes the same steps as
    the whole one, rotated: the same losses at a lower cost (derived here).
    """
    frame, core = torch.linalg.qr(units(weights))
    return frame, from_units(core, weights[0].shape[-1])


def scaled_runs(
    weights: Sequence[Tensor], problem: Sequence[Tensor], scales: Sequence[float]
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The same starts and problems at every scale: (weights, problem), len(scales) x seeds runs.

    Scale by scale: reshape a result (runs, ...) to (len(scales), seeds, ...). weights, problem: tuples
    of tensors (seeds, ...).

    >>> one = (torch.ones(2, 1, 1, dtype=torch.float64),)
    >>> [x[0].flatten().tolist() for x in scaled_runs(one, one, [3, 5])]
    [[3.0, 3.0, 5.0, 5.0], [1.0, 1.0, 1.0, 1.0]]
    """
    table = [list(scales)] * len(weights) + [[1.0] * len(scales)] * len(problem)
    runs = ln.at_scales((*weights, *problem), table)
    return runs[: len(weights)], runs[len(weights) :]


# --- loss and gradient -----------------------------------------------------------------------------


def _activation(name):
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return name


def _hidden(weights, inputs, activation):
    """sigma(W_1 X) and sigma'(W_1 X), the latter None where it is 1."""
    z = weights[0] @ inputs
    if activation == "linear":
        return z, None
    if activation == "relu":
        return z.clamp(min=0), (z > 0).to(z.dtype)
    h = z.tanh()
    return h, 1 - h * h


def network_loss(
    weights: Sequence[Tensor], inputs: Tensor, outputs: Tensor, activation: str = "linear"
) -> Tensor:
    """Loss |W_2 sigma(W_1 X) - Y|^2 / (2n) of every seed, (...).

    Raises ValueError for an unknown activation and for shapes that do not fit.

    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> float(network_loss((one, one), 2 * one, one))
    0.5
    """
    hidden, _ = _hidden(weights, inputs, _activation(activation))
    made = weights[1] @ hidden
    if made.shape != outputs.shape:
        raise ValueError(f"outputs must be {tuple(made.shape)}, got {tuple(outputs.shape)}")
    return (made - outputs).square().sum((-2, -1)) / (2 * inputs.shape[-1])


def network_gradients(
    weights: Sequence[Tensor], inputs: Tensor, outputs: Tensor, activation: str = "linear"
) -> tuple[Tensor, Tensor]:
    """Gradient of `network_loss` in W_1 and W_2, as a tuple like `weights`.

    Cost: five products with the data. For linear networks `moment_gradients` needs only the moments.
    """
    hidden, slope = _hidden(weights, inputs, _activation(activation))
    residual = (weights[1] @ hidden - outputs) / inputs.shape[-1]
    back = weights[1].mT @ residual
    return (back if slope is None else back * slope) @ inputs.mT, residual @ hidden.mT


def moment_loss(matrix: Tensor, cxx: Tensor, cyx: Tensor, cyy: Tensor) -> Tensor:
    """Loss |W X - Y|^2 / (2n) of a matrix W (..., m2, m0) from the moments: cyy + <W, W Cxx/2 - Cyx>.

    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> float(moment_loss(one, one, 3 * one, 4.5))
    2.0
    """
    return cyy + (matrix * (matrix @ cxx / 2 - cyx)).sum((-2, -1))


def moment_slope(matrix: Tensor, cxx: Tensor, cyx: Tensor, cyy: Tensor | None = None) -> Tensor:
    """Gradient of `moment_loss` in the matrix, W Cxx - Cyx = -M, like `matrix`.

    A step of a linear network multiplies every unit by the same [[I, eta M^T], [eta M, I]] (lemma 1).
    cyy is not used; it stands here so that `moments` can be passed whole.
    """
    return matrix @ cxx - cyx


def moment_gradients(
    weights: Sequence[Tensor], cxx: Tensor, cyx: Tensor, cyy: Tensor | None = None
) -> tuple[Tensor, ...]:
    """Gradient of a linear network's loss from the moments, as a tuple like `weights`.

    dloss/dW_1 = -W_2^T M, dloss/dW_2 = -M W_1^T.
    """
    return ln.layer_gradients(weights, lambda matrix: moment_slope(matrix, cxx, cyx))


# --- lemma 1: the matrix that moves a unit ---------------------------------------------------------


def unit_matrices(
    weights: Sequence[Tensor],
    inputs: Tensor,
    outputs: Tensor,
    learning_rate: float,
    activation: str = "linear",
) -> Tensor:
    """Lemma 1's matrix of every unit, (..., m1, m0 + m2, m0 + m2).

    [[I, -eta B_i], [-eta B_i^T, I]] with B_i = X D_i grad^T, grad = (f(X) - Y)/n (m2, n) the
    gradient in the outputs and D_i = diag sigma'(w_i1 . x_j). One step of descent is w_i <- A_i w_i,
    exactly if sigma(z) = sigma'(z) z (linear, ReLU), else up to terms of relative order |w|^2.
    """
    hidden, slope = _hidden(weights, inputs, _activation(activation))
    slope = torch.ones_like(hidden) if slope is None else slope
    residual = (weights[1] @ hidden - outputs) / inputs.shape[-1]
    b = (inputs.unsqueeze(-3) * slope.unsqueeze(-2)) @ residual.unsqueeze(-3).mT
    return torch.eye(sum(b.shape[-2:]), dtype=torch.float64) - learning_rate * _block(b.mT)


def _block(m):
    """[[0, M^T], [M, 0]]."""
    m2, m0 = m.shape[-2:]
    block = m.new_zeros((*m.shape[:-2], m0 + m2, m0 + m2))
    block[..., :m0, m0:] = m.mT
    block[..., m0:, :m0] = m
    return block


def one_step_difference(
    weights: Sequence[Tensor],
    inputs: Tensor,
    outputs: Tensor,
    learning_rate: float,
    activation: str = "linear",
) -> Tensor:
    """Lemma 1 against descent: relative difference of one step's update, (...).

    |update by the matrices - update by the gradient|_F / |update by the gradient|_F over all units.
    """
    a = unit_matrices(weights, inputs, outputs, learning_rate, activation)
    omega = units(weights)
    eye = torch.eye(a.shape[-1], dtype=a.dtype)
    # (A - I) w and not A w - w: the update is small beside w.
    by_matrix = ((a - eye) @ omega.unsqueeze(-1)).squeeze(-1)
    by_gradient = -learning_rate * units(network_gradients(weights, inputs, outputs, activation))
    return (by_matrix - by_gradient).norm(dim=(-2, -1)) / by_gradient.norm(dim=(-2, -1))


# --- growth and alignment --------------------------------------------------------------------------


def growing_directions(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Speeds s_k (..., K) and unit vectors (..., m0 + m2, K) along which units grow at M, fastest first.

    M = sum s_k b_k a_k^T (..., m2, m0); direction k is (a_k, b_k)/sqrt 2, eigenvector of lemma 1's
    matrix with eigenvalue 1 + eta s_k ((a_k, -b_k)/sqrt 2 has 1 - eta s_k, the rest 1; derived here).

    >>> speeds, directions = growing_directions(2 * torch.eye(1, dtype=torch.float64))
    >>> float(speeds), round(float(directions[0, 0] * directions[1, 0]), 6)
    (2.0, 0.5)
    """
    b, s, a = torch.linalg.svd(matrix, full_matrices=False)
    return s, torch.cat((a.mT, b), -2) / math.sqrt(2)


def frozen_steps(
    weights: Sequence[Tensor], matrix: Tensor, learning_rate: float, steps: float | Tensor
) -> tuple[Tensor, Tensor]:
    """Weights after `steps` steps with M frozen, in closed form: descent while W_2 W_1 is tiny.

    Exact at any scale of the start, where the product would still be below rounding. matrix
    (..., m2, m0); steps: number or (...).
    """
    s, plus = growing_directions(matrix)
    m0 = weights[0].shape[-1]
    minus = torch.cat((plus[..., :m0, :], -plus[..., m0:, :]), -2)
    steps = torch.as_tensor(steps, dtype=torch.float64)[..., None, None]
    omega = units(weights)
    grown = omega.clone()
    for direction, sign in ((plus, 1), (minus, -1)):
        factor = (1 + sign * learning_rate * s.unsqueeze(-2)) ** steps - 1
        grown = grown + (omega @ direction * factor) @ direction.mT
    return from_units(grown, m0)


def _split(omega, direction):
    """Lengths along and across a direction of every unit, (..., m1) both."""
    direction = direction / direction.norm(dim=-1, keepdim=True)
    along = (omega @ direction.unsqueeze(-1)).squeeze(-1)
    across = omega - along.unsqueeze(-1) * direction.unsqueeze(-2)
    return along.abs(), across.norm(dim=-1)


def misalignment(omega: Tensor, direction: Tensor) -> Tensor:
    """|(I - P) Omega|_F / |P Omega|_F, P onto `direction` (..., m0 + m2): theorem 1's ratio, (...).

    >>> omega = torch.tensor([[3.0, 4.0], [0.0, 3.0]], dtype=torch.float64)
    >>> float(misalignment(omega, torch.tensor([0.0, 2.0], dtype=torch.float64)))
    0.6
    """
    along, across = _split(omega, direction)
    return across.norm(dim=-1) / along.norm(dim=-1)


def unit_misalignment(omega: Tensor, direction: Tensor) -> Tensor:
    """|(I - P) w_i| / |P w_i| of every unit, (..., m1): theorem 1 as it is written.

    Without bound at the start: a unit may begin orthogonal to the direction.
    """
    along, across = _split(omega, direction)
    return across / along


def misalignment_exponent(speeds: Tensor, learning_rate: float) -> Tensor:
    """Exponent of (start / exit scale) in theorem 1's ratio: 1 - log(1+eta s_2)/log(1+eta s_1).

    Tends to 1 - s_2/s_1 for small rates (derived here). speeds (..., K), the fastest first.

    >>> float(misalignment_exponent(torch.tensor([3.0, 1.0], dtype=torch.float64), 1.0))
    0.5
    """
    rates = torch.log1p(learning_rate * speeds)
    return 1 - rates[..., 1] / rates[..., 0]


def unused_units(weights: Sequence[Tensor], used: int) -> Tensor:
    """Omega without its `used` leading singular components, (..., m1, m0 + m2).

    At the saddle of rank k these are the units' parts that do not yet contribute, k = used.
    """
    u, s, v = torch.linalg.svd(units(weights), full_matrices=False)
    return u[..., used:] * s[..., None, used:] @ v[..., used:, :]


def exit_units(
    weights: Sequence[Tensor],
    problem: Sequence[Tensor],
    scales: Sequence[float],
    *,
    learning_rate: float,
    exit_scale: float,
    used: int = 0,
    slope: Callable[..., Tensor] = moment_slope,
    steps: int = 20_000,
) -> Tensor:
    """Units at the exit from a saddle, for starts at several scales: (scales, seeds, m1, m0 + m2).

    Descent of linear networks from every scale x `weights` until the root-mean-square weight exceeds
    `exit_scale` (used = 0, the origin), or the (used + 1)-th singular value of Omega does (the saddle
    of rank `used`): then what is returned is `unused_units`. Looked for at every step at the origin, at
    every fifth one later, where it costs singular values. problem: tensors (seeds, ...), such as
    `moments`; slope(W, *problem) -> dloss/dW, such as `moment_slope`.
    nan for a run that has not left its saddle within `steps` steps.
    """
    shape = (len(scales), *units(weights).shape)
    frame, core = own_span(weights)
    runs, given = scaled_runs(core, problem, scales)
    limit = exit_scale**2 * shape[-1] * shape[-2]

    def left(w, *_):
        if used:
            return torch.linalg.svdvals(units(w))[..., used] > exit_scale
        return units(w).square().sum((-2, -1)) > limit

    run = descend(
        lambda w, *data: ln.layer_gradients(w, lambda matrix: slope(matrix, *data)),
        runs,
        problem=given,
        rule=Plain(learning_rate),
        steps=steps,
        stop=Stop(left, every=5 if used else 1),
    )
    omega = unused_units(run.weights, used) if used else units(run.weights)
    omega = omega.where((run.stopped >= 0)[:, None, None], torch.nan)
    return frame @ omega.reshape(shape[0], shape[1], -1, shape[-1])


def exit_misalignment(
    weights: Sequence[Tensor],
    problem: Sequence[Tensor],
    ratios: Sequence[float],
    *,
    learning_rate: float,
    slope: Callable[..., Tensor] = moment_slope,
    exit_scale: float = 1e-5,
) -> tuple[Tensor, Tensor]:
    """Misalignment at the exit from the origin, (ratios, seeds), and its predicted exponent, (seeds,).

    Starts at `exit_scale` x ratios; the direction is the fastest one at the origin, the exponent that of
    `misalignment_exponent`. problem and slope as in `exit_units`.
    """
    m = -slope(torch.zeros_like(ln.end_to_end(weights)), *problem)
    speeds, growing = growing_directions(m)
    scales = [exit_scale * float(ratio) for ratio in ratios]
    options = {"learning_rate": learning_rate, "exit_scale": exit_scale, "slope": slope}
    omega = exit_units(weights, problem, scales, **options)
    return misalignment(omega, growing[..., 0]), misalignment_exponent(speeds, learning_rate)


def misalignment_floors(
    weights: Sequence[Tensor],
    moments: Sequence[Tensor],
    radii: Sequence[float],
    *,
    learning_rate: float,
) -> Tensor:
    """Misalignment at several exit scales from starts of 1e-30, (radii, seeds): what no start removes.

    Up to weights of about 1e-6 the growth is that of `frozen_steps`.
    """
    speeds, growing = growing_directions(moments[1])
    ahead = (24 * math.log(10) / torch.log1p(learning_rate * speeds[:, 0])).floor()
    tiny = frozen_steps(tuple(1e-30 * w for w in weights), moments[1], learning_rate, ahead)
    found = [
        exit_units(tiny, moments, [1], learning_rate=learning_rate, exit_scale=r)[0] for r in radii
    ]
    return misalignment(torch.stack(found), growing[..., 0])


def powers(x: Sequence[float] | Tensor, y: Tensor) -> Tensor:
    """Least-squares slopes of log y (points, seeds) against log x (points,): (seeds,), nan where y is.

    >>> powers([1.0, 10.0], torch.tensor([[2.0], [200.0]], dtype=torch.float64)).round().tolist()
    [2.0]
    """
    x = torch.as_tensor(x, dtype=torch.float64).log()
    x = x - x.mean()
    return (x[:, None] * y.log()).sum(0) / x.square().sum()


# --- lemma 2: what stays across the common direction in a drop -------------------------------------


def transported_residual(
    weights: Sequence[Tensor],
    cxx: Tensor,
    cyx: Tensor,
    cyy: Tensor,
    *,
    direction: Tensor,
    learning_rate: float,
    steps: int,
) -> dict[str, Tensor]:
    """Lemma 2 along a drop: what stays of each unit across the common direction, and the bounds.

    From units w_i and a unit vector v = direction (seeds, m0 + m2), descent runs `steps` steps. v
    moves as a unit does, v <- A(t) v, with A(t) lemma 1's matrix; then
    |(I - P_v(t)) w_i(t)| <= |(I - P_v(0)) w_i(0)| prod (1 + eta |M|_2) exactly (derived here).
    Returns a dict of (steps + 1, seeds, ...): `moving`, |(I - P_v(t)) w_i| (seeds, m1); `direction`,
    v; `gram`, Omega^T Omega; `bound`, the log of the product; `loss`.
    """

    def push(state, cxx, cyx, _):
        *w, v, _ = state
        m = -moment_slope(ln.end_to_end(w), cxx, cyx)
        turn = (_block(m) @ v.unsqueeze(-1)).squeeze(-1)
        rate = torch.log1p(learning_rate * torch.linalg.matrix_norm(m, 2)) / learning_rate
        return *moment_gradients(w, cxx, cyx), -turn, -rate[:, None]

    def measure(state, cxx, cyx, cyy):
        *w, v, log_bound = state
        omega = units(w)
        return {
            "moving": _split(omega, v)[1],
            "direction": v.clone(),
            "gram": omega.mT @ omega,
            "bound": log_bound[:, 0].clone(),
            "loss": moment_loss(ln.end_to_end(w), cxx, cyx, cyy),
        }

    def unit_direction(state):
        *w, v, log_bound = state
        return *w, v / v.norm(dim=-1, keepdim=True), log_bound

    start = direction / direction.norm(dim=-1, keepdim=True)
    return descend(
        push,
        (*weights, start, direction.new_zeros(len(direction), 1)),
        problem=(cxx, cyx, cyy),
        rule=Plain(learning_rate, retraction=unit_direction),
        steps=steps,
        record=Record(range(steps + 1), measure),
    ).records


def fixed_residuals(drop: dict[str, Tensor], shares: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Lemma 2 with one projection for the whole drop: (residual, growth), each (shares, seeds).

    The projection is onto a direction that lies a share of the way along the arc from the first to
    the last direction of `drop`, a result of `transported_residual`. residual: |(I - P) Omega|_F /
    |Omega|_F at the start; growth: the largest of |(I - P) Omega(t)|_F / |(I - P) Omega(0)|_F over
    lemma 2's bound, t > 0.
    """
    first, last = drop["direction"][0], drop["direction"][-1]
    angle = (first * last).sum(-1, keepdim=True).clamp(-1, 1).acos()
    total = drop["gram"].diagonal(dim1=-2, dim2=-1).sum(-1)
    residual, growth = [], []
    for share in shares:
        v = torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last
        v = (v / v.norm(dim=-1, keepdim=True)).unsqueeze(-1)
        along = (v.mT @ drop["gram"] @ v).flatten(-3).reshape(total.shape)
        across = (total - along).clamp(min=0).sqrt()
        residual.append(across[0] / total[0].sqrt())
        growth.append((across / (across[0] * drop["bound"].exp()))[1:].amax(0))
    return torch.stack(residual), torch.stack(growth)


# --- saddles ---------------------------------------------------------------------------------------


def _reduced_rank(cxx, cyx):
    """Left singular vectors and singular values of Cyx Cxx^(-1/2)."""
    values, vectors = torch.linalg.eigh(cxx)
    if (values[..., 0] <= 1e-12 * values[..., -1]).any():
        raise ValueError("cxx must be of full rank")
    root = (vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT
    left, sizes, _ = torch.linalg.svd(cyx @ root, full_matrices=False)
    return left, sizes


def saddle_losses(cxx: Tensor, cyx: Tensor, cyy: Tensor) -> Tensor:
    """Losses of the reduced-rank regression solutions of rank 0..K, (..., K + 1).

    loss_k = cyy - 1/2 sum_(j<=k) sigma_j^2, sigma the singular values of Cyx Cxx^(-1/2): the least
    loss that a matrix of rank k reaches, and a saddle of the two-layer network (Gidel et al. 2019).
    Raises ValueError for a singular Cxx.
    """
    _, sizes = _reduced_rank(cxx, cyx)
    drops = torch.cat((sizes.new_zeros((*sizes.shape[:-1], 1)), sizes.square().cumsum(-1)), -1)
    return cyy.unsqueeze(-1) - drops / 2


def saddle_matrix(cxx: Tensor, cyx: Tensor, rank: int) -> Tensor:
    """M at the reduced-rank regression solution of rank `rank`, (..., m2, m0).

    M = (I - U U^T) Cyx, U the top left singular vectors of Cyx Cxx^(-1/2) (derived here).
    """
    left, _ = _reduced_rank(cxx, cyx)
    u = left[..., :rank]
    return cyx - u @ (u.mT @ cyx)
