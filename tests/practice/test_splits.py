"""Training on many splits side by side against training on each alone; dead units; spectra."""

import numpy as np
import pytest
import torch

from lib.descent import Adam, Plain, Record
from lib.practice import classifiers as cl
from lib.practice import splits as sp
from lib.practice.annealing import Annealed
from lib.practice.draws import draw_order, draw_splits, some_splits
from lib.practice.networks import evaluate
from lib.practice.starts import uniform_start


def splits_problem(sets, networks, epochs):
    """Networks of several splits, images and labels to train and to test on, and the orders."""
    draw = np.random.default_rng(3)
    start = uniform_start([4, 5, 3], sets * networks, draw)
    images = torch.from_numpy(draw.standard_normal((sets, 17, 4)))
    labels = torch.from_numpy(draw.integers(0, 3, (sets, 17)))
    orders = np.stack([[draw.permutation(12) for _ in range(epochs)] for _ in range(sets)])
    split = (images[:, :12], labels[:, :12]), (images[:, 12:], labels[:, 12:])
    return start, split, torch.from_numpy(orders)


def given(orders):
    """A generator whose permutations are these rows."""
    rows = iter(orders.numpy())
    kind = type("Given", (np.random.Generator,), {"permutation": lambda self, n: next(rows)})
    return kind(np.random.PCG64(0))


@pytest.mark.parametrize("rule", [Plain(0.3), cl.Falling(0.3, 9), Adam(0.05)])
def test_training_on_splits_is_training_on_each(rule):
    """A last minibatch that is short; the records at the start and at the end."""
    start, sets, orders = splits_problem(3, 2, 3)
    run = sp.train_on_splits(start, sets, orders, rule, batch_size=5, record=Record([0, 3]))
    (x, y), test = sets
    for k in range(3):
        own = start.map(lambda w, k=k: w[2 * k : 2 * k + 2])
        alone = cl.train_together(
            own, x[k], y[k], rule, batch_size=5, epochs=3, rng=given(orders[k])
        )
        for a, b in zip(run.weights, alone.weights, strict=True):
            assert torch.allclose(a[2 * k : 2 * k + 2], b, rtol=1e-12)
        for at, net in enumerate([own, own.like(alone.weights)]):
            for name, seen in (("train", (x[k], y[k])), ("test", (test[0][k], test[1][k]))):
                found = run.records[name][at, 2 * k : 2 * k + 2]
                assert torch.allclose(found, evaluate(net, *seen)[0], rtol=1e-12)


def test_each_split_has_a_rate_and_a_measure_of_its_own():
    start, sets, orders = splits_problem(2, 3, 1)

    def dead(network, images, *_):
        return {"dead": cl.dead_units(network, images)}

    rates = torch.tensor([0.1, 0.4], dtype=torch.float64)
    how = {"batch_size": 4, "record": Record([1], dead)}
    run = sp.train_on_splits(start, sets, orders, Plain(rates), **how)
    for k in range(2):
        part = slice(3 * k, 3 * k + 3)
        one = [[x[k : k + 1] for x in side] for side in sets]
        own = start.map(lambda w, part=part: w[part])
        alone = sp.train_on_splits(own, one, orders[k : k + 1], Plain(float(rates[k])), **how)
        assert torch.allclose(run.weights[0][part], alone.weights[0], rtol=1e-12)
        assert torch.equal(run.records["dead"][:, part], alone.records["dead"])


def test_annealing_on_splits_is_annealing_on_each():
    start, sets, orders = splits_problem(2, 3, 2)
    run = sp.train_on_splits(start, sets, orders, Annealed(0.3, 6, 0.01, [8, 9]), batch_size=4)
    for k in range(2):
        part = slice(3 * k, 3 * k + 3)
        alone = cl.train_together(
            start.map(lambda w, part=part: w[part]),
            *(x[k] for x in sets[0]),
            Annealed(0.3, 6, 0.01, 8 + k),
            batch_size=4,
            epochs=2,
            rng=given(orders[k]),
        )
        for a, b in zip(run.weights, alone.weights, strict=True):
            assert torch.allclose(a[part], b, rtol=1e-10)


