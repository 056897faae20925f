"""Low-rank learning: matrix completion, the saddles on the way, plateaus, greedy low-rank learning.

From a tiny start a deep linear network (weights as in `lib.linear_networks`) or a symmetric
factorization W = U U^T learns one rank of the end-to-end matrix at a time, and rests near saddles
in between. Here are the problems, the plateaus of a recorded run, the direction and speed with
which a saddle is left, and the greedy algorithms that predict where the next one is. Leading
dimensions are seeds, float64 everywhere, time = learning rate x steps.
"""

from dataclasses import dataclass

import numpy as np
import torch

from lib import linear_networks as ln
from lib.descent import descend

# --- plateaus of a recorded run ------------------------------------------------------------------


@dataclass(frozen=True)
class Plateau:
    """One plateau: the record where the gradient norm is smallest, and the rank of W there."""

    record: int
    rank: int


def plateaus(gradient_norms, singular_values, *, prominence=0.7, active=0.05):
    """Plateaus of every run: where it passes a saddle, seen in gradient norm and singular values.

    A plateau is a local minimum of the gradient norm that is deep: on both sides the norm rises
    above 1/prominence of it before it falls below it. (The loss alone cannot tell a plateau from
    the slow end of a drop.) Its rank counts singular values of the end-to-end matrix above
    `active` x the largest one that the run ever shows; rank 0 is the saddle at the origin, seen
    only if the run comes nearer to it before it leaves.

    gradient_norms: (records, seeds), positive; singular_values: (records, seeds, k). Both ends of a
    run are no plateaus, so a run that stops once its loss is small (as `descend` does) has none at
    its end. Returns a list for each seed of `Plateau`s in order of time. Raises ValueError for
    shapes that do not fit.

    >>> norms = torch.tensor([[1.0], [2.0], [0.1], [2.0], [0.01]])
    >>> plateaus(norms, torch.tensor([[[0.0]], [[1.0]], [[3.0]], [[3.0]], [[3.0]]]))
    [[Plateau(record=2, rank=1)]]
    """
    from scipy.signal import find_peaks

    if gradient_norms.ndim != 2 or singular_values.shape[:-1] != gradient_norms.shape:
        raise ValueError(
            "gradient_norms must be (records, seeds) and singular_values (records, seeds, k), got "
            f"{tuple(gradient_norms.shape)} and {tuple(singular_values.shape)}"
        )
    if not (0 < prominence < 1 and 0 < active < 1):
        raise ValueError(f"prominence and active must lie in (0, 1), got {prominence}, {active}")
    depths = -np.log(np.asarray(gradient_norms) + np.finfo(float).tiny)
    values = np.asarray(singular_values)
    ranks = (values > active * values.max((0, 2), keepdims=True)).sum(-1)
    found = [find_peaks(depth, prominence=-np.log(prominence))[0] for depth in depths.T]
    return [
        [Plateau(int(record), int(ranks[record, seed])) for record in records]
        for seed, records in enumerate(found)
    ]


# --- matrix completion ---------------------------------------------------------------------------


def _low_rank_matrices(singular_values, size, seeds, rng):
    """U diag(s) V^T (seeds, size, size) with random orthonormal U, V (size x number of values)."""
    values = torch.as_tensor(singular_values, dtype=torch.float64)
    if not 1 <= len(values) <= size:
        raise ValueError(f"singular_values must be 1..{size} (size) numbers, got {len(values)}")
    u, v = (ln.orthogonal(size, rng, (seeds,))[..., : len(values)] for _ in range(2))
    return u * values @ v.mT


