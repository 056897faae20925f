"""Descent of spin glasses on the sphere: to rest, after annealing, along time, and of infinitely many spins.

The model is `spin_glass`. Time is learning rate times steps.
"""

import numpy as np
import torch

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, Trajectory, descend
from lib.landscapes.spin_glass import (
    Couplings,
    _gradient,
    _on_the_sphere,
    _orders,
    couplings,
    energy,
    random_spins,
    to_sphere,
)


def _on_sphere(rate):
    """A step of descent, then back to the sphere."""
    return Plain(rate, retraction=lambda w: (to_sphere(w[0]),))


def sphere_descent(
    couplings: Couplings,
    spins: torch.Tensor,
    *,
    learning_rate: float,
    steps: int,
    tolerance: float,
    **options,
) -> Trajectory:
    """Gradient descent on the sphere from every start: a Trajectory.

    x <- x - learning_rate * gradient, then back to the sphere. For couplings without seeds spins are
    (starts, n), and a start is finished when |gradient| / sqrt n <= tolerance. For couplings (draws, n, M)
    spins are (draws, starts, n), and a draw is finished with the last of its starts: the better choice
    for small n, where calls cost more than products. learning_rate: below 2 / (largest curvature), which
    is about 2 sqrt(p (p-1)) + p E_infinity near the threshold. options: `every`, in how many steps a look
    is taken, and `record` of `descend`; `stopped` is -1 where the gradient was still larger after `steps`.
    """
    parts, _ = _orders(couplings)
    _gradient(couplings, spins)
    _on_the_sphere(spins)
    many, every = parts[0].ndim > 2, options.pop("every", 100)
    reach = tolerance * spins.shape[-1] ** 0.5

    def slope(w, *problem):
        return _gradient(problem if many else couplings, w[0])

    def arrived(w, *problem):
        sizes = torch.linalg.vector_norm(slope(w, *problem), dim=-1)
        return (sizes.amax(-1) if many else sizes) <= reach

    return descend(
        lambda w, *problem: (slope(w, *problem),),
        (spins,),
        problem=tuple(parts) if many else (),
        rule=_on_sphere(learning_rate),
        steps=steps,
        stop=Stop(arrived, every=every),
        **options,
    )


def annealed(
    couplings: Couplings,
    spins: torch.Tensor,
    *,
    learning_rate: float,
    steps: int,
    temperature: float,
    seed: int,
) -> torch.Tensor:
    """Spins after simulated annealing on the sphere, of their own shape.

    Langevin steps x <- x - learning_rate * gradient + sqrt(2 learning_rate T) noise, then back to the sphere;
    T falls linearly from `temperature` to 0; held, it would give exp(-H/T). The glass transition of p = 3
    lies near T = 0.87 in these units (Crisanti, Sommers 1992, recalled).
    spins as in `sphere_descent`. The noise of a step is a function of seed and step alone.
    Raises ValueError for steps < 1 and a temperature below 0.

    >>> c = couplings(4, 3, 0)
    >>> x = random_spins(4, (2,), np.random.default_rng(0))
    >>> annealed(c, x, learning_rate=0.1, steps=5, temperature=1.0, seed=0).shape
    torch.Size([2, 4])
    """
    parts, _ = _orders(couplings)
    steps, many = whole_number("steps", steps, 1), parts[0].ndim > 2
    if not temperature >= 0:
        raise ValueError(f"temperature must be at least 0, got {temperature}")
    _gradient(couplings, spins)
    _on_the_sphere(spins)

    def noise(t, *_):
        kick = np.random.default_rng([seed, t]).standard_normal(tuple(spins.shape))
        return (
            torch.from_numpy(kick * (2 * temperature * (1 - t / steps) / learning_rate) ** 0.5),
        )

    def slope(w, *given):
        *problem, kick = given
        return (_gradient(tuple(problem) if many else couplings, w[0]) + kick,)

    return descend(
        slope,
        (spins,),
        _on_sphere(learning_rate),
        steps=steps,
        problem=tuple(parts) if many else (),
        sees=noise,
    ).weights[0]


