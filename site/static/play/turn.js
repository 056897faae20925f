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
      const goal = [x, y], rate = share / N, way = Math.hypot(1 - x, y), law = way < 1e-9 ? 0 : m.chordTime(goal, N, left) / rate, fatal = !Number.isFinite(law);
      const [re, im] = m.rotatingDescent(goal, N, rate, fatal ? 2000 : most, 1e-5 * Math.max(way, 1e-3)), made = re.length - 1;
      const far = re.map((a, i) => Math.sqrt((a - x) * (a - x) + (im[i] - y) * (im[i] - y))), arrived = far.findIndex((v) => v <= left * way);
      let aside = 0; // how far the path leaves the chord, in shares of the chord
      if (way > 1e-9) for (let i = 0; i <= made; i++) aside = Math.max(aside, Math.abs((re[i] - 1) * y - im[i] * (x - 1)) / (way * way));
      plane.axes({ lo: -1.6, hi: 1.6, label: "real part" }, { lo: -0.2, hi: 1.6, label: "imaginary part" });
      plane.line([-1.6, 0], [0, 0], { kind: "hint" });
      plane.line([1, x], [0, y], { kind: "theory" });
      const every = (count, last) => { const apart = Math.max(1, Math.ceil(last / count)); return Array.from({ length: Math.floor(last / apart) + 1 }, (_, i) => i * apart); }, some = every(400, made);
      plane.line(some.map((i) => re[i]), some.map((i) => im[i]), { colour: 0 });
      plane.dots([0], [0], { colour: 4, size: 5 });
      plane.dots([re[made]], [im[made]], { colour: 0, size: 4 });
      plane.point(x, y);
      const end = Math.min(most, Math.max(50, made, fatal ? 2000 : 1.2 * law)), shown = every(600, made);
      loss.axes({ lo: 0, hi: end, label: "step" }, { lo: 1e-9, hi: 10, log: true, label: "loss, |product − goal|²" });
      loss.line(shown, shown.map((i) => Math.max(1e-14, far[i] * far[i])), { colour: 0 });
      if (!fatal && law > 0 && law < end) loss.upright(law, "theory");
      const finite = far.every(Number.isFinite), last = far[made];
      const words = fatal
        ? `Held: the chord leads through zero, and descent stops there, at a loss of ${(last * last).toPrecision(3)} = ${(last * last / (x * x)).toPrecision(3)} λ². Lift the goal a little off the line.`
        : way < 1e-9 ? "The goal is where descent starts."
          : arrived < 0 ? `Still on its way after ${made} steps; the integral along the chord says ${law.toPrecision(3)}.`
            : `Arrives after ${arrived} steps; the integral along the chord says ${law.toPrecision(4)}. It leaves the chord by ${(100 * aside).toPrecision(2)}% of its length. The chord passes zero at a distance of ${Math.abs(y / way).toPrecision(2)}.`;
      return { words, data: { path: [re[Math.min(50, made)], im[Math.min(50, made)]], law: fatal ? "Infinity" : law, arrived, aside, rate, last, finite, fatal } };
    },
  });
})();
