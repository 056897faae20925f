"""Masks and starts by their counts and moments, training against torch's own Adam, one network alone."""

import numpy as np
import pytest
import torch

from lib.descent import snapped
from lib.practice import lottery_tickets as lt


def rngs(count, key=0):
    return [np.random.default_rng([key, k]) for k in range(count)]


def toy(draws=3):
    images = torch.from_numpy(np.random.default_rng(1).standard_normal((30, 6)))
    labels = torch.from_numpy(np.random.default_rng(2).integers(0, 3, 30))
    return (
        images,
        labels,
        lt.draw_tickets(images, labels, 12, 8, 3, 4, [6, 5, 4, 3], rngs(draws, 3)),
    )


OPTIONS = {"rates": [0.01], "looks": [0, 4, 9]}


def test_draws_split_the_images_in_three():
    images, _, one = toy()
    assert [len(x[0][0]) for x in (one.training, one.validation, one.tests)] == [12, 8, 10]
    for k in range(3):
        seen = torch.cat([x[0][k] for x in (one.training, one.validation, one.tests)])
        own = snapped((images.clone(),))[0]  # pixels on the grid of the weights
        assert torch.equal(seen[seen[:, 0].argsort()], own[own[:, 0].argsort()])
    assert one.order.shape == (3, 9, 4)
    assert torch.equal(
        one.order[1].flatten().view(3, 12).sort().values, torch.arange(12).expand(3, 12)
    )
    fewer = toy(2)[2]
    assert torch.equal(one.start[0][:2], fewer.start[0])
    assert not torch.equal(one.start[0][0], one.start[0][1])


def test_the_start_has_the_variance_of_glorot():
    for w, (a, b) in zip(
        lt.new_weights([300, 200, 100], rngs(2)), ((300, 200), (200, 100)), strict=True
    ):
        assert w.shape == (2, b, a) and w.dtype == torch.float64
        assert float(w.var()) == pytest.approx(2 / (a + b), rel=0.03)
        assert abs(float(w.mean())) < 0.002


def test_what_is_taken_away_and_what_stays():
    start = lt.new_weights([60, 50, 40], rngs(2))
    flat, turned = lt.constant_size(start), lt.random_signs(start, rngs(2, 7))
    for w, c, r in zip(start, flat, turned, strict=True):
        assert torch.equal(c.sign(), w.sign()) and torch.equal(r.abs(), w.abs())
        size = w.square().mean((1, 2)).sqrt()
        assert (c[:, 0, 0].abs() - size).abs().max() <= 2**-19  # the nearest on the grid
        assert len(c[0].abs().unique()) == 1
        assert abs(float((r * w > 0).double().mean()) - 0.5) < 0.03
    assert torch.allclose(lt.same_sign(start, flat, lt.open_mask(start)), torch.ones(2).double())
    assert (lt.same_sign(start, turned, lt.open_mask(start)) - 0.5).abs().max() < 0.03


def test_the_largest_open_weights_are_kept():
    start = lt.new_weights([8, 7, 6], rngs(3))
    mask = lt.keep_largest(start, lt.open_mask(start), [0.5, 0.8])
    again = lt.keep_largest(start, mask, [0.5, 0.8])
    for w, m, n in zip(start, mask, again, strict=True):
        for k in range(3):
            assert float(w[k].abs()[m[k] > 0].min()) > float(w[k].abs()[m[k] == 0].max())
            assert (n[k] <= m[k]).all()
            kept = w[k].abs()[(m[k] > 0) & (n[k] > 0)].min()
            assert float(kept) > float(w[k].abs()[(m[k] > 0) & (n[k] == 0)].max())
    assert [int(m[0].sum()) for m in mask] == [28, 34]  # of 56 and 42
    assert [int(m[0].sum()) for m in again] == [14, 27]
    assert torch.allclose(lt.kept_share(mask), torch.full((3,), 62 / 98).double())


