// The numbers behind "Bend a claim": lib, function by function, under the same names. Where lib multiplies and
// subtracts, the operations stand in its order, so that both give the same bits; site/tests compares them.
(function (root) {
  "use strict";

  // --- lib.linear_networks.spectral_descent, one mode: layers after every step ------------------------
  // Stops early when a product is not finite.
  function scalarDescent(modes, wanted, rate, steps) {
    const layers = modes.slice(), depth = layers.length, path = [layers.slice()], above = [];
    for (let t = 0; t < steps; t++) {
      let product = layers[depth - 1];
      for (let j = depth - 2; j >= 0; j--) {
        above[j] = product;
        product = product * layers[j];
      }
      if (!Number.isFinite(product)) break;
      let back = (product - wanted) * rate;
      for (let j = 0; j < depth - 1; j++) {
        const change = above[j] * back;
        back = back * layers[j];
        layers[j] = layers[j] - change;
      }
      layers[depth - 1] = layers[depth - 1] - back;
      path.push(layers.slice());
    }
    return path;
  }
  const product = (layers) => layers.reduce((p, a) => p * a, 1);

  // --- lib.counterexamples ---------------------------------------------------------------------------
  function modesOfImbalance(imbalance, c) {
    const large = Math.sqrt((imbalance + Math.sqrt(imbalance * imbalance + 4 * (c * c))) / 2);
    return [large, (1 / large) * c]; // as torch divides a number by a tensor
  }
  const nearbySharpness = (imbalance) => Math.sqrt(imbalance * imbalance + 4);
  const overshootGap = ([a, b], rate) => 4 - rate * (a * a + b * b) + rate * rate * (a * b - 1);
  function criticalRate([a, b]) {
    const size = a * a + b * b;
    return Math.min(1, 8 / (size + Math.sqrt(size * size - 16 * (a * b - 1))));
  }
  // 0 converges calmly, 1 after a catapult, 2 bounded but not converged, 3 overflows. As in failure_map a run
  // is judged twice, a hundred steps apart, or one that passes the target by chance would count.
  function outcome(imbalance, rate, c, steps) {
    let [a, b] = modesOfImbalance(imbalance, c), before = false;
    for (let t = 0; t <= steps; t++) {
      const residual = b * a - 1;
      if (!Number.isFinite(residual * residual)) return 3;
      const small = (residual * residual) / 2 < 1e-10;
      if (t === steps - 100) before = small;
      if (t === steps) return small && before ? (rate * nearbySharpness(imbalance) > 2 ? 1 : 0) : 2;
      const back = residual * rate, change = b * back;
      if (back === 0) return rate * nearbySharpness(imbalance) > 2 ? 1 : 0; // at rest: nothing moves any more
      b = b - back * a;
      a = a - change;
    }
    return 2;
  }
  function stuckProduct(time, negative, depth) {
    if (depth === 2) return negative / ((1 + negative) * Math.exp(2 * negative * time) - 1);
    return ((depth - 2) * negative * time) ** (-depth / (depth - 2));
  }

  // --- lib.complexity --------------------------------------------------------------------------------
  const thresholdEnergy = (p) => 2 * Math.sqrt((p - 1) / p);
  function edgeCost(u, p) {
    const t = Math.acosh(Math.max(1, -u / thresholdEnergy(p)));
    if (t < 1e-2) return t ** 3 * (2 / 3 + t ** 2 * (2 / 15 + (t ** 2 * 4) / 315));
    return (Math.sinh(2 * t) - 2 * t) / 2;
  }
  // index null: critical points of every index.
  function complexity(u, p, index) {
    const bulk = index === null ? Math.min(u, 0) : Math.min(u, -thresholdEnergy(p)), times = index === null ? 1 : index + 1;
    return Math.log(p - 1) / 2 - ((p - 2) / (4 * (p - 1))) * bulk * bulk - times * edgeCost(u, p);
  }
  function bandEdge(p, k) {
    const excess = (t) => ((p - 2) / p) * Math.cosh(t) ** 2 + (k + 1) * (t > 1e-2 ? Math.sinh(2 * t) / 2 - t : t ** 3 * (2 / 3 + (t ** 2 * 2) / 15)) - Math.log(p - 1) / 2;
    let low = 0, high = 5;
    for (let i = 0; i < 200 && high - low > 1e-15; i++) {
      const middle = (low + high) / 2;
      if (excess(middle) > 0) high = middle; else low = middle;
    }
    return thresholdEnergy(p) * Math.cosh((low + high) / 2);
  }
  function indexFraction(u, p) {
    const x = Math.max(-1, Math.min(1, u / thresholdEnergy(p)));
    return 0.5 + (x * Math.sqrt(1 - x * x) + Math.asin(x)) / Math.PI;
  }
  // Shares of indices 0..most among n spins' critical points of energy u, from the growth rates alone.
  function indexShares(u, p, n, most) {
    const logs = Array.from({ length: most + 1 }, (_, k) => n * complexity(u, p, k)), top = Math.max(...logs);
    const weights = logs.map((v) => Math.exp(v - top)), sum = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / sum);
  }

  // --- lib.exact_dynamics, lib.low_rank ----------------------------------------------------------------
  const modeStrength = (time, strength, start) => strength / (1 + (strength / start - 1) * Math.exp(-2 * strength * time));
  const halfTime = (strength, start) => Math.log(strength / start - 1) / (2 * strength);
  const curvatureStep = (strength, depth, share) => share / (depth * strength ** (2 - 2 / depth));
  const depthLimit = (s, u, f) => Math.log((f * (s - u)) / (u * (s - f))) / s ** 2 + 1 / (s * u) - 1 / (s * f);
  // Time until a mode of N equal layers goes from `start` to `end`: Simpson's rule in the logarithm of u.
  function growthTime(start, end, s, depth, pieces = 400) {
    const a = Math.log(start), h = (Math.log(end) - a) / pieces;
    let sum = 0;
    for (let i = 0; i <= pieces; i++) {
      const u = Math.exp(a + i * h), f = u ** (2 / depth - 1) / (depth * (s - u));
      sum += f * (i === 0 || i === pieces ? 1 : i % 2 ? 4 : 2);
    }
    return (sum * h) / 3;
  }
  // equal_layers_descent for real numbers: products z^N after every step.
  function equalLayersDescent(start, wanted, depth, rate, steps) {
    let z = start ** (1 / depth);
    const power = (v, n) => { if (n > 16) return v ** n; let p = 1; for (let i = 0; i < n; i++) p = p * v; return p; };
    const path = [power(z, depth)];
    for (let t = 0; t < steps; t++) {
      const p = power(z, depth - 1);
      z = z - rate * p * (p * z - wanted);
      path.push(power(z, depth));
    }
    return path;
  }

  // --- lib.surfaces ----------------------------------------------------------------------------------
  const pi = Math.PI;
  const risk = (x, amplitude) => x * Math.cos(pi * x) + amplitude * Math.cos(5 * pi * x);
  const riskSlope = (x, amplitude) => Math.cos(pi * x) - pi * x * Math.sin(pi * x) - amplitude * 5 * pi * Math.sin(5 * pi * x);
  // Descent with gradient noise, kept in [low, high]; `normal` gives one standard normal number a step.
  function noisyDescent(start, amplitude, rate, noise, steps, low, high, normal) {
    let x = start;
    const path = [x];
    for (let t = 0; t < steps; t++) {
      x = Math.max(low, Math.min(high, x - rate * (riskSlope(x, amplitude) + noise * normal())));
      path.push(x);
    }
    return path;
  }
  // mean_escape_time on risk(., amplitude): two running trapezoid sums.
  function meanEscapeTime(amplitude, begin, end, low, noise, rate, grid = 4000) {
    const temperature = (rate * noise * noise) / 2, h = (end - low) / grid, f = [];
    for (let i = 0; i <= grid; i++) f.push(risk(low + i * h, amplitude) / temperature);
    const least = Math.min(...f);
    let inner = 0, sum = 0, before = null;
    for (let i = 1; i <= grid; i++) {
      inner += (h * (Math.exp(least - f[i - 1]) + Math.exp(least - f[i]))) / 2;
      const outer = low + i * h >= begin ? Math.exp(f[i] - least) * inner : 0;
      if (before !== null) sum += (h * (before + outer)) / 2;
      before = outer;
    }
    return sum / temperature;
  }
  // Standard normal numbers that are the same for the same seed (mulberry32, Box and Muller).
  function normals(seed) {
    let a = seed >>> 0, kept = null;
    const uniform = () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return () => {
      if (kept !== null) { const k = kept; kept = null; return k; }
      const r = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * pi * uniform();
      kept = r * Math.sin(angle);
      return r * Math.cos(angle);
    };
  }

  // --- lib.saddles -----------------------------------------------------------------------------------
  // All sets of learned modes but the full one, by size and then in order, as arrays of truth values.
  function properSubsets(count) {
    const sets = [];
    for (let size = 0; size < count; size++)
      (function grow(from, chosen) {
        if (chosen.length === size) { sets.push(Array.from({ length: count }, (_, i) => chosen.includes(i))); return; }
        for (let i = from; i < count; i++) grow(i + 1, [...chosen, i]);
      })(0, []);
    return sets;
  }
  const greedy = (learned) => learned.every((v, i) => i === 0 || !v || learned[i - 1]);
  function smallestCurvature(s, learned, depth) {
    if (depth === 2) return -Math.max(...s.map((v, i) => (learned[i] ? 0 : v)));
    let least = 0;
    s.forEach((missing, i) => s.forEach((known, j) => {
      if (!learned[i] && learned[j]) least = Math.min(least, known ** (1 - 2 / depth) * (known - missing));
    }));
    return least;
  }
  const largestDrop = (speed, radius, depth) => speed * (radius / Math.sqrt(depth)) ** depth;

  root.models = {
    scalarDescent, product, modesOfImbalance, nearbySharpness, overshootGap, criticalRate, outcome, stuckProduct, thresholdEnergy,
    complexity, bandEdge, indexFraction, indexShares, modeStrength, halfTime, curvatureStep, depthLimit, growthTime, equalLayersDescent,
    risk, riskSlope, noisyDescent, meanEscapeTime, normals,
    properSubsets, greedy, smallestCurvature, largestDrop,
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
