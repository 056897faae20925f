// The numbers behind "Bend a claim": lib, function by function, under the same names. Where lib multiplies and
// subtracts, the operations stand in its order, so that both give the same bits; site/tests compares them.
(function (root) {
  "use strict";

  // --- lib.linear_networks.spectral_descent, one mode ------------------------------------------------
  // Calls seen(layers, step) at the start and after every step; stops early when a product is not finite. The steps made.
  function walk(modes, wanted, rate, steps, seen) {
    const layers = Float64Array.from(modes), depth = layers.length, others = new Float64Array(depth);
    seen(layers, 0);
    for (let t = 0; t < steps; t++) {
      // The layers stand in a ring; the others of one are its N - 1 neighbours in order.
      for (let j = 0; j < depth; j++) {
        let p = depth === 1 ? 1 : layers[(j + 1) % depth];
        for (let i = 2; i < depth; i++) p = p * layers[(j + i) % depth];
        others[j] = p;
      }
      const whole = others[0] * layers[0];
      if (!Number.isFinite(whole)) return t;
      const back = (whole - wanted) * rate;
      for (let j = 0; j < depth; j++) layers[j] = layers[j] - others[j] * back;
      seen(layers, t + 1);
    }
    return steps;
  }
  // The layers, or their product only, at the start and after every step.
  function scalarDescent(modes, wanted, rate, steps) {
    const path = [];
    walk(modes, wanted, rate, steps, (layers) => path.push(Array.from(layers)));
    return path;
  }
  function productPath(modes, wanted, rate, steps) {
    const path = new Float64Array(steps + 1);
    return path.subarray(0, 1 + walk(modes, wanted, rate, steps, (layers, t) => { path[t] = product(layers); }));
  }
  function product(layers) {
    let p = 1;
    for (let j = 0; j < layers.length; j++) p = p * layers[j];
    return p;
  }

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
  // Numbers in [0, 1) that are the same for the same seed (mulberry32), and standard normal ones (Box and Muller).
  function uniforms(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
  function normals(seed) {
    const uniform = uniforms(seed);
    let kept = null;
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

  // --- lib.landscapes.perceptrons: XOR, logistic units; hidden [[w1, w2, bias], ...], output [v1, ..., bias] ---------
  const XOR = { inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0] };
  const logistic = (x) => 1 / (1 + Math.exp(-x));
  function perceptronAnswer(hidden, output, x) {
    let sum = output[hidden.length];
    for (let j = 0; j < hidden.length; j++) sum += output[j] * logistic(hidden[j][0] * x[0] + hidden[j][1] * x[1] + hidden[j][2]);
    return logistic(sum);
  }
  // train: descent with momentum 0.9 on all patterns; asked every 50 sweeps whether every answer is within `tolerance`.
  // {hidden, output, energies (one a question), stopped: the sweep, -1 for stuck}
  function trainXor(hidden, output, { rate = 0.5, sweeps = 5000, tolerance = 0.1, momentum = 0.9, every = 50 } = {}) {
    const h = hidden.length, n = 3 * h + h + 1, w = new Float64Array(n), speed = new Float64Array(n), slope = new Float64Array(n), s = new Float64Array(h);
    hidden.forEach((row, j) => row.forEach((v, i) => { w[3 * j + i] = v; }));
    output.forEach((v, j) => { w[3 * h + j] = v; });
    const energies = [];
    let stopped = -1;
    for (let t = 0; t <= sweeps; t++) {
      let energy = 0, worst = 0;
      slope.fill(0);
      for (let k = 0; k < 4; k++) {
        const [x0, x1] = XOR.inputs[k];
        let a = w[n - 1];
        for (let j = 0; j < h; j++) {
          s[j] = logistic(w[3 * j] * x0 + w[3 * j + 1] * x1 + w[3 * j + 2]);
          a += w[3 * h + j] * s[j];
        }
        const y = logistic(a), e = y - XOR.targets[k], delta = e * y * (1 - y);
        energy += (e * e) / 2;
        worst = Math.max(worst, Math.abs(e));
        slope[n - 1] += delta;
        for (let j = 0; j < h; j++) {
          const back = delta * w[3 * h + j] * s[j] * (1 - s[j]);
          slope[3 * h + j] += delta * s[j];
          slope[3 * j] += back * x0;
          slope[3 * j + 1] += back * x1;
          slope[3 * j + 2] += back;
        }
      }
      if (t % every === 0 || t === sweeps) {
        energies.push(energy);
        if (worst < tolerance) { stopped = t; break; }
      }
      if (t < sweeps) for (let i = 0; i < n; i++) {
        speed[i] = momentum * speed[i] - rate * slope[i];
        w[i] += speed[i];
      }
    }
    return { hidden: hidden.map((_, j) => Array.from(w.slice(3 * j, 3 * j + 3))), output: Array.from(w.slice(3 * h)), energies, stopped };
  }
  // add_silent: a unit whose incoming and outgoing weights are all zero.
  const addSilent = (hidden, output) => [[...hidden, [0, 0, 0]], [...output.slice(0, -1), 0, output[output.length - 1]]];
  // start: all weights uniform on [-width, width].
  function perceptronStart(units, width, seed) {
    const uniform = uniforms(seed), one = () => width * (2 * uniform() - 1);
    return [Array.from({ length: units }, () => [one(), one(), one()]), Array.from({ length: units + 1 }, one)];
  }

  // --- lib.trajectories.exact_dynamics, complex eigenvalues of a normal target from the identity -----------------------------
  // equal_layers_descent: real and imaginary part of the product z^N after every step; stops early
  // where it is not finite or has arrived.
  function rotatingDescent([x, y], depth, rate, steps, near = 0) {
    let a = 1, b = 0;
    const re = new Float64Array(steps + 1), im = new Float64Array(steps + 1);
    let made = 0;
    re[0] = 1;
    while (made < steps) {
      let c = 1, d = 0; // z^(N - 1)
      for (let i = 1; i < depth; i++) { const e = c * a - d * b; d = c * b + d * a; c = e; }
      const u = c * a - d * b - x, v = c * b + d * a - y;
      const next = a - rate * (c * u + d * v);
      b = b - rate * (c * v - d * u);
      a = next;
      let p = 1, q = 0;
      for (let i = 0; i < depth; i++) { const e = p * a - q * b; q = p * b + q * a; p = e; }
      if (!Number.isFinite(p + q)) break;
      made++;
      re[made] = p;
      im[made] = q;
      if ((p - x) * (p - x) + (q - y) * (q - y) < near * near) break;
    }
    return [re.subarray(0, made + 1), im.subarray(0, made + 1)];
  }
  // transit_time from 1 along the chord to x + iy until `left` of the way is left; Infinity where the chord meets 0.
  function chordTime([x, y], depth, left, pieces = 4000) {
    const way = [x - 1, y], size = way[0] ** 2 + way[1] ** 2, nearest = Math.max(0, Math.min(1, -way[0] / size));
    const gap = Math.hypot(1 + nearest * way[0], nearest * way[1]);
    if (gap < 1e-12 && depth > 1 && nearest <= 1 - left) return Infinity;
    // dx = d share / (1 - share); pieces equal in asinh((share - nearest) |way| / gap), which resolves the peak.
    const width = Math.max(gap / Math.sqrt(size), 1e-9), from = Math.asinh(-nearest / width), to = Math.asinh((1 - left - nearest) / width), h = (to - from) / pieces;
    let sum = 0;
    for (let i = 0; i <= pieces; i++) {
      const v = from + i * h, share = nearest + width * Math.sinh(v);
      const slow = Math.hypot(1 + share * way[0], share * way[1]) ** (2 / depth - 2) / depth;
      sum += (i === 0 || i === pieces ? 1 : i % 2 ? 4 : 2) * slow * ((width * Math.cosh(v)) / (1 - share));
    }
    return (sum * h) / 3;
  }

  // --- lib.stages.stagewise on aligned two-layer modes: unit k is (a_k, a_k) along mode k, u_k = a_k^2 ----------------------------
  // fast_forward: sizes a after a plateau, all growing directions carried by their own powers until the first is at `size`
  // (0: where the loss is least along its pair).
  function fastForward(a, strengths, rate, size) {
    const speed = a.map((v, k) => Math.abs(strengths[k] - v * v)), top = Math.max(...speed), reach = Math.sqrt(2 * top);
    const used = a.map((v) => Math.SQRT2 * v > reach / 2);
    const goal = speed.map((s) => size || Math.sqrt(2 * s)), have = a.map((v, k) => (used[k] ? 1e-300 : Math.max(1e-300, Math.SQRT2 * v)));
    const growing = a.map((v, k) => !used[k] && strengths[k] > v * v && speed[k] > 1e-6 * top && have[k] < goal[k]);
    let steps = Infinity;
    a.forEach((_, k) => { if (growing[k]) steps = Math.min(steps, Math.log(goal[k] / have[k]) / Math.log1p(rate * speed[k])); });
    return a.map((v, k) => (growing[k] ? v * Math.exp(Math.log1p(rate * speed[k]) * steps) : v));
  }
  // staged_descent: to a loss of `final`; a plateau is where a step takes less than `quiet` of the loss.
  function stagedModes(start, strengths, rate, { jump = null, final, quiet = 1e-4, rest = 20, most = 200000 }) {
    let a = start.slice(), since = 0, steps = 0, wait = 0; // as in lib nothing is waited for until descent has made a step
    const losses = [], jumps = [];
    const error = new Float64Array(a.length);
    for (; steps <= most; steps++) {
      let loss = 0, pull = 0;
      for (let k = 0; k < a.length; k++) {
        const e = a[k] * a[k] - strengths[k];
        error[k] = e;
        loss += (e * e) / 2;
        pull += 2 * (e * a[k]) * (e * a[k]);
      }
      losses.push(loss);
      if (loss <= final || !Number.isFinite(loss)) break;
      const fall = (rate * pull) / loss;
      if (jump !== null && fall < quiet && since >= wait) {
        const there = fastForward(a, strengths, rate, jump);
        wait = steps > jumps.length ? rest : 0;
        if (there.some((v, k) => v !== a[k])) { // where nothing that grows is short, descent goes on
          a = there;
          jumps.push(steps);
          since = 0;
          continue;
        }
      }
      for (let k = 0; k < a.length; k++) a[k] -= rate * error[k] * a[k];
      since++;
    }
    return { steps, losses, jumps, end: a.map((v) => v * v) };
  }

  // --- lib.practice.optimizers: a bowl in the plane, curvatures 1 and kappa, turned by an angle --------------------------------------
  const turnedBowl = (kappa, angle) => {
    const c = Math.cos(angle), s = Math.sin(angle);
    return [c * c + kappa * s * s, (1 - kappa) * c * s, s * s + kappa * c * c]; // h11, h12, h22
  };
  // lib.practice.optimizers.tuned("heavy ball", kappa): the memory that is best for curvatures 1 and kappa.
  const bestMemory = (kappa) => ((Math.sqrt(kappa) - 1) / (Math.sqrt(kappa) + 1)) ** 2;
  // descend on x . H x / 2 with Momentum(rate, mu) or Adam(rate): the points after each step.
  function bowlPath([h11, h12, h22], [x, y], method, rate, steps, mu = 0.9) {
    const path = [[x, y]];
    let m = [0, 0], v = [0, 0];
    for (let t = 1; t <= steps; t++) {
      const g = [h11 * x + h12 * y, h12 * x + h22 * y];
      if (method === "momentum") {
        m = [mu * m[0] - rate * g[0], mu * m[1] - rate * g[1]];
        x += m[0];
        y += m[1];
      } else {
        m = [0.9 * m[0] + 0.1 * g[0], 0.9 * m[1] + 0.1 * g[1]];
        v = [0.999 * v[0] + 0.001 * g[0] * g[0], 0.999 * v[1] + 0.001 * g[1] * g[1]];
        const first = rate / (1 - 0.9 ** t), second = Math.sqrt(1 - 0.999 ** t);
        x -= (first * m[0]) / (Math.sqrt(v[0]) / second + 1e-8);
        y -= (first * m[1]) / (Math.sqrt(v[1]) / second + 1e-8);
      }
      path.push([x, y]);
    }
    return path;
  }
  const bowlHeight = ([h11, h12, h22], [x, y]) => (h11 * x * x + 2 * h12 * x * y + h22 * y * y) / 2;

  // --- lib.practice.random_energy, lib.practice.attention ------------------------------------------------------------------------
  function softmax(logits) {
    const top = Math.max(...logits), e = logits.map((v) => Math.exp(v - top)), z = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / z);
  }
  const softness = (p) => 1 - p.reduce((s, v) => s + v * v, 0);
  const criticalSd = (logits) => Math.sqrt(2 * Math.log(logits));
  // A small lookup: `words` words with embeddings in d dimensions, contexts of `places` different words, the first is asked for.
  function lookup(words, places, dimension, steps, batch, tests, seed) {
    const normal = normals(seed), uniform = uniforms(seed + 7919), q = [], k = [];
    for (let i = 0; i < words; i++) q.push(Array.from({ length: dimension }, normal));
    for (let i = 0; i < words; i++) k.push(Array.from({ length: dimension }, normal));
    const some = () => {
      const all = Array.from({ length: words }, (_, i) => i);
      for (let i = 0; i < places; i++) {
        const j = i + Math.floor(uniform() * (words - i));
        [all[i], all[j]] = [all[j], all[i]];
      }
      return all.slice(0, places);
    };
    return { q, k, contexts: Array.from({ length: steps }, () => Array.from({ length: batch }, some)), tests: Array.from({ length: tests }, some) };
  }
  const dots = (a, b) => a.map((x) => b.map((y) => { let s = 0; for (let i = 0; i < x.length; i++) s += x[i] * y[i]; return s; }));
  // solving_steps for one rate: {solved: the first step, asked every 5, at which 9 of 10 tests are answered, -1 for never; shares}.
  function learnLookup({ q, k, contexts, tests }, rate, scale, every = 5) {
    const V = q.length, n = tests[0].length, steps = contexts.length, batch = contexts[0].length;
    let s = Float64Array.from(dots(q, k).flat()), a = Float64Array.from(dots(q, q).flat()), b = Float64Array.from(dots(k, k).flat());
    const times = (x, y, tx, ty) => { // x y, with tx, ty: transposed
      const out = new Float64Array(V * V);
      for (let i = 0; i < V; i++) for (let l = 0; l < V; l++) {
        const v = tx ? x[l * V + i] : x[i * V + l];
        if (v !== 0) for (let j = 0; j < V; j++) out[i * V + j] += v * (ty ? y[j * V + l] : y[l * V + j]);
      }
      return out;
    };
    const shares = [], p = new Float64Array(n);
    for (let t = 0; t <= steps; t++) {
      if (t % every === 0 || t === steps) {
        let good = 0;
        for (const row of tests) {
          let best = 0;
          for (let i = 1; i < n; i++) if (s[row[0] * V + row[i]] > s[row[0] * V + row[best]]) best = i;
          good += best === 0;
        }
        shares.push(good / tests.length);
        if (good >= 0.9 * tests.length) return { solved: t, shares };
      }
      if (t === steps) break;
      const g = new Float64Array(V * V);
      for (const row of contexts[t]) {
        let top = -Infinity, z = 0, mean = 0;
        for (let i = 0; i < n; i++) top = Math.max(top, scale * s[row[0] * V + row[i]]);
        for (let i = 0; i < n; i++) z += p[i] = Math.exp(scale * s[row[0] * V + row[i]] - top);
        for (let i = 0; i < n; i++) { p[i] /= z; mean += p[i] * (p[i] - (i === 0)); }
        for (let i = 0; i < n; i++) g[row[0] * V + row[i]] += (p[i] * (p[i] - (i === 0) - mean) * scale) / batch;
      }
      const gs = times(g, s, false, true), gb = times(g, b), ag = times(a, g), ts = times(g, s, true, false);
      const one = times(gs, g), two = times(gb, g, false, true), three = times(g, ag, true, false);
      const s2 = new Float64Array(V * V), a2 = new Float64Array(V * V), b2 = new Float64Array(V * V);
      for (let i = 0; i < V; i++) for (let j = 0; j < V; j++) {
        const at = i * V + j, back = j * V + i;
        s2[at] = s[at] - rate * (gb[at] + ag[at] - rate * one[at]);
        a2[at] = a[at] - rate * (gs[at] + gs[back] - rate * two[at]);
        b2[at] = b[at] - rate * (ts[at] + ts[back] - rate * three[at]);
      }
      [s, a, b] = [s2, a2, b2];
      if (!Number.isFinite(s[0] + a[0] + b[0])) return { solved: -1, shares };
    }
    return { solved: -1, shares };
  }

  // --- lib.trajectories.conservation: two layers round one hidden unit, label noise in every entry of the target ---------------------
  // noisy_run on W1 = (a, 0, ...), W2 = (b, 0, ...)' with the target 1 in the first entry: |W1|^2 and |W2|^2 every so many
  // steps; stops early where they are not finite.
  function noisyLayers([inputs, outputs], [a, b], rate, sigma, steps, each, normal) {
    const w1 = new Float64Array(inputs), w2 = new Float64Array(outputs), g1 = new Float64Array(inputs), path = [[a * a, b * b]];
    w1[0] = a;
    w2[0] = b;
    for (let t = 1; t <= steps; t++) {
      g1.fill(0);
      for (let i = 0; i < outputs; i++) {
        let g2 = 0;
        for (let j = 0; j < inputs; j++) {
          const goal = i + j === 0 ? 1 : 0, error = w2[i] * w1[j] - (sigma === 0 ? goal : goal + sigma * normal());
          g1[j] += w2[i] * error;
          g2 += error * w1[j];
        }
        w2[i] -= rate * g2;
      }
      for (let j = 0; j < inputs; j++) w1[j] -= rate * g1[j];
      if (t % each === 0) {
        let first = 0, second = 0;
        for (const v of w1) first += v * v;
        for (const v of w2) second += v * v;
        if (!Number.isFinite(first + second)) break;
        path.push([first, second]);
      }
    }
    return path;
  }
  // noise_flow for one mode of strength 1: |W1|^2 / |W2|^2 from `ratio` at rising times tau, the first of them 0. It needs
  // rate (|W1|^2 + |W2|^2) < 2. Runge and Kutta's step, short where the ratio moves fast.
  function noiseFlow([inputs, outputs], rate, ratio, times) {
    const n = (square) => 2 / (2 - rate * square), found = [ratio];
    const slope = (u) => {
      const a = Math.exp(u), b = 1 / a, both = n(a + b);
      return (b * (both + (inputs - 1) * n(b)) - a * (both + (outputs - 1) * n(a))) / (a + b);
    };
    let u = Math.log(ratio) / 2;
    for (let i = 1; i < times.length; i++) {
      for (let t = times[i - 1]; t < times[i]; ) {
        const k1 = slope(u), h = Math.min(times[i] - t, 0.02, 0.02 / Math.abs(k1)), k2 = slope(u + (h / 2) * k1), k3 = slope(u + (h / 2) * k2), k4 = slope(u + h * k3);
        u += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
        t = times[i] - t <= h ? times[i] : t + h;
      }
      found.push(Math.exp(2 * u));
    }
    return found;
  }

  root.models = {
    walk, scalarDescent, productPath, product, modesOfImbalance, nearbySharpness, overshootGap, criticalRate, outcome, stuckProduct, thresholdEnergy,
    complexity, bandEdge, indexFraction, minimumShare, rimUnits, minimumLaw, minimaAbove, modeStrength, halfTime, curvatureStep, depthLimit, growthTime, equalLayersDescent,
    risk, riskSlope, noisyDescent, meanEscapeTime, normals,
    properSubsets, greedy, smallestCurvature, largestDrop,
    fit, leastNormRisk, bestRidge, ridgeRisk, subsetRisks,
    uniforms, perceptronAnswer, trainXor, addSilent, perceptronStart, rotatingDescent, chordTime, fastForward, stagedModes,
    turnedBowl, bestMemory, bowlPath, bowlHeight, softmax, softness, criticalSd, lookup, learnLookup, noisyLayers, noiseFlow,
  };
})(typeof globalThis !== "undefined" ? globalThis : this);
