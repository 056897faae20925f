"""The stepper against the loop that a user would write, and its faults."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.descent import (
    Adam,
    DivergenceError,
    Momentum,
    Plain,
    Record,
    Stop,
    descend,
    log_steps,
    snapped,
)

QUADRATIC = torch.tensor([[1.0, 3.0], [2.0, 0.5], [0.1, 0.2]], dtype=torch.float64)
START = (torch.tensor([[1.0, -1.0], [2.0, 1.0], [3.0, 3.0]], dtype=torch.float64),)


def gradient(weights, curvature):
    return (curvature * weights[0],)


def same(a, b):
    """Up to rounding: the tail of a row is computed apart, and a seed's place changes as others leave."""
    return torch.allclose(a, b, rtol=1e-13, atol=0)


def by_hand(rate, steps, momentum=0.0):
    rate = torch.as_tensor(rate, dtype=torch.float64).reshape(-1, 1)
    w, v = START[0].clone(), torch.zeros_like(START[0])
    for _ in range(steps):
        v = momentum * v - rate * QUADRATIC * w
        w = w + v
    return w


@pytest.mark.parametrize("rate", [0.1, [0.1, 0.2, 0.3]])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_equals_the_plain_loop(rate, momentum):
    rule = Momentum(rate, momentum) if momentum else Plain(rate)
    run = descend(gradient, START, rule, problem=(QUADRATIC,), steps=57)
    assert torch.allclose(run.weights[0], by_hand(rate, 57, momentum), rtol=1e-13)
    assert torch.equal(START[0][0], torch.tensor([1.0, -1.0], dtype=torch.float64))


@pytest.mark.parametrize("rate", [0.1, [0.1, 0.2, 0.3]])
@pytest.mark.parametrize(
    "options, theirs",
    [
        ({}, lambda w, rate: torch.optim.Adam([w], lr=rate)),
        (
            {"beta1": 0.5, "beta2": 0.8, "epsilon": 1e-3},
            lambda w, rate: torch.optim.Adam([w], rate, (0.5, 0.8), 1e-3),
        ),
        (
            {"beta1": 0, "beta2": 0.9, "corrected": False},
            lambda w, rate: torch.optim.RMSprop([w], rate, 0.9),
        ),
    ],
)
def test_adam_is_that_of_torch(rate, options, theirs):
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        rule=Adam(rate, **options),
        steps=57,
        record=Record([7, 57], lambda w, c: {"w": w[0]}),
        stop=Stop(every=10),
    )
    for seed in range(3):
        w = START[0][seed].clone().requires_grad_()
        optimizer = theirs(w, rate if isinstance(rate, float) else rate[seed])
        for _ in range(57):
            optimizer.zero_grad()
            (QUADRATIC[seed] * w * w / 2).sum().backward()
            optimizer.step()
        assert torch.allclose(run.weights[0][seed], w.detach(), rtol=1e-12, atol=1e-14)


def test_seeds_that_leave_adam_change_no_other():
    go = {"problem": (QUADRATIC,), "rule": Adam(0.1), "steps": 60}
    whole = descend(gradient, START, **go)
    run = descend(gradient, START, **go, stop=Stop(lambda w, c: w[0][:, 0] < 1.5, every=5))
    assert run.stopped.tolist() == [0, 10, 20]
    first = descend(gradient, START, **(go | {"steps": 20}))
    assert same(run.weights[0][2], first.weights[0][2])
    assert not same(run.weights[0][2], whole.weights[0][2])


@pytest.mark.parametrize(
    "rule, words",
    [
        (lambda: Momentum(0.1, 1.0), "mu must be in"),
        (lambda: Adam(0.1, beta2=1.0), "beta2"),
        (lambda: 0.1, "rule must be one such as"),
        (lambda: Adam, "rule must be one such as"),
    ],
)
def test_a_rule_that_is_none_is_refused(rule, words):
    with pytest.raises(ValueError, match=words):
        descend(gradient, START, rule(), problem=(QUADRATIC,), steps=1)


