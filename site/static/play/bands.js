// Notebook 22: where the critical points of the spherical p-spin glass lie, in the limit and at finite n.
(function () {
  "use strict";
  const m = window.models, most = 4;
  const minus = (v, digits = 4) => v.toFixed(digits).replace("-", "\u2212");
  const percent = (v) => (v > 0.9995 ? "more than 99.9%" : v < 5e-6 ? "less than 0.001%" : `${(100 * v).toPrecision(v < 0.1 ? 2 : 3)}%`);
  window.bend({
    controls: [
      { key: "p", label: "spins in an interaction, p", lo: 3, hi: 12, whole: true, value: 3 },
      { key: "u", label: "energy per spin u", lo: -2.3, hi: -0.8, step: 0.001, value: -1.645, show: (v) => minus(v, 3) },
      { key: "n", label: "number of spins n", values: [25, 50, 100, 200], value: 200 },
    ],
    panels: { bands: "In the limit: growth rate of the number of critical points", minima: "At n spins: where the minima lie", share: "At n spins: share of minima at each energy" },
    legend: [["0", "index 0: minima"], ["1", "index 1"], ["2", "index 2"], ["3", "index 3"], ["4", "index 4"], ["theory", "every index"], ["hint", "the band, from the ground state −E₀ to the threshold −E∞"]],
    picks: { bands: (u) => ({ u }), minima: (u) => ({ u }), share: (u) => ({ u }) },
    draw({ p, u, n }, { bands, minima, share }) {
      const E = m.thresholdEnergy(p), floor = m.bandEdge(p, 0), edges = Array.from({ length: most + 1 }, (_, k) => m.bandEdge(p, k));
      const width = floor - E, lo = -floor - width * 0.6, hi = -E + width * 1.4, us = Array.from({ length: 301 }, (_, i) => lo + (i / 300) * (hi - lo));
      const top = Math.max(m.complexity(hi, p, null), 1e-3), bottom = -top * 0.6;
      bands.axes({ lo, hi, label: "energy per spin u" }, { lo: bottom, hi: top * 1.1, label: "growth rate Θ" });
      bands.level(0, "frame");
      bands.line(us, us.map((v) => m.complexity(v, p, null)), { kind: "theory" });
      for (let k = most; k >= 0; k--) bands.line(us, us.map((v) => m.complexity(v, p, k)), { colour: k });
      bands.dots(edges.map((e) => -e), edges.map(() => 0), { colour: 5, size: 4 });
      bands.upright(-E);
      if (u >= lo && u <= hi) bands.point(u, m.complexity(u, p, null));

      // The exact law of minima: density of their energies, as a share of all.
      const law = m.minimumLaw(n, p), all = law.above[0], inBand = (m.minimaAbove(law, -floor) - m.minimaAbove(law, -E)) / all;
      const from = -floor - 0.1, to = -E + 0.75, wide = Array.from({ length: 301 }, (_, i) => from + (i / 300) * (to - from)), d = 0.002;
      const density = (v) => (m.minimaAbove(law, v - d) - m.minimaAbove(law, v + d)) / (2 * d) / all, heights = wide.map(density);
      minima.axes({ lo: from, hi: to, label: "energy per spin u" }, { lo: 0, hi: 1.15 * Math.max(...heights), label: "density" });
      minima.line(wide, heights, { colour: 0 });
      minima.upright(-floor);
      minima.upright(-E);
      if (u >= from && u <= to) minima.point(u, density(u));

      const part = (v) => m.minimumShare(m.rimUnits(v, p, n)), here = part(u);
      share.axes({ lo: from, hi: to, label: "energy per spin u" }, { lo: 0, hi: 1.02, label: "minima / critical points" });
      share.line(wide, wide.map(part), { colour: 0 });
      share.upright(-floor);
      share.upright(-E);
      if (u >= from && u <= to) share.point(u, here);

      const below = m.minimaAbove(law, u) / all, last = edges.filter((e) => -e <= u).length;
      const limit = u < -floor ? `Below the ground state ${minus(-floor)} there is no critical point in the limit.`
        : u < -E ? `In the band, from ${minus(-floor)} to ${minus(-E)}, the limit has ${last > most ? "indices 0 to 4 and higher ones" : last === 1 ? "only minima" : `only indices 0 to ${last - 1}`}.`
        : `Above the threshold ${minus(-E)} a share ${m.indexFraction(u, p).toPrecision(3)} of all directions leads down in the limit.`;
      const words = `${limit} At ${n} spins ${percent(here)} of the critical points of this energy are minima, and ${percent(1 - below)} of all minima lie lower. The whole band holds ${percent(inBand)} of them: ${inBand < 0.5 ? "too few to tell whether descent aims for it" : "most"}.`;
      return { words, data: { threshold: E, edges, rate: m.complexity(u, p, null), fraction: m.indexFraction(u, p), share: here, band: inBand, number: all, above: m.minimaAbove(law, u) } };
    },
  });
})();
