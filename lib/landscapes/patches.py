"""A two-layer ReLU convolution on Gaussian patches: the smallest nonlinear network with a bad minimum that can be computed.

The network sees k patches Z_1..Z_k of d Gaussian numbers each, without overlap, by one filter of length 1:

    f(Z) = sum_j a_j relu(Z_j . u),   u = v / |v|,   L = E (f - f*)^2 / 2,

and learns from a teacher (w*, a*) of the same form, |w*| = 1 (Du, Lee, Tian, Poczos and Singh 2018). With phi the angle
between u and w*, and g(phi) = (pi - phi) cos(phi) + sin(phi), the mean over all images is known:

    4 pi L = (1.a - 1.a*)^2 + (pi - 1) (|a|^2 + |a*|^2) - 2 (g - 1) a.a*,

and the flow closes in three numbers: phi, the sum 1.a, and the part of a along what is left of a* without its mean.

weights: (v, a), v (n, d), a (n, k); teachers: w* (n, d), a* (n, k); float64. Time = learning rate x steps.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import beta, qmc
from torch import Tensor

from lib.checks import generator, whole_number
from lib.descent import Plain, Record, Stop, Weights, descend

PI = math.pi

# --- teachers and starts ---------------------------------------------------------------------------


class Numbers(NamedTuple):
    """All that the flow knows of a network: its angle phi, its sum 1.a, and a.e, e the direction of a* less its mean.

    Those of a teacher are 0, 1.a* and |a* less its mean|. Each (n,).
    """

    angle: Tensor
    total: Tensor
    apart: Tensor


class Teachers(NamedTuple):
    """Filters w* (n, d) of length 1 and output weights a* (n, k)."""

    filters: Tensor
    outputs: Tensor

    @property
    def ratio(self) -> Tensor:
        """(1.a*)^2 / |a*|^2, (n,): k where all output weights are alike, 0 where their mean is 0."""
        return self.outputs.sum(-1).square() / self.outputs.square().sum(-1)

    @property
    def numbers(self) -> Numbers:
        """The teachers' own three numbers."""
        return three_numbers((self.filters, self.outputs), *self)


def teachers(
    count: int, patches: int, inputs: int, ratio: ArrayLike | None, rng: np.random.Generator
) -> Teachers:
    """Teachers with uniform filters and |a*| = 1, (1.a*)^2 = `ratio`, otherwise random; None: Gaussian a*, scaled to 1.

    ratio: a number, or one for each (count,). Raises ValueError for one outside [0, k], or other than 1 at k = 1.
    """
    count, k = whole_number("count", count), whole_number("patches", patches)
    w = _unit(generator(rng).standard_normal((count, whole_number("inputs", inputs, 2))))
    a = _unit(rng.standard_normal((count, k)))
    if ratio is not None:
        part = np.broadcast_to(np.asarray(ratio, float) / k, (count,))[:, None]
        if not ((part >= 0) & (part <= 1)).all() or (k == 1 and (part != 1).any()):
            raise ValueError(f"ratio must be in [0, patches], and 1 for one patch, got {ratio}")
        apart = _unit(a - a.mean(1, keepdims=True)) if k > 1 else 0 * a
        a = np.sqrt(part / k) + np.sqrt(1 - part) * apart
    return Teachers(torch.from_numpy(w), torch.from_numpy(a))


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def random_starts(given: Teachers, rng: np.random.Generator, scale: float = 1.0) -> Weights:
    """v uniform on the sphere, a uniform in the ball of radius scale |1.a*| / sqrt(k) (Du, Lee, Tian et al. 2018)."""
    n, k = given.outputs.shape
    v = _unit(generator(rng).standard_normal(given.filters.shape))
    a = _unit(rng.standard_normal((n, k))) * rng.uniform(size=(n, 1)) ** (1 / k)
    radius = scale * given.outputs.sum(-1, keepdim=True).abs() / math.sqrt(k)
    return torch.from_numpy(v), torch.from_numpy(a) * radius


