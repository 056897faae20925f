// Notebook 36: from the identity an eigenvalue goes to its goal on a chord; a chord through zero is closed.
(function () {
  "use strict";
  const m = window.models, most = 20000, left = 0.01;
  window.bend({
    controls: [
      { key: "x", label: "eigenvalue, real part", lo: -1.5, hi: 1.5, value: -0.8, step: 0.01 },
      { key: "y", label: "imaginary part", lo: 0, hi: 1.5, value: 0.3, step: 0.01 },
      { key: "N", label: "depth N", lo: 2, hi: 6, whole: true, value: 3 },
      { key: "share", label: "step size × N", lo: 0.005, hi: 0.1, log: true, value: 0.02 },
    ],
    panels: { plane: "The eigenvalue of the product: press or drag its goal", loss: "Loss" },
    legend: [["0", "descent"], ["theory", "chord from 1 to the goal; when it should arrive"], ["hint", "fatal: goals whose chord leads through zero"]],
    picks: { plane: (x, y) => ({ x, y: Math.abs(y) < 0.04 ? 0 : Math.abs(y) }) },
    draw({ x, y, N, share }, { plane, loss }) {
      const goal = [x, y], rate = share / N, way = Math.hypot(1 - x, y), path = m.rotatingDescent(goal, N, rate, most, 1e-5 * Math.max(way, 1e-3));
      const law = way < 1e-9 ? 0 : m.chordTime(goal, N, left) / rate, fatal = !Number.isFinite(law);
      const far = path.map(([a, b]) => Math.hypot(a - x, b - y)), arrived = far.findIndex((v) => v <= left * way);
      let aside = 0; // how far the path leaves the chord, in shares of the chord
      if (way > 1e-9) for (const [a, b] of path) aside = Math.max(aside, Math.abs((a - 1) * y - b * (x - 1)) / way ** 2);
      plane.axes({ lo: -1.6, hi: 1.6, label: "real part" }, { lo: -0.2, hi: 1.6, label: "imaginary part" });
      plane.line([-1.6, 0], [0, 0], { kind: "hint" });
      plane.line([1, x], [0, y], { kind: "theory" });
      const some = path.filter((_, i) => i % Math.ceil(path.length / 400) === 0);
      plane.line(some.map((p) => p[0]), some.map((p) => p[1]), { colour: 0 });
      plane.dots([0], [0], { colour: 4, size: 5 });
      plane.dots([path[path.length - 1][0]], [path[path.length - 1][1]], { colour: 0, size: 4 });
      plane.point(x, y);
      const end = Math.min(most, Math.max(50, path.length - 1, fatal ? 2000 : 1.2 * law)), each = Math.max(1, Math.floor(path.length / 600));
      const shown = far.map((v, i) => [i, Math.max(1e-14, v * v)]).filter(([i]) => i % each === 0);
      loss.axes({ lo: 0, hi: end, label: "step" }, { lo: 1e-9, hi: 10, log: true, label: "loss, |product − goal|²" });
      loss.line(shown.map(([i]) => i), shown.map(([, v]) => v), { colour: 0 });
      if (!fatal && law > 0 && law < end) loss.upright(law, "theory");
      const finite = path.every(([a, b]) => Number.isFinite(a + b)), last = far[far.length - 1];
      const words = fatal
        ? `Held: the chord leads through zero, and descent stops there, at a loss of ${(last * last).toPrecision(3)} = ${(last * last / (x * x)).toPrecision(3)} λ². Lift the goal a little off the line.`
        : way < 1e-9 ? "The goal is where descent starts."
          : arrived < 0 ? `Still on its way after ${path.length - 1} steps; the integral along the chord says ${law.toPrecision(3)}.`
            : `Arrives after ${arrived} steps; the integral along the chord says ${law.toPrecision(4)}. It leaves the chord by ${(100 * aside).toPrecision(2)}% of its length. The chord passes zero at a distance of ${Math.abs(y / way).toPrecision(2)}.`;
      return { words, data: { path: path[Math.min(50, path.length - 1)], law: fatal ? "Infinity" : law, arrived, aside, rate, last, finite, fatal } };
    },
  });
})();
