// Notebook 59: dot products grow with the dimension, the softmax freezes, and what is frozen does not learn.
(function () {
  "use strict";
  const m = window.models, sizes = [4, 8, 16, 32, 64, 128, 256, 512], words = 12, places = 8, steps = 150, draws = 200;
  const rates = { plain: [2, 8, 24], scaled: [16, 64, 256] }, learned = {};
  function learns(d, factor, seed) {
    const key = [d, factor, seed].join(" ");
    if (!learned[key]) {
      const task = m.lookup(words, places, d, steps, 12, 96, seed);
      const runs = rates[factor ? "scaled" : "plain"].map((rate) => ({ rate, ...m.learnLookup(task, rate, factor ? d ** -0.5 : 1) }));
      const solved = runs.filter((r) => r.solved >= 0).sort((a, b) => a.solved - b.solved);
      learned[key] = solved[0] || runs.sort((a, b) => b.shares[b.shares.length - 1] - a.shares[a.shares.length - 1])[0];
    }
    return learned[key];
  }
  // Logits of one query with `places` keys in d dimensions.
  function logits(d, normal) {
    const q = Array.from({ length: d }, normal);
    return Array.from({ length: places }, () => q.reduce((s, v) => s + v * normal(), 0));
  }
  const curves = [false, true].map((factor) => sizes.map((d) => {
    // Given |q| the logits are normal; |q|^2 is a sum of d squares.
    const normal = m.normals(d);
    let sum = 0;
    for (let i = 0; i < draws; i++) {
      let size = 0;
      for (let j = 0; j < d; j++) size += normal() ** 2;
      const sd = Math.sqrt(size / (factor ? d : 1));
      sum += m.softness(m.softmax(Array.from({ length: places }, () => sd * normal())));
    }
    return sum / draws;
  }));
  window.bend({
    controls: [
      { key: "d", label: "dimension d", values: sizes, value: 64 },
      { key: "factor", label: "divided by √d", values: [0, 1], value: 0, show: (v) => (v ? "yes" : "no") },
      { key: "seed", label: "draw", lo: 1, hi: 20, whole: true, value: 1 },
    ],
    buttons: [{ label: "Divide by √d, or not", press: ({ factor }) => ({ factor: 1 - factor }) }],
    panels: { mass: "One query: the weights of its eight keys", soft: "Softness 1 − Σp², mean of 200 queries", learn: "A lookup that must be learned: tests answered" },
    legend: [["0", "not divided"], ["1", "divided by √d"], ["hint", "this dimension; nine tests of ten"]],
    coarse: true,
    draw({ d, factor, seed }, { mass, soft, learn }, changed, coarse) {
      const raw = logits(d, m.normals(1000 * seed + d)), p = m.softmax(raw.map((v) => (factor ? v / Math.sqrt(d) : v))), softness = m.softness(p);
      mass.axes({ lo: 0, hi: places, label: "key" }, { lo: 0, hi: 1, label: "weight p" });
      p.forEach((v, i) => mass.bar(i + 0.1, i + 0.9, v, { colour: factor ? 1 : 0 }));
      soft.axes({ lo: 3.5, hi: 600, log: true, label: "dimension d" }, { lo: 0, hi: 1, label: "softness" });
      curves.forEach((values, i) => { soft.line(sizes, values, { colour: i }); soft.dots(sizes, values, { colour: i }); });
      soft.upright(d);
      const runs = coarse ? [] : [learns(d, 0, seed), learns(d, 1, seed)];
      learn.axes({ lo: 0, hi: steps, label: "step" }, { lo: 0, hi: 1.02, label: "share of the tests" });
      runs.forEach((r, i) => learn.line(r.shares.map((_, j) => 5 * j), r.shares, { colour: i }));
      learn.level(0.9, "hint");
      const run = runs[factor], top = Math.max(...p), spread = factor ? 1 : Math.sqrt(d);
      const outcome = !run ? "…" : run.solved >= 0 ? `learns the lookup in ${run.solved} steps` : `does not learn the lookup in ${steps} steps`;
      return {
        words: `The logits have a spread of about ${spread.toPrecision(2)}, where the softmax of ${places} keys freezes beyond ${m.criticalSd(places).toPrecision(3)}. The largest weight is ${top.toPrecision(3)}. At the best of three rates, this draw ${outcome}.`,
        data: { raw, p, softness, solved: runs.map((r) => r.solved), rates: runs.map((r) => r.rate), curves },
      };
    },
  });
})();