def sign_flips(weights: Weights) -> list[Weights]:
    """The four starts (v, a), (v, -a), (-v, a), (-v, -a)."""
    v, a = weights
    return [(p * v, q * a) for p in (1, -1) for q in (1, -1)]


# --- the mean over all images ------------------------------------------------------------------------


def overlap(angle: Tensor) -> Tensor:
    """g(phi) = (pi - phi) cos(phi) + sin(phi) = 2 pi E relu(z.u) relu(z.w): from pi at 0 to 0 at pi."""
    return (PI - angle) * torch.cos(angle) + torch.sin(angle)


def three_numbers(weights: Weights, filters: Tensor, outputs: Tensor) -> Numbers:
    """The `Numbers` of students (v, a) beside their teachers; exact near angles 0 and pi, too."""
    v, a = weights
    rest = outputs - outputs.mean(-1, keepdim=True)
    size = rest.norm(dim=-1).clamp(min=1e-300)
    return Numbers(_angle(v, filters), a.sum(-1), (a * rest).sum(-1) / size)


def _angle(v, filters):
    u = v / v.norm(dim=-1, keepdim=True)
    return 2 * torch.atan2((u - filters).norm(dim=-1), (u + filters).norm(dim=-1))


def population_loss(weights: Weights, filters: Tensor, outputs: Tensor) -> Tensor:
    """E (f - f*)^2 / 2 over Gaussian images, (n,)."""
    a, g = weights[1], overlap(_angle(weights[0], filters))
    sizes = a.square().sum(-1) + outputs.square().sum(-1)
    cross = (g - 1) * (a * outputs).sum(-1)
    return ((a - outputs).sum(-1).square() + (PI - 1) * sizes - 2 * cross) / (4 * PI)


def population_gradient(weights: Weights, filters: Tensor, outputs: Tensor) -> Weights:
    """Gradient of `population_loss` in (v, a).

    In a: (1 (1.a - 1.a*) + (pi - 1) a - (g - 1) a*) / 2 pi. In v: -(pi - phi) (a.a*) P w* / (2 pi |v|), P the
    projection across v.
    """
    v, a = weights
    angle = _angle(v, filters)[:, None]
    size = v.norm(dim=-1, keepdim=True)
    across = filters - (filters * v).sum(-1, keepdim=True) * v / size.square()
    pull = (a * outputs).sum(-1, keepdim=True)
    slope = (a - outputs).sum(-1, keepdim=True) + (PI - 1) * a - (overlap(angle) - 1) * outputs
    return -(PI - angle) * pull * across / (2 * PI * size), slope / (2 * PI)


# --- the bad minimum -----------------------------------------------------------------------------------


def edge_ratio(patches: int) -> float:
    """(k + pi - 1) / pi: the bad minimum exists if and only if (1.a*)^2 / |a*|^2 is below.

    >>> round(edge_ratio(8), 3)
    3.228
    """
    return (patches + PI - 1) / PI


def at_rest(angle: Tensor, outputs: Tensor) -> Tensor:
    """The best a for a filter at this angle: (1 1' + (pi - 1) I)^-1 (1 1' + (g - 1) I) a*, (n, k).

    Its part along 1 is (k + g - 1) / (k + pi - 1) of the teacher's, the rest (g - 1) / (pi - 1) of the teacher's rest.
    """
    k, g = outputs.shape[-1], overlap(angle)[:, None]
    mean = outputs.mean(-1, keepdim=True)
    return (k + g - 1) / (k + PI - 1) * mean + (g - 1) / (PI - 1) * (outputs - mean)


