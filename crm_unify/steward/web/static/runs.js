// A run while it goes: its stage, a bar, its lines; the page is loaded anew when it is over.
"use strict";
(() => {
  const place = document.getElementById("going");
  if (!place) return;
  const log = document.getElementById("log");
  const bar = document.getElementById("bar");
  const stage = document.getElementById("stage");
  const outcome = document.getElementById("outcome");
  const live = place.dataset.going === "yes";
  const source = new EventSource("/runs/going");

  function shown(line) {
    log.append(line + "\n");
    log.scrollTop = log.scrollHeight;
    const of = line.match(/^(.+?): ([\d,]+) of ([\d,]+)$/);
    const done = line.match(/^(.+?): (?:[\d,]+ )?done$/);
    if (of) {
      const [at, all] = [of[2], of[3]].map((text) => Number(text.replaceAll(",", "")));
      stage.textContent = `${of[1]}: ${of[2]} of ${of[3]}`;
      bar.max = all || 1;
      bar.value = at;
    } else if (done) {
      bar.max = 1;
      bar.value = 1;
    } else if (live) {
      stage.textContent = line;
      bar.removeAttribute("value");
    }
  }

  source.addEventListener("message", (event) => shown(JSON.parse(event.data)));
  source.addEventListener("over", (event) => {
    source.close();
    const told = JSON.parse(event.data);
    bar.max = 1;
    bar.value = 1;
    if (!told.said) return;
    outcome.textContent = told.said;
    outcome.className = told.code === 0 ? "note good" : "note bad";
    if (live) stage.textContent = told.code === 0 ? "The run is done" : "The run has stopped";
    if (live && told.code === 0) setTimeout(() => location.assign(`/runs/${told.run}`), 1500);
  });
})();
