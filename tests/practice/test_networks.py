"""The one network against autograd in every form, finite differences, a network by hand, and what forms do not see."""

from itertools import product

import numpy as np
import pytest
import torch

from lib.practice import networks as nw
from lib.practice.starts import he, normal_start

WIDTHS, M, R = (5, 4, 6, 3), 12, 2
UNITS = {
    "relu": (nw.RELU, torch.relu),
    "tanh": (nw.TANH, torch.tanh),
    "sigmoid": (nw.SIGMOID, torch.sigmoid),
    "linear": (nw.LINEAR, lambda a: a),
    "leaky": (nw.leaky(0.25), lambda a: torch.nn.functional.leaky_relu(a, 0.25)),
}
KINDS = {
    "plain": {},
    "batch": {"normalized": True},
    "one layer": {"normalized": (1,)},
    "ghosts": {"normalized": True, "groups": 3},
    "centred only": {"normalized": True, "scaled": False},
    "scaled only": {"normalized": True, "centred": False},
    "layer": {"normalized": True, "over": "units"},
    "group": {"normalized": (1,), "over": "units", "groups": 2},
}


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def network(form, slopes=False, gains=True):
    pairs = list(zip(WIDTHS, WIDTHS[1:], strict=False))
    weights = tuple(drawn(R, b, a, seed=a) for a, b in pairs)
    biases = tuple(drawn(R, b, seed=50 + b) for _, b in pairs)
    net = nw.Network(weights, biases)
    if gains:
        net = net.with_gains(form)
        net = net._replace(gains=tuple(g + 0.3 * drawn(*g.shape, seed=70) for g in net.gains))
    return net._replace(slopes=(0.5 * drawn(R, 2, seed=80),)) if slopes else net


def normalized(z, form):
    """By its definition; z (m, d), as torch has it: examples are rows."""
    rows = z if form.over == "units" else z.T
    parts = rows.unflatten(-1, (form.groups, -1))
    if form.centred:
        parts = parts - parts.mean(-1, keepdim=True)
    if form.scaled:
        parts = parts / (parts.square().mean(-1, keepdim=True) + form.epsilon).sqrt()
    rows = parts.flatten(-2)
    return rows if form.over == "units" else rows.T


def oracle(net, r, x, form, unit):
    """Scores (m, classes) of network r alone."""
    places = form.places(3)
    for j in range(3):
        z = x @ net.weights[j][r].T
        if j in places:
            z = normalized(z, form)
            z = z * net.gains[places.index(j)][r] if net.gains else z
        x = z + net.biases[j][r]
        if j < 2:
            x = torch.nn.functional.prelu(x, net.slopes[0][r, j]) if net.slopes else unit(x)
    return x


def loss_of(scores, target, temperature):
    if not target.is_floating_point():
        return torch.nn.functional.cross_entropy(scores, target)
    return -(temperature**2) * (target * torch.log_softmax(scores / temperature, -1)).sum(-1).mean()


FORMS = [
    *product(UNITS, ("plain", "batch", "layer"), (False,), (True,)),
    *product(("tanh",), KINDS, (False, True), (True, False)),
]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("target", ["labels", "probabilities", "hot"])
@pytest.mark.parametrize("name, kind, slopes, gains", FORMS)
def test_gradients_of_every_form_are_autograds(name, kind, slopes, gains, target, shared):
    own, unit = UNITS[name]
    form = nw.Form(own, epsilon=0.01, **KINDS[kind])
    net = network(form, slopes, gains)
    shape = (M,) if shared else (R, M)
    x, temperature = drawn(*shape, WIDTHS[0], seed=9), 3.0 if target == "hot" else 1.0
    y = torch.from_numpy(np.random.default_rng(3).integers(0, 3, shape))
    if target != "labels":
        y = torch.softmax(drawn(*shape, 3, seed=11), -1)
    found = nw.loss_gradient(net, x, y, form, temperature)
    opened = net.map(lambda p: p.clone().requires_grad_())
    for r in range(R):
        given = (x, y) if shared else (x[r], y[r])
        scores = oracle(opened, r, given[0], form, unit)
        assert torch.allclose(nw.scores(net, x, form)[r], scores, rtol=1e-11, atol=1e-12)
        expected = torch.autograd.grad(
            loss_of(scores, given[1], temperature), opened.tensors(), allow_unused=True
        )
        for g, e in zip(found.tensors(), expected, strict=True):
            assert torch.allclose(g[r], e[r], rtol=1e-9, atol=1e-12)


def test_the_derivative_in_the_images_is_autograds():
    form = nw.Form(nw.TANH, True)
    net, x = network(form), drawn(R, M, WIDTHS[0], seed=9).requires_grad_()
    pull = drawn(R, 3, M, seed=12)
    scores = torch.stack([oracle(net, r, x[r], form, torch.tanh) for r in range(R)])
    (expected,) = torch.autograd.grad((scores.mT * pull).sum(), x)
    with torch.no_grad():
        run = nw.forward(net, x, form)
        gradient, found = nw.backward(net, run, pull, form, to_images=True)
    assert torch.allclose(found.mT, expected, atol=1e-12)
    assert [g.shape for g in gradient.tensors()] == [p.shape for p in net.tensors()]


