// Notebook 53, section 1: a valley along the axes is what Adam was made for; turn it, and the lead is gone.
(function () {
  "use strict";
  const m = window.models, angles = Array.from({ length: 31 }, (_, i) => (i * 90) / 30), names = { momentum: "momentum", adam: "Adam" };
  const rates = { momentum: (kappa) => [0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.999].map((part) => (part * 2 * (1 + m.bestMemory(kappa))) / kappa), adam: () => Array.from({ length: 8 }, (_, i) => 10 ** (i / 4) / 15) };
  let key = "", swept = null;
  const turn = (degrees, [a, b]) => { const t = (degrees * Math.PI) / 180, c = Math.cos(t), s = Math.sin(t); return [a * c - b * s, a * s + b * c]; };
  // The best of the method's rates: {rate, path, fall: log10 of f / f at the start}.
  function best(method, kappa, degrees, steps) {
    const bowl = m.turnedBowl(kappa, (degrees * Math.PI) / 180), start = turn(degrees, [1.3, 1.5]), first = m.bowlHeight(bowl, start);
    let found = null;
    for (const rate of rates[method](kappa)) {
      const path = m.bowlPath(bowl, start, method, rate, steps, m.bestMemory(kappa)), fall = Math.log10(m.bowlHeight(bowl, path[steps]) / first);
      if (Number.isFinite(fall) && (!found || fall < found.fall)) found = { rate, path, fall };
    }
    return found;
  }
  window.bend({
    controls: [
      { key: "angle", label: "the valley is turned by, degrees", lo: 0, hi: 90, value: 0, step: 1 },
      { key: "kappa", label: "steepness across / along", lo: 10, hi: 3000, log: true, value: 1000 },
      { key: "steps", label: "steps", lo: 50, hi: 400, whole: true, value: 300 },
    ],
    panels: { plane: "The two paths, each at its best rate", fall: "Height left", turned: "Decades lost, by the turn" },
    legend: [["0", names.momentum], ["1", names.adam], ["theory", "the valley's floor"], ["hint", "this turn"]],
    coarse: true,
    draw({ angle, kappa, steps }, { plane, fall, turned }, changed, coarse) {
      const found = { momentum: best("momentum", kappa, angle, steps), adam: best("adam", kappa, angle, steps) };
      const bowl = m.turnedBowl(kappa, (angle * Math.PI) / 180);
      if (key !== kappa + " " + steps && !coarse) {
        key = kappa + " " + steps;
        swept = ["momentum", "adam"].map((method) => angles.map((a) => -best(method, kappa, a, steps).fall));
      }
      plane.axes({ lo: -2.4, hi: 2.4, label: "first coordinate" }, { lo: -2.4, hi: 2.4, label: "second coordinate" });
      const [cx, cy] = turn(angle, [3.5, 0]);
      plane.line([-cx, cx], [-cy, cy], { kind: "theory" });
      const curves = [found.momentum, found.adam];
      curves.forEach(({ path }, colour) => { plane.line(path.map((p) => p[0]), path.map((p) => p[1]), { colour }); });
      plane.point(...curves[0].path[0]);
      const first = m.bowlHeight(bowl, curves[0].path[0]), heights = curves.map(({ path }) => path.map((p) => Math.max(1e-32, m.bowlHeight(bowl, p) / first)));
      fall.axes({ lo: 0, hi: steps, label: "step" }, { lo: Math.max(1e-32, Math.min(...heights.flat()) / 2), hi: 10, log: true, label: "f / f at the start" });
      heights.forEach((h, colour) => fall.line(h.map((_, t) => t), h, { colour }));
      const known = key === kappa + " " + steps ? swept : [];
      turned.axes({ lo: 0, hi: 90, label: "turned by, degrees" }, { lo: Math.min(0, ...known.flat()), hi: 1.05 * Math.max(1, -found.momentum.fall, -found.adam.fall, ...known.flat()), label: "decades lost" });
      known.forEach((lost, colour) => turned.line(angles, lost, { colour }));
      turned.upright(angle);
      const lead = found.momentum.fall - found.adam.fall, cost = known.length ? known[1][0] - Math.min(...known[1]) : 0;
      const who = lead > 0.5 ? "Adam is ahead" : lead < -0.5 ? "Momentum is ahead" : "Neither is ahead";
      return {
        words: `In ${steps} steps momentum of memory ${m.bestMemory(kappa).toFixed(2)} takes ${(-found.momentum.fall).toFixed(1)} decades off the height, Adam ${(-found.adam.fall).toFixed(1)}. ${who}.` + (known.length ? ` Turning the valley costs momentum nothing and Adam up to ${cost.toFixed(1)} decades.` : ""),
        data: { bowl, start: curves[0].path[0], rates: curves.map((c) => c.rate), falls: curves.map((c) => c.fall), at40: curves.map((c) => c.path[40]), lead, cost },
      };
    },
  });
})();
