"""One network with one thing changed at a time, and what it meets on its way: the experiments of notebook 00."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from lib.practice.curvature import largest_curvature
from lib.practice.networks import Network
from lib.statistics import mean_interval
from lib.synthesis.mechanisms import (
    Arm,
    Task,
    Trained,
    balanced,
    curvature_along_gradient,
    noise_scale,
    renumbered,
    rescaled,
    train,
    train_without,
    without_negative,
    without_opposite,
    without_random,
)

FACTOR = 4.0  # of the first layer: the imbalance of its units grows about twentyfold
BALANCES = ("first layer × 4", "first layer ÷ 4", "balanced")  # the arms whose balance is changed


def unbalanced(network: Network, factor: float) -> Network:
    """The same function with its first layer times `factor` and its second divided by it."""
    return rescaled(network, [factor] + [1.0] * (len(network.weights) - 2))


def with_one_change(
    task: Task, *, rate: float, steps: int, record: Sequence[int] = ()
) -> dict[str, Trained]:
    """The network as it is, and with one thing changed: {name: `Trained`}.

    Its signs held, its balance changed in three ways, its first layer held at the start; and trained on all
    images at every step, for as many steps ("no noise") or for as many images ("no noise, as many images").
    record: steps whose states are kept of the network as it is.
    """
    start, layers = task.start, len(task.start.weights)
    arms = {
        "signs held": Arm(start, signs=True),
        "first layer × 4": Arm(unbalanced(start, FACTOR)),
        "first layer ÷ 4": Arm(unbalanced(start, 1 / FACTOR)),
        "balanced": Arm(balanced(start)),
        "first layer held": Arm(start, (0.0, *[1.0] * (layers - 1)) * 2),
    }
    found = train(task, {"as it is": Arm(start)}, rate=rate, steps=steps, record=record)
    found |= train(task, arms, rate=rate, steps=steps)
    few = max(1, steps * task.orders.shape[-1] // task.images.shape[1])
    name = "no noise, as many images"
    whole = {name: Arm(start)}
    whole = train(task, whole, rate=rate, steps=steps, noise=False, record=[few])[name]
    return found | {"no noise": whole, name: Trained(whole.states[0], [])}


def log_change(task: Task, runs: dict[str, Trained], name: str) -> Tensor:
    """ln(loss at the end of this arm / loss at the end of the network as it is), (draws,)."""
    return (task.loss(runs[name].network) / task.loss(runs["as it is"].network)).log()


def upper_ends(task: Task, runs: dict[str, Trained], names: Sequence[str]) -> list[float]:
    """The upper ends of the 95% intervals of the mean `log_change` of these arms."""
    return [mean_interval(log_change(task, runs, name))[1] for name in names]


def on_the_way(
    task: Task, state: Network, step: int, rate: float, rng: np.random.Generator
) -> dict[str, Tensor]:
    """Three numbers of a state whose threshold is 1, each (draws,).

    noise: `noise_scale` over the size of a minibatch, from the next eight minibatches. largest, along: rate / 2
    times the largest curvature, and times that along the gradient; above 1 a step is too long for it.
    """
    at = task.orders[:, (step + torch.arange(8)) % task.orders.shape[1]]
    top = largest_curvature(state, task.images, task.targets.mT, rng)
    return {
        "noise": noise_scale(task, state, at) / at.shape[-1],
        "largest": rate * top / 2,
        "along": rate * curvature_along_gradient(task, state) / 2,
    }


def hindered(
    task: Task, rng: np.random.Generator, *, rate: float, steps: int, every: int = 20
) -> dict[str, Tensor]:
    """Loss at the end of descent on all images, (draws,): free; without as many random directions as there are
    negative ones at the start, at most, in any draw; without as many that curve up as much; and without those
    of negative curvature."""
    negative = without_negative(task)
    count = max(basis.shape[1] for basis in negative(task.start))
    arms = {
        "free": without_random(0, rng),
        "without random directions": without_random(count, rng),
        "without as many that curve up": without_opposite(task),
        "without negative curvature": negative,
    }
    return {
        name: task.loss(train_without(task, bases, rate=rate, steps=steps, every=every))
        for name, bases in arms.items()
    }


def drift_ratio(
    task: Task, balance: Callable[[Network], Tensor], *, rate: float, steps: int = 200
) -> Tensor:
    """How far a balance moves at half the rate over how far at a quarter, on the same way, (draws,).

    Root of the mean square over its entries; 2 for what is kept to first order, 1 for what is not kept.
    """
    moved = []
    for pieces in (2, 4):
        end = train(task, {"": Arm(task.start)}, rate=rate, steps=steps, pieces=pieces)[""].network
        moved.append((balance(end) - balance(task.start)).square().mean(1).sqrt())
    return moved[0] / moved[1]


def clock_gap(task: Task, *, rate: float, steps: int = 100) -> Tensor:
    """The relative difference of the losses, (records, draws), between the network as it is and the unbalanced
    one with a rate for each layer, FACTOR^2 and 1 / FACTOR^2 times as large for the first two: rounding."""
    layers, squared = len(task.start.weights), FACTOR**2
    rest = [1.0] * (layers - 2)
    speeds = (squared, 1 / squared, *rest, squared, 1.0, *rest)
    arms = {"as it is": Arm(task.start), "scaled": Arm(unbalanced(task.start, FACTOR), speeds)}
    looks = range(0, steps + 1, max(1, steps // 5))
    found = train(task, arms, rate=rate, steps=steps, record=looks)
    pairs = zip(found["as it is"].states, found["scaled"].states, strict=True)
    return torch.stack([task.loss(b) / task.loss(a) - 1 for a, b in pairs])


def same_functions(task: Task, network: Network, rng: np.random.Generator) -> Tensor:
    """Loss of the network renumbered, unbalanced and balanced, less its own, (3, draws): rounding."""
    others = renumbered(network, rng), unbalanced(network, 2.0), balanced(network)
    return torch.stack([task.loss(other) - task.loss(network) for other in others])


def plateau_states(
    task: Task, scale: float, *, rate: float, steps: int, height: float
) -> list[Network]:
    """States of the network from `scale` times its start, ten on the way, at which its loss is above `height`
    in every draw."""
    faint = task.start.map(lambda x: x * scale)
    looks = range(0, steps, max(1, steps // 10))
    found = train(task, {"": Arm(faint)}, rate=rate, steps=steps, record=looks)[""].states
    return [state for state in found if float(task.loss(state).min()) > height]


def downward(task: Task, states: Sequence[Network]) -> Tensor:
    """The share of states at which the loss curves down along its gradient, (draws,); nan of no states."""
    found = [curvature_along_gradient(task, state) < 0 for state in states]
    if not found:
        return torch.full((len(task.images),), torch.nan, dtype=torch.float64)
    return torch.stack(found).to(torch.float64).mean(0)


def layer_scales(task: Task) -> Tensor:
    """Mean square of the preactivations at the start over twice that of the pixels, (layers, draws).

    1 in the mean over He's starts (He et al. 2015, recalled).
    """
    found, x = [], task.images.mT
    pixels = x.square().mean((1, 2))
    for w, b in zip(task.start.weights, task.start.biases, strict=True):
        a = w @ x + b.unsqueeze(-1)
        found.append(a.square().mean((1, 2)) / (2 * pixels))
        x = a.relu()
    return torch.stack(found)
