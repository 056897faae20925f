// What is wider than its place can be scrolled with the keys too.
addEventListener("load", () => {
  const mark = () => {
    for (const node of document.querySelectorAll("div.math, span.math, .cell_output, .pst-scrollable-table-container, .output, pre"))
      if (node.scrollWidth > node.clientWidth + 4 && getComputedStyle(node).overflowX === "auto") node.tabIndex = 0;
  };
  mark();
});
// The search splits the name of a row at its point: where one is asked for, its row comes first.
(() => {
  const asked = (new URLSearchParams(location.search).get("q") || "").trim(), root = document.documentElement.dataset.content_root || "./";
  if (!/^\d\d\.\d+[a-z]?$/.test(asked) || !/search\.html$/.test(location.pathname)) return;
  const script = document.createElement("script");
  script.src = root + "_static/rows.js";
  const show = () => {
    const found = globalThis.rows[asked], box = document.getElementById("search-results");
    if (!found || !box) return;
    const line = document.createElement("p"), link = document.createElement("a");
    line.className = "row-found";
    link.href = `${root}notebooks/${found[0]}.html#claim-${asked}`;
    link.textContent = asked;
    line.append(link, " " + found[1]);
    box.before(line);
  };
  // From a file the script is there before the page is.
  script.onload = () => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", show) : show());
  document.head.append(script);
})();

// A row where it is named: its card beside whoever points at its id or comes to it with the keys.
(() => {
  const root = document.documentElement.dataset.content_root || "./", wanted = {};
  let shown = null, timer = 0;
  const cards = (number) => (wanted[number] ??= new Promise((found) => {
    const script = document.createElement("script");
    script.src = `${root}_static/rows/${number}.js`;
    script.onload = () => found(globalThis.cards[number]);
    script.onerror = () => found({});
    document.head.append(script);
  }));
  const idOf = (link) => (/(?:#claim-|rows\/)(\d\d\.\d+[a-z]?)(?:\.html)?$/.exec(link.getAttribute("href") || "") || [])[1];
  function hide() {
    clearTimeout(timer);
    if (shown) shown.remove();
    shown = null;
  }
  async function show(link) {
    const id = idOf(link), text = (await cards(id.slice(0, 2)))[id];
    if (!text || !(link.matches(":hover") || link === document.activeElement)) return;
    hide();
    const card = document.createElement("div"), at = link.getClientRects()[0], room = innerHeight - at.bottom;
    card.className = "row-card";
    card.setAttribute("role", "group");
    card.setAttribute("aria-label", "Row " + id);
    card.innerHTML = text.replaceAll("%root%", root);
    equip(card);
    link.after(card);
    const box = card.getBoundingClientRect();
    card.style.left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.width - 8)) + "px";
    if (room > box.height + 12 || room > at.top) Object.assign(card.style, { top: at.bottom + 4 + "px", maxHeight: room - 12 + "px" });
    else Object.assign(card.style, { bottom: innerHeight - at.top + 4 + "px", maxHeight: at.top - 12 + "px" });
    card.addEventListener("mouseenter", () => clearTimeout(timer));
    card.addEventListener("mouseleave", () => later(hide));
    card.addEventListener("focusout", (event) => { if (!card.contains(event.relatedTarget)) hide(); });
    shown = card;
  }
  const later = (what, wait = 250) => { clearTimeout(timer); timer = setTimeout(what, wait); };
  const linked = (node) => { const link = node.closest && node.closest("a[href]"); return link && idOf(link) && !link.closest(".row-card, .row-page .claim-row") ? link : null; };
  addEventListener("mouseover", (event) => { const link = linked(event.target); if (link && matchMedia("(hover: hover)").matches) later(() => show(link), 180); });
  addEventListener("mouseout", (event) => { if (linked(event.target)) later(hide); });
  addEventListener("focusin", (event) => { const link = linked(event.target); if (link && link.matches(":focus-visible")) show(link); });
  addEventListener("focusout", (event) => { if (shown && linked(event.target) && !shown.contains(event.relatedTarget)) hide(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", (event) => { if (shown && !shown.contains(event.target)) hide(); }, { passive: true, capture: true });

  // What is folded opens where an address leads into it, and on paper.
  const lead = () => {
    const there = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!there) return;
    let folded = false;
    for (let node = there; (node = node.parentElement && node.parentElement.closest("details")); ) { folded = folded || !node.open; node.open = true; }
    if (folded) there.scrollIntoView();
  };
  addEventListener("hashchange", lead);
  let opened = [];
  addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("article details:not([open])")].filter((node) => !node.querySelector(":scope > .bib")); for (const node of opened) node.open = true; });
  addEventListener("afterprint", () => { for (const node of opened) node.open = false; });

  // A card's address, to be sent to someone.
  function equip(part) {
    if (!navigator.clipboard) return;
    for (const link of part.querySelectorAll("a[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy link";
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(link.href);
        button.textContent = "copied";
      });
      link.removeAttribute("data-copy");
      link.after(" · ", button);
    }
  }
  const ready = () => { equip(document); lead(); };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", ready);
  else ready();
})();

// Of a long cell the first lines are in sight. A button shows the rest, and so does a search that finds something in it:
// the browser scrolls there.
(() => {
  const ready = () => document.querySelectorAll(".cell.tag_long").forEach((cell, i) => {
    const box = cell.querySelector(".cell_input"), code = cell.querySelector(".cell_input pre"), lines = code.textContent.trimEnd().split("\n").length, button = document.createElement("button");
    code.id = code.id || "code-" + i;
    button.type = "button";
    button.className = "code-more";
    button.setAttribute("aria-controls", code.id);
    const set = (open) => {
      cell.classList.toggle("open", open);
      button.textContent = open ? "Fewer lines" : `All ${lines} lines`;
      button.setAttribute("aria-expanded", open);
      if (!open) code.scrollTop = 0;
    };
    button.addEventListener("click", () => set(!cell.classList.contains("open")));
    code.addEventListener("scroll", () => { if (code.scrollTop > 0) set(true); });
    box.append(button);
    set(false);
  });
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", ready);
  else ready();
})();

// An interactive figure in place: its scripts come when it is asked for. One at a time on a page.
(() => {
  const load = (src) => new Promise((done) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = done;
    document.head.append(script);
  });
  const ready = () => {
    for (const place of document.querySelectorAll(".bend-here[data-scripts]")) {
      const link = place.querySelector("a"), base = link.href.replace(/play\/[^/]*$/, "_static/play/"), button = document.createElement("button");
      button.type = "button";
      button.textContent = "Bend it here";
      place.prepend(button, " ");
      link.textContent = "on its own page";
      button.addEventListener("click", async () => {
        for (const old of document.querySelectorAll("#bend")) old.remove();
        const box = document.createElement("div");
        box.id = "bend";
        box.className = "bend";
        box.dataset.inPlace = "";
        place.after(box);
        for (const name of place.dataset.scripts.split(" ")) await load(`${base}${name}.js`);
        const first = box.querySelector("input");
        if (first) first.focus({ preventScroll: true });
        box.scrollIntoView({ block: "nearest" });
      });
    }
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", ready);
  else ready();
})();
