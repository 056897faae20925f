// What the pages of "Bend a claim" share: axes, curves, sliders, the state in the address. Plain SVG; colours follow
// the page, so that light and dark need nothing more.
(function () {
  "use strict";
  const NS = "http://www.w3.org/2000/svg", W = 470, H = 330, L = 84, R = 18, T = 12, B = 52;

  function make(tag, attributes, parent, text) {
    const node = document.createElementNS(NS, tag);
    for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  }
  function element(tag, parent, text, name) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    if (parent) parent.append(node);
    return node;
  }
  function number(v) {
    const a = Math.abs(v), words = a !== 0 && (a >= 1e5 || a < 1e-3) ? v.toExponential(0).replace("e+", "e") : String(Number(v.toPrecision(3)));
    return words.replace(/-/g, "\u2212");
  }

  function ticks(axis) {
    if (axis.log) {
      const a = Math.ceil(Math.log10(axis.lo) - 1e-9), b = Math.floor(Math.log10(axis.hi) + 1e-9);
      const step = Math.max(1, Math.ceil((b - a + 1) / 6));
      return Array.from({ length: Math.floor((b - a) / step) + 1 }, (_, i) => 10 ** (a + i * step));
    }
    const raw = (axis.hi - axis.lo) / 5, unit = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * unit).find((s) => s >= raw * 0.999);
    const found = [];
    for (let k = Math.ceil(axis.lo / step - 1e-9); k * step <= axis.hi + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }
  function scale(axis, from, to) {
    const f = axis.log ? Math.log10 : (v) => v, lo = f(axis.lo), hi = f(axis.hi);
    const go = (v) => from + ((f(v) - lo) / (hi - lo)) * (to - from);
    go.back = (p) => { const v = lo + ((p - from) / (to - from)) * (hi - lo); return axis.log ? 10 ** v : v; };
    return go;
  }

  let count = 0;
  class Plot {
    constructor(box, title) {
      const figure = element("figure", box);
      element("figcaption", figure, title);
      this.svg = make("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title }, figure);
      this.clip = "plot-clip-" + ++count;
    }
    // Starts a new picture: axes are {lo, hi, label, log}.
    axes(x, y) {
      this.svg.replaceChildren();
      this.x = scale(x, L, W - R);
      this.y = scale(y, H - B, T);
      const defs = make("defs", {}, this.svg), path = make("clipPath", { id: this.clip }, defs);
      make("rect", { x: L, y: T, width: W - L - R, height: H - T - B }, path);
      const grid = make("g", {}, this.svg);
      for (const t of ticks(x)) {
        make("line", { class: "grid", x1: this.x(t), x2: this.x(t), y1: T, y2: H - B }, grid);
        make("text", { x: this.x(t), y: H - B + 19, "text-anchor": "middle" }, grid, number(t));
      }
      for (const t of ticks(y)) {
        make("line", { class: "grid", x1: L, x2: W - R, y1: this.y(t), y2: this.y(t) }, grid);
        make("text", { x: L - 6, y: this.y(t) + 5, "text-anchor": "end" }, grid, number(t));
      }
      make("text", { x: (L + W - R) / 2, y: H - 8, "text-anchor": "middle" }, this.svg, x.label);
      make("text", { transform: `translate(18 ${(T + H - B) / 2}) rotate(-90)`, "text-anchor": "middle" }, this.svg, y.label);
      this.inside = make("g", { "clip-path": `url(#${this.clip})` }, this.svg);
      make("rect", { class: "frame", x: L, y: T, width: W - L - R, height: H - T - B }, this.svg);
      return this;
    }
    image(href) {
      make("image", { href, x: L, y: T, width: W - L - R, height: H - T - B, preserveAspectRatio: "none", style: "image-rendering:pixelated" }, this.inside);
    }
    // A curve; where a value is not finite it is interrupted. Far values are held near the frame.
    line(xs, ys, { colour = 0, kind } = {}) {
      const hold = (v) => Math.max(-1e4, Math.min(1e4, v));
      let d = "", pen = "M";
      xs.forEach((v, i) => {
        const px = this.x(v), py = this.y(ys[i]);
        if (Number.isNaN(px) || Number.isNaN(py)) { pen = "M"; return; }
        d += `${pen}${hold(px).toFixed(1)} ${hold(py).toFixed(1)}`;
        pen = "L";
      });
      const style = kind ? { class: kind } : { style: `fill:none;stroke:var(--c${colour});stroke-width:2` };
      make("path", { d, ...style }, this.inside);
    }
    dots(xs, ys, { colour = 0, size = 3 } = {}) {
      // All dots are one path of points with round ends: hundreds of nodes would be slow to lay out.
      let d = "";
      xs.forEach((v, i) => {
        const px = this.x(v), py = this.y(ys[i]);
        if (Number.isFinite(px) && Number.isFinite(py) && Math.abs(py) < 1e4) d += `M${px.toFixed(1)} ${py.toFixed(1)}h0`;
      });
      make("path", { d, style: `fill:none;stroke:var(--c${colour});stroke-width:${2 * size};stroke-linecap:round` }, this.inside);
    }
    bar(x0, x1, y, { colour = 0 } = {}) {
      const a = this.x(x0), top = Math.max(T, this.y(y));
      make("rect", { x: a, y: top, width: this.x(x1) - a, height: Math.max(0, H - B - top), style: `fill:var(--c${colour})` }, this.inside);
    }
    upright(x, kind = "hint") { make("line", { class: kind, x1: this.x(x), x2: this.x(x), y1: T, y2: H - B }, this.inside); }
    level(y, kind = "theory") { make("line", { class: kind, x1: L, x2: W - R, y1: this.y(y), y2: this.y(y) }, this.inside); }
    point(x, y) { make("circle", { class: "point", cx: this.x(x), cy: this.y(y), r: 6.5 }, this.inside); }
    words(x, y, text) { make("text", { x: this.x(x), y: this.y(y), "text-anchor": "middle" }, this.inside, text); }
    // Calls `chosen(x, y)` where a finger or a mouse presses or moves inside the frame.
    pick(chosen) {
      const at = (event) => {
        const r = this.svg.getBoundingClientRect();
        const px = ((event.clientX - r.left) / r.width) * W, py = ((event.clientY - r.top) / r.height) * H;
        if (px >= L && px <= W - R && py >= T && py <= H - B) chosen(this.x.back(px), this.y.back(py));
      };
      this.svg.style.cursor = "crosshair";
      if (chosen.length > 1) this.svg.style.touchAction = "none"; // a finger moves both coordinates
      this.svg.addEventListener("pointerdown", (event) => { this.svg.setPointerCapture(event.pointerId); at(event); });
      this.svg.addEventListener("pointermove", (event) => { if (event.buttons) at(event); });
    }
  }

  // spec: controls [{key, label, lo, hi, value, log, whole, step, values, show}], panels {key: title}, legend [[kind, words]],
  // (values: the only ones allowed; show(v): how the value is written), buttons [{label, press(state) -> values}],
  // draw(state, plots, changed, coarse) -> {words, data}; coarse, where the page has it: less is computed while something is
  // dragged, and all of it a moment after. `data` is left on the box for tests and for the curious.
  function bend(spec) {
    // On a page of its own, or in place on a notebook's page, which keeps its own address (see site.js).
    const box = document.getElementById("bend"), own = box && !("inPlace" in box.dataset);
    if (!box) return;
    const state = {}, inputs = {}, given = new URLSearchParams(own ? location.search : "");
    let set = null;
    for (const c of spec.controls) if (c.values) Object.assign(c, { lo: c.values[0], hi: c.values[c.values.length - 1] });
    const near = (c, v) => c.values.reduce((a, b) => (Math.abs(b - v) < Math.abs(a - v) ? b : a));
    const inside = (c, v) => (c.values ? near(c, v) : Math.min(c.hi, Math.max(c.lo, c.whole ? Math.round(v) : v)));
    for (const c of spec.controls) {
      const v = given.has(c.key) ? Number(given.get(c.key)) : NaN;
      state[c.key] = Number.isFinite(v) ? inside(c, v) : c.value;
    }
    const controls = element("div", box, undefined, "controls");
    for (const c of spec.controls) {
      const row = element("div", controls, undefined, "control"), label = element("label", row, c.label);
      // The value is read out as the slider's own (aria-valuetext); as an <output> it would be announced twice.
      const shown = element("span", row, undefined, "value"), input = element("input", row);
      const f = c.values ? (v) => c.values.indexOf(v) : c.log ? Math.log10 : (v) => v, back = c.values ? (v) => c.values[v] : c.log ? (v) => 10 ** v : (v) => v;
      const step = c.step || (c.whole || c.values ? 1 : (f(c.hi) - f(c.lo)) / 400), written = c.show || number;
      label.htmlFor = "bend-" + c.key;
      shown.setAttribute("aria-hidden", "true");
      Object.assign(input, { type: "range", min: f(c.lo), max: f(c.hi), step, id: "bend-" + c.key });
      inputs[c.key] = { c, input, show() {
        input.value = f(state[c.key]);
        shown.textContent = written(state[c.key], state);
        input.setAttribute("aria-valuetext", written(state[c.key], state));
      } };
      input.addEventListener("input", () => {
        state[c.key] = inside(c, back(Number(input.value)));
        update(c.key, Boolean(spec.coarse));
      });
    }
    const buttons = element("div", controls, undefined, "buttons");
    for (const b of spec.buttons || []) {
      const button = element("button", buttons, b.label);
      button.type = "button";
      button.addEventListener("click", () => set(b.press(state)));
    }
    const again = element("button", buttons, "Start over");
    again.type = "button";
    again.addEventListener("click", () => {
      for (const c of spec.controls) state[c.key] = c.value;
      update("");
    });
    if (box.requestFullscreen) {
      const large = element("button", buttons, "Full screen");
      large.type = "button";
      large.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen()));
    }
    const words = element("p", box, undefined, "state");
    words.setAttribute("role", "status");
    const plots = {};
    box.style.setProperty("--panels", Object.keys(spec.panels).length);
    for (const [key, title] of Object.entries(spec.panels)) plots[key] = new Plot(box, title);
    const legend = element("ul", box, undefined, "legend");
    for (const [kind, text] of spec.legend || []) {
      const item = element("li", legend), svg = make("svg", { viewBox: "0 0 38 18", "aria-hidden": "true" }, item);
      if (kind.startsWith("#")) make("rect", { x: 2, y: 2, width: 34, height: 14, fill: kind, stroke: "currentColor" }, svg);
      else if (/^\d$/.test(kind)) make("line", { x1: 1, x2: 37, y1: 9, y2: 9, style: `stroke:var(--c${kind});stroke-width:3` }, svg);
      else if (/^dot\d$/.test(kind)) make("circle", { cx: 19, cy: 9, r: 5, style: `fill:var(--c${kind[3]})` }, svg);
      else make("line", { class: kind, x1: 1, x2: 37, y1: 9, y2: 9 }, svg);
      item.append(text);
    }
    let waiting = 0;
    function remember() {
      const query = new URLSearchParams(spec.controls.filter((c) => state[c.key] !== c.value).map((c) => [c.key, String(state[c.key])])).toString();
      try {
        history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
      } catch { /* some browsers keep the address of a file as it is */ }
    }
    // The first change of a frame is drawn at once; what follows in the same frame is drawn together in the next.
    let drawn = false, missed = null, whole = 0;
    function update(changed, coarse = false) {
      for (const one of Object.values(inputs)) one.show();
      if (drawn) {
        missed = missed === null || missed === changed ? changed : "";
        box.dataset.waiting = "";
        return;
      }
      drawn = true;
      requestAnimationFrame(() => {
        drawn = false;
        if (missed === null) return;
        const late = missed;
        missed = null;
        delete box.dataset.waiting;
        update(late, coarse);
      });
      clearTimeout(whole);
      if (coarse) {
        box.dataset.waiting = "";
        whole = setTimeout(() => { delete box.dataset.waiting; update(changed); }, 180);
      } else delete box.dataset.waiting;
      const found = spec.draw(state, plots, changed, coarse);
      words.textContent = found.words;
      box.dataset.state = JSON.stringify(state);
      box.dataset.result = JSON.stringify(found.data, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v));
      clearTimeout(waiting);
      if (own && changed !== undefined) waiting = setTimeout(remember, 150);
    }
    set = (values) => {
      for (const [k, v] of Object.entries(values)) state[k] = inside(inputs[k].c, v);
      update(Object.keys(values).join(" "), Boolean(spec.coarse));
    };
    if (spec.picks) for (const [key, chosen] of Object.entries(spec.picks)) plots[key].pick((x, y) => set(chosen(x, y, state)));
    update();
  }
  window.bend = bend;
  window.bend.number = number;
})();
