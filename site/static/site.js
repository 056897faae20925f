// What is wider than its place can be scrolled with the keys too.
addEventListener("load", () => {
  const mark = () => {
    for (const node of document.querySelectorAll("div.math, span.math, mjx-container, .cell_output, .pst-scrollable-table-container, .output, pre"))
      if (node.scrollWidth > node.clientWidth + 4 && getComputedStyle(node).overflowX === "auto") node.tabIndex = 0;
  };
  const ready = window.MathJax && window.MathJax.startup && window.MathJax.startup.promise;
  if (ready) ready.then(mark);
  else mark();
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
