"""Training of many networks at once against torch's own loop and against one network alone; the exact Hessian."""

from functools import partial

import numpy as np
import pytest
import torch

from lib.descent import Adam, DivergenceError, Plain, Record, Stop
from lib.practice import classifiers as cl
from lib.practice.networks import TANH, Form, Network, evaluate, loss_gradient
from lib.practice.starts import uniform_start


def problem(widths, networks, seed, examples=30):
    rng = np.random.default_rng(seed)
    start = uniform_start(widths, networks, rng)
    images = torch.from_numpy(rng.standard_normal((examples, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], examples))
    return start, images, labels


def leaves_of(net, r):
    """Tensors of network r, open for autograd."""
    return [x[r].clone().requires_grad_() for x in net.tensors()]


def scores_of(leaves, images, unit=torch.relu):
    depth = len(leaves) // 2
    for j, (w, b) in enumerate(zip(leaves[:depth], leaves[depth:], strict=True)):
        images = torch.nn.functional.linear(unit(images) if j else images, w, b)
    return images


def oracle(leaves, images, labels):
    """Mean cross-entropy of one network, by torch's own functions."""
    return torch.nn.functional.cross_entropy(scores_of(leaves, images), labels)


def own_problem(widths, sets, arms, seed, examples=12):
    """Networks of several arms, and images and labels of each set apart."""
    rng = np.random.default_rng(seed)
    start = uniform_start(widths, sets * arms, rng)
    images = torch.from_numpy(rng.standard_normal((sets, examples, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], (sets, examples)))
    return start, (images, labels)


def test_dead_units_have_no_gradient_and_are_counted():
    start, images, labels = problem([4, 6, 3], 50, 0, examples=5)
    for_unit = loss_gradient(start, images, labels).biases[0]
    count = cl.dead_units(start, images)
    assert torch.equal(count, (for_unit == 0).sum(-1)) and 0 < int(count.sum()) < 300


@pytest.mark.parametrize("widths", [[6, 3], [6, 4, 3], [6, 5, 4, 3]])
@pytest.mark.parametrize("falling", [False, True])
def test_training_is_the_loop_of_torch(widths, falling):
    """The same minibatches through torch.optim.SGD, one network alone, a last batch that is short."""
    start, images, labels = problem(widths, 3, 1, examples=23)
    kept = [x.clone() for x in start.tensors()]
    rule = cl.Falling(0.3, 20) if falling else Plain(0.3)
    run = cl.train_together(
        start, images, labels, rule, batch_size=5, epochs=4, rng=np.random.default_rng(9)
    )
    assert all(torch.equal(a, b) for a, b in zip(kept, start.tensors(), strict=True))
    rng, leaves = np.random.default_rng(9), leaves_of(start, 2)
    optimizer = torch.optim.SGD(leaves, lr=0.3)
    step, total = 0, 4 * 5
    for _ in range(4):
        for batch in torch.from_numpy(rng.permutation(23)).split(5):
            optimizer.param_groups[0]["lr"] = 0.3 * (1 - step / total if falling else 1)
            optimizer.zero_grad()
            oracle(leaves, images[batch], labels[batch]).backward()
            optimizer.step()
            step += 1
    assert step == total
    for a, b in zip(run.weights, leaves, strict=True):
        assert torch.allclose(a[2], b.detach(), rtol=1e-10, atol=1e-12)


def test_training_apart_is_the_loop_of_torch():
    """Two arms of three sets at rates of their own; network 4 is the second arm of set 1."""
    start, sets = own_problem([4, 5, 3], 3, 2, 6)
    orders = torch.from_numpy(np.random.default_rng(0).integers(0, 12, (3, 7, 2)))
    rates = torch.linspace(0.1, 0.6, 6, dtype=torch.float64)
    run = cl.train_apart(start, sets, orders, Plain(rates), record=Record([0, 4, 7]))
    leaves = leaves_of(start, 4)
    optimizer = torch.optim.SGD(leaves, lr=float(rates[4]))
    for batch in orders[1]:
        optimizer.zero_grad()
        oracle(leaves, sets[0][1, batch], sets[1][1, batch]).backward()
        optimizer.step()
    for a, b in zip(run.weights, leaves, strict=True):
        assert torch.allclose(a[4], b.detach(), rtol=1e-10, atol=1e-12)
    last = evaluate(start.like(run.weights).map(lambda x: x[4:5]), sets[0][1], sets[1][1])
    assert float(run.records["loss"][-1, 4]) == pytest.approx(float(last[0]), rel=1e-12)