def test_dead_units_stay_and_change_nothing():
    start, ((images, labels), _), _ = splits_problem(1, 5, 1)
    images, labels = images[0], labels[0]
    wide = sp.with_units(start, 9)
    assert torch.allclose(evaluate(wide, images, labels)[0], evaluate(start, images, labels)[0])
    go = {"batch_size": 5, "epochs": 3}
    ends = [
        cl.train_together(net, images, labels, Plain(0.3), rng=np.random.default_rng(1), **go)
        for net in (start, wide)
    ]
    grown = wide.like(ends[1].weights)
    assert (grown.weights[0][:, 5:] == 0).all() and (grown.weights[1][..., 5:] == 0).all()
    for a, b in zip(ends[0].weights, sp.with_units(grown, 5).tensors(), strict=True):
        assert torch.allclose(a, b, rtol=1e-12)


BAD_SPLITS = {
    "networks": lambda s, x, o: (s.map(lambda w: w[:5]), x, o),
    "orders": lambda s, x, o: (s, x, o[..., :5]),
    "labels": lambda s, x, o: (s, ((x[0][0], x[0][1] + 3), x[1]), o),
    "images": lambda s, x, o: (s, ((x[0][0][..., :2], x[0][1]), x[1]), o),
}


@pytest.mark.parametrize("words", BAD_SPLITS)
def test_splits_that_do_not_fit_are_refused(words):
    case = BAD_SPLITS[words](*splits_problem(2, 3, 1))
    with pytest.raises(ValueError, match=words):
        sp.train_on_splits(*case, Plain(0.1), batch_size=4)


def test_drawn_networks_of_two_widths_are_those_of_each_drawn_in_turn():
    """The same generator: start, order, start, order; the eigenvalues are those of the narrow networks."""
    draw = np.random.default_rng(5)
    images = torch.from_numpy(draw.standard_normal((15, 4)))
    labels = torch.from_numpy(np.r_[0:3, draw.integers(0, 3, 12)])
    sets = draw_splits(images, labels, 11, [draw] * 2)
    how = {"epochs": 2, "batch_size": 4, "record": Record([2])}
    run = sp.train_drawn(sets, [2, 3], 2, lambda t: cl.Falling(0.3, t), draw, **how)
    again = np.random.default_rng(5)
    again.standard_normal((15, 4)), again.integers(0, 3, 12)
    assert torch.equal(draw_splits(images, labels, 11, [again] * 2)[0][0], sets[0][0])
    assert run.units == [2, 2, 3, 3] and run.stacked("train", "test").shape == (4, 2, 1, 2)
    found = sp.spectra(run, sets)
    for place, h in enumerate(run.units):
        start, k = uniform_start([4, h, 3], 2, again), place % 2
        order = draw_order(11, 22, [again]).view(1, 2, 11)
        one = some_splits(sets, slice(k, k + 1))
        alone = sp.train_on_splits(start, one, order, cl.Falling(0.3, 6), batch_size=4)
        end = start.like(alone.weights)
        own = sp.with_units(run.end.map(lambda x, p=place: x[2 * p : 2 * p + 2]), h)
        for a, b in zip(own.tensors(), end.tensors(), strict=True):
            assert torch.allclose(a, b, rtol=1e-10)
        assert run.records["test"][place, 0] == pytest.approx(
            evaluate(end, *(part[0] for part in one[1]))[0].numpy(), rel=1e-10
        )
        for at, net in enumerate((start, end)):
            expected = np.linalg.eigvalsh(cl.hessian(net, *(part[0] for part in one[0])))
            assert np.allclose(found[h][k, at], expected, atol=1e-10)
