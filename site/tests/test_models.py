"""site/static/play/models.js computes what lib computes: the same bits where only products and differences are taken."""

import json

import numpy as np
import pytest
import torch

from lib import spectral
from lib.descent import Plain
from lib.landscapes import complexity as cx
from lib.landscapes import minima as mn
from lib.landscapes import saddles as sd
from lib.obstacles import least_squares as ls
from lib.obstacles import surfaces as sf
from lib.trajectories import conservation as cv
from lib.trajectories import counterexamples as ce
from lib.trajectories import exact_dynamics as ed
from lib.trajectories.held_starts import stuck_product

RNG = np.random.default_rng


def call(js, name, arguments):
    """The function for many lists of arguments at once."""
    return js(f"{json.dumps(arguments)}.map((a) => m.{name}(...a))")


@pytest.mark.parametrize(
    "depth, wanted", [(1, 1.0), (2, 1.0), (2, -1.3), (3, -0.7), (4, 2.0), (5, -1.0)]
)
def test_descent_on_scalar_layers_is_the_same_to_the_last_bit(js, depth, wanted):
    rng = RNG(depth)
    modes = rng.uniform(0.2, 1.5, (40, depth)).tolist()
    rates = (10 ** rng.uniform(-2, -0.3, 40)).tolist()
    paths = call(
        js, "scalarDescent", [[a, wanted, rate, 60] for a, rate in zip(modes, rates, strict=True)]
    )
    for a, rate, got in zip(modes, rates, paths, strict=True):
        start = torch.tensor(a, dtype=torch.float64)[:, None]
        _, path = spectral.spectral_descent(start, [wanted], learning_rate=rate, record=range(61))
        path = path[..., 0].tolist()
        assert len(got) == 61 or not np.isfinite(np.prod(path[len(got)]))
        assert got[:-1] == path[: len(got) - 1]


def test_the_edge(js):
    rng = RNG(0)
    triples = np.stack(
        [
            10 ** rng.uniform(-1, 3, 200),
            10 ** rng.uniform(-2.5, 0.5, 200),
            rng.uniform(0.5, 0.99, 200),
        ],
        1,
    )
    starts = call(js, "modesOfImbalance", triples[:, [0, 2]].tolist())
    for (d, _, c), got in zip(triples.tolist(), starts, strict=True):
        assert got == pytest.approx(ce.modes_of_imbalance(d, 2, c).tolist(), rel=4e-16)
    modes, rate = torch.tensor(starts, dtype=torch.float64).T, torch.from_numpy(triples[:, 1])
    got = call(
        js, "overshootGap", [[a, r] for a, r in zip(starts, triples[:, 1].tolist(), strict=True)]
    )
    assert got == pytest.approx(ce.overshoot_gap(modes, rate).tolist(), rel=1e-12, abs=1e-11)
    got = call(js, "criticalRate", [[a] for a in starts])
    assert got == pytest.approx(ce.critical_learning_rate(modes).tolist(), rel=1e-13)
    got = call(js, "nearbySharpness", triples[:, :1].tolist())
    assert got == pytest.approx(ce.nearby_sharpness(triples[:, 0], 2).tolist(), rel=1e-14)


def test_outcomes_are_those_of_the_failure_map(js):
    found = ce.failure_map(
        np.logspace(-1, 3, 16), np.logspace(-2.5, 0.5, 16), 2, 0.75, RNG(1), steps=1500
    )
    kinds = torch.where(
        found.converged, (found.stretch > 2).int(), 2 + found.overflow.int()
    ).flatten()
    pairs = zip(found.imbalance.flatten().tolist(), found.rate.flatten().tolist(), strict=True)
    got = call(js, "outcome", [[d, rate, 0.75, 1500] for d, rate in pairs])
    assert (
        np.mean(np.array(got) == kinds.numpy()) >= 0.995
    )  # one in the chaos at the edge may differ


