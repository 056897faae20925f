// Filters and sorts a table that is complete without this file. What is chosen is kept in the address.
(function () {
  "use strict";
  const table = document.getElementById("claims"), form = document.getElementById("filter");
  if (!table || !form) return;
  const nothing = document.getElementById("nothing"), body = table.tBodies[0], rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells), names = heads.map((th) => th.textContent);
  const keys = ["notebook", "paper", "verdict", "control"], text = rows.map((r) => r.textContent.toLowerCase());
  const given = new URLSearchParams(location.search);
  let sort = { by: "", down: false };

  const state = () => Object.fromEntries(new FormData(form));
  function remember() {
    const chosen = Object.entries(state()).filter(([, v]) => v);
    if (sort.by) chosen.push(["sort", (sort.down ? "-" : "") + sort.by]);
    const query = new URLSearchParams(chosen).toString();
    try {
      history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
    } catch { /* some browsers keep the address of a file as it is */ }
  }
  function apply() {
    const s = state(), words = s.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      const ok = keys.every((k) => !s[k] || row.dataset[k] === s[k]) && words.every((w) => text[i].includes(w));
      row.hidden = !ok;
      shown += ok;
    });
    form.elements.count.value = shown + " of " + rows.length + " rows";
    nothing.hidden = shown > 0;
    table.hidden = shown === 0;
  }
  function value(row, k) {
    const cell = row.cells[k], given = cell.dataset.sort;
    return given === undefined ? cell.textContent : given === "" ? NaN : Number(given);
  }
  const order = new Intl.Collator("en", { numeric: true });
  function compare(a, b) {
    if (typeof a === "string") return order.compare(a, b);
    return Number.isNaN(a) - Number.isNaN(b) || a - b;
  }
  function arrange() {
    const k = names.indexOf(sort.by);
    heads.forEach((th, i) => {
      if (i === k) th.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    const sign = sort.down ? -1 : 1;
    const wanted = k < 0 ? rows : rows.map((r) => [value(r, k), r]).sort(([a], [b]) => sign * compare(a, b)).map(([, r]) => r);
    body.append(...wanted);
  }
  heads.forEach((th, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = names[k];
    th.replaceChildren(button);
    button.addEventListener("click", () => {
      sort = { by: names[k], down: sort.by === names[k] && !sort.down };
      arrange();
      remember();
    });
  });

  for (const k of [...keys, "q"]) if (given.get(k)) form.elements[k].value = given.get(k);
  const wanted = given.get("sort") || "", by = wanted.replace(/^-/, "");
  if (names.includes(by)) sort = { by, down: wanted.startsWith("-") };
  const changed = () => { apply(); remember(); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => { sort = { by: "", down: false }; setTimeout(() => { arrange(); changed(); }); });
  nothing.querySelector("button").addEventListener("click", () => form.reset());
  if (sort.by) arrange();
  apply();
})();