def test_the_slope_is_the_quotient_of_differences():
    form = nw.Form(nw.SIGMOID, (0,), groups=2)
    net = network(form)
    x, y = drawn(R, M, WIDTHS[0], seed=9), torch.zeros(R, M, dtype=torch.int64)
    way = net.map(lambda p: drawn(*p.shape, seed=13))

    def loss(t):
        moved = net.like([p + t * d for p, d in zip(net.tensors(), way.tensors(), strict=True)])
        scores = nw.scores(moved, x, form)
        return (scores.logsumexp(-1) - scores[..., 0]).mean(-1)

    found = nw.loss_gradient(net, x, y, form)
    along = sum(
        (g * d).flatten(1).sum(1) for g, d in zip(found.tensors(), way.tensors(), strict=True)
    )
    assert torch.allclose((loss(1e-5) - loss(-1e-5)) / 2e-5, along, rtol=1e-7)


def test_a_network_by_hand():
    """x = 2, h = relu(3 * 2 - 1) = 5, score = -5 + 4; of two scores (-1, 0) the first is asked for."""
    w = torch.tensor([[[3.0]]]).double(), torch.tensor([[[-1.0], [0.0]]]).double()
    b = torch.tensor([[-1.0]]).double(), torch.tensor([[4.0, 0.0]]).double()
    net, x = nw.Network(w, b), torch.tensor([[2.0]]).double()
    assert nw.scores(net, x)[0].tolist() == [[-1.0, 0.0]]
    q = float(torch.sigmoid(torch.tensor(-1.0).double()))
    found = nw.loss_gradient(net, x, torch.tensor([0]))
    assert found.biases[1][0].tolist() == pytest.approx([q - 1, 1 - q])
    assert found.weights[1][0, :, 0].tolist() == pytest.approx([5 * (q - 1), 5 * (1 - q)])
    assert float(found.weights[0]) == pytest.approx(2 * (1 - q))
    loss, accuracy = nw.evaluate(net, x, torch.tensor([0]))
    assert float(loss) == pytest.approx(-np.log(q)) and float(accuracy) == 0


@pytest.mark.parametrize("kind", ["batch", "ghosts", "scaled only", "layer"])
def test_normalized_layers_do_not_see_the_scale_of_their_weights(kind):
    form = nw.Form(nw.TANH, epsilon=0.0, **KINDS[kind])
    net, x = network(form), drawn(R, M, WIDTHS[0], seed=9)
    larger = net._replace(weights=(7 * net.weights[0], 7 * net.weights[1], net.weights[2]))
    assert torch.allclose(nw.scores(net, x, form), nw.scores(larger, x, form), atol=1e-12)
    y = torch.zeros(R, M, dtype=torch.int64)
    one, other = (nw.loss_gradient(n, x, y, form).weights[0] for n in (net, larger))
    assert torch.allclose(one, 7 * other, atol=1e-12)  # so it stands at a right angle to them


@pytest.mark.parametrize("kind", ["batch", "centred only"])
def test_centred_layers_do_not_see_an_offset_of_the_images(kind):
    form = nw.Form(nw.TANH, **{**KINDS[kind], "normalized": (0,)})
    net, x = network(form), drawn(R, M, WIDTHS[0], seed=9)
    assert torch.allclose(nw.scores(net, x, form), nw.scores(net, x + 3, form), atol=1e-11)


def test_units_are_normalized_for_each_example_alone():
    form = nw.Form(nw.TANH, True, over="units")
    net, x = network(form), drawn(R, M, WIDTHS[0], seed=9)
    assert torch.allclose(nw.scores(net, x, form)[:, :1], nw.scores(net, x[:, :1], form))


def test_statistics_of_another_pass_are_used():
    form = nw.Form(nw.RELU, True)
    net, x = network(form), drawn(R, M, WIDTHS[0], seed=9)
    whole = nw.layers(net, x, form)
    part = nw.layers(net, x[:, :1], form, whole.statistics)
    assert torch.allclose(part.scores, whole.scores[..., :1])


def test_a_tanh_network_is_a_sigmoid_network():
    """tanh z = 2 sigma(2 z) - 1: middle weights times 4, outer ones times 2, biases less the means."""
    net, x = network(nw.PLAIN), drawn(R, M, WIDTHS[0], seed=9)
    (a, b, c), (p, q, s) = net.weights, net.biases
    other = nw.Network((2 * a, 4 * b, 2 * c), (2 * p, 2 * (q - b.sum(-1)), s - c.sum(-1)))
    one = nw.scores(net, x, nw.Form(nw.TANH))
    assert torch.allclose(one, nw.scores(other, x, nw.Form(nw.SIGMOID)), atol=1e-12)


def test_arms_share_the_images_of_their_draw():
    net, x = network(nw.PLAIN), drawn(R, M, WIDTHS[0], seed=9)
    two = nw.scores(net.repeated(2), x)
    assert torch.allclose(two[:R], two[R:]) and torch.allclose(two[:R], nw.scores(net, x))
    assert torch.equal(nw.joined([net, net]).weights[0], net.repeated(2).weights[0])


