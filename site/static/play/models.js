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

  // --- lib.trajectories.counterexamples ---------------------------------------------------------------------------
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

  // --- lib.landscapes.complexity --------------------------------------------------------------------------------
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
  // Cubic through the four stored values around `at`, in units of their spacing.
  function between(table, at) {
    const i = Math.max(1, Math.min(table.length - 3, Math.floor(at))), t = at - i, [a, b, c, d] = table.slice(i - 1, i + 3);
    return (-a * t * (t - 1) * (t - 2) + d * (t + 1) * t * (t - 1)) / 6 + ((b * (t - 1) - c * t) * (t + 1) * (t - 2)) / 2;
  }
  // minimum_share: of the critical points at the energy -E_infinity (1 + s / (2 n^(2/3))), in the limit, from a table.
  // Beyond s = 4 more than 0.99999 are minima, below s = -6 less than 0.00002: there the ends are kept.
  const minimumShare = (s) => between(root.laws.share, 10 * (Math.max(-6, Math.min(4, s)) + 6));
  const rimUnits = (u, p, n) => 2 * n ** (2 / 3) * (-u / thresholdEnergy(p) - 1);
  // lib.landscapes.minima.minimum_law: energies, and the expected number of minima above each, for the sizes of the table.
  function minimumLaw(n, p, points = 4001) {
    const unit = 2 ** -0.5 * n ** (-2 / 3), gaps = root.laws.gaps[n], first = -Math.SQRT2 - 8 * unit, width = (unit / 4) * (gaps.length - 1);
    const rate = (n * (p - 2)) / (2 * p), scale = Math.sqrt((2 * (p - 1)) / p), h = width / (points - 1);
    const constant = 2 * Math.sqrt(2 / p) * (p - 1) ** (n / 2), energy = new Float64Array(points), above = new Float64Array(points);
    let sum = 0, last = 0;
    for (let i = points - 1; i >= 0; i--) {
      const x = first + i * h, free = Math.exp(between(gaps, (4 * i * h) / unit) - rate * x * x), slope = -2 * rate * x * free;
      if (i < points - 1) sum += ((slope + last) / 2) * h;
      last = slope;
      energy[i] = scale * x;
      above[i] = constant * (free + sum);
    }
    return { energy, above };
  }
  function minimaAbove({ energy, above }, u) {
    const at = ((u - energy[0]) / (energy[energy.length - 1] - energy[0])) * (energy.length - 1);
    if (at <= 0) return above[0];
    if (at >= energy.length - 1) return above[energy.length - 1];
    const i = Math.floor(at);
    return Math.exp(Math.log(above[i]) * (1 - at + i) + Math.log(above[i + 1]) * (at - i));
  }

  // --- lib.trajectories.exact_dynamics, lib.stages.low_rank ----------------------------------------------------------------
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

  // --- lib.obstacles.surfaces ----------------------------------------------------------------------------------
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

  // --- lib.landscapes.saddles -----------------------------------------------------------------------------------
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

  // --- lib.obstacles.least_squares -----------------------------------------------------------------------------
  // Coefficients of least norm, or with a ridge: inputs are rows, as in lib. The Gram matrix of the smaller side,
  // by Cholesky; at p = n, where that would square the condition number, elimination with pivots.
  function fit(inputs, outputs, ridge) {
    const n = inputs.length, p = inputs[0].length;
    if (n === p && !ridge) return eliminate(inputs.map((row) => row.slice()), outputs.slice());
    const sides = p < n ? Array.from({ length: p }, (_, j) => inputs.map((row) => row[j])) : inputs;
    const dot = (a, b) => { let s = 0; for (let i = 0; i < a.length; i++) s += a[i] * b[i]; return s; };
    const gram = sides.map((a, i) => sides.map((b, j) => (j > i ? 0 : dot(a, b) + (i === j ? ridge : 0))));
    const found = cholesky(gram, p < n ? sides.map((a) => dot(a, outputs)) : outputs.slice());
    return p < n ? found : Array.from({ length: p }, (_, j) => { let s = 0; for (let i = 0; i < n; i++) s += inputs[i][j] * found[i]; return s; });
  }
  function eliminate(a, b) {
    const n = b.length;
    for (let k = 0; k < n; k++) {
      let top = k;
      for (let i = k + 1; i < n; i++) if (Math.abs(a[i][k]) > Math.abs(a[top][k])) top = i;
      [a[k], a[top]] = [a[top], a[k]];
      [b[k], b[top]] = [b[top], b[k]];
      for (let i = k + 1; i < n; i++) {
        const f = a[i][k] / a[k][k];
        for (let j = k; j < n; j++) a[i][j] -= f * a[k][j];
        b[i] -= f * b[k];
      }
    }
    for (let k = n - 1; k >= 0; k--) {
      for (let j = k + 1; j < n; j++) b[k] -= a[k][j] * b[j];
      b[k] /= a[k][k];
    }
    return b;
  }
  // Solves a x = b for a positive matrix of which the lower half is given.
  function cholesky(a, b) {
    const n = b.length;
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < j; k++) a[j][j] -= a[j][k] * a[j][k];
      a[j][j] = Math.sqrt(a[j][j]);
      for (let i = j + 1; i < n; i++) {
        for (let k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
        a[i][j] /= a[j][j];
      }
    }
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) b[i] -= a[i][k] * b[k];
      b[i] /= a[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) b[i] -= a[k][i] * b[k];
      b[i] /= a[i][i];
    }
    return b;
  }
  function leastNormRisk(p, n, total, noise) {
    const unexplained = 1 - p / total + noise;
    if (Math.abs(p - n) <= 1) return Infinity;
    if (p < n) return unexplained * (1 + p / (n - p - 1));
    return (p - n) / total + unexplained * (1 + n / (p - n - 1));
  }
  const bestRidge = (p, total, noise) => total * (noise + 1 - p / total);
  function ridgeRisk(p, n, total, noise) {
    const ridge = bestRidge(p, total, noise), linear = ridge + n - p;
    const root = Math.sqrt(linear * linear + 4 * ridge * p);
    if (linear < 0) return (ridge + (root - linear) / 2) / total; // the same without a difference; a ridge of 0 is the limit
    return (1 - p / total + noise) * (1 + (p * 2) / (linear + root));
  }
  // subset_risks of one draw, with `share` times the best ridge (0: least norm). `normal` gives inputs, direction, noise.
  function subsetRisks(features, samples, total, noise, share, normal) {
    const some = (count) => Array.from({ length: count }, normal);
    const x = Array.from({ length: samples }, () => some(total));
    let beta = some(total);
    const norm = Math.sqrt(beta.reduce((s, v) => s + v * v, 0));
    beta = beta.map((v) => v / norm);
    const y = x.map((row) => row.reduce((s, v, j) => s + v * beta[j], 0)).map((v) => v + Math.sqrt(noise) * normal());
    return features.map((p) => {
      const found = fit(x.map((row) => row.slice(0, p)), y, share * bestRidge(p, total, noise));
      return beta.reduce((s, v, j) => s + (v - (j < p ? found[j] : 0)) ** 2, 0) + noise;
    });
  }

  root.models = {
    scalarDescent, product, modesOfImbalance, nearbySharpness, overshootGap, criticalRate, outcome, stuckProduct, thresholdEnergy,
    complexity, bandEdge, indexFraction, minimumShare, rimUnits, minimumLaw, minimaAbove, modeStrength, halfTime, curvatureStep, depthLimit, growthTime, equalLayersDescent,
    risk, riskSlope, noisyDescent, meanEscapeTime, normals,
    properSubsets, greedy, smallestCurvature, largestDrop,
    fit, leastNormRisk, bestRidge, ridgeRisk, subsetRisks,
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
