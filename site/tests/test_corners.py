"""Every corner of every page of "Bend a claim", drawn in node: finite axes, something to see, words from what ran.

Each control is put to its least, its default and its largest value, together in all ways (the least and the largest only
where there are four controls or more).
"""

import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
from conftest import MODELS

from lib import linear_networks as ln
from lib.landscapes import complexity as cx
from lib.landscapes import minima as mn
from lib.obstacles import least_squares as ls
from lib.obstacles import surfaces as sf
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
  bar() {} words() { this.seen += 1; } image() { this.seen += 1; return this; }
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


PLAY = ["edge", "trap", "bands", "saddles", "staircase", "depth", "peak", "noise"]


@pytest.fixture(scope="module")
def drawn():
    return {name: corners(name) for name in PLAY}


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
        _, path = ln.spectral_descent(
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
