// The cluster canvas: selecting records, answering by key, and what becomes of each answer.
"use strict";
(() => {
  const place = document.getElementById("canvas");
  if (!place) return;
  const name = place.dataset.canvas;
  const steward = place.dataset.steward === "yes";
  const added = JSON.parse(place.dataset.added);
  const KEPT = `crm.selected.${name}`;
  const who = document.querySelector('meta[name="visitor"]').content;
  const selected = new Set(remembered() || JSON.parse(place.dataset.preselected));
  const standing = document.getElementById("standing");
  let busy = false;

  // --- selection ---
  /** What this person had selected of these records; nothing where the canvas is about others by now. */
  function remembered() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept || kept.who !== who || !(kept.adding || kept.content === place.dataset.content)) return null;
    const here = new Set(JSON.parse(place.dataset.records));
    return kept.selected.filter((one) => here.has(one));
  }

  /** Remember the selection; `adding`: the page that comes next has a record more. */
  function remember(adding) {
    const kept = { who, content: place.dataset.content, selected: [...selected], adding: Boolean(adding) };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }

  const boxes = () => [...document.querySelectorAll("[data-pick]")];

  function drawSelection() {
    for (const box of boxes()) {
      box.checked = selected.has(box.value);
      box.closest("th").classList.toggle("selected", box.checked);
      const at = box.closest("th").cellIndex;
      for (const row of document.querySelectorAll(".grid tbody tr:not(.group)")) {
        row.cells[at].classList.toggle("selected", box.checked);
      }
    }
    const total = Number(place.dataset.total);
    const some = selected.size > 0 && selected.size < total;
    for (const act of ["different", "unsure", "split"]) able(act, some && !busy);
    able("same", !busy);
    if (!busy && standing) {
      standing.textContent = some
        ? `${selected.size} selected against ${total - selected.size}`
        : "nothing selected: M says that all are one";
    }
  }

  /** Whether a button acts; one that does not keeps the focus. */
  function able(act, yes) {
    const button = document.querySelector(`.actions [data-act="${act}"]`);
    if (button) button.setAttribute("aria-disabled", String(!yes));
  }
  const idle = (button) => button.disabled || button.getAttribute("aria-disabled") === "true";

  function changed() {
    remember();
    drawSelection();
    effects();
  }

  let asked = 0;
  let waiting;
  function effects() {
    if (!document.getElementById("effects")) return; // a blind pair tells nothing
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const number = ++asked;
      const body = new FormData();
      added.forEach((one) => body.append("add", one));
      body.append("selection", JSON.stringify([...selected]));
      const headers = { "HX-Request": "true", "X-CSRF-Token": window.crm.csrf };
      const shown = document.getElementById("effects");
      try {
        const answer = await fetch(`/canvas/${name}/effects`, { method: "POST", headers, body });
        const text = await answer.text();
        if (number === asked) shown.innerHTML = text;
      } catch { // the server is away, or the page is about to be left
        if (number === asked) shown.textContent = "The server does not answer; select again to ask it again.";
      }
    }, 200);
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-pick]")) return;
    if (event.target.checked) selected.add(event.target.value); else selected.delete(event.target.value);
    changed();
  });

  // --- answering ---
  function send(action, more) {
    if (!steward || busy) return;
    busy = true;
    standing.textContent = "saving …";
    drawSelection();
    const fields = [["action", action], ["canvas", name], ["seen", place.dataset.seen]];
    fields.push(["selection", JSON.stringify([...selected])]);
    for (const one of added) fields.push(["added", one]);
    for (const [key, value] of Object.entries(more || {})) fields.push([key, String(value)]);
    window.crm.outbox.put(fields);
  }

  window.crm.outbox.listen((answer, status, data) => {
    const mine = answer.fields.some(([key, value]) => key === "canvas" && value === name);
    const what = Object.fromEntries(answer.fields).action;
    if (status >= 200 && status < 300) {
      if (!mine) { window.crm.say(data.said); return; }
      sessionStorage.removeItem(KEPT);
      sessionStorage.setItem("crm.said", data.said);
      go(data.next || "/", what === "pin" ? cell(answer) : "");
      return;
    }
    busy = false;
    const error = data.error || { what: "the server does not answer" };
    if (window.crm.outbox.busy(status)) {
      standing.textContent = `${error.what}: your answer is kept and sent again`;
      standing.classList.add("waits");
      return;
    }
    drawSelection();
    if (status === 500) error.what = "the program failed, and your answer was not recorded";
    if (status === 409 && mine) overtaken(error, what, answer);
    else window.crm.say([error.what, error.why, error.remedy].filter(Boolean).join(". "), "bad");
  });

  /** Somebody else was faster: what they said, what this person wanted to say, and the way to say it still. */
  function overtaken(error, what, answer) {
    const note = document.getElementById("overtaken");
    const words = Object.fromEntries(answer.fields).words || "";
    note.replaceChildren();
    const said = document.createElement("p");
    said.textContent = `${error.what}: ${error.why}.`;
    const yours = document.createElement("p");
    yours.textContent = `Your answer "${what}"${words ? ` (${words})` : ""} was not recorded.`;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Look at it as it stands now";
    again.addEventListener("click", () => { window.crm.focusNext(); location.reload(); });
    note.append(said, yours, again);
    note.hidden = false;
    again.focus();
  }

  /** The cell of a pin, to come back to. */
  function cell(answer) {
    const of = Object.fromEntries(answer.fields);
    return `[data-pin="${CSS.escape(of.field)}"][data-record="${CSS.escape(of.record)}"]`;
  }

  function go(path, focus) {
    window.crm.focusNext(focus);
    const filters = new URLSearchParams(location.search);
    ["start", "add"].forEach((one) => filters.delete(one));
    const query = filters.toString();
    const stays = path.startsWith("/questions/") && query ? `${path}?${query}` : path;
    if (stays === location.pathname + location.search) location.reload(); else location.assign(stays);
  }

  // --- words: notes and reasons ---
  function words(title, about, label, then) {
    const dialog = document.getElementById("words");
    document.getElementById("words-title").textContent = title;
    document.getElementById("words-about").textContent = about;
    document.getElementById("words-label").textContent = label;
    const text = document.getElementById("words-text");
    text.value = "";
    dialog.returnValue = "";
    dialog.onclose = () => { if (dialog.returnValue === "save") then(text.value); };
    dialog.showModal();
    text.focus();
  }

  document.getElementById("words-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.getElementById("words").close("save");
  });

  function pin(button) {
    if (!steward) return;
    if (!button) { window.crm.say("move to a value first: Tab, then P"); return; }
    const value = button.textContent.trim();
    words(`Pin ${button.dataset.label}`, value, "Reason", (text) =>
      send("pin", { words: text, field: button.dataset.pin, record: button.dataset.record }));
  }

  const open = (id) => document.getElementById(id).showModal();
  const step = (to) => { if (to) go(`${place.dataset.base}/${to}`); else window.crm.say("this is the only question"); };

  const ACTS = {
    same: () => send("same"),
    different: () => send("different"),
    unsure: () => send("unsure"),
    split: () => send("split"),
    undo: () => send("undo"),
    note: () => words("Note", "Kept beside these records.", "Note", (text) => send("note", { words: text })),
    revoke: (button) => send("revoke", { decision: button.dataset.decision, words: "taken back on the canvas" }),
    later: () => step(place.dataset.later),
    earlier: () => step(place.dataset.earlier),
    search: () => { open("finder"); document.getElementById("finder-text").focus(); },
    blind: () => {
      const now = document.cookie.includes("crm-unify-blind=yes");
      document.cookie = `crm-unify-blind=${now ? "no" : "yes"}; path=/; SameSite=Strict`;
      window.crm.focusNext('[data-act="blind"]');
      location.reload();
    },
    "select-none": () => { selected.clear(); changed(); },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && ACTS[button.dataset.act]) act(button);
    const value = event.target.closest("[data-pin]");
    if (value) pin(value);
    if (event.target.closest("[data-window]")) window.crm.focusNext(".sheet");
    const more = event.target.closest("[data-add]");
    if (more) {
      const query = new URLSearchParams(location.search);
      query.append("add", more.dataset.add);
      window.crm.focusNext();
      remember(true);
      location.search = query.toString();
    }
  });

  /** Do what a button stands for, or say why it cannot be done. */
  function act(button) {
    const name = button.dataset.act;
    if (!idle(button)) ACTS[name](button);
    else if (!busy) window.crm.say(name === "later" || name === "earlier" ? "this is the only question" : "select some of the records first");
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "finder-found") return;
    const list = event.detail.target.querySelector("[data-found]");
    document.getElementById("finder-count").textContent = list ? `${list.dataset.found} found` : event.detail.target.textContent.trim();
  });

  // --- keys: each is that of a button; where the button is missing, it does nothing ---
  const KEYS = { m: "same", d: "different", u: "unsure", s: "split", n: "note", z: "undo", j: "later", k: "earlier", "/": "search" };

  document.addEventListener("keydown", (event) => {
    if (!window.crm.keys.free(event) || window.crm.keys.off(event)) return;
    const key = event.key.toLowerCase();
    if (key === "p") { event.preventDefault(); pin(document.activeElement.closest("[data-pin]")); return; }
    if (key === "arrowright" || key === "arrowleft") { if (move(key === "arrowright" ? 1 : -1)) event.preventDefault(); return; }
    const button = KEYS[key] && document.querySelector(`.actions [data-act="${KEYS[key]}"]`);
    if (!button) return;
    event.preventDefault();
    act(button);
  });

  /** Move the focus between the heads of records. */
  function move(by) {
    const all = boxes();
    const at = all.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    if (!all[to]) return false;
    all[to].focus();
    return true;
  }

  if (sessionStorage.getItem(KEPT)) remember();
  drawSelection();
  effects();
})();
