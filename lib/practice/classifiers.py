"""Many networks at once, trained as classifiers on minibatches, with exact gradients.

A network of depth N is a tuple of weights W_1..W_N, W_j of shape (networks, d_j, d_(j-1)), and a
tuple of biases b_j (networks, d_j). On images x (m, d_0) with labels (m,) in 0..d_N - 1:

    a_1 = W_1 x + b_1,  a_j = W_j f(a_(j-1)) + b_j,  scores = a_N
    loss = mean over images of  log sum_k exp(scores_k) - scores_label      (cross-entropy, nats)

f is relu unless an `Activation` is named. Probabilities q over the classes in place of labels make the
loss of distillation at temperature T (Hinton, Vinyals, Dean 2015, section 2):

    loss = mean over images of  -T^2 sum_k q_k log softmax(scores / T)_k

Where all networks see the same images, the first layer of all of them is one matrix product. Images
(networks, m, d_0) with labels (networks, m) give each network its own. Everything is computed in the
type of the weights: float64, or float32 where speed decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.descent import DivergenceError, descend

# --- the model -----------------------------------------------------------------------------------


class Activation(NamedTuple):
    """What a hidden unit does: apply(a), in place, and slope(h), f'(a) from its output h = f(a)."""

    apply: Callable
    slope: Callable


RELU = Activation(torch.Tensor.relu_, torch.Tensor.sign)
TANH = Activation(torch.Tensor.tanh_, lambda h: 1 - h * h)
SIGMOID = Activation(torch.Tensor.sigmoid_, lambda h: h * (1 - h))


def leaky(slope):
    """The leaky rectifier max(a, 0) + slope min(a, 0), an `Activation`. Raises ValueError for slope < 0.

    >>> leaky(0.5).apply(torch.tensor([-2.0, 3.0])).tolist()
    [-1.0, 3.0]
    """
    if not 0 <= slope < np.inf:
        raise ValueError(f"slope must be at least 0 and finite, got {slope}")
    return Activation(
        lambda a: torch.nn.functional.leaky_relu_(a, slope),
        lambda h: torch.where(h > 0, 1.0, slope).to(h.dtype),
    )


def _check_tensors(**named):
    for name, x in named.items():
        if not isinstance(x, torch.Tensor):
            raise ValueError(f"{name} must be a tensor, got {type(x).__name__}")


def _check_network(weights, biases, images, own=False):
    for name, part in (("weights", weights), ("biases", biases)):
        if not isinstance(part, tuple | list):
            raise ValueError(f"{name} must be a tuple of tensors, got {type(part).__name__}")
        _check_tensors(**{f"{name}[{j}]": x for j, x in enumerate(part)})
    _check_tensors(images=images)
    types = {x.dtype for part in (weights, biases) for x in part}
    if not types <= {torch.float64} and not types <= {torch.float32}:
        raise ValueError("weights and biases must all be float64, or all float32")
    if len(weights) == 0 or any(w.ndim != 3 or len(w) == 0 for w in weights):
        raise ValueError("weights must be one matrix (networks, d_j, d_(j-1)) or more")
    for j, (below, w) in enumerate(zip(weights, weights[1:], strict=False), 2):
        if w.shape[-1] != below.shape[-2] or len(w) != len(below):
            raise ValueError(
                f"weights do not chain: W_{j - 1} is {tuple(below.shape)}, W_{j} is {tuple(w.shape)}"
            )
    if [tuple(b.shape) for b in biases] != [tuple(w.shape[:2]) for w in weights]:
        raise ValueError("biases must be (networks, d_j), one for each matrix of weights")
    size, shape = weights[0].shape[-1], tuple(images.shape)
    apart = own and images.ndim == 3 and len(images) == len(weights[0])
    if not (images.ndim == 2 or apart) or shape[-1] != size:
        also = f" or ({len(weights[0])}, m, {size})" if own else ""
        raise ValueError(f"images must be (m, {size}){also} as W_1 asks, got {shape}")
    if not torch.isfinite(images).all():
        raise ValueError("images must be finite")


