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