def test_a_network_that_leaves_changes_no_other():
    """One rate is far too large; the others keep their minibatches."""
    start, sets = own_problem([4, 5, 3], 2, 2, 7)
    start = start._replace(weights=tuple(1e150 * w for w in start.weights))
    orders = torch.from_numpy(np.random.default_rng(1).integers(0, 12, (2, 6, 3)))
    wild = torch.tensor([1e300, 0.1, 0.1, 0.1], dtype=torch.float64)
    go = {"record": Record(range(7)), "stop": Stop(diverged="keep")}
    run = cl.train_apart(start, sets, orders, Plain(wild), **go)
    calm = cl.train_apart(start, sets, orders, Plain(0.1), **go)
    assert run.diverged.tolist()[0] >= 0
    for a, b in zip(run.weights, calm.weights, strict=True):
        assert torch.allclose(a[1:], b[1:], rtol=1e-12, equal_nan=True)


def test_many_networks_go_in_blocks_through_the_same_minibatches():
    start, sets = own_problem([30, 30, 2], 2, 420, 8)
    orders = torch.from_numpy(np.random.default_rng(1).integers(0, 12, (2, 3, 3)))
    go = partial(cl.train_apart, sets=sets, orders=orders, rule=Plain(0.1), record=Record([3]))
    many, few = go(start), go(start.map(lambda x: x[-2:]))
    assert torch.allclose(many.records["loss"][:, -2:], few.records["loss"], rtol=1e-12)


def soft(sets, seed):
    """Random probabilities in place of the labels."""
    shape = (*sets[1].shape, 3)
    draws = torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))
    return sets[0], torch.softmax(draws, -1)


def test_training_apart_with_adam_soft_targets_and_factors_is_the_loop_of_torch():
    start, sets = own_problem([4, 5, 3], 2, 4, 13)
    sets = soft(sets, 14)
    draw = np.random.default_rng(15)
    mask = tuple(torch.from_numpy(draw.integers(0, 2, w.shape)).double() for w in start.weights)
    start = start._replace(weights=tuple(w * m for w, m in zip(start.weights, mask, strict=True)))
    orders = torch.from_numpy(draw.integers(0, 12, (2, 9, 4)))
    go = {"form": Form(TANH), "temperature": 3.0, "factors": Network(mask, ())}
    run = cl.train_apart(start, sets, orders, Adam(0.05), **go)
    leaves = leaves_of(start, 3)
    optimizer = torch.optim.Adam(leaves, lr=0.05)
    for batch in orders[1]:
        optimizer.zero_grad()
        logs = torch.log_softmax(scores_of(leaves, sets[0][1, batch], torch.tanh) / 3, -1)
        (-9 * (sets[1][1, batch] * logs).sum(-1).mean()).backward()
        for w, m in zip(leaves, mask, strict=False):
            w.grad.mul_(m[3])
        optimizer.step()
    for a, b in zip(run.weights, leaves, strict=True):
        assert torch.allclose(a[3], b.detach(), rtol=1e-9, atol=1e-12)
    assert all((w[m == 0] == 0).all() for w, m in zip(run.weights, mask, strict=False))


def apart(start, sets, orders, **changed):
    return cl.train_apart(
        start, sets, orders, **{"rule": Plain(0.1), "record": Record([0])} | changed
    )


@pytest.mark.parametrize(
    "bad, words",
    [
        (lambda s, x, o: apart(s, x, o[:1]), "orders"),
        (lambda s, x, o: apart(s, x, o + 12), "orders"),
        (lambda s, x, o: apart(s, x, o.double()), "orders"),
        (lambda s, x, o: apart(s.map(lambda w: w[:3]), x, o), "networks"),
        (lambda s, x, o: apart(s, (x[0], x[1][:, :5]), o), "labels"),
        (lambda s, x, o: apart(s, (x[0][..., :2], x[1]), o), "images"),
        (lambda s, x, o: apart(s, x, o, record=Record([3])), "within"),
        (lambda s, x, o: apart(s, (x[0], soft(x, 17)[1].float()), o), "float64"),
        (lambda s, x, o: apart(s, (x[0], soft(x, 17)[1][..., :2]), o), "probabilities must be"),
        (lambda s, x, o: apart(s, (x[0], 2 * soft(x, 17)[1]), o), "sum to 1"),
        (lambda s, x, o: apart(s, x, o, temperature=0), "temperature"),
        (lambda s, x, o: apart(s, soft(x, 17), o), "measure is needed"),
        (lambda s, x, o: apart(s, x, o, factors=Network((torch.ones(2, 2),), ())), "factors"),
    ],
)
def test_what_does_not_fit_apart_is_said(bad, words):
    start, sets = own_problem([4, 5, 3], 2, 2, 9)
    with pytest.raises(ValueError, match=words):
        bad(start, sets, torch.zeros(2, 2, 1, dtype=torch.int64))


