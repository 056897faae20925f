"""Low-rank learning: matrix completion, the saddles on the way, plateaus, greedy low-rank learning.

From a tiny start a deep linear network (weights as in `lib.linear_networks`) or a symmetric
factorization W = U U^T learns one rank of the end-to-end matrix at a time, and rests near saddles
in between. Here are the problems, the plateaus of a recorded run, the direction and speed with
which a saddle is left, and the greedy algorithms that predict where the next one is. Leading
dimensions are seeds, float64 everywhere, time = learning rate x steps.
"""

from dataclasses import dataclass

import numpy as np

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
