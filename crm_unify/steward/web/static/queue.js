// The queue: Enter begins with the first of what is shown, / searches; filters say aloud what they found.
"use strict";
(() => {
  document.addEventListener("keydown", (event) => {
    if (!window.crm.keys.free(event) || window.crm.keys.off(event)) return;
    const first = document.querySelector("#rows tbody a");
    if (event.key === "Enter" && first && !event.target.matches("a, button, summary, [type=checkbox]")) {
      event.preventDefault();
      window.crm.focusNext();
      location.assign(first.href);
    }
    if (event.key === "/") { event.preventDefault(); document.getElementById("search").focus(); }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "rows") return;
    const count = document.querySelector("#rows .count");
    document.getElementById("counted").textContent = count ? count.textContent : "";
    const first = document.querySelector("#rows tbody a");
    const begin = document.getElementById("begin");
    begin.hidden = !first;
    if (first) begin.href = first.href;
    // a link that turned the page is gone: the focus stays where the rows are
    if (document.activeElement === document.body && count) { count.tabIndex = -1; count.focus(); }
  });
})();
