// Notebook 44: from a small start two layers wait at each plateau; a jump takes the wait away.
(function () {
  "use strict";
  const m = window.models, final = 1e-3, quiet = 1e-3, names = ["plain descent", "jumps to a length of 0.2", "jumps by line search"];
  const sizes = [null, 0.2, 0], scales = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12];
  let key = "", swept = null;
  window.bend({
    controls: [
      { key: "eps", label: "start of the product, ε", lo: 1e-12, hi: 1e-2, log: true, value: 1e-8 },
      { key: "jump", label: "at a plateau", values: [0, 1, 2], value: 0, show: (v) => names[v] },
      { key: "ratio", label: "ratio of strengths", lo: 1, hi: 4, value: 2 },
      { key: "eta", label: "learning rate η", lo: 0.01, hi: 0.15, log: true, value: 0.05 },
    ],
    buttons: [{ label: "Jump", press: ({ jump }) => ({ jump: jump ? 0 : 2 }) }],
    panels: { loss: "Loss against steps", steps: "Steps that the whole run needs, by start" },
    legend: [["0", names[0]], ["1", names[1]], ["2", names[2]], ["hint", "a jump"]],
    coarse: true,
    draw({ eps, jump, ratio, eta }, { loss, steps }, changed, coarse) {
      const s = [0, 1, 2, 3].map((k) => 2 / ratio ** k), walk = (e, j) => m.stagedModes(s.map(() => Math.sqrt(e)), s, eta, { jump: sizes[j], final, quiet });
      const runs = [0, 1, 2].map((j) => walk(eps, j)), run = runs[jump], plain = runs[0];
      if (key !== ratio + " " + eta && !coarse) {
        key = ratio + " " + eta;
        swept = [0, 1, 2].map((j) => scales.map((e) => walk(e, j).steps));
      }
      loss.axes({ lo: 0, hi: Math.max(50, plain.steps), label: "step" }, { lo: final / 2, hi: plain.losses[0] * 2, log: true, label: "loss" });
      run.jumps.forEach((t) => loss.upright(t));
      for (const j of jump ? [0, jump] : [0]) {
        const each = Math.max(1, Math.floor(runs[j].losses.length / 800)), at = runs[j].losses.map((v, i) => [i, v]).filter(([i]) => i % each === 0 || i === runs[j].losses.length - 1);
        loss.line(at.map(([i]) => i), at.map(([, v]) => v), { colour: j });
      }
      const counted = key === ratio + " " + eta ? swept : [];
      steps.axes({ lo: 1e-12, hi: 1e-2, log: true, label: "start ε" }, { lo: 0, hi: 1.1 * Math.max(plain.steps, ...counted.flat()), label: "steps" });
      counted.forEach((counts, j) => { steps.line(scales, counts, { colour: j }); steps.dots(scales, counts, { colour: j }); });
      steps.upright(eps);
      const more = (j) => counted[j][10] - counted[j][6], say = (v) => String(v).replace("-", "\u2212");
      const rise = !counted.length ? "" : `From ε = 1e\u22128 to 1e\u221212 plain descent pays ${say(more(0))} steps more; with jumps to a length it is ${say(more(1))}, by line search ${say(more(2))}.`;
      const words = (jump
        ? `${run.jumps.length === 1 ? "One jump" : `${run.jumps.length} jumps`}: ${run.steps} steps in place of ${plain.steps}. `
        : `Plain descent: ${plain.steps} steps, most of them on plateaus. Press Jump. `) + rise;
      return { words, data: { strengths: s, counts: runs.map((r) => r.steps), jumps: runs.map((r) => r.jumps.length), ends: runs.map((r) => r.end) } };
    },
  });
})();
