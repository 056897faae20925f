"""Two-layer networks on data, unit by unit: stages, saddles, and the jump over a plateau.

A network f(X) = W_2 sigma(W_1 X) has weights (W_1, W_2) of shape (..., m1, m0) and (..., m2, m1);
leading dimensions are seeds. Unit i is w_i = (row i of W_1, column i of W_2) in R^(m0+m2); `units`
stacks them as Omega, (..., m1, m0 + m2). The loss is |f(X) - Y|^2 / (2n) on inputs X (..., m0, n)
and outputs Y (..., m2, n). A linear network sees only the moments

    Cxx = X X^T / n,   Cyx = Y X^T / n,   cyy = |Y|^2 / (2n)

so its steps cost the same for any n. Source, where nothing else is said: Arata's thesis summary
(University of Tokyo), definition 1, lemmas 1 and 2, theorem 1, section 4; what it leaves open is
derived here and marked so. Everything is float64; rates are for a step, not for a unit of time.
"""

import math
from dataclasses import dataclass

import torch

from lib.descent import DivergenceError, descend
from lib.linear_networks import orthogonal

ACTIVATIONS = ("linear", "relu", "tanh")


# --- problems and weights --------------------------------------------------------------------------


def teacher_problem(seeds, rng, *, variances, singular_values, outputs, samples):
    """Random regression problems Y = T X: inputs (seeds, m0, n), outputs (seeds, outputs, n).

    X X^T / n = Q diag(variances) Q^T exactly (Gaussian samples, orthogonalised) with m0 =
    len(variances), and T = U diag(singular_values) V^T; Q, U, V are random rotations. Equal
    variances are isotropic inputs. Raises ValueError for samples < m0 or too many singular values.
    """
    size = len(variances)
    if samples < size:
        raise ValueError(f"samples must be at least len(variances) = {size}, got {samples}")
    if len(singular_values) > min(size, outputs):
        raise ValueError(f"singular_values must hold at most {min(size, outputs)} numbers")
    gaussian = torch.from_numpy(rng.standard_normal((seeds, samples, size)))
    scores = torch.linalg.qr(gaussian).Q.mT * samples**0.5
    deviations = torch.as_tensor(variances, dtype=torch.float64).sqrt()
    x = orthogonal(size, rng, (seeds,)) @ (deviations[:, None] * scores)
    k = len(singular_values)
    left = orthogonal(outputs, rng, (seeds,))[..., :k]
    right = orthogonal(size, rng, (seeds,))[..., :k]
    teacher = left * torch.as_tensor(singular_values, dtype=torch.float64) @ right.mT
    return x, teacher @ x


def moments(inputs, outputs):
    """What a linear network sees of its data: Cxx (..., m0, m0), Cyx (..., m2, m0), cyy (...)."""
    n = inputs.shape[-1]
    return (
        inputs @ inputs.mT / n,
        outputs @ inputs.mT / n,
        outputs.square().sum((-2, -1)) / (2 * n),
    )


def units(weights):
    """Units Omega = [W_1, W_2^T], (..., m1, m0 + m2): row i is unit i (definition 1).

    Raises ValueError unless there are two weights that chain.
    """
    if len(weights) != 2 or weights[0].shape[-2] != weights[1].shape[-1]:
        raise ValueError("weights must be (W_1, W_2), W_2 with a column for each row of W_1")
    return torch.cat((weights[0], weights[1].mT), -1)


def _core(weights):
    """(frame, core): Omega = frame @ core with orthonormal frame, min(m1, m0 + m2) units in core.

    A linear network with the units of core takes the same steps as the whole one, rotated.
    """
    return torch.linalg.qr(units(weights))


def from_units(omega, inputs):
    """Weights (W_1, W_2) of the units Omega (..., m1, m0 + m2); inputs = m0."""
    return omega[..., :inputs], omega[..., inputs:].mT


