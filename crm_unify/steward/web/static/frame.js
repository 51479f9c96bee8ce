// What every page does: tells a person what happened, and lets htmx show errors in words.
"use strict";
(() => {
  const csrf = document.querySelector('meta[name="csrf"]').content;

  /** Say something to everybody: shown for a while, read out by a screen reader. */
  function say(text, kind) {
    const place = document.getElementById("said");
    const line = document.createElement("p");
    line.className = "toast" + (kind ? " " + kind : "");
    line.textContent = text;
    place.append(line);
    while (place.children.length > 3) place.firstChild.remove();
    setTimeout(() => line.remove(), 9000);
  }

  /** Ask the server as a script of ours: what it answers as JSON, with its status. */
  async function ask(path, values) {
    const headers = { Accept: "application/json", "X-CSRF-Token": csrf };
    const options = values === undefined ? { headers } : { method: "POST", headers, body: values };
    const answer = await fetch(path, { credentials: "same-origin", ...options });
    const text = await answer.text();
    let data = {};
    try { data = text ? JSON.parse(text) : {}; } catch { data = { error: { what: text.slice(0, 200) } }; }
    return { status: answer.status, data };
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 422 || status === 409 || status === 403 || status === 500 || status === 503) event.detail.shouldSwap = true;
  });
  document.addEventListener("htmx:sendError", () => say("the server does not answer", "bad"));

  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/sign-out") return;
    const selections = Object.keys(sessionStorage).filter((key) => key.startsWith("crm.selected."));
    for (const key of selections) sessionStorage.removeItem(key);
  });

  window.crm = { say, ask, csrf };
})();
