// Notebook 39, sections 2 and 3: descent keeps the imbalance of two layers, label noise leads it to a place of its own.
(function () {
  "use strict";
  const m = window.models, steps = 6000, each = 20, c = 0.75;
  const at = Array.from({ length: steps / each + 1 }, (_, i) => i * each), far = (D) => ((D + Math.sqrt(D * D + 4)) / 2) ** 2; // |W1|^2 / |W2|^2 of a minimum
  const number = (v) => window.bend.number(Number(v.toFixed(3))), percent = (v) => `${v > 0 ? "+" : "\u2212"}${Number(Math.abs(100 * v).toPrecision(2))}%`;
  function start(D) {
    const [a, b] = m.modesOfImbalance(Math.abs(D), c);
    return D < 0 ? [b, a] : [a, b];
  }
  // The draw of a seed is kept: what is dragged besides it moves the same noise.
  let drawn = null;
  function noise(seed, count) {
    if (!drawn || drawn.seed !== seed || drawn.all.length < count) {
      const normal = m.normals(seed);
      drawn = { seed, all: new Float64Array(count) };
      for (let k = 0; k < count; k++) drawn.all[k] = normal();
    }
    let i = 0;
    return () => drawn.all[i++];
  }
  const halved = (D) => D.findIndex((v) => Math.abs(v) <= Math.abs(D[0]) / 2) * each;
  window.bend({
    controls: [
      { key: "D", label: "imbalance D at the start", lo: -16, hi: 16, value: 8, step: 0.1 },
      { key: "eta", label: "learning rate η", lo: 0.005, hi: 0.3, log: true, value: 0.1 },
      { key: "sigma", label: "label noise σ", lo: 0, hi: 0.5, value: 0.15, step: 0.005 },
      { key: "inputs", label: "inputs", lo: 1, hi: 5, whole: true, value: 1 },
      { key: "outputs", label: "outputs", lo: 1, hi: 5, whole: true, value: 1 },
      { key: "seed", label: "random draw", lo: 0, hi: 50, whole: true, value: 0 },
    ],
    panels: { way: "Imbalance D = |W₁|² − |W₂|²", plane: "The two layers: press to start elsewhere", steep: "Sum of curvatures" },
    legend: [["0", "without noise"], ["1", "with label noise"], ["theory", "formula of notebook 39"], ["dot2", "where noise comes to rest in small steps"], ["hint", "there; in the middle: all solutions"]],
    picks: { plane: (x, y) => ({ D: x * x - y * y }) },
    draw({ D, eta, sigma, inputs, outputs, seed }, { way, plane, steep }) {
      const widths = [inputs, outputs], from = start(D), still = m.noisyLayers([1, 1], from, eta, 0, steps, each), half = m.noisyLayers([1, 1], from, eta / 2, 0, 2 * steps, 2 * each);
      const noisy = sigma === 0 ? still : m.noisyLayers(widths, from, eta, sigma, steps, each, noise(seed, steps * inputs * outputs));
      const stretch = eta * m.nearbySharpness(D), tau = (eta * sigma) ** 2, known = stretch < 2;
      const law = known ? m.noiseFlow(widths, eta, far(D), at.map((t) => tau * t)) : [];
      const difference = (path) => path.map(([p, q]) => p - q), sides = (x) => Math.sqrt(x) - 1 / Math.sqrt(x);
      const kept = difference(still), moved = difference(noisy), told = law.map(sides), rest = inputs / outputs, goal = sides(rest);
      const finite = [still, noisy].map((path) => path.length === at.length), values = [...told, D, goal, ...(finite[0] ? kept : []), ...(finite[1] ? moved : [])];
      const low = Math.min(0, ...values), high = Math.max(0, ...values), room = 0.06 * Math.max(1, high - low);
      way.axes({ lo: 0, hi: steps, label: "step" }, { lo: low - room, hi: high + room, label: "D" });
      way.level(goal, "hint");
      way.dots([0], [D], { colour: 0, size: 4 });
      way.line(at, kept, { colour: 0 });
      if (sigma) way.line(at, moved, { colour: 1 });
      if (known) way.line(at, told, { kind: "theory" });

      const wide = Math.max(2.5, 1.1 * Math.sqrt(from[0] ** 2 + 1), 1.1 * Math.sqrt(from[1] ** 2 + 1)), curve = Array.from({ length: 161 }, (_, i) => (1 / wide) ** (1 - i / 80));
      plane.axes({ lo: 0, hi: wide, label: "|W₁|" }, { lo: 0, hi: wide, label: "|W₂|" });
      plane.line(curve, curve.map((v) => 1 / v), { kind: "hint" });
      plane.line(noisy.map(([p]) => Math.sqrt(p)), noisy.map(([, q]) => Math.sqrt(q)), { colour: sigma ? 1 : 0 });
      plane.dots([rest ** 0.25], [rest ** -0.25], { colour: 2, size: 5 });
      plane.point(...from);

      const least = 2 * Math.sqrt(inputs * outputs), sum = ([p, q]) => (inputs * q + outputs * p) / least, ends = law.map((x) => (inputs / Math.sqrt(x) + outputs * Math.sqrt(x)) / least);
      const heights = [finite[0] ? still : [], finite[1] ? noisy : []].map((path) => path.map(sum)), height = sum(still[0]);
      steep.axes({ lo: 0, hi: steps, label: "step" }, { lo: 0, hi: 1.1 * Math.max(1.5, height, ...ends, ...heights.flat()), label: "sum of curvatures / least" });
      steep.level(1, "hint");
      steep.dots([0], [height], { colour: 0, size: 4 });
      heights.forEach((h, colour) => { if (h.length && (sigma || !colour)) steep.line(at, h, { colour }); });
      if (known) steep.line(at, ends, { kind: "theory" });

      const last = (path) => path[path.length - 1], drifts = [still, half].map((path) => (D === 0 ? 0 : (last(path)[0] - last(path)[1]) / D - 1)), worn = moved[moved.length - 1], end = last(noisy);
      const first = !finite[0] ? `Without noise it overflows: ηS = ${number(stretch)} at the start.`
        : Math.abs(D) < 0.05 ? "Without noise a balanced start stays in balance."
          : Math.abs(drifts[0]) < 0.02 ? `Without noise D stays: it drifts by ${percent(drifts[0])}, at half the step by ${percent(drifts[1])}.`
            : `Without noise D ends at ${number(kept[kept.length - 1])}, ${percent(drifts[0])} off: ` + (known ? "so near to the edge, " : "") + `ηS = ${number(stretch)}` + (known ? " of 2, steps are not small." : " is above 2, and the run is a catapult. At half the step it ends " + percent(drifts[1]) + " off.");
      const second = sigma === 0 ? "" : !finite[1] ? ` With noise it overflows${finite[0] ? ": at such a step noise is too much" : ", too: no noise repairs a start that explodes"}.`
        : ` With noise D goes from ${number(D)} to ${number(worn)}` + (known ? `; the formula says ${number(last(told))}.` : "; the formula needs ηS < 2 at the start.") +
          (inputs === outputs ? Math.abs(D) > 0.5 && known && halved(moved) > 0 && halved(told) > 0 ? ` Half of it is gone after ${halved(moved)} steps, by the formula after ${halved(told)}.` : ""
            : ` The ratio of squares ends at ${number(end[0] / end[1])}; in small steps it comes to rest at inputs / outputs = ${number(rest)}, not at balance, 1.`);
      return { words: first + second, data: { start: from, stretch, drifts, kept: last(kept), end, law: known ? last(law) : null, finite, tau: tau * steps, halves: [halved(moved), halved(told)] } };
    },
  });
})();
