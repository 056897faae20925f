"""Deep linear networks: loss, exact gradients, starts, balance, margin, guarantee.

A network of depth N is a tuple of weights W_1..W_N, W_j of shape (..., d_j, d_{j-1}); leading
dimensions are seeds. After whitening, training it on the square loss is the matrix problem

    loss(W_1..W_N) = 1/2 ||W_N ... W_1 - target||_F^2        (Arora et al. 2018, section 2)

with `target` of shape (..., d_N, d_0). Everything is float64; time = learning rate x steps.
Arora et al. 2018 is arXiv:1810.02281.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib.checks import generator, whole_number
from lib.descent import Weights

# --- the model -----------------------------------------------------------------------------------


def _check_float64(name, *tensors):
    for x in tensors:
        if not isinstance(x, torch.Tensor) or x.dtype != torch.float64:
            found = x.dtype if isinstance(x, torch.Tensor) else type(x).__name__
            raise ValueError(f"{name} must be float64 torch tensors, got {found}")


def _check_weights(weights):
    if len(weights) == 0:
        raise ValueError("weights must hold one matrix or more (depth >= 1)")
    _check_float64("weights", *weights)
    for j, w in enumerate(weights, 1):
        if w.ndim < 2:
            raise ValueError(
                f"weights must be matrices (..., d_j, d_(j-1)); W_{j} is {tuple(w.shape)}"
            )
    for j in range(1, len(weights)):
        if weights[j].shape[-1] != weights[j - 1].shape[-2]:
            raise ValueError(
                f"weights do not chain: W_{j} is {tuple(weights[j - 1].shape)} and "
                f"W_{j + 1} is {tuple(weights[j].shape)}; W_{j + 1} needs {weights[j - 1].shape[-2]} columns"
            )


def _check_problem(weights, target):
    _check_weights(weights)
    _check_float64("target", target)
    shape = (weights[-1].shape[-2], weights[0].shape[-1])
    if tuple(target.shape[-2:]) != shape:
        raise ValueError(f"target must be (..., {shape[0]}, {shape[1]}), got {tuple(target.shape)}")


def _narrow_input(weights):
    return weights[0].shape[-1] < weights[-1].shape[-2]


def _product(a, b):
    """a @ b, by what is fastest for stacks of small matrices.

    Tiny matrices with seeds innermost in memory (the layout of `descend`) go column by row: a library
    call for each 3 x 3 product costs more than the product, a few operations over all seeds do not.
    Other stacks go through numpy, whose BLAS has kernels for small matrices (2.4 times as fast as
    torch at 32 x 32), unless autograd may be watching.
    """
    inner = a.shape[-1]
    if inner == 1:  # an outer product: no sums
        return a * b
    if inner <= 6 and a.ndim == b.ndim == 3 and a.stride(0) == b.stride(0) == 1 and len(a) >= 500:
        if a.shape[1] <= 6 and b.shape[2] <= 6:
            out = a[:, :, 0, None] * b[:, None, 0]
            for k in range(1, inner):
                out.addcmul_(a[:, :, k, None], b[:, None, k])
            return out
    if a.ndim == 2 or torch.is_grad_enabled() or a.requires_grad or b.requires_grad:
        return a @ b
    return torch.from_numpy(np.matmul(a.numpy(), b.numpy()))


def _from_output(weights):
    """[W_N, W_N W_(N-1), ..., W_N ... W_1]."""
    products = [weights[-1]]
    for w in reversed(weights[:-1]):
        products.append(_product(products[-1], w))
    return products


def end_to_end(weights: Weights) -> Tensor:
    """End-to-end matrix W_N ... W_1, (..., d_N, d_0).

    Raises ValueError if the shapes do not chain.

    >>> w = torch.eye(2, dtype=torch.float64)
    >>> end_to_end((2 * w, 3 * w)).diagonal().tolist()
    [6.0, 6.0]
    """
    _check_weights(weights)
    # Multiplying from the narrow side keeps every partial product as small as it can be.
    if _narrow_input(weights):
        return reduce(lambda product, w: _product(w, product), weights)
    return _from_output(weights)[-1]


def loss(weights: Weights, target: Tensor) -> Tensor:
    """Loss 1/2 ||W_N ... W_1 - target||_F^2 of every seed, (...).

    Arora et al. 2018, section 2. Raises ValueError if the shapes do not chain.
    """
    _check_problem(weights, target)
    return matrix_loss(end_to_end(weights), target)


def _check_pair(matrix, target):
    _check_float64("matrix and target", matrix, target)
    if min(matrix.ndim, target.ndim) < 2 or matrix.shape[-2:] != target.shape[-2:]:
        raise ValueError(
            f"matrix and target must have one shape, got {tuple(matrix.shape)} and {tuple(target.shape)}"
        )


def matrix_loss(matrix: Tensor, target: Tensor) -> Tensor:
    """Loss 1/2 ||matrix - target||_F^2 of an end-to-end matrix (..., d_N, d_0), (...).

    Raises ValueError unless both are float64 matrices of one shape (seeds may broadcast).
    """
    _check_pair(matrix, target)
    return (matrix - target).square().sum((-2, -1)) / 2


def gradients(weights: Weights, target: Tensor) -> Weights:
    """Gradient of `loss` in every layer: tuple of (..., d_j, d_(j-1)).

    dloss/dW_j = (W_N ... W_(j+1))^T (W_N ... W_1 - target) (W_(j-1) ... W_1)^T
    (Arora et al. 2018, section 2). Cost: 3 (N - 1) products, each with the narrower end of the
    network as one side. Raises ValueError if the shapes do not chain.
    """
    _check_problem(weights, target)
    return layer_gradients(weights, lambda matrix: matrix - target)


def layer_gradients(weights: Weights, slope: Callable[[Tensor], Tensor]) -> Weights:
    """Gradient in every layer of any loss of the end-to-end matrix: tuple of (..., d_j, d_(j-1)).

    slope(W) -> dloss/dW, both (..., d_N, d_0); the chain rule does the rest:
    dloss/dW_j = (W_N ... W_(j+1))^T slope(W) (W_(j-1) ... W_1)^T.
    Raises ValueError if the shapes do not chain.
    """
    _check_weights(weights)
    if _narrow_input(weights):
        mirrored = _gradients(tuple(w.mT for w in reversed(weights)), lambda m: slope(m.mT).mT)
        return tuple(g.mT for g in reversed(mirrored))
    return _gradients(weights, slope)


def _gradients(weights, slope):
    products = _from_output(weights)
    back = slope(products.pop())
    found = []
    for w, above in zip(weights, reversed(products), strict=False):
        found.append(_product(above.mT, back))
        back = _product(back, w.mT)
    return (*found, back)


# --- regression and its reduction to a matrix ----------------------------------------------------


def _check_data(inputs, outputs):
    _check_float64("inputs and outputs", inputs, outputs)
    if inputs.ndim != 2 or outputs.ndim != 2 or inputs.shape[1] != outputs.shape[1]:
        raise ValueError(
            "inputs (d_0, m) and outputs (d_N, m) must share their m examples, got "
            f"{tuple(inputs.shape)} and {tuple(outputs.shape)}"
        )


def regression_loss(weights: Weights, inputs: Tensor, outputs: Tensor) -> Tensor:
    """Loss 1/(2m) ||W_N ... W_1 X - Y||_F^2 on data: inputs X (d_0, m), outputs Y (d_N, m).

    Raises ValueError if inputs and outputs are not float64 columns for the same m examples.
    """
    _check_data(inputs, outputs)
    return (end_to_end(weights) @ inputs - outputs).square().sum((-2, -1)) / (2 * inputs.shape[-1])


def regression_gradients(weights: Weights, inputs: Tensor, outputs: Tensor) -> Weights:
    """Gradient of `regression_loss` in every layer, from the data itself: tuple like `weights`."""
    _check_data(inputs, outputs)
    return layer_gradients(
        weights, lambda matrix: (matrix @ inputs - outputs) @ inputs.mT / inputs.shape[-1]
    )


def whitened_problem(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """The matrix problem that regression on whitened inputs is: (target, constant).

    With X X^T / m = I: 1/(2m) ||W X - Y||_F^2 = 1/2 ||W - target||_F^2 + constant,
    target = Y X^T / m, constant = 1/(2m) ||Y||_F^2 - 1/2 ||target||_F^2
    (Arora et al. 2018, section 2 and appendix A). inputs (d_0, m), outputs (d_N, m).
    The identity holds for whitened inputs only; this function does not ask.
    """
    _check_data(inputs, outputs)
    m = inputs.shape[-1]
    target = outputs @ inputs.mT / m
    constant = outputs.square().sum() / (2 * m) - target.square().sum() / 2
    return target, float(constant)


# --- balance and margin --------------------------------------------------------------------------


def imbalance_matrices(weights: Weights) -> Weights:
    """D_j = W_(j+1)^T W_(j+1) - W_j W_j^T for j = 1..N-1: tuple of (..., d_j, d_j).

    Conserved by gradient flow; a descent step changes it by
    learning_rate^2 (g_(j+1)^T g_(j+1) - g_j g_j^T) exactly (the first-order terms cancel).
    """
    _check_weights(weights)
    return tuple(b.mT @ b - a @ a.mT for a, b in zip(weights, weights[1:], strict=False))


def imbalance(weights: Weights) -> Tensor:
    """Imbalance delta = max_j ||W_(j+1)^T W_(j+1) - W_j W_j^T||_F of every seed, (...).

    Arora et al. 2018, definition 1; 0 at depth 1. Raises ValueError if the shapes do not chain.
    """
    matrices = imbalance_matrices(weights)
    if not matrices:
        return weights[0].new_zeros(weights[0].shape[:-2])
    return torch.stack([torch.linalg.matrix_norm(d) for d in matrices]).amax(0)


def smallest_singular_value(matrix: Tensor) -> Tensor:
    """sigma_min, the min(rows, columns)-th singular value, of (..., rows, columns): (...)."""
    _check_float64("matrix", matrix)
    return torch.linalg.svdvals(matrix)[..., -1]


def deficiency_margin(matrix: Tensor, target: Tensor) -> Tensor:
    """Deficiency margin c = sigma_min(target) - ||matrix - target||_F, (...); may be negative.

    Arora et al. 2018, definition 2: a positive c keeps sigma_min(W) >= c wherever the loss is not
    above that of `matrix` (claim 1). Raises ValueError if the shapes differ.

    >>> eye = torch.eye(2, dtype=torch.float64)
    >>> float(deficiency_margin(eye, 2 * eye)).__round__(4)
    0.5858
    """
    _check_pair(matrix, target)
    return smallest_singular_value(target) - torch.linalg.matrix_norm(matrix - target)


def _padded(matrix, rows, columns):
    """`matrix` in the upper left corner of zeros (..., rows, columns)."""
    padded = matrix.new_zeros((*matrix.shape[:-2], rows, columns))
    padded[..., : matrix.shape[-2], : matrix.shape[-1]] = matrix
    return padded


def orthogonal(size: int, rng: np.random.Generator, batch: tuple[int, ...] = ()) -> Tensor:
    """Random orthogonal matrices (*batch, size, size), Haar, drawn from a numpy generator."""
    generator(rng)
    q, r = torch.linalg.qr(torch.from_numpy(rng.standard_normal((*batch, size, size))))
    return q * torch.sign(r.diagonal(dim1=-2, dim2=-1)).unsqueeze(-2)


def gaussian_weights(
    widths: Sequence[int], seeds: int, rng: np.random.Generator, init_scale: float = 1.0
) -> Weights:
    """Layer-wise start: every entry of every W_j from N(0, init_scale^2), tuple of (seeds, d_j, d_(j-1)).

    widths: d_0..d_N; rng: numpy generator.

    >>> [tuple(w.shape) for w in gaussian_weights([5, 3, 1], 2, np.random.default_rng(0))]
    [(2, 3, 5), (2, 1, 3)]
    """
    generator(rng)
    pairs = zip(widths, widths[1:], strict=False)
    return tuple(
        torch.from_numpy(init_scale * rng.standard_normal((seeds, b, a))) for a, b in pairs
    )


def at_scales(tensors: Sequence[Tensor], factors: ArrayLike) -> tuple[Tensor, ...]:
    """Every tensor (seeds, ...) times each factor (k,), in one batch: tuple of (k x seeds, ...).

    Factor by factor, so that a result (k x seeds,) is `.view(k, seeds)`. factors may also hold one
    row for each tensor (tensors, k). Raises ValueError for other factors.

    >>> at_scales((torch.tensor([1.0, 2.0]),), [1, 10])[0].tolist()
    [1.0, 2.0, 10.0, 20.0]
    """
    table = torch.as_tensor(np.asarray(factors), dtype=tensors[0].dtype)
    if table.ndim not in (1, 2) or (table.ndim == 2 and len(table) != len(tensors)):
        raise ValueError(f"factors must be (k,) or ({len(tensors)}, k), got {tuple(table.shape)}")
    table = table.expand(len(tensors), -1)
    return tuple(
        (f.view(-1, *[1] * x.ndim) * x).flatten(0, 1) for x, f in zip(tensors, table, strict=True)
    )


def product_scale(widths: Sequence[int], init_scale: float = 1.0) -> float:
    """Standard deviation of an entry of W_N ... W_1 under a layer-wise start: s^N sqrt(d_1 ... d_(N-1)).

    >>> product_scale([784, 128, 32, 10], 0.5)
    8.0
    """
    return init_scale ** (len(widths) - 1) * float(np.prod(widths[1:-1], dtype=float)) ** 0.5


def rotated(singular_values: Tensor, rng: np.random.Generator) -> Tensor:
    """Square matrices U diag(s) V^T with random orthogonal U, V: (..., k, k) from s (..., k)."""
    *batch, k = singular_values.shape
    u, v = orthogonal(k, rng, batch), orthogonal(k, rng, batch)
    return u @ torch.diag_embed(singular_values) @ v


def start_within_margin(target: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """End-to-end matrices of deficiency margin `share` x sigma_min(target), in random directions.

    start = target + (1 - share) sigma_min(target) x (unit Gaussian direction), (..., d_N, d_0).
    share: number or (...), in (0, 1). Raises ValueError outside, and for another number of seeds.
    """
    _check_float64("target", target)
    generator(rng)
    share = torch.as_tensor(share, dtype=torch.float64)
    if share.ndim and share.shape != target.shape[:-2]:
        raise ValueError(
            f"share must be one number or {tuple(target.shape[:-2])}, got {tuple(share.shape)}"
        )
    if not bool(((share > 0) & (share < 1)).all()):
        raise ValueError("share must lie in (0, 1): it is the margin over sigma_min(target)")
    direction = torch.from_numpy(rng.standard_normal(tuple(target.shape)))
    radius = (1 - share) * smallest_singular_value(target)
    return target + (radius / torch.linalg.matrix_norm(direction))[..., None, None] * direction


def balanced_factors(
    matrix: Tensor, widths: Sequence[int], rng: np.random.Generator | None = None
) -> Weights:
    """Factors W_1..W_N of `matrix` with imbalance 0 (Procedure 1 of Arora et al. 2018).

    With matrix = U S V^T: W_N ~ U S^(1/N), W_j ~ S^(1/N), W_1 ~ S^(1/N) V^T, equal after padding
    with zeros. matrix: (..., d_N, d_0); widths: d_0..d_N. With a numpy generator `rng`, a random
    rotation is put between neighbouring layers, which changes neither product nor balance.

    Raises ValueError for widths that do not fit the matrix, or a hidden width below
    min(d_0, d_N) (a bottleneck: the product could not have full rank).

    >>> w = balanced_factors(4 * torch.eye(2, dtype=torch.float64), [2, 3, 2])
    >>> [tuple(x.shape) for x in w], float(imbalance(w)) < 1e-14
    ([(3, 2), (2, 3)], True)
    """
    widths = [int(d) for d in widths]
    depth, small = len(widths) - 1, min(matrix.shape[-2:])
    if depth < 1 or (widths[-1], widths[0]) != tuple(matrix.shape[-2:]):
        raise ValueError(
            f"widths must run from d_0 = {matrix.shape[-1]} to d_N = {matrix.shape[-2]}, got {widths}"
        )
    if min(widths) < small:
        raise ValueError(
            f"widths must be at least min(d_0, d_N) = {small} (no bottleneck), got {widths}"
        )
    _check_float64("matrix", matrix)
    if not torch.isfinite(matrix).all():
        raise ValueError("matrix must be finite")
    left, sizes, right = torch.linalg.svd(matrix, full_matrices=False)
    if depth == 1:
        return (matrix.clone(),)
    root = sizes.pow(1 / depth)
    factors = [root.unsqueeze(-1) * right]
    factors += [torch.diag_embed(root)] * (depth - 2)
    factors += [left * root.unsqueeze(-2)]
    layers = [_padded(f, widths[j + 1], widths[j]) for j, f in enumerate(factors)]
    if rng is not None:
        for j in range(depth - 1):
            q = orthogonal(widths[j + 1], rng, matrix.shape[:-2])
            layers[j], layers[j + 1] = q @ layers[j], layers[j + 1] @ q.mT
    return tuple(layers)


def unbalance(
    weights: Weights, imbalance_wanted: float | Tensor, directions: Sequence[Tensor]
) -> Weights:
    """The same end-to-end matrix at a given imbalance: tuple like `weights`.

    W_1 <- T_1 W_1, W_j <- T_j W_j T_(j-1)^(-1), W_N <- W_N T_(N-1)^(-1) with T_j = exp(h K_j),
    K_j symmetric; the amount h >= 0 is found by bisection so that the imbalance is
    `imbalance_wanted` (number or (...)). directions: K_1..K_(N-1), each (..., d_j, d_j).
    Meant for weights of small imbalance: it must grow with h. Raises ValueError where the weights
    have more imbalance already, or the directions reach no such imbalance.
    """
    _check_weights(weights)
    wanted = torch.as_tensor(imbalance_wanted, dtype=torch.float64)
    if len(directions) != len(weights) - 1 or not bool((wanted >= 0).all()):
        raise ValueError("unbalance needs depth - 1 directions and an imbalance >= 0")
    if len(directions) == 0:
        if bool((wanted > 0).any()):
            raise ValueError("imbalance_wanted must be 0 at depth 1, which has no imbalance")
        return tuple(w.clone() for w in weights)

    def moved(amount):
        changed = list(weights)
        for j, k in enumerate(directions):
            scaled = amount[..., None, None] * k
            changed[j] = torch.matrix_exp(scaled) @ changed[j]
            changed[j + 1] = changed[j + 1] @ torch.matrix_exp(-scaled)
        return tuple(changed)

    low = torch.zeros(
        torch.broadcast_shapes(wanted.shape, weights[0].shape[:-2]), dtype=torch.float64
    )
    high = torch.full_like(low, 1e-6)
    for _ in range(60):
        short = imbalance(moved(high)) < wanted
        if not short.any():
            break
        high = torch.where(short, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        short = imbalance(moved(middle)) < wanted
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    changed = moved(low)
    off = (imbalance(changed) - wanted).abs()
    if not bool((off <= 1e-6 * wanted + 1e-12).all()):
        raise ValueError(
            f"imbalance_wanted {float(wanted.flatten()[0]):g} is not reached along these directions"
        )
    return changed


# --- the guarantee -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guarantee:
    """Constants of the linear convergence theorem; see `convergence_guarantee`."""

    imbalance: float | torch.Tensor
    learning_rate: float | torch.Tensor
    rate: float | torch.Tensor

    def steps(self, initial_loss: float | Tensor, final_loss: float | Tensor) -> Tensor:
        """T = log(initial_loss / final_loss) / (learning_rate c^(2(N-1)/N)), not rounded.

        Descent at `learning_rate` has loss <= final_loss from step T on. Raises ValueError unless
        0 < final_loss <= initial_loss.
        """
        ratio = torch.as_tensor(initial_loss, dtype=torch.float64) / final_loss
        if not bool(((ratio >= 1) & torch.isfinite(ratio)).all()):
            raise ValueError("final_loss must be positive and at most initial_loss")
        return _plain(torch.log(ratio) / self.rate)


def _plain(value):
    """A float where there is no seed dimension."""
    return float(value) if isinstance(value, torch.Tensor) and value.ndim == 0 else value


def convergence_guarantee(target: Tensor, depth: int, margin: float | Tensor) -> Guarantee:
    """What theorem 1 of Arora et al. 2018 promises for a start of deficiency margin c.

    With N = depth, F = ||target||_F, a start that is `imbalance`-balanced and descent at
    `learning_rate` or less reach loss e by step `.steps(initial_loss, e)`:

        imbalance     = c^2 / (256 N^3 F^(2(N-1)/N))
        learning_rate = c^((4N-2)/N) / (6144 N^3 F^((6N-4)/N))             (eq. 7)
        rate          = learning_rate c^(2(N-1)/N),  loss(t) <= loss(0) (1 - rate)^t

    (constants recalled, and in line with every number of the proof that was read).
    target: (..., d_N, d_0); margin: number or (...). Returns floats where nothing has a seed
    dimension. Raises ValueError for depth < 1, a target that is not finite, and a margin outside
    (0, sigma_min(target)].

    >>> g = convergence_guarantee(torch.eye(1, dtype=torch.float64), 1, 0.5)
    >>> g.imbalance * 1024, g.learning_rate * 6144
    (1.0, 0.25)
    """
    depth = whole_number("depth", depth)
    _check_float64("target", target)
    if target.ndim < 2 or not torch.isfinite(target).all():
        raise ValueError("target must be a finite matrix (..., d_N, d_0)")
    n, c = int(depth), torch.as_tensor(margin, dtype=torch.float64)
    limit = smallest_singular_value(target) * (1 + 1e-12)
    if not bool(((c > 0) & (c <= limit)).all()):
        raise ValueError(
            f"margin must lie in (0, sigma_min(target)], sigma_min = {float(limit.min()):.6g}, "
            f"got {float(c.min()):.6g}"
        )
    size = torch.linalg.matrix_norm(target)
    learning_rate = c ** ((4 * n - 2) / n) / (6144 * n**3 * size ** ((6 * n - 4) / n))
    return Guarantee(
        imbalance=_plain(c**2 / (256 * n**3 * size ** (2 * (n - 1) / n))),
        learning_rate=_plain(learning_rate),
        rate=_plain(learning_rate * c ** (2 * (n - 1) / n)),
    )
