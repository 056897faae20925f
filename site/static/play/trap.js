// Notebook 33: the start W_j = I on a target with one negative eigenvalue.
(function () {
  "use strict";
  const m = window.models;
  window.bend({
    controls: [
      { key: "N", label: "depth N", lo: 2, hi: 5, whole: true, value: 2 },
      { key: "lambda", label: "λ, the target has −λ", lo: 0.2, hi: 3, value: 1 },
      { key: "eta", label: "learning rate η", lo: 0.01, hi: 1.2, log: true, value: 0.1 },
      { key: "eps", label: "ε: layers start at 1 ± ε", lo: 1e-16, hi: 0.3, log: true, value: 1e-6, show: (v) => (v < 1e-15 ? "0" : window.bend.number(v)) },
      { key: "steps", label: "steps shown", lo: 100, hi: 20000, log: true, whole: true, value: 400 },
    ],
    panels: { way: "The eigenvalue that should become −λ", loss: "Loss, and the bound λ²/2", apart: "First layer less last layer" },
    legend: [["0", "descent"], ["theory", "theory: held product, bound λ²/2, growth at the rate λ"], ["hint", "goal −λ"]],
    draw({ N, lambda, eta, eps, steps }, { way, loss, apart }) {
      // Below 1e-15 nothing is disturbed: the layers are equal to the last bit.
      const e = eps < 1e-15 ? 0 : eps, start = Array(N).fill(1);
      start[0] = 1 + e;
      start[N - 1] = 1 - e;
      const p = new Float64Array(steps + 1).fill(NaN), gap = new Float64Array(steps + 1);
      let last = start;
      const made = m.walk(start, -lambda, eta, steps, (layers, i) => { p[i] = m.product(layers); gap[i] = Math.abs(layers[0] - layers[N - 1]); last = layers; });
      last = Array.from(last);
      // At most a thousand points are drawn, at an odd distance: both sides of a run that jumps to and fro are seen.
      const between = 2 * Math.floor(made / 2000) + 1, t = Array.from({ length: Math.ceil((made + 1) / between) }, (_, i) => i * between), seen = (f) => t.map((i) => f(i));
      const losses = p.subarray(0, made + 1).map((v) => ((v + lambda) * (v + lambda)) / 2), bound = lambda ** 2 / 2, lowest = losses.reduce((a, b) => (b < a ? b : a)), jump = 1 / (1 + lambda);
      const left = losses.findIndex((v) => v < bound / 2), gone = losses[losses.length - 1] < 1e-8;
      const x = { lo: 0, hi: steps, label: "step" };
      way.axes(x, { lo: -lambda - 0.4, hi: 1.4, label: "product of the layers" });
      const held = t.map((i) => (i === 0 && N > 2 ? NaN : m.stuckProduct(eta * i, lambda, N)));
      if (N % 2 === 0) way.line(t, held.map((v) => (v > 1.3 ? NaN : v)), { kind: "theory" });
      way.level(-lambda, "hint");
      way.line(t, seen((i) => (Math.abs(p[i]) > 50 ? NaN : p[i])), { colour: 0 });
      loss.axes(x, { lo: Math.max(1e-12, Math.min(bound / 100, lowest / 3)), hi: Math.max(10, losses[0] * 2), log: true, label: "loss" });
      loss.level(bound);
      loss.line(t, seen((i) => Math.max(losses[i], 1e-13)), { colour: 0 });
      apart.axes(x, { lo: 1e-16, hi: 10, log: true, label: "|a₁ − a_N|" });
      if (N === 2 && e > 0) {
        // d(a1 - a2)/dt = (p + lambda)(a1 - a2), and while it is held the integral of p is ln((1 + lambda)/lambda)/2.
        const line = t.map((i) => 2 * e * Math.sqrt((1 + lambda) / lambda) * Math.exp(lambda * eta * i));
        apart.line(t, line.map((v) => (v > 10 ? NaN : v)), { kind: "theory" });
      }
      if (e === 0) apart.words(steps / 2, 1e-8, "0: the layers are equal");
      apart.line(t, seen((i) => Math.max(gap[i], 1e-17)), { colour: 0 });
      // What the words say is what ran: this start, and beside it the same with equal layers.
      const alike = (e === 0 ? p : m.productPath(Array(N).fill(1), -lambda, eta, steps));
      const free = alike.some((v) => v < 0), finite = made === steps && p.every(Number.isFinite);
      const odd = N % 2 === 1, part = (v) => `${(v / bound).toPrecision(4)} of the bound λ²/2`;
      const law = odd ? `Equal layers jump over zero where η > 1/(1 + λ) = ${jump.toPrecision(3)}, in the first step or never.` : "";
      let words;
      if (!finite) words = `Overflows after ${made} steps; the least loss before is ${part(lowest)}. ${law}`;
      else if (gone || left >= 0) {
        words = gone ? `Escaped: the loss passes half the bound at step ${left}. ` : `On its way out since step ${left}. `;
        words += free ? `Equal layers get out as well, by a jump over zero. ${law}` : "Equal layers are still held after these steps: it is their difference that carries the product through zero.";
      } else if (e > 0) words = `Held so far: the least loss is ${part(lowest)}. The layers' difference is ${gap[made].toPrecision(2)} now; show more steps. ${law}`;
      else if (free) words = `Equal layers have jumped over zero: the least loss is ${part(lowest)} after ${steps} steps. ${law}`;
      else words = odd ? `Held: the least loss is ${part(lowest)}. ${law}` : `Held for ever: equal layers of even depth have no negative product, at any step. The least loss of all steps is ${part(lowest)}.`;
      return { words, data: { start, lowest, bound, left, gone, finite, free, jump, equal: e === 0, last, held: N % 2 ? null : m.stuckProduct(eta * steps, lambda, N) } };
    },
  });
})();