def test_evaluate_in_pieces_is_the_mean_over_all_and_accuracy_counts():
    net = normal_start([2, 1000, 5], [np.random.default_rng(k) for k in range(3)], he)
    x, y = drawn(1203, 2), torch.from_numpy(np.random.default_rng(1).integers(0, 5, 1203))
    loss, accuracy = nw.evaluate(net, x, y)
    scores = nw.scores(net, x)
    for r in range(3):
        expected = torch.nn.functional.cross_entropy(scores[r], y)
        assert float(loss[r]) == pytest.approx(float(expected), rel=1e-12)
        assert float(accuracy[r]) == (scores[r].argmax(1) == y).double().mean()
    assert torch.equal(nw.accuracy(scores, y), accuracy)


def test_packing_and_unpacking_is_nothing():
    net = network(nw.PLAIN)._replace(gains=(torch.ones(R, 4).double(),) * 2)
    packing = nw.Packing(net)
    packed = packing.pack(net)
    assert len(packed) == 7  # the two gains lie together
    back = packing.unpack(packed)
    assert all(torch.equal(a, b) for a, b in zip(net.tensors(), back.tensors(), strict=True))


# --- one layer -------------------------------------------------------------------------------------


def test_torch_normalizes_alike():
    z = drawn(3, 4, 10)
    found, (mean, sd) = nw.normalize(z)
    for own, seen in zip(z, found, strict=True):
        expected = torch.nn.functional.batch_norm(own.T, None, None, training=True).T
        assert torch.allclose(seen, expected, atol=1e-14)
    assert mean.shape == sd.shape == (3, 4, 1)
    assert torch.allclose(nw.normalize(z.mT)[0], torch.nn.functional.layer_norm(z.mT, (4,)))


def test_groups_are_minibatches_of_their_own():
    z = drawn(2, 3, 12)
    found, (mean, sd) = nw.normalize(z, 3)
    alone = [nw.normalize(part) for part in z.split(4, -1)]
    assert torch.allclose(found, torch.cat([part for part, _ in alone], -1), atol=1e-14)
    assert torch.allclose(sd, torch.cat([own[1] for _, own in alone], -1))
    assert mean.shape == (2, 3, 3)


def test_two_examples_leave_one_bit():
    """z^ of two examples is +-1/sqrt(1 + 4 epsilon / d^2), whatever their difference d."""
    z = drawn(5, 2)
    d = z[:, :1] - z[:, 1:]
    found, _ = nw.normalize(z, 1, 0.01)
    assert torch.allclose(found[:, :1], d.sign() / (1 + 0.04 / d.square()).sqrt(), atol=1e-13)


# --- what is refused -------------------------------------------------------------------------------


def fit(change=lambda n: n, images=None, form=nw.PLAIN):
    net = network(form)
    return nw.scores(change(net), drawn(R, M, WIDTHS[0]) if images is None else images, form)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: nw.scores((1, 2), drawn(3, 5)), "network"),
        (lambda: fit(images=np.ones((3, 5))), "images"),
        (lambda: fit(images=drawn(3, 2)), "images"),
        (lambda: fit(images=drawn(M, 5) * torch.nan), "finite"),
        (lambda: fit(images=drawn(3, M, 5)), "multiple"),
        (lambda: fit(lambda n: n._replace(weights=n.weights[::-1])), "do not chain"),
        (lambda: fit(lambda n: n._replace(weights=())), "weights"),
        (lambda: fit(lambda n: n._replace(biases=n.biases[:2])), "biases"),
        (lambda: fit(lambda n: n._replace(biases=tuple(b.float() for b in n.biases))), "float64"),
        (lambda: fit(lambda n: n._replace(gains=n.biases[:1])), "gains"),
        (lambda: fit(lambda n: n._replace(slopes=(drawn(R, 3),))), "slopes"),
        (lambda: fit(form=nw.Form(normalized=(2,)), change=lambda n: n), "normalized"),
        (lambda: fit(form=nw.Form(normalized=(0,), over="layers")), "over"),
        (lambda: fit(form=nw.Form(normalized=True, groups=5)), "groups"),
        (lambda: nw.normalize(drawn(2, 1)), "groups"),
        (lambda: nw.normalize(drawn(2, 6).float()), "float64"),
        (lambda: nw.normalize(drawn(2, 6), 1, -1.0), "epsilon"),
        (lambda: nw.leaky(-0.1), "slope"),
        (lambda: nw.loss_gradient(network(nw.PLAIN), drawn(M, 5), torch.ones(M)), "labels"),
        (lambda: nw.loss_gradient(network(nw.PLAIN), drawn(M, 5), torch.full((M,), 3)), "labels"),
        (
            lambda: nw.loss_gradient(
                network(nw.PLAIN), drawn(M, 5), torch.zeros(M).long(), temperature=0
            ),
            "temperature",
        ),
        (
            lambda: nw.loss_gradient(network(nw.PLAIN), drawn(M, 5), torch.ones(M, 3).double()),
            "sum to 1",
        ),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
