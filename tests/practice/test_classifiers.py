"""Many networks at once against autograd, against torch's own layers, and against one network alone."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.descent import Adam, DivergenceError, Plain
from lib.practice import classifiers as cl


def problem(widths, networks, seed, examples=30):
    rng = np.random.default_rng(seed)
    weights, biases = cl.uniform_start(widths, networks, rng)
    images = torch.from_numpy(rng.standard_normal((examples, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], examples))
    return weights, biases, images, labels


def oracle(weights, biases, images, labels):
    """Mean cross-entropy of one network, by torch's own functions."""
    x = images
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        x = torch.nn.functional.linear(x.relu() if j else x, w, b)
    return torch.nn.functional.cross_entropy(x, labels)


def one(layers, r):
    return tuple(x[r].clone() for x in layers)


def own_problem(widths, sets, arms, seed, examples=12):
    """Networks of several arms, and images and labels of each set apart."""
    rng = np.random.default_rng(seed)
    weights, biases = cl.uniform_start(widths, sets * arms, rng)
    images = torch.from_numpy(rng.standard_normal((sets, examples, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], (sets, examples)))
    return (weights, biases), (images, labels)


@pytest.mark.parametrize("widths", [[4, 3], [4, 5, 3], [3, 5, 4, 2]])
def test_networks_with_images_of_their_own_are_networks_alone(widths):
    (weights, biases), (images, labels) = own_problem(widths, 3, 1, 5)
    loss, accuracy = cl.evaluate(weights, biases, images, labels)
    found = cl.gradients(weights, biases, images, labels)
    scores = cl.logits(weights, biases, images)
    for r in range(3):
        leaves = [tuple(x.requires_grad_() for x in one(part, r)) for part in (weights, biases)]
        value = oracle(*leaves, images[r], labels[r])
        value.backward()
        assert float(loss[r]) == pytest.approx(value.item(), rel=1e-12)
        assert float(accuracy[r]) == (scores[r].argmax(0) == labels[r]).double().mean()
        for ours, layers in zip(found, leaves, strict=True):
            for g, leaf in zip(ours, layers, strict=True):
                assert torch.allclose(g[r], leaf.grad, rtol=1e-10, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=5), st.integers(1, 4), st.integers(0, 10**6)
)
def test_loss_and_gradients_agree_with_autograd(widths, networks, seed):
    weights, biases, images, labels = problem(widths, networks, seed)
    loss, _ = cl.evaluate(weights, biases, images, labels)
    found = cl.gradients(weights, biases, images, labels)
    for r in range(networks):
        leaves = [tuple(x.requires_grad_() for x in one(part, r)) for part in (weights, biases)]
        value = oracle(*leaves, images, labels)
        value.backward()
        assert float(loss[r]) == pytest.approx(value.item(), rel=1e-12)
        for ours, layers in zip(found, leaves, strict=True):
            for g, leaf in zip(ours, layers, strict=True):
                assert torch.allclose(g[r], leaf.grad, rtol=1e-10, atol=1e-12)


def test_dead_units_have_no_gradient_and_are_counted():
    weights, biases, images, labels = problem([4, 6, 3], 50, 0, examples=5)
    for_unit = cl.gradients(weights, biases, images, labels)[1][0]
    count = cl.dead_units(weights, biases, images)
    assert torch.equal(count, (for_unit == 0).sum(-1)) and 0 < int(count.sum()) < 300


def test_gradient_norm_is_the_norm_of_all_gradients():
    weights, biases, images, labels = problem([4, 3, 5], 3, 0)
    found = cl.gradients(weights, biases, images, labels)
    squares = sum(float(g[1].square().sum()) for part in found for g in part)
    assert float(cl.gradient_norm(weights, biases, images, labels)[1]) ** 2 == pytest.approx(
        squares
    )


