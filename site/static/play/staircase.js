// Notebooks 41, 43, 45: linear layers that start aligned and small learn one singular value after another.
(function () {
  "use strict";
  const m = window.models;
  window.bend({
    controls: [
      { key: "eps", label: "start of the product, ε", lo: 1e-12, hi: 0.3, log: true, value: 1e-4 },
      { key: "N", label: "depth N", lo: 1, hi: 4, whole: true, value: 2 },
      { key: "ratio", label: "ratio of strengths", lo: 1, hi: 4, value: 2 },
      { key: "eta", label: "learning rate η", lo: 0.005, hi: 0.2, log: true, value: 0.05 },
    ],
    panels: { loss: "Loss: a stair for each singular value", modes: "Singular values of the product" },
    legend: [["0", "strongest"], ["1", "second"], ["2", "third"], ["3", "fourth"], ["hint", "predicted: half of a value is learned"]],
    draw({ eps, N, ratio, eta }, { loss, modes }) {
      const s = [0, 1, 2, 3].map((k) => 2 / ratio ** k);
      const halves = s.map((v) => (eps < v / 2 ? m.growthTime(eps, v / 2, v, N) : 0));
      const most = 60000, wanted = Math.ceil((1.25 * halves[3] + 4 / s[3]) / eta), steps = Math.min(most, Math.max(50, wanted));
      const paths = s.map((v) => m.scalarDescent(Array(N).fill(eps ** (1 / N)), v, eta, steps).map(m.product));
      const reached = paths.map((path, k) => path.findIndex((v) => v >= s[k] / 2));
      const pick = Array.from({ length: 601 }, (_, i) => Math.round((i / 600) * steps)), time = pick.map((i) => i * eta);
      const losses = pick.map((i) => paths.reduce((sum, path, k) => sum + (path[i] - s[k]) ** 2 / 2, 0));
      const x = { lo: 0, hi: steps * eta, label: "time = η × steps" };
      loss.axes(x, { lo: 0, hi: losses[0] * 1.08, label: "loss" });
      modes.axes(x, { lo: 0, hi: 2.15, label: "singular value" });
      halves.forEach((t) => { loss.upright(t); modes.upright(t); });
      loss.line(time, losses, { colour: 0 });
      paths.forEach((path, k) => modes.line(time, pick.map((i) => path[i]), { colour: k }));
      const times = reached.map((i) => (i < 0 ? NaN : i * eta)), spread = halves[3] / Math.max(halves[0], 1e-9);
      const late = wanted > most ? " The last stairs lie beyond what is run here." : "";
      const words = N === 1 ? "One layer has no plateaus: all values are learned from the first step on, each at a pace that does not depend on it."
        : `Half of the strongest value is learned at time ${halves[0].toPrecision(3)}, of the weakest at ${halves[3].toPrecision(3)}` +
          (ratio < 1.02 ? ": equal strengths, one stair." : `, ${spread.toPrecision(3)} times later; a smaller start ${N === 2 ? "stretches all plateaus by the logarithm" : "stretches all plateaus by a power"} of ε.`) + late;
      return { words, data: { strengths: s, halves, times, steps, last: paths.map((path) => path[path.length - 1]) } };
    },
  });
})();