def descent_ends(
    n: int,
    p: int,
    draws: int,
    starts: int,
    rng: np.random.Generator,
    *,
    annealing: dict | None = None,
    **options,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where descent ends: (final energies (draws, starts), lowest energy (draws, 1) at p = 2, else nan).

    Uniform starts in `draws` draws of the couplings; options as `sphere_descent` takes them. Equal states
    of rng give equal couplings and starts. annealing: what `annealed` takes; the starts are then annealed
    before they descend.
    """
    energies, lowest = [], []
    together = max(1, 2**17 // n**p)  # small draws side by side, large ones alone
    for k in range(0, draws, together):
        c = couplings(n, p, rng.integers(2**32, size=min(together, draws - k)))
        x = random_spins(n, (len(c), starts), rng)
        c, x = (c[0], x[0]) if len(c) == 1 else (c, x)
        x = (
            x
            if annealing is None
            else annealed(c, x, **annealing | {"seed": annealing["seed"] + k})
        )
        run = sphere_descent(c, x, every=25, **options)
        energies.append(energy(c, run.weights[0]).reshape(-1, starts))
        ground = (
            torch.linalg.eigvalsh(c)[..., :1] / 2
            if p == 2
            else torch.full_like(x[..., 0, :1], torch.nan)
        )
        lowest.append(ground.reshape(-1, 1))
    return torch.cat(energies), torch.cat(lowest)


def energy_curve(
    n: int,
    p: int,
    draws: int,
    starts: int,
    times: list[float],
    rng: np.random.Generator,
    *,
    step: float,
) -> torch.Tensor:
    """Energy along descent from uniform starts, a mean over the starts of each draw: (draws, times).

    Time is learning rate times steps; step: the learning rate, to whose multiples times are rounded.
    Raises ValueError as `couplings` and `descend` do.
    """
    marks, found = [round(t / step) for t in times], []
    for _ in range(whole_number("draws", draws, 1)):
        c = couplings(n, p, int(rng.integers(2**32)))
        run = sphere_descent(
            c,
            random_spins(n, (starts,), rng),
            learning_rate=step,
            steps=max(marks),
            tolerance=0.0,
            record=Record(marks, lambda w, c=c: {"energy": energy(c, w[0])}),
            every=max(*marks, 1),
        )
        found.append(run.records["energy"].mean(1))
    return torch.stack(found)


def infinite_descent(p: int, time: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Descent of infinitely many spins from a uniform start: (times, energies), each (points,), no sampling.

    The dynamics of Cugliandolo and Kurchan 1993 at temperature zero (recalled), closed in the overlap
    C(t, s) = x(t).x(s)/n and the response R(t, s). With xi = q^p, mu = -p e and the memory kernel
    K(t, s) = xi''(C) R,

        dR(t, s)/dt = -mu(t) R(t, s) + int_s^t K(t, r) R(r, s) dr,
        dC(t, s)/dt = -mu(t) C(t, s) + int_0^t K(t, r) C(r, s) dr + int_0^s xi'(C(t, r)) R(s, r) dr,
        e(t) = -int_0^t xi'(C(t, r)) R(t, r) dr.

    Euler steps of the length `step`, so of first order; (time / step)^2 numbers are kept. Raises ValueError
    for p < 2, and unless time >= step > 0.

    >>> t, e = infinite_descent(2, 24.0, 0.04)
    >>> round(float((e[-1] + 2**0.5) * t[-1]), 2)  # two-body couplings: the gap falls as 3/(8t)
    0.38
    """
    p = whole_number("p", p, 2)
    if not 0 < step <= time:
        raise ValueError(f"need time >= step > 0, got {time} and {step}")
    last = round(time / step)
    overlap, response = np.eye(last + 1), np.zeros((last + 1, last + 1))
    energies = np.zeros(last + 1)
    for i in range(last + 1):
        c, r = overlap[i, :i], response[i, :i]
        force, kernel = p * c ** (p - 1), step * p * (p - 1) * c ** (p - 2) * r
        energies[i] = -step * (force * r).sum()
        if i == last:
            break
        keeps = 1 - step * ((kernel * c).sum() - energies[i])
        new = overlap[i, : i + 1] * keeps + step * (kernel @ overlap[:i, : i + 1])
        new += step**2 * (response[: i + 1, :i] @ force)
        overlap[i + 1, : i + 1] = overlap[: i + 1, i + 1] = new
        response[i + 1, :i] = r * keeps + step * (kernel @ response[:i, :i])
        response[i + 1, i] = 1.0
    return step * np.arange(last + 1), energies
