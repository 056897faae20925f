"""Draws are splits, starts and orders of their own, whatever their number; minibatches are those of the order."""

import numpy as np
import pytest
import torch

from lib.practice import draws as dr


def generators(count, key=6):
    return [np.random.default_rng([key, k]) for k in range(count)]


IMAGES = torch.from_numpy(np.random.default_rng(1).standard_normal((20, 5)))
LABELS = torch.from_numpy(np.random.default_rng(2).integers(0, 3, 20))


def problems(count=3):
    return dr.draw_problems(IMAGES, LABELS, 8, 24, [5, 4, 3], generators(count))


def test_problems_are_splits_starts_and_orders_of_their_own():
    one = problems()
    assert one.images.shape == (3, 8, 5) and one.tests[0].shape == (3, 12, 5)
    for k in range(3):
        seen = torch.cat((one.images[k], one.tests[0][k]))
        assert torch.equal(seen[seen[:, 0].argsort()], IMAGES[IMAGES[:, 0].argsort()])
        assert torch.equal(one.order[k].view(3, 8).sort().values, torch.arange(8).expand(3, 8))
        at = (one.images[k][:, None] == IMAGES).all(-1).nonzero()[:, 1]
        assert torch.equal(one.labels[k], LABELS[at])
    assert not torch.equal(one.order[0], one.order[1])
    assert not torch.equal(one.start.weights[0][0], one.start.weights[0][1])


def test_a_draw_does_not_depend_on_how_many_there_are():
    many, fewer = problems(), problems(2)
    for a, b in ((many.images, fewer.images), (many.order, fewer.order)):
        assert torch.equal(a[:2], b)
    pairs = zip(many.start.tensors(), fewer.start.tensors(), strict=True)
    assert all(torch.equal(a[:2], b) for a, b in pairs)


def test_orders_are_epochs_of_whole_minibatches_where_asked():
    order = dr.draw_order(9, 20, generators(3), whole_batches=4)
    assert order.shape == (3, 20) and order.dtype == torch.int64
    for epoch in (order[:, :8], order[:, 8:16]):  # nine images, two minibatches of four
        assert all(len({*row.tolist()}) == 8 for row in epoch)
    whole = dr.draw_order(9, 20, generators(3))
    assert all(len({*row.tolist()}) == 9 for row in whole[:, :9])
    assert torch.equal(dr.batches(order, 4).flatten(1), order)
    assert dr.batches(order, 6, 2).shape == (3, 2, 6)


def test_minibatches_are_those_of_the_order_and_targets_those_of_the_network():
    one, orders = problems(), dr.batches(problems().order, 4)
    rows = torch.nn.functional.one_hot(one.labels, 3).double()
    apart = torch.arange(6 * 8.0).view(6, 8, 1)  # two arms, targets of each network's own
    sees = dr.minibatch(orders, one.images, rows, apart)
    who = torch.tensor([5, 0, 4])
    x, y, z = sees(3, who)
    assert x.shape == (3, 4, 5) and y.shape == (3, 3, 4) and z.shape == (3, 1, 4)
    for k, r in enumerate(who.tolist()):
        at = orders[r % 3, 3]
        assert torch.equal(x[k], one.images[r % 3, at])
        assert torch.equal(y[k].argmax(0), one.labels[r % 3, at])
        assert torch.equal(z[k, 0], apart[r, at, 0])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: dr.draw_problems(IMAGES, LABELS, 8, 23, [5, 3], generators(1)), "examples"),
        (lambda: dr.draw_problems(IMAGES, LABELS, 20, 20, [5, 3], generators(1)), "training"),
        (lambda: dr.draw_problems(IMAGES, LABELS, 8, 8, [5], generators(1)), "widths"),
        (lambda: dr.draw_splits(IMAGES, LABELS, 8, [0]), "generators"),
        (lambda: dr.draw_order(9, 20, generators(1), whole_batches=10), "batch_size"),
        (lambda: dr.draw_order(0, 20, generators(1)), "images"),
        (lambda: dr.draw_order(9, 20, [0]), "generators"),
        (lambda: dr.batches(torch.zeros(2, 9).long(), 4, 3), "steps"),
        (lambda: dr.check_orders(torch.zeros(2, 3).long(), 2, 4, 2), "orders"),
        (lambda: dr.check_orders(torch.full((2, 3, 1), 4), 2, 4, 2), "orders"),
        (lambda: dr.check_orders(torch.zeros(2, 3, 1).long(), 2, 4, 3), "networks"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