def _check_labels(weights, images, labels):
    classes = weights[-1].shape[-2]
    _check_tensors(labels=labels)
    if labels.dtype != torch.int64:
        raise ValueError(f"labels must be int64, got {labels.dtype}")
    if labels.shape != images.shape[:-1]:
        raise ValueError(
            f"labels must be {tuple(images.shape[:-1])}, one an image, got {tuple(labels.shape)}"
        )
    if labels.numel() == 0 or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(f"labels must lie in 0..{classes - 1}, one image or more")


def _check_targets(weights, images, targets, temperature):
    """Labels, or probabilities (..., m, classes) of the type of the weights."""
    if not (0 < temperature < np.inf):
        raise ValueError(f"temperature must be positive and finite, got {temperature}")
    _check_tensors(labels=targets)
    if not targets.is_floating_point():
        return _check_labels(weights, images, targets)
    shape = (*images.shape[:-1], weights[-1].shape[-2])
    if targets.shape != shape or targets.dtype != weights[0].dtype:
        raise ValueError(
            f"labels as probabilities must be {weights[0].dtype} {shape}, "
            f"got {targets.dtype} {tuple(targets.shape)}"
        )
    if not ((targets >= 0).all() and ((targets.sum(-1) - 1).abs() < 1e-5).all()):
        raise ValueError("labels as probabilities must be at least 0 and sum to 1")


def uniform_start(widths, networks, rng, dtype=torch.float64):
    """Weights and biases drawn uniformly from +-1/sqrt(d_(j-1)): (weights, biases).

    The default start of a linear layer in Torch, used by Choromanska et al. 2015 (their code).
    widths: d_0..d_N; rng: numpy generator. Raises ValueError for widths or networks below 1.

    >>> weights, biases = uniform_start([4, 3, 2], 10, np.random.default_rng(0))
    >>> [tuple(x.shape) for x in (*weights, *biases)]
    [(10, 3, 4), (10, 2, 3), (10, 3), (10, 2)]
    """
    widths = [whole_number("widths", d, 1) for d in widths]
    networks = whole_number("networks", networks, 1)
    if len(widths) < 2 or not isinstance(rng, np.random.Generator):
        raise ValueError("widths must be d_0..d_N, two or more, and rng a numpy generator")

    def draw(fan_in, *shape):
        side = fan_in**-0.5
        return torch.from_numpy(rng.uniform(-side, side, (networks, *shape))).to(dtype)

    pairs = list(zip(widths, widths[1:], strict=False))
    weights = tuple(draw(a, b, a) for a, b in pairs)
    return weights, tuple(draw(a, b) for a, b in pairs)


def _forward(weights, biases, images, activation=RELU):
    """Inputs of every layer and the scores; an image is a column: [x, f(a_1), ...], (R, d_N, m)."""
    if images.ndim == 3:
        out = torch.baddbmm(biases[0].unsqueeze(-1), weights[0], images.mT)
    else:
        first = torch.addmm(biases[0].flatten(), images, weights[0].flatten(0, 1).mT)
        out = first.view(len(images), *biases[0].shape).permute(1, 2, 0)
    inputs = [images]
    for w, b in zip(weights[1:], biases[1:], strict=True):
        inputs.append(activation.apply(out))
        out = torch.baddbmm(b.unsqueeze(-1), w, out)
    return inputs, out


def _backward(weights, inputs, scores, targets, activation=RELU, temperature=1.0):
    """Derivative of the summed loss in a_1..a_N: list of (networks, d_j, m). Overwrites `scores`."""
    last = torch.softmax(scores if temperature == 1 else scores.div_(temperature), 1, out=scores)
    deltas = [last.sub_(targets) if temperature == 1 else last.sub_(targets).mul_(temperature)]
    for w, x in zip(reversed(weights[1:]), reversed(inputs[1:]), strict=True):
        deltas.append((w.mT @ deltas[-1]).mul_(activation.slope(x)))
    return deltas[::-1]


