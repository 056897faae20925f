"""Walks and what the greedy algorithm says of them: limits, and paths made by hand."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.stages import low_rank as lr
from lib.stages import staircases as sc


def small_problem(seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return (*lr.completion_problem([2.0, 1.0], 6, 0.8, seeds, rng), rng)


def test_plateaus_of_two_layers_are_the_ranks_of_the_target():
    """Diagonal target: saddles at losses (1.5^2 + .7^2)/2 and .7^2/2, ranks 1 and 2."""
    rng = np.random.default_rng(0)
    target = torch.diag(torch.tensor([3.0, 1.5, 0.7], dtype=torch.float64)).expand(4, 3, 3)
    weights = tuple(1e-5 * torch.from_numpy(rng.standard_normal((4, 3, 3))) for _ in range(2))

    def measure(w, t):
        norm = sum(g.square().sum((-2, -1)) for g in ln.gradients(w, t)).sqrt()
        product = ln.end_to_end(w)
        return {
            "norm": norm,
            "loss": ln.matrix_loss(product, t),
            "values": torch.linalg.svdvals(product),
        }

    run = descend(
        ln.gradients,
        weights,
        problem=(target,),
        rule=Plain(0.02),
        steps=4000,
        record=Record(range(0, 4001, 20), measure),
        stop=Stop(lambda w, t: ln.loss(w, t) < 1e-4),
    ).records
    for seed, found in enumerate(sc.plateaus(run["norm"], run["values"])):
        # The origin itself counts when a start comes nearer to it before it leaves.
        ranks = [p.rank for p in found]
        assert ranks in ([1, 2], [0, 1, 2])
        losses = [float(run["loss"][p.record, seed]) for p in found if p.rank]
        assert losses == pytest.approx([(1.5**2 + 0.7**2) / 2, 0.7**2 / 2], rel=0.01)


def test_plateaus_need_a_rise_on_both_sides():
    time = torch.linspace(0, 1, 101, dtype=torch.float64)
    rank = torch.ones(101, 3, 1, dtype=torch.float64)
    dip = (time - 0.5).square()
    norms = torch.stack([torch.exp(-time), 1 + dip, 0.01 + dip], 1)
    # No dip; a dip by a fifth; a deep one.
    assert [len(found) for found in sc.plateaus(norms, rank)] == [0, 0, 1]
    assert sc.plateaus(norms, rank)[2] == [sc.Plateau(50, 1)]
    assert len(sc.plateaus(norms, rank, prominence=0.9)[1]) == 1


def small_stairs(depth=3, gamma=4.0):
    target, mask, rng = small_problem(4)
    return sc.compare_with_greedy(target, mask, depth, 12, gamma, rng, ranks=2)


def test_a_walk_pauses_where_the_greedy_algorithm_rests():
    """Its records belong together; a start of another size pauses at the same losses."""
    stairs = small_stairs()
    walk = stairs.walk
    loss = lr.completion_loss(walk.matrix, stairs.target, stairs.mask)  # all records in one stack
    assert torch.allclose(walk.loss, loss, rtol=1e-12, atol=1e-15)
    assert torch.allclose(walk.values, torch.linalg.svdvals(walk.matrix))
    assert (walk.time.diff(dim=0) >= 0).all() and (walk.loss[-1] < 1e-3).all()
    assert stairs.stands(0.01).all() and torch.equal(walk.at_end().matrix, walk.matrix[-1:])
    other = small_stairs(gamma=5.0)
    assert other.stands(0.01).all() and (other.deviation() < stairs.deviation()).all()


def test_long_steps_pause_where_plain_descent_does():
    """The same start by plain steps of 0.05: the same losses, nearly the same times, in half of the gradients."""
    target, mask, _ = small_problem(4)
    walk = sc.walk(target, mask, 3, 12, 4.0, np.random.default_rng(5))
    start = ln.gaussian_weights([6, 12, 12, 6], 4, np.random.default_rng(5), 12**-2.0)
    plain = lr.paced_descent(
        start, target, mask, sc.Paced(0.05, 0.5), steps=9000, every=10, final_loss=1e-3
    )
    found = sc.plateaus(plain.records["norm"], plain.records["values"])
    for k in range(4):
        (one,), (other,) = walk.found[k], found[k]
        loss = float(plain.records["loss"][other.record, k])
        assert float(walk.loss[one.record, k]) == pytest.approx(loss, rel=1e-3)
        half = [float(t[(x < loss / 2).int().argmax()]) for t, x in (
            (walk.time[:, k], walk.loss[:, k]),
            (plain.records["time"][:, k], plain.records["loss"][:, k]))]  # fmt: skip
        assert half[0] == pytest.approx(half[1], rel=0.06)
    assert len(walk.loss) < len(plain.records["loss"]) / 2


def test_what_cannot_be_compared_is_undefined():
    """No plateau has no deviation and is no staircase; where the reference has not settled there is neither."""
    stairs = small_stairs(gamma=0.0)
    lonely = [not found for found in stairs.walk.found]
    assert not stairs.stands(1e9).any() and any(lonely)
    assert stairs.deviation().isnan().tolist() == lonely
    good = small_stairs()
    open_end = good.greedy._replace(settled=good.greedy.settled.clone())
    open_end.settled[1, 0] = False
    half = sc.GreedyComparison(good.target, good.mask, good.walk, open_end)
    assert half.stands(0.01).isnan().tolist() == [True, False, False, False]
    assert half.deviation().isnan().tolist() == [True, False, False, False]
    early = sc.compare_with_greedy(
        good.target, good.mask, 3, 12, 4.0, np.random.default_rng(0), ranks=2, steps=50
    )
    assert not early.walk.ended.any()
    assert all(x.isnan().all() for x in (early.stands(1e9), early.deviation(), early.unseen()))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_saddle_is_left_along_the_top_pair_in_the_limit_of_small_starts(rank):
    large, small = (small_stairs(gamma=gamma) for gamma in (3.0, 4.0))
    assert large.cosine(rank).median() < small.cosine(rank).median()
    assert small.cosine(rank).median() > 0.99
    assert small.cosine(rank, part=2.0).isnan().all()


def test_waits_and_drops_are_the_parts_of_a_run():
    stairs = small_stairs()
    whole = sum(stairs.wait(k) + stairs.drop(k) for k in range(2))
    assert torch.allclose(whole, stairs.passage(1, 0.9))
    assert (stairs.wait(1) > stairs.drop(0)).all() and (stairs.drop(1) > 0).all()


def test_the_exit_cosine_of_a_path_made_by_hand():
    """From the saddle diag(2, 0, 0) the new mode is the second diagonal entry, whatever the old does."""
    target = torch.diag(torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64))[None]
    mask = torch.ones_like(target)
    saddles = torch.stack([0 * target, target * 0, target * 0, target])
    saddles[1, 0, 0, 0] = saddles[2, 0, 0, 0] = 2.0
    saddles[2, 0, 1, 1] = 1.0
    greedy = lr.GreedyPath(lr.completion_loss(saddles, target, mask), saddles, None)
    path = saddles[[0, 1, 1, 2]].clone()
    path[2, 0, :2, :2] += torch.tensor([[0.1, 0.2], [-0.3, 0.4]]).double()
    path[2, 0, 2, 2] = 0.3
    loss, time = lr.completion_loss(path, target, mask), torch.arange(4.0)[:, None].double()
    walk = sc.Walk(time, loss, None, None, path, None)
    stairs = sc.GreedyComparison(target, mask, walk, greedy)
    assert float(stairs.cosine(1)) == pytest.approx(0.4 / 0.5)
    # Nine tenths of the way to the next saddle are done at the last record only.
    assert float(stairs.passage(1, 0.9)) == 3.0


def test_shape_at_half_is_read_where_the_loss_is_first_half():
    loss = torch.tensor([[4.0, 4.0], [3.0, 1.0], [1.0, 0.5]]).double()
    values = torch.arange(1.0, 13.0).double().reshape(3, 2, 2).flip(-1)
    walk = sc.Walk(None, loss, None, values, None, None)
    assert walk.shape_at_half(2).tolist() == [9 / 10, 7 / 8]
    assert walk.shape_at_half(3).isnan().all()


@pytest.mark.parametrize("depth", [2, 3])
def test_exits_from_the_origin(depth):
    """Time along the top pair is as promised; the cosine rises as the start shrinks."""
    target, mask, rng = small_problem()
    exits = sc.origin_exits(target, mask, depth, [1e-2, 1e-4, 1e-6], rng)
    assert exits.time.shape == exits.promised.shape == (3, 3)
    assert torch.allclose(exits.fastest[1:], exits.promised[1:], rtol=0.05)
    assert (exits.cosine[-1] > exits.cosine[0]).all() and (exits.cosine <= 1 + 1e-12).all()


BAD = {
    "norms": (lambda: sc.plateaus(torch.ones(3), torch.ones(3, 1)), "records, seeds"),
    "no record": (lambda: sc.plateaus(torch.ones(0, 1), torch.ones(0, 1, 1)), "a record or more"),
    "nan": (
        lambda: sc.plateaus(torch.full((3, 1), math.nan), torch.ones(3, 1, 1)),
        "all finite",
    ),
    "prominence": (
        lambda: sc.plateaus(torch.ones(3, 1), torch.ones(3, 1, 1), prominence=2.0),
        "prominence",
    ),
    "rank": (
        lambda: sc.GreedyComparison(None, None, None, lr.GreedyPath([1.0, 0.0], None, None)).cosine(
            1
        ),
        "rank must lie in 0..0",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()