def at_scales(weights, moments, scales):
    """The same starts and problems at every scale: (weights, moments), len(scales) * seeds runs.

    Scale by scale: reshape a result (runs, ...) to (len(scales), seeds, ...).
    """
    grown = tuple(torch.cat([scale * w for scale in scales]) for w in weights)
    return grown, tuple(torch.cat([m] * len(scales)) for m in moments)


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


def network_loss(weights, inputs, outputs, activation="linear"):
    """Loss |W_2 sigma(W_1 X) - Y|^2 / (2n) of every seed, (...). Raises ValueError for an unknown
    activation."""
    hidden, _ = _hidden(weights, inputs, _activation(activation))
    return (weights[1] @ hidden - outputs).square().sum((-2, -1)) / (2 * inputs.shape[-1])


def network_gradients(weights, inputs, outputs, activation="linear"):
    """Gradient of `network_loss` in W_1 and W_2, as a tuple like `weights`.

    Cost: five products with the data. For linear networks `gradients` needs only the moments.
    """
    hidden, slope = _hidden(weights, inputs, _activation(activation))
    residual = (weights[1] @ hidden - outputs) / inputs.shape[-1]
    back = weights[1].mT @ residual
    return (back if slope is None else back * slope) @ inputs.mT, residual @ hidden.mT


def escape_matrix(weights, cxx, cyx):
    """M = Cyx - W_2 W_1 Cxx, (..., m2, m0): minus the gradient of the loss in W_2 W_1.

    A step of a linear network multiplies every unit by the same [[I, eta M^T], [eta M, I]]
    (lemma 1); its top singular triple is the direction and speed of escape from a saddle.
    """
    return cyx - (weights[1] @ weights[0]) @ cxx


def gradients(weights, cxx, cyx, cyy=None):
    """Gradient of a linear network's loss from the moments, as a tuple like `weights`.

    dloss/dW_1 = -W_2^T M, dloss/dW_2 = -M W_1^T. cyy is not used; it stands here so that
    `moments` can be passed whole.
    """
    m = -escape_matrix(weights, cxx, cyx)
    return weights[1].mT @ m, m @ weights[0].mT


def loss(weights, cxx, cyx, cyy):
    """Loss of a linear network from the moments, (...)."""
    w = weights[1] @ weights[0]
    return cyy + (w * (w @ cxx / 2 - cyx)).sum((-2, -1))


# --- lemma 1: the matrix that moves a unit ---------------------------------------------------------


def unit_matrices(weights, inputs, outputs, learning_rate, activation="linear"):
    """Lemma 1's matrix of every unit, (..., m1, m0 + m2, m0 + m2).

    [[I, -eta B_i], [-eta B_i^T, I]] with B_i = X D_i grad^T, grad = (f(X) - Y)/n (m2, n) the
    gradient in the outputs and D_i = diag sigma'(w_i1 . x_j). One step of descent is w_i <- A_i w_i,
    exactly if sigma(z) = sigma'(z) z (linear, ReLU), else up to terms of relative order |w|^2.
    """
    hidden, slope = _hidden(weights, inputs, _activation(activation))
    slope = torch.ones_like(hidden) if slope is None else slope
    residual = (weights[1] @ hidden - outputs) / inputs.shape[-1]
    b = (inputs.unsqueeze(-3) * slope.unsqueeze(-2)) @ residual.unsqueeze(-3).mT
    m0, m2 = b.shape[-2:]
    a = torch.eye(m0 + m2, dtype=torch.float64).expand(*b.shape[:-2], -1, -1).clone()
    a[..., :m0, m0:] -= learning_rate * b
    a[..., m0:, :m0] -= learning_rate * b.mT
    return a


def one_step_difference(weights, inputs, outputs, learning_rate, activation="linear"):
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


# --- linear phase and alignment --------------------------------------------------------------------


def escape_pairs(matrix):
    """Speeds s_k (..., K) and directions (..., m0 + m2, K) of escape at M, fastest first.

    M = sum s_k b_k a_k^T; direction k is (a_k, b_k)/sqrt 2, eigenvector of lemma 1's matrix with
    eigenvalue 1 + eta s_k ((a_k, -b_k)/sqrt 2 has 1 - eta s_k, the rest 1; derived here).
    """
    b, s, a = torch.linalg.svd(matrix, full_matrices=False)
    return s, torch.cat((a.mT, b), -2) / math.sqrt(2)