@pytest.mark.parametrize("depth", [2, 4, 6])
def test_the_held_product(js, depth):
    times = [1.0, 5.0, 30.0, 200.0]
    got = call(js, "stuckProduct", [[t, 0.8, depth] for t in times])
    assert got == pytest.approx(stuck_product(times, 0.8, depth).tolist(), rel=1e-12)


@pytest.mark.parametrize("p", [3, 4, 9])
def test_bands(js, p):
    u = [*np.linspace(-2.2, 1.0, 90).tolist(), -cx.threshold_energy(p) * (1 + 1e-5)]
    for index in (None, 0, 1, 4):
        got = call(js, "complexity", [[x, p, index] for x in u])
        assert got == pytest.approx(
            cx.complexity(torch.tensor(u, dtype=torch.float64), p, index).tolist(),
            rel=1e-10,
            abs=1e-13,
        )
    assert call(js, "bandEdge", [[p, k] for k in range(5)]) == pytest.approx(
        [cx.band_edge(p, k) for k in range(5)], rel=1e-13
    )
    assert js(f"m.thresholdEnergy({p})") == pytest.approx(cx.threshold_energy(p), rel=1e-15)
    got = call(js, "indexFraction", [[x, p] for x in u])
    assert got == pytest.approx([cx.index_share(x, p) for x in u], rel=1e-10, abs=1e-13)


def test_the_share_of_minima_at_the_edge(js):
    s = np.linspace(-6, 4, 73)
    got = call(js, "minimumShare", [[v] for v in s.tolist()])
    assert got == pytest.approx(cx.minimum_share(s).tolist(), abs=1e-5)
    assert js("[m.minimumShare(-50), m.minimumShare(50)]") == pytest.approx([0, 1], abs=2e-5)
    assert js("m.rimUnits(-1.7, 3, 200)") == pytest.approx(
        2 * 200 ** (2 / 3) * (1.7 / cx.threshold_energy(3) - 1)
    )


@pytest.mark.parametrize("p", [3, 12])
def test_the_exact_law_of_minima(js, p):
    law = mn.minimum_law(25, p)
    u = np.linspace(law.energy[0] - 0.1, law.energy[-1], 40)
    got = js(
        f"(() => {{ const l = m.minimumLaw(25, {p}); return {u.tolist()}.map((v) => m.minimaAbove(l, v)) }})()"
    )
    assert got[:-1] == pytest.approx(law.above(u)[:-1].tolist(), rel=1e-4)