def opposite(
    given: Teachers, turned: float = 0.0, rng: np.random.Generator | None = None
) -> Weights:
    """Students whose filter is -w*, or `turned` away from it by this angle, with the best a for it: the bad minimum."""
    angle = torch.full((len(given.filters),), PI - turned, dtype=torch.float64)
    v = -given.filters
    if turned:
        side = torch.from_numpy(generator(rng).standard_normal(v.shape))
        side = side - (side * v).sum(-1, keepdim=True) * v
        v = math.cos(turned) * v + math.sin(turned) * side / side.norm(dim=-1, keepdim=True)
    return v, at_rest(angle, given.outputs)


def opposite_pull(given: Teachers) -> Tensor:
    """a.a* at the opposite filter, |a*|^2 (ratio / edge - 1) / (pi - 1): negative where the bad minimum is one, (n,)."""
    size = given.outputs.square().sum(-1)
    return size * (given.ratio / edge_ratio(given.outputs.shape[1]) - 1) / (PI - 1)


def saddle_overlap(ratio: Tensor, patches: int) -> Tensor:
    """g at the ring of saddles between the bad minimum and the good one: pi (1 - r) / (pi - r), r = ratio / edge.

    Below 0 where the ratio is beyond the edge: there is no such ring.
    """
    r = ratio / edge_ratio(patches)
    return PI * (1 - r) / (PI - r)


# --- three numbers ----------------------------------------------------------------------------------------


def velocity(now: Numbers, goal: Numbers, patches: int) -> Numbers:
    """How the flow moves the three numbers; goal: those of the teachers.

    2 pi phi' = -(pi - phi) sin(phi) c, 2 pi s' = (k + g - 1) m - (k + pi - 1) s, 2 pi x' = (g - 1) b - (pi - 1) x,
    for phi, s = 1.a, x and the teacher's m, b, with c = a.a* = s m / k + x b (ours).
    """
    g, k = overlap(now.angle), patches
    pull = now.total * goal.total / k + now.apart * goal.apart
    return Numbers(
        -(PI - now.angle) * torch.sin(now.angle) * pull / (2 * PI),
        ((k + g - 1) * goal.total - (k + PI - 1) * now.total) / (2 * PI),
        ((g - 1) * goal.apart - (PI - 1) * now.apart) / (2 * PI),
    )


def fate(now: Numbers, goal: Numbers, patches: int) -> Tensor:
    """1 for what can never leave the bad minimum's side, 0 for what will arrive at the teacher, nan while open, (n,).

    Two regions that neither the flow nor descent at a rate below 2 pi / (k + pi - 1) leaves (ours). With c = a.a*:
    phi < pi/2, c > 0 and s m <= m^2, where c grows at c = 0, so that phi falls for ever. And, below the edge, g below
    that of the saddle, c < 0 and s m at or above its rest, where c falls at c = 0, so that phi grows for ever.
    """
    k, m, g = patches, goal.total, overlap(now.angle)
    pull = now.total * m / k + now.apart * goal.apart
    ratio = m.square() / (m.square() / k + goal.apart.square())
    home = (now.angle < PI / 2) & (pull > 0) & (now.total * m <= m.square())
    rest = (k + g - 1) / (k + PI - 1) * m.square()
    lost = (g <= saddle_overlap(ratio, k)) & (pull < 0) & (now.total * m >= rest)
    found = torch.full_like(now.angle, torch.nan)
    return found.masked_fill(home, 0.0).masked_fill(lost, 1.0)


def flow_fates(now: Numbers, goal: Numbers, patches: int, time: float = 400.0) -> Tensor:
    """`fate` of every start under the flow, by Runge-Kutta steps; what is open after `time` goes by its angle, (n,)."""
    step = min(0.25, 1 / edge_ratio(patches))
    found, where = torch.full_like(now.angle, torch.nan), torch.arange(len(now.angle))

    def moved(x, v, h):
        return Numbers(*(a + h * b for a, b in zip(x, v, strict=True)))

    for t in range(int(time / step) + 1):
        if t % 20 == 0:
            found[where] = fate(now, goal, patches)
            on = found[where].isnan()
            where, now, goal = where[on], *(Numbers(*(a[on] for a in x)) for x in (now, goal))
            if not len(where):
                break
        v1 = velocity(now, goal, patches)
        v2 = velocity(moved(now, v1, step / 2), goal, patches)
        v3 = velocity(moved(now, v2, step / 2), goal, patches)
        v4 = velocity(moved(now, v3, step), goal, patches)
        for v, part in ((v1, 1), (v2, 2), (v3, 2), (v4, 1)):
            now = moved(now, v, part * step / 6)
    found[where] = (now.angle > PI / 2).double()
    return found