def test_evaluate_in_pieces_is_the_mean_over_all_and_accuracy_counts():
    weights, biases, images, labels = problem([2, 1000, 5], 3, 0, examples=1203)
    loss, accuracy = cl.evaluate(weights, biases, images, labels)
    scores = cl.logits(weights, biases, images)
    assert scores.shape == (3, 5, 1203)
    for r in range(3):
        assert float(loss[r]) == pytest.approx(
            float(torch.nn.functional.cross_entropy(scores[r].mT, labels)), rel=1e-12
        )
        assert float(accuracy[r]) == (scores[r].argmax(0) == labels).double().mean()


@pytest.mark.parametrize("widths", [[6, 3], [6, 4, 3], [6, 5, 4, 3]])
@pytest.mark.parametrize("falling", [False, True])
def test_training_is_the_loop_of_torch(widths, falling):
    """The same minibatches through torch.optim.SGD, one network alone, a last batch that is short."""
    weights, biases, images, labels = problem(widths, 3, 1, examples=23)
    kept = [x.clone() for x in (*weights, *biases)]
    run = cl.train(
        weights,
        biases,
        images,
        labels,
        learning_rate=0.3,
        batch_size=5,
        epochs=4,
        rng=np.random.default_rng(9),
        falling=falling,
    )
    assert all(torch.equal(a, b) for a, b in zip(kept, (*weights, *biases), strict=True))
    rng, leaves = np.random.default_rng(9), [one(part, 2) for part in (weights, biases)]
    optimizer = torch.optim.SGD([x.requires_grad_() for part in leaves for x in part], lr=0.3)
    step, total = 0, 4 * 5
    for _ in range(4):
        for batch in torch.from_numpy(rng.permutation(23)).split(5):
            optimizer.param_groups[0]["lr"] = 0.3 * (1 - step / total if falling else 1)
            optimizer.zero_grad()
            oracle(*leaves, images[batch], labels[batch]).backward()
            optimizer.step()
            step += 1
    assert step == total
    for ours, theirs in zip((run.weights, run.biases), leaves, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert torch.allclose(a[2], b.detach(), rtol=1e-10, atol=1e-12)


def test_training_apart_is_the_loop_of_torch():
    """Two arms of three sets at rates of their own; network 4 is the second arm of set 1."""
    start, sets = own_problem([4, 5, 3], 3, 2, 6)
    orders = torch.from_numpy(np.random.default_rng(0).integers(0, 12, (3, 7, 2)))
    rates = torch.linspace(0.1, 0.6, 6, dtype=torch.float64)
    run = cl.train_apart(start, sets, orders, Plain(rates), record=[0, 4, 7])
    leaves = [tuple(x.requires_grad_() for x in one(part, 4)) for part in start]
    optimizer = torch.optim.SGD([x for part in leaves for x in part], lr=float(rates[4]))
    for batch in orders[1]:
        optimizer.zero_grad()
        oracle(*leaves, sets[0][1, batch], sets[1][1, batch]).backward()
        optimizer.step()
    for a, b in zip(run.weights, [x for part in leaves for x in part], strict=True):
        assert torch.allclose(a[4], b.detach(), rtol=1e-10, atol=1e-12)
    last = cl.evaluate(*leaves_of(run, 2, slice(4, 5)), sets[0][1], sets[1][1])
    assert float(run.records["loss"][-1, 4]) == pytest.approx(float(last[0]), rel=1e-12)


def leaves_of(run, depth, which):
    return (
        tuple(w[which] for w in run.weights[:depth]),
        tuple(b[which] for b in run.weights[depth:]),
    )


def test_a_network_that_leaves_changes_no_other():
    """One rate is far too large; the others keep their minibatches."""
    start, sets = own_problem([4, 5, 3], 2, 2, 7)
    start = tuple(1e150 * w for w in start[0]), start[1]
    orders = torch.from_numpy(np.random.default_rng(1).integers(0, 12, (2, 6, 3)))
    wild = torch.tensor([1e300, 0.1, 0.1, 0.1], dtype=torch.float64)
    go = {"record": range(7), "keep_diverged": True}
    run = cl.train_apart(start, sets, orders, Plain(wild), **go)
    calm = cl.train_apart(start, sets, orders, Plain(0.1), **go)
    assert run.diverged.tolist()[0] >= 0
    for a, b in zip(run.weights, calm.weights, strict=True):
        assert torch.allclose(a[1:], b[1:], rtol=1e-12, equal_nan=True)


def test_many_networks_go_in_blocks_through_the_same_minibatches():
    start, sets = own_problem([30, 30, 2], 2, 420, 8)
    orders = torch.from_numpy(np.random.default_rng(1).integers(0, 12, (2, 3, 3)))
    many = cl.train_apart(start, sets, orders, Plain(0.1), record=[3])
    last = tuple(tuple(x[-2:] for x in part) for part in start)
    few = cl.train_apart(last, sets, orders, Plain(0.1), record=[3])
    assert torch.allclose(many.records["loss"][:, -2:], few.records["loss"], rtol=1e-12)


def apart(start, sets, orders, **changed):
    return cl.train_apart(start, sets, orders, **{"rule": Plain(0.1), "record": [0]} | changed)


@pytest.mark.parametrize(
    "bad, words",
    [
        (lambda s, x, o: apart(s, x, o[:1]), "orders"),
        (lambda s, x, o: apart(s, x, o + 12), "orders"),
        (lambda s, x, o: apart(s, x, o.double()), "orders"),
        (lambda s, x, o: apart(tuple(tuple(w[:3] for w in p) for p in s), x, o), "networks"),
        (lambda s, x, o: apart(s, (x[0], x[1][:, :5]), o), "labels"),
        (lambda s, x, o: apart(s, (x[0][..., :2], x[1]), o), "images"),
        (lambda s, x, o: apart(s, x, o, record=[3]), "record"),
    ],
)
def test_what_does_not_fit_apart_is_said(bad, words):
    start, sets = own_problem([4, 5, 3], 2, 2, 9)
    with pytest.raises(ValueError, match=words):
        bad(start, sets, torch.zeros(2, 2, 1, dtype=torch.int64))


def test_records_are_the_networks_at_those_epochs():
    weights, biases, images, labels = problem([4, 5, 3], 2, 3)

    def go(epochs, **more):
        options = {"learning_rate": 0.1, "batch_size": 7, "rng": np.random.default_rng(4)}
        return cl.train(weights, biases, images, labels, epochs=epochs, **options, **more)

    def measure(w, b):
        return {"loss": cl.evaluate(w, b, images, labels)[0], "first": w[0]}

    run = go(3, record=[0, 2, 3], measure=measure)
    assert run.epochs.tolist() == [0, 2, 3]
    assert run.records["loss"].shape == (3, 2)
    for k, epochs in enumerate([0, 2, 3]):
        assert torch.equal(run.records["first"][k], go(epochs).weights[0])
    assert (run.records["loss"][-1] < run.records["loss"][0]).all()


def test_float32_follows_float64():
    weights, biases, images, labels = problem([6, 5, 4, 3], 3, 5)
    single = [tuple(x.float() for x in part) for part in (weights, biases)]
    runs = [
        cl.train(
            *part,
            images,
            labels,
            learning_rate=0.1,
            batch_size=10,
            epochs=5,
            rng=np.random.default_rng(0),
        )
        for part in ((weights, biases), single)
    ]
    assert runs[1].weights[0].dtype == torch.float32
    for a, b in zip(runs[0].weights, runs[1].weights, strict=True):
        assert torch.allclose(a, b.double(), atol=1e-5)


def flat(weights, biases):
    return torch.cat(
        [torch.cat([w, b[:, None]], 1).flatten() for w, b in zip(weights, biases, strict=True)]
    )


@pytest.mark.parametrize("widths", [[4, 3, 3], [5, 1, 2], [3, 6, 4]])
def test_hessian_agrees_with_autograd(widths):
    d, h, k = widths
    weights, biases, images, labels = problem(widths, 2, 7)

    def value(theta):
        first, second = theta[: h * (d + 1)].view(h, d + 1), theta[h * (d + 1) :].view(k, h + 1)
        return oracle(
            (first[:, :-1], second[:, :-1]), (first[:, -1], second[:, -1]), images, labels
        )

    found = cl.hessian(weights, biases, images, labels)
    assert torch.equal(found, found.mT)
    for r in range(2):
        exact = torch.autograd.functional.hessian(value, flat(one(weights, r), one(biases, r)))
        assert torch.allclose(found[r], exact, atol=1e-12)


def test_index_fraction_counts_the_negative_eigenvalues():
    weights, biases, images, labels = problem([4, 3, 3], 3, 8)
    spectrum = torch.linalg.eigvalsh(cl.hessian(weights, biases, images, labels))
    share = cl.index_fraction(weights, biases, images, labels, below=-1e-2)
    assert torch.equal(share, (spectrum < -1e-2).double().mean(-1))
    assert (share > 0).any()


def test_uniform_start_has_the_spread_of_its_fan_in():
    weights, biases = cl.uniform_start([16, 50, 10], 200, np.random.default_rng(0))
    assert [tuple(w.shape) for w in weights] == [(200, 50, 16), (200, 10, 50)]
    assert [tuple(b.shape) for b in biases] == [(200, 50), (200, 10)]
    for w, b, fan_in in zip(weights, biases, (16, 50), strict=True):
        for x in (w, b):
            assert float(x.abs().max()) <= fan_in**-0.5
            assert float(x.std()) * (3 * fan_in) ** 0.5 == pytest.approx(1, abs=0.02)


def test_divergence_is_an_error_unless_it_is_data():
    weights, biases, images, labels = problem([4, 5, 5, 3], 2, 0)
    weights = tuple(1e200 * w for w in weights)
    options = {"learning_rate": 1e200, "batch_size": 10, "epochs": 3}
    with pytest.raises(DivergenceError, match="epoch"):
        cl.train(weights, biases, images, labels, rng=np.random.default_rng(0), **options)
    run = cl.train(
        weights, biases, images, labels, rng=np.random.default_rng(0), keep_diverged=True, **options
    )
    assert not torch.isfinite(run.weights[0]).all()


def test_training_on_a_split_records_both_losses_and_the_dead():
    weights, biases, images, labels = problem([4, 5, 3], 3, 2)
    sets = (images[:20], labels[:20]), (images[20:], labels[20:])
    options = {"learning_rate": 0.1, "batch_size": 5, "epochs": 2, "record": [0, 2]}
    run = cl.train_on_split((weights, biases), sets, rng=np.random.default_rng(0), **options)
    close = partial(torch.allclose, rtol=1e-12, atol=0)  # the loop lays weights out another way
    for k, network in enumerate([(weights, biases), (run.weights, run.biases)]):
        assert close(run.records["train"][k], cl.evaluate(*network, *sets[0])[0])
        assert close(run.records["test"][k], cl.evaluate(*network, *sets[1])[0])
        assert torch.equal(run.records["dead"][k], cl.dead_units(*network, sets[0][0]))


def test_index_along_is_the_index_at_those_epochs():
    weights, biases, images, labels = problem([4, 3, 3], 3, 2)
    sets = (images, labels), (images, labels)
    options = {"learning_rate": 0.5, "batch_size": 10}
    go = {"rng": np.random.default_rng(0)} | options
    found = cl.index_along((weights, biases), sets, [1, 4], 2, **go)
    assert found.shape == (3, 2)
    assert torch.equal(found[0], cl.index_fraction(weights, biases, *sets[0])[:2])
    end = cl.train(weights, biases, *sets[0], epochs=4, rng=np.random.default_rng(0), **options)
    assert torch.equal(found[2], cl.index_fraction(end.weights, end.biases, *sets[0])[:2])


BAD = {
    "numpy": (lambda w, b, x, y: cl.logits(w, b, x.numpy()), "images"),
    "numpy weights": (lambda w, b, x, y: cl.logits(tuple(v.numpy() for v in w), b, x), "weights"),
    "mixed": (lambda w, b, x, y: cl.logits(w, tuple(v.float() for v in b), x), "float64"),
    "nan": (lambda w, b, x, y: cl.logits(w, b, x * torch.nan), "finite"),
    "label type": (lambda w, b, x, y: cl.evaluate(w, b, x, y.double()), "int64"),
    "no image": (lambda w, b, x, y: cl.dead_units(w, b, x[:0]), "images"),
    "nan start": (lambda w, b, x, y: go((w[0] * torch.nan, w[1]), b, x, y), "finite"),
    "widths": (
        lambda w, b, x, y: cl.uniform_start([3, 0, 2], 2, np.random.default_rng(0)),
        "widths",
    ),
    "generator": (lambda w, b, x, y: cl.uniform_start([3, 2], 2, 0), "rng"),
    "chain": (lambda w, b, x, y: cl.logits((w[0], w[1][..., :2]), b, x), "do not chain"),
    "biases": (lambda w, b, x, y: cl.logits(w, (b[0][..., :1], b[1]), x), "biases"),
    "no networks": (lambda w, b, x, y: cl.logits((w[0][0], w[1][0]), b, x), "weights"),
    "empty": (lambda w, b, x, y: cl.logits((), (), x), "weights"),
    "images": (lambda w, b, x, y: cl.logits(w, b, x[:, :2]), "images"),
    "labels": (lambda w, b, x, y: cl.evaluate(w, b, x, y + 3), "labels"),
    "label count": (lambda w, b, x, y: cl.gradients(w, b, x, y[:5]), "labels"),
    "depth": (lambda w, b, x, y: cl.hessian(w[:1], b[:1], x, y), "one hidden layer"),
    "rate": (lambda w, b, x, y: go(w, b, x, y, learning_rate=0.0), "learning_rate"),
    "batch": (lambda w, b, x, y: go(w, b, x, y, batch_size=0), "batch_size"),
    "epochs": (lambda w, b, x, y: go(w, b, x, y, epochs=-1), "epochs"),
    "record": (lambda w, b, x, y: go(w, b, x, y, record=[9], measure=lambda w, b: {}), "record"),
    "measure": (lambda w, b, x, y: go(w, b, x, y, record=[0]), "measure"),
}


def go(weights, biases, images, labels, **changed):
    options = {"learning_rate": 0.1, "batch_size": 5, "epochs": 1} | changed
    return cl.train(weights, biases, images, labels, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        call(*problem([4, 3, 3], 2, 0))
    assert "\n" not in str(caught.value)


# --- other units, other targets, other steps -------------------------------------------------------

UNITS = {
    "relu": (cl.RELU, torch.relu),
    "tanh": (cl.TANH, torch.tanh),
    "sigmoid": (cl.SIGMOID, torch.sigmoid),
    "leaky": (cl.leaky(0.25), lambda a: torch.nn.functional.leaky_relu(a, 0.25)),
}


def scores_of(weights, biases, images, unit):
    """One network on its images, as torch would write it: (m, classes)."""
    for j, (w, b) in enumerate(zip(weights, biases, strict=True)):
        images = (images if j == 0 else unit(images)) @ w.mT + b
    return images


def soft(sets, seed):
    """Random probabilities in place of the labels."""
    shape = (*sets[1].shape, 3)
    draws = torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))
    return sets[0], torch.softmax(draws, -1)


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("temperature", [None, 1.0, 4.0])
def test_gradients_of_every_unit_and_target_are_those_of_autograd(name, temperature):
    ours, theirs = UNITS[name]
    start, sets = own_problem([4, 5, 6, 3], 3, 1, 11)
    if temperature:
        sets = soft(sets, 12)
    found = cl.gradients(*start, *sets, ours, temperature or 1.0)
    for r in range(3):
        leaves = [tuple(x[r].clone().requires_grad_() for x in part) for part in start]
        scores = scores_of(*leaves, sets[0][r], theirs)
        if temperature:
            logs = torch.log_softmax(scores / temperature, -1)
            loss = -(temperature**2) * (sets[1][r] * logs).sum(-1).mean()
        else:
            loss = torch.nn.functional.cross_entropy(scores, sets[1][r])
        loss.backward()
        for mine, part in zip(found, leaves, strict=True):
            for a, x in zip(mine, part, strict=True):
                assert torch.allclose(a[r], x.grad, rtol=1e-11, atol=1e-14)
        outputs = cl.layer_outputs(*start, sets[0], ours)
        assert torch.allclose(outputs[-1][r].mT, scores.detach(), rtol=1e-12)
        first = theirs(scores_of(leaves[0][:1], leaves[1][:1], sets[0][r], theirs))
        assert torch.allclose(outputs[0][r].mT, first.detach(), rtol=1e-12)


