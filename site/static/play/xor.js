// Notebook 21: networks with just enough units for XOR that get stuck, and a unit of weight zero that frees them.
(function () {
  "use strict";
  const m = window.models, cells = 40, many = 40;
  const counts = {};
  // Of `many` starts: how many are stuck, and how many of these a silent unit frees.
  function count(h, width) {
    const key = h + " " + width;
    if (!counts[key]) {
      let stuck = 0, freed = 0;
      for (let seed = 1; seed <= many; seed++) {
        const run = m.trainXor(...m.perceptronStart(h, width, seed));
        if (run.stopped >= 0) continue;
        stuck++;
        freed += m.trainXor(...m.addSilent(run.hidden, run.output)).stopped >= 0;
      }
      counts[key] = { stuck, freed };
    }
    return counts[key];
  }
  const blue = [11, 95, 165], white = [250, 250, 250], orange = [194, 87, 26];
  const mix = (a, b, t) => `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * t)).join()})`;
  const shade = (v) => (v < 0.5 ? mix(blue, white, 2 * v) : mix(white, orange, 2 * v - 1));
  window.bend({
    controls: [
      { key: "seed", label: "start number", lo: 1, hi: many, whole: true, value: 5 },
      { key: "width", label: "weights start in ±", values: [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], value: 3 },
      { key: "h", label: "hidden units", lo: 2, hi: 4, whole: true, value: 2 },
      { key: "silent", label: "units of weight zero added when it is stuck", lo: 0, hi: 2, whole: true, value: 0 },
    ],
    buttons: [
      { label: "Next start", press: ({ seed }) => ({ seed: (seed % many) + 1, silent: 0 }) },
      { label: "Add a unit of weight zero", press: ({ silent }) => ({ silent: Math.min(2, silent + 1) }) },
    ],
    panels: { energy: "Energy against sweeps", answer: "What it answers between the four patterns", all: `All ${many} starts: stuck, then freed` },
    legend: [["0", "as it started"], ["1", "with the silent unit"], ["#0b5fa5", "answer 0"], ["#fafafa", "answer ½"], ["#c2571a", "answer 1"]],
    coarse: true,
    draw({ seed, width, h, silent }, { energy, answer, all }, changed, coarse) {
      const start = m.perceptronStart(h, width, seed), first = m.trainXor(...start);
      const stuck = first.stopped < 0, used = stuck && silent > 0;
      let [hidden, output] = [first.hidden, first.output];
      if (used) for (let i = 0; i < silent; i++) [hidden, output] = m.addSilent(hidden, output);
      const second = used ? m.trainXor(hidden, output) : null, last = second || first;
      const sweeps = (run, from) => run.energies.map((_, i) => from + 50 * i), end = 50 * (first.energies.length - 1);
      energy.axes({ lo: 0, hi: Math.max(500, end + (second ? 50 * (second.energies.length - 1) : 0)), label: "sweep" }, { lo: 0, hi: Math.max(0.6, ...first.energies) * 1.05, label: "energy E" });
      energy.line(sweeps(first, 0), first.energies, { colour: 0 });
      if (second) energy.line(sweeps(second, end), second.energies, { colour: 1 });
      const canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), at = (i) => -0.25 + (1.5 * (i + 0.5)) / cells;
      canvas.width = canvas.height = cells;
      for (let i = 0; i < cells; i++) for (let j = 0; j < cells; j++) {
        pen.fillStyle = shade(m.perceptronAnswer(last.hidden, last.output, [at(i), at(j)]));
        pen.fillRect(i, cells - 1 - j, 1, 1);
      }
      answer.axes({ lo: -0.25, hi: 1.25, label: "first input" }, { lo: -0.25, hi: 1.25, label: "second input" }).image(canvas.toDataURL());
      for (const [x, y] of [[0, 0], [0, 1], [1, 0], [1, 1]]) answer.point(x, y);
      const known = counts[h + " " + width], { stuck: caught, freed } = coarse ? known || {} : count(h, width);
      all.axes({ lo: 0, hi: 3, label: "solved · stuck · freed by one silent unit" }, { lo: 0, hi: many, label: "networks" });
      if (caught !== undefined) [[many - caught, 2], [caught, 4], [freed, 1]].forEach(([v, colour], i) => { all.bar(i + 0.15, i + 0.85, v, { colour }); all.words(i + 0.5, Math.max(2, v / 2), String(v)); });
      const answers = [[0, 0], [0, 1], [1, 0], [1, 1]].map((x) => m.perceptronAnswer(last.hidden, last.output, x));
      const said = answers.map((v) => v.toFixed(2)).join(", ");
      const words = !stuck ? `Solved after ${first.stopped} sweeps: it answers ${said}. `
        : !used ? `Stuck at E = ${first.energies[first.energies.length - 1].toPrecision(3)} after 5000 sweeps: it answers ${said} to 00, 01, 10, 11. Add a unit whose weights are all zero. `
          : second.stopped >= 0 ? `Freed: with ${silent === 1 ? "a unit" : "two units"} of weight zero it is solved ${second.stopped} sweeps later. `
            : `Not freed within 5000 more sweeps. `;
      return {
        words: words + (caught === undefined ? "" : `Of ${many} such starts ${caught} are stuck, and one silent unit frees ${freed} of these.`),
        data: { start, stopped: first.stopped, energy: first.energies[first.energies.length - 1], after: second && second.stopped, afterEnergy: second && second.energies[second.energies.length - 1], answers, caught, freed },
      };
    },
  });
})();