def completion_problem(singular_values, size, share, seeds, rng):
    """Square low-rank matrices, and which of their entries are seen: (target, mask).

    target = U diag(s) V^T (seeds, size, size) with random orthonormal U, V (size x rank); mask, of
    the same shape, is 1 on exactly round(share x size^2) random entries of each, 0 on the others.
    Raises ValueError for more singular values than `size`, or a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    target = _low_rank_matrices(singular_values, size, seeds, rng)
    order = rng.random((seeds, size * size)).argsort(-1).argsort(-1)
    mask = torch.from_numpy((order < round(share * size**2)).astype(float))
    return target, mask.reshape(seeds, size, size)


def completion_loss(matrix, target, mask):
    """Loss 1/2 sum over the seen entries of (matrix - target)^2, (...)."""
    return completion_slope(matrix, target, mask).square().sum((-2, -1)) / 2


def completion_slope(matrix, target, mask):
    """Gradient of `completion_loss` in the matrix: mask x (matrix - target), like `matrix`."""
    return mask * (matrix - target)


def completion_gradients(weights, target, mask):
    """Gradient of `completion_loss` of W_N ... W_1 in every layer: tuple like `weights`."""
    return ln.layer_gradients(weights, lambda matrix: completion_slope(matrix, target, mask))


def sensing_problem(singular_values, size, measurements, seeds, rng):
    """Square low-rank matrices, and what measures them: (target, sensors).

    target as in `completion_problem`; sensors (seeds, measurements, size^2), entries N(0, 1/measurements),
    so that sum_k <A_k, M>^2 is ||M||_F^2 on average. Raises ValueError for measurements < 1.
    """
    if measurements < 1:
        raise ValueError(f"measurements must be 1 or more, got {measurements}")
    target = _low_rank_matrices(singular_values, size, seeds, rng)
    sensors = rng.standard_normal((seeds, measurements, size**2)) / measurements**0.5
    return target, torch.from_numpy(sensors)


def sensing_loss(matrix, target, sensors):
    """Loss 1/2 sum_k <A_k, matrix - target>^2, (...)."""
    readings = sensors @ (matrix - target).flatten(-2)[..., None]
    return readings.square().sum((-2, -1)) / 2


def sensing_slope(matrix, target, sensors):
    """Gradient of `sensing_loss` in the matrix: sum_k <A_k, matrix - target> A_k, like `matrix`."""
    readings = sensors @ (matrix - target).flatten(-2)[..., None]
    return (sensors.mT @ readings).reshape(matrix.shape)


def sensing_gradients(weights, target, sensors):
    """Gradient of `sensing_loss` of W_N ... W_1 in every layer: tuple like `weights`."""
    return ln.layer_gradients(weights, lambda matrix: sensing_slope(matrix, target, sensors))


# --- descent that keeps its pace where the gradient is tiny --------------------------------------


def _squares(matrix):
    return matrix.square().sum((-2, -1))


def paced_descent(
    weights, target, mask, *, learning_rate, share, steps, every, final_loss, check_every=50
):
    """Gradient flow of matrix completion, stepped fast where nothing happens: a `Trajectory`.

    Every step has the length min(learning_rate, share x min_j ||W_j|| / ||g_j||) of its own for
    every seed: no layer moves by more than `share` of its norm, however small the gradient. It is
    a change of time of the same flow: the path is the flow's as both go to 0, and a plateau costs
    hundreds of steps where fixed ones take millions. `descend` needs no change for it, since a
    step size for each moment is a factor of the gradient; elapsed time rides along as one more
    weight.

    steps: at most; every: steps between records; final_loss: number or (seeds,), a run ends at or
    below it. Records: `time`, `loss`, `norm` of the gradient of all layers together, `matrix` W
    and its singular `values`. `weights` of the result are the layers, then the time (seeds, 1).
    """
    final_loss = torch.as_tensor(final_loss, dtype=torch.float64).expand(len(target))

    def gradient(weights, target, mask, _):
        *layers, _ = weights
        slopes = completion_gradients(layers, target, mask)
        ratios = [_squares(w) / _squares(g) for w, g in zip(layers, slopes, strict=True)]
        pace = (torch.stack(ratios).amin(0).sqrt() * (share / learning_rate)).clamp(max=1)
        return *(pace[:, None, None] * g for g in slopes), -pace[:, None]

    def measure(weights, target, mask, _):
        *layers, time = weights
        matrix = ln.end_to_end(layers)
        slopes = completion_gradients(layers, target, mask)
        return {
            "time": time[:, 0],
            "loss": completion_loss(matrix, target, mask),
            "norm": torch.stack([_squares(g) for g in slopes]).sum(0).sqrt(),
            "matrix": matrix,
            "values": torch.linalg.svdvals(matrix),
        }

    return descend(
        gradient,
        (*weights, target.new_zeros(len(target), 1)),
        problem=(target, mask, final_loss),
        learning_rate=learning_rate,
        steps=steps,
        record=range(0, steps + 1, every),
        measure=measure,
        stop=lambda w, t, m, f: completion_loss(ln.end_to_end(w[:-1]), t, m) <= f,
        check_every=check_every,
    )


# --- saddles: how they are left, and where the next one is ----------------------------------------


def escape(slope):
    """How descent leaves a saddle: (s, u, v), the top singular triple of -dloss/dW there.

    The fastest way out adds u v^T to the end-to-end matrix W: each layer is rank one, W_1 along
    v^T, W_N along u (Jacot et al. 2022), and its singular value a grows as da/dt = s a^(N-1).
    slope: dloss/dW at the saddle, (..., d_N, d_0); returns s (...), u (..., d_N), v (..., d_0).
    """
    left, sizes, right = torch.linalg.svd(-slope, full_matrices=False)
    return sizes[..., 0], left[..., :, 0], right[..., 0, :]


def escape_time(speed, start, end, depth):
    """Time in which a layer's singular value grows from `start` to `end`, along the fastest way out.

    Solves da/dt = speed a^(N-1), N = depth >= 2 (Saxe et al. 2014; Jacot et al. 2022):
    log(end/start) / speed at N = 2, (start^-(N-2) - end^-(N-2)) / ((N-2) speed) above. With
    r = sqrt(N) a, the norm of all layers together, the rate is Jacot's s* = N^(-(N-2)/2) speed.

    >>> escape_time(2.0, 0.1, 1.0, 3)
    4.5
    """
    if depth < 2:
        raise ValueError(f"depth must be 2 or more, got {depth}")
    if depth == 2:
        return float(np.log(end / start) / speed)
    return (start ** (2 - depth) - end ** (2 - depth)) / ((depth - 2) * speed)


def greedy_completion(target, mask, depth, ranks, *, unit=0.15, learning_rate=0.06, steps=3000):
    """Greedy low-rank algorithm for matrix completion: (losses, matrices) of ranks 0..`ranks`.

    Jacot et al. 2022, recalled: starting with no hidden unit, give each hidden layer one unit along
    the escape (s, u, v) of the present matrix: a row unit x v^T of W_1, diagonal entries `unit`, a
    column unit x u of W_N; train by descent; again. What it rests at is where descent from a tiny
    start should pause. Training ends when no gradient entry exceeds 1e-6, or after `steps`.
    target, mask: (seeds, d_N, d_0). Returns losses (ranks + 1, seeds), matrices
    (ranks + 1, seeds, d_N, d_0).
    """
    seeds, rows, columns = target.shape
    weights = tuple(
        target.new_zeros(seeds, rows if j == depth else 0, columns if j == 1 else 0)
        for j in range(1, depth + 1)
    )
    matrices = [torch.zeros_like(target)]
    for _ in range(ranks):
        _, u, v = escape(completion_slope(matrices[-1], target, mask))
        grown = [torch.nn.functional.pad(w, (0, 1, 0, 1)) for w in weights]
        grown[0] = torch.cat([weights[0], unit * v[:, None, :]], 1)
        grown[-1] = torch.cat([weights[-1], unit * u[:, :, None]], 2)
        for w in grown[1:-1]:
            w[:, -1, -1] = unit
        weights = descend(
            completion_gradients,
            grown,
            problem=(target, mask),
            learning_rate=learning_rate,
            steps=steps,
            stop=lambda w, t, m: (
                torch.stack([g.abs().amax((-2, -1)) for g in completion_gradients(w, t, m)]).amax(0)
                < 1e-6
            ),
        ).weights
        matrices.append(ln.end_to_end(weights))
    matrices = torch.stack(matrices)
    return completion_loss(matrices, target, mask), matrices


# --- how far a random start is from saddle and minimum, at any width -----------------------------


def _gaussian_root(rows, columns, draws, rng):
    """R (draws, columns, columns), upper triangular, distributed as the R of G = QR, where G
    (rows x columns) is standard Gaussian and rows >= columns (Bartlett): G^T G = R^T R."""
    root = np.triu(rng.standard_normal((draws, columns, columns)), 1)
    i = np.arange(columns)
    root[:, i, i] = np.sqrt(rng.chisquare(rows - i, (draws, columns)))
    return root


def network_grams(depth, width, size, init_scale, draws, rng):
    """What a wide Gaussian linear network shows at its ends, drawn without drawing the network.

    Layers W_1 (width x size), W_2 .. W_(N-1) (width x width), W_N (size x width), entries
    N(0, init_scale^2). Returns numpy arrays (end_to_end, lower, upper): W (draws, size, size);
    lower[l] = (W_l ... W_1)^T (W_l ... W_1) for l = 0..N-1, (N, draws, size, size), identity at 0;
    upper[l] = (W_N ... W_(l+1)) (W_N ... W_(l+1))^T for l = 1..N, in place l - 1.

    Exact, jointly, at a cost that does not depend on `width`: W_l P = P' R_l with orthonormal P, P'
    has an R_l of known law (Bartlett), and what W_l does off the span of P is Gaussian, independent
    of everything below (derived here). Raises ValueError unless width >= 2 size and depth >= 2.
    """
    if depth < 2 or width < 2 * size:
        raise ValueError(
            f"depth must be >= 2 and width >= 2 size = {2 * size}, got {depth}, {width}"
        )
    roots = [init_scale * _gaussian_root(width, size, draws, rng) for _ in range(depth - 1)]
    lower, product = [np.broadcast_to(np.eye(size), (draws, size, size))], np.eye(size)
    for root in roots:
        product = root @ product
        lower.append(product.mT @ product)
    seen = init_scale * rng.standard_normal((draws, size, size))  # W_N P_(N-1)
    matrix = seen @ product
    upper, factor = [lower[0]], lower[0]
    for root in reversed(roots):
        off = factor @ (init_scale * _gaussian_root(width - size, size, draws, rng).mT)
        upper.append(seen @ seen.mT + off @ off.mT)
        factor, seen = np.linalg.cholesky(upper[-1]), seen @ root
    return matrix, np.stack(lower), np.stack(upper[::-1])


def start_distances(target, depth, width, init_scale, draws, rng):
    """Distances in weight space of Gaussian starts: (to a saddle, to the nearest minimum).

    To the saddle W_1 = 0, W_N = 0 (depth >= 2): (||W_1||^2 + ||W_N||^2)^(1/2), which bounds the
    distance to the nearest one. To the minimum of 1/2 ||W - target||_F^2: the shortest step of the
    linearised network, (r^T K^-1 r)^(1/2) with r = target - W and the tangent kernel
    K = sum_l upper_l (x) lower_(l-1): the distance itself where the network is lazy, no more than a
    formula where it is not. target (size, size); see `network_grams`. Returns two tensors (draws,).
    """
    size = len(target)
    matrix, lower, upper = network_grams(depth, width, size, init_scale, draws, rng)
    kernel = np.einsum("lnab,lncd->nacbd", upper, lower).reshape(draws, size**2, size**2)
    residual = (np.asarray(target) - matrix).reshape(draws, size**2, 1)
    nearest = (residual * np.linalg.solve(kernel, residual)).sum((1, 2))
    saddle = np.trace(lower[1] + upper[depth - 2], axis1=1, axis2=2)
    return torch.from_numpy(np.sqrt(saddle)), torch.from_numpy(np.sqrt(nearest))


# --- symmetric factorization W = U U^T, and flows clocked by the loss -----------------------------


def symmetric_completion_problem(eigenvalues, size, share, seeds, rng):
    """Positive semidefinite matrices, and which entries are seen: (target, mask), both symmetric.

    target = Q diag(e) Q^T (seeds, size, size) with random orthonormal Q (size x rank); mask is 1 on
    exactly round(share x size (size + 1) / 2) random entries of the upper triangle, and mirrored.
    Raises ValueError for a share outside (0, 1] or more eigenvalues than `size`.
    """
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    if not 1 <= len(values) <= size:
        raise ValueError(f"eigenvalues must be 1..{size} (size) numbers, got {len(values)}")
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    q = ln.orthogonal(size, rng, (seeds,))[..., : len(values)]
    i, j = np.triu_indices(size)
    order = rng.random((seeds, len(i))).argsort(-1).argsort(-1)
    mask = np.zeros((seeds, size, size))
    mask[:, i, j] = order < round(share * len(i))
    return q * values @ q.mT, torch.from_numpy(np.maximum(mask, mask.swapaxes(1, 2)))


def symmetric_weights(factor):
    """The two-layer network (U^T, U) that W = U U^T is; its flow keeps that form (G symmetric).

    dU/dt = -G U: Li, Luo and Lyu 2021 in these words have loss 1/2 f(U U^T), f the loss here.
    """
    return factor.mT.contiguous(), factor


def linear_phase(slope, factor, log_scale, largest):
    """U(t) of dU/dt = -slope U in closed form, from exp(log_scale) x factor until W = U U^T counts.

    As long as W is tiny, G = `slope`, its value at 0, is constant, and every component of U along
    an eigenvector of -slope with eigenvalue mu grows as exp(mu t): exact, however small the start,
    and without a step. Ends when u_1^T W u_1 = `largest` for the top eigenvector u_1 (a start
    already above it is returned as it is); the neglected terms are of that order.
    slope: (..., d, d), symmetric; factor: U_0 (..., d, k); log_scale: number or (...).
    """
    mu, vectors = torch.linalg.eigh(-slope)
    parts = vectors.mT @ factor
    log_scale = torch.as_tensor(log_scale, dtype=torch.float64).expand(mu.shape[:-1])
    top = parts[..., -1, :].square().sum(-1).log() + 2 * log_scale
    time = ((np.log(largest) - top) / (2 * mu[..., -1])).clamp(min=0)
    return vectors @ ((mu * time[..., None] + log_scale[..., None]).exp()[..., None] * parts)


def loss_drop(matrix, target, mask):
    """completion_loss(0) - completion_loss(matrix), (...), without cancellation for tiny matrices."""
    return (mask * target * matrix).sum((-2, -1)) - (mask * matrix).square().sum((-2, -1)) / 2


def flow_to_drops(weights, target, mask, drops):
    """Gradient flow at the moments when the loss has dropped so far: matrices W (drops, seeds, d, d).

    Along the flow the loss falls strictly, so its drop D from loss(0) is a clock: the flow is solved
    with log D as time, dW_j / dlog D = -g_j D / sum_l ||g_l||^2, by scipy's DOP853 (relative
    tolerance 1e-11). Starts of all sizes and depths then meet at the same readings of the clock, and
    no plateau is waited for. (A start may lie above loss(0); its clock reads log(D + 2 |D_start|)
    until the first drop.) weights: N layers (seeds, ., .); drops: (count, seeds), positive,
    increasing, above those of the starts. Raises ValueError for others, and for a start at 0.
    """
    from scipy.integrate import solve_ivp

    drops = torch.as_tensor(drops, dtype=torch.float64)
    shapes, cuts = [w.shape for w in weights], np.cumsum([w.numel() for w in weights])[:-1]

    def layers(state):
        parts = np.split(state, cuts)
        return [torch.from_numpy(p.reshape(s)) for p, s in zip(parts, shapes, strict=True)]

    state = np.concatenate([w.numpy().ravel() for w in weights])
    reading = loss_drop(ln.end_to_end(weights), target, mask)
    rising = (drops[0] > reading.clamp(min=0)).all() & (drops.diff(dim=0) > 0).all()
    if not bool(rising & (reading != 0).all()):
        raise ValueError(
            "drops must be positive and increase, from a start below them and not at 0"
        )
    matrices = []
    with torch.no_grad():
        for drop in drops:
            offset = (-2 * reading).clamp(min=0)
            begin = (reading + offset).log()
            span = (drop + offset).log() - begin

            def velocity(share, state, begin=begin, span=span):
                slopes = completion_gradients(layers(state), target, mask)
                speed = torch.stack([_squares(g) for g in slopes]).sum(0)
                rate = (span * (begin + share * span).exp() / speed)[:, None, None]
                return np.concatenate([(-rate * g).numpy().ravel() for g in slopes])

            run = solve_ivp(velocity, (0, 1), state, method="DOP853", rtol=1e-11, atol=1e-18)
            state, reading = run.y[:, -1], drop
            matrices.append(ln.end_to_end(layers(state)))
    return torch.stack(matrices)


# --- the counterexample to nuclear-norm minimization ----------------------------------------------


def counterexample(ratio):
    """Completion of a 4 x 4 symmetric matrix where least rank and least trace part: (target, mask).

    Li, Luo and Lyu 2021 (matrices recalled, traces checked): seen are W_13 = 1, W_14 = W_23 = R and
    their mirrors. Among positive semidefinite completions the least trace is 4R (rank 2), and
    rank 1 has trace 2 R^2 + 2 at least. Shapes (1, 4, 4). Raises ValueError unless R > 1.

    >>> target, mask = counterexample(2.0)
    >>> [round(x, 3) for x in torch.linalg.eigvalsh(target)[0].tolist()]
    [-2.562, -1.562, 1.562, 2.562]
    """
    if not ratio > 1:
        raise ValueError(f"ratio must be above 1, got {ratio}")
    target = torch.zeros(1, 4, 4, dtype=torch.float64)
    target[0, 0, 2] = 1
    target[0, 0, 3] = target[0, 1, 2] = ratio
    target = target + target.mT
    return target, (target > 0).to(torch.float64)


def symmetric_limit(factor, target, mask, *, loss=1e-12, longest=1e4):
    """W = U U^T where the flow dU/dt = -G U has brought every loss to `loss` or below: (seeds, d, d).

    Solved by scipy's DOP853, relative tolerance 1e-8, in the flow's own time, at most `longest`.
    factor: U (seeds, d, k). Raises ArithmeticError if a seed is not there by then.
    """
    from scipy.integrate import solve_ivp

    shape, target, mask = factor.shape, target.numpy(), mask.numpy()

    def residual(state):
        factor = state.reshape(shape)
        return mask * (factor @ factor.swapaxes(1, 2) - target), factor

    def velocity(_, state):
        slope, factor = residual(state)
        return -(slope @ factor).ravel()

    def above(_, state):
        return (residual(state)[0] ** 2).sum((1, 2)).max() / 2 - loss

    above.terminal = True
    start = factor.numpy().ravel()
    run = solve_ivp(
        velocity, (0, longest), start, method="DOP853", rtol=1e-8, atol=1e-14, events=above
    )
    if run.status != 1:
        raise ArithmeticError(f"a seed has a loss above {loss:g} at time {longest:g}")
    factor = torch.from_numpy(run.y[:, -1].reshape(shape))
    return factor @ factor.mT
