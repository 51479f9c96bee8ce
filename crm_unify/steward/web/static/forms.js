// Forms: what somebody typed stays until the server has committed it. It is kept in this tab when it is sent,
// sent again while a load holds the database, and put back after a sign-in or when the page is opened again.
"use strict";
(() => {
  const who = document.querySelector('meta[name="visitor"]').content;
  if (!who) return;
  const LATER = [429, 502, 503, 504]; // nothing was done, and worth another try
  const forms = [...document.querySelectorAll('main form[method="post"]')];
  const place = (form) => `crm.typed.${who}.${form.getAttribute("action")}`;
  const fields = (form) => [...form.elements].filter((one) => one.name && one.type !== "hidden" && "value" in one);

  /** Say at the head of a form what became of it. */
  function tell(form, text, kind) {
    let note = form.querySelector(":scope > .form-note");
    if (!note) {
      note = document.createElement("p");
      note.className = "note form-note";
      note.setAttribute("role", "alert");
      form.prepend(note);
    }
    note.className = `note form-note ${kind}`;
    note.textContent = text;
  }

  /** Whether somebody changed a field: what they left alone may be another by the time it is put back. */
  function changed(field) {
    if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected);
    return field.value !== field.defaultValue;
  }

  function keep(form) {
    const typed = fields(form).filter(changed).map((one) => [one.name, one.value]);
    sessionStorage.setItem(place(form), JSON.stringify(typed));
  }

  /** Put back what was typed and never committed; whoever changed their mind empties the form. */
  function putBack(form) {
    const kept = new Map(JSON.parse(sessionStorage.getItem(place(form)) || "[]"));
    const other = fields(form).filter((one) => kept.has(one.name) && kept.get(one.name) !== one.value);
    if (!other.length) { sessionStorage.removeItem(place(form)); return; }
    for (const one of other) one.value = kept.get(one.name);
    tell(form, "What you had typed is here again. It has not been recorded yet. ", "warn");
    const forget = document.createElement("button");
    forget.type = "button";
    forget.textContent = "Forget it";
    forget.addEventListener("click", () => {
      sessionStorage.removeItem(place(form));
      form.reset();
      form.querySelector(":scope > .form-note").remove();
    });
    form.querySelector(":scope > .form-note").append(forget);
  }

  /** Send what the form says now: whoever corrects it while it waits means the correction. */
  async function send(form) {
    keep(form);
    const body = new URLSearchParams(new FormData(form));
    const headers = { Accept: "application/json", "X-CSRF-Token": window.crm.csrf };
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", headers, body, credentials: "same-origin" });
    } catch {
      return tell(form, "The server does not answer. What you typed is kept here: send it again.", "bad");
    }
    if (answer.ok || answer.redirected) {
      sessionStorage.removeItem(place(form));
      location.assign(answer.url);
      return "leaves";
    }
    if (answer.status === 401) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return "leaves";
    }
    const data = await answer.json().catch(() => ({}));
    const error = data.error || { what: "the program failed, and nothing was recorded" };
    if (LATER.includes(answer.status)) {
      tell(form, `${error.what}: what you typed is kept and sent again.`, "warn");
      return "later";
    }
    return tell(form, [error.what, error.why, error.remedy].filter(Boolean).join(". "), "bad");
  }

  for (const form of forms) {
    putBack(form);
    let busy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
      let wait = 1.5;
      let told = await send(form);
      while (told === "later") {
        await pause(wait);
        wait = Math.min(2 * wait, 15);
        told = await send(form);
      }
      busy = told === "leaves";
    });
  }
})();
