// Notebook 32, section 3: where descent on two scalar layers converges.
(function () {
  "use strict";
  const m = window.models, full = 110, steps = 4000;
  const X = { lo: 0.1, hi: 1000, log: true, label: "imbalance D of the start" }, Y = { lo: 10 ** -2.5, hi: 10 ** 0.5, log: true, label: "learning rate η" };
  const colours = ["#cfe8d5", "#3a9d5d", "#f2c14e", "#a23b3b"];
  const names = ["converges", "converges after a catapult", "stays bounded and does not converge", "overflows"];
  const at = (axis, share) => axis.lo * (axis.hi / axis.lo) ** share;
  let painted = "", picture = null, edge = null;
  function paint(c, cells) {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
    canvas.width = canvas.height = cells;
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++) {
        pen.fillStyle = colours[m.outcome(at(X, (i + 0.5) / cells), at(Y, (j + 0.5) / cells), c, steps)];
        pen.fillRect(i, cells - 1 - j, 1, 1);
      }
    picture = canvas.toDataURL();
    const D = Array.from({ length: 200 }, (_, i) => at(X, i / 199));
    edge = [D, D.map((d) => m.criticalRate(m.modesOfImbalance(d, c))), D.map((d) => 2 / m.nearbySharpness(d))];
  }
  window.bend({
    controls: [
      { key: "D", label: "imbalance D", lo: 0.1, hi: 1000, log: true, value: 20 },
      { key: "eta", label: "learning rate η", lo: Y.lo, hi: Y.hi, log: true, value: 0.15 },
      { key: "c", label: "product c of the start", lo: 0.5, hi: 0.99, value: 0.75 },
    ],
    panels: { map: "What starts come to: press or drag", plane: "This run in the plane of its two weights", run: "Its loss" },
    legend: [...names.map((name, i) => [colours[i], name]), ["theory", "exact edge f = 0, η = 1; minima a₁a₂ = 1"], ["hint", "ηλ = 2: the minimum nearby is no longer stable"]],
    picks: { map: (D, eta) => ({ D, eta }) },
    coarse: true,
    draw({ D, eta, c }, { map, plane, run }, changed, coarse) {
      const cells = coarse ? 16 : full, key = c + " " + cells;
      if (painted !== key && !(coarse && painted === c + " " + full)) { paint(c, cells); painted = key; }
      const start = m.modesOfImbalance(D, c), path = m.scalarDescent(start, 1, eta, steps), kind = m.outcome(D, eta, c, steps);
      map.axes(X, Y).image(picture);
      map.line(edge[0], edge[1], { kind: "theory" });
      map.line(edge[0], edge[2], { kind: "hint" });
      map.point(D, eta);

      const losses = path.map((p) => (m.product(p) - 1) ** 2 / 2), rest = losses.findIndex((v) => v < 1e-26);
      const shown = Math.min(path.length, rest < 0 ? 300 : rest + 5), part = path.slice(0, shown);
      const finite = part.filter((p) => p.every((v) => Math.abs(v) < 3 * start[0]));
      const right = 1.25 * Math.max(1.5, ...finite.map((p) => Math.abs(p[0]))), up = 1.25 * Math.max(1.5, ...finite.map((p) => Math.abs(p[1])));
      plane.axes({ lo: -right / 4, hi: right, label: "a₁" }, { lo: -up, hi: up, label: "a₂" });
      const xs = Array.from({ length: 200 }, (_, i) => (right * (i + 1)) / 200);
      plane.line(xs, xs.map((x) => 1 / x), { kind: "theory" });
      plane.line(part.map((p) => p[0]), part.map((p) => p[1]), { colour: 0 });
      plane.dots(part.slice(0, 80).map((p) => p[0]), part.slice(0, 80).map((p) => p[1]), { colour: 0 });
      plane.point(...start);

      const hold = losses.slice(0, shown).map((v) => Math.min(1e30, Math.max(1e-30, v)));
      const high = Math.max(10, ...hold), low = Math.max(1e-28, Math.min(1e-6, ...hold));
      run.axes({ lo: 0, hi: Math.max(10, shown - 1), label: "step" }, { lo: low / 10, hi: high * 10, log: true, label: "loss" });
      run.line(hold.map((_, t) => t), hold, { colour: 0 });
      const predicted = m.overshootGap(start, eta) > 0 && eta < 1, stretch = eta * m.nearbySharpness(D);
      return {
        words: `This run ${names[kind]}. The exact edge says: ${predicted ? "converges" : "fails"}. ηλ = ${stretch.toPrecision(3)}.`,
        data: { start, predicted, kind, stretch, critical: m.criticalRate(start), at50: path[Math.min(50, path.length - 1)] },
      };
    },
  });
})();