@pytest.mark.parametrize("n", [25, 50, 100, 200])
def test_the_stored_law_is_that_of_lib(js, n):
    from laws import gap_grid

    grid, stored = gap_grid(n), js(f"globalThis.laws.gaps[{n}]")
    assert len(stored) == len(grid)
    # Far out, below a probability of e^-30, what is left of the determinant is rounding: there both are tiny.
    known = [i for i, value in enumerate(stored) if value > -30]
    some = [known[0], known[len(known) // 2], known[-1]]
    assert len(known) > len(grid) // 3
    assert [stored[i] for i in some] == pytest.approx(
        mn.log_gap_probability(grid[some], n).tolist(), rel=1e-8, abs=1e-9
    )
    assert float(mn.log_gap_probability(grid[-1:], n)[0]) < -30 or known[-1] == len(grid) - 1


def test_the_sigmoid_and_the_cost_of_depth(js):
    times = np.linspace(0, 12, 40).tolist()
    got = call(js, "modeStrength", [[t, 1.7, 0.01] for t in times])
    assert got == pytest.approx(ed.mode_strength(times, 1.7, 0.01).tolist(), rel=1e-13)
    assert js("m.halfTime(1.7, 0.01)") == pytest.approx(float(ed.half_time(1.7, 0.01)), rel=1e-14)
    assert js("m.depthLimit(1.7, 0.01, 1.6)") == pytest.approx(
        float(ed.depth_limit(1.7, 0.01, 1.6)), rel=1e-13
    )
    for depth in (1, 2, 3, 8, 31):
        assert js(f"m.curvatureStep(1.7, {depth}, 0.05)") == pytest.approx(
            float(ed.curvature_step(1.7, depth, 0.05)), rel=1e-14
        )
        path = ed.equal_layers_descent(0.01, 1.7, depth, learning_rate=0.01, record=range(300))
        assert js(f"m.equalLayersDescent(0.01, 1.7, {depth}, 0.01, 299)") == pytest.approx(
            path.tolist(), rel=1e-12
        )
        wanted = ed.transit_time(0.01, 1.7, depth, (1.7 - 0.85) / (1.7 - 0.01))
        assert js(f"m.growthTime(0.01, 0.85, 1.7, {depth})") == pytest.approx(wanted, rel=1e-6)


def test_the_risk_and_its_barrier(js):
    x = np.linspace(-1, 2, 60)
    for amplitude in (0.0, 0.2):
        surface = sf.wiggled_risk(amplitude)
        pairs = [[v, amplitude] for v in x.tolist()]
        assert call(js, "risk", pairs) == pytest.approx(
            surface.value(sf.points(x)).tolist(), abs=1e-14
        )
        assert call(js, "riskSlope", pairs) == pytest.approx(
            surface.gradient(sf.points(x))[:, 0].tolist(), abs=1e-13
        )
    low, _, deep = (float(v) for v in sf.turning_points(sf.risk, -1, 2))
    assert (low, deep) == pytest.approx((-0.27388, 1.0904), abs=1e-4)  # as noise.js has them
    for noise in (4.0, 8.0):
        wanted = sf.mean_escape_time(sf.risk, low, deep, -1.0, noise, 0.01)
        got = js(f"m.meanEscapeTime(0, {low!r}, {deep!r}, -1, {noise}, 0.01)")
        assert got == pytest.approx(
            wanted, rel=3e-3
        )  # where the barrier falls between two grid points
    run = sf.follow(sf.empirical_risk, sf.points([-0.6]), Plain(0.01), steps=200)
    path = js("m.noisyDescent(-0.6, 0.2, 0.01, 0, 200, -1, 2, () => 0)")
    assert path[-1] == pytest.approx(float(run.weights[0][0, 0]), abs=1e-12)


def test_normal_numbers(js):
    z = np.array(js("(() => { const n = m.normals(3); return Array.from({length: 20000}, n) })()"))
    assert abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.02 and abs((z**4).mean() - 3) < 0.2
    assert js("(() => { const n = m.normals(3); return n() })()") == z[0]


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_the_fifteen_saddles(js, depth):
    learned, s = sd.proper_subsets(4), [2.0, 1.5, 1.1, 0.4]
    assert js("m.properSubsets(4)") == learned.tolist()
    assert js("m.properSubsets(4).map((a) => m.greedy(a))") == sd.greedy(learned).tolist()
    got = js(f"m.properSubsets(4).map((a) => m.smallestCurvature({s}, a, {depth}))")
    wanted = sd.smallest_curvature(torch.tensor(s, dtype=torch.float64), learned, depth)
    assert got == pytest.approx(wanted.tolist(), rel=1e-13)
    assert js(f"m.largestDrop(2, 0.1, {depth})") == pytest.approx(
        float(sd.largest_drop(2.0, 0.1, depth))
    )


@pytest.mark.parametrize("p", [4, 9, 15])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_fits_below_at_and_above_the_threshold(js, p, ridge):
    rng = RNG(p)
    x, y = rng.standard_normal((9, p)), rng.standard_normal(9)
    wanted = ls.fit(torch.from_numpy(x), torch.from_numpy(y)[:, None], ridge).flatten().tolist()
    assert js(f"m.fit({x.tolist()}, {y.tolist()}, {ridge})") == pytest.approx(wanted, rel=1e-9)


def test_exact_risks_and_the_best_ridge(js):
    cases = [[p, 20, 100, noise] for p in range(1, 101) for noise in (0.0, 0.25, 2.0)]
    got = call(js, "leastNormRisk", cases)
    assert got == pytest.approx([ls.least_norm_risk(*case) for case in cases], rel=1e-13)
    got = call(js, "ridgeRisk", cases)
    last = ls.least_norm_risk(
        100, 20, 100, 0.0
    )  # without noise the best ridge of all features is 0
    wanted = [last if case[0] == 100 and case[3] == 0 else ls.ridge_risk(*case) for case in cases]
    assert got == pytest.approx(wanted, rel=1e-12)
    got = call(js, "bestRidge", [[p, total, noise] for p, _, total, noise in cases])
    assert got == pytest.approx(
        [ls.best_ridge(p, total, noise) for p, _, total, noise in cases], rel=1e-13
    )


def test_the_risks_of_a_draw(js):
    n, total, noise, features = 8, 20, 0.5, [3, 7, 8, 9, 20]
    drawn = RNG(5).standard_normal(n * total + total + n).tolist()
    wanted = ls.subset_risks(features, n, total, noise, 1, RNG(5))
    for share, risks in zip((0, 1), wanted[:2], strict=True):
        got = js(
            f"(() => {{ const z = {drawn}; let i = 0; return m.subsetRisks({features}, {n}, {total}, {noise}, {share}, () => z[i++]) }})()"
        )
        assert got == pytest.approx(risks[:, 0].tolist(), rel=1e-8)


@pytest.mark.parametrize("inputs, outputs", [(1, 1), (4, 2), (1, 3)])
def test_two_layers_under_label_noise_take_the_steps_of_lib(js, inputs, outputs):
    """The same draw: lib asks its generator entry by entry, step by step, as the page does."""
    rate, strength, (a, b) = 0.1, 0.02, (2.0, 0.4)
    layers, target = (
        (torch.zeros(1, 1, inputs), torch.zeros(1, outputs, 1)),
        torch.zeros(1, outputs, inputs),
    )
    for tensor, value in zip((*layers, target), (a, b, 1.0), strict=True):
        tensor.flatten()[0] = value
    layers, target = tuple(w.double() for w in layers), target.double()
    run = cv.noisy_run(layers, target, rate, strength, 0.2, RNG(3))
    drawn = RNG(3).standard_normal(500 * inputs * outputs).tolist()
    path = js(
        f"(() => {{ const z = {drawn}; let i = 0; return m.noisyLayers([{inputs}, {outputs}], [{float(layers[0].flatten()[0])!r}, "
        f"{float(layers[1].flatten()[0])!r}], {rate}, {strength / rate!r}, 500, 5, () => z[i++]) }})()"
    )
    assert np.array(path) == pytest.approx(torch.cat([run.first, run.second], 1).numpy(), rel=1e-9)


@pytest.mark.parametrize("inputs, outputs", [(1, 1), (5, 2), (1, 4)])
@pytest.mark.parametrize("ratio", [1.0, 66.0, 0.1])
def test_the_flow_of_noise(js, inputs, outputs, ratio):
    times = np.linspace(0, 3, 13)
    wanted = cv.noise_flow(
        torch.ones(1, 1, dtype=torch.float64),
        (inputs, outputs),
        0.1,
        ratio,
        torch.from_numpy(times),
    )
    found = js(f"m.noiseFlow([{inputs}, {outputs}], 0.1, {ratio}, {times.tolist()})")
    assert found == pytest.approx(wanted[:, 0].tolist(), rel=1e-5)


def test_noise_wears_two_numbers_down_along_the_formula(js):
    """Many draws of the page's own noise against lib's decay_time."""
    found = js(
        "Array.from({length: 40}, (_, k) => m.noisyLayers([1, 1], m.modesOfImbalance(8, 0.75), 0.1, 0.15, 6000, 20, m.normals(k))"
        ".findIndex(([p, q]) => p - q <= 4) * 20)"
    )
    wanted = float(cv.decay_time(8.0, 4.0, 0.1)) / 0.015**2
    assert np.mean(found) == pytest.approx(wanted, rel=0.01)
