"""Critical points of spin glasses on the sphere: searches from many starts, and complete ones.

The model is `lib.spin_glass`: couplings (n, M) of one draw, (draws, n, M) of several, or a tuple of such
parts for a mixed model. A search minimises |gradient|^2, which is zero at every critical point.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from lib.checks import generator, whole_number
from lib.landscapes.spin_glass import (
    Couplings,
    _gradient,
    _monomials,
    _multiply,
    _on_sphere,
    _orders,
    _second_derivatives,
    energy,
    index,
    radial_derivative,
    random_spins,
    to_sphere,
)
from lib.newton import find_roots


@dataclass(frozen=True)
class CriticalPoints:
    """What a search brings back, one entry a distinct point, of every index.

    energy: u = H/n. radial: rho = x . grad H / n. index_fraction: negative eigenvalues / (n - 1).
    smallest: the least |eigenvalue|. draw: which couplings. converged: did each search reach a
    critical point, bool (draws, starts), before double finds were dropped.
    begin_energy, begin_radial: u and rho where the searches began, (draws, starts).
    """

    energy: torch.Tensor
    radial: torch.Tensor
    index_fraction: torch.Tensor
    smallest: torch.Tensor
    draw: torch.Tensor
    converged: torch.Tensor
    begin_energy: torch.Tensor
    begin_radial: torch.Tensor


def _search(couplings, spins, steps):
    """Newton-type search on the sphere: points and |gradient|/sqrt n, shaped like the spins.

    spins: (starts, n) for couplings without seeds, else (draws, starts, n).
    """
    n = spins.shape[-1]
    parts, orders = _orders(couplings)
    second = [(p, c.reshape(-1, *c.shape[-2:])) for p, c in _second_derivatives(couplings)]
    fields = [c[..., 0].reshape(-1, n) for c, (_, p) in zip(parts, orders, strict=True) if p == 1]
    draws = len(second[0][1]) if second else len(fields[0])

    def rows(matrix, powers, draw):
        """matrix[draw] times the powers (monomials, active) of each point."""
        if draws == 1:
            return _multiply(matrix[0], powers).mT
        return (matrix[draw] @ powers.mT[..., None]).squeeze(-1)

    def field(x, draw):
        columns = x.mT.contiguous()
        matrix, total = 0, sum(part[draw] for part in fields)
        for p, coefficients in second:
            found = rows(coefficients, _monomials(columns, p - 2), draw).reshape(-1, n, n)
            matrix = matrix + found
            total = total + (found @ x[..., None]).squeeze(-1) / (p - 1)
        tangent = total - (total * x).sum(-1, keepdim=True) / n * x
        return tangent, _on_sphere(matrix, x, total)

    flat = spins.reshape(-1, n)
    points, size = find_roots(
        field,
        flat,
        steps=steps,
        tolerance=1e-9 * n**0.5,
        longest=n**0.5 / 2,
        problem=(torch.arange(draws).repeat_interleave(len(flat) // draws),),
        retraction=to_sphere,
        normal=lambda x: x / n**0.5,
    )
    return points.reshape(spins.shape), size.reshape(spins.shape[:-1]) / n**0.5


def _distinct(points, good):
    """Which of the points (draws, starts, n) are good and not within overlap 1 - 1e-6 of an earlier good one."""
    near = points @ points.mT / points.shape[-1] > 1 - 1e-6
    earlier = torch.triu(near & good[:, :, None] & good[:, None], 1).any(1)
    return good & ~earlier


def _searched(c, begin, steps, draw):
    """The columns of `CriticalPoints` for one draw, or for a stack of them from number `draw` on."""
    n = begin.shape[-1]
    points, size = _search(c, begin, steps)
    points = points.reshape(-1, *begin.shape[-2:])
    converged = (size < 1e-7).reshape(points.shape[:2])
    kept = _distinct(points, converged)
    # The kept points of every draw come first, in their order; draws with fewer are filled up.
    order = (~kept).to(torch.int8).argsort(dim=1, stable=True)[:, : int(kept.sum(1).max())]
    x = points.gather(1, order[..., None].expand(-1, -1, n))
    x = x if begin.ndim > 2 else x[0]
    number, spectrum = index(c, x)
    fraction, least = number.to(torch.float64) / (n - 1), spectrum.abs().amin(-1)
    columns = energy(c, x), radial_derivative(c, x), fraction, least
    real = kept.gather(1, order)
    found = [column.reshape(real.shape)[real] for column in columns]
    places = torch.arange(draw, draw + len(kept)).repeat_interleave(kept.sum(1))
    starts = [f(c, begin).reshape(converged.shape) for f in (energy, radial_derivative)]
    return *found, places, converged, *starts


def _critical_points(columns):
    """CriticalPoints of a list of `_searched`."""
    return CriticalPoints(*(torch.cat(column) for column in zip(*columns, strict=True)))


def spin_glass_points(
    draws: list[Couplings],
    starts: int,
    rng: np.random.Generator,
    *,
    walk: int = 10,
    both_ways: bool = True,
    learning_rate: float = 0.06,
    steps: int = 60,
) -> CriticalPoints:
    """Critical points of every index: a search from each of `starts` starts in every draw of couplings.

    A start is uniform on the sphere, then takes 0..walk-1 steps of descent, or of ascent for half of the
    starts if `both_ways`: that spreads the energies. From there Levenberg-Marquardt on |gradient|^2
    (`find_roots`). A search counts as converged at |gradient| / sqrt n < 1e-7; two points closer than
    1 - overlap = 1e-6 are one. draws: a sequence of couplings (or tuples) without seeds.
    Raises ValueError for no draws, starts < 1, walk < 1, and an rng that is no numpy generator.
    """
    starts, walk = whole_number("starts", starts, 1), whole_number("walk", walk, 1)
    if not len(draws):
        raise ValueError("draws must hold couplings, one or more")
    generator(rng)
    found = []
    for draw, c in enumerate(draws):
        n = _orders(c)[1][0][0]
        x = random_spins(n, (starts,), rng)
        length = torch.from_numpy(rng.integers(walk, size=starts))
        sign = torch.ones(starts, dtype=torch.float64)
        sign[: starts // 2] = -1.0 if both_ways else 1.0
        for step in range(walk - 1):
            moves = (sign * (step < length))[:, None]
            x = to_sphere(x - learning_rate * moves * _gradient(c, x))
        found.append(_searched(c, x, steps, draw))
    return _critical_points(found)


def all_critical_points(
    couplings: Couplings, starts: int, rng: np.random.Generator, *, steps: int = 100
) -> CriticalPoints:
    """Every critical point of small systems: many searches from uniform starts in each draw, no walk.

    couplings: (draws, n, M), or a tuple of such tensors. Whether none was missed is seen by
    Morse's alternating sum in each draw, and by `critical_moments` on average. Raises ValueError for
    couplings without draws, starts < 1, and an rng that is no numpy generator.
    """
    parts, orders = _orders(couplings)
    if parts[0].ndim != 3:
        raise ValueError("couplings must be (draws, n, M)")
    generator(rng)
    n, draws = orders[0][0], len(parts[0])
    starts, together = whole_number("starts", starts, 1), max(1, 2**13 // n**4)
    found = []
    for first in range(0, draws, together):
        block = tuple(part[first : first + together] for part in parts)
        begin = random_spins(n, (len(block[0]), starts), rng)
        found.append(_searched(block, begin, steps, first))
    return _critical_points(found)


def morse_sum(points: CriticalPoints, n: int) -> torch.Tensor:
    """Number of points of even index minus that of odd index, int64 (draws,).

    Euler's characteristic of the sphere, 2 for odd n and 0 for even n, if none is missed (Morse theory).
    """
    signs = 1 - 2 * ((points.index_fraction * (n - 1)).round().to(torch.int64) % 2)
    return signs.new_zeros(len(points.converged)).index_add(0, points.draw, signs)


def complete_critical_points(
    couplings: Couplings, starts: int, rng: np.random.Generator, *, again: int = 3
) -> CriticalPoints:
    """`all_critical_points`; a draw that Morse's sum shows to be incomplete is searched anew, `again` times as often.

    converged and where searches began are those of the first search. Raises ValueError as
    `all_critical_points` does, and for again < 1.
    """
    first = all_critical_points(couplings, starts, rng)
    parts, ((n, _), *_) = _orders(couplings)
    missing = (morse_sum(first, n) != 2 * (n % 2)).nonzero().flatten()
    if not len(missing):
        return first
    chosen = tuple(part[missing] for part in parts)
    more = all_critical_points(chosen, starts * whole_number("again", again, 1), rng)
    kept = ~torch.isin(first.draw, missing)
    names = ("energy", "radial", "index_fraction", "smallest")
    columns = {k: torch.cat([getattr(first, k)[kept], getattr(more, k)]) for k in names}
    return replace(first, draw=torch.cat([first.draw[kept], missing[more.draw]]), **columns)
