// What every page does: tells a person what happened, keeps the focus, knows whether single keys act, and lets
// htmx show errors in words.
"use strict";
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
  const csrf = meta("csrf");
  const who = meta("visitor");
  const LASTS = 9000; // milliseconds that good news stays; under the pointer or with the focus, longer

  // --- what is said ---
  /** Say something to everybody: good news for a while, an error until somebody puts it away. */
  function say(text, kind) {
    const bad = kind === "bad";
    const place = document.getElementById(bad ? "wrong" : "said");
    const line = document.createElement("div");
    line.className = "toast" + (kind ? " " + kind : "");
    const words = document.createElement("p");
    words.textContent = text;
    const away = document.createElement("button");
    away.type = "button";
    away.className = "away";
    away.setAttribute("aria-label", "Put the message away");
    away.textContent = "×";
    away.addEventListener("click", () => putAway(line));
    line.append(words, away);
    for (const same of [...place.children]) if (same.firstChild.textContent === text) same.remove();
    place.append(line);
    while (!bad && place.children.length > 3) place.firstChild.remove();
    if (!bad) fade(line);
    keep(text, bad);
  }

  function fade(line) {
    let timer;
    const begin = () => { clearTimeout(timer); timer = setTimeout(() => line.remove(), LASTS); };
    const stay = () => clearTimeout(timer);
    line.addEventListener("pointerenter", stay);
    line.addEventListener("focusin", stay);
    line.addEventListener("pointerleave", begin);
    line.addEventListener("focusout", begin);
    begin();
  }

  let before = null; // what had the focus before a message got it
  document.addEventListener("focusin", (event) => { if (!event.target.closest(".toast")) before = event.target; });

  function putAway(line) {
    const focused = line.contains(document.activeElement);
    line.remove();
    if (focused) (before && before.isConnected ? before : document.getElementById("main")).focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const line = document.querySelector("#wrong > :last-child") || document.querySelector("#said > :last-child");
    if (line) { event.preventDefault(); putAway(line); }
  });

  // --- what was said before ---
  const MESSAGES = "crm.messages";
  const KEPT = 12;
  const kept = () => JSON.parse(sessionStorage.getItem(MESSAGES) || "[]").filter((one) => one.who === who);

  function keep(text, bad) {
    if (!who) return;
    const at = new Date().toTimeString().slice(0, 5);
    sessionStorage.setItem(MESSAGES, JSON.stringify([{ who, at, text, bad }, ...kept()].slice(0, KEPT)));
    list();
  }

  function list() {
    const place = document.getElementById("messages");
    const all = kept();
    place.hidden = all.length === 0;
    place.querySelector("ol").replaceChildren(...all.map((one) => {
      const item = document.createElement("li");
      item.textContent = `${one.at}  ${one.text}`;
      item.className = one.bad ? "bad" : "";
      return item;
    }));
  }

  // --- the focus after a page has taken the place of another ---
  const FOCUS = "crm.focus";

  /** The page that comes next puts the focus on this, or on its heading. */
  const focusNext = (selector) => sessionStorage.setItem(FOCUS, selector || "h1");

  function focus() {
    const selector = sessionStorage.getItem(FOCUS);
    if (!selector) return;
    sessionStorage.removeItem(FOCUS);
    const heading = document.querySelector("h1");
    if (heading) heading.tabIndex = -1;
    const place = document.querySelector(selector) || heading;
    if (place) place.focus();
  }

  // --- single keys: a switch for those who speak to their machine, or whose hands may slip ---
  const KEYS = "crm.keys";
  const keys = {
    on: () => localStorage.getItem(KEYS) !== "off",
    set: (on) => { localStorage.setItem(KEYS, on ? "on" : "off"); keys.show(); },
    show: () => {
      document.documentElement.dataset.keys = keys.on() ? "on" : "off";
      const box = document.getElementById("keys-on");
      if (box) box.checked = keys.on();
    },
    /** Whether a key that was pressed is for the page: not while somebody types, or a dialog is open. */
    free: (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented
      && !event.target.matches("input:not([type=checkbox]), textarea, select") && !document.querySelector("dialog[open]"),
    /** Whether it is a letter or a sign, and those are switched off. */
    off: (event) => event.key.length === 1 && event.key !== " " && !keys.on(),
  };

  const help = () => { const dialog = document.getElementById("help"); if (dialog) dialog.showModal(); };
  document.addEventListener("click", (event) => { if (event.target.closest('[data-act="help"]')) help(); });
  document.addEventListener("change", (event) => { if (event.target.id === "keys-on") keys.set(event.target.checked); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && keys.free(event) && keys.on()) { event.preventDefault(); help(); }
  });

  // --- the server ---
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
    const theirs = ["crm.selected.", "crm.typed.", MESSAGES]; // the tab may be of a tablet that many use
    const gone = Object.keys(sessionStorage).filter((key) => theirs.some((name) => key.startsWith(name)));
    for (const key of gone) sessionStorage.removeItem(key);
  });

  window.crm = { say, ask, csrf, keys, focusNext };
  keys.show();
  list();
  focus();
})();