@pytest.mark.parametrize("retraction", [None, lambda w: w])
@pytest.mark.parametrize(
    "rule", [Plain(0.1), Plain([0.1, 0.2, 0.3]), Momentum(0.1, 0.5), Adam(0.1)]
)
def test_what_a_step_sees_is_that_of_its_number_also_after_seeds_have_left(rule, retraction):
    """The same as a problem that changes at every step, seed by seed; asked twice, the same again."""
    noise = torch.linspace(-1, 1, 60 * 3 * 2, dtype=torch.float64).view(60, 3, 2)
    who = torch.arange(3)

    def noisy(w, who, shift):
        return (QUADRATIC[who] * w[0] + shift,)

    options = {"problem": (who,), "sees": lambda t, who: (noise[t, who],)}
    options["stop"] = Stop(lambda w, who: (who == 1) & (w[0][:, 0] < 1.2), every=7)
    rule = replace(rule, retraction=retraction)
    run = descend(noisy, START, rule, steps=60, **options)
    again = descend(noisy, START, rule, steps=60, **options)
    assert 0 < run.stopped[1] < 60 and torch.equal(run.weights[0], again.weights[0])
    counted = iter(noise)
    whole = descend(lambda w: noisy(w, who, next(counted)), START, rule, steps=60)
    assert same(run.weights[0][[0, 2]], whole.weights[0][[0, 2]])


def test_a_seed_ends_at_the_record_that_says_so():
    run = descend(
        gradient,
        START,
        Plain(0.2),
        problem=(QUADRATIC,),
        steps=200,
        record=Record(
            range(0, 201, 5),
            lambda w, c: {"size": w[0].abs().amax(1)},
            lambda t, seen, c: (seen["size"] < 0.05) & (t >= 20),
        ),
    )
    assert run.stopped.tolist() == [20, 30, -1]
    assert torch.equal(run.records["size"][4, 0], run.records["size"][-1, 0])


def test_blocks_of_seeds_walk_as_one():
    """Weights far larger than the cache go block by block: the same walk, the last block too."""
    many = torch.linspace(0.5, 2, 400_003, dtype=torch.float64)[:, None].repeat(1, 3)
    go = {"steps": 3, "sees": lambda t, c: (c * t,)}
    bend = lambda w, c, more: (c * w[0] + more,)  # noqa: E731
    whole = descend(bend, (many,), Momentum(0.1, 0.5), problem=(many,), **go)
    for part in (slice(0, 5), slice(-5, None)):
        few = descend(bend, (many[part],), Momentum(0.1, 0.5), problem=(many[part],), **go)
        assert same(whole.weights[0][part], few.weights[0])


def test_dropping_finished_seeds_changes_no_other_seed():
    def small(weights, curvature):
        return weights[0].abs().amax(1) < 0.05

    whole = descend(gradient, START, problem=(QUADRATIC,), rule=Plain(0.2), steps=200)
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        rule=Plain(0.2),
        steps=200,
        record=Record([0, 50, 200], lambda w, c: {"size": w[0].abs().amax(1)}),
        stop=Stop(small, every=5),
    )
    # Seed 2 shrinks by (1 - .02) a step from 3: it needs 203 steps, so it is never finished.
    assert run.stopped.tolist() == [15, 30, -1]
    assert same(run.weights[0][2], whole.weights[0][2])
    assert torch.allclose(run.weights[0][0], by_hand(0.2, 15)[0], rtol=1e-13)
    sizes = run.records["size"]
    assert sizes.shape == (3, 3)
    assert torch.equal(sizes[0], START[0].abs().amax(1))
    assert float(sizes[2, 0]) == float(sizes[1, 0]) == float(run.weights[0][0].abs().max())


def test_a_finished_batch_still_gives_every_record():
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        rule=Plain(0.2),
        steps=1000,
        record=Record([0, 10, 1000], lambda w, c: {"size": w[0].abs().amax(1)}),
        stop=Stop(lambda w, c: w[0].abs().amax(1) < 10, every=1),
    )
    assert run.stopped.tolist() == [0, 0, 0]
    assert run.records["size"].tolist() == [[1.0, 2.0, 3.0]] * 3


def test_divergence_names_step_seed_and_rate():
    with pytest.raises(DivergenceError, match=r"by step 2000 .* rate 0\.9 \(seed 0 of 3\)"):
        descend(
            gradient,
            START,
            problem=(QUADRATIC,),
            rule=Plain(0.9),
            steps=5000,
            stop=Stop(every=1000),
        )


