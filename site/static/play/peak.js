// Notebook 12: least squares on the first p of many features, without ridge and with one.
(function () {
  "use strict";
  const m = window.models, total = 100, most = 200, shown = 5, none = 1e-5;
  const kept = {}; // the curves, while only p moves
  const all = Array.from({ length: total }, (_, i) => i + 1);
  window.bend({
    controls: [
      { key: "n", label: "samples n", lo: 6, hi: 40, whole: true, value: 20 },
      { key: "p", label: "features p", lo: 1, hi: total, whole: true, value: 20 },
      { key: "s2", label: "variance s² of the noise", lo: 0, hi: 2, value: 0.25 },
      { key: "ridge", label: "ridge ÷ best (left: none)", lo: none, hi: 100, log: true, value: none, show: (v) => (v <= 1.001 * none ? "none" : window.bend.number(v)) },
      { key: "seed", label: "random draw", lo: 0, hi: 50, whole: true, value: 0 },
    ],
    panels: { risk: "Risk against the number of features: press to choose p", average: "The average risk at this p, draw after draw" },
    legend: [["dot0", "five draws of the data, computed here"], ["theory", "exact mean without ridge"], ["2", "mean with the best ridge, limit of large n"], ["1", `average of up to ${most} draws at this p`], ["hint", "this p"]],
    picks: { risk: (p) => ({ p }) },
    coarse: true,
    draw({ n, p, s2, ridge, seed }, { risk, average }, changed, coarse) {
      const draws = coarse ? Math.round(20 * Math.min(1, (20 / n) ** 2)) : most;
      const share = ridge <= 1.001 * none ? 0 : ridge;
      const normal = (r) => m.normals(1 + r + 1000 * seed);
      const key = [n, s2, share, seed].join();
      const fresh = kept.key !== key && !coarse;
      if (fresh) Object.assign(kept, { key, curves: Array.from({ length: shown }, (_, r) => m.subsetRisks(all, n, total, s2, share, normal(r))) });
      const curves = kept.key === key ? kept.curves : [];
      const exact = all.map((q) => m.leastNormRisk(q, n, total, s2)), law = all.map((q) => m.ridgeRisk(q, n, total, s2));
      risk.axes({ lo: 0, hi: total, label: "features p" }, { lo: 0.9 * Math.min(1, ...law), hi: 300, log: true, label: "risk" });
      risk.upright(p);
      for (const curve of curves) risk.dots(all, curve, { colour: 0, size: 2.2 });
      risk.line(all, law, { colour: 2 });
      risk.line(all, exact.map((v) => (Number.isFinite(v) ? v : NaN)), { kind: "theory" });

      const found = Array.from({ length: draws }, (_, r) => (r < curves.length ? curves[r][p - 1] : m.subsetRisks([p], n, total, s2, share, normal(r))[0]));
      let sum = 0;
      const means = found.map((v, i) => (sum += v) / (i + 1)), mean = m.leastNormRisk(p, n, total, s2);
      const levels = [...means, ...(share === 0 && Number.isFinite(mean) ? [mean] : [])];
      average.axes({ lo: 0, hi: draws, label: "draws" }, { lo: Math.min(...levels) / 1.5, hi: Math.max(...levels) * 1.5, log: true, label: "average risk" });
      if (share === 0 && Number.isFinite(mean)) average.level(mean);
      average.line(means.map((_, i) => i + 1), means, { colour: 1 });

      const largest = Math.max(...found) / sum, digits = (v) => (v >= 1000 ? Number(v.toPrecision(2)).toLocaleString("en") : v.toPrecision(3));
      const words = (share ? `With ${digits(share)} times the best ridge` : "Without ridge") + ` ${draws} draws have the average risk ${digits(sum / draws)}; the largest of them makes up ${Math.round(100 * largest)}% of it. ` +
        (Number.isFinite(mean) ? `The exact mean without ridge is ${digits(mean)}` : "Without ridge there is no mean") + `, with the best one it is ${digits(law[p - 1])}; no fit at all has ${digits(1 + s2)}.`;
      return { words, data: { exact: mean, law: law[p - 1], best: m.bestRidge(p, total, s2), share, average: sum / draws, largest, first: curves[0] || [] } };
    },
  });
})();
