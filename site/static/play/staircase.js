// Notebooks 41, 43, 45: linear layers that start aligned and small learn one singular value after another.
(function () {
  "use strict";
  const m = window.models;
  // Gradient flow of one value at rising times: growthTime, turned round between 400 values.
  function flow(s, start, depth, times) {
    const us = Array.from({ length: 400 }, (_, i) => start * ((0.9999 * s) / start) ** (i / 399)), at = [0];
    for (let i = 1; i < 400; i++) at.push(at[i - 1] + m.growthTime(us[i - 1], us[i], s, depth, 8));
    let i = 1;
    return times.map((t) => {
      while (i < 399 && at[i] < t) i++;
      return t > at[399] ? s : us[i - 1] + ((t - at[i - 1]) / (at[i] - at[i - 1])) * (us[i] - us[i - 1]);
    });
  }
  window.bend({
    controls: [
      { key: "eps", label: "start of the product, ε", lo: 1e-12, hi: 0.3, log: true, value: 1e-4 },
      { key: "N", label: "depth N", lo: 1, hi: 4, whole: true, value: 2 },
      { key: "ratio", label: "ratio of strengths", lo: 1, hi: 4, value: 2 },
      { key: "eta", label: "learning rate η", lo: 0.005, hi: 0.2, log: true, value: 0.05 },
    ],
    panels: { loss: "Loss: a stair for each singular value", modes: "Singular values of the product" },
    legend: [["0", "strongest"], ["1", "second"], ["2", "third"], ["3", "fourth"], ["hint", "predicted: half of a value is learned"], ["theory", "gradient flow, where the steps are too many"]],
    draw({ eps, N, ratio, eta }, { loss, modes }) {
      const s = [0, 1, 2, 3].map((k) => 2 / ratio ** k);
      // A value that starts beyond its half has no such time.
      const halves = s.map((v) => (eps < v / 2 ? m.growthTime(eps, v / 2, v, N) : NaN)), waits = halves.filter(Number.isFinite);
      const most = 20000, wanted = Math.ceil((1.25 * Math.max(0, ...waits) + 4 / s[3]) / eta), steps = Math.min(most, Math.max(50, wanted));
      const flown = wanted > most, end = flown ? wanted * eta : steps * eta;
      const paths = s.map((v) => (flown ? [] : m.productPath(Array(N).fill(eps ** (1 / N)), v, eta, steps)));
      const reached = paths.map((path, k) => path.findIndex((v) => v >= s[k] / 2));
      const pick = Array.from({ length: 601 }, (_, i) => Math.round((i / 600) * steps)), time = pick.map((i) => i * eta);
      const losses = pick.map((i) => paths.reduce((sum, path, k) => sum + (path[i] - s[k]) ** 2 / 2, 0));
      const x = { lo: 0, hi: end, label: "time = η × steps" }, highest = Math.max(2, eps, ...pick.flatMap((i) => paths.map((path) => path[i])).filter(Number.isFinite));
      loss.axes(x, { lo: 0, hi: Math.max(...losses.filter(Number.isFinite), 1e-3) * 1.08, label: "loss" });
      modes.axes(x, { lo: 0, hi: Math.min(1.08 * highest, 6), label: "singular value" });
      waits.forEach((t) => { loss.upright(t); modes.upright(t); });
      if (flown) {
        // Too many steps for this page: gradient flow, from the same formula as the predicted times.
        const grid = Array.from({ length: 601 }, (_, i) => (i / 600) * end), flows = s.map((v) => flow(v, eps, N, grid));
        loss.line(grid, grid.map((_, i) => flows.reduce((sum, u, k) => sum + (u[i] - s[k]) ** 2 / 2, 0)), { kind: "theory" });
        flows.forEach((u, k) => modes.line(grid, u, { colour: k }));
      } else {
        loss.line(time, losses, { colour: 0 });
        paths.forEach((path, k) => modes.line(time, pick.map((i) => path[i]), { colour: k }));
      }
      const times = reached.map((i) => (i < 0 ? NaN : i * eta)), quotient = waits.length > 1 ? waits[waits.length - 1] / waits[0] : NaN;
      const short = ["strongest value", "second", "third", "weakest"], gone = 4 - waits.length;
      const late = flown ? ` That takes ${wanted.toExponential(0).replace("e+", "e")} steps, too many for this page: gradient flow is drawn.` : "";
      const sharp = s.map((v) => eta * N * v ** (2 - 2 / N)), wild = sharp.filter((v) => v > 2).length;
      const ahead = gone === 4 ? "Every value starts beyond its half: there is no plateau."
        : gone ? `${gone === 1 ? "The weakest starts" : `The ${gone} weakest start`} beyond half of ${gone === 1 ? "its value and has" : "their values and have"} no plateau. ` : "";
      const clock = waits.length === 0 ? "" : `Half of the strongest value is learned at time ${halves[0].toPrecision(3)}` +
        (waits.length === 1 ? "." : ratio < 1.02 ? ": equal strengths, one stair." : `, of the ${short[waits.length - 1]} at ${waits[waits.length - 1].toPrecision(3)}, ${quotient < 1.005 ? "no later" : `${quotient.toPrecision(3)} times as late`}; a smaller start ${N === 2 ? "stretches all plateaus by the logarithm" : "stretches all plateaus by a power"} of ε.`);
      const words = (N === 1 ? "One layer has no plateaus: all values are learned from the first step on, each at a pace that does not depend on it." : ahead + clock + late) +
        (wild ? ` The step is too large for ${wild === 1 ? "the strongest value" : `the ${wild} strongest`}: η times the curvature is ${sharp[0].toPrecision(3)}, above 2, and it does not settle.` : "");
      return { words, data: { strengths: s, halves, times, steps, flown, end, sharpest: sharp[0], last: flown ? null : paths.map((path) => path[path.length - 1]) } };
    },
  });
})();