def test_divergence_kept_as_data():
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        rule=Plain(0.9),
        steps=3000,
        stop=Stop(every=100, diverged="keep"),
    )
    first = next(s for s in range(100, 3001, 100) if not torch.isfinite(by_hand(0.9, s)[0]).all())
    assert run.diverged.tolist() == [first, -1, -1]
    assert torch.allclose(run.weights[0][1:], by_hand(0.9, 3000)[1:], atol=1e-300)


def sizes_only_of_finite(weights, *problem):
    assert torch.isfinite(weights[0]).all()
    return {"size": torch.linalg.svdvals(weights[0][:, None])[:, 0], "seen": weights[0] > 0}


def test_weights_that_are_not_finite_are_never_measured():
    """Also between two checks: there the seed leaves, and its records are nan from then on."""
    call = {
        "problem": (QUADRATIC,), "rule": Plain(0.9), "steps": 5000,
        "record": Record([0, 900, 1700, 1999, 5000], sizes_only_of_finite),
    }  # fmt: skip
    assert torch.isfinite(by_hand(0.9, 900)).all() and not torch.isfinite(by_hand(0.9, 1700)).all()
    with pytest.raises(DivergenceError, match="by step 1700 "):
        descend(gradient, START, stop=Stop(every=1000), **call)
    run = descend(gradient, START, stop=Stop(every=1000, diverged="keep"), **call)
    assert run.diverged.tolist() == [1700, -1, -1] and run.records["seen"].dtype == torch.bool
    assert torch.isnan(run.records["size"][:, 0]).tolist() == [False, False, True, True, True]
    assert torch.isfinite(run.records["size"][:, 1:]).all()


def test_records_of_seeds_that_all_diverge_before_the_first_one_are_nan():
    run = descend(
        lambda w: w, START, rule=Plain(9.0), steps=5000, record=Record([4000, 5000], sizes_only_of_finite), stop=Stop(diverged="keep"),
        )  # fmt: skip
    assert torch.isnan(run.records["size"]).all() and run.records["size"].shape == (2, 3)
    assert run.records["seen"].shape == (2, 3, 2)


def test_retraction_keeps_the_sphere():
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        rule=Plain(0.1, retraction=lambda w: (w[0] / w[0].norm(dim=1, keepdim=True),)),
        steps=20,
    )
    assert torch.allclose(
        run.weights[0].norm(dim=1), torch.ones(3, dtype=torch.float64), rtol=1e-14
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rule": Plain(0.0)}, "learning rate"),
        ({"rule": Plain(-1.0)}, "learning rate"),
        ({"rule": Plain(float("nan"))}, "learning rate"),
        ({"rule": Plain([0.1, 0.1])}, "learning rate"),
        ({"steps": -1}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"stop": lambda w, c: w[0][:, 0] > 0}, "stop must be one such as"),
        ({"record": [1]}, "record must be one such as"),
        ({"record": Record([1])}, "record must be one such as"),
        ({"record": Record([], lambda w, c: {})}, r"within 0\.\.2"),
        ({"record": Record([3], lambda w, c: {})}, r"within 0\.\.2"),
        ({"record": Record([0.5], lambda w, c: {})}, "at must"),
        ({"steps": float("nan")}, "steps"),
        ({"weights": ()}, "one tensor or more"),
        ({"weights": (START[0][:0],), "problem": ()}, "one seed or more"),
        ({"weights": START[0]}, "tuple"),
        ({"weights": (START[0].float(),)}, "float32"),
        ({"weights": (START[0], START[0].float())}, "float64"),
        ({"weights": (START[0].long(),)}, "float64"),
        ({"weights": (START[0].numpy(),)}, "torch tensors"),
        ({"weights": (START[0] / 0,)}, "finite"),
        ({"problem": (QUADRATIC.float(),)}, "float64"),
        ({"problem": (QUADRATIC.numpy(),)}, "torch tensors"),
        ({"gradient": lambda w, c: (w[0][:, :1],)}, "gradient"),
        ({"gradient": lambda w, c: (w[0].float(),)}, "gradient"),
        ({"gradient": lambda w, c: ()}, "gradient"),
        ({"problem": (QUADRATIC[:2],)}, "seed dimension"),
    ],
)
def test_bad_input_is_one_clear_line(change, words, refused):
    call = {"gradient": gradient, "weights": START, "problem": (QUADRATIC,)}
    with refused(words):
        descend(**call | {"rule": Plain(0.1), "steps": 2} | change)