def linear_phase(weights, matrix, learning_rate, steps):
    """Weights after `steps` steps with M frozen, in closed form: descent while W_2 W_1 is tiny.

    Exact at any scale of the start, where the product would still be below rounding. matrix
    (..., m2, m0); steps: number or (...).
    """
    s, plus = escape_pairs(matrix)
    m0 = weights[0].shape[-1]
    minus = torch.cat((plus[..., :m0, :], -plus[..., m0:, :]), -2)
    steps = torch.as_tensor(steps, dtype=torch.float64)[..., None, None]
    omega = units(weights)
    grown = omega.clone()
    for direction, sign in ((plus, 1), (minus, -1)):
        factor = (1 + sign * learning_rate * s.unsqueeze(-2)) ** steps - 1
        grown = grown + (omega @ direction * factor) @ direction.mT
    return from_units(grown, m0)


def misalignment(omega, direction):
    """|(I - P) Omega|_F / |P Omega|_F, P onto `direction` (..., m0 + m2): theorem 1's ratio, (...).

    Frobenius over all units: the ratio of one unit has no bound, since a unit may start orthogonal
    to the direction.
    """
    direction = direction / direction.norm(dim=-1, keepdim=True)
    along = (omega @ direction.unsqueeze(-1)).squeeze(-1)
    across = omega - along.unsqueeze(-1) * direction.unsqueeze(-2)
    return across.norm(dim=(-2, -1)) / along.norm(dim=-1)


def misalignment_exponent(speeds, learning_rate):
    """Exponent of (start / exit scale) in theorem 1's ratio: 1 - log(1+eta s_2)/log(1+eta s_1).

    Tends to 1 - s_2/s_1 for small rates (derived here). speeds (..., K), the fastest first.
    """
    rates = torch.log1p(learning_rate * speeds)
    return 1 - rates[..., 1] / rates[..., 0]


def exit_run(weights, moments, *, learning_rate, exit_scale, steps=20_000):
    """Descent of linear networks until the root-mean-square weight exceeds `exit_scale`.

    Returns (weights, steps), steps int64 (seeds,), -1 where `steps` were not enough; moments as of
    `moments`, (seeds, ...). Units are rotated into their own span meanwhile, as in `staged_descent`.
    """
    frame, core = _core(weights)
    m0 = weights[0].shape[-1]
    limit = exit_scale**2 * frame.shape[-2] * core.shape[-1]
    run = descend(
        gradients,
        from_units(core, m0),
        problem=moments,
        learning_rate=learning_rate,
        steps=steps,
        stop=lambda w, *_: w[0].square().sum((-2, -1)) + w[1].square().sum((-2, -1)) > limit,
        check_every=1,
    )
    return from_units(frame @ units(run.weights), m0), run.stopped


def transported_residual(weights, cxx, cyx, cyy, *, direction, learning_rate, steps):
    """Lemma 2 along a drop: what stays of each unit across the common direction, and the bounds.

    From units w_i and a unit vector v = direction (seeds, m0 + m2), descent runs `steps` steps. v
    moves as a unit does, v <- A(t) v, with A(t) lemma 1's matrix; then
    |(I - P_v(t)) w_i(t)| <= |(I - P_v(0)) w_i(0)| prod (1 + eta |M|_2) exactly (derived here).
    Returns a dict of (steps + 1, seeds, ...): `moving` and `fixed`, |(I - P) w_i| (seeds, m1) with
    the moving and with the first direction; `bound`, the log of the product; `loss`.
    """
    omega, v = units(weights), direction.unsqueeze(-1)
    m0, first = weights[0].shape[-1], direction
    rows = {"moving": [], "fixed": [], "bound": [], "loss": []}
    bound = omega.new_zeros(omega.shape[0])

    def across(direction):
        along = omega @ direction.unsqueeze(-1)
        return (omega - along * direction.unsqueeze(-2)).norm(dim=-1)

    for now in range(steps + 1):
        w = from_units(omega, m0)
        rows["moving"].append(across(v.squeeze(-1)))
        rows["fixed"].append(across(first))
        rows["bound"].append(bound)
        rows["loss"].append(loss(w, cxx, cyx, cyy))
        if now < steps:
            m = escape_matrix(w, cxx, cyx)
            a = learning_rate * _block(m)
            omega, v = omega + omega @ a, v + a @ v
            v = v / v.norm(dim=-2, keepdim=True)
            bound = bound + torch.log1p(learning_rate * torch.linalg.svdvals(m)[..., 0])
    return {name: torch.stack(values) for name, values in rows.items()}


