"""Least squares on prepared inputs: its eigenvalues, and how many steps descent needs by formula.

On inputs A (m, d), a constant 1 among them, and outputs y the loss |A w - y|^2 / (2 m) is a quadratic with
Hessian H = A^T A / m. From w = 0, with c_i the coordinates of its minimum along the eigenvectors of H,

    excess after t steps = sum_i lambda_i c_i^2 (1 - eta lambda_i)^(2 t) / 2.

The condition number lambda_max / lambda_min bounds the steps; which c_i matter says how many there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from lib.descent import Plain, Stop, descend

PREPARATIONS = ("raw 0..255", "raw 0..1", "centred", "standardized", "ZCA 0.01", "ZCA")


def prepare(images: torch.Tensor, how: str) -> torch.Tensor:
    """Images (m, d) in 0..1, prepared in one of the ways of `PREPARATIONS`.

    centred: less their mean; standardized: each pixel divided by its sd, too; ZCA: centred, times
    (C + r)^(-1/2) with the covariance C of the pixels and r = 0 or 0.01.

    >>> prepare(torch.tensor([[0.0], [1.0]]).double(), "standardized").flatten().tolist()
    [-1.0, 1.0]
    """
    if how not in PREPARATIONS:
        raise ValueError(f"how must be one of {', '.join(PREPARATIONS)}, got {how!r}")
    if how.startswith("raw"):
        return images * (255.0 if how.endswith("255") else 1.0)
    centred = images - images.mean(0)
    if how == "standardized":
        return centred / centred.square().mean(0).sqrt()
    if how == "centred":
        return centred
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
    return (
        centred @ (vectors * (values + (0.01 if how.endswith("0.01") else 0.0)) ** -0.5) @ vectors.T
    )


class Quadratic(NamedTuple):
    """Least squares on inputs with a constant 1 added, |A w - y|^2 / (2 m): `hessian` (d, d), `right`
    (d, k) with slope H w - R; its eigenvalues, rising, and each one's share of the excess at w = 0."""

    hessian: torch.Tensor
    right: torch.Tensor
    eigenvalues: torch.Tensor
    shares: torch.Tensor


def quadratic(inputs: torch.Tensor, outputs: torch.Tensor) -> Quadratic:
    """The `Quadratic` of inputs (m, d), without linear dependence, and outputs (m, k)."""
    known = torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1)
    hessian, right = known.T @ known / len(known), known.T @ outputs / len(known)
    eigenvalues, vectors = torch.linalg.eigh(hessian)
    excess = ((vectors.T @ right).square() / eigenvalues[:, None]).sum(1)
    return Quadratic(hessian, right, eigenvalues, excess / excess.sum())


def formula_steps(
    eigenvalues: torch.Tensor,
    shares: torch.Tensor,
    left: float,
    fractions: Sequence[float],
    most: int = 400,
) -> tuple[int, float]:
    """Fewest steps to the share `left` of the excess, and the rate: (steps, rate).

    excess after t steps = sum of shares_i (1 - eta lambda_i)^(2 t); rates are `fractions` / lambda_max, and
    of equally fast ones it is the lowest. Raises ValueError if `most` steps are not enough.
    """
    rates = torch.as_tensor(fractions, dtype=torch.float64) / eigenvalues[-1]
    factor = (1 - rates[:, None] * eigenvalues).square()
    now = shares.expand_as(factor).clone()
    for step in range(1, most + 1):
        there = now.mul_(factor).sum(1) <= left
        if there.any():
            return step, float(rates[int(there.double().argmax())])
    raise ValueError(f"most must be larger: {most} steps leave {float(now.sum(1).min()):.3g}")


def descent_steps(
    problems: Sequence[Quadratic], rates: Sequence[float], left: float, most: int = 400
) -> torch.Tensor:
    """Steps of descent from 0 to the share `left` of the excess, one for each `Quadratic`: (problems,).

    -1 where `most` steps are not enough.
    """
    hessian, right = (
        torch.stack([getattr(p, name) for p in problems]) for name in ("hessian", "right")
    )
    best = torch.linalg.solve(hessian, right)

    def excess(w, h, b):
        return ((w - b) * (h @ (w - b))).sum((1, 2))

    start = torch.zeros_like(right)
    whole = excess(start, hessian, best)
    run = descend(
        lambda w, h, r, *_: (torch.baddbmm(r, h, w[0], beta=-1),),
        (start,),
        problem=(hessian, right, best, whole),
        rule=Plain(torch.as_tensor(rates, dtype=torch.float64)),
        steps=most,
        stop=Stop(lambda w, h, _, b, whole: excess(w[0], h, b) <= left * whole, every=1),
    )
    return run.stopped


def steps_by_preparation(
    pixels: torch.Tensor, outputs: torch.Tensor, left: float = 0.1
) -> torch.Tensor:
    """For each of `PREPARATIONS`: steps by formula, steps of descent, condition number: (3, preparations).

    The fewest steps to the share `left` of the excess, over 60 rates up to 1.99 / lambda_max, and what descent
    takes at the rate that was found. pixels (m, d) in 0..1, outputs (m, k).
    """
    ways = [quadratic(prepare(pixels, how), outputs) for how in PREPARATIONS]
    fractions = torch.linspace(0.2, 1.99, 60, dtype=torch.float64).tolist()
    found = [formula_steps(q.eigenvalues, q.shares, left, fractions) for q in ways]
    descended = descent_steps(ways, [rate for _, rate in found], left)
    numbers = [float(q.eigenvalues[-1] / q.eigenvalues[0]) for q in ways]
    steps = torch.tensor([n for n, _ in found])
    return torch.stack([steps.double(), descended.double(), torch.tensor(numbers).double()])
