"""Deep linear networks trained layer by layer: the plateau of rank 1 and the way past it.

Source: Arata's thesis summary, section 2; what it leaves open is derived here. Everything is float64.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.stages.stagewise import falls_below


def layerwise_gradients(
    weights: Sequence[Tensor], target: Tensor, learning_rate: float
) -> tuple[Tensor, ...]:
    """Gradients of 1/2 |W_N...W_1 - target|^2, each taken after the layers below have moved.

    With these, a step of `descend` at `learning_rate` is one sweep of layer-wise descent: W_1 moves,
    then W_2 with a fresh gradient, up to W_N (the source does not define it further; this is our
    reading). weights (..., d_j, d_(j-1)), any depth; returns a tuple like `weights`.
    """
    above = [weights[-1]]
    for w in weights[-2:0:-1]:
        above.append(above[-1] @ w)
    found, below = [], None
    for j, w in enumerate(weights):
        part = w if below is None else w @ below
        top = above[len(weights) - 2 - j] if j < len(weights) - 1 else None
        residual = (part if top is None else top @ part) - target
        g = residual if top is None else top.mT @ residual
        g = g if below is None else g @ below.mT
        found.append(g)
        moved = w - learning_rate * g
        below = moved if below is None else moved @ below
    return tuple(found)


def one_layer_gradients(weights: Sequence[Tensor], target: Tensor, turn: int) -> tuple[Tensor, ...]:
    """Gradients of 1/2 |W_N...W_1 - target|^2 in the layer of this turn, 0 in all others: like `weights`.

    turn: 0 for W_1, .., N - 1 for W_N, N for W_1 again. N steps of one turn each are one sweep of
    `layerwise_gradients`.
    """
    full = ln.gradients(weights, target)
    own = turn % len(weights)
    return tuple(g if j == own else torch.zeros_like(g) for j, g in enumerate(full))


SCHEMES = ("layer-wise", "together", "in turn")


def rank_one_plateau(
    weights: Sequence[Tensor],
    target: Tensor,
    *,
    scheme: str,
    learning_rate: float,
    steps: int,
    block: int = 5,
    every: int = 10,
) -> dict[str, Tensor]:
    """Descent of a deep network on 1/2 |W - target|^2 past its rank-1 plateau: dict of (seeds,).

    scheme: `layer-wise` (`layerwise_gradients`), `together` (plain descent), `in turn`
    (`one_layer_gradients`, `block` steps a layer). spread: largest sigma_2/sigma_1 of a layer where
    the gradient is least near the loss of the best matrix of rank 1; drop: steps in which the loss
    goes from 5% of the first fall to 95%; stay: steps from there to 5% of the second fall. A step is
    one layer's for `in turn`, a sweep else. Raises ArithmeticError where `steps` are not enough,
    ValueError for an unknown scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
    levels = target.square().sum((-2, -1))[:, None] / 2
    levels = torch.cat((levels, levels - torch.linalg.svdvals(target).square().cumsum(-1) / 2), -1)
    nothing, one, two = levels[:, :3].unbind(-1)
    slopes = {
        "in turn": lambda w, t, _, turn: one_layer_gradients(w, t, turn),
        "together": lambda w, t, _, turn: ln.gradients(w, t),
        "layer-wise": lambda w, t, _, turn: layerwise_gradients(w, t, learning_rate),
    }

    def measure(layers, target, _):
        first, second = torch.stack([torch.linalg.svdvals(w)[:, :2] for w in layers]).unbind(-1)
        power = sum(g.square().sum((1, 2)) for g in ln.gradients(layers, target))
        return {"loss": ln.loss(layers, target), "power": power, "spread": (second / first).amax(0)}

    run = descend(
        slopes[scheme],
        tuple(weights),
        Plain(learning_rate),
        problem=(target, (one + two) / 2),
        sees=lambda t, *_: (t // block,),
        steps=steps,
        record=Record(range(0, steps + 1, every), measure),
        stop=Stop(lambda w, t, low: ln.loss(w, t) < low, every=every),
    )
    if (run.stopped < 0).any():
        raise ArithmeticError(f"a seed has not left its rank-1 plateau within {steps} steps")
    loss, power, spread = (run.records[key] for key in ("loss", "power", "spread"))
    nearest = power.where((loss / one - 1).abs() < 0.5, torch.inf).argmin(0, keepdim=True)
    marks = nothing - 0.05 * (nothing - one), one + 0.05 * (nothing - one), one - 0.05 * (one - two)
    begin, end, leave = (falls_below(run.steps, loss, mark) for mark in marks)
    return {"spread": spread.gather(0, nearest)[0], "drop": end - begin, "stay": leave - end}