def foretold_starts(
    patches: int, inputs: int, ratio: float | None, scale: float = 1.0, count: int = 1024
) -> tuple[Numbers, Numbers]:
    """The three numbers of `random_starts` and of `teachers`, evenly spread over their laws: no chance is in it.

    Sobol's points: cos(phi) is 2 Beta((d-1)/2, (d-1)/2) - 1, the two numbers of a are a point of the k-ball seen in a
    plane, a Gaussian teacher's ratio / k is Beta(1/2, (k-1)/2). count: a power of 2.
    Raises ValueError for fewer than two patches, where a has one number only.
    """
    k, d = whole_number("patches", patches, 2), whole_number("inputs", inputs, 2)
    u = qmc.Sobol(4, scramble=False).random(count) + 0.5 / count
    cosine = 2 * beta.ppf(u[:, 0], (d - 1) / 2, (d - 1) / 2) - 1
    part = beta.ppf(u[:, 3], 0.5, (k - 1) / 2) if ratio is None else np.full(count, ratio / k)
    reach = np.sqrt(1 - (1 - u[:, 1]) ** (2 / k)) * scale * np.sqrt(part)
    turn = 2 * PI * u[:, 2]
    now = (np.arccos(cosine), math.sqrt(k) * reach * np.cos(turn), reach * np.sin(turn))
    goal = (0 * part, np.sqrt(part * k), np.sqrt(np.clip(1 - part, 0, 1)))
    return tuple(Numbers(*(torch.from_numpy(x) for x in one)) for one in (now, goal))


def foretold_shares(
    patches: int,
    inputs: int,
    ratios: list[float | None],
    scale: float = 1.0,
    count: int = 1024,
) -> np.ndarray:
    """The share of `random_starts` that the flow takes to the bad minimum, at each ratio; see `foretold_starts`."""
    every = [foretold_starts(patches, inputs, ratio, scale, count) for ratio in ratios]
    now, goal = (
        Numbers(*(torch.cat(parts) for parts in zip(*side, strict=True)))
        for side in zip(*every, strict=True)
    )
    return flow_fates(now, goal, patches).view(len(ratios), count).mean(1).numpy()


# --- descent ----------------------------------------------------------------------------------------------


def curvature_rate(patches: int) -> float:
    """2 pi / (k + pi - 1), the inverse of the largest curvature in a: half of what is stable.

    >>> round(curvature_rate(8), 2)
    0.62
    """
    return 2 / edge_ratio(patches)


class Ended(NamedTuple):
    """Ends of descent: their weights (v, a), and the `fate` of each, nan where it is open."""

    weights: Weights
    fates: Tensor


def descend_mean(given: Teachers, weights: Weights, share: float = 0.5, steps: int = 2000) -> Ended:
    """Plain descent on `population_loss` at `share` of the `curvature_rate`, until the fate is certain: `Ended`."""
    k = given.outputs.shape[1]

    def known(w, *teacher):
        return fate(three_numbers(w, *teacher), three_numbers(teacher, *teacher), k)

    run = descend(
        population_gradient,
        weights,
        Plain(share * curvature_rate(k)),
        steps=steps,
        problem=tuple(given),
        stop=Stop(lambda w, *teacher: known(w, *teacher).isfinite(), every=20),
    )
    return Ended(run.weights, known(run.weights, *given))


