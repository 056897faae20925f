"""The fully connected network of the practice room: many at once, forward and backward, with exact gradients.

On an input x of d_0 numbers, with h_0 = x and N layers,

    a_j = W_j h_(j-1) + b_j,   h_j = f(a_j)  for j < N,   scores = a_N.

What a hidden layer does is said by a `Form`. A normalized layer has

    z = W_j h_(j-1),   a_j = gain z^ + b_j,   z^ = (z - mean z) / sqrt(var z + epsilon)

where mean and variance of each unit are taken over the examples of the minibatch (batch normalization: Ioffe
and Szegedy 2015, algorithm 1), over each of its groups ("ghost batches": Hoffer, Hubara, Soudry 2017), or for
each example over its units (layer normalization: Ba, Kiros, Hinton 2016); all three recalled. Slopes of a
network are negative slopes of its rectifiers, h = max(a, 0) + slope min(a, 0), that are learned (He et al. 2015).

The loss of classifiers is the mean over the examples of minus log softmax(scores) at the label, in nats; with
probabilities q in place of labels, that of distillation at temperature T (Hinton, Vinyals, Dean 2015, section 2),

    -T^2 sum_k q_k log softmax(scores / T)_k.

Networks are side by side: tensors are (networks, ...). Inputs are (m, d_0), the same for all networks (their
first layer is then one matrix product), or (networks, m, d_0); in between an example is a column, (networks, d, m).
Everything is computed in the type of the weights, float64 but where speed decides.
"""

from collections.abc import Callable
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

EPSILON = 1e-5  # what Ioffe and Szegedy add to the variance

# --- what a unit does ------------------------------------------------------------------------------


class Activation(NamedTuple):
    """What a hidden unit does: apply(a), in place, and slope(h), f'(a) from its output h = f(a)."""

    apply: Callable
    slope: Callable


RELU = Activation(torch.Tensor.relu_, torch.Tensor.sign)
TANH = Activation(torch.Tensor.tanh_, lambda h: 1 - h * h)
SIGMOID = Activation(torch.Tensor.sigmoid_, lambda h: h * (1 - h))
LINEAR = Activation(lambda a: a, torch.ones_like)


def leaky(slope: float) -> Activation:
    """The leaky rectifier max(a, 0) + slope min(a, 0). Raises ValueError for slope < 0.

    >>> leaky(0.5).apply(torch.tensor([-2.0, 3.0])).tolist()
    [-1.0, 3.0]
    """
    if not 0 <= slope < np.inf:
        raise ValueError(f"slope must be at least 0 and finite, got {slope}")
    if slope > 1:
        return Activation(
            lambda a: torch.nn.functional.leaky_relu_(a, slope),
            lambda h: torch.where(h > 0, 1.0, slope).to(h.dtype),
        )
    return Activation(  # clamping is four times as fast as choosing
        lambda a: torch.nn.functional.leaky_relu_(a, slope),
        lambda h: h.sign().clamp_(min=slope),
    )


class Form(NamedTuple):
    """What does not descend.

    activation: of every hidden layer (not asked where the network has slopes of its own).
    normalized: True, all hidden layers; False, none; or a tuple of their places 0..N-2, rising.
    groups: so many runs of neighbours, of examples or of units, are normalized apart.
    epsilon: what is added to the variance.
    centred, scaled: what normalization does: take off the mean; divide by the sd (not centred: by the root
        mean square).
    over: "examples" of the minibatch, or "units" of the layer.
    """

    activation: Activation = RELU
    normalized: bool | tuple[int, ...] = False
    groups: int = 1
    epsilon: float = EPSILON
    centred: bool = True
    scaled: bool = True
    over: str = "examples"

    def places(self, depth: int) -> tuple[int, ...]:
        """The normalized ones of the hidden layers 0..depth - 2."""
        if self.normalized is True:
            return tuple(range(depth - 1))
        return self.normalized or ()


PLAIN = Form()