def test_training_apart_with_adam_soft_targets_and_a_mask_is_the_loop_of_torch():
    start, sets = own_problem([4, 5, 3], 2, 4, 13)
    sets = soft(sets, 14)
    draw = np.random.default_rng(15)
    mask = tuple(torch.from_numpy(draw.integers(0, 2, w.shape)).double() for w in start[0])
    start = tuple(w * m for w, m in zip(start[0], mask, strict=True)), start[1]
    orders = torch.from_numpy(draw.integers(0, 12, (2, 9, 4)))
    go = {"rule": Adam(0.05), "activation": cl.TANH, "temperature": 3.0}
    run = cl.train_apart(start, sets, orders, mask=mask, **go)
    leaves = [tuple(x.requires_grad_() for x in one(part, 3)) for part in start]
    optimizer = torch.optim.Adam([x for part in leaves for x in part], lr=0.05)
    for batch in orders[1]:
        optimizer.zero_grad()
        logs = torch.log_softmax(scores_of(*leaves, sets[0][1, batch], torch.tanh) / 3, -1)
        (-9 * (sets[1][1, batch] * logs).sum(-1).mean()).backward()
        for w, m in zip(leaves[0], mask, strict=True):
            w.grad.mul_(m[3])
        optimizer.step()
    for a, b in zip(run.weights, [x for part in leaves for x in part], strict=True):
        assert torch.allclose(a[3], b.detach(), rtol=1e-9, atol=1e-12)
    assert all((w[m == 0] == 0).all() for w, m in zip(run.weights[:2], mask, strict=True))


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda x, q: ((x, q.float()), {}), "float64"),
        (lambda x, q: ((x, q[..., :2]), {}), "probabilities must be"),
        (lambda x, q: ((x, 2 * q), {}), "sum to 1"),
        (lambda x, q: ((x, q), {"temperature": 0}), "temperature"),
        (lambda x, q: ((x, q), {"record": [0]}), "measure is needed"),
        (lambda x, q: ((x, q), {"mask": (torch.ones(2, 2),)}), "mask"),
    ],
)
def test_targets_that_are_none_are_refused(change, words):
    start, sets = own_problem([4, 5, 3], 2, 2, 16)
    sets, options = change(*soft(sets, 17))
    orders = torch.zeros(2, 1, 3, dtype=torch.int64)
    with pytest.raises(ValueError, match=words):
        cl.train_apart(start, sets, orders, Plain(0.1), **options)


def test_a_slope_below_zero_is_refused():
    with pytest.raises(ValueError, match="slope"):
        cl.leaky(-0.1)