def turns_back(given: Teachers, turned: float, rng: np.random.Generator, steps: int) -> Tensor:
    """Does descent from an angle `turned` off the opposite filter come nearer to it? bool (n,)."""
    rate = curvature_rate(given.outputs.shape[1]) / 2
    start = opposite(given, turned, rng)
    run = descend(population_gradient, start, Plain(rate), steps=steps, problem=tuple(given))
    return PI - three_numbers(run.weights, *given).angle < turned


def found_edge(
    count: int, patches: int, inputs: int, turned: float, rng: np.random.Generator
) -> np.ndarray:
    """The ratio at which descent next to the opposite filter changes from coming back to leaving, (count,).

    By twelve halvings of [0, k], teachers drawn anew in each; `turned`: as for `turns_back`.
    """
    low, high = np.zeros(count), np.full(count, float(patches))
    for _ in range(12):
        middle = (low + high) / 2
        back = turns_back(teachers(count, patches, inputs, middle, rng), turned, rng, 100).numpy()
        low, high = np.where(back, middle, low), np.where(back, high, middle)
    return (low + high) / 2


def approach(
    given: Teachers, turned: float, rng: np.random.Generator, times: tuple[float, float]
) -> Tensor:
    """Growth of 1 / (pi - phi) between two times, by the time, of descent that starts `turned` off the opposite filter, (n,).

    Near pi, 2 pi phi' = (pi - phi)^2 |a.a*| (ours): it is -`opposite_pull` / 2 pi, on both sides of the edge.
    """
    rate = curvature_rate(given.outputs.shape[1])
    at = [round(t / rate) for t in times]
    run = descend(
        population_gradient,
        opposite(given, turned, rng),
        Plain(rate),
        steps=max(at),
        problem=tuple(given),
        record=Record(at, lambda w, filters, _: {"left": PI - _angle(w[0], filters)}),
    )
    early, late = 1 / run.records["left"]
    return (late - early) / (rate * (at[1] - at[0]))


def hessian_at(given: Teachers, weights: Weights, step: float = 1e-6) -> Tensor:
    """Eigenvalues of the Hessian of `population_loss` in all of (v, a), by central differences, (n, d + k), rising."""
    point = torch.cat(weights, -1)
    d, columns = weights[0].shape[1], []
    for j in range(point.shape[1]):
        ends = []
        for sign in (1, -1):
            moved = point.clone()
            moved[:, j] += sign * step
            ends.append(torch.cat(population_gradient((moved[:, :d], moved[:, d:]), *given), -1))
        columns.append((ends[0] - ends[1]) / (2 * step))
    found = torch.stack(columns, -1)
    return torch.linalg.eigvalsh((found + found.mT) / 2)


# --- images -------------------------------------------------------------------------------------------------


