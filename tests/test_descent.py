"""The stepper against the loop that a user would write, and its faults."""

import numpy as np
import pytest
import torch

from lib.descent import DivergenceError, descend, log_steps

QUADRATIC = torch.tensor([[1.0, 3.0], [2.0, 0.5], [0.1, 0.2]], dtype=torch.float64)
START = (torch.tensor([[1.0, -1.0], [2.0, 1.0], [3.0, 3.0]], dtype=torch.float64),)


def gradient(weights, curvature):
    return (curvature * weights[0],)


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
    run = descend(
        gradient, START, problem=(QUADRATIC,), learning_rate=rate, steps=57, momentum=momentum
    )
    assert torch.allclose(run.weights[0], by_hand(rate, 57, momentum), rtol=1e-13)
    assert torch.equal(START[0][0], torch.tensor([1.0, -1.0], dtype=torch.float64))


def test_dropping_finished_seeds_changes_no_other_seed():
    def small(weights, curvature):
        return weights[0].abs().amax(1) < 0.05

    whole = descend(gradient, START, problem=(QUADRATIC,), learning_rate=0.2, steps=200)
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        learning_rate=0.2,
        steps=200,
        stop=small,
        check_every=5,
        record=[0, 50, 200],
        measure=lambda w, c: {"size": w[0].abs().amax(1)},
    )
    # Seed 2 shrinks by (1 - .02) a step from 3: it needs 203 steps, so it is never finished.
    assert run.stopped.tolist() == [15, 30, -1]
    assert torch.equal(run.weights[0][2], whole.weights[0][2])
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
        learning_rate=0.2,
        steps=1000,
        stop=lambda w, c: w[0].abs().amax(1) < 10,
        check_every=1,
        record=[0, 10, 1000],
        measure=lambda w, c: {"size": w[0].abs().amax(1)},
    )
    assert run.stopped.tolist() == [0, 0, 0]
    assert run.records["size"].tolist() == [[1.0, 2.0, 3.0]] * 3


def test_divergence_names_step_seed_and_rate():
    with pytest.raises(DivergenceError, match=r"by step 2000 .* rate 0\.9 \(seed 0 of 3\)"):
        descend(
            gradient, START, problem=(QUADRATIC,), learning_rate=0.9, steps=5000, check_every=1000
        )


def test_divergence_kept_as_data():
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        learning_rate=0.9,
        steps=3000,
        check_every=100,
        keep_diverged=True,
    )
    first = next(s for s in range(100, 3001, 100) if not torch.isfinite(by_hand(0.9, s)[0]).all())
    assert run.diverged.tolist() == [first, -1, -1]
    assert torch.allclose(run.weights[0][1:], by_hand(0.9, 3000)[1:], atol=1e-300)


def test_retraction_keeps_the_sphere():
    run = descend(
        gradient,
        START,
        problem=(QUADRATIC,),
        learning_rate=0.1,
        steps=20,
        retraction=lambda w: (w[0] / w[0].norm(dim=1, keepdim=True),),
    )
    assert torch.allclose(
        run.weights[0].norm(dim=1), torch.ones(3, dtype=torch.float64), rtol=1e-14
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": [0.1, 0.1]}, "learning_rate"),
        ({"steps": -1}, "steps"),
        ({"steps": 2.5}, "steps"),
        ({"check_every": 0}, "check_every"),
        ({"record": [3]}, "record"),
        ({"problem": (QUADRATIC[:2],)}, "seed dimension"),
    ],
)
def test_bad_input_is_one_clear_line(change, words):
    call = {"learning_rate": 0.1, "steps": 2, "problem": (QUADRATIC,)} | change
    with pytest.raises(ValueError, match=words) as caught:
        descend(gradient, START, **call)
    assert "\n" not in str(caught.value)


def test_log_steps_grow_evenly_and_include_both_ends():
    steps = log_steps(10_000, per_decade=10)
    assert steps[0] == 0 and steps[1] == 1 and steps[-1] == 10_000
    late = np.array(steps[-20:])
    assert np.allclose(late[1:] / late[:-1], 10**0.1, rtol=0.01)


def test_dropping_seeds_keeps_the_layout_in_memory_and_the_result():
    """Seeds innermost in memory stay innermost: small networks depend on it for speed."""
    flat = torch.linspace(0.1, 2, 30, dtype=torch.float64)
    start = flat.reshape(2, 3, 5).movedim(-1, 0), flat[:10].reshape(2, 5).T
    seen = []

    def gradient(weights):
        seen.append((len(weights[0]), all(w.movedim(0, -1).is_contiguous() for w in weights)))
        return weights

    call = {"learning_rate": 0.1, "steps": 40, "momentum": 0.5, "check_every": 1}
    stop = lambda w: w[0].flatten(1).amax(1) < 0.5  # noqa: E731
    run = descend(gradient, start, stop=stop, **call)
    plain = descend(lambda w: w, tuple(w.contiguous() for w in start), stop=stop, **call)
    assert min(n for n, _ in seen) < 5 and all(last for _, last in seen)
    assert torch.equal(run.weights[0], plain.weights[0]) and torch.equal(run.stopped, plain.stopped)


def test_the_start_is_not_changed_however_it_lies_in_memory():
    """The end of one run, seeds innermost already, may start the next."""
    first = descend(lambda w: w, (torch.ones(64, 2, 2).double(),), learning_rate=0.1, steps=1)
    before = first.weights[0].clone()
    second = descend(lambda w: w, first.weights, learning_rate=0.1, steps=1)
    assert torch.equal(first.weights[0], before)
    assert torch.allclose(second.weights[0], 0.9 * before)
