// The queue: Enter begins, / searches.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea, a, button")) return;
  const first = document.querySelector("#rows a");
  if (event.key === "Enter" && first) { event.preventDefault(); location.assign(first.href); }
  if (event.key === "/") { event.preventDefault(); document.getElementById("search").focus(); }
});