def images(given: Teachers, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """`count` Gaussian images for each teacher, (n, count, k, d), and what the teacher says of them, (n, count)."""
    (n, k), d = given.outputs.shape, given.filters.shape[1]
    z = torch.from_numpy(generator(rng).standard_normal((n, count, k, d)))
    return z, answers(tuple(given), z)


def answers(weights: Weights, z: Tensor) -> Tensor:
    """f of every image, (n, count)."""
    v, a = weights
    u = v / v.norm(dim=-1, keepdim=True)
    hidden = (z.flatten(1, 2) @ u[..., None])[..., 0].clamp_(min=0)
    return (hidden.view(z.shape[:3]) @ a[..., None])[..., 0]


def image_gradient(weights: Weights, z: Tensor, targets: Tensor) -> Weights:
    """Gradient in (v, a) of sum (f - target)^2 / 2 count over the images z (n, count, k, d)."""
    v, a = weights
    n, count, k, d = z.shape
    size = v.norm(dim=-1, keepdim=True)
    u, flat = v / size, z.view(n, count * k, d)
    before = (flat @ u[..., None]).view(n, count, k)
    hidden = before.clamp(min=0)
    off = ((hidden @ a[..., None])[..., 0] - targets) / count
    slope = (off[:, None] @ hidden)[:, 0]
    back = (off[..., None] * a[:, None]).masked_fill_(before <= 0, 0.0)
    pull = (back.view(n, 1, count * k) @ flat)[:, 0]
    return (pull - (pull * u).sum(-1, keepdim=True) * u) / size, slope


def train_on_images(
    weights: Weights, z: Tensor, targets: Tensor, rate: float, steps: int
) -> Weights:
    """The weights after so many steps of plain descent on the images of each network; below a loss of 1e-4 it stops."""
    return descend(
        image_gradient,
        weights,
        Plain(rate),
        steps=steps,
        problem=(z, targets),
        stop=Stop(lambda w, z, y: (answers(w, z) - y).square().mean(-1) < 2e-4, every=20),
    ).weights


class Taught(NamedTuple):
    """Networks that were trained on images of their own: their teachers, starts and ends."""

    teachers: Teachers
    start: Weights
    end: Weights

    @property
    def angles(self) -> Tensor:
        """Between filter and teacher's filter, at the start and at the end, (2, n)."""
        return torch.stack([_angle(w[0], self.teachers.filters) for w in (self.start, self.end)])

    @property
    def caught(self) -> Tensor:
        """Does it end on the bad side? bool (n,)."""
        return self.angles[1] > PI / 2

    @property
    def foretold(self) -> Tensor:
        """Is it caught under the flow from its start? bool (n,)."""
        now, k = three_numbers(self.start, *self.teachers), self.teachers.outputs.shape[1]
        return flow_fates(now, self.teachers.numbers, k) == 1

    @property
    def loss_over_bad(self) -> Tensor:
        """Loss over all images, in units of that of the bad minimum, (n,)."""
        bad = population_loss(opposite(self.teachers), *self.teachers)
        return population_loss(self.end, *self.teachers) / bad


def taught(given: Teachers, count: int, rng: np.random.Generator, steps: int) -> Taught:
    """Networks from `random_starts` after descent on `count` images each, at half of the `curvature_rate`: `Taught`."""
    start, rate = random_starts(given, rng), curvature_rate(given.outputs.shape[1]) / 2
    pixels = count * given.outputs.shape[1] * given.filters.shape[1]
    group, ends = max(1, 500_000 // pixels), []  # few images are in memory, and near
    for first in range(0, len(start[0]), group):
        w, b, *own = (x[first : first + group] for x in (*given, *start))
        seen = images(Teachers(w, b), count, rng)
        ends.append(train_on_images(tuple(own), *seen, rate, steps))
    return Taught(given, start, tuple(torch.cat(x) for x in zip(*ends, strict=True)))


class Shaken(NamedTuple):
    """Descent on single images: the steps looked at, the angles and the lengths |v| there, (looks, n)."""

    steps: Tensor
    angles: Tensor
    lengths: Tensor


def shaken(
    given: Teachers,
    rate: float,
    looks: list[int],
    rng: np.random.Generator,
    *,
    held: bool,
    batch: int = 1,
) -> Shaken:
    """Descent from the bad minimum on `batch` fresh images a step: `Shaken`.

    held: |v| is set back to 1 after every step, as on a sphere; else it grows, as weight normalization has it.
    """

    def fresh(t, filters, outputs):
        return images(Teachers(filters, outputs), batch, rng)

    def back(weights):
        return weights[0] / weights[0].norm(dim=-1, keepdim=True), weights[1]

    run = descend(
        lambda w, _f, _o, z, y: image_gradient(w, z, y),
        opposite(given),
        Plain(rate, retraction=back if held else None),
        steps=max(looks),
        problem=tuple(given),
        sees=fresh,
        record=Record(
            looks, lambda w, *t: {"angle": three_numbers(w, *t).angle, "size": w[0].norm(dim=-1)}
        ),
        stop=Stop(diverged="keep"),
    )
    return Shaken(run.steps, run.records["angle"], run.records["size"])
