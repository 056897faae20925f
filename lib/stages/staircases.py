"""Staircases: walks from small starts through the saddles, beside the greedy algorithm that names them.

A `Walk` is a recorded run and its plateaus; a `GreedyComparison` sets it beside the path of the greedy algorithm:
losses, directions, times (Jacot et al. 2021, arXiv:2106.15933; plateaus and what is new in W are derived
here). Networks, problems and time as in `low_rank`; leading dimensions are seeds, float64 everywhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.stages.low_rank import (
    GreedyPath,
    completion_loss,
    completion_slope,
    escape,
    escape_time,
    greedy_completion,
    paced_descent,
    stable_step,
    unseen_error,
)
from lib.stages.pacing import Chebyshev, Paced, squares

FINAL_LOSS = 1e-3  # where a walk ends

# --- plateaus of a recorded run ------------------------------------------------------------------


@dataclass(frozen=True)
class Plateau:
    """One plateau: the record where the gradient norm is smallest, and the rank of W there."""

    record: int
    rank: int


def plateaus(
    gradient_norms: Tensor,
    singular_values: Tensor,
    *,
    prominence: float = 0.7,
    active: float = 0.05,
) -> list[list[Plateau]]:
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
    if not len(gradient_norms) or not np.isfinite(np.asarray(gradient_norms)).all():
        raise ValueError("gradient_norms must hold a record or more, all finite")
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


# --- walks ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """A recorded descent from a Gaussian start, and where it paused.

    time, loss, norm (of the gradient): (records, seeds); values: singular values of W,
    (records, seeds, k); matrix: W, (records, seeds, d_N, d_0); found: the plateaus of each seed.
    """

    time: torch.Tensor
    loss: torch.Tensor
    norm: torch.Tensor
    values: torch.Tensor
    matrix: torch.Tensor
    found: list

    @property
    def ended(self) -> Tensor:
        """Whether the run came to its final loss, bool (seeds,)."""
        return self.loss[-1] <= FINAL_LOSS

    def shape_at_half(self, k: int) -> Tensor:
        """sigma_k / sigma_1 of W at the record where the loss is first half of the first, (seeds,); nan
        where W has no k-th singular value."""
        half = (self.loss < self.loss[0] / 2).int().argmax(0)
        values = self.values[half, torch.arange(len(half))]
        if k > values.shape[1]:
            return torch.full_like(values[:, 0], math.nan)
        return values[:, k - 1] / values[:, 0]

    def unseen(self, target: Tensor, mask: Tensor) -> Tensor:
        """`unseen_error` at the end, (seeds,); nan for a run that has not ended."""
        return unseen_error(self.matrix[-1], target, mask).where(self.ended, math.nan)

    def at_end(self) -> "Walk":
        """The walk with the last of its matrices only, (1, seeds, d_N, d_0)."""
        return replace(self, matrix=self.matrix[-1:].clone())


def walk(
    target: Tensor,
    mask: Tensor,
    depth: int,
    width: int,
    gamma: float,
    rng: np.random.Generator,
    *,
    every: int = 10,
    steps: int = 6000,
) -> Walk:
    """The flow of matrix completion from N(0, width^-gamma), recorded now and then: a `Walk`.

    target, mask: (seeds, d_N, d_0); depth layers with `width` hidden units each. Stepped by `Chebyshev`,
    whose plain step is half of the `stable_step`; every, steps: gradients between two records, and at
    most. A seed ends at a loss of `FINAL_LOSS` (see `paced_descent`).
    """
    rows, columns = target.shape[-2:]
    widths = [columns] + [width] * (depth - 1) + [rows]
    start = ln.gaussian_weights(widths, len(target), rng, width ** (-gamma / 2))
    run = paced_descent(
        start, target, mask, Chebyshev(stable_step(target, depth, start) / 2),
        steps=steps, every=every, final_loss=FINAL_LOSS, check_every=every,
    )  # fmt: skip
    records = run.records
    if bool((run.stopped >= 0).all()):  # the records after the last seed's end repeat it
        records = {name: x[: int(run.stopped.max()) // every + 1] for name, x in records.items()}
    return Walk(**records, found=plateaus(records["norm"], records["values"]))


# --- beside the greedy algorithm ----------------------------------------------------------------


@dataclass(frozen=True)
class GreedyComparison:
    """A walk on matrix completion, and what the greedy algorithm says of it; of each seed, (seeds,).

    >>> one = torch.ones(3, 1, dtype=torch.float64)
    >>> loss = torch.tensor([[4.0], [2.0], [0.0]], dtype=torch.float64)
    >>> walk = Walk(one, loss, one, one[..., None], None, [[Plateau(1, 1)]])
    >>> losses = torch.tensor([[4.0], [1.6], [0.0]], dtype=torch.float64)
    >>> stairs = GreedyComparison(None, None, walk, GreedyPath(losses, None, losses < 9))
    >>> stairs.deviation().tolist(), stairs.stands(0.1).tolist(), stairs.stands(0.3).tolist()
    ([0.25], [0.0], [1.0])
    """

    target: torch.Tensor
    mask: torch.Tensor
    walk: Walk
    greedy: GreedyPath

    def _settled(self, values):
        """nan where the walk has not ended, or the greedy algorithm not settled at a rank between 0 and the
        last: nothing can be compared there."""
        return values.where(self.walk.ended & self.greedy.settled[1:-1].all(0), math.nan)

    def pauses(self, seed: int) -> list[tuple[int, float, float]]:
        """(rank, loss, greedy loss of that rank) at each plateau of one seed, in order of time."""
        last = len(self.greedy.losses) - 1
        return [
            (p.rank, float(self.walk.loss[p.record, seed]),
             float(self.greedy.losses[min(p.rank, last), seed]))
            for p in self.walk.found[seed]
        ]  # fmt: skip

    def deviation(self) -> Tensor:
        """|loss / greedy loss - 1| at the plateau that is farthest from the greedy loss of its rank; nan
        without a plateau, and where nothing can be compared (`stands`)."""
        errors = [
            max((abs(loss / wanted - 1) for _, loss, wanted in self.pauses(k)), default=math.nan)
            for k in range(len(self.walk.found))
        ]
        return self._settled(torch.tensor(errors, dtype=torch.float64))

    def stands(self, within: float) -> Tensor:
        """1 where the walk has one plateau of each rank between 0 and the last, in order and no other, each
        `within` of its greedy loss; else 0; nan where the walk has not ended, or the greedy algorithm has not
        settled at one of these ranks."""
        last = len(self.greedy.losses) - 1
        ordered = [[p.rank for p in found] == [*range(1, last)] for found in self.walk.found]
        good = torch.tensor(ordered) & (self.deviation() <= within)
        return self._settled(good.to(torch.float64))

    def first_broken(self, within: float) -> int:
        """The number of the first seed whose staircase does not stand (`stands`), 0 if there is none."""
        return int((self.stands(within) == 0).int().argmax())

    def _passed(self, rank, part):
        """(record, ever), both (seeds,): where the walk has first done `part` of the loss between the saddle
        of that rank and the next, both as the greedy algorithm has them."""
        if not 0 <= rank < len(self.greedy.losses) - 1:
            raise ValueError(f"rank must lie in 0..{len(self.greedy.losses) - 2}, got {rank}")
        here, below = self.greedy.losses[rank], self.greedy.losses[rank + 1]
        passed = self.walk.loss < here - part * (here - below)
        return passed.int().argmax(0), passed.any(0)

    def passage(self, rank: int, part: float) -> Tensor:
        """Time when the walk has first done `part` of the way in loss from the saddle of that rank to the
        next; nan where it never does. Raises ValueError for a rank without a next one."""
        at, passed = self._passed(rank, part)
        return torch.where(passed, self.walk.time[at, torch.arange(len(at))], math.nan)

    def wait(self, rank: int) -> Tensor:
        """Time at the saddle of that rank: from nine tenths of the drop before it, or the start, to a tenth
        of the next."""
        return self.passage(rank, 0.1) - (self.passage(rank - 1, 0.9) if rank else 0)

    def drop(self, rank: int) -> Tensor:
        """Time from a tenth to nine tenths of the drop that leaves the saddle of that rank."""
        return self.passage(rank, 0.9) - self.passage(rank, 0.1)

    def cosine(self, rank: int, part: float = 0.1) -> Tensor:
        """Cosine of what is new in W with the top pair of -G, on leaving the saddle of that rank.

        Saddle and G = dloss/dW there are the greedy algorithm's, not the walk's. What is new: W minus the
        saddle's matrix, off its row and column spaces (as the new mode grows, the old ones follow it
        there). Taken at the record where the walk has first done `part` of the loss between this saddle
        and the next; nan where it never does. Raises ValueError for a rank without a next one.
        """
        at, passed = self._passed(rank, part)
        saddle = self.greedy.matrices[rank]
        left, _, right = torch.linalg.svd(saddle)
        new = self.walk.matrix[at, torch.arange(len(at))] - saddle
        u, v = left[..., :rank], right[..., :rank, :].mT
        new = new - u @ (u.mT @ new)
        new = new - (new @ v) @ v.mT
        cosine = _along_top_pair(new, completion_slope(saddle, self.target, self.mask))
        return torch.where(passed, cosine, math.nan)

    def unseen(self) -> Tensor:
        """`unseen_error` at the end of the walk; nan where it has not ended."""
        return self.walk.unseen(self.target, self.mask)


def compare_with_greedy(
    target: Tensor,
    mask: Tensor,
    depth: int,
    width: int,
    gamma: float,
    rng: np.random.Generator,
    *,
    ranks: int,
    steps: int = 6000,
) -> GreedyComparison:
    """`walk` and `greedy_completion` to rank `ranks` of the same problems: a `GreedyComparison`."""
    found = walk(target, mask, depth, width, gamma, rng, steps=steps)
    return GreedyComparison(target, mask, found, greedy_completion(target, mask, depth, ranks))


def _along_top_pair(matrix, slope):
    """Cosine of `matrix` with u v^T, the top singular pair of -slope, (...)."""
    _, u, v = escape(slope)
    along = (u[..., None, :] @ matrix @ v[..., :, None])[..., 0, 0]
    return along / squares(matrix).sqrt()


# --- leaving the origin --------------------------------------------------------------------------


@dataclass(frozen=True)
class OriginExits:
    """Starts of several `sizes`, (sizes,), that leave the saddle at the origin; the others (sizes, seeds).

    time: of random starts, until the loss has fallen by 5%; cosine: of W then with the top pair of
    -G(0); fastest: time of the start along that pair; promised: what `escape_time` says of it.
    """

    sizes: Sequence[float]
    time: torch.Tensor
    cosine: torch.Tensor
    fastest: torch.Tensor
    promised: torch.Tensor


def origin_exits(
    target: Tensor, mask: Tensor, depth: int, sizes: Sequence[float], rng: np.random.Generator
) -> OriginExits:
    """How one random start, shrunk to each of `sizes`, leaves the origin: an `OriginExits`.

    The random start has layers (d, d) of entries N(0, size^2); the one along the top pair (u, v) of
    -G(0) has layers of norm `size`: size x v^T, numbers, size x u. No layer moves by more than 2% of
    its norm in a step; the flow's own time is kept.
    """
    seeds, rows, columns = target.shape
    slope = completion_slope(0 * target, target, mask)
    speed, u, v = escape(slope)
    random = ln.gaussian_weights([columns] * depth + [rows], seeds, rng)
    along = [u.new_ones(seeds, 1, 1)] * depth
    along[0], along[-1] = v[:, None, :], u[:, :, None]
    many = len(sizes)
    copies = [x.repeat(many, 1, 1) for x in (target, mask)]

    def leave(weights):
        run = paced_descent(
            [torch.cat([float(size) * w for size in sizes]) for w in weights], *copies,
            Paced(1.0, 0.02, bounded=False), steps=4000, every=4000, check_every=3,
            final_loss=0.95 * completion_loss(0 * copies[0], *copies),
        )  # fmt: skip
        matrix = ln.end_to_end(run.weights).unflatten(0, (many, seeds))
        return run.records["time"][-1].reshape(many, seeds), matrix

    time, matrix = leave(random)
    fastest, end = leave(along)
    end = torch.linalg.matrix_norm(end, 2) ** (1 / depth)
    start = torch.as_tensor(np.array(sizes), dtype=torch.float64)[:, None]
    promised = escape_time(speed, start, end, depth)
    return OriginExits(sizes, time, _along_top_pair(matrix, slope), fastest, promised)