def _block(m):
    """[[0, M^T], [M, 0]]."""
    m2, m0 = m.shape[-2:]
    block = m.new_zeros((*m.shape[:-2], m0 + m2, m0 + m2))
    block[..., :m0, m0:] = m.mT
    block[..., m0:, :m0] = m
    return block


# --- saddles ---------------------------------------------------------------------------------------


def _regression(cxx, cyx):
    values, vectors = torch.linalg.eigh(cxx)
    root = (vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT
    left, sizes, _ = torch.linalg.svd(cyx @ root, full_matrices=False)
    return left, sizes


def saddle_losses(cxx, cyx, cyy):
    """Losses of the reduced-rank regression solutions of rank 0..K, (..., K + 1).

    loss_k = cyy - 1/2 sum_(j<=k) sigma_j^2, sigma the singular values of Cyx Cxx^(-1/2): the least
    loss that a matrix of rank k reaches, and a saddle of the two-layer network (Gidel et al. 2019).
    """
    _, sizes = _regression(cxx, cyx)
    drops = torch.cat((sizes.new_zeros((*sizes.shape[:-1], 1)), sizes.square().cumsum(-1)), -1)
    return cyy.unsqueeze(-1) - drops / 2


def escape_speeds(cxx, cyx, stage):
    """Singular values of M at the reduced-rank regression solution of rank `stage`, (..., K).

    There M = (I - U U^T) Cyx, U the top left singular vectors of Cyx Cxx^(-1/2) (derived here).
    """
    left, _ = _regression(cxx, cyx)
    u = left[..., :stage]
    return torch.linalg.svdvals(cyx - u @ (u.mT @ cyx))


def steps_per_log_scale(cxx, cyx, learning_rate, stages):
    """Steps that each stage adds for each unit of log(1/start scale): (..., stages).

    Stage k waits until the (k+1)-th singular value of Omega, eps^e at the saddle's arrival, is of
    order 1: e / log(1 + eta s_1) steps, s the speeds at saddle k. Meanwhile the (k+1+j)-th grows
    with s_(1+j) (singular values follow the growth of volumes; derived here). The first is theorem
    1's 1 / log(1 + eta s_1).
    """
    left = torch.ones((*cyx.shape[:-2], stages), dtype=torch.float64)
    waits = []
    for k in range(stages):
        rates = torch.log1p(learning_rate * escape_speeds(cxx, cyx, k)[..., : stages - k])
        wait = left[..., 0] / rates[..., 0]
        left = (left - rates * wait.unsqueeze(-1))[..., 1:]
        waits.append(wait)
    return torch.stack(waits, -1)


def crossing(times, losses, level):
    """When the losses (records, ...) first fall below `level` (...), between records linearly: (...).

    times: (records,). nan where they never do, and where they start below.

    >>> losses = torch.tensor([4.0, 2.0, 0.0], dtype=torch.float64)
    >>> float(crossing(torch.tensor([0, 10, 20]), losses, torch.tensor(1.0)))
    15.0
    """
    after = (losses < level).to(torch.int8).argmax(0, keepdim=True)
    high = losses.gather(0, (after - 1).clamp(min=0))[0]
    low, after = losses.gather(0, after)[0], after[0]
    times = times.to(torch.float64)
    step = times[after] - times[(after - 1).clamp(min=0)]
    return torch.where(after > 0, times[after] - step * (level - low) / (high - low), math.nan)


# --- the jump --------------------------------------------------------------------------------------


def stretch(weights, direction, length, active):
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


def jump(weights, cxx, cyx, cyy=None, *, size=None, direction=None, clear_used=True):
    """Weights (seeds, ...) past a plateau: `stretch` along the top pair of M.

    size: the length of the units' components after the jump; None finds the exact minimum along
    the line loss(W + x b a^T), x = s / (a^T Cxx a), length sqrt(2 x) (square loss). A direction of
    the units counts as used if its squared singular value is above a quarter of 2x, what the next
    one will have. For controls: direction (seeds, m0 + m2) instead of the pair, and clear_used =
    False leaves out the clearing of used directions. Cost: three small SVDs, about one step.
    """
    s, pairs = escape_pairs(escape_matrix(weights, cxx, cyx))
    m0 = weights[0].shape[-1]
    a = pairs[..., :m0, 0] * math.sqrt(2)
    best = 2 * s[..., 0] / (a.unsqueeze(-2) @ cxx @ a.unsqueeze(-1)).flatten(-3)
    active = (torch.linalg.svdvals(units(weights)).square() > best.unsqueeze(-1) / 4).sum(-1)
    active = active if clear_used else torch.zeros_like(active)
    chosen = pairs[..., 0] if direction is None else direction
    length = best.sqrt() if size is None else torch.full_like(best, size)
    return stretch(weights, chosen, length, active)


def random_direction(weights, cxx, cyx, rng, *, clear=False):
    """Random unit vectors (seeds, m0 + m2) for control jumps; input and output part as in a pair.

    clear: take out what lies along the escape pairs of M, so that no part of it can grow.
    """
    drawn = torch.from_numpy(rng.standard_normal((len(cxx), cxx.shape[-1] + cyx.shape[-2])))
    if clear:
        pairs = escape_pairs(escape_matrix(weights, cxx, cyx))[1]
        drawn = drawn - (pairs @ (pairs.mT @ drawn.unsqueeze(-1))).squeeze(-1)
        return drawn / drawn.norm(dim=-1, keepdim=True)
    parts = drawn.split((cxx.shape[-1], cyx.shape[-2]), -1)
    return torch.cat([p / p.norm(dim=-1, keepdim=True) for p in parts], -1) / math.sqrt(2)


# --- descent through the stages --------------------------------------------------------------------


@dataclass(frozen=True)
class StagedRun:
    """What `staged_descent` brings back, runs first.

    weights: the final weights. steps: int64 (runs,), a jump counted as one; -1 where the final loss
    was not reached. jumps: int64 (runs,). saddles: loss at each plateau in turn, (runs, most), nan
    where there was none. times, losses: the steps checked (records,) and the loss there
    (records, runs), nan once a run has finished.
    """

    weights: tuple
    steps: torch.Tensor
    jumps: torch.Tensor
    saddles: torch.Tensor
    times: torch.Tensor
    losses: torch.Tensor


def portion(run, which):
    """A `StagedRun` of some of its runs; which: a slice or an index tensor."""
    return StagedRun(
        weights=tuple(w[which] for w in run.weights),
        steps=run.steps[which],
        jumps=run.jumps[which],
        saddles=run.saddles[which],
        times=run.times,
        losses=run.losses[:, which],
    )


@torch.no_grad()
def staged_descent(
    weights,
    moments,
    *,
    learning_rate,
    steps,
    final_loss,
    skip=None,
    most_jumps=1_000_000,
    quiet=1e-4,
    rest=20,
    check_every=5,
):
    """Descent of linear two-layer networks from saddle to saddle, with a jump at each plateau or not.

    weights (runs, ...); moments = (Cxx, Cyx, cyy), each (runs, ...); final_loss: number or (runs,).
    A plateau is where descent's promise eta |gradient|^2 / loss, the relative fall of the loss in a
    step, is below `quiet`; its loss is noted where that is least. skip(weights, *moments) -> weights,
    such as `jump`, is applied as soon as a plateau is seen, but not within `rest` steps of the last
    jump, and at most `most_jumps` times, a number or (runs,) (then the plateau is walked).

    The units are first rotated into their own span, m1 -> min(m1, m0 + m2), which changes neither
    steps nor losses of a linear network, and rotated back at the end. Raises ValueError for a
    learning rate that is not positive, DivergenceError where a loss is not finite.
    """
    if not (learning_rate > 0 and math.isfinite(learning_rate)):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    m0, runs = weights[0].shape[-1], len(weights[0])
    frame, core = _core(weights)
    (w1, w2), (cxx, cyx, cyy) = from_units(core, m0), moments
    goal = torch.as_tensor(final_loss, dtype=torch.float64).expand(runs)
    end, live = core.clone(), torch.arange(runs)
    most_jumps = torch.as_tensor(most_jumps).expand(runs)
    taken, jumps, last = (torch.full((runs,), x, dtype=torch.int64) for x in (-1, 0, -rest))
    least, noted = (torch.full((runs,), math.inf, dtype=torch.float64) for _ in range(2))
    saddles, times, losses = [[] for _ in range(runs)], [], []

    def leave(which):
        for run in live[which].tolist():
            saddles[run].append(float(noted[run]))
            least[run] = math.inf

    for now in range(steps + 1):
        m = torch.baddbmm(cyx, w2 @ w1, cxx, alpha=-1)
        if now % check_every == 0:
            w = w2 @ w1
            value = cyy - (w * (m + cyx)).sum((-2, -1)) / 2
            power = (w2.mT @ m).square().sum((-2, -1)) + (m @ w1.mT).square().sum((-2, -1))
            fall = learning_rate * power / value
            if not value.isfinite().all():
                raise DivergenceError(f"descent diverged by step {now} at {learning_rate:g}")
            row = value.new_full((runs,), math.nan)
            row[live] = value
            times.append(now)
            losses.append(row)
            still = fall < quiet
            leave(~still & least[live].isfinite())
            lower = still & (fall < least[live])
            least[live[lower]], noted[live[lower]] = fall[lower], value[lower]
            done = value <= goal[live]
            due = still & ~done & (now - last[live] >= rest) & (jumps[live] < most_jumps[live])
            if skip is not None and due.any():
                leave(due)
                w1[due], w2[due] = skip((w1[due], w2[due]), cxx[due], cyx[due], cyy[due])
                last[live[due]] = now
                jumps[live[due]] += 1
                m = torch.baddbmm(cyx, w2 @ w1, cxx, alpha=-1)
            if done.any():
                taken[live[done]] = now + jumps[live[done]]
                end[live] = units((w1, w2))
                live = live[~done]
                w1, w2, cxx, cyx, cyy, m = (x[~done] for x in (w1, w2, cxx, cyx, cyy, m))
                if not len(live):
                    break
        if now == steps:
            break
        change = w2.mT @ m
        w2.baddbmm_(m, w1.mT, alpha=learning_rate)
        w1.add_(change, alpha=learning_rate)
    end[live] = units((w1, w2))
    most = max(map(len, saddles))
    padded = torch.tensor([s + [math.nan] * (most - len(s)) for s in saddles], dtype=torch.float64)
    return StagedRun(
        weights=from_units(frame @ end, m0),
        steps=taken,
        jumps=jumps,
        saddles=padded.reshape(runs, most),
        times=torch.tensor(times),
        losses=torch.stack(losses),
    )


def relu_jump(weights, inputs, outputs, *, size, iterations=15):
    """ReLU (or linear) weights past the plateau at the origin, unit by unit.

    With the output gradient frozen every unit follows its own A_i (its active samples), so each
    direction is found by `iterations` passes of u <- unit vector of u + z / max |z|, z the unit's
    growth (unit by unit power iteration; derived here). Then the linear phase is run forward until
    the longest unit has length `size`: |w_i| grows by exp(speed_i T), T = log(size / max |w|) /
    max speed. Units never shrink. Cost: `iterations` gradients.
    """
    m0 = inputs.shape[-2]
    start = units(weights)
    length = start.norm(dim=-1, keepdim=True)
    residual = (weights[1] @ weights[0].matmul(inputs).clamp(min=0) - outputs) / inputs.shape[-1]
    u = start / length

    def growth(u):
        on = (u[..., :m0] @ inputs > 0).to(u.dtype)
        below = -(u[..., m0:] @ residual * on) @ inputs.mT
        above = -(u[..., :m0] @ inputs).clamp(min=0) @ residual.mT
        return torch.cat((below, above), -1)

    for _ in range(iterations):
        z = growth(u)
        u = u + z / z.norm(dim=-1).amax(-1)[..., None, None]
        u = u / u.norm(dim=-1, keepdim=True)
    speed = (u * growth(u)).sum(-1, keepdim=True)
    fastest = speed.amax(-2, keepdim=True)
    time = (size / length.amax(-2, keepdim=True)).log().clamp(min=0) / fastest
    return from_units(u * length * (speed.clamp(min=0) * time).exp(), m0)


def stages(weights, inputs, outputs, *, learning_rate, activation="linear"):
    """For `descend`: the loss, its relative fall in a step eta |gradient|^2 / loss as `fall`, and the
    leading singular values of Omega over the first as `spread`, (seeds, 3) for ranks 2 to 4."""
    value = network_loss(weights, inputs, outputs, activation)
    power = sum(
        g.square().sum((-2, -1)) for g in network_gradients(weights, inputs, outputs, activation)
    )
    sizes = torch.linalg.svdvals(units(weights))
    return {
        "loss": value,
        "fall": learning_rate * power / value,
        "spread": sizes[..., 1:4] / sizes[..., :1],
    }


def plateau_depths(falls, losses, until=0.01):
    """Depths of the plateaus after the first drop, in decades, deepest first: (seeds, 3), 0 if fewer.

    A plateau is a dip of `falls` (records, seeds), the relative fall of the loss in a step; its depth
    is how much slower descent is there than in the slower of the two drops beside it. Only records
    with a loss above `until` of the first count: the end of a run is no plateau.

    >>> falls = torch.tensor([[1e-1], [1e-1], [1e-3], [1e-2], [1e-3]], dtype=torch.float64)
    >>> plateau_depths(falls, torch.ones_like(falls)).tolist()
    [[1.0, 0.0, 0.0]]
    """
    from scipy.signal import find_peaks

    found = []
    for fall, part in zip(falls.mT, (losses / losses[0]).mT, strict=True):
        inside = fall[part > until].log10().numpy()
        depths = find_peaks(-inside, prominence=0)[1]["prominences"]
        found.append(sorted([*depths.tolist(), 0.0, 0.0, 0.0], reverse=True)[:3])
    return torch.tensor(found, dtype=torch.float64)


# --- layer by layer --------------------------------------------------------------------------------


def layerwise_gradients(weights, target, learning_rate):
    """Gradients of 1/2 |W_N...W_1 - target|^2, each taken after the layers below have moved.

    With these, a step of `descend` at `learning_rate` is one sweep of layer-wise descent: W_1 moves,
    then W_2 with a fresh gradient, up to W_N (the source does not define it further; this is our
    reading). weights (..., d_j, d_(j-1)), any depth; returns a tuple like `weights`.
    """
    above = [weights[-1]]
    for w in weights[-2:0:-1]:
        above.append(above[-1] @ w)
    found, below = [], None
    for j, w in enumerate(weights):
        part = w if below is None else w @ below
        top = above[len(weights) - 2 - j] if j < len(weights) - 1 else None
        residual = (part if top is None else top @ part) - target
        g = residual if top is None else top.mT @ residual
        g = g if below is None else g @ below.mT
        found.append(g)
        moved = w - learning_rate * g
        below = moved if below is None else moved @ below
    return tuple(found)
