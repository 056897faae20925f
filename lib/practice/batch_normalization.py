"""Batch normalization raced against plain networks, and what it does not see.

The networks are those of `networks`, on the start of `starts`: a `Form` says what is normalized.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.descent import Plain, Record, Stop, snapped
from lib.practice.classifiers import train_apart
from lib.practice.draws import Problems, batches
from lib.practice.networks import Form, Network, accuracy, forward, layers, loss_gradient

# --- races -----------------------------------------------------------------------------------------


def log_checks(steps: int, every: int = 5, growth: float = 0.04) -> list[int]:
    """Steps at which a race is looked at, up to `steps`: `every` apart, later `growth` of the step.

    >>> log_checks(40, 5, 0.5)
    [5, 10, 15, 20, 30]
    """
    found = [every]
    while found[-1] < steps:
        found.append(found[-1] + every * max(1, int(found[-1] * growth / every)))
    return [n for n in found if n <= steps]


def steps_to_accuracy(
    problems: Problems,
    start: Network,
    rates: Sequence[float],
    batch_size: int,
    targets: Sequence[float],
    steps: int,
    *,
    form: Form,
    tests: int = 500,
) -> np.ndarray:
    """Steps to each test accuracy, (targets, rates, draws); inf where it is not reached in `steps`.

    problems: their own start is not used; start: one network a draw. Looked at after `log_checks(steps)`, on
    the first `tests` test images; normalized networks then use the statistics of the first `tests` training
    images. A network that reached the last target, which is the highest, stops; so does one that
    diverged. Weights are `descent.snapped` after every step.
    """
    draws = len(problems.images)
    orders = batches(problems.order, batch_size, steps)
    if list(targets) != sorted(targets):
        raise ValueError(f"targets must rise, got {targets}")
    whole = form._replace(groups=1)
    wanted = torch.tensor(targets, dtype=torch.float64)

    def measure(network, who):
        at, given = who % draws, None
        if form.normalized:
            given = forward(network, problems.images[at, :tests], whole).statistics
        images, labels = (part[at, :tests] for part in problems.tests)
        return {"accuracy": accuracy(forward(network, images, whole, given).scores.mT, labels)}

    every_rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(draws)
    run = train_apart(
        start.repeated(len(rates)).with_gains(form),
        (problems.images, problems.labels),
        orders,
        Plain(every_rate, retraction=snapped),
        form=form,
        record=Record(
            log_checks(steps), measure, lambda t, seen, who: seen["accuracy"] >= wanted[-1]
        ),
        stop=Stop(every=5, diverged="keep"),
    )
    there = run.records["accuracy"] >= wanted[:, None, None]  # (targets, looks, networks)
    first = run.steps[there.to(torch.int8).argmax(1)].double()
    reached = torch.where(there.any(1), first, torch.inf)
    return reached.view(len(targets), len(rates), draws).numpy()


def fewest_steps_rate(steps: np.ndarray, most: int) -> int:
    """The place of the rate with the least mean log steps to the last target; never counts as `most`.

    steps: (targets, rates, draws), as `steps_to_accuracy` gives them. Of equal rates it is the first.

    >>> fewest_steps_rate(np.array([[[20.0, 80.0], [30.0, 30.0], [10.0, np.inf]]]), 100)
    1
    """
    return int(np.log(np.minimum(steps[-1], most)).mean(-1).argmin())


def race_at_its_best(
    tuning: tuple[Problems, Network],
    judged: tuple[Problems, Network],
    rates: Sequence[float],
    batch_size: int,
    targets: Sequence[float],
    steps: int,
    **options,
) -> tuple[float, np.ndarray]:
    """The best rate on some draws, and the race of others at it: (rate, steps (targets, draws)).

    tuning, judged: (problems, start) as in `steps_to_accuracy`, independent of each other. A target that is not
    reached counts as `steps`.
    """
    found = steps_to_accuracy(*tuning, rates, batch_size, targets[-1:], steps, **options)
    rate = rates[fewest_steps_rate(found, steps)]
    found = steps_to_accuracy(*judged, [rate], batch_size, targets, steps, **options)
    return rate, np.minimum(found[:, 0], steps)


# --- exact invariances -----------------------------------------------------------------------------


class Paths(NamedTuple):
    """Plain descent, recorded before every step: across (steps, networks), the largest
    |w . g| / (|w| |g|) over the hidden units; squares and growth (steps, networks): |W|^2 of all hidden
    weights and eta^2 |g|^2 of the step that follows; scores (steps, networks, d_N, m) on the first set."""

    across: torch.Tensor
    squares: torch.Tensor
    growth: torch.Tensor
    scores: torch.Tensor


def paths(
    start: Network,
    sets: tuple[Tensor, Tensor],
    orders: Tensor,
    rate: float,
    *,
    form: Form,
    scale: float = 1.0,
) -> Paths:
    """`Paths` of networks whose hidden weights are multiplied by c = `scale`, and their rate by c^2.

    With normalized units and epsilon = 0 the loss does not know the length of a unit's weights w. So
    w . g = 0; |w|^2 grows by eta^2 |g|^2 a step; and the scores do not depend on c (derived here;
    van Laarhoven 2017, arXiv:1706.05350, recalled). start, sets, orders as in `train_apart`; epsilon of the
    form is not used.
    """
    hidden, form = len(start.weights) - 1, form._replace(epsilon=0.0)
    start = start._replace(weights=(*(w * scale for w in start.weights[:-1]), start.weights[-1]))
    start = start.with_gains(form)
    c2 = torch.full_like(start.weights[0][:, :1, :1], scale**2)
    faster = (*(c2.expand_as(w) for w in start.weights[:-1]), torch.ones_like(start.weights[-1]))
    run = train_apart(
        start,
        sets,
        orders,
        Plain(rate),
        form=form,
        factors=Network(faster, ()),
        steps=orders.shape[1] - 1,
        record=Record(
            range(orders.shape[1]),
            lambda network, who: {str(k): x for k, x in enumerate(network.tensors())},
        ),
    )

    def seen(network, at):
        x, y = (torch.stack([one[k] for one, k in zip(s, at, strict=True)]) for s in sets)
        found = loss_gradient(network, x, y, form).weights[:hidden]
        pairs = list(zip(network.weights, found, strict=False))
        across = [(w * g).sum(-1).abs() / (w.norm(dim=-1) * g.norm(dim=-1)) for w, g in pairs]
        return {
            "across": torch.cat(across, 1).amax(1),
            "squares": sum(w.square().sum((1, 2)) for w, _ in pairs),
            "growth": sum((rate * scale**2 * g).square().sum((1, 2)) for _, g in pairs),
            "scores": layers(network, sets[0], form).scores,
        }

    rows = [
        seen(start.like(tuple(x[t] for x in run.records.values())), orders[:, t])
        for t in range(orders.shape[1])
    ]
    return Paths(**{name: torch.stack([row[name] for row in rows]) for name in rows[0]})
