"""Every corner of every page of "Bend a claim", drawn in node: finite axes, something to see, words from what ran.

Each control is put to its least, its default and its largest value, together in all ways (the least and the largest only
where there are four controls or more).
"""

import functools
import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from conftest import MODELS, ROOT

from lib import spectral
from lib.descent import Adam, Momentum
from lib.landscapes import complexity as cx
from lib.landscapes import minima as mn
from lib.landscapes import perceptrons as pc
from lib.obstacles import least_squares as ls
from lib.obstacles import surfaces as sf
from lib.practice import attention as at
from lib.practice import optimizers as op
from lib.practice import random_energy
from lib.stages import stagewise as sw
from lib.trajectories import conservation as cv
from lib.trajectories import counterexamples as ce
from lib.trajectories import exact_dynamics as ed

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="not run: there is no node to draw the corners in"
)

DRIVE = """
const problems = [];
class Plot {
  constructor(key) { this.key = key; this.seen = 0; }
  bad(text) { problems.push(this.key + ": " + text); }
  axes(...both) {
    for (const a of both) {
      if (!(Number.isFinite(a.lo) && Number.isFinite(a.hi) && a.lo < a.hi)) this.bad(`axis ${a.label} from ${a.lo} to ${a.hi}`);
      if (a.log && !(a.lo > 0)) this.bad(`log axis ${a.label} from ${a.lo}`);
    }
    [this.x, this.y] = both;
    this.seen = 0;
    return this;
  }
  within(x, y) { return x >= this.x.lo && x <= this.x.hi && y >= this.y.lo && y <= this.y.hi; }
  line(xs, ys) { xs.forEach((x, i) => { this.seen += this.within(x, ys[i]); }); }
  dots(xs, ys) { this.line(xs, ys); }
  point(x, y) { if (!this.within(x, y)) this.bad(`point ${x}, ${y} outside`); }
  upright(x) { if (!(x >= this.x.lo && x <= this.x.hi)) this.bad(`upright ${x} outside`); }
  level(y) { if (!Number.isFinite(y)) this.bad("level " + y); }
  bar(x0, x1, y) { if (!Number.isFinite(x0 + x1 + y)) this.bad("bar " + y); this.seen += 1; }
  words() { this.seen += 1; } image() { this.seen += 1; return this; }
}
globalThis.window = globalThis;
globalThis.document = { createElement: () => ({ getContext: () => ({ fillRect() {} }), toDataURL: () => "" }) };
globalThis.bend = (spec) => { globalThis.spec = spec; };
globalThis.bend.number = String;
"""
RUN = """
for (const c of spec.controls) if (c.values) Object.assign(c, { lo: c.values[0], hi: c.values[c.values.length - 1] });
const few = spec.controls.length < 4, out = [];
let corners = [{}];
for (const c of spec.controls) corners = corners.flatMap((s) => [...new Set(few ? [c.lo, c.value, c.hi] : [c.lo, c.hi])].map((v) => ({ ...s, [c.key]: v })));
corners.push(Object.fromEntries(spec.controls.map((c) => [c.key, c.value])));
for (const state of corners) {
  const plots = Object.fromEntries(Object.keys(spec.panels).map((k) => [k, new Plot(k)]));
  problems.length = 0;
  const found = spec.draw(state, plots, "");
  for (const p of Object.values(plots)) if (p.x && !p.seen) p.bad("nothing to be seen");
  if (/NaN|undefined|Infinity/.test(found.words)) problems.push(found.words);
  out.push({ state, words: found.words, data: found.data, problems: [...problems] });
}
process.stdout.write(JSON.stringify(out));
"""


def corners(name):
    """[{state, words, data, problems}] of all corners of a page, the default last."""
    files = [MODELS.with_name("laws.js"), MODELS, MODELS.with_name(f"{name}.js")]
    code = DRIVE + "".join(path.read_text(encoding="utf-8") for path in files) + RUN
    done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


PLAY = sorted(
    path.stem for path in (ROOT / "site" / "pages" / "play").glob("*.md") if path.stem != "index"
)


class Drawn(dict):
    """{page: its corners}, each page drawn when it is first asked for."""

    def __missing__(self, name):
        self[name] = corners(name)
        return self[name]


@pytest.fixture(scope="module")
def drawn():
    return Drawn()


@pytest.mark.parametrize("name", PLAY)
def test_every_corner_draws_finite_axes_and_something_to_see(drawn, name):
    bad = [(c["state"], c["problems"]) for c in drawn[name] if c["problems"]]
    assert not bad, "\n".join(map(str, bad[:10]))