def test_closed_weights_do_not_come_back_however_large():
    weights, mask = (torch.tensor([[[9.0, 1.0, 2.0]]]),), (torch.tensor([[[0.0, 1.0, 1.0]]]),)
    assert lt.keep_largest(weights, mask, [1.0])[0].tolist() == [[[0, 1, 1]]]
    assert lt.keep_largest(weights, mask, [0.01])[0].tolist() == [[[0, 0, 1]]]


def test_a_shuffled_mask_keeps_the_number_in_each_layer():
    start = lt.new_weights([30, 20, 10], rngs(2))
    mask = lt.keep_largest(start, lt.open_mask(start), [0.3, 0.6])
    other = lt.shuffled(mask, rngs(2, 5))
    for m, n in zip(mask, other, strict=True):
        assert torch.equal(m.sum((1, 2)), n.sum((1, 2))) and not torch.equal(m, n)
        assert set(n.unique().tolist()) <= {0.0, 1.0}
        overlap = (m * n).sum((1, 2)) / m.sum((1, 2))
        assert (overlap - m.mean()).abs().max() < 0.12


def test_training_is_torchs_adam_on_every_network_alone():
    _, _, one = toy()
    mask = lt.keep_largest(one.start, lt.open_mask(one.start), [0.5, 0.5, 0.8])
    arms = {"dense": (one.start, lt.open_mask(one.start)), "sparse": (one.start, mask)}
    found = lt.train_arms(one, arms, **OPTIONS)["sparse"]
    k = 2
    weights = [(w[k] * m[k]).clone().requires_grad_() for w, m in zip(one.start, mask, strict=True)]
    biases = [torch.zeros(len(w), dtype=torch.float64, requires_grad=True) for w in weights]
    optimizer = torch.optim.Adam([*weights, *biases], lr=0.01)

    def scores(x):
        for w, b in zip(weights, biases, strict=True):
            x = x @ w.mT + b
            x = x if w is weights[-1] else x.relu()
        return x

    def on(part):
        return scores(part[0][k]), part[1][k]

    seen = [torch.nn.functional.cross_entropy(*on(one.validation)).item()]
    for at in one.order[k]:
        optimizer.zero_grad()
        x, y = (part[k][at] for part in one.training)
        torch.nn.functional.cross_entropy(scores(x), y).backward()
        for w, m in zip(weights, mask, strict=True):
            w.grad.mul_(m[k])
        optimizer.step()
        for x in (*weights, *biases):
            x.data = (x.data * 2**18).round() / 2**18
    out, y = on(one.validation)
    seen.append(torch.nn.functional.cross_entropy(out, y).item())
    for w, v, m in zip(weights, found.weights, mask, strict=True):
        assert torch.allclose(w.detach(), v[k], rtol=1e-9, atol=1e-12)
        assert (v[k][m[k] == 0] == 0).all()
    assert found.validation_loss[[0, -1], 0, k] == pytest.approx(seen, rel=1e-9)
    assert found.validation_accuracy[-1, 0, k] == float((out.argmax(1) == y).double().mean())
    out, y = on(one.tests)
    assert found.accuracy[0, k] == float((out.argmax(1) == y).double().mean())


def test_arms_do_not_see_each_other():
    _, _, one = toy()
    dense = one.start, lt.open_mask(one.start)
    fresh = lt.new_weights([6, 5, 4, 3], rngs(3, 9)), lt.open_mask(one.start)
    both = lt.train_arms(one, {"a": dense, "b": fresh}, **OPTIONS)
    alone = lt.train_arms(one, {"b": fresh}, **OPTIONS)["b"]
    assert torch.allclose(both["b"].weights[1], alone.weights[1], rtol=1e-9)
    assert np.allclose(both["b"].validation_loss, alone.validation_loss)


def test_rounds_rewind_and_prune_what_ended_small():
    _, _, one = toy()
    found = lt.prune_by_rounds(one, [0.6, 0.6, 0.8], 2, **OPTIONS)
    assert len(found) == 3 and lt.kept_share(found[0].mask).tolist() == [1, 1, 1]
    for before, after in zip(found, found[1:], strict=False):
        expected = lt.keep_largest(before.trained.weights, before.mask, [0.6, 0.6, 0.8])
        assert all(torch.equal(m, n) for m, n in zip(expected, after.mask, strict=True))
        again = lt.train_arms(one, {"x": (one.start, after.mask)}, **OPTIONS)["x"]
        assert np.allclose(again.validation_loss, after.trained.validation_loss, rtol=1e-9)


