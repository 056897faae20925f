// Notebook 35: one singular value of N aligned layers, and what depth costs.
(function () {
  "use strict";
  const m = window.models, depths = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
  let known = { key: "", counts: [] };
  const arrival = (u0, s, depth, rate, end, most) => {
    let z = u0 ** (1 / depth);
    for (let t = 0; t <= most; t++) {
      const p = z ** (depth - 1);
      if (p * z >= end) return t;
      z = z - rate * p * (p * z - s);
    }
    return NaN;
  };
  window.bend({
    controls: [
      { key: "N", label: "depth N", lo: 1, hi: 32, whole: true, value: 2 },
      { key: "u0", label: "start u₀ of the product", lo: 1e-3, hi: 0.5, log: true, value: 0.01 },
      { key: "s", label: "strength s of the target", lo: 0.6, hi: 3, value: 1 },
      { key: "c", label: "step c, of the inverse curvature", lo: 0.01, hi: 1, log: true, value: 0.05 },
    ],
    panels: { curve: "The strength of the mode on its way", steps: "Steps to 95% of the target, by depth" },
    legend: [["dot0", "descent, step by step"], ["theory", "closed form (left: N = 2; right: N → ∞)"], ["hint", "this depth"]],
    picks: { steps: (N) => ({ N }) },
    coarse: true,
    draw({ N, u0, s, c }, { curve, steps }, changed, coarse) {
      const rate = m.curvatureStep(s, N, c), end = 0.95 * s, most = 200000, needed = arrival(u0, s, N, rate, end, most);
      const long = Math.min(4000, Math.ceil(1.4 * (Number.isNaN(needed) ? most : needed)) + 5);
      const path = m.equalLayersDescent(u0, s, N, rate, long), every = Math.max(1, Math.floor(long / 60));
      const at = path.map((_, i) => i).filter((i) => i % every === 0);
      curve.axes({ lo: 0, hi: long * rate, label: "time = η × steps" }, { lo: 0, hi: 1.15 * Math.max(s, ...path.filter(Number.isFinite)), label: "strength u" });
      curve.level(s, "hint");
      const fine = Array.from({ length: 201 }, (_, i) => (i / 200) * long * rate);
      if (N === 2) curve.line(fine, fine.map((t) => m.modeStrength(t, s, u0)), { kind: "theory" });
      curve.dots(at.map((i) => i * rate), at.map((i) => path[i]), { colour: 0 });

      const limit = (s * s / c) * m.depthLimit(s, u0, end);
      const key = [u0, s, c].join();
      if (known.key !== key && !coarse) known = { key, counts: depths.map((d) => arrival(u0, s, d, m.curvatureStep(s, d, c), end, most)) };
      const counts = known.key === key ? known.counts : [], seen = [needed, ...counts].filter(Number.isFinite);
      steps.axes({ lo: 0.9, hi: 140, log: true, label: "depth N" }, { lo: Math.max(1, Math.min(...seen) / 2), hi: 2 * Math.max(limit, ...seen), log: true, label: "steps" });
      steps.level(limit);
      steps.upright(N);
      if (counts.length) steps.dots(depths, counts, { colour: 0, size: 4 });
      else steps.dots([N], [needed], { colour: 0, size: 4 });
      const worst = N === 2 ? Math.max(...path.map((v, i) => Math.abs(v - m.modeStrength(i * rate, s, u0)))) / s : null;
      const words = `Depth ${N} needs ${Number.isNaN(needed) ? "more than " + most : needed} steps; infinite depth would need ${Math.round(limit)}, a finite number that grows as 1/u₀.` +
        (N === 2 ? ` The closed form is off by ${(100 * worst).toPrecision(2)}% at most.` : "");
      return { words, data: { rate, needed, limit, counts, at20: path[Math.min(20, path.length - 1)], half: u0 < s / 2 ? m.halfTime(s, u0) : null } };
    },
  });
})();