def test_the_trap_names_the_cause_that_ran(drawn):
    """Escape is put down to unequal layers exactly where equal layers, run by lib, are still held."""
    for corner in drawn["trap"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        if not data["finite"]:
            assert words.startswith("Overflows")
            continue
        depth, steps = int(s["N"]), int(s["steps"])
        _, path = spectral.spectral_descent(
            torch.ones(depth, 1, dtype=torch.float64),
            [-s["lambda"]],
            learning_rate=s["eta"],
            record=range(steps + 1),
        )
        free = bool((path[..., 0].prod(1) < 0).any())
        assert data["free"] == free, s
        if data["left"] >= 0:
            assert ("their difference" in words) == (not free), (s, words)
        if free:
            assert depth % 2 == 1 and s["eta"] > data["jump"] == 1 / (1 + s["lambda"])
        if depth % 2 == 0 and data["equal"]:
            assert "Held for ever" in words and data["lowest"] >= data["bound"] * (1 - 1e-12)


def test_odd_depth_with_small_steps_escapes_by_its_unequal_layers():
    """Three layers, a step of 0.05: held if equal, free after some steps if not."""
    code = DRIVE + "".join(
        path.read_text(encoding="utf-8") for path in (MODELS, MODELS.with_name("trap.js"))
    )
    code += """
const draw = (eps) => spec.draw({ N: 3, lambda: 1, eta: 0.05, eps, steps: 20000 }, { way: new Plot("w"), loss: new Plot("l"), apart: new Plot("a") });
process.stdout.write(JSON.stringify([draw(0.1), draw(1e-16)].map((d) => [d.words, d.data.left])));
"""
    done = subprocess.run(["node", "-"], input=code, capture_output=True, text=True, check=True)
    (words, left), (held, never) = json.loads(done.stdout)
    assert left > 0 and "their difference" in words and "jump over zero. " not in words
    assert never == -1 and held.startswith("Held") and "0.500" in held


def test_the_peak_without_noise_agrees_with_lib(drawn):
    for corner in drawn["peak"]:
        s, data = corner["state"], corner["data"]
        p, n, noise = int(s["p"]), int(s["n"]), s["s2"]
        last = p == 100 and noise == 0
        wanted = ls.least_norm_risk(p, n, 100, 0.0) if last else ls.ridge_risk(p, n, 100, noise)
        assert data["law"] == pytest.approx(wanted, rel=1e-12), s


def test_bands_agree_with_lib_at_the_corners(drawn):
    laws = {p: mn.minimum_law(25, p) for p in (3, 12)}
    for corner in drawn["bands"]:
        s, data = corner["state"], corner["data"]
        p, u = int(s["p"]), s["u"]
        edge, floor = cx.threshold_energy(p), cx.band_edge(p, 0)
        rim = np.clip(2 * s["n"] ** (2 / 3) * (-u / edge - 1), -6, 4)
        assert data["share"] == pytest.approx(float(cx.minimum_share([rim])[0]), abs=1e-5)
        assert ("too few" in corner["words"]) == (data["band"] < 0.5)
        if s["n"] == 25:
            assert data["band"] == pytest.approx(laws[p].share(-floor, -edge), rel=2e-3)
            assert data["number"] == pytest.approx(float(laws[p].above(-9.0)), rel=1e-5)


@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
def test_the_staircase_tells_which_stairs_there_are(drawn):
    for corner in drawn["staircase"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        depth = int(s["N"])
        for strength, half in zip(data["strengths"], data["halves"], strict=True):
            assert (half is None) == (s["eps"] >= strength / 2)  # NaN is null in JSON
            if half is not None:
                wanted = ed.transit_time(
                    s["eps"], strength, depth, (strength / 2) / (strength - s["eps"])
                )
                assert half == pytest.approx(wanted, rel=1e-3)
                assert half < data["end"]
        assert ("does not settle" in words) == (s["eta"] * depth * 2 ** (2 - 2 / depth) > 2)
        assert ("gradient flow is drawn" in words) == (data["flown"] and depth > 1)
        assert " 0.00 times" not in words
        waits = [half for half in data["halves"] if half is not None]
        if depth > 1 and len(waits) > 1 and s["ratio"] >= 1.02:
            assert ("times as late" in words) == (waits[-1] / waits[0] >= 1.005), s


def test_noise_names_the_basin_that_lib_finds(drawn):
    for corner in drawn["noise"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        surface = sf.wiggled_risk(s["a"]) if s["a"] else sf.risk
        turns = sf.turning_points(surface, -1, 2)[:, 0]
        low, at, high = data["basin"]
        assert low <= data["end"] <= high
        assert float((turns - at).abs().min()) < 1e-3 or abs(at) in (1, 2)
        best = float(sf.global_minimum(surface, -1, 2))
        assert data["best"] == pytest.approx(best, abs=1e-3)
        assert ("basin of the global minimum." in words) == (abs(at - best) < 1e-3)


def test_a_stuck_network_is_stuck_in_lib_too_and_freed_as_there(drawn):
    for corner in drawn["xor"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        if s["silent"] == 0 and s["seed"] != 5:
            continue  # the same run is met with a silent unit
        hidden, output = (torch.tensor([x], dtype=torch.float64) for x in data["start"])
        setting = {"learning_rate": 0.5, "sweeps": 5000, "tolerance": 0.1}
        run = pc.train((hidden, output), pc.xor(), **setting)
        assert int(run.stopped) == data["stopped"], s
        assert float(pc.squared_error(run.weights, pc.xor())) == pytest.approx(
            data["energy"], rel=1e-6
        )
        assert words.startswith(
            "Stuck" if data["stopped"] < 0 and not s["silent"] else ("Freed", "Not freed", "Solved")
        )
        if data["after"] is not None:
            grown = run.weights
            for _ in range(int(s["silent"])):
                grown = pc.add_silent(grown)
            again = pc.train(grown, pc.xor(), **setting)
            assert int(again.stopped) == data["after"], s
        assert data["freed"] <= data["caught"] <= 40


def test_an_eigenvalue_turns_as_in_lib(drawn):
    for corner in drawn["turn"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        goal, depth = complex(s["x"], s["y"]), int(s["N"])
        path = ed.equal_layers_descent(
            1.0, goal, depth, learning_rate=data["rate"], record=range(51)
        )
        at50 = complex(*data["path"])
        assert min(abs(at50 - p) for p in path) < 1e-9, s
        if goal == 1:
            continue
        law = ed.transit_time(1.0, goal, depth, 0.01) / data["rate"]
        assert data["fatal"] == (law == float("inf")) == words.startswith("Held"), s
        if data["fatal"]:
            assert data["arrived"] == -1 and data["last"] >= abs(goal) * (1 - 1e-3)
        else:
            assert float(data["law"]) == pytest.approx(law, rel=1e-4), s


def diagonal(values):
    return torch.diag_embed(torch.tensor(values, dtype=torch.float64))[None]


def test_a_jump_carries_what_grows_as_in_lib(js):
    """One jump from many places, against lib's on the same units; strengths apart, so that lib's pairs are the modes."""
    strengths, rng = [2.0, 1.0, 0.5, 0.25], np.random.default_rng(0)
    for size in (0.0, 0.2):
        for learned in range(4):
            a = [s**0.5 for s in strengths[:learned]] + (
                10 ** rng.uniform(-6, -2, 4 - learned)
            ).tolist()
            found = js(f"m.fastForward({a}, {strengths}, 0.05, {size})")
            there = sw.fast_forward(
                (diagonal(a), diagonal(a)),
                lambda w, t: w - t,
                (diagonal(strengths),),
                learning_rate=0.05,
                size=size or None,
            )
            wanted = torch.diagonal(there[0][0]).abs()
            assert found == pytest.approx(wanted.tolist(), rel=1e-6), (size, learned)


def test_a_run_with_jumps_takes_the_steps_of_lib(drawn):
    """Whole runs: the page's default, and the corners that lib walks in a moment."""
    met = 0
    for corner in drawn["jump"]:
        s, data = corner["state"], corner["data"]
        assert max(data["jumps"]) <= 8 and max(data["counts"]) < 200_000, s
        if s["jump"] or s["ratio"] == 1:
            continue
        start, target = diagonal([s["eps"] ** 0.5] * 4), diagonal(data["strengths"])
        for size, counted, jumps in zip(
            (None, 0.2, 0.0), data["counts"], data["jumps"], strict=True
        ):
            if counted > 400:
                continue
            skip = functools.partial(sw.fast_forward, learning_rate=s["eta"], size=size or None)
            run = sw.staged_descent(
                (start, start.clone()),
                (target,),
                sw.Quadratic(lambda w, t: (w - t).square().sum((-2, -1)) / 2, lambda w, t: w - t),
                learning_rate=s["eta"],
                steps=counted + 50,
                final_loss=1e-3,
                jumps=sw.Jumps(None if size is None else skip, most=20, quiet=1e-3),
                check_every=1,
            )
            assert abs(int(run.steps[0]) - counted) <= 2 and int(run.jumps[0]) == jumps, (s, size)
            met += 1
    assert met >= 3


def test_a_turned_valley_falls_as_in_lib(drawn):
    for corner in drawn["valley"]:
        s, data = corner["state"], corner["data"]
        h11, h12, h22 = data["bowl"]
        matrix = torch.tensor([[[h11, h12], [h12, h22]]], dtype=torch.float64)
        start = torch.tensor([data["start"]], dtype=torch.float64)
        curvature = torch.tensor([1.0, s["kappa"]], dtype=torch.float64)
        t = np.radians(s["angle"])
        basis = torch.tensor([[[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]]])
        bowl, turned = op.turned(curvature, basis, torch.tensor([[1.3, 1.5]], dtype=torch.float64))
        assert torch.allclose(bowl, matrix) and torch.allclose(turned, start)
        memory = op.tuned("heavy ball", s["kappa"])[1]
        for method, rate, fall in zip(
            (functools.partial(Momentum, mu=memory), Adam),
            data["rates"],
            data["falls"],
            strict=True,
        ):
            wanted = op.quadratic_fall(matrix, start, [rate], int(s["steps"]), method)
            assert fall == pytest.approx(float(wanted[0, 0]), abs=0.02), s
        if s["angle"] in (0, 90):
            assert data["falls"][1] == pytest.approx(np.log10(0.9) * s["steps"], abs=8)


def test_a_lookup_is_learned_as_in_lib(drawn, js):
    for corner in drawn["attention"]:
        s, data = corner["state"], corner["data"]
        logits = torch.tensor(data["raw"], dtype=torch.float64)
        logits = logits / s["d"] ** 0.5 if s["factor"] else logits
        assert data["softness"] == pytest.approx(
            float(random_energy.softness(logits).softness), abs=1e-12
        )
        assert ("does not learn" in corner["words"]) == (data["solved"][int(s["factor"])] < 0)
        if s["seed"] != 1:
            continue
        task = js(f"m.lookup(12, 8, {int(s['d'])}, 150, 12, 96, 1)")
        q, k = (torch.tensor([task[name]], dtype=torch.float64) for name in "qk")
        contexts, tests = (torch.tensor(task[name]).long() for name in ("contexts", "tests"))
        start = at.Dot(q, k)
        for rate, scale, solved in zip(
            data["rates"], (1.0, s["d"] ** -0.5), data["solved"], strict=True
        ):
            found = float(at.solving_steps(start, [rate], scale, contexts[:, None], tests)[0, 0])
            assert (found if found < np.inf else -1) == solved, s


def test_the_edge_names_the_side_that_lib_finds(drawn):
    for corner in drawn["edge"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        start = ce.modes_of_imbalance(s["D"], 2, s["c"])
        assert data["predicted"] == bool(ce.overshoot_gap(start, s["eta"]) > 0 and s["eta"] < 1)
        assert data["critical"] == pytest.approx(float(ce.critical_learning_rate(start)), rel=1e-12)
        end = ce.scalar_descent(start, s["eta"], [3900, 4000])[2]
        settled, finite = bool((end < 1e-10).all()), bool(torch.isfinite(end).all())
        assert (data["kind"] < 2) == settled and (data["kind"] == 3) == (not finite), s
        if data["kind"] == 1:
            assert data["stretch"] > 2 and "catapult" in words


def test_depth_takes_the_steps_that_lib_counts(drawn):
    for corner in drawn["depth"]:
        s, data = corner["state"], corner["data"]
        depth = int(s["N"])
        rate = float(ed.curvature_step(s["s"], depth, s["c"]))
        assert data["rate"] == pytest.approx(rate, rel=1e-12)
        path = ed.equal_layers_descent(s["u0"], s["s"], depth, learning_rate=rate, record=[20])
        assert data["at20"] == pytest.approx(float(path[0]), rel=1e-9), s


def test_balance_keeps_and_wears_as_in_lib(drawn):
    """Without noise as lib descends, and said so; with noise the formula is lib's, and no formula where lib has none."""
    for corner in drawn["balance"]:
        s, data, words = corner["state"], corner["data"], corner["words"]
        modes = ce.modes_of_imbalance(abs(s["D"]), 2, 0.75)
        end = ce.scalar_descent(modes, s["eta"], [6000])[1][0]
        finite = bool(torch.isfinite(end).all())
        assert data["finite"][0] == finite == ("Without noise it overflows" not in words), s
        if finite:
            kept = float(end[0] ** 2 - end[1] ** 2) * np.sign(s["D"])
            assert data["kept"] == pytest.approx(kept, rel=1e-9, abs=1e-9), s
            assert ("D stays" in words) == (abs(kept / s["D"] - 1) < 0.02)
        assert ("With noise" in words) == (s["sigma"] > 0)
        stretch = s["eta"] * float(ce.nearby_sharpness(s["D"], 2))
        assert data["stretch"] == pytest.approx(stretch) and (data["law"] is None) == (stretch >= 2)
        if stretch < 2:
            ratio = ((s["D"] + (s["D"] ** 2 + 4) ** 0.5) / 2) ** 2
            widths, times = (int(s["inputs"]), int(s["outputs"])), torch.tensor([0, data["tau"]])
            if s["sigma"]:
                one = torch.ones(1, 1, dtype=torch.float64)
                ratio = float(cv.noise_flow(one, widths, s["eta"], ratio, times.double())[-1])
            assert data["law"] == pytest.approx(ratio, rel=1e-4), s
