// Notebook 11, sections 1 and 2: descent on x cos(pi x), and what gradient noise does to it.
(function () {
  "use strict";
  const m = window.models, low = -1, high = 2, runs = 60, until = 20;
  const local = -0.27388, deep = 1.0904; // minima of the risk without wiggle; test_models.py checks both
  // Basins: the minima of the risk on a fine grid, each between its neighbouring maxima.
  function basins(a) {
    const x = Array.from({ length: 3001 }, (_, i) => low + i / 1000), f = x.map((v) => m.risk(v, a)), found = [];
    let from = low;
    for (let i = 0; i <= 3000; i++) {
      const left = i === 0 ? Infinity : f[i - 1], right = i === 3000 ? Infinity : f[i + 1];
      if (f[i] <= left && f[i] < right) found.push({ at: x[i], value: f[i], from, to: high });
      if (i > 0 && i < 3000 && f[i] > left && f[i] >= right) {
        from = x[i];
        if (found.length) found[found.length - 1].to = from;
      }
    }
    return found;
  }
  const sigmas = Array.from({ length: 15 }, (_, i) => 2 + i);
  window.bend({
    controls: [
      { key: "x0", label: "start x", lo: -1, hi: 2, value: -0.6 },
      { key: "eta", label: "learning rate η", lo: 0.002, hi: 0.05, log: true, value: 0.01 },
      { key: "sigma", label: "noise σ√(η/0.01)", lo: 0, hi: 16, value: 7 },
      { key: "a", label: "wiggle of the empirical risk", lo: 0, hi: 0.3, value: 0 },
      { key: "seed", label: "random draw", lo: 0, hi: 50, whole: true, value: 0 },
    ],
    panels: { hill: "The risk and this run: press to start elsewhere", way: "Where the run is", gone: "Share of 60 runs gone from the local minimum by time 20" },
    legend: [["0", "risk x cos πx with its wiggle"], ["1", "this run"], ["dot1", "measured here, 60 runs each"], ["theory", "predicted from the barrier (Kramers), no wiggle"], ["hint", "local and global minimum without wiggle; this σ"]],
    picks: { hill: (x) => ({ x0: x }) },
    coarse: true,
    draw({ x0, eta, sigma, a, seed }, { hill, way, gone }, changed, coarse) {
      const steps = Math.round(until / eta), scale = Math.sqrt(0.01 / eta), path = m.noisyDescent(x0, a, eta, sigma * scale, steps, low, high, m.normals(seed));
      const xs = Array.from({ length: 401 }, (_, i) => low + (i / 400) * (high - low));
      const f = (x) => m.risk(x, a), pick = Array.from({ length: 301 }, (_, i) => Math.round((i / 300) * steps));
      hill.axes({ lo: low, hi: high, label: "x" }, { lo: -1.5, hi: 2.3, label: "risk" });
      hill.upright(local);
      hill.upright(deep);
      hill.line(xs, xs.map(f), { colour: 0 });
      hill.dots(pick.map((i) => path[i]), pick.map((i) => f(path[i])), { colour: 1, size: 2 });
      hill.point(path[steps], f(path[steps]));
      way.axes({ lo: 0, hi: until, label: "time = η × steps" }, { lo: low, hi: high, label: "x" });
      way.level(local, "hint");
      way.level(deep, "hint");
      way.line(pick.map((i) => i * eta), pick.map((i) => path[i]), { colour: 1 });

      const key = [eta, a, seed].join();
      if (draw.key !== key && !coarse) {
        draw.key = key;
        // Noise grows as the step falls, as in the notebook: the temperature η σ²/2 is what counts.
        draw.shares = sigmas.map((s, k) => {
          let out = 0;
          for (let r = 0; r < runs; r++) {
            const normal = m.normals(1 + seed + 1000 * k + 100000 * r);
            let x = local;
            for (let t = 0; t < steps && x < deep; t++) x = Math.max(low, Math.min(high, x - eta * (m.riskSlope(x, a) + s * scale * normal())));
            out += x >= deep;
          }
          return out / runs;
        });
      }
      const fine = Array.from({ length: 57 }, (_, i) => 2 + i * 0.25);
      if (draw.eta !== eta && !coarse) Object.assign(draw, { eta, times: fine.map((s) => m.meanEscapeTime(0, local, deep, -1, s * scale, eta, 1000)) });
      gone.axes({ lo: 0, hi: 16.5, label: "noise σ√(η/0.01)" }, { lo: 0, hi: 1.02, label: "share gone" });
      if (draw.eta === eta) gone.line(fine, draw.times.map((t) => 1 - Math.exp(-until / t)), { kind: "theory" });
      if (draw.key === key) gone.dots(sigmas, draw.shares, { colour: 1, size: 4 });
      gone.upright(sigma);
      const end = path[steps], all = basins(a), best = all.reduce((x, y) => (y.value < x.value ? y : x)), say = (v) => v.toFixed(3).replace("-", "\u2212");
      const mine = all.find((v) => end <= v.to) || all[all.length - 1], whole = mine === best;
      return {
        words: `After ${steps} steps this run is at x = ${say(end)}, in the basin of ${whole ? "the global minimum" : all.length > 2 ? `a small minimum at ${say(mine.at)}` : "the local minimum"}. ` +
          `The basin of the global minimum reaches from ${say(best.from)} to ${say(best.to)}` + (sigma === 0 ? "; without noise and with a small step no other start arrives there." : ` and holds ${Math.round((100 * (best.to - best.from)) / (high - low))}% of all starts.`),
        data: { end, basin: [mine.from, mine.at, mine.to], best: best.at, basins: all.length, sigma: sigma * scale, steps, escape: m.meanEscapeTime(0, local, deep, -1, 8 * scale, eta), shares: draw.shares },
      };
    },
  });
  function draw() {}
})();