class Network(NamedTuple):
    """What descends, of any number of networks.

    weights: W_1..W_N, each (networks, d_j, d_(j-1)); biases: b_1..b_N, each (networks, d_j).
    gains: of the normalized layers, in their order, each (networks, d_j); () leaves them at 1.
    slopes: () or one tensor (networks, N - 1), the negative slope of every hidden layer.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    gains: tuple[Tensor, ...] = ()
    slopes: tuple[Tensor, ...] = ()

    def tensors(self) -> tuple[Tensor, ...]:
        """All of them in one tuple, as `descend` takes them."""
        return (*self.weights, *self.biases, *self.gains, *self.slopes)

    def like(self, tensors: tuple[Tensor, ...]) -> "Network":
        """A network of this shape out of what `descend` brings back."""
        rest = iter(tensors)
        return Network(*(tuple(islice(rest, len(part))) for part in self))

    def map(self, change: Callable[[Tensor], Tensor]) -> "Network":
        """The network with change(x) for each of its tensors, such as `lambda x: x[:3]`."""
        return Network(*(tuple(map(change, part)) for part in self))

    def repeated(self, arms: int) -> "Network":
        """So many arms of the same networks, one after the other."""
        return self.map(lambda x: x.repeat(arms, *[1] * (x.ndim - 1)))

    def with_gains(self, form: Form) -> "Network":
        """The network with a gain of 1 for each unit of the layers that this form normalizes."""
        places = form.places(len(self.weights))
        return self._replace(gains=tuple(torch.ones_like(self.biases[j]) for j in places))

    @property
    def count(self) -> int:
        """How many networks there are."""
        return len(self.weights[0]) if self.weights else 0


def joined(networks: list[Network]) -> Network:
    """One `Network` of all these, one after the other: rivals that differ in start, side by side.

    >>> one = Network((torch.ones(2, 1, 3),), (torch.zeros(2, 1),))
    >>> joined([one, one]).count
    4
    """
    return networks[0].like(
        tuple(map(torch.cat, zip(*(n.tensors() for n in networks), strict=True)))
    )


class Packing:
    """Neighbouring tensors of one shape in one tensor, (networks, k, ...): a rule such as Adam then has fewer to
    walk over, which is a seventh of the time of deep thin networks.

    >>> deep = Network((torch.ones(2, 3, 3),) * 5, (torch.zeros(2, 3),) * 5)
    >>> [tuple(x.shape) for x in Packing(deep).pack(deep)]
    [(2, 5, 3, 3), (2, 5, 3)]
    """

    def __init__(self, network: Network):
        self._like = network.map(lambda x: x[:0])
        shapes = [x.shape for x in self._like.tensors()]
        self._sizes = [len(list(same)) for _, same in groupby(shapes)]

    def pack(self, network: Network) -> tuple[Tensor, ...]:
        """The tensors of a network of this shape, packed."""
        rest = iter(network.tensors())
        runs = [list(islice(rest, n)) for n in self._sizes]
        return tuple(torch.stack(run, 1) if len(run) > 1 else run[0] for run in runs)

    def unpack(self, tensors: tuple[Tensor, ...]) -> Network:
        """The network, made of views of packed tensors."""
        pairs = zip(self._sizes, tensors, strict=True)
        return self._like.like([x for n, t in pairs for x in (t.unbind(1) if n > 1 else (t,))])


# --- checks ----------------------------------------------------------------------------------------


def _check_tensors(**named):
    for name, part in named.items():
        if not isinstance(part, tuple | list):
            raise ValueError(f"{name} must be a tuple of tensors, got {type(part).__name__}")
        for x in part:
            if not isinstance(x, Tensor):
                raise ValueError(f"{name} must hold tensors, got {type(x).__name__}")


def _check_shapes(network, form):
    weights, biases, gains, slopes = network
    if len(weights) == 0 or any(w.ndim != 3 or len(w) == 0 for w in weights):
        raise ValueError("weights must be one matrix (networks, d_j, d_(j-1)) or more")
    for j, (below, w) in enumerate(zip(weights, weights[1:], strict=False), 2):
        if w.shape[-1] != below.shape[-2] or len(w) != len(below):
            raise ValueError(
                f"weights do not chain: W_{j - 1} is {tuple(below.shape)}, W_{j} is {tuple(w.shape)}"
            )
    rows = [tuple(w.shape[:2]) for w in weights]
    if [tuple(b.shape) for b in biases] != rows:
        raise ValueError("biases must be (networks, d_j), one for each matrix of weights")
    places = form.places(len(weights))
    if list(places) != sorted({*places} & {*range(len(weights) - 1)}):
        raise ValueError(f"normalized must be hidden layers 0..{len(weights) - 2}, got {places}")
    if form.over not in ("examples", "units"):
        raise ValueError(f"over must be 'examples' or 'units', got {form.over!r}")
    if gains and [tuple(g.shape) for g in gains] != [rows[j] for j in places]:
        raise ValueError(
            f"gains must be () or {[rows[j] for j in places]}, as layers are normalized"
        )
    wanted = (len(weights[0]), len(weights) - 1)
    if slopes and [tuple(s.shape) for s in slopes] != [wanted]:
        raise ValueError(f"slopes must be () or one tensor {wanted}, one for each hidden layer")


def check(network: Network, images: Tensor, form: Form = PLAIN) -> None:
    """Raises ValueError for a network, a form and images (m, d_0) or (networks, m, d_0) that do not fit."""
    if not isinstance(network, Network):
        raise ValueError(f"network must be a Network, got {type(network).__name__}")
    _check_tensors(**network._asdict(), images=(images,))
    types = {x.dtype for x in network.tensors()}
    if not types <= {torch.float64} and not types <= {torch.float32}:
        raise ValueError("weights and biases must all be float64, or all float32")
    _check_shapes(network, form)
    count, size, shape = network.count, network.weights[0].shape[-1], tuple(images.shape)
    if not (images.ndim == 2 or (images.ndim == 3 and shape[0] == count)) or shape[-1] != size:
        raise ValueError(
            f"images must be (m, {size}) or ({count}, m, {size}) as W_1 asks, got {shape}"
        )
    if not torch.isfinite(images).all():
        raise ValueError("images must be finite")


def check_labels(network: Network, images: Tensor, labels: Tensor) -> None:
    """Raises ValueError unless labels are one an image, int64 and below the number of classes."""
    classes = network.weights[-1].shape[-2]
    _check_tensors(labels=(labels,))
    if labels.dtype != torch.int64:
        raise ValueError(f"labels must be int64, got {labels.dtype}")
    if labels.shape != images.shape[:-1]:
        raise ValueError(
            f"labels must be {tuple(images.shape[:-1])}, one an image, got {tuple(labels.shape)}"
        )
    if labels.numel() == 0 or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(f"labels must lie in 0..{classes - 1}, one image or more")


def check_targets(
    network: Network, images: Tensor, targets: Tensor, temperature: float = 1.0
) -> None:
    """Raises ValueError unless targets are labels, or probabilities (..., m, classes), of these images."""
    if not (0 < temperature < np.inf):
        raise ValueError(f"temperature must be positive and finite, got {temperature}")
    _check_tensors(labels=(targets,))
    if not targets.is_floating_point():
        return check_labels(network, images, targets)
    shape = (*images.shape[:-1], network.weights[-1].shape[-2])
    if targets.shape != shape or targets.dtype != network.weights[0].dtype:
        raise ValueError(
            f"labels as probabilities must be {network.weights[0].dtype} {shape}, "
            f"got {targets.dtype} {tuple(targets.shape)}"
        )
    if not ((targets >= 0).all() and ((targets.sum(-1) - 1).abs() < 1e-5).all()):
        raise ValueError("labels as probabilities must be at least 0 and sum to 1")


# --- normalization ---------------------------------------------------------------------------------


def normalize(
    values: Tensor,
    groups: int = 1,
    epsilon: float = EPSILON,
    statistics: tuple[Tensor, Tensor] | None = None,
    *,
    centred: bool = True,
    scaled: bool = True,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Values (..., m) of mean 0 and variance 1 over the examples of each group, and (mean, sd) before.

    groups: so many runs of m / groups neighbours, each with its own mean and sd, (..., groups).
    statistics: (mean, sd), each (..., 1), to be used instead. sd = sqrt(variance + epsilon), the variance
    that of the group itself (divided by m / groups). centred=False: mean is 0 and the sd becomes the root
    mean square; scaled=False: sd is 1. Raises ValueError for groups that do not divide m
    or hold one example, values that are not float64, epsilon < 0.

    >>> normalize(torch.tensor([[1.0, 3.0, 0.0, 8.0]]).double(), 2, 0.0)[0].tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    m = values.shape[-1]
    if values.dtype != torch.float64 or not 0 <= epsilon < np.inf:
        raise ValueError(
            f"values must be float64, epsilon at least 0; got {values.dtype}, {epsilon}"
        )
    if statistics is not None:
        mean, sd = statistics
        return (values - mean) / sd, (mean, sd)
    if groups < 1 or m % groups or m // groups < 2:
        raise ValueError(f"groups must divide the {m} examples into two or more, got {groups}")
    parts = values.unflatten(-1, (groups, m // groups))
    mean = parts.mean(-1) if centred else parts.new_zeros(parts.shape[:-1])
    parts = parts - mean.unsqueeze(-1)
    sd = (parts.square().mean(-1) + epsilon).sqrt_() if scaled else torch.ones_like(mean)
    return parts.div_(sd.unsqueeze(-1)).flatten(-2), (mean, sd)


def slope_before(
    slope: Tensor, normalized: Tensor, sd: Tensor, *, centred: bool = True, scaled: bool = True
) -> Tensor:
    """Derivative in the values, from that in the normalized ones: both (..., m).

    slope D at z^ = `normalized`, with sd (..., groups) as `normalize` gives them; in every group

        (D - mean D - z^ mean(D z^)) / sd        (Ioffe and Szegedy 2015, section 3)

    mean and sd move with the values: what is left is across (1, ..., 1), and across z^ where epsilon is 0.
    Without centring mean D falls away, without scaling z^ mean(D z^).

    >>> z, (_, sd) = normalize(torch.tensor([1.0, 2.0, 4.0]).double(), 1, 0.0)
    >>> slope_before(5 * z + 3, z, sd).abs().max().item() < 1e-12
    True
    """
    groups = (sd.shape[-1], slope.shape[-1] // sd.shape[-1])
    slope, normalized = slope.unflatten(-1, groups), normalized.unflatten(-1, groups)
    found = slope - slope.mean(-1, keepdim=True) if centred else slope.clone()
    if scaled:
        along = (slope * normalized).mean(-1, keepdim=True)
        found = found.addcmul_(normalized, along, value=-1)
    return found.div_(sd.unsqueeze(-1)).flatten(-2)


# --- forward and backward --------------------------------------------------------------------------


class Pass(NamedTuple):
    """What a pass leaves, examples as columns.

    inputs: [x, h_1, ..] of every layer, (networks, d, m), or (d_0, m) where all see the same images; scores.
    normalized, statistics: {place: z^} and {place: (mean, sd)} of the normalized layers.
    below: [min(a_1, 0), ..] where the network has slopes of its own.
    """

    inputs: list[Tensor]
    scores: Tensor
    normalized: dict[int, Tensor]
    statistics: dict[int, tuple[Tensor, Tensor]]
    below: list[Tensor]


def stacked_product(a: Tensor, b: Tensor) -> Tensor:
    """The products a @ b of stacks of matrices (..., k, l) and (..., l, m); numpy's BLAS is the faster one on small ones.

    Measured at 10 to 80 networks of 3 to 100 units: 2 to 3 times as fast as torch's on an AMD EPYC.
    Where autograd may be watching it is torch's.

    >>> stacked_product(torch.ones(3, 1, 2), torch.ones(3, 2, 1)).flatten().tolist()
    [2.0, 2.0, 2.0]
    """
    if torch.is_grad_enabled() or a.requires_grad or b.requires_grad:
        return a @ b
    return torch.from_numpy(np.matmul(a.numpy(), b.numpy()))


def _product(w, x, bias=None):
    """W x + bias, (networks, d, m): x (networks, d_0, m), or (sets, d_0, m) or (d_0, m), each in one product
    for all the neighbours that see it."""
    if x.ndim == 2:
        found = stacked_product(w.flatten(0, 1), x)
    elif len(x) == len(w):
        found = stacked_product(w, x)
    else:
        found = stacked_product(w.reshape(len(x), -1, w.shape[-1]), x)
    found = found.view(*w.shape[:2], -1)
    return found if bias is None else found.add_(bias.unsqueeze(-1))


def _outer(delta, x):
    """Delta x^T, (networks, d, d_0), the reverse of `_product`."""
    if x.ndim == 2:
        found = stacked_product(delta.flatten(0, 1), x.mT)
    elif len(x) == len(delta):
        return stacked_product(delta, x.mT)
    else:
        found = stacked_product(delta.reshape(len(x), -1, delta.shape[-1]), x.mT)
    return found.view(*delta.shape[:2], -1)


def forward(
    network: Network,
    images: Tensor,
    form: Form = PLAIN,
    statistics: dict[int, tuple[Tensor, Tensor]] | None = None,
) -> Pass:
    """The `Pass` of images (m, d_0) or (networks, m, d_0). Nothing is checked: a step of descent calls it.

    Images may also be (sets, m, d_0), each set seen by networks / sets neighbours.
    statistics: those of another pass, in place of the minibatch's own (units are always normalized by
    their own).
    """
    weights, biases, gains, slopes = network
    places, over_units = form.places(len(weights)), form.over == "units"
    how = {"centred": form.centred, "scaled": form.scaled}
    run = Pass([images.mT], images, {}, {}, [])
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        if j in places:
            z = _product(w, run.inputs[-1])
            given = None if statistics is None or over_units else statistics[j]
            z, found = normalize(z.mT if over_units else z, form.groups, form.epsilon, given, **how)
            z = z.mT if over_units else z
            run.normalized[j], run.statistics[j] = z, found
            shift = b.unsqueeze(-1)
            gain = gains[places.index(j)].unsqueeze(-1) if gains else None
            out = z + shift if gain is None else torch.addcmul(shift, z, gain)
        else:
            out = _product(w, run.inputs[-1], b)
        if j == len(weights) - 1:
            return run._replace(scores=out)
        if slopes:
            run.below.append(out.clamp(max=0))
            out = out.addcmul_(run.below[-1], (slopes[0][:, j] - 1)[:, None, None])
            run.inputs.append(out)
        else:
            run.inputs.append(form.activation.apply(out))


def _through_slopes(delta, below, slopes):
    """Derivative (before the rectifiers, in their slopes) from `delta` after them, which is overwritten;
    so is `below`, the negative part of what went in."""
    pair = delta.flatten(1).numpy(), below.flatten(1).numpy()
    by_slopes = torch.from_numpy(np.einsum("rn,rn->r", *pair))
    below.sign_().mul_(delta)  # minus delta where a < 0, else 0
    return delta.addcmul_(below, (1 - slopes)[:, None, None]), by_slopes


def backward(
    network: Network, run: Pass, pull: Tensor, form: Form = PLAIN, *, to_images: bool = False
) -> Network | tuple[Network, Tensor]:
    """The gradient, a `Network`, from the derivative in the scores, `pull` (networks, d_N, m).

    run: as `forward` gives it, of the same network and form; it is used up. to_images=True: (gradient,
    derivative in the images as columns (networks, d_0, m)). With delta_N = pull, and delta_j before the
    unit and its normalization: dW_j = delta_j h_(j-1)^T, delta_(j-1) = (W_j^T delta_j) f'(a_(j-1)).
    """
    weights, _, gains, slopes = network
    places, over_units = form.places(len(weights)), form.over == "units"
    how = {"centred": form.centred, "scaled": form.scaled}
    delta, by_weights, by_biases, by_gains, by_slopes = pull, [], [], [], []
    for j in reversed(range(len(weights))):
        if j < len(weights) - 1:
            if slopes:
                delta, own = _through_slopes(delta, run.below[j], slopes[0][:, j])
                by_slopes.append(own)
            else:
                delta = delta.mul_(form.activation.slope(run.inputs[j + 1]))
        # one example needs no sum, and a third of the time of its step is saved
        by_biases.append(delta.sum(-1) if delta.shape[-1] > 1 else delta.squeeze(-1))
        if j in places:
            z, (_, sd) = run.normalized[j], run.statistics[j]
            if gains:
                by_gains.append((delta * z).sum(-1))
                delta = delta.mul_(gains[places.index(j)].unsqueeze(-1))
            if over_units:
                delta = slope_before(delta.mT, z.mT, sd, **how).mT
            else:
                delta = slope_before(delta, z, sd, **how)
        by_weights.append(_outer(delta, run.inputs[j]))
        if j or to_images:
            delta = stacked_product(weights[j].mT, delta)
    parts = by_weights, by_biases, by_gains, [torch.stack(by_slopes[::-1], 1)] if slopes else []
    found = Network(*(tuple(reversed(part)) for part in parts))
    return (found, delta) if to_images else found


def cross_entropy_pull(scores: Tensor, targets: Tensor, temperature: float = 1.0) -> Tensor:
    """Derivative of the mean loss in the scores, which it overwrites: T (softmax(scores / T) - targets) / m.

    scores (networks, classes, m); targets: probabilities like them, (sets, classes, m), each for
    networks / sets neighbours, or (classes, m).
    """
    if temperature != 1:
        scores.div_(temperature)
    pull = torch.softmax(scores, 1, out=scores)
    sets = len(targets) if targets.ndim == 3 else 1
    pull.unflatten(0, (sets, -1)).sub_(targets.unsqueeze(-3))
    if temperature != 1:
        pull.mul_(temperature)
    return pull.div_(scores.shape[-1]) if scores.shape[-1] > 1 else pull


def mean_gradient(
    network: Network, images: Tensor, targets: Tensor, form: Form = PLAIN, temperature: float = 1.0
) -> Network:
    """Gradient of the mean loss, unchecked, for a step of descent; targets as in `cross_entropy_pull`."""
    run = forward(network, images, form)
    return backward(network, run, cross_entropy_pull(run.scores, targets, temperature), form)


# --- what is asked of networks ---------------------------------------------------------------------


def columns(network: Network, targets: Tensor) -> Tensor:
    """Labels (..., m) or probabilities (..., m, classes) as probabilities (..., classes, m)."""
    if targets.is_floating_point():
        return targets.mT
    classes = network.weights[-1].shape[-2]
    return torch.nn.functional.one_hot(targets, classes).mT.to(network.weights[0].dtype)


def loss_gradient(
    network: Network, images: Tensor, labels: Tensor, form: Form = PLAIN, temperature: float = 1.0
) -> Network:
    """Gradient of the mean loss, a `Network`.

    images (m, d_0) with labels (m,), or (networks, m, d_0) with (networks, m); or labels as probabilities
    (..., m, classes), with the loss of distillation at this temperature. Mean and sd of normalized layers are
    those of the minibatch, and move with the weights. Raises ValueError if the shapes do not chain, a label
    names no class or targets are none.
    """
    check(network, images, form)
    check_targets(network, images, labels, temperature)
    images = images.to(network.weights[0].dtype)
    return mean_gradient(network, images, columns(network, labels), form, temperature)


def layers(
    network: Network,
    images: Tensor,
    form: Form = PLAIN,
    statistics: dict[int, tuple[Tensor, Tensor]] | None = None,
) -> Pass:
    """The `Pass` of images (m, d_0) or (networks, m, d_0), checked; statistics: of another pass.

    Raises ValueError if the shapes do not chain.

    >>> net = Network((torch.ones(1, 3, 2), torch.ones(1, 1, 3)), (torch.zeros(1, 3), torch.zeros(1, 1)))
    >>> run = layers(net, torch.tensor([[1.0, 2.0]]))
    >>> run.inputs[1].flatten().tolist(), run.scores.flatten().tolist()
    ([3.0, 3.0, 3.0], [9.0])
    """
    check(network, images, form)
    return forward(network, images.to(network.weights[0].dtype), form, statistics)


def scores(network: Network, images: Tensor, form: Form = PLAIN, **statistics) -> Tensor:
    """Scores (networks, m, classes) of images (m, d_0), or (sets, m, d_0): network r has set r mod sets.

    Raises ValueError for networks that are no multiple of the sets.
    """
    if images.ndim == 3 and network.count % len(images):
        raise ValueError(f"networks must be a multiple of the {len(images)} sets of images")
    if images.ndim == 3 and network.count != len(images):
        images = images.repeat(network.count // len(images), 1, 1)
    return layers(network, images, form, **statistics).scores.mT


def accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of images whose largest score is that of their label, (...,); scores (..., n, classes).

    >>> accuracy(torch.eye(2), torch.tensor([0, 0])).item()
    0.5
    """
    return (scores.argmax(-1) == labels).double().mean(-1)


