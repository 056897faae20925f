"""Newton-type search for zeros of a vector field, many starts at once: critical points of any index."""

from collections.abc import Callable

import torch
from torch import Tensor


def _solve(jacobian, residual, damping, normal):
    """Steps -(J^T J + damping I + y y^T)^{-1} J^T r; nan where the matrix is not positive."""
    matrix = jacobian.mT @ jacobian
    matrix.diagonal(dim1=-2, dim2=-1).add_(damping[:, None])
    if normal is not None:
        matrix += normal[:, :, None] * normal[:, None, :]
    factor, failed = torch.linalg.cholesky_ex(matrix)
    step = torch.cholesky_solve(jacobian.mT @ residual[..., None], factor).squeeze(-1)
    return torch.where(failed[:, None] > 0, torch.nan, -step)


@torch.no_grad()
def find_roots(
    field: Callable,
    points: Tensor,
    *,
    steps: int,
    tolerance: float,
    longest: float,
    problem: tuple[Tensor, ...] = (),
    retraction: Callable | None = None,
    normal: Callable | None = None,
) -> tuple[Tensor, Tensor]:
    """Zeros of a vector field by the Levenberg-Marquardt method from every start: (points, |residual|).

    field(points (active, n), *problem) -> residual r (active, n), Jacobian (active, n, n). For r the gradient of
    a function the zeros are its critical points, of every index: |r|^2 does not know a minimum from a
    saddle. A step solves (J^T J + mu I) d = -J^T r, mu = 1 at first, is cut to length `longest`, and is taken if
    |r| falls: then mu / 5, else mu * 4 (Levenberg 1944, Marquardt 1963).
    points: (starts, n), not changed. steps: iterations at most. A start is finished at
    |r| <= tolerance, or lost at mu > 1000; both cost nothing from then on.
    problem: tensors (starts, ...) that belong to each start, such as its target.
    retraction: applied to every trial point, such as back to a sphere; normal(points) -> unit vectors
    (active, n) in which the Jacobian is blind by construction, such as the sphere's radius.
    A lost start keeps the residual it has: the caller decides what counts as a zero.
    Raises ValueError for points that are not float64 (starts, n), steps < 0, tolerance or longest <= 0.

    >>> field = lambda x: (x**2 - 2, torch.diag_embed(2 * x))
    >>> x, size = find_roots(field, torch.ones(1, 1, dtype=torch.float64), steps=60, tolerance=1e-12, longest=1.0)
    >>> round(float(x), 10)
    1.4142135624
    """
    fits = torch.is_tensor(points) and points.dtype == torch.float64 and points.ndim == 2
    if not fits or int(steps) != steps or steps < 0 or not tolerance > 0 or not longest > 0:
        raise ValueError(
            "find_roots needs float64 points (starts, n), steps >= 0, tolerance and longest > 0"
        )
    if any(len(part) != len(points) for part in problem):
        raise ValueError(f"problem must hold tensors of {len(points)} rows, one for each start")
    final = points.clone()
    x = points.clone()
    residual, jacobian = field(x, *problem)
    size = torch.linalg.vector_norm(residual, dim=-1)
    sizes = size.clone()
    mu = torch.ones_like(size)
    active = torch.arange(len(x))
    for _ in range(steps):
        going = (size > tolerance) & (mu <= 1e3)
        if not going.all():
            final[active], sizes[active] = x, size
            active, x, residual, jacobian, size, mu = (
                v[going] for v in (active, x, residual, jacobian, size, mu)
            )
            problem = tuple(part[going] for part in problem)
        if not len(active):
            break
        step = _solve(jacobian, residual, mu, None if normal is None else normal(x))
        length = torch.linalg.vector_norm(step, dim=-1, keepdim=True)
        trial = x + step * (longest / length).clamp(max=1)
        trial = trial if retraction is None else retraction(trial)
        new_residual, new_jacobian = field(trial, *problem)
        new_size = torch.linalg.vector_norm(new_residual, dim=-1)
        better = new_size < size  # False for nan
        x[better], size[better] = trial[better], new_size[better]
        residual = torch.where(better[:, None], new_residual, residual)
        jacobian = torch.where(better[:, None, None], new_jacobian, jacobian)
        mu = torch.where(better, mu / 5, mu * 4)
    final[active], sizes[active] = x, size
    return final, sizes
