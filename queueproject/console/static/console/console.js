// Keeps the live parts of a page fresh: asks htmx every `data-poll-seconds`, while somebody can see it.
(() => {
  "use strict";

  const asked = new WeakMap();

  // A person's open <details> and half-made choices are theirs, whatever the server's markup says.
  if (window.Idiomorph) {
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
      !(name === "open" && node.tagName === "DETAILS") && !(name === "checked" && node.tagName === "INPUT");
  }

  const refresh = (now) => {
    if (document.hidden) return;
    for (const part of document.querySelectorAll("[data-poll-seconds]")) {
      const due = (asked.get(part) ?? loadedAt) + Number(part.dataset.pollSeconds) * 1000;
      if (now >= due) {
        asked.set(part, now);
        htmx.trigger(part, "poll");
      }
    }
  };

  const loadedAt = Date.now();
  setInterval(() => refresh(Date.now()), 250);
  document.addEventListener("visibilitychange", () => refresh(Date.now()));

  // Say so when figures are old: an answer that never came must not look like a quiet queue.
  const stale = (is) => {
    const note = document.getElementById("q-stale");
    if (note) note.hidden = !is;
  };
  document.addEventListener("htmx:responseError", () => stale(true));
  document.addEventListener("htmx:sendError", () => stale(true));
  document.addEventListener("htmx:afterOnLoad", () => stale(false));
})();