def test_records_are_the_networks_at_those_epochs():
    start, images, labels = problem([4, 5, 3], 2, 3)

    def go(epochs, **more):
        options = {"batch_size": 7, "rng": np.random.default_rng(4)}
        return cl.train_together(
            start, images, labels, Plain(0.1), epochs=epochs, **options, **more
        )

    def measure(net):
        return {"loss": evaluate(net, images, labels)[0], "first": net.weights[0]}

    run = go(3, record=Record([0, 2, 3], measure))
    assert run.steps.tolist() == [0, 10, 15]
    assert run.records["loss"].shape == (3, 2)
    for k, epochs in enumerate([0, 2, 3]):
        assert torch.allclose(run.records["first"][k], go(epochs).weights[0], rtol=1e-12)
    assert (run.records["loss"][-1] < run.records["loss"][0]).all()


def test_float32_follows_float64():
    start, images, labels = problem([6, 5, 4, 3], 3, 5)
    runs = [
        cl.train_together(
            net,
            images,
            labels,
            Plain(torch.tensor([0.1, 0.2, 0.3])),
            batch_size=10,
            epochs=5,
            rng=np.random.default_rng(0),
        )
        for net in (start, start.map(torch.Tensor.float))
    ]
    assert runs[1].weights[0].dtype == torch.float32
    for a, b in zip(runs[0].weights, runs[1].weights, strict=True):
        assert torch.allclose(a, b.double(), atol=1e-5)


@pytest.mark.parametrize("widths", [[4, 3, 3], [5, 1, 2], [3, 6, 4]])
def test_hessian_agrees_with_autograd(widths):
    d, h, k = widths
    start, images, labels = problem(widths, 2, 7)

    def value(theta):
        first, second = theta[: h * (d + 1)].view(h, d + 1), theta[h * (d + 1) :].view(k, h + 1)
        parts = first[:, :-1], second[:, :-1], first[:, -1], second[:, -1]
        return oracle(parts, images, labels)

    found = cl.hessian(start, images, labels)
    assert torch.equal(found, found.mT)
    for r in range(2):
        pairs = zip(start.weights, start.biases, strict=True)
        flat = torch.cat([torch.cat([w[r], b[r][:, None]], 1).flatten() for w, b in pairs])
        exact = torch.autograd.functional.hessian(value, flat)
        assert torch.allclose(found[r], exact, atol=1e-12)


def test_index_fraction_counts_the_negative_eigenvalues():
    start, images, labels = problem([4, 3, 3], 3, 8)
    spectrum = torch.linalg.eigvalsh(cl.hessian(start, images, labels))
    share = cl.index_fraction(start, images, labels, below=-1e-2)
    assert torch.equal(share, (spectrum < -1e-2).double().mean(-1))
    assert (share > 0).any()


def test_divergence_is_an_error_unless_it_is_data():
    start, images, labels = problem([4, 5, 5, 3], 2, 0)
    start = start._replace(weights=tuple(1e200 * w for w in start.weights))

    def go(**options):
        rng, options = np.random.default_rng(0), {"batch_size": 10, "epochs": 3} | options
        return cl.train_together(start, images, labels, Plain(1e200), rng=rng, **options)

    with pytest.raises(DivergenceError, match="learning rate"):
        go()
    assert (go(diverged="keep").diverged >= 0).all()


BAD = {
    "no image": (lambda n, x, y: cl.dead_units(n, x[:0]), "images"),
    "nan start": (lambda n, x, y: go(n.map(lambda w: w * torch.nan), x, y), "finite"),
    "label type": (lambda n, x, y: go(n, x, y.double()), "int64"),
    "labels": (lambda n, x, y: go(n, x, y + 3), "labels"),
    "depth": (
        lambda n, x, y: cl.hessian(Network(n.weights[:1], n.biases[:1]), x, y % 3),
        "one hidden",
    ),
    "rate": (lambda n, x, y: go(n, x, y, rule=Plain(0.0)), "learning rate"),
    "batch": (lambda n, x, y: go(n, x, y, batch_size=0), "batch_size"),
    "epochs": (lambda n, x, y: go(n, x, y, epochs=-1), "epochs"),
    "generator": (lambda n, x, y: go(n, x, y, rng=0), "rng"),
    "record": (lambda n, x, y: go(n, x, y, record=Record([9], lambda n: {})), "at must"),
    "measure": (lambda n, x, y: go(n, x, y, record=Record([0])), "measure"),
}


def go(start, images, labels, **changed):
    options = {"rule": Plain(0.1), "batch_size": 5, "epochs": 1, "rng": np.random.default_rng(0)}
    return cl.train_together(start, images, labels, **options | changed)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call(*problem([4, 3, 3], 2, 0))