@pytest.mark.parametrize("change", [{"every": 0}, {"every": 2.5}, {"diverged": "drop"}])
def test_a_stop_that_is_none_is_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        Stop(**change)


def test_log_steps_grow_evenly_and_include_both_ends():
    steps = log_steps(10_000, per_decade=10)
    assert steps[0] == 0 and steps[1] == 1 and steps[-1] == 10_000
    late = np.array(steps[-20:])
    assert np.allclose(late[1:] / late[:-1], 10**0.1, rtol=0.01)


def test_log_steps_of_short_runs_and_of_none():
    assert log_steps(0) == [0] and log_steps(1) == [0, 1] and log_steps(2) == [0, 1, 2]


def test_record_steps_do_not_hang_on_the_last_place_of_a_power(monkeypatch):
    expected, exact = log_steps(10_000), np.geomspace
    monkeypatch.setattr(np, "geomspace", lambda *given: exact(*given) * (1 - 1e-15))
    assert log_steps(10_000) == expected and {10, 100, 1000} <= {*expected}
    for bad in ((-1, 20), (2.5, 20), (10, 0), (float("inf"), 1)):
        with pytest.raises(ValueError, match=r"steps|per_decade"):
            log_steps(*bad)


def test_dropping_seeds_keeps_the_layout_in_memory_and_the_result():
    """Seeds innermost in memory stay innermost: small networks depend on it for speed."""
    flat = torch.linspace(0.1, 2, 30, dtype=torch.float64)
    start = flat.reshape(2, 3, 5).movedim(-1, 0), flat[:10].reshape(2, 5).T
    seen = []

    def gradient(weights):
        seen.append((len(weights[0]), all(w.movedim(0, -1).is_contiguous() for w in weights)))
        return weights

    call = {"rule": Momentum(0.1, 0.5), "steps": 40}
    call["stop"] = Stop(lambda w: w[0].flatten(1).amax(1) < 0.5, every=1)
    run = descend(gradient, start, **call)
    plain = descend(lambda w: w, tuple(w.contiguous() for w in start), **call)
    assert min(n for n, _ in seen) < 5 and all(last for _, last in seen)
    assert torch.equal(run.weights[0], plain.weights[0]) and torch.equal(run.stopped, plain.stopped)


def test_the_start_is_not_changed_however_it_lies_in_memory():
    """The end of one run, seeds innermost already, may start the next."""
    first = descend(lambda w: w, (torch.ones(64, 2, 2).double(),), rule=Plain(0.1), steps=1)
    before = first.weights[0].clone()
    second = descend(lambda w: w, first.weights, rule=Plain(0.1), steps=1)
    assert torch.equal(first.weights[0], before)
    assert torch.allclose(second.weights[0], 0.9 * before)


def test_snapped_weights_are_the_nearest_multiples_and_take_rounding_away():
    w = torch.from_numpy(np.random.default_rng(0).normal(size=1000))
    grid = 2.0**-18
    found = snapped((w.clone(),))[0]
    assert torch.equal(found, torch.round(w / grid) * grid)
    assert torch.equal(found, snapped((w * (1 + 1e-15),))[0])
    assert float((found - w).abs().max()) <= grid / 2


def test_float32_descends_where_it_is_asked_for_and_follows_float64():
    def go(dtype):
        target = torch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=dtype)
        rates = torch.tensor([0.1, 0.3])
        return descend(
            lambda w, t: (w[0] - t,),
            (torch.zeros(2, 2, dtype=dtype),),
            Adam(rates),
            problem=(target,),
            steps=20,
        ).weights[0]

    single = go(torch.float32)
    assert single.dtype == torch.float32
    assert torch.allclose(single.double(), go(torch.float64), atol=1e-5)
    half = (torch.zeros(2, 2, dtype=torch.float16),)
    for start, problem in ((half, ()), ((torch.zeros(2, 2),), (torch.zeros(2).double(),))):
        with pytest.raises(ValueError, match="float"):
            descend(lambda w, *_: w, start, Plain(0.1), steps=1, problem=problem)
