// Notebook 22: growth rates of the number of critical points of the spherical p-spin glass.
(function () {
  "use strict";
  const m = window.models, most = 4;
  const minus = (v) => "\u2212" + v.toFixed(4);
  window.bend({
    controls: [
      { key: "p", label: "spins in an interaction, p", lo: 3, hi: 12, whole: true, value: 3 },
      { key: "u", label: "energy per spin u", lo: -2.2, hi: 1, value: -1.645 },
      { key: "n", label: "number of spins n", lo: 10, hi: 2000, log: true, whole: true, value: 200 },
    ],
    panels: { bands: "Growth rate of the number of critical points", share: "Share of directions that lead down", odds: "Index of a critical point of this energy" },
    legend: [["0", "index 0: minima"], ["1", "index 1"], ["2", "index 2"], ["3", "index 3"], ["4", "index 4"], ["theory", "every index"], ["hint", "−E∞: below it minima and low saddles, above it saddles"]],
    picks: { bands: (u) => ({ u }), share: (u) => ({ u }) },
    draw({ p, u, n }, { bands, share, odds }) {
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

      const all = Array.from({ length: 301 }, (_, i) => -2.2 + (i / 300) * 3.2);
      share.axes({ lo: -2.2, hi: 1, label: "energy per spin u" }, { lo: 0, hi: 1, label: "index / n, for large n" });
      share.line(all, all.map((v) => m.indexFraction(v, p)), { colour: 0 });
      share.upright(-E);
      share.point(u, m.indexFraction(u, p));

      const below = u < -E, shares = below ? m.indexShares(u, p, n, 8) : null, rate = m.complexity(u, p, null);
      odds.axes({ lo: -0.6, hi: 8.6, label: "index k" }, { lo: 0, hi: 1, label: "P(k | u), growth rates alone" });
      if (below) shares.forEach((v, k) => odds.bar(k - 0.35, k + 0.35, v, { colour: Math.min(k, 5) }));
      else odds.words(4, 0.5, `about ${Math.round(n * m.indexFraction(u, p))} of ${n} directions lead down`);
      const last = edges.filter((e) => -e <= u).length;
      const words = u < -floor ? `Below the ground state ${minus(floor)}: no critical point at all.`
        : below ? `Between the ground state ${minus(floor)} and −E∞ = ${minus(E)}: ${last > most ? "indices 0 to 4 and higher ones" : last === 1 ? "only minima" : `only indices 0 to ${last - 1}`} are there; of ${n} spins' points ${(100 * shares[0]).toFixed(1)}% are minima, as far as growth rates tell.`
        : `Above −E∞ = ${minus(E)}: a share ${m.indexFraction(u, p).toPrecision(3)} of all directions leads down, so no minimum stops descent here.`;
      return { words, data: { threshold: E, edges, rate, fraction: m.indexFraction(u, p), shares } };
    },
  });
})();