def evaluate(
    network: Network, images: Tensor, labels: Tensor, form: Form = PLAIN
) -> tuple[Tensor, Tensor]:
    """Mean loss [nats] and accuracy of every network on these images: two tensors (networks,).

    images (m, d_0) with labels (m,), or (networks, m, d_0) with (networks, m). Layers that are normalized over
    examples use the statistics of all these images. Raises ValueError if the shapes do not chain or a
    label names no class.

    >>> net = Network((torch.zeros(1, 10, 4),), (torch.zeros(1, 10),))
    >>> [round(float(x), 4) for x in evaluate(net, torch.ones(2, 4), torch.tensor([0, 3]))]
    [2.3026, 0.5]
    """
    check(network, images, form)
    check_labels(network, images, labels)
    loss = correct = 0
    piece = max(1, 3_000_000 // network.weights[0].shape[:2].numel())  # keeps the activations small
    if form.places(len(network.weights)) and form.over == "examples":
        piece = labels.shape[-1]
    parts = images.to(network.weights[0].dtype).split(piece, -2), labels.split(piece, -1)
    for x, y in zip(*parts, strict=True):
        found = forward(network, x, form).scores
        own = found.gather(1, y.unsqueeze(-2).expand(len(found), 1, -1)).squeeze(1)
        loss = loss + (found.logsumexp(1) - own).sum(-1)
        correct = correct + (found.argmax(1) == y).sum(-1)
    m = labels.shape[-1]
    return loss / m, correct.to(loss.dtype) / m