def _inputs_innermost(w):
    """The same (R, d_1, d_0) tensor, laid out in memory as (d_0, R, d_1): its two products are a
    quarter to a half faster so."""
    return w.permute(2, 0, 1).contiguous().permute(1, 2, 0)


def _one_hot(weights, labels):
    classes = weights[-1].shape[-2]
    return torch.nn.functional.one_hot(labels, classes).mT.to(weights[0].dtype)


def _columns(weights, labels):
    """The target probabilities as columns: (classes, m) or (networks, classes, m)."""
    return labels.mT if labels.is_floating_point() else _one_hot(weights, labels)


def layer_outputs(weights, biases, images, activation=RELU):
    """[h_1, ..., h_(N-1), scores] of every network, each (networks, d_j, m): columns are images.

    images (m, d_0), or (networks, m, d_0). Raises ValueError if the shapes do not chain.
    """
    _check_network(weights, biases, images, own=True)
    inputs, scores = _forward(weights, biases, images.to(weights[0].dtype), activation)
    return [*inputs[1:], scores]


def logits(weights, biases, images, activation=RELU):
    """Scores a_N of every network and image, (networks, d_N, m), from images (m, d_0).

    images: (networks, m, d_0) where each network has its own. Raises ValueError if the shapes do not
    chain.
    """
    return layer_outputs(weights, biases, images, activation)[-1]


