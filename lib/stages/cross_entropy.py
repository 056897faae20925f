"""Two-layer linear networks under softmax cross-entropy on labels: a Lipschitz loss, with saddles of its own.

Logits Z = W X of W = W_2 W_1 (..., classes, m0) on inputs X (..., m0, n) and one-hot labels Y
(..., classes, n); the loss is the mean over samples of -log softmax(Z)_label. As a function of the
logits it is Lipschitz, which the square loss is not (the premise of theorem 1 of Arata's summary).
Where labels are noisy its minimum is finite. Everything is float64.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lib.data import one_hot
from lib.linear_networks import end_to_end, layer_gradients, orthogonal


def label_problem(
    seeds: int,
    rng: np.random.Generator,
    *,
    deviations: Sequence[float],
    singular_values: Sequence[float],
    classes: int,
    samples: int,
) -> tuple[Tensor, Tensor]:
    """Noisy labels of a random linear teacher: inputs (seeds, m0, n), one-hot labels (seeds, classes, n).

    Inputs are Gaussian, deviations (m0,) their standard deviations; labels are drawn from
    softmax(T X), T = U diag(singular_values) V^T with random U, orthogonal to (1, .., 1), and V.
    Raises ValueError for fewer samples than inputs, and for more than classes - 1 singular values.

    >>> rng = np.random.default_rng(0)
    >>> shape = {"deviations": [1, 2], "singular_values": [1], "classes": 3, "samples": 5}
    >>> [tuple(x.shape) for x in label_problem(4, rng, **shape)]
    [(4, 2, 5), (4, 3, 5)]
    """
    size, k = len(deviations), len(singular_values)
    if samples < size:
        raise ValueError(f"samples must be at least len(deviations) = {size}, got {samples}")
    if not 1 <= k <= min(size, classes - 1):
        raise ValueError(f"singular_values must hold 1..{min(size, classes - 1)} numbers")
    spread = torch.as_tensor(deviations, dtype=torch.float64)[:, None]
    x = spread * torch.from_numpy(rng.standard_normal((seeds, size, samples)))
    centred = torch.from_numpy(rng.standard_normal((seeds, classes, k)))
    left = torch.linalg.qr(centred - centred.mean(-2, keepdim=True)).Q
    teacher = left * torch.as_tensor(singular_values, dtype=torch.float64)
    teacher = teacher @ orthogonal(size, rng, (seeds,))[..., :k].mT
    below = (teacher @ x).softmax(-2).cumsum(-2)
    drawn = torch.from_numpy(rng.uniform(size=(seeds, 1, samples)))
    return x, one_hot((drawn > below[..., :-1, :]).sum(-2).flatten(), classes).reshape(
        classes, seeds, samples
    ).movedim(0, 1)


def cross_entropy(matrix: Tensor, inputs: Tensor, labels: Tensor) -> Tensor:
    """Mean of -log softmax(W x)_label over the samples, (...).

    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> labels = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    >>> round(float(cross_entropy(torch.zeros(2, 1, dtype=torch.float64), one, labels)), 4)
    0.6931
    """
    return -((matrix @ inputs).log_softmax(-2) * labels).sum((-2, -1)) / inputs.shape[-1]


def cross_entropy_slope(matrix: Tensor, inputs: Tensor, labels: Tensor) -> Tensor:
    """Gradient of `cross_entropy` in the matrix, (softmax(W X) - Y) X^T / n, like `matrix`.

    At W = 0 it is -(Y - 1/classes) X^T / n: the mean label is taken off.
    """
    return ((matrix @ inputs).softmax(-2) - labels) @ inputs.mT / inputs.shape[-1]


def loss_record(
    weights: Sequence[Tensor], inputs: Tensor, labels: Tensor, *, learning_rate: float
) -> dict[str, Tensor]:
    """For `descend`: the `loss` of a linear network and its relative `fall` in a step, (seeds,)."""
    matrix = end_to_end(weights)
    value = cross_entropy(matrix, inputs, labels)
    slope = cross_entropy_slope(matrix, inputs, labels)
    power = sum(g.square().sum((-2, -1)) for g in layer_gradients(weights, lambda _: slope))
    return {"loss": value, "fall": learning_rate * power / value}


def best_of_rank(
    inputs: Tensor, labels: Tensor, rank: int, rng: np.random.Generator, *, tries: int = 3
) -> Tensor:
    """Least cross-entropy that a matrix of rank `rank` reaches, of every problem: (seeds,).

    L-BFGS on the two factors of W (scipy), the best of `tries` random starts. inputs, labels: (seeds, ...).
    Raises ValueError for a rank below 0 or above what classes and inputs allow.
    """
    from scipy.optimize import minimize

    (m0, n), classes = inputs.shape[-2:], labels.shape[-2]
    if not 0 <= rank <= min(m0, classes):
        raise ValueError(f"rank must be in 0..{min(m0, classes)}, got {rank}")
    if rank == 0:
        zero = torch.zeros(len(inputs), classes, m0, dtype=torch.float64)
        return cross_entropy(zero, inputs, labels)

    def value(flat, x, y):
        b, a = flat[: classes * rank].reshape(classes, rank), flat[classes * rank :].reshape(-1, m0)
        z = b @ a @ x
        z = z - z.max(0)
        log_sum = np.log(np.exp(z).sum(0))
        g = (np.exp(z - log_sum) - y) @ x.T / n
        return (log_sum - (z * y).sum(0)).mean(), np.concatenate(
            ((g @ a.T).ravel(), (b.T @ g).ravel())
        )

    found = []
    for x, y in zip(inputs.numpy(), labels.numpy(), strict=True):
        starts = rng.standard_normal((tries, rank * (classes + m0)))
        options = {"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9}
        runs = [
            minimize(value, one, (x, y), "L-BFGS-B", jac=True, options=options) for one in starts
        ]
        found.append(min(run.fun for run in runs))
    return torch.tensor(found, dtype=torch.float64)


def distance_from_ranks(losses: Tensor, lowest: Tensor) -> Tensor:
    """How far the nearest plateau lies from the best losses of rank 1, .., K - 1, the largest: (seeds,).

    losses (seeds, plateaus), nan where there was none; lowest (seeds, K + 1), the best losses of rank
    0..K. Distances are in units of the gap to the next rank; inf without any plateau.
    """
    gaps = lowest[:, 1:-1] - lowest[:, 2:]
    apart = (losses[:, :, None] - lowest[:, None, 1:-1]).abs() / gaps[:, None]
    return apart.nan_to_num(torch.inf).amin(1).amax(1)
