// Answers on their way: kept in this tab until the server has committed them, sent again while it is busy.
// An answer leaves the box when the server has recorded it or says why it cannot be; never before.
"use strict";
(() => {
  const NAME = "crm.outbox";
  const RENEWED = "crm.renewed"; // the answer for which the page was loaded again: once is enough
  const who = document.querySelector('meta[name="visitor"]').content;
  const BUSY = [0, 429, 502, 503, 504]; // no answer yet, and worth another try
  const listeners = [];
  let pumping = false;
  let pause = 0;

  const read = () => JSON.parse(sessionStorage.getItem(NAME) || "[]");
  const write = (box) => { sessionStorage.setItem(NAME, JSON.stringify(box)); show(box); };

  function show(box) {
    const badge = document.getElementById("waiting");
    if (!badge) return;
    const mine = box.filter((one) => one.who === who).length;
    badge.hidden = mine === 0;
    badge.textContent = mine === 1 ? "1 answer waits" : `${mine} answers wait`;
  }

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Put an answer in the box and begin to send. `fields` are pairs of name and text. */
  function put(fields) {
    const one = { key: newKey(), who, fields, from: location.pathname + location.search };
    write([...read(), one]);
    pump();
    return one.key;
  }

  /** Tell what became of answers: called with the answer that was kept, the status and what was told. */
  const listen = (listener) => listeners.push(listener);

  async function pump() {
    if (pumping || !who) return;
    pumping = true;
    try {
      for (;;) {
        const next = read().find((one) => one.who === who);
        if (!next) { pause = 0; return; }
        const told = await send(next);
        if (told === "later") {
          pause = Math.min(pause ? pause * 2 : 1500, 15000);
          setTimeout(pump, pause);
          return;
        }
        if (told === "sign-in") return;
        write(read().filter((one) => one.key !== next.key));
        pause = 0;
        listeners.forEach((listener) => listener(next, told.status, told.data));
      }
    } finally { pumping = false; }
  }

  async function send(one) {
    const body = new FormData();
    body.append("key", one.key);
    for (const [name, value] of one.fields) body.append(name, value);
    let told;
    try { told = await window.crm.ask("/answers", body); } catch { told = { status: 0, data: {} }; }
    if (told.status === 401) {
      const here = encodeURIComponent(location.pathname + location.search);
      location.assign(`/sign-in?next=${here}`);
      return "sign-in";
    }
    if (told.status === 403 && told.data.error && told.data.error.stale) return renew(one);
    if (BUSY.includes(told.status)) {
      listeners.forEach((listener) => listener(one, told.status, told.data));
      return "later";
    }
    return told;
  }

  /** The page is of a session before this one: a new page sends the answer, if it is of the same person. */
  function renew(one) {
    if (sessionStorage.getItem(RENEWED) === one.key) {
      window.crm.say("Your answer is kept in this tab and not recorded yet. Sign out and in again to send it.", "bad");
    } else {
      sessionStorage.setItem(RENEWED, one.key);
      location.reload();
    }
    return "sign-in";
  }

  window.crm.outbox = { put, listen, pump, busy: (status) => BUSY.includes(status), waiting: () => read().filter((one) => one.who === who).length };
  addEventListener("load", () => { show(read()); pump(); });

  const said = sessionStorage.getItem("crm.said");
  if (said) { sessionStorage.removeItem("crm.said"); addEventListener("load", () => window.crm.say(said)); }
})();