def test_pruning_by_movement_keeps_what_went_farthest():
    _, _, one = toy()
    dense, first = lt.prune_by_rounds(one, [0.6, 0.6, 0.8], 1, by="movement", **OPTIONS)
    far = [(w - v).abs() for w, v in zip(dense.trained.weights, one.start, strict=True)]
    for d, m in zip(far, first.mask, strict=True):
        for k in range(3):
            assert float(d[k][m[k] > 0].min()) >= float(d[k][m[k] == 0].max())
    again = lt.prune_by_rounds(one, [0.6, 0.6, 0.8], 0, dense=dense.trained, **OPTIONS)
    assert again[0].trained is dense.trained


def test_rates_are_side_by_side_as_they_are_alone():
    """Also with a mask for each of them; the best is that of the validation images."""
    _, _, one = toy()
    rates = [0.001, 0.03]
    both = lt.prune_by_rounds(one, [0.6, 0.6, 0.8], 1, rates=rates, looks=[0, 9])
    for r, rate in enumerate(rates):
        alone = lt.prune_by_rounds(one, [0.6, 0.6, 0.8], 1, rates=[rate], looks=[0, 9])
        for many, single in zip(both, alone, strict=True):
            assert torch.equal(many.mask[1][3 * r : 3 * r + 3], single.mask[1])
            assert (many.trained.accuracy[r] == single.trained.accuracy[0]).all()
            seen = many.trained.validation_loss[:, r], single.trained.validation_loss[:, 0]
            assert np.allclose(*seen, rtol=1e-9)
    ended = both[1].trained
    said = ended.validation_accuracy[-1].mean(1)
    assert said[ended.best] == said.max()
    assert (ended.at_best() == ended.accuracy[ended.best]).all()
    looks = ended.at_best(ended.validation_loss)
    assert (looks == ended.validation_loss[:, ended.best]).all()


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda one: lt.new_weights([4], rngs(1)), "widths"),
        (lambda one: lt.new_weights([4, 0], rngs(1)), "widths"),
        (lambda one: lt.new_weights([4, 2], [0]), "generators"),
        (lambda one: lt.new_weights([4, 2], []), "generators"),
        (lambda one: lt.random_signs(one.start, rngs(2)), "generators"),
        (lambda one: lt.shuffled(one.start, rngs(4)), "generators"),
        (lambda one: lt.keep_largest(one.start, one.start, [0.5, 0.5]), "keep"),
        (lambda one: lt.keep_largest(one.start, one.start, [0.5, 0.5, 1.5]), "keep"),
        (
            lambda one: lt.keep_largest(one.start, lt.masked(one.start, one.start), [0.5] * 3),
            "mask",
        ),
        (lambda one: lt.train_arms(one, {"a": (one.start[:2], one.start)}, **OPTIONS), "arms"),
        (lambda one: lt.train_arms(one, {}, rates=[0.1], looks=[]), "looks"),
        (lambda one: lt.prune_by_rounds(one, [0.5] * 3, -1, **OPTIONS), "rounds"),
        (lambda one: lt.prune_by_rounds(one, [0.5] * 3, 1, by="age", **OPTIONS), "by must"),
        (lambda one: lt.draw_tickets(*toy()[:2], 12, 8, 3, 5, [6, 3], rngs(1)), "batch_size"),
        (lambda one: lt.draw_tickets(*toy()[:2], 12, 18, 3, 4, [6, 3], rngs(1)), "validation"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call(toy()[2])


def test_of_weights_that_tie_the_first_are_kept():
    w, m = torch.ones(1, 20, 30, dtype=torch.float64), torch.ones(1, 20, 30, dtype=torch.float64)
    (found,) = lt.keep_largest((w,), (m,), [0.5])
    assert found.flatten()[:300].all() and not found.flatten()[300:].any()