def evaluate(weights, biases, images, labels, activation=RELU):
    """Mean loss [nats] and accuracy of every network on these images: two tensors (networks,).

    images (m, d_0) with labels (m,), or (networks, m, d_0) with (networks, m). Raises ValueError if the
    shapes do not chain or a label names no class.

    >>> weights, biases = (torch.zeros(1, 10, 4),), (torch.zeros(1, 10),)
    >>> [round(float(x), 4) for x in evaluate(weights, biases, torch.ones(2, 4), torch.tensor([0, 3]))]
    [2.3026, 0.5]
    """
    _check_network(weights, biases, images, own=True)
    _check_labels(weights, images, labels)
    loss = correct = 0
    piece = max(1, 3_000_000 // weights[0].shape[:2].numel())  # keeps the activations small
    parts = images.to(weights[0].dtype).split(piece, -2), labels.split(piece, -1)
    for x, y in zip(*parts, strict=True):
        scores = _forward(weights, biases, x, activation)[1]
        own = scores.gather(1, y.unsqueeze(-2).expand(len(scores), 1, -1)).squeeze(1)
        loss = loss + (scores.logsumexp(1) - own).sum(-1)
        correct = correct + (scores.argmax(1) == y).sum(-1)
    m = labels.shape[-1]
    return loss / m, correct.to(loss.dtype) / m


def dead_units(weights, biases, images):
    """Number of units of the first hidden layer that are off on every one of these images, (networks,).

    Such a unit has no gradient there: descent on these images never wakes it again.
    Raises ValueError if there is no image, or the shapes do not chain.

    >>> weights, biases = uniform_start([4, 3, 2], 1, np.random.default_rng(0))
    >>> int(dead_units((0 * weights[0], weights[1]), (biases[0] - 1, biases[1]), torch.ones(5, 4)))
    3
    """
    _check_network(weights, biases, images)
    if len(images) == 0:
        raise ValueError("images must be one or more")
    first = torch.tensordot(weights[0], images.to(weights[0].dtype), dims=([2], [1]))
    return (first + biases[0].unsqueeze(-1) <= 0).all(-1).sum(-1)


def _gradients(weights, biases, images, targets, activation=RELU, temperature=1.0):
    inputs, scores = _forward(weights, biases, images, activation)
    deltas = _backward(weights, inputs, scores, targets, activation, temperature)
    inputs[0] = images.mT  # images are rows, the inputs of later layers columns
    m = images.shape[-2]
    by_weights = tuple(d @ x.mT for d, x in zip(deltas, inputs, strict=True))
    if m == 1:  # a third of the time of a step on one image
        return by_weights, tuple(d.squeeze(-1) for d in deltas)
    return tuple(g.div_(m) for g in by_weights), tuple(d.mean(-1) for d in deltas)


def gradients(weights, biases, images, labels, activation=RELU, temperature=1.0):
    """Gradient of the mean loss: (in the weights, in the biases), tuples like `weights`, `biases`.

    images and labels as in `evaluate`; or labels as probabilities (m, classes), or (networks, m,
    classes), with the loss of distillation at this temperature.

    With delta_N = T (softmax(a_N / T) - target), delta_(j-1) = (W_j^T delta_j) f'(a_(j-1)):
    dloss/dW_j = mean of delta_j (input of layer j)^T, dloss/db_j = mean of delta_j.
    Raises ValueError if the shapes do not chain, a label names no class or targets are none.
    """
    _check_network(weights, biases, images, own=True)
    _check_targets(weights, images, labels, temperature)
    images, targets = images.to(weights[0].dtype), _columns(weights, labels)
    return _gradients(weights, biases, images, targets, activation, temperature)


def gradient_norm(weights, biases, images, labels):
    """Norm of the gradient of the mean loss in all parameters together, (networks,)."""
    parts = [g.flatten(1) for part in gradients(weights, biases, images, labels) for g in part]
    return torch.cat(parts, 1).norm(dim=1)


# --- training ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Training:
    """What `train` brings back.

    weights, biases: the final networks.
    epochs: the recorded epochs, int64 (records,).
    records: name -> (records, ...) as measured after those epochs.
    """

    weights: tuple
    biases: tuple
    epochs: torch.Tensor
    records: dict


def _step(weights, biases, images, one_hot, learning_rate):
    """One step of descent on one minibatch, in place."""
    inputs, scores = _forward(weights, biases, images)
    deltas = _backward(weights, inputs, scores, one_hot)
    share = -learning_rate / len(images)
    weights[0].flatten(0, 1).addmm_(deltas[0].flatten(0, 1), images, alpha=share)
    for w, d, x in zip(weights[1:], deltas[1:], inputs[1:], strict=True):
        w.baddbmm_(d, x.mT, alpha=share)
    for b, d in zip(biases, deltas, strict=True):
        b.add_(d.sum(-1), alpha=share)


@torch.no_grad()
def train(
    weights,
    biases,
    images,
    labels,
    *,
    learning_rate,
    batch_size,
    epochs,
    rng,
    falling=False,
    record=(),
    measure=None,
    keep_diverged=False,
):
    """Stochastic gradient descent on all networks at once: a `Training`.

    Every epoch goes once through the images in a fresh order, the same for all networks; the last
    minibatch of an epoch may be short. The arguments are not changed.

    weights, biases: the start, tuples of (networks, d_j, d_(j-1)) and (networks, d_j).
    images (m, d_0), labels (m,): the training set, turned into the type of the weights.
    learning_rate: of every step; with `falling=True` it falls linearly, step by step, to 0.
    batch_size, epochs: whole numbers; rng: the numpy generator of the orders.
    record, measure: after these epochs (0: the start) keep measure(weights, biases), a dict of
        tensors. The tensors of the networks are changed in place later: a measure copies what it keeps.
    keep_diverged: True where divergence is data: networks that are not finite stay so.

    Raises DivergenceError (checked once an epoch) unless `keep_diverged`; ValueError for shapes,
    labels and numbers that do not fit.
    """
    _check_network(weights, biases, images)
    _check_labels(weights, images, labels)
    batch_size, epochs = (
        whole_number("batch_size", batch_size, 1),
        whole_number("epochs", epochs, 0),
    )
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy generator, got {type(rng).__name__}")
    if not keep_diverged and not all(torch.isfinite(x).all() for x in (*weights, *biases)):
        raise ValueError("weights and biases must be finite")
    wanted = sorted({whole_number("record", e, 0) for e in record})
    if wanted and (measure is None or wanted[-1] > epochs):
        raise ValueError(f"record needs `measure`, and epochs within 0..{epochs}")
    biases = tuple(b.clone() for b in biases)
    weights = (_inputs_innermost(weights[0].clone()), *(w.clone() for w in weights[1:]))
    images, one_hot = images.to(weights[0].dtype), _one_hot(weights, labels)
    starts = range(0, len(images), batch_size)
    records = []
    for epoch in range(epochs + 1):
        if epoch in wanted:
            records.append({k: x.clone() for k, x in measure(weights, biases).items()})
        if epoch == epochs:
            break
        order = torch.from_numpy(rng.permutation(len(images)))
        x, y = images[order], one_hot[:, order]
        for k, start in enumerate(starts):
            left = 1 - (epoch + k / len(starts)) / epochs if falling else 1.0
            batch = slice(start, start + batch_size)
            _step(weights, biases, x[batch], y[:, batch], learning_rate * left)
        if not keep_diverged and not all(torch.isfinite(x).all() for x in (*weights, *biases)):
            raise DivergenceError(
                f"training diverged in epoch {epoch + 1} at learning rate {learning_rate:g}; "
                f"a smaller learning_rate is needed"
            )
    return Training(
        weights=(weights[0].contiguous(), *weights[1:]),
        biases=biases,
        epochs=torch.tensor(wanted, dtype=torch.int64),
        records={
            k: torch.stack([row[k] for row in records]) for k in (records[0] if records else {})
        },
    )


def train_on_split(start, sets, **options):
    """Training on one split, with the losses on both sides: a `Training`.

    start: (weights, biases); sets: ((images, labels) to train on, (images, labels) to test on), as
    `data.split` gives them; options: those of `train` but `measure`. The records are `train` and
    `test`, the mean losses [nats], and `dead`, the dead units on the training images; each
    (records, networks).

    >>> x, y = torch.eye(4, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    >>> rng = np.random.default_rng(0)
    >>> run = train_on_split(uniform_start([4, 3, 2], 5, rng), ((x, y), (x, y)), epochs=1, rng=rng,
    ...                      learning_rate=0.1, batch_size=2, record=[0, 1])
    >>> run.records["test"].shape
    torch.Size([2, 5])
    """
    (images, labels), test = sets

    def measure(weights, biases):
        return {
            "train": evaluate(weights, biases, images, labels)[0],
            "test": evaluate(weights, biases, *test)[0],
            "dead": dead_units(weights, biases, images),
        }

    return train(*start, images, labels, measure=measure, **options)


def _checked_sets(weights, biases, images, labels, orders, temperature):
    """Raises ValueError for networks, sets and orders that do not fit each other."""
    count = len(images)
    if orders.ndim != 3 or len(orders) != count or orders.dtype != torch.int64:
        raise ValueError(f"orders must be int64 ({count}, steps, batch), got {tuple(orders.shape)}")
    if len(weights[0]) % count:
        raise ValueError(f"networks must be a multiple of the {count} sets, got {len(weights[0])}")
    if orders.numel() and not 0 <= int(orders.min()) <= int(orders.max()) < images.shape[1]:
        raise ValueError(f"orders must lie in 0..{images.shape[1] - 1}")
    first = (tuple(x[:count] for x in part) for part in (weights, biases))
    _check_network(*first, images, own=True)
    _check_targets(weights, images, labels, temperature)


def train_apart(
    start,
    sets,
    orders,
    rule,
    *,
    record=(),
    activation=RELU,
    temperature=1.0,
    mask=None,
    measure=None,
    **options,
):
    """Descent of every network on its own minibatches, in a given order: a `descent.Trajectory`.

    start: (weights, biases), float64, of arms x sets networks, the sets innermost: network r sees set
    r mod sets. sets: images (sets, n, d_0) and labels (sets, n), or probabilities (sets, n, classes).
    orders: (sets, steps, batch), whole numbers below n: the images of every minibatch.
    rule: as `descend` takes it. activation, temperature: as in `gradients`.
    mask: tensors like the weights, that multiply their gradient: 0 holds a weight where it is.
    record, measure: the steps after which measure(weights, biases, who) is kept, who the numbers of
    the networks that are still running; without it `loss`, the mean over the whole set [nats],
    (records, networks). options: `retraction`, `keep_diverged` of `descend`.
    The final weights are (W_1..W_N, b_1..b_N).
    Raises DivergenceError unless `keep_diverged`; ValueError for shapes that do not fit.

    >>> from lib.descent import Plain
    >>> x, y = torch.eye(4, dtype=torch.float64)[None], torch.tensor([[0, 1, 0, 1]])
    >>> start = uniform_start([4, 3, 2], 5, np.random.default_rng(0))
    >>> run = train_apart(start, (x, y), torch.tensor([[[0], [3]]]), Plain(0.1), record=[0, 2])
    >>> run.records["loss"].shape
    torch.Size([2, 5])
    """
    (weights, biases), (images, labels) = start, sets
    depth, count = len(weights), len(images)
    _checked_sets(weights, biases, images, labels, orders, temperature)
    if mask is not None and [m.shape for m in mask] != [w.shape for w in weights]:
        raise ValueError("mask must be tensors shaped like the weights")
    if len(record) and measure is None and labels.is_floating_point():
        raise ValueError("measure is needed where labels are probabilities")
    flat, targets = images.flatten(0, 1), _columns(weights, labels.flatten(0, 1)).mT.contiguous()
    places = orders + images.shape[1] * torch.arange(count)[:, None, None]
    places = torch.cat([places.transpose(0, 1)] * (len(weights[0]) // count), 1)

    def minibatch(t, who, *_):
        at = places[t, who]
        return flat[at], targets[at].mT

    def gradient(both, _, *given):
        *open_weights, x, y = given
        by_weights, by_biases = _gradients(
            both[:depth], both[depth:], x, y, activation, temperature
        )
        for g, open_ones in zip(by_weights, open_weights, strict=False):
            g.mul_(open_ones)
        return (*by_weights, *by_biases)

    def loss(own_weights, own_biases, who):
        own = images[who % count], labels[who % count]
        return {"loss": evaluate(own_weights, own_biases, *own, activation)[0]}

    def look(both, who, *_):
        return (measure or loss)(both[:depth], both[depth:], who)

    return descend(
        gradient,
        (*weights, *biases),
        problem=(torch.arange(len(weights[0])), *(mask or ())),
        sees=minibatch,
        rule=rule,
        steps=orders.shape[1],
        record=record,
        measure=look if len(record) else None,
        **options,
    )


def index_along(start, sets, epochs, count, **options):
    """Index of `count` networks at the start and after each of these epochs: (times, count).

    `index_fraction` on the training images; epochs: rising, the last is the end of training. start,
    sets, options: as in `train_on_split`, all `start` networks are trained.

    >>> x, y = torch.eye(4, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    >>> rng = np.random.default_rng(0)
    >>> index_along(uniform_start([4, 3, 2], 5, rng), ((x, y), (x, y)), [1, 3], 2, rng=rng,
    ...             learning_rate=0.1, batch_size=2).shape
    torch.Size([3, 2])
    """

    def measure(weights, biases):
        few = (tuple(x[:count] for x in part) for part in (weights, biases))
        return {"index": index_fraction(*few, *sets[0])}

    times = [0, *epochs]
    options = {"epochs": times[-1], "record": times, "measure": measure} | options
    return train(*start, *sets[0], **options).records["index"]


# --- curvature of networks with one hidden layer -------------------------------------------------


def _hessian(first, second, images, one_hot):
    """Hessian of one network; first (h, d + 1) and second (c, h + 1) carry the biases last."""
    (h, d1), c, m = first.shape, len(second), len(images)
    x = torch.cat([images, images.new_ones(m, 1)], 1)
    a = x @ first.mT
    hidden = torch.cat([a.relu(), a.new_ones(m, 1)], 1)
    q = torch.softmax(hidden @ second.mT, 1)
    w = second[:, :-1]
    # pull[:, k, j] = (S W_2)_kj with S = diag(q) - q q^T, and both sides: W_2^T S W_2.
    pull = q.unsqueeze(-1) * (w - (q @ w).unsqueeze(1))
    both = torch.einsum("mkj,kl->mjl", pull, w) * (a > 0).unsqueeze(1)
    residual = q - one_hot.mT
    out = x.new_zeros(h * d1 + c * (h + 1), h * d1 + c * (h + 1))
    for j in range(h):
        on = a[:, j] > 0  # a unit that is off adds nothing: work on its own images only
        x_on, rows = x[on], slice(j * d1, (j + 1) * d1)
        right = (both[on, j, j:].unsqueeze(-1) * x_on.unsqueeze(1)).flatten(1)
        out[rows, j * d1 : h * d1] = x_on.mT @ right
        cross = pull[on, :, j].unsqueeze(-1) * hidden[on].unsqueeze(1)
        cross[:, :, j] += residual[on]
        out[rows, h * d1 :] = x_on.mT @ cross.flatten(1)
    for k in range(c):
        s = -q[:, k, None] * q
        s[:, k] += q[:, k]
        rows = slice(h * d1 + k * (h + 1), h * d1 + (k + 1) * (h + 1))
        out[rows, h * d1 :] = hidden.mT @ (s.unsqueeze(-1) * hidden.unsqueeze(1)).flatten(1)
    return (out.triu() + out.triu(1).mT) / m


def _networks(weights, biases, images, labels):
    _check_network(weights, biases, images)
    _check_labels(weights, images, labels)
    if len(weights) != 2:
        raise ValueError(f"weights must be those of one hidden layer (depth 2), got {len(weights)}")
    layers = (
        torch.cat([w, b.unsqueeze(-1)], -1).unbind() for w, b in zip(weights, biases, strict=True)
    )
    data = images.to(weights[0].dtype), _one_hot(weights, labels)
    return [(first, second, *data) for first, second in zip(*layers, strict=True)]


@torch.no_grad()
def hessian(weights, biases, images, labels):
    """Exact Hessian of the mean loss, one hidden layer: (networks, D, D), D = all parameters.

    Order of the parameters: (row of W_1, its bias) for every hidden unit, then (row of W_2, its
    bias) for every class. With x~ = (x, 1), h~ = (relu(a), 1), on = [a > 0], q = softmax,
    r = q - one_hot, S = diag(q) - q q^T, and w_j the j-th column of W_2, the blocks are the means of

        x~ x~^T on_j on_l w_j^T S w_l,   x~ [on_j (S w_j)_k h~_i + on_j r_k (i = j)],   h~ h~^T S_kk'

    (derived here; relu has no curvature of its own). Raises ValueError unless depth is 2.
    """
    return torch.stack([_hessian(*n) for n in _networks(weights, biases, images, labels)])


@torch.no_grad()
def index_fraction(weights, biases, images, labels, *, below=-1e-3):
    """Share of eigenvalues of the exact Hessian that are smaller than `below`: (networks,).

    The normalised index of Choromanska et al. 2015 (their code counts below -0.001). One Hessian is
    held at a time. Raises ValueError unless depth is 2.
    """
    shares = []
    for network in _networks(weights, biases, images, labels):
        shares.append((torch.linalg.eigvalsh(_hessian(*network)) < below).double().mean())
    return torch.stack(shares)
