// Notebook 25: the fifteen ways to have learned some but not all of four modes, at any depth.
(function () {
  "use strict";
  const m = window.models, sets = m.properSubsets(4);
  const name = (learned) => (learned.some(Boolean) ? learned.map((v, i) => (v ? i + 1 : "")).filter(String).join(", ") : "none");
  window.bend({
    controls: [
      { key: "N", label: "depth N", lo: 2, hi: 8, whole: true, value: 3 },
      { key: "ratio", label: "ratio of strengths", lo: 1.05, hi: 2.5, value: 1.4 },
      { key: "set", label: "modes learned", lo: 1, hi: 15, whole: true, value: 6, show: (v) => name(sets[v - 1]) },
    ],
    panels: { census: "The fifteen saddles: press near one", drop: "Loss to be won within r of this saddle" },
    legend: [["dot1", "strict: a direction of negative curvature"], ["dot2", "flat: none"], ["0", "this saddle, leading order"], ["hint", "zero at depth 2"], ["theory", "zero at this depth"]],
    picks: { census: (x, y, { N, ratio }) => {
      const s = [0, 1, 2, 3].map((k) => 2 / ratio ** k), all = points(s, N);
      const far = (p) => ((p.loss - x) / all[0].loss) ** 2 + ((p.curvature - y) / 2.2) ** 2;
      return { set: 1 + all.indexOf(all.reduce((a, b) => (far(b) < far(a) ? b : a))) };
    } },
    draw({ N, ratio, set }, { census, drop }) {
      const s = [0, 1, 2, 3].map((k) => 2 / ratio ** k), all = points(s, N), here = all[set - 1], learned = sets[set - 1];
      census.axes({ lo: 0, hi: 1.06 * all[0].loss, label: "loss" }, { lo: -2.2, hi: 0.2, label: "smallest curvature" });
      census.level(0, "frame");
      all.forEach((p) => census.dots([p.loss], [p.curvature], { colour: p.curvature < 0 ? 1 : 2, size: 5 }));
      census.point(here.loss, here.curvature);
      const r = Array.from({ length: 81 }, (_, i) => 10 ** (-3 + (i / 80) * 3));
      drop.axes({ lo: 1e-3, hi: 1, log: true, label: "distance r" }, { lo: 1e-16, hi: 10, log: true, label: "largest fall of the loss" });
      drop.line(r, r.map((v) => m.largestDrop(s[0], v, 2)), { kind: "hint" });
      drop.line(r, r.map((v) => m.largestDrop(s[0], v, N)), { kind: "theory" });
      const zero = !learned.some(Boolean), fall = zero ? (v) => m.largestDrop(s[0], v, N) : here.curvature < 0 ? (v) => (-here.curvature * v * v) / 2 : null;
      if (fall) drop.line(r, r.map(fall), { colour: 0 });
      else drop.words(0.03, 1, "flat: nothing at second order");
      const flat = all.filter((p) => p.curvature === 0).length;
      const words = `Learned: ${name(learned)}. ` + (here.curvature < 0
        ? `Strict: smallest curvature ${here.curvature.toPrecision(3).replace("-", "\u2212")}.`
        : "Flat: no direction of negative curvature; what is left can only be won at higher order.") +
        (N === 2 ? " With two layers all fifteen are strict." : ` At depth ${N} exactly ${flat} of 15 are flat: the greedy ones, which have learned the strongest modes first.`);
      return { words, data: { strengths: s, curvatures: all.map((p) => p.curvature), losses: all.map((p) => p.loss), flat, fall: m.largestDrop(s[0], 0.1, N), here: fall ? fall(0.1) : null } };
    },
  });
  function points(s, N) {
    return sets.map((learned) => ({ loss: s.reduce((sum, v, i) => sum + (learned[i] ? 0 : v * v / 2), 0), curvature: m.smallestCurvature(s, learned, N) }));
  }
})();
